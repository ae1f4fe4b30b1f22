package huntql

import (
	"strings"
	"time"
)

// maxDepth bounds how deep expressions nest, as the service does.
const maxDepth = 200

func (p *parser) expr() (expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, refuse("The query is nested too deep.")
	}
	defer func() { p.depth-- }()
	return p.chain("or", func() (expr, error) { return p.chain("and", p.comparison) })
}

func (p *parser) chain(op string, sub func() (expr, error)) (expr, error) {
	a, err := sub()
	for err == nil && p.peek().kind == word && p.take(op) {
		var b expr
		if b, err = sub(); err == nil {
			a = &infix{op: op, a: a, b: b}
		}
	}
	return a, err
}

func (p *parser) comparison() (expr, error) {
	a, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := p.peek()
	if t.kind != sign && t.kind != word {
		return a, nil
	}
	switch t.s {
	case "==", "!=", "=~", "!~", "<", "<=", ">", ">=", "has", "!has", "contains", "!contains", "startswith", "!startswith", "endswith", "!endswith":
		p.next()
		b, err := p.sum()
		return &infix{op: t.s, a: a, b: b}, err
	case "matches":
		p.next()
		if err := p.want("regex"); err != nil {
			return nil, err
		}
		b, err := p.sum()
		if l, ok := b.(*literal); err == nil && (!ok || l.t != "string") {
			return nil, refuse("matches regex wants a string.")
		}
		return &infix{op: "matches regex", a: a, b: b}, err
	case "in", "in~", "!in", "!in~":
		p.next()
		list, err := p.arguments()
		return &infix{op: t.s, a: a, list: list}, err
	case "between":
		p.next()
		if err := p.want("("); err != nil {
			return nil, err
		}
		lo, err := p.sum()
		if err == nil {
			err = p.want("..")
		}
		if err != nil {
			return nil, err
		}
		hi, err := p.sum()
		if err == nil {
			err = p.want(")")
		}
		return &infix{op: "between", a: a, list: []expr{lo, hi}}, err
	}
	return a, nil
}

func (p *parser) sum() (expr, error) { return p.left([]string{"+", "-"}, p.product) }

func (p *parser) product() (expr, error) { return p.left([]string{"*", "/", "%"}, p.primary) }

func (p *parser) left(ops []string, sub func() (expr, error)) (expr, error) {
	a, err := sub()
	for err == nil {
		op := ""
		for _, o := range ops {
			if p.peek().kind == sign && p.take(o) {
				op = o
				break
			}
		}
		if op == "" {
			return a, nil
		}
		var b expr
		if b, err = sub(); err == nil {
			a = &infix{op: op, a: a, b: b}
		}
	}
	return nil, err
}

// arguments reads a list in parentheses.
func (p *parser) arguments() ([]expr, error) {
	if err := p.want("("); err != nil {
		return nil, err
	}
	var out []expr
	for !p.take(")") {
		if len(out) > 0 {
			if err := p.want(","); err != nil {
				return nil, err
			}
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (p *parser) primary() (expr, error) {
	t := p.next()
	switch t.kind {
	case text:
		return &literal{t.s, "string"}, nil
	case span:
		return &literal{t.d, "timespan"}, nil
	case number:
		f, _ := toFloat(t.s)
		if strings.Contains(t.s, ".") {
			return &literal{f, "real"}, nil
		}
		return &literal{int64(f), "long"}, nil
	case sign:
		switch t.s {
		case "(":
			e, err := p.expr()
			if err == nil {
				err = p.want(")")
			}
			return e, err
		case "-":
			if p.peek().s == "-" {
				return nil, refuse("Syntax error: unexpected '-'.")
			}
			e, err := p.primary()
			return &infix{op: "-", a: &literal{int64(0), "long"}, b: e}, err
		}
	case word:
		return p.name(t.s)
	}
	return nil, refuse("Syntax error: unexpected '%s'.", t.s)
}

func (p *parser) name(w string) (expr, error) {
	switch {
	case w == "true" || w == "false":
		return &literal{w == "true", "bool"}, nil
	case w == "datetime" && p.isSign("("):
		return p.datetime()
	case p.isSign("("):
		args, err := p.arguments()
		return &invoke{name: w, args: args, now: p.now}, err
	}
	c := &column{name: w}
	for p.isSign(".") {
		p.next()
		t := p.next()
		if t.kind != word {
			return nil, refuse("Syntax error: expected a name before '%s'.", t.s)
		}
		c.path = append(c.path, t.s)
	}
	return c, nil
}

// datetime reads datetime(2026-03-04T05:06:07.1234567Z), whose inside is no expression.
func (p *parser) datetime() (expr, error) {
	p.next()
	from := p.peek().at
	to := from
	for t := p.next(); t.s != ")" || t.kind != sign; t = p.next() {
		if t.kind == end {
			return nil, refuse("Syntax error: datetime( is not closed.")
		}
		to = p.peek().at
	}
	written := strings.Trim(strings.TrimSpace(p.src[from:to]), `"'`)
	v := parseTime(written)
	if v == nil {
		return nil, refuse("'%s' is no datetime.", written)
	}
	return &literal{*v, "datetime"}, nil
}

func parseTime(s string) *time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05.9999999Z07:00", "2006-01-02T15:04:05.9999999", "2006-01-02 15:04:05.9999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC().Truncate(100)
			return &t
		}
	}
	return nil
}
