package syntax

func (p *printer) operator(op Operator) {
	if op == nil {
		return
	}
	p.w(op.Keyword())
	if h, ok := op.(spanned); ok {
		p.options(h.head().Options)
	}
	switch op := op.(type) {
	case *WhereOp:
		p.arg(op.Pred)
	case *ProjectOp:
		p.list(op.Items)
	case *SummarizeOp:
		p.list(op.Aggs)
		if op.HasBy {
			p.w(" by")
			p.list(op.By)
		}
	case *DistinctOp:
		p.list(op.Items)
	case *SortOp:
		p.w(" by")
		p.list(op.Keys)
	case *TopOp:
		p.arg(op.N)
		p.w(" by")
		p.arg(op.By)
	case *TakeOp:
		p.arg(op.N)
	case *OfOp:
		p.arg(op.N)
		p.w(" of")
		p.arg(op.Of)
		if op.By != nil {
			p.w(" by")
			p.arg(op.By)
		}
	case *CountOp:
		if op.As != nil {
			p.w(" as ", p.name(op.As))
		}
	case *AsOp:
		p.w(" ", p.name(op.Name))
	case *JoinOp:
		p.arg(op.Right)
		if len(op.On) > 0 {
			p.w(" on")
			p.list(op.On)
		}
		if op.Where != nil {
			p.w(" where")
			p.arg(op.Where)
		}
	case *UnionOp:
		p.list(op.Tables)
	case *RangeOp:
		p.w(" ", p.name(op.Name), " from")
		p.arg(op.From)
		p.w(" to")
		p.arg(op.To)
		p.w(" step")
		p.arg(op.Step)
	default:
		p.operatorMore(op)
	}
}

func (p *printer) arg(x Expr) {
	p.w(" ")
	p.expr(x)
}

func (p *printer) list(xs []Expr) {
	if len(xs) > 0 {
		p.w(" ")
		p.exprs(xs)
	}
}

func (p *printer) operatorMore(op Operator) {
	switch op := op.(type) {
	case *MvOp:
		p.mv(op)
	case *ParseOp:
		p.arg(op.X)
		p.w(" with")
		for _, x := range op.Pattern {
			p.arg(x)
		}
	case *ParseKvOp:
		p.arg(op.X)
		p.w(" as ")
		p.params(op.Columns)
		if len(op.With) > 0 {
			p.with(op.With)
		}
	case *MakeSeriesOp:
		p.makeSeries(op)
	case *RenderOp:
		p.render(op)
	case *SearchOp:
		if len(op.In) > 0 {
			p.w(" in (")
			p.exprs(op.In)
			p.w(")")
		}
		p.arg(op.Pred)
	case *FindOp:
		p.find(op)
	case *EvaluateOp:
		p.arg(op.Call)
		if op.HasSchema {
			p.w(" : ")
			p.schema(op)
		}
	case *PartitionOp:
		p.w(" by")
		p.arg(op.By)
		if op.Query != nil {
			p.w(" { ")
			p.expr(op.Query)
			p.w(" }")
		} else {
			p.sub(op.Sub)
		}
	case *ForkOp:
		p.fork(op)
	case *ScanOp:
		p.scan(op)
	case *TopNestedOp:
		p.topNested(op)
	case *ReduceOp:
		p.w(" by")
		p.arg(op.By)
		for i, o := range op.With {
			p.w(map[bool]string{true: " with ", false: ", "}[i == 0], o.Name.Text, "=")
			p.expr(o.Value)
		}
	case *SchemaOp:
		p.w(" ")
		p.params(op.Columns)
	case *MacroOp:
		p.arg(op.Group)
		if op.Scope != nil {
			p.w(" as ", p.name(op.Scope))
		}
		p.w(" (")
		for i, s := range op.Body.Stmts {
			if i > 0 {
				p.w("; ")
			}
			p.stmt(s)
		}
		p.w(")")
	case *GraphOp:
		for _, g := range op.Parts {
			if g.Word != "" {
				p.w(" ", g.Word)
			}
			p.list(g.Args)
		}
	}
}

func (p *printer) sub(x Expr) {
	p.w(" (")
	p.indent++
	p.expr(x)
	p.indent--
	p.w(")")
}

func (p *printer) schema(op *EvaluateOp) {
	if !op.Star {
		p.params(op.Schema)
		return
	}
	p.w("(*")
	for _, c := range op.Schema {
		p.w(", ", p.name(c.Name), ":", c.Type)
	}
	p.w(")")
}

func (p *printer) mv(op *MvOp) {
	for i, it := range op.Items {
		if i > 0 {
			p.w(",")
		}
		p.arg(it.X)
		if it.Type != "" {
			p.w(" to typeof(", it.Type, ")")
		}
	}
	if op.Limit != nil {
		p.w(" limit")
		p.arg(op.Limit)
	}
	if op.ID != nil {
		p.w(" id")
		p.arg(op.ID)
	}
	if op.Body != nil {
		p.w(" on")
		p.sub(op.Body)
	}
}

func (p *printer) makeSeries(op *MakeSeriesOp) {
	for i, a := range op.Aggs {
		if i > 0 {
			p.w(",")
		}
		p.arg(a.X)
		if a.Default != nil {
			p.w(" default=")
			p.expr(a.Default)
		}
	}
	p.w(" on")
	p.arg(op.On)
	if op.InRange {
		p.w(" in range(")
		p.exprs([]Expr{op.From, op.To, op.Step})
		p.w(")")
	} else {
		for _, c := range []struct {
			word string
			x    Expr
		}{{" from", op.From}, {" to", op.To}, {" step", op.Step}} {
			if c.x != nil {
				p.w(c.word)
				p.arg(c.x)
			}
		}
	}
	if len(op.By) > 0 {
		p.w(" by")
		p.list(op.By)
	}
}

func (p *printer) render(op *RenderOp) {
	p.w(" ", op.Chart)
	if len(op.Props) == 0 {
		return
	}
	p.w(" with (")
	for i, r := range op.Props {
		if i > 0 {
			p.w(", ")
		}
		p.w(r.Name, "=")
		p.exprs(r.Values)
	}
	p.w(")")
}

func (p *printer) find(op *FindOp) {
	if len(op.In) > 0 {
		p.w(" in (")
		p.exprs(op.In)
		p.w(")")
	}
	p.w(" where")
	p.arg(op.Pred)
	if op.HasProject {
		p.w(" project")
		p.list(op.Project)
	}
	if op.Smart {
		p.w(" project-smart")
	}
	if len(op.Away) > 0 {
		p.w(" project-away")
		p.list(op.Away)
	}
}

func (p *printer) fork(op *ForkOp) {
	if op.Word == "facet" {
		p.w(" by")
		p.list(op.By)
		for _, s := range op.Subs {
			p.w(" with")
			p.sub(s)
		}
		return
	}
	for i, s := range op.Subs {
		if n := op.Names[i]; n != nil {
			p.w(" ", p.name(n), "=")
		}
		p.sub(s)
	}
}

func (p *printer) scan(op *ScanOp) {
	if len(op.Order) > 0 {
		p.w(" order by")
		p.list(op.Order)
	}
	if len(op.Partition) > 0 {
		p.w(" partition by")
		p.list(op.Partition)
	}
	if op.Declare != nil {
		p.w(" declare ")
		p.params(op.Declare)
	}
	p.w(" with (")
	for _, s := range op.Steps {
		p.w(" step ", p.name(s.Name))
		if s.Optional {
			p.w(" optional")
		}
		p.options(s.Options)
		p.w(":")
		p.arg(s.Pred)
		if len(s.Assign) > 0 {
			p.w(" =>")
			p.list(s.Assign)
		}
		p.w(";")
	}
	p.w(" )")
}

func (p *printer) topNested(op *TopNestedOp) {
	for i, l := range op.Levels {
		if i > 0 {
			p.w(", top-nested")
		}
		if l.N != nil {
			p.arg(l.N)
		}
		p.w(" of")
		p.arg(l.Of)
		if l.Others != nil {
			p.w(" with others=")
			p.expr(l.Others)
		}
		p.w(" by")
		p.arg(l.By)
	}
}
