package syntax

// primary reads a literal, a name, a call or an expression in parentheses.
func (p *parser) primary() Expr {
	t := p.tok()
	switch t.Kind {
	case tokNumber:
		p.next()
		return &Literal{Span: t.Span, Kind: "long", Text: t.Text}
	case tokReal:
		p.next()
		return &Literal{Span: t.Span, Kind: "real", Text: t.Text}
	case tokSpan:
		p.next()
		return &Literal{Span: t.Span, Kind: "timespan", Text: t.Text}
	case tokTyped:
		p.next()
		return &Literal{Span: t.Span, Kind: typedKind(t.Text), Text: t.Text}
	case tokString:
		return p.stringLiteral()
	case tokPunct:
		switch {
		case t.Text == "(":
			p.next()
			x := p.pipe(false)
			p.expect(")")
			return &Paren{X: x, Span: p.from(t.Start)}
		case p.bracketedAhead():
			n := p.name()
			if p.at("(") {
				return p.call(n)
			}
			return n
		case t.Text == "*":
			return p.starOperand()
		}
	case tokWord:
		return p.wordPrimary()
	}
	return p.missing()
}

func typedKind(text string) string {
	for i := range len(text) {
		if text[i] == '(' {
			text = text[:i]
			break
		}
	}
	switch text {
	case "date":
		return "datetime"
	case "time":
		return "timespan"
	case "double":
		return "real"
	case "int32":
		return "int"
	case "int64":
		return "long"
	}
	return text
}

// starOperand reads the "*" of "* has x": a place where all columns are meant.
func (p *parser) starOperand() Expr {
	n := p.peek(1)
	if (n.Kind == tokWord || n.Kind == tokPunct) && (stringOps[n.Text] || equalityOps[n.Text] || relationalOps[n.Text] || listOps[n.Text] || n.is("between")) {
		return &Star{Span: p.next().Span}
	}
	return p.missing()
}

func (p *parser) missing() Expr {
	t := p.tok()
	switch {
	case t.Kind == tokWord && !nameable(t) && !isBool(t.Text):
		p.report("KS006", "", "Missing expression. The word '%s' is a keyword; as a name write ['%s']", t.Text, t.Text)
	default:
		p.report("KS006", "", "Missing expression%s", p.found())
	}
	return &Missing{Span: Span{t.Start, t.Start}}
}

func (p *parser) wordPrimary() Expr {
	t := p.tok()
	n := p.peek(1)
	switch t.Text {
	case "dynamic":
		if n.is("(") {
			return p.dynamic()
		}
	case "typeof":
		if n.is("(") {
			return p.typeof()
		}
	case "datatable", "__contextual_datatable":
		if n.is("(") || n.Kind == tokWord {
			return p.datatable()
		}
	case "externaldata", "external_data", "inline_external_table":
		if n.is("(") || t.Text != "inline_external_table" && n.Kind == tokWord {
			return p.externaldata()
		}
	case "toscalar", "totable", "materialize":
		if n.is("(") {
			return p.subquery()
		}
	}
	if isBool(t.Text) {
		p.next()
		return &Literal{Span: t.Span, Kind: "bool", Text: t.Text}
	}
	if !nameable(t) {
		return p.missing()
	}
	name := &Name{Span: p.next().Span, Text: t.Text}
	if p.at("(") {
		return p.call(name)
	}
	return name
}

// stringLiteral reads one string or several that run together.
func (p *parser) stringLiteral() *String {
	start := p.tok().Start
	s := &String{}
	for p.tok().Kind == tokString {
		t := p.next()
		if s.Raw != "" {
			s.Raw += " "
		}
		s.Raw += t.Text
		s.Value += Unquote(t.Text)
	}
	s.Span = p.from(start)
	return s
}

func (p *parser) dynamic() Expr {
	start := p.next().Start
	p.next()
	d := &Dynamic{Value: p.json()}
	p.expect(")")
	d.Span = p.from(start)
	return d
}

// json reads a value inside dynamic(...).
func (p *parser) json() Expr {
	if !p.enter() {
		p.leave()
		return &Missing{Span: p.tok().Span}
	}
	defer p.leave()
	t := p.tok()
	switch {
	case t.is("["):
		p.next()
		a := &JSONArray{Items: list(p, "]", false, p.json)}
		p.expect("]")
		a.Span = p.from(t.Start)
		return a
	case t.is("{"):
		return p.jsonObject()
	case t.is("-") && (p.peek(1).Kind == tokNumber || p.peek(1).Kind == tokReal || p.peek(1).Kind == tokSpan):
		p.next()
		x := p.primary()
		return &Unary{Op: "-", X: x, Span: p.from(t.Start)}
	case t.Kind == tokString:
		return p.stringLiteral()
	case t.Kind == tokNumber || t.Kind == tokReal || t.Kind == tokSpan || t.Kind == tokWord && isBool(t.Text):
		return p.primary()
	case t.is("null"):
		p.next()
		return &Literal{Span: t.Span, Kind: "null", Text: t.Text}
	case t.is("dynamic") && p.peek(1).is("("):
		return p.dynamic()
	case t.Kind == tokTyped:
		switch typedKind(t.Text) {
		case "datetime", "timespan", "guid":
			return p.primary()
		}
	}
	p.report("KS006", "", "Missing json value%s", p.found())
	return &Missing{Span: Span{t.Start, t.Start}}
}

func (p *parser) jsonObject() Expr {
	start := p.next().Start
	o := &JSONObject{}
	for !p.at("}") {
		if p.tok().Kind != tokString {
			p.report("KS005", "", "Expected: }%s. The names in a property bag are strings in quotes", p.found())
			p.skip("}")
			break
		}
		o.Keys = append(o.Keys, p.stringLiteral())
		p.expect(":")
		o.Values = append(o.Values, p.json())
		if !p.accept(",") {
			break
		}
		if p.at("}") {
			p.report("KS006", "", "Missing json key:value pair")
		}
	}
	p.expect("}")
	o.Span = p.from(start)
	return o
}

func (p *parser) typeof() Expr {
	start := p.next().Start
	p.next()
	t := &Typeof{}
	switch {
	case p.at("("):
		t.Schema = p.columns(false)
	case p.at("*") || p.peek(1).is(":"):
		t.Bare = true
		for {
			if p.accept("*") {
				t.Star = true
			} else {
				t.Schema = append(t.Schema, p.column())
			}
			if !p.accept(",") {
				break
			}
		}
	default:
		t.Type = p.typeName()
	}
	p.expect(")")
	t.Span = p.from(start)
	return t
}

func (p *parser) subquery() Expr {
	start := p.tok().Start
	s := &Subquery{Word: p.next().Text}
	p.next()
	s.Options = p.options("kind")
	s.X = p.pipe(false)
	p.expect(")")
	s.Span = p.from(start)
	return s
}

func (p *parser) datatable() Expr {
	start := p.next().Start
	d := &Datatable{Options: p.allOptions()}
	d.Columns = p.columns(true)
	if p.expect("[") {
		d.Values = list(p, "]", true, p.constant)
		p.expect("]")
	}
	d.Span = p.from(start)
	return d
}

// constant reads a literal, with a sign where one is written.
func (p *parser) constant() Expr {
	t := p.tok()
	if t.is("-") || t.is("+") {
		p.next()
		if k := p.tok().Kind; k == tokNumber || k == tokReal || k == tokSpan {
			x := p.primary()
			return &Unary{Op: t.Text, X: x, Span: p.from(t.Start)}
		}
		p.report("KS006", "", "Missing value%s", p.found())
		return &Missing{Span: t.Span}
	}
	if t.Kind == tokWord && !isBool(t.Text) && !(t.Text == "dynamic" && p.peek(1).is("(")) || t.is("(") || t.is("[") {
		p.report("KS006", "", "Missing value%s: only literals can stand here", p.found())
		return &Missing{Span: t.Span}
	}
	return p.primary()
}

func (p *parser) externaldata() Expr {
	start := p.next().Start
	e := &Externaldata{Options: p.allOptions()}
	e.Columns = p.columns(true)
	if p.expect("[") {
		e.URIs = list(p, "]", true, p.expr)
		p.expect("]")
	}
	if p.accept("with") {
		p.expect("(")
		e.Options = append(e.Options, list(p, ")", true, p.option)...)
		p.expect(")")
	}
	e.Span = p.from(start)
	return e
}
