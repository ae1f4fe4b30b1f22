package syntax

import "strings"

// nameable reports whether the token can stand as a name where one is used.
func nameable(t token) bool {
	return t.Kind == tokWord && !reserved[t.Text] && !typeWords[t.Text] && !declarable[t.Text] &&
		!strings.HasPrefix(t.Text, "hint.") && !isBool(t.Text)
}

func isBool(s string) bool {
	switch s {
	case "true", "false", "True", "False", "TRUE", "FALSE":
		return true
	}
	return false
}

// bracketedAhead reports whether ['name'] or ["name"] stands next.
func (p *parser) bracketedAhead() bool {
	return p.at("[") && p.peek(1).Kind == tokString && p.peek(2).is("]")
}

func (p *parser) bracketed() *Name {
	start := p.next().Start
	text := Unquote(p.next().Text)
	p.next()
	return &Name{Span: p.from(start), Text: text, Bracketed: true, Wild: strings.Contains(text, "*")}
}

// name reads a name that refers to something.
func (p *parser) name() *Name {
	if p.bracketedAhead() {
		n := p.bracketed()
		n.Wild = false
		return n
	}
	if t := p.tok(); nameable(t) {
		p.next()
		return &Name{Span: t.Span, Text: t.Text}
	}
	return p.missingName()
}

func (p *parser) missingName() *Name {
	t := p.tok()
	if t.Kind == tokWord {
		p.report("KS006", "['"+t.Text+"']", "Missing name. The word '%s' is a keyword; as a name write ['%s']", t.Text, t.Text)
	} else {
		p.report("KS006", "", "Missing name%s", p.found())
	}
	return &Name{Span: Span{t.Start, t.Start}}
}

// declared reads a name being declared; a few keywords are allowed there.
func (p *parser) declared() *Name {
	if p.bracketedAhead() {
		n := p.bracketed()
		n.Wild = false
		return n
	}
	t := p.tok()
	if nameable(t) || t.Kind == tokWord && declarable[t.Text] {
		p.next()
		return &Name{Span: t.Span, Text: t.Text}
	}
	if t.Kind == tokWord && !isBool(t.Text) && p.peek(1).is("=") {
		p.report("KS228", "['"+t.Text+"']", "The name '%s' needs to be bracketed as ['%s'] to be used in this context.", t.Text, t.Text)
		p.next()
		return &Name{Span: t.Span, Text: t.Text}
	}
	return p.missingName()
}

// anyName reads any word: the name of an option, a chart, a property.
func (p *parser) anyName() *Name {
	if p.bracketedAhead() {
		return p.bracketed()
	}
	if t := p.tok(); t.Kind == tokWord {
		p.next()
		return &Name{Span: t.Span, Text: t.Text}
	}
	return p.missingName()
}

// wildName reads a name in which "*" may stand, such as Device*.
func (p *parser) wildName() *Name {
	if p.bracketedAhead() {
		return p.bracketed()
	}
	t := p.tok()
	if !(nameable(t) || t.is("*")) {
		return p.missingName()
	}
	start := p.i
	p.next()
	wild := t.is("*")
	for n := p.tok(); n.Start == p.prev() && (n.is("*") || n.Kind == tokWord || n.Kind == tokNumber); n = p.tok() {
		if !wild && !n.is("*") || p.toks[p.i-1].is("*") && n.is("*") {
			break
		}
		wild = wild || n.is("*")
		p.next()
	}
	s := p.from(p.toks[start].Start)
	return &Name{Span: s, Text: p.text[s.Start:s.End], Wild: wild}
}

// named reads "name = expr", "(a, b) = expr" or just an expression.
func (p *parser) named() Expr {
	start := p.tok().Start
	if p.assignAhead() {
		n := p.declared()
		p.expect("=")
		return &Named{Names: []*Name{n}, X: p.expr(), Span: p.from(start)}
	}
	if p.at("(") && p.tupleAhead() {
		p.next()
		n := &Named{Names: list(p, ")", false, p.declared), Parens: true}
		p.expect(")")
		p.expect("=")
		n.X = p.expr()
		n.Span = p.from(start)
		return n
	}
	return p.expr()
}

// assignAhead reports whether "name =" stands next.
func (p *parser) assignAhead() bool {
	if p.bracketedAhead() {
		return p.peek(3).is("=")
	}
	return p.tok().Kind == tokWord && p.peek(1).is("=")
}

// tupleAhead reports whether "(a, b) =" stands next.
func (p *parser) tupleAhead() bool {
	for i := 1; ; {
		switch t := p.peek(i); {
		case t.Kind == tokWord:
			i++
		case t.is("[") && p.peek(i+1).Kind == tokString && p.peek(i+2).is("]"):
			i += 3
		default:
			return false
		}
		switch {
		case p.peek(i).is(","):
			i++
		case p.peek(i).is(")"):
			return p.peek(i + 1).is("=")
		default:
			return false
		}
	}
}

// column reads "name : type".
func (p *parser) column() Param {
	c := Param{}
	start := p.tok().Start
	c.Name = p.declared()
	p.expect(":")
	c.Type = p.typeName()
	c.Span = p.from(start)
	return c
}

// columns reads "(name : type, ...)"; trailing allows a comma at the end.
func (p *parser) columns(trailing bool) []Param {
	p.expect("(")
	cols := list(p, ")", trailing, p.column)
	p.expect(")")
	return cols
}

// typeName reads a scalar type.
func (p *parser) typeName() string {
	t := p.tok()
	if t.Kind != tokWord {
		p.report("KS006", "", "Missing type name%s", p.found())
		return ""
	}
	p.next()
	if !typeNames[t.Text] {
		p.i--
		fix := nearest(t.Text, typeNames)
		hint := ""
		if fix != "" {
			hint = " Did you mean '" + fix + "'?"
		}
		p.report("KS160", fix, "The name '%s' is not a valid type name that can be used here.%s", t.Text, hint)
		p.next()
	}
	return t.Text
}

var typeNames = set("bool boolean int int8 int16 int32 uint8 uint16 uint uint32 char byte long int64 ulong uint64 real double float decimal " +
	"string datetime date timespan time guid uuid uniqueid dynamic")

// params reads the parameters of a function, or of a query when tables are not allowed.
func (p *parser) params(scalarOnly bool) []Param {
	p.expect("(")
	out := list(p, ")", false, func() Param {
		c := Param{}
		start := p.tok().Start
		c.Name = p.declared()
		p.expect(":")
		switch {
		case !scalarOnly && p.at("(") && p.peek(1).is("*"):
			p.next()
			p.next()
			c.Any = true
			p.expect(")")
		case !scalarOnly && p.at("("):
			c.Table = p.columns(false)
			if c.Table == nil {
				c.Table = []Param{}
			}
		default:
			c.Type = p.typeName()
			if p.accept("=") {
				c.Default = p.expr()
			}
		}
		c.Span = p.from(start)
		return c
	})
	p.expect(")")
	return out
}

// lambdaAhead reports whether a function stands next rather than an expression in parentheses.
func (p *parser) lambdaAhead() bool {
	if !p.at("(") {
		return false
	}
	if p.peek(1).is(")") {
		return p.peek(2).is("{")
	}
	if p.peek(1).is("[") {
		return p.peek(3).is("]") && p.peek(4).is(":")
	}
	return p.peek(1).Kind == tokWord && p.peek(2).is(":")
}

func (p *parser) lambda() Expr {
	l := &Lambda{}
	start := p.tok().Start
	l.View = p.accept("view")
	l.Params = p.params(false)
	l.Body = p.body()
	l.Span = p.from(start)
	return l
}

// body reads "{ statements; expression }".
func (p *parser) body() *Body {
	b := &Body{}
	start := p.tok().Start
	if !p.expect("{") {
		b.Span = Span{start, start}
		return b
	}
	if p.enter() {
		b.Stmts = p.statements(func() bool { return p.at("}") || p.tok().Kind == tokEOF })
		if n := len(b.Stmts); n > 0 {
			if s, ok := b.Stmts[n-1].(*ExprStmt); ok {
				b.X, b.Stmts = s.X, b.Stmts[:n-1]
			}
		}
	}
	p.leave()
	p.expect("}")
	b.Span = p.from(start)
	return b
}

func (p *parser) entityGroup() Expr {
	start := p.next().Start
	p.expect("[")
	g := &EntityGroup{Items: list(p, "]", true, p.expr)}
	p.expect("]")
	g.Span = p.from(start)
	return g
}
