package syntax

import "strings"

func (p *parser) mvExpand(h Head) Operator {
	h.Options = p.options("kind", "bagexpansion", "with_itemindex")
	op := &MvOp{Head: h}
	op.Items = commas(p, p.mvItem)
	if p.accept("limit") {
		op.Limit = p.expr()
	}
	return op
}

func (p *parser) mvApply(h Head) Operator {
	h.Options = p.options("kind", "bagexpansion", "with_itemindex")
	op := &MvOp{Head: h}
	op.Items = commas(p, p.mvItem)
	if p.accept("limit") {
		op.Limit = p.expr()
	}
	if p.at("id") {
		p.next()
		op.ID = p.primary()
	}
	p.expect("on")
	if p.expect("(") {
		op.Body = p.subPipe()
		p.expect(")")
	} else {
		op.Body = &Missing{}
	}
	return op
}

func (p *parser) mvItem() MvItem {
	start := p.tok().Start
	it := MvItem{X: p.named()}
	if p.accept("to") {
		p.expect("typeof")
		if p.expect("(") {
			it.Type = p.typeName()
			p.expect(")")
		}
	}
	it.Span = p.from(start)
	return it
}

func (p *parser) parse(h Head) Operator {
	h.Options = p.options("kind", "flags")
	op := &ParseOp{Head: h, X: p.expr()}
	if !p.expect("with") {
		return op
	}
	for {
		t := p.tok()
		switch {
		case t.Kind == tokString:
			op.Pattern = append(op.Pattern, p.stringLiteral())
		case t.is("*"):
			op.Pattern = append(op.Pattern, &Star{Span: p.next().Span})
		case nameable(t) || p.bracketedAhead() || t.Kind == tokWord && declarable[t.Text]:
			n := p.declared()
			var x Expr = n
			if p.accept(":") {
				x = &Typed{Name: n, Type: p.typeName(), Span: p.from(t.Start)}
			}
			op.Pattern = append(op.Pattern, x)
		default:
			return op
		}
	}
}

func (p *parser) parseKv(h Head) Operator {
	op := &ParseKvOp{Head: h, X: p.expr()}
	p.expect("as")
	op.Columns = p.columns(true)
	if p.accept("with") {
		p.expect("(")
		op.With = list(p, ")", false, p.option)
		p.expect(")")
	}
	return op
}

func (p *parser) makeSeries(h Head) Operator {
	h.Options = p.options("kind")
	op := &MakeSeriesOp{Head: h}
	op.Aggs = commas(p, func() SeriesAgg {
		start := p.tok().Start
		a := SeriesAgg{X: p.named()}
		if p.accept("default") {
			p.expect("=")
			a.Default = p.expr()
		}
		a.Span = p.from(start)
		return a
	})
	p.expect("on")
	if p.assignAhead() {
		start := p.tok().Start
		n := p.declared()
		p.next()
		op.On = &Named{Names: []*Name{n}, X: p.relational(), Span: p.from(start)}
	} else {
		op.On = p.relational()
	}
	switch {
	case p.accept("in"):
		op.InRange = true
		p.expect("range")
		p.expect("(")
		op.From = p.expr()
		p.expect(",")
		op.To = p.expr()
		p.expect(",")
		op.Step = p.expr()
		p.expect(")")
	case p.at("from", "to", "step"):
		if p.accept("from") {
			op.From = p.expr()
		}
		if p.accept("to") {
			op.To = p.expr()
		}
		p.expect("step")
		op.Step = p.expr()
	default:
		p.report("KS005", "", "Expected: step or in range(...)%s", p.found())
	}
	if p.accept("by") {
		op.By = commas(p, p.named)
	}
	return op
}

func (p *parser) render(h Head) Operator {
	op := &RenderOp{Head: h}
	if t := p.tok(); t.Kind == tokWord {
		op.Chart = p.next().Text
	} else {
		p.report("KS006", "", "Expected a chart such as timechart, barchart or table%s", p.found())
		return op
	}
	if p.accept("with") {
		p.expect("(")
		for !p.at(")") && p.tok().Kind != tokEOF {
			op.Props = append(op.Props, p.renderProp())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		return op
	}
	for p.tok().Kind == tokWord && p.peek(1).is("=") {
		op.Props = append(op.Props, p.renderProp())
	}
	return op
}

var renderProps = set("accumulate anomalycolumns kind legend series title xaxis xcolumn xtitle yaxis ycolumns ymin ymax xmin xmax ysplit ytitle")

func (p *parser) renderProp() RenderProp {
	start := p.tok().Start
	if t := p.tok(); !renderProps[t.Text] {
		fix := nearest(t.Text, renderProps)
		p.report("KS005", fix, "'%s' is not a property of render; it knows %s", t.Text, sorted(renderProps))
	}
	r := RenderProp{Name: p.anyName().Text}
	if p.expect("=") {
		r.Values = append(r.Values, p.optionValue())
		for p.at(",") && !p.peek(2).is("=") && !p.peek(1).is(")") {
			p.next()
			r.Values = append(r.Values, p.optionValue())
		}
	}
	r.Span = p.from(start)
	return r
}

func (p *parser) partition(h Head) Operator {
	h.Options = p.options()
	op := &PartitionOp{Head: h}
	if h.Word != "__partitionby" || p.at("by") {
		p.expect("by")
	}
	op.By = p.path()
	switch {
	case p.at("__id") || p.at("id"):
		p.next()
		p.primary()
		fallthrough
	case p.at("("):
		if p.expect("(") {
			op.Sub = p.subPipe()
			p.expect(")")
		}
	case p.accept("{"):
		op.Query = p.pipe(false)
		p.expect("}")
	default:
		p.report("KS005", "", "Expected: (%s", p.found())
	}
	return op
}

// path reads a name or names joined by dots, never a call.
func (p *parser) path() Expr {
	var x Expr = p.name()
	start := x.Pos().Start
	for p.accept(".") {
		x = &Member{X: x, Name: p.name(), Span: p.from(start)}
	}
	return x
}

func (p *parser) fork(h Head) Operator {
	op := &ForkOp{Head: h}
	if h.Word == "facet" {
		p.expect("by")
		op.By = commas(p, p.expr)
		if p.accept("with") {
			if p.expect("(") {
				op.Subs = append(op.Subs, p.subPipe())
				p.expect(")")
			}
		}
		return op
	}
	for p.at("(") || p.assignAhead() {
		var n *Name
		if p.assignAhead() {
			n = p.declared()
			p.next()
		}
		op.Names = append(op.Names, n)
		if p.expect("(") {
			op.Subs = append(op.Subs, p.subPipe())
			p.expect(")")
		}
	}
	if len(op.Subs) == 0 {
		p.report("KS005", "", "Expected: (%s", p.found())
	}
	return op
}

func (p *parser) topNested(h Head) Operator {
	op := &TopNestedOp{Head: h}
	for {
		l := TopLevel{}
		start := p.tok().Start
		if !p.at("of") {
			l.N = p.expr()
		}
		p.expect("of")
		l.Of = p.named()
		if p.at("with") && p.peek(1).is("others") {
			p.next()
			p.next()
			p.expect("=")
			l.Others = p.expr()
		}
		p.expect("by")
		l.By = p.ordered(p.named)
		l.Span = p.from(start)
		op.Levels = append(op.Levels, l)
		if !p.at(",") || !p.peek(1).is("top-nested") {
			return op
		}
		p.next()
		p.next()
	}
}

func (p *parser) scan(h Head) Operator {
	h.Options = p.options("kind", "with_match_id", "with_step_name")
	op := &ScanOp{Head: h}
	if p.at("order") || p.at("sort") {
		p.next()
		p.expect("by")
		op.Order = commas(p, func() Expr { return p.ordered(p.expr) })
	}
	if p.accept("partition") {
		p.expect("by")
		op.Partition = commas(p, p.expr)
	}
	if p.accept("declare") {
		op.Declare = p.params(true)
	}
	p.expect("with")
	if !p.expect("(") {
		return op
	}
	for p.at("step") {
		s := ScanStep{}
		start := p.next().Start
		s.Name = p.declared()
		s.Optional = p.accept("optional")
		s.Options = p.options("output")
		p.expect(":")
		s.Pred = p.expr()
		if p.accept("=>") {
			s.Assign = commas(p, p.named)
		}
		p.expect(";")
		s.Span = p.from(start)
		op.Steps = append(op.Steps, s)
	}
	if len(op.Steps) == 0 {
		p.report("KS005", "", "Expected: step%s", p.found())
	}
	p.expect(")")
	return op
}

func (p *parser) macroExpand(h Head) Operator {
	h.Options = p.options("isfuzzy", "force_remote", "kind")
	op := &MacroOp{Head: h}
	if p.at("entity_group") && p.peek(1).is("[") {
		op.Group = p.entityGroup()
	} else {
		op.Group = p.primary()
	}
	if p.accept("as") {
		op.Scope = p.declared()
	}
	b := &Body{}
	start := p.tok().Start
	if p.expect("(") {
		b.Stmts = p.statements(func() bool { return p.at(")") || p.tok().Kind == tokEOF })
		p.expect(")")
	}
	b.Span = p.from(start)
	op.Body = b
	return op
}

// graph reads a graph operator as clauses: a keyword followed by expressions; node and edge patterns are kept as text.
func (p *parser) graph(h Head) Operator {
	h.Options = p.options("kind", "cycles", "output", "with_node_id")
	op := &GraphOp{Head: h}
	switch h.Word {
	case "graph-where-nodes", "graph-where-edges":
		op.Parts = append(op.Parts, GraphPart{Args: []Expr{p.expr()}})
		return op
	}
	start := p.i
	depth := 0
	for p.tok().Kind != tokEOF {
		if depth == 0 && (p.at("|", ";", ")", "}") || p.at("where") || p.at("project")) {
			break
		}
		if p.at("(", "[", "{", "-[", "<-[") {
			depth++
		}
		if p.at(")", "]", "}", "]-", "]->") {
			depth--
		}
		p.next()
	}
	if p.i > start {
		s := p.from(p.toks[start].Start)
		op.Parts = append(op.Parts, GraphPart{Span: s, Word: strings.Join(strings.Fields(p.text[s.Start:s.End]), " ")})
	} else if h.Word != "graph-to-table" && h.Word != "graph-mark-components" {
		p.report("KS006", "", "Missing pattern%s", p.found())
	}
	if p.accept("where") {
		op.Parts = append(op.Parts, GraphPart{Word: "where", Args: []Expr{p.expr()}})
	}
	if p.accept("project") {
		op.Parts = append(op.Parts, GraphPart{Word: "project", Args: commas(p, p.named)})
	}
	return op
}
