package huntql

import (
	"strconv"
	"strings"
	"time"
)

// query is a parsed query: a table and operators, or values to print.
type query struct {
	table   string
	steps   []step
	printed []named
}

// step is an operator.
type step struct {
	op     string // where, take, top, order, project, project-away, extend, distinct, count, summarize
	n      int
	list   []named // columns, order keys (name "asc" or "desc"), aggregates
	by     []named // keys of summarize
	column []string
}

type named struct {
	name string
	expr expr
}

type parser struct {
	src  string
	toks []token
	at   int
	now  time.Time

	depth int // of the expression being read
}

func (p *parser) peek() token { return p.toks[p.at] }

func (p *parser) next() token {
	t := p.toks[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// take accepts the sign or word.
func (p *parser) take(s string) bool {
	if t := p.peek(); (t.kind == sign || t.kind == word) && t.s == s {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(s string) error {
	if !p.take(s) {
		return refuse("Syntax error: expected '%s' before '%s'.", s, p.peek().s)
	}
	return nil
}

func parse(q string, now time.Time) (*query, error) {
	toks, err := lex(q)
	if err != nil {
		return nil, err
	}
	p := &parser{src: q, toks: toks, now: now}
	head := p.next()
	out := &query{}
	switch {
	case head.kind != word:
		return nil, refuse("Syntax error: a query starts with a table.")
	case head.s == "print":
		if out.printed, err = p.namedList("print_"); err != nil {
			return nil, err
		}
	default:
		out.table = head.s
	}
	for p.take("|") {
		s, err := p.operator()
		if err != nil {
			return nil, err
		}
		out.steps = append(out.steps, s)
	}
	p.take(";")
	if t := p.peek(); t.kind != end {
		return nil, refuse("Syntax error: unexpected '%s'.", t.s)
	}
	if out.table == "" && len(out.steps) > 0 {
		return nil, refuse("This tenant is simulated and runs no operators after print.")
	}
	return out, nil
}

func (p *parser) operator() (step, error) {
	op := p.next()
	s := step{op: op.s}
	var err error
	switch op.s {
	case "where", "filter":
		s.op = "where"
		s.list = make([]named, 1)
		s.list[0].expr, err = p.expr()
	case "take", "limit":
		s.op = "take"
		s.n, err = p.count()
	case "top":
		if s.n, err = p.count(); err == nil {
			err = p.want("by")
		}
		if err == nil {
			s.list, err = p.orderList()
		}
	case "order", "sort":
		s.op = "order"
		if err = p.want("by"); err == nil {
			s.list, err = p.orderList()
		}
	case "project", "extend", "distinct":
		s.list, err = p.namedList("Column")
	case "project-away":
		s.column, err = p.words()
	case "count":
	case "summarize":
		if !p.isSign("by") {
			s.list, err = p.aggregates()
		}
		if err == nil && p.take("by") {
			s.by, err = p.namedList("Column")
		}
	default:
		return s, refuse("This tenant is simulated and does not run the operator: %s", op.s)
	}
	return s, err
}

func (p *parser) isSign(s string) bool { return p.peek().s == s && p.peek().kind != text }

func (p *parser) count() (int, error) {
	t := p.next()
	n, err := strconv.Atoi(t.s)
	if t.kind != number || err != nil {
		return 0, refuse("Syntax error: expected a number before '%s'.", t.s)
	}
	return n, nil
}

func (p *parser) words() ([]string, error) {
	var out []string
	for {
		t := p.next()
		if t.kind != word {
			return nil, refuse("Syntax error: expected a column before '%s'.", t.s)
		}
		out = append(out, t.s)
		if !p.take(",") {
			return out, nil
		}
	}
}

func (p *parser) orderList() ([]named, error) {
	var out []named
	for {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		dir := "desc"
		if p.take("asc") {
			dir = "asc"
		} else {
			p.take("desc")
		}
		if p.take("nulls") {
			p.next()
		}
		out = append(out, named{dir, e})
		if !p.take(",") {
			return out, nil
		}
	}
}

// namedList reads expressions with or without a name; a column keeps its name, bin(column, x) too.
func (p *parser) namedList(prefix string) ([]named, error) {
	var out []named
	for {
		n := named{}
		if p.peek().kind == word && p.toks[p.at+1].kind == sign && p.toks[p.at+1].s == "=" {
			n.name = p.next().s
			p.next()
		}
		if p.peek().s == "*" {
			p.next()
			out = append(out, named{name: "*"})
		} else {
			e, err := p.expr()
			if err != nil {
				return nil, err
			}
			n.expr = e
			if n.name == "" {
				n.name = nameOf(e)
			}
			if n.name == "" {
				n.name = prefix + strconv.Itoa(len(out)+map[bool]int{true: 0, false: 1}[prefix == "print_"])
			}
			out = append(out, n)
		}
		if !p.take(",") {
			return out, nil
		}
	}
}

func nameOf(e expr) string {
	switch x := e.(type) {
	case *column:
		return strings.ReplaceAll(x.name, ".", "_")
	case *invoke:
		if len(x.args) > 0 && (x.name == "bin" || x.name == "tostring" || x.name == "tolower" || x.name == "toupper") {
			return nameOf(x.args[0])
		}
	}
	return ""
}
