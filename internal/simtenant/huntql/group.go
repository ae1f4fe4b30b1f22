package huntql

import (
	"fmt"
	"slices"
	"strings"
)

// aggregate is an aggregation function of summarize.
type aggregate struct {
	name string
	args []expr
	star bool // arg_max(x, *)
	typ  string
}

func (a *aggregate) bind(cols []Column) (string, error) {
	types := []string{"long"}
	for i, e := range a.args {
		t, err := e.bind(cols)
		if err != nil {
			return "", err
		}
		types = append(types[:i], t)
	}
	switch a.name {
	case "count", "countif", "dcount":
		a.typ = "long"
	case "avg":
		a.typ = "real"
	case "make_set":
		a.typ = "dynamic"
	default:
		a.typ = types[0]
	}
	return a.typ, nil
}

func (a *aggregate) eval(Row) any { return nil }

func (p *parser) aggregates() ([]named, error) {
	var out []named
	for {
		n := named{}
		if p.toks[p.at+1].s == "=" && p.peek().kind == word {
			n.name = p.next().s
			p.next()
		}
		f := p.next()
		want, known := map[string]int{"count": 0, "countif": 1, "dcount": 1, "sum": 1, "avg": 1, "min": 1, "max": 1, "arg_max": 2, "arg_min": 2, "take_any": 1, "any": 1, "make_set": 1}[f.s]
		if f.kind != word || !known {
			return nil, refuse("This tenant is simulated and does not know the aggregation: %s", f.s)
		}
		a := &aggregate{name: f.s}
		if err := p.want("("); err != nil {
			return nil, err
		}
		for !p.take(")") {
			if len(a.args) > 0 || a.star {
				if err := p.want(","); err != nil {
					return nil, err
				}
			}
			if p.take("*") {
				a.star = true
				continue
			}
			e, err := p.expr()
			if err != nil {
				return nil, err
			}
			a.args = append(a.args, e)
		}
		if len(a.args)+btoi(a.star) < want || a.star && want < 1 {
			return nil, refuse("%s(): the number of arguments is wrong.", f.s)
		}
		if n.name == "" {
			n.name = f.s + "_"
			if len(a.args) > 0 && f.s != "countif" {
				n.name = strings.TrimPrefix(f.s, "make_") + "_" + nameOf(a.args[0])
			}
			if strings.HasPrefix(f.s, "arg_") {
				n.name = nameOf(a.args[0])
			}
		}
		n.expr = a
		out = append(out, n)
		if !p.take(",") {
			return out, nil
		}
	}
}

// groups is a count, summarize or distinct being computed.
type groups struct {
	step  step
	cols  []Column
	in    []Column
	index map[string]*group
	order []*group
	extra [][]int // per aggregate: the columns that arg_max(x, *) brings along
}

type group struct {
	key   []any
	cells []cell
}

// cell is the state of one aggregate in one group.
type cell struct {
	n    int64
	sum  float64
	best any
	row  []any
	set  map[string]any
	list []any
}

func newGroups(s step, in []Column) (*groups, error) {
	g := &groups{step: s, in: in, index: map[string]*group{}}
	switch s.op {
	case "count":
		g.step.list = []named{{"Count", &aggregate{name: "count"}}}
		g.step.by = nil
	case "distinct":
		g.step.by, g.step.list = s.list, nil
		if len(s.list) == 1 && s.list[0].expr == nil {
			g.step.by = nil
			for _, c := range in {
				g.step.by = append(g.step.by, named{c.Name, &column{name: c.Name}})
			}
		}
	case "summarize":
	default:
		return nil, refuse("This tenant is simulated and does not run the operator: %s", s.op)
	}
	for _, k := range g.step.by {
		if k.expr == nil {
			return nil, refuse("'%s' operator: * is no key.", s.op)
		}
		t, err := k.expr.bind(in)
		if err != nil {
			return nil, err
		}
		g.cols = append(g.cols, Column{k.name, t})
	}
	for _, a := range g.step.list {
		t, err := a.expr.bind(in)
		if err != nil {
			return nil, err
		}
		g.cols = append(g.cols, Column{a.name, t})
		var along []int
		if f := a.expr.(*aggregate); f.star || len(f.args) > 1 && strings.HasPrefix(f.name, "arg_") {
			along = g.along(f)
		}
		g.extra = append(g.extra, along)
	}
	return g, nil
}

// along adds the columns an arg_max brings with it: all that are not there, or those it names.
func (g *groups) along(f *aggregate) []int {
	var out []int
	for i, c := range g.in {
		named := f.star || slices.ContainsFunc(f.args[1:], func(e expr) bool { k, ok := e.(*column); return ok && k.name == c.Name })
		if named && !slices.ContainsFunc(g.cols, func(k Column) bool { return k.Name == c.Name }) {
			out, g.cols = append(out, i), append(g.cols, c)
		}
	}
	return out
}

func (g *groups) add(r Row) {
	key := make([]any, len(g.step.by))
	for i, k := range g.step.by {
		key[i] = k.expr.eval(r)
	}
	id := fmt.Sprintf("%q", key)
	if len(key) == 1 {
		id = asText(key[0])
	}
	x := g.index[id]
	if x == nil {
		x = &group{key: key, cells: make([]cell, len(g.step.list))}
		g.index[id], g.order = x, append(g.order, x)
	}
	for i, a := range g.step.list {
		g.feed(&x.cells[i], a.expr.(*aggregate), r, g.extra[i])
	}
}

func (g *groups) feed(c *cell, f *aggregate, r Row, along []int) {
	if f.name == "count" {
		c.n++
		return
	}
	var v any
	if len(f.args) > 0 {
		v = f.args[0].eval(r)
	}
	switch f.name {
	case "countif":
		c.n += int64(btoi(truth(v)))
	case "dcount", "make_set":
		if c.set == nil {
			c.set = map[string]any{}
		}
		if k := asText(v); c.set[k] == nil && v != nil {
			c.set[k] = true
			c.list = append(c.list, v)
		}
	case "sum", "avg":
		if n, ok := toFloat(v); ok {
			c.n, c.sum = c.n+1, c.sum+n
		}
	case "min", "max":
		if v != nil && (c.best == nil || compare(v, c.best) > 0 == (f.name == "max")) {
			c.best = v
		}
	case "take_any", "any":
		if c.best == nil {
			c.best = v
		}
	default: // arg_max, arg_min
		if v != nil && (c.best == nil || compare(v, c.best) != 0 && compare(v, c.best) > 0 == (f.name == "arg_max")) {
			c.best, c.row = v, make([]any, len(along))
			for i, k := range along {
				c.row[i] = r(k)
			}
		}
	}
}

func (c *cell) value(f *aggregate) any {
	switch f.name {
	case "count", "countif":
		return c.n
	case "dcount":
		return int64(len(c.list))
	case "make_set":
		return append([]any{}, c.list...)
	case "avg":
		if c.n == 0 {
			return nil
		}
		return c.sum / float64(c.n)
	case "sum":
		if f.typ == "long" || f.typ == "int" {
			return int64(c.sum)
		}
		return c.sum
	}
	return c.best
}

func (g *groups) result() *Result {
	out := &Result{Columns: g.cols}
	order := g.order
	if len(order) == 0 && len(g.step.by) == 0 { // an aggregation of nothing is one row
		order = []*group{{cells: make([]cell, len(g.step.list))}}
	}
	for _, x := range order {
		row := slices.Clone(x.key)
		for i, a := range g.step.list {
			row = append(row, x.cells[i].value(a.expr.(*aggregate)))
			if along := g.extra[i]; along != nil {
				vals := x.cells[i].row
				if vals == nil {
					vals = make([]any, len(along))
				}
				row = append(row, vals...)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
