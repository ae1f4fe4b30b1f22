package bind

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// table binds an expression that must be a table.
func (b *binder) table(c ctx, x syntax.Expr) *rel {
	switch x := x.(type) {
	case *syntax.Pipe:
		return b.pipe(c, x)
	case *syntax.Paren:
		return b.table(c, x.X)
	case *syntax.Name:
		return b.tableName(c, x, false)
	case *syntax.Datatable:
		return b.datatable(c, x)
	case *syntax.Externaldata:
		return b.externaldata(c, x)
	case *syntax.Missing:
		return b.nothing()
	}
	v := b.value(c.constant(), x)
	if v.rel == nil {
		if v.expr != nil && v.expr.Type() != schema.Unknown {
			b.errorf(x, "KS111", "A table is expected here, not a value of type %s.", v.expr.Type())
		}
		return b.nothing()
	}
	return v.rel
}

// tableName resolves a name where a table is wanted; fuzzy returns nil for one that does not exist.
func (b *binder) tableName(c ctx, n *syntax.Name, fuzzy bool) *rel {
	if v, ok := c.sc.find(n.Text); ok {
		if v.bad {
			return b.nothing()
		}
		got := b.use(c.constant(), n, v)
		if got.rel == nil {
			b.errorf(n, "KS111", "A table is expected here; '%s' is a value.", n.Text)
			return b.nothing()
		}
		return got.rel
	}
	if t, ok := b.storedTable(c.sc, n.Text); ok {
		return b.scan(t)
	}
	if n.Text == "_GetWatchlistAlias" {
		return b.watchlistAliases(c, &syntax.Call{Span: n.Span, Fn: n})
	}
	if fuzzy {
		return nil
	}
	if n.Text != "" {
		names := map[string]bool{}
		for _, t := range b.storedTables(c.sc) {
			names[t.Name] = true
		}
		for s := c.sc; s != nil; s = s.parent {
			for k, v := range s.vars {
				if v.table != nil || v.fn != nil {
					names[k] = true
				}
			}
		}
		hint, fix := suggest(n.Text, names)
		b.report(syntax.Diagnostic{Code: "KS204", Kind: syntax.Semantic, Fix: fix,
			Message: "The name '" + n.Text + "' does not refer to any known table, tabular variable or function." + hint}, n)
	}
	return b.nothing()
}

// pipe binds a chain of operators; it walks down the inputs first, since a chain may be long.
func (b *binder) pipe(c ctx, x *syntax.Pipe) *rel {
	chain := []*syntax.Pipe{x}
	var source syntax.Expr
	for {
		last := chain[len(chain)-1]
		in, ok := last.Input.(*syntax.Pipe)
		if !ok {
			source = last.Input
			break
		}
		chain = append(chain, in)
	}
	var r *rel
	if source != nil {
		r = b.table(ctx{sc: c.sc, sub: nil}, source)
	} else {
		r = c.sub
	}
	local := c
	for i := len(chain) - 1; i >= 0; i-- {
		if b.tooLarge(chain[i]) {
			return b.nothing()
		}
		op := chain[i].Op
		if r == nil && !starts(op) {
			if op != nil {
				b.errorf(op, "KS_input", "The operator '%s' needs a table before it: Table | %s ...", op.Keyword(), op.Keyword())
			}
			r = b.nothing()
		}
		if r != nil && r.more != nil {
			if _, draws := op.(*syntax.RenderOp); !draws {
				b.notRunnable(keyword(op), op.Keyword()+" behind fork or facet")
			}
		}
		r = b.operator(&local, r, op)
		if _, as := op.(*syntax.AsOp); !as {
			local.as = ""
		}
	}
	return r
}

// starts reports whether an operator can begin a query.
func starts(op syntax.Operator) bool {
	switch op := op.(type) {
	case *syntax.ProjectOp:
		return op.Word == "print"
	case *syntax.UnionOp, *syntax.RangeOp, *syntax.SearchOp, *syntax.FindOp, *syntax.EvaluateOp, *syntax.MacroOp:
		return true
	}
	return false
}

// operator binds one operator over its input. c is the pipe's own scope: "as" defines a name in it.
func (b *binder) operator(c *ctx, r *rel, op syntax.Operator) *rel {
	switch op := op.(type) {
	case *syntax.WhereOp:
		return r.with(b.node(&plan.Filter{Input: r.node, Pred: b.predicate(c.withRow(r), op.Pred)}))
	case *syntax.ProjectOp:
		return b.projectFamily(*c, r, op)
	case *syntax.SummarizeOp:
		return b.summarize(*c, r, op)
	case *syntax.DistinctOp:
		return b.distinct(*c, r, op)
	case *syntax.SortOp:
		return r.with(b.node(&plan.Sort{Input: r.node, Keys: b.sortKeys(*c, r, op.Keys, false)}))
	case *syntax.TopOp:
		s := b.node(&plan.Sort{Input: r.node, Keys: b.sortKeys(*c, r, []syntax.Expr{op.By}, true)})
		return r.with(b.node(&plan.Limit{Input: s, N: b.count(c.constant(), op.N)}))
	case *syntax.TakeOp:
		if op.Word == "sample" {
			return b.sample(r, b.count(c.constant(), op.N))
		}
		return r.with(b.node(&plan.Limit{Input: r.node, N: b.count(c.withRow(r), op.N)}))
	case *syntax.CountOp:
		name := "Count"
		if op.As != nil {
			name = op.As.Text
		}
		col := plan.Col{ID: b.newID(), Name: name, Type: schema.Long}
		return &rel{node: b.node(&plan.Aggregate{Input: r.node, Aggs: []plan.Agg{{Func: "count", Out: []plan.Col{col}}}}), cols: []bound{{Col: col}}}
	case *syntax.AsOp:
		return b.as(c, r, op)
	case *syntax.BareOp:
		if op.Word == "getschema" {
			return b.getSchema(r)
		}
		return b.consume(r)
	case *syntax.JoinOp:
		return b.join(*c, r, op)
	case *syntax.UnionOp:
		return b.union(*c, r, op)
	case *syntax.RangeOp:
		return b.rangeOp(*c, op)
	case *syntax.RenderOp:
		b.renderOp(op)
		return r
	}
	return b.operatorMore(*c, r, op)
}

func (b *binder) operatorMore(c ctx, r *rel, op syntax.Operator) *rel {
	switch op := op.(type) {
	case *syntax.MvOp:
		if op.Word == "mv-apply" || op.Word == "mvapply" {
			return b.mvApply(c, r, op)
		}
		return b.mvExpand(c, r, op)
	case *syntax.ParseOp:
		return b.parse(c, r, op)
	case *syntax.ParseKvOp:
		return b.parseKv(c, r, op)
	case *syntax.MakeSeriesOp:
		return b.makeSeries(c, r, op)
	case *syntax.SearchOp:
		return b.search(c, r, op)
	case *syntax.FindOp:
		return b.find(c, op)
	case *syntax.EvaluateOp:
		if op.Word == "invoke" {
			return b.invokeOp(c, r, op)
		}
		return b.evaluate(c, r, op)
	case *syntax.PartitionOp:
		return b.partition(c, r, op)
	case *syntax.ForkOp:
		return b.fork(c, r, op)
	case *syntax.ScanOp:
		return b.scanOp(c, r, op)
	case *syntax.TopNestedOp:
		return b.topNested(c, r, op)
	case *syntax.OfOp:
		return b.ofOp(c, r, op)
	case *syntax.ReduceOp:
		return b.reduce(c, r, op)
	case *syntax.SchemaOp:
		return b.assertSchema(r, op)
	case *syntax.MacroOp:
		return b.macroExpand(c, op)
	case *syntax.GraphOp:
		return b.unsupported(op, op.Keyword(), nil, true, r)
	}
	if r == nil {
		return b.nothing()
	}
	return r
}

// unsupported stands for a construct whose columns are known but that nothing runs yet.
func (b *binder) unsupported(at syntax.Node, name string, cols []bound, open bool, in ...*rel) *rel {
	b.notRunnable(keyword(at), name)
	n := &plan.Unsupported{Name: name, Start: at.Pos().Start, End: at.Pos().End}
	for _, r := range in {
		if r != nil {
			n.In = append(n.In, r.node)
		}
	}
	for _, c := range cols {
		n.Out = append(n.Out, c.Col)
	}
	return &rel{node: b.node(n), cols: cols, open: open}
}

// keyword narrows an operator to its keyword, where a finding is best shown.
func keyword(at syntax.Node) syntax.Node {
	if op, ok := at.(syntax.Operator); ok {
		s := op.Pos()
		return syntax.Span{Start: s.Start, End: s.Start + len(op.Keyword())}
	}
	return at
}

func (b *binder) sortKeys(c ctx, r *rel, keys []syntax.Expr, top bool) []plan.SortKey {
	var out []plan.SortKey
	for _, k := range keys {
		o, ok := k.(*syntax.Ordered)
		if !ok {
			continue
		}
		e := b.scalar(c.withRow(r), o.X)
		if e.Type() == schema.Dynamic {
			if top {
				b.notRunnable(o.X, "top by a dynamic value")
			} else {
				b.errorf(o.X, "KS116", "The value of type 'dynamic' is not allowed in this context. Convert it with tostring() or another conversion first.")
			}
		}
		desc := !strings.HasSuffix(o.Dir, "asc")
		nulls := !desc
		if o.Nulls != "" {
			nulls = o.Nulls == "first"
		}
		out = append(out, plan.SortKey{Expr: e, Desc: desc, NullsFirst: nulls})
	}
	return out
}

func (b *binder) distinct(c ctx, r *rel, op *syntax.DistinctOp) *rel {
	o := b.outputs()
	for _, x := range op.Items {
		if s, ok := x.(*syntax.Star); ok {
			for _, col := range r.visible() {
				if col.Type == schema.Dynamic {
					b.errorf(s, "KS116", "The column '%s' is dynamic, which distinct does not allow. Convert it with tostring() first.", col.Name)
				}
				o.addNew([]item{{name: col.Name, expr: &plan.Ref{ID: col.ID, T: col.Type}, at: s}})
			}
			continue
		}
		items := b.itemsOf(c.withRow(r), x)
		for _, it := range items {
			if it.expr.Type() == schema.Dynamic {
				b.errorf(x, "KS116", "The value of type 'dynamic' is not allowed in this context. Convert it with tostring() or another conversion first.")
			}
		}
		o.addNew(items)
	}
	return &rel{node: b.node(&plan.Aggregate{Input: r.node, Keys: o.items}), cols: o.cols}
}

// as names the table so far for the rest of the pipe.
func (b *binder) as(c *ctx, r *rel, op *syntax.AsOp) *rel {
	b.shared++
	m := &plan.Materialize{ID: b.shared, Input: r.node}
	out := &rel{open: r.open}
	if !same(r) {
		p := &plan.Project{Input: r.node}
		for _, col := range r.cols {
			p.Items = append(p.Items, pass(col))
		}
		m.Input = p
	}
	for _, col := range r.cols {
		nc := plan.Col{ID: b.newID(), Name: col.Name, Type: col.Type}
		m.Out = append(m.Out, nc)
		out.cols = append(out.cols, bound{Col: nc, hidden: col.hidden})
	}
	out.node = b.node(m)
	sc := c.sc.child()
	sc.vars[op.Name.Text] = &variable{name: op.Name.Text, table: func() *rel { return b.again(out, m) }}
	*c = ctx{sc: sc, sub: c.sub, as: op.Name.Text}
	return out
}

// getSchema writes the columns out as rows.
func (b *binder) getSchema(r *rel) *rel {
	ordinal := schema.Long
	if b.env.Runnable != nil {
		ordinal = schema.Int // as the service gives it; its symbol tables say long
	}
	v := &plan.Values{Out: []plan.Col{
		{ID: b.newID(), Name: "ColumnName", Type: schema.String}, {ID: b.newID(), Name: "ColumnOrdinal", Type: ordinal},
		{ID: b.newID(), Name: "DataType", Type: schema.String}, {ID: b.newID(), Name: "ColumnType", Type: schema.String},
	}}
	text := func(s string) plan.Expr { return &plan.Lit{T: schema.String, Value: s} }
	for i, c := range r.visible() {
		v.Rows = append(v.Rows, []plan.Expr{text(c.Name), &plan.Lit{T: ordinal, Value: int64(i)}, text(dotnet[c.Type]), text(c.Type.String())})
	}
	out := &rel{node: b.node(v)}
	for _, c := range v.Out {
		out.cols = append(out.cols, bound{Col: c})
	}
	return out
}

var dotnet = map[schema.Type]string{
	schema.Bool: "System.SByte", schema.Int: "System.Int32", schema.Long: "System.Int64", schema.Real: "System.Double",
	schema.Decimal: "System.Data.SqlTypes.SqlDecimal", schema.String: "System.String", schema.Datetime: "System.DateTime",
	schema.Timespan: "System.TimeSpan", schema.Guid: "System.Guid", schema.Dynamic: "System.Object",
}

// charts are what render knows.
var charts = map[string]bool{
	"table": true, "list": true, "barchart": true, "piechart": true, "ladderchart": true, "timechart": true, "linechart": true, "anomalychart": true,
	"pivotchart": true, "areachart": true, "stackedareachart": true, "scatterchart": true, "timepivot": true, "columnchart": true, "timeline": true,
	"3Dchart": true, "card": true, "treemap": true, "plotly": true, "graph": true, "sankey": true,
}

func (b *binder) renderOp(op *syntax.RenderOp) {
	if !charts[op.Chart] {
		hint, fix := suggest(op.Chart, charts)
		b.report(syntax.Diagnostic{Code: "KS005", Kind: syntax.Semantic, Fix: fix, Message: "'" + op.Chart + "' is not a chart." + hint}, op)
	}
	b.render = &plan.Render{Kind: op.Chart}
	for _, p := range op.Props {
		var vals []string
		for _, v := range p.Values {
			switch v := v.(type) {
			case *syntax.Name:
				vals = append(vals, v.Text)
			case *syntax.String:
				vals = append(vals, v.Value)
			case *syntax.Literal:
				vals = append(vals, v.Text)
			case *syntax.Unary:
				if l, ok := v.X.(*syntax.Literal); ok {
					vals = append(vals, v.Op+l.Text)
				}
			}
		}
		if b.render.Props == nil {
			b.render.Props = map[string]string{}
		}
		b.render.Props[p.Name] = strings.Join(vals, ",")
	}
}

func (b *binder) rangeOp(c ctx, op *syntax.RangeOp) *rel {
	c = c.constant()
	from, to, step := b.scalar(c, op.From), b.scalar(c, op.To), b.scalar(c, op.Step)
	t := from.Type()
	switch {
	case t.Numeric():
		for _, e := range []plan.Expr{to, step} {
			if u := e.Type(); u.Numeric() {
				t = widest(t, u)
			} else if u != schema.Unknown {
				b.errorf(op.To, "KS137", "The bounds and the step of range must all be numbers, or times with a timespan as step.")
			}
		}
		if t == schema.Int && !slices.Equal([]schema.Type{to.Type(), step.Type()}, []schema.Type{schema.Int, schema.Int}) {
			t = schema.Long
		}
		from, to, step = convert(from, t), convert(to, t), convert(step, t)
	case t == schema.Datetime || t == schema.Timespan:
		if u := to.Type(); u != t && u != schema.Unknown {
			b.errorf(op.To, "KS107", "A value of type %s expected, not %s.", t, u)
		}
		if u := step.Type(); u != schema.Timespan && u != schema.Unknown {
			b.errorf(op.Step, "KS107", "A value of type timespan expected, not %s.", u)
		}
	case t != schema.Unknown && t != schema.Dynamic:
		b.errorf(op.From, "KS138", "The argument value must be summable: a number, timespan or datetime.")
	}
	n := &plan.Range{Out: plan.Col{ID: b.newID(), Name: op.Name.Text, Type: t}, From: from, To: to, Step: step}
	return &rel{node: b.node(n), cols: []bound{{Col: n.Out}}}
}
