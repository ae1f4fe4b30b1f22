package syntax

// pipe reads an expression and the operators piped to it. At the start of a statement materialize has no place.
func (p *parser) pipe(statement bool) Expr {
	if !p.enter() {
		p.leave()
		return &Missing{Span: p.tok().Span}
	}
	defer p.leave()
	start := p.tok().Start
	var x Expr
	if p.startOperator() {
		x = &Pipe{Op: p.operator()}
		x.(*Pipe).Span = p.from(start)
		p.operatorEnd()
	} else {
		if statement && p.at("materialize") {
			p.report("KS198", "", "The incomplete fragment is unexpected: materialize() is used in let statements and inside expressions")
		}
		x = p.or()
	}
	return p.pipes(x, start)
}

// pipes reads the operators after x.
func (p *parser) pipes(x Expr, start int) Expr {
	for n := 0; p.at("|"); n++ {
		if n > 10*MaxNesting {
			p.report("query_too_deep", "", "The query has more than %d operators in a row", 10*MaxNesting)
			p.i = len(p.toks) - 1
			return x
		}
		p.next()
		op := p.operator()
		if op == nil {
			p.skip("|", ";")
			continue
		}
		x = &Pipe{Input: x, Op: op, Span: p.from(start)}
		p.operatorEnd()
	}
	return x
}

// subPipe reads operators that take their input from outside: "(op | op)". It returns a Pipe chain whose innermost
// Input is nil.
func (p *parser) subPipe() Expr {
	if !p.enter() {
		p.leave()
		return &Missing{Span: p.tok().Span}
	}
	defer p.leave()
	start := p.tok().Start
	op := p.operator()
	if op == nil {
		p.skip("|", ")")
		return &Missing{Span: p.from(start)}
	}
	p.operatorEnd()
	return p.pipes(&Pipe{Op: op, Span: p.from(start)}, start)
}

// operatorEnd checks that an operator is followed by what may follow one, and skips the rest of it otherwise.
func (p *parser) operatorEnd() {
	if p.at("|", ")", "}", "]", ";") || p.tok().Kind == tokEOF {
		return
	}
	p.unexpected("KS198", "The incomplete fragment is unexpected")
	p.skip("|", ";")
}

// startOperator reports whether the next word is an operator that begins a query rather than a name.
func (p *parser) startOperator() bool {
	n := p.peek(1)
	switch t := p.tok(); {
	case t.Kind != tokWord:
		return false
	case t.Text == "union" || t.Text == "print" || t.Text == "search" || t.Text == "find" || t.Text == "macro-expand":
		return !n.is("=") || t.Text != "search" && t.Text != "find"
	case t.Text == "range":
		return (n.Kind == tokWord || n.is("[")) && !n.is("contains") && !n.is("has")
	case t.Text == "evaluate":
		return n.Kind == tokWord && (p.peek(2).is("(") || p.peek(2).is("="))
	default: // "where x" alone: its table comes from outside, or is found missing later
		return queryOperators[t.Text] && !nameable(t) && !n.is("=")
	}
}

func (p *parser) expr() Expr {
	if !p.enter() {
		p.leave()
		return &Missing{Span: p.tok().Span}
	}
	defer p.leave()
	return p.or()
}

func (p *parser) or() Expr {
	x := p.and()
	for p.at("or") {
		p.next()
		r := p.and()
		x = &Binary{Op: "or", L: x, R: r, Span: x.Pos().to(r.Pos())}
	}
	return x
}

func (p *parser) and() Expr {
	x := p.equality()
	for p.at("and") {
		p.next()
		r := p.equality()
		x = &Binary{Op: "and", L: x, R: r, Span: x.Pos().to(r.Pos())}
	}
	return x
}

var equalityOps = set("== != <>")
var listOps = set("in !in in~ !in~ has_any has_all")
var relationalOps = set("< > <= >=")
var stringOps = set("=~ !~ : has !has has_cs !has_cs hasprefix !hasprefix hasprefix_cs !hasprefix_cs hassuffix !hassuffix hassuffix_cs !hassuffix_cs " +
	"contains !contains notcontains contains_cs containscs !contains_cs notcontainscs startswith !startswith startswith_cs !startswith_cs " +
	"endswith !endswith endswith_cs !endswith_cs like notlike likecs notlikecs matches")

// at most one comparison stands at each level: a == b == c is an error.
func (p *parser) equality() Expr {
	x := p.relational()
	t := p.tok()
	if t.Kind != tokWord && t.Kind != tokPunct {
		return x
	}
	switch {
	case equalityOps[t.Text]:
		p.next()
		r := p.relational()
		op := t.Text
		if op == "<>" {
			op = "!="
		}
		return &Binary{Op: op, L: x, R: r, Span: x.Pos().to(r.Pos())}
	case listOps[t.Text]:
		p.next()
		in := &In{Op: t.Text, X: x}
		if p.expect("(") {
			if p.enter() {
				in.List = p.inList()
			}
			p.leave()
			p.expect(")")
		}
		in.Span = p.from(x.Pos().Start)
		return in
	case t.Text == "between" || t.Text == "!between":
		p.next()
		b := &Between{Not: t.Text[0] == '!', X: x, From: &Missing{}, To: &Missing{}}
		if p.expect("(") {
			b.From = p.expr()
			if p.expect("..") {
				b.To = p.expr()
			}
			p.expect(")")
		}
		b.Span = p.from(x.Pos().Start)
		return b
	}
	return x
}

// inList reads the operand of in: one table, or values.
func (p *parser) inList() []Expr {
	if p.at(")") {
		p.missing()
		return nil
	}
	first := p.pipe(false)
	out := []Expr{first}
	for p.accept(",") {
		out = append(out, p.expr())
	}
	return out
}

func (p *parser) relational() Expr {
	x := p.additive()
	if t := p.tok(); t.Kind == tokPunct && relationalOps[t.Text] {
		p.next()
		r := p.additive()
		return &Binary{Op: t.Text, L: x, R: r, Span: x.Pos().to(r.Pos())}
	}
	return x
}

func (p *parser) additive() Expr {
	x := p.multiplicative()
	for p.at("+", "-") {
		op := p.next().Text
		r := p.multiplicative()
		x = &Binary{Op: op, L: x, R: r, Span: x.Pos().to(r.Pos())}
	}
	return x
}

func (p *parser) multiplicative() Expr {
	x := p.stringOp()
	for p.at("*", "/", "%") {
		op := p.next().Text
		r := p.stringOp()
		x = &Binary{Op: op, L: x, R: r, Span: x.Pos().to(r.Pos())}
	}
	return x
}

func (p *parser) stringOp() Expr {
	x := p.unary()
	t := p.tok()
	if t.Kind != tokWord && t.Kind != tokPunct || !stringOps[t.Text] {
		return x
	}
	p.next()
	op := t.Text
	switch op {
	case "matches":
		p.expect("regex")
		op = "matches regex"
	case "notcontains":
		op = "!contains"
	case "containscs":
		op = "contains_cs"
	case "notcontainscs":
		op = "!contains_cs"
	}
	r := p.unary()
	return &Binary{Op: op, L: x, R: r, Span: x.Pos().to(r.Pos())}
}

func (p *parser) unary() Expr {
	if p.at("-", "+") {
		t := p.next()
		x := p.postfix()
		return &Unary{Op: t.Text, X: x, Span: t.Span.to(x.Pos())}
	}
	return p.postfix()
}

func (p *parser) postfix() Expr {
	x := p.primary()
	if _, ok := x.(*Missing); ok {
		return x
	}
	start := x.Pos().Start
	for n := 0; ; n++ {
		if n > MaxNesting {
			p.enter()
			p.leave()
		}
		switch {
		case p.at(".") && p.peek(1).is("[") && !(p.peek(2).Kind == tokString && p.peek(3).is("]")):
			p.next()
		case p.at("."):
			p.next()
			x = &Member{X: x, Name: p.member()}
			x.(*Member).Span = p.from(start)
		case p.at("["):
			p.next()
			i := p.expr()
			p.expect("]")
			x = &Index{X: x, I: i, Span: p.from(start)}
		default:
			return x
		}
	}
}

// member reads what follows a dot.
func (p *parser) member() Expr {
	if p.bracketedAhead() {
		n := p.bracketed()
		n.Wild = false
		return n
	}
	t := p.tok()
	if t.Kind == tokTyped { // a.int(...) is no literal
		return p.missingName()
	}
	if !nameable(t) && !(t.Kind == tokWord && typeWords[t.Text]) {
		return p.missingName()
	}
	n := &Name{Span: p.next().Span, Text: t.Text}
	if p.at("(") {
		return p.call(n)
	}
	return n
}

func (p *parser) call(fn *Name) Expr {
	c := &Call{Fn: fn}
	p.next()
	c.Args = list(p, ")", false, p.argument)
	p.expect(")")
	c.Span = p.from(fn.Start)
	return c
}

// argument reads an argument: "*", "name = value" or a value.
func (p *parser) argument() Expr {
	if p.at("*") && (p.peek(1).is(",") || p.peek(1).is(")")) {
		return &Star{Span: p.next().Span}
	}
	return p.named()
}
