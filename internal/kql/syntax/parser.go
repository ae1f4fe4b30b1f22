package syntax

import (
	"fmt"
	"strings"
)

// MaxText is the longest query text that is read, in bytes.
const MaxText = 64 << 10

// MaxNesting is how deep brackets and operators may nest.
const MaxNesting = 256

// maxDiagnostics stops the reports of a hopeless text.
const maxDiagnostics = 50

// Parse reads a query text. The tree is never nil; it is whole only if there are no diagnostics.
func Parse(text string) (*Query, Diagnostics) {
	q := &Query{Text: text, Span: Span{0, len(text)}}
	if len(text) > MaxText {
		ds := Diagnostics{{Code: "query_too_long", Length: len(text), Message: fmt.Sprintf("The query text has %d bytes; at most %d are allowed. Move long lists into a table or a watchlist", len(text), MaxText)}}
		ds.Locate("")
		return q, ds
	}
	toks, diags := lex(text)
	p := &parser{text: text, toks: toks, diags: diags, last: -1}
	q.Stmts = p.statements(func() bool { return p.tok().Kind == tokEOF })
	p.diags.Locate(text)
	if len(p.diags) > maxDiagnostics {
		p.diags = p.diags[:maxDiagnostics]
	}
	return q, p.diags
}

type parser struct {
	text  string
	toks  []token
	i     int
	diags Diagnostics
	last  int // token index of the latest diagnostic: one finding a place is enough
	depth int
	deep  bool // the nesting limit was hit; everything after is skipped
}

func (p *parser) tok() token { return p.toks[p.i] }

func (p *parser) peek(n int) token {
	return p.toks[min(p.i+n, len(p.toks)-1)]
}

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.Kind != tokEOF {
		p.i++
	}
	return t
}

// prev is the end of the last token taken.
func (p *parser) prev() int {
	if p.i == 0 {
		return 0
	}
	return p.toks[p.i-1].End
}

// from returns the span from start to the last token taken.
func (p *parser) from(start int) Span { return Span{start, max(start, p.prev())} }

func (p *parser) at(words ...string) bool {
	t := p.tok()
	for _, w := range words {
		if t.is(w) {
			return true
		}
	}
	return false
}

func (p *parser) accept(word string) bool {
	if !p.tok().is(word) {
		return false
	}
	p.next()
	return true
}

// report notes a finding at the current token, unless one stands there already.
func (p *parser) report(code, fix, format string, args ...any) {
	if p.last == p.i {
		return
	}
	p.last = p.i
	t := p.tok()
	d := Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Start: t.Start, Length: t.End - t.Start, Fix: fix}
	p.diags = append(p.diags, d)
}

func (p *parser) expect(word string) bool {
	if p.accept(word) {
		return true
	}
	p.report("KS005", "", "Expected: %s%s", word, p.found())
	return false
}

func (p *parser) found() string {
	t := p.tok()
	if t.Kind == tokEOF {
		return ", but the query ends here"
	}
	s := t.Text
	if len(s) > 30 {
		s = s[:30] + "..."
	}
	return fmt.Sprintf(", found '%s'", strings.ToValidUTF8(s, "?"))
}

// enter counts a level of nesting; it returns false, once with a finding, beyond the limit.
func (p *parser) enter() bool {
	p.depth++
	if p.depth <= MaxNesting {
		return true
	}
	if !p.deep {
		p.deep = true
		p.report("query_too_deep", "", "The query nests more than %d levels deep here. Split it with let statements", MaxNesting)
	}
	p.i = len(p.toks) - 1
	return false
}

func (p *parser) leave() { p.depth-- }

// skip goes on to the next token that stands outside brackets opened on the way and is one of the words.
func (p *parser) skip(words ...string) {
	depth := 0
	for p.tok().Kind != tokEOF {
		if depth == 0 && p.at(words...) {
			return
		}
		switch {
		case p.at("(", "[", "{"):
			depth++
		case p.at(")", "]", "}"):
			depth--
			if depth < 0 {
				return
			}
		}
		p.next()
	}
}

// statements reads statements separated by ";" until done says so.
func (p *parser) statements(done func() bool) []Stmt {
	var out []Stmt
	for !done() {
		start := p.i
		if p.tok().Kind == tokDirective {
			t := p.next()
			out = append(out, &Directive{Span: t.Span, Text: t.Text})
			continue
		}
		if p.at(";") {
			p.report("KS198", "", "The incomplete fragment is unexpected.")
			p.next()
			continue
		}
		out = append(out, p.statement())
		if done() {
			break
		}
		if !p.accept(";") {
			p.unexpected("KS005", "Expected: ;")
			p.skip(";")
			p.accept(";")
		}
		if p.i == start {
			p.next()
		}
	}
	return out
}

// unexpected reports the current token, with what should stand there.
func (p *parser) unexpected(code, want string) {
	t := p.tok()
	if t.Kind == tokWord {
		if w := nearest(t.Text, queryOperators); w != "" && p.i > 0 && !p.toks[p.i-1].is("|") {
			p.report(code, "| "+w, "%s%s. Did you mean '| %s'?", want, p.found(), w)
			return
		}
	}
	p.report(code, "", "%s%s", want, p.found())
}

func (p *parser) statement() Stmt {
	t := p.tok()
	n := p.peek(1)
	named := n.Kind == tokWord || n.is("[")
	switch {
	case t.is("let") && named && p.letAhead():
		return p.let()
	case t.is("set") && named:
		return p.set()
	case t.is("declare") && n.is("query_parameters"):
		p.next()
		p.next()
		params := p.params(true)
		return &DeclareStmt{Span: p.from(t.Start), Params: params}
	case t.is("declare") && n.is("pattern"):
		return p.pattern()
	case t.is("alias") && n.is("database"):
		p.next()
		p.next()
		name := p.declared()
		p.expect("=")
		return &AliasStmt{Name: name, Value: p.expr(), Span: p.from(t.Start)}
	case t.is("restrict") && n.is("access"):
		return p.restrict()
	}
	x := p.pipe(true)
	return &ExprStmt{X: x, Span: x.Pos()}
}

// letAhead tells "let x = ..." from a table called let.
func (p *parser) letAhead() bool {
	if p.peek(1).is("[") {
		return true
	}
	return p.peek(2).is("=") || nameable(p.peek(1)) && !queryOperators[p.peek(1).Text]
}

func (p *parser) let() Stmt {
	start := p.next().Start
	s := &LetStmt{Name: p.declared()}
	p.expect("=")
	switch {
	case p.at("view") && p.peek(1).is("("), p.lambdaAhead():
		s.Value = p.lambda()
	case p.at("entity_group") && p.peek(1).is("["):
		s.Value = p.entityGroup()
	default:
		s.Value = p.pipe(false)
	}
	s.Span = p.from(start)
	return s
}

func (p *parser) set() Stmt {
	start := p.next().Start
	s := &SetStmt{Name: p.anyName()}
	if p.accept("=") {
		s.Value = p.optionValue()
	}
	s.Span = p.from(start)
	return s
}

func (p *parser) restrict() Stmt {
	start := p.next().Start
	p.next()
	p.expect("to")
	p.expect("(")
	s := &RestrictStmt{Items: list(p, ")", false, p.tableRef)}
	p.expect(")")
	s.Span = p.from(start)
	return s
}

func (p *parser) pattern() Stmt {
	start := p.next().Start
	p.next()
	s := &PatternStmt{Name: p.declared()}
	if p.accept("=") {
		s.Params = p.params(false)
		if p.accept("[") {
			c := p.column()
			s.Path = &c
			p.expect("]")
		}
		p.expect("{")
		s.Cases = []PatternCase{}
		for p.at("(") {
			c := PatternCase{}
			from := p.next().Start
			c.Args = list(p, ")", false, p.expr)
			p.expect(")")
			if p.accept(".") {
				p.expect("[")
				c.Path = p.expr()
				p.expect("]")
			}
			p.expect("=")
			c.Body = p.body()
			p.accept(";")
			c.Span = p.from(from)
			s.Cases = append(s.Cases, c)
		}
		p.expect("}")
	}
	s.Span = p.from(start)
	return s
}

// list reads items separated by commas up to the closing bracket, which stays; trailing allows a comma at the end.
func list[T any](p *parser, end string, trailing bool, item func() T) []T {
	var out []T
	if p.at(end) {
		return out
	}
	for {
		start := p.i
		out = append(out, item())
		if !p.accept(",") {
			if !p.at(end) {
				p.report("KS005", "", "Expected: , or %s%s", end, p.found())
				if end == "" {
					return out
				}
				p.skip(",", end, ";", "|")
				if p.at(",") && p.i > start {
					p.next()
					continue
				}
			}
			return out
		}
		if trailing && p.at(end) {
			return out
		}
	}
}

// commas reads one or more items separated by commas.
func commas[T any](p *parser, item func() T) []T {
	out := []T{item()}
	for p.accept(",") {
		out = append(out, item())
	}
	return out
}
