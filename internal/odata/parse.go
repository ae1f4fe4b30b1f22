package odata

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Parse reads a filter; nil for an empty one.
func Parse(filter string) (*Expr, error) {
	if strings.TrimSpace(filter) == "" {
		return nil, nil
	}
	tokens, err := scan(filter)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	e, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if t := p.next(); t.kind != end {
		return nil, invalid(t.at, "the filter should end here, or go on with and, or")
	}
	return e, nil
}

// ParseOrder reads an order such as "properties/createdTimeUtc desc, name".
func ParseOrder(text string) ([]Order, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []Order
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		o := Order{}
		switch {
		case len(words) == 1, len(words) == 2 && strings.EqualFold(words[1], "asc"):
		case len(words) == 2 && strings.EqualFold(words[1], "desc"):
			o.Desc = true
		default:
			return nil, fault.New(fault.Invalid, "order_invalid", "%q is no order; write: properties/createdTimeUtc desc", strings.TrimSpace(part))
		}
		o.Path = words[0]
		out = append(out, o)
	}
	return out, nil
}

type parser struct {
	tokens []token
	i      int
	nodes  int
	in     []scope // the lists that any() goes through
}

// scope is a variable of any() and the list it stands for.
type scope struct{ name, path string }

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != end {
		p.i++
	}
	return t
}

// keyword takes the next token if it is the word.
func (p *parser) keyword(w string) bool {
	if t := p.peek(); t.kind == word && strings.EqualFold(t.text, w) {
		p.i++
		return true
	}
	return false
}

func (p *parser) want(k kind, what string) error {
	if t := p.next(); t.kind != k {
		return invalid(t.at, "%s is missing", what)
	}
	return nil
}

func (p *parser) node(e Expr) (*Expr, error) {
	if p.nodes++; p.nodes > maxNodes {
		return nil, invalid(e.At, "the filter has more than %d conditions", maxNodes)
	}
	return &e, nil
}

func (p *parser) or(depth int) (*Expr, error)  { return p.chain(depth, Or, p.and) }
func (p *parser) and(depth int) (*Expr, error) { return p.chain(depth, And, p.unary) }

// chain reads operands that an operator joins.
func (p *parser) chain(depth int, op Op, operand func(int) (*Expr, error)) (*Expr, error) {
	at := p.peek().at
	first, err := operand(depth)
	if err != nil {
		return nil, err
	}
	args := []*Expr{first}
	for p.keyword(string(op)) {
		e, err := operand(depth)
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
	if len(args) == 1 {
		return first, nil
	}
	return p.node(Expr{Op: op, Args: args, At: at})
}

func (p *parser) unary(depth int) (*Expr, error) {
	t := p.peek()
	if depth > maxDepth {
		return nil, invalid(t.at, "the filter is nested more than %d deep", maxDepth)
	}
	if t.kind == open {
		p.next()
		e, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		return e, p.want(shut, "a closing bracket")
	}
	if t.kind == word && strings.EqualFold(t.text, "not") {
		p.next()
		e, err := p.unary(depth + 1)
		if err != nil {
			return nil, err
		}
		return p.node(Expr{Op: Not, Args: []*Expr{e}, At: t.at})
	}
	return p.condition(depth)
}

// functions are those that look into a text, with whether the text comes first.
var functions = map[string]struct {
	op        Op
	textFirst bool
}{"contains": {Contains, false}, "startswith": {StartsWith, false}, "endswith": {EndsWith, false}, "substringof": {Contains, true}}

func (p *parser) condition(depth int) (*Expr, error) {
	t := p.peek()
	if t.kind != word {
		return nil, invalid(t.at, "a property such as properties/status should stand here")
	}
	if f, ok := functions[strings.ToLower(t.text)]; ok && p.tokens[p.i+1].kind == open {
		p.i += 2
		return p.call(t, f.op, f.textFirst)
	}
	if list, ok := strings.CutSuffix(strings.ToLower(t.text), "/any"); ok && p.tokens[p.i+1].kind == open {
		p.i += 2
		return p.any(t, t.text[:len(list)], depth)
	}
	path, fold, err := p.property()
	if err != nil {
		return nil, err
	}
	op := p.next()
	e := Expr{Path: path, Fold: fold, At: t.at}
	switch name := Op(strings.ToLower(op.text)); {
	case op.kind != word:
		return nil, invalid(op.at, "an operator (eq, ne, gt, ge, lt, le, in) should follow %s", path)
	case name == In:
		e.Op = In
		if e.Values, err = p.values(); err != nil {
			return nil, err
		}
	case slices.Contains([]Op{Eq, Ne, Gt, Ge, Lt, Le}, name):
		e.Op = name
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		e.Values = []Value{v}
	default:
		return nil, invalid(op.at, "%q is no operator here; use eq, ne, gt, ge, lt, le, in, contains(), startswith(), endswith()", op.text)
	}
	return p.node(e)
}

// property reads a path, or one inside of tolower() or toupper().
func (p *parser) property() (path string, fold bool, err error) {
	t := p.next()
	if t.kind != word {
		return "", false, invalid(t.at, "a property such as properties/status should stand here")
	}
	if l := strings.ToLower(t.text); (l == "tolower" || l == "toupper") && p.peek().kind == open {
		p.next()
		path, _, err = p.property()
		if err != nil {
			return "", false, err
		}
		return path, true, p.want(shut, "a closing bracket")
	}
	for _, s := range slices.Backward(p.in) {
		if t.text == s.name {
			return s.path, false, nil
		}
		if rest, ok := strings.CutPrefix(t.text, s.name+"/"); ok {
			return s.path + "/" + rest, false, nil
		}
	}
	return t.text, false, nil
}

func (p *parser) value() (Value, error) {
	t := p.next()
	if t.kind == word && (strings.EqualFold(t.text, "tolower") || strings.EqualFold(t.text, "toupper")) && p.peek().kind == open {
		p.next()
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		return v, p.want(shut, "a closing bracket")
	}
	if t.kind != literal {
		return nil, invalid(t.at, "a value should stand here; texts stand in single quotes")
	}
	return t.v, nil
}

func (p *parser) values() ([]Value, error) {
	if err := p.want(open, "the opening bracket of a list"); err != nil {
		return nil, err
	}
	var out []Value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if out = append(out, v); len(out) > maxNodes {
			return nil, invalid(p.peek().at, "the list has more than %d values", maxNodes)
		}
		switch t := p.next(); t.kind {
		case comma:
		case shut:
			return out, nil
		default:
			return nil, invalid(t.at, "a comma or a closing bracket is missing")
		}
	}
}

// call reads the arguments of a function, and a comparison with true or false that may follow it.
func (p *parser) call(t token, op Op, textFirst bool) (*Expr, error) {
	e := Expr{Op: op, At: t.at}
	var v Value
	var err error
	if textFirst {
		if v, err = p.value(); err == nil {
			err = p.want(comma, "a comma")
		}
	}
	if err == nil {
		e.Path, e.Fold, err = p.property()
	}
	if err == nil && !textFirst {
		if err = p.want(comma, "a comma"); err == nil {
			v, err = p.value()
		}
	}
	if err == nil {
		err = p.want(shut, "a closing bracket")
	}
	if err != nil {
		return nil, err
	}
	e.Values = []Value{v}
	yes := true
	if p.keyword("eq") {
		w := p.next()
		b, ok := w.v.(bool)
		if !ok {
			return nil, invalid(w.at, "%s() is true or false", op)
		}
		yes = b
	}
	out, err := p.node(e)
	if err != nil || yes {
		return out, err
	}
	return p.node(Expr{Op: Not, Args: []*Expr{out}, At: t.at})
}

// any reads the variable and the condition of any().
func (p *parser) any(t token, path string, depth int) (*Expr, error) {
	name := p.next()
	if name.kind != word || strings.Contains(name.text, "/") {
		return nil, invalid(name.at, "a variable should stand here: %s/any(x: x/... eq '...')", path)
	}
	if err := p.want(colon, "a colon"); err != nil {
		return nil, err
	}
	p.in = append(p.in, scope{name.text, path})
	e, err := p.or(depth + 1)
	p.in = p.in[:len(p.in)-1]
	if err == nil {
		err = p.want(shut, "a closing bracket")
	}
	if err != nil {
		return nil, err
	}
	return p.node(Expr{Op: Any, Path: path, Args: []*Expr{e}, At: t.at})
}
