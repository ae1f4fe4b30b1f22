package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// lists calls the interpreter for what an operator makes of each value of an expression.
func (g *gen) lists(r *rel, e plan.Expr, n plan.Node, item int) (string, bool) {
	if g.env.TextsName == "" {
		return "", false
	}
	e = r.inline(e)
	if _, ok := g.eval(r, e); !ok {
		return "", false
	}
	ev := &g.evals[len(g.evals)-1]
	ev.Lists, ev.Item = n, item
	call := fmt.Sprintf("%s(%d", g.env.TextsName, len(g.evals)-1)
	for _, a := range ev.Args {
		call += ", " + name(a.ID)
	}
	return g.elements(r, e, n, item, call+")"), true
}

// elements writes the call for the elements of arrays. Those of a stored column that are plain need no interpreter.
func (g *gen) elements(r *rel, e plan.Expr, n plan.Node, item int, call string) string {
	m, ok := n.(*plan.MvExpand)
	if !ok || g.env.ListName == "" {
		return call
	}
	ref, ok := e.(*plan.Ref)
	it := m.Items[item]
	if !ok || !r.has(ref.ID) || ref.T != schema.Dynamic || it.Out.Type != schema.Dynamic || (it.T != schema.Dynamic && it.T != schema.Unknown) {
		return call
	}
	return fmt.Sprintf("coalesce(%s(%d, %s), %s)", g.env.ListName, max(m.Limit, 0), name(ref.ID), call)
}

// element turns a text of a list into a value of the type. A string is never null.
func element(text string, t schema.Type) string {
	switch {
	case t == schema.String:
		return "coalesce(" + text + ", '')"
	case sqlType(t) == "VARCHAR":
		return text
	}
	return "CAST(" + text + " AS " + sqlType(t) + ")"
}

// below bounds the input by the bounds of the output that are on columns of the input.
func below(b bounds, cols []plan.Col) bounds {
	down := bounds{}
	for _, c := range cols {
		if iv, ok := b[c.ID]; ok {
			down[c.ID] = iv
		}
	}
	return down
}

// mvExpand unnests the lists of all items side by side: the engine goes on to the end of the longest, with nulls for the
// others, and makes no row where all are empty.
func (g *gen) mvExpand(n *plan.MvExpand, b bounds) (*rel, bool) {
	r, ok := g.node(n.Input, below(b, n.Input.Cols()))
	if !ok {
		return nil, false
	}
	inner, outer := r.pass(), r.pass()
	var lens, cells []string
	made := newRel()
	for i, it := range n.Items {
		if r.has(it.Out.ID) || r.virtual[it.Out.ID] != nil {
			return nil, false
		}
		call, ok := g.lists(r, it.Expr, n, i)
		if !ok {
			return nil, false
		}
		e := g.fresh("e")
		inner = append(inner, call+" AS "+e)
		outer = append(outer, "unnest("+e+") AS "+e)
		lens = append(lens, "len("+e+")")
		cells = append(cells, element(e, it.Out.Type)+" AS "+name(it.Out.ID))
		made.cols = append(made.cols, it.Out.ID)
		made.notNull[it.Out.ID] = it.Out.Type == schema.String
	}
	if len(lens) == 0 {
		return nil, false
	}
	at := ""
	if n.Index != nil || len(r.order) > 0 {
		at = g.fresh("e")
		outer = append(outer, "unnest(range(greatest("+strings.Join(lens, ", ")+"))) AS "+at)
	}
	if n.Index != nil {
		cells = append(cells, at+" AS "+name(n.Index.ID))
		made.cols = append(made.cols, n.Index.ID)
		made.notNull[n.Index.ID] = true
	}
	list := append(r.pass(), cells...)
	if len(r.order) > 0 { // the rows of one row stand in the order of the elements
		r.order = append(r.order[:len(r.order):len(r.order)], sortKey{g.sortColumn(at, &list), "ASC"})
	}
	r.sql = "SELECT " + selectList(list) + " FROM (SELECT " + selectList(outer) + " FROM (SELECT " + selectList(inner) + " FROM (" + r.sql + ") AS t) AS t) AS t"
	r.adopt(made)
	return r, true
}

// adopt adds the columns of another relation.
func (r *rel) adopt(made *rel) {
	r.cols = append(r.cols[:len(r.cols):len(r.cols)], made.cols...)
	for _, id := range made.cols {
		r.notNull[id] = made.notNull[id]
	}
}

// parse matches a text once a row and takes the captures apart.
func (g *gen) parse(n *plan.Parse, b bounds) (*rel, bool) {
	var cols []plan.Col
	for _, s := range n.Steps {
		if s.Out != nil {
			cols = append(cols, *s.Out)
		}
	}
	return g.columnsOf(n, n.Input, n.X, cols, n.Where, b)
}

// parseKV finds the values of all keys at once.
func (g *gen) parseKV(n *plan.ParseKV, b bounds) (*rel, bool) {
	return g.columnsOf(n, n.Input, n.X, n.Keys, false, b)
}

// columnsOf adds columns that one text gives; the list of them begins with '1' when it did. where drops the other rows.
func (g *gen) columnsOf(n, input plan.Node, x plan.Expr, cols []plan.Col, where bool, b bounds) (*rel, bool) {
	r, ok := g.node(input, below(b, input.Cols()))
	if !ok {
		return nil, false
	}
	call, ok := g.lists(r, x, n, 0)
	if !ok {
		return nil, false
	}
	e := g.fresh("e")
	inner := append(r.pass(), call+" AS "+e)
	list := r.pass()
	made := newRel()
	for i, c := range cols {
		if r.has(c.ID) || r.virtual[c.ID] != nil {
			return nil, false
		}
		list = append(list, element(fmt.Sprintf("%s[%d]", e, i+2), c.Type)+" AS "+name(c.ID))
		made.cols = append(made.cols, c.ID)
		made.notNull[c.ID] = c.Type == schema.String
	}
	r.sql = "SELECT " + selectList(list) + " FROM (SELECT " + selectList(inner) + " FROM (" + r.sql + ") AS t) AS t"
	if where {
		r.sql += " WHERE " + e + "[1] = '1'"
	}
	r.adopt(made)
	return r, true
}

// maxRange is how many numbers are counted before a statement runs.
const maxRange = 1_000_000

// rangeOf hands over the numbers of a range, unless there are many of them.
func (g *gen) rangeOf(n *plan.Range) (*rel, bool) {
	var v [3]int64
	for i, e := range []plan.Expr{n.From, n.To, n.Step} {
		x, ok := g.constant(e)
		if !ok {
			return nil, false
		}
		if v[i], ok = x.(int64); !ok {
			return nil, false
		}
	}
	if v[2] == 0 || (float64(v[1])-float64(v[0]))/float64(v[2]) > maxRange {
		return nil, false
	}
	return g.rowsFrom(n)
}

// rowsFrom reads the rows of a node that exec computes.
func (g *gen) rowsFrom(n plan.Node) (*rel, bool) {
	if g.env.Rows == nil {
		return nil, false
	}
	k, ok := g.env.Rows(n)
	if !ok {
		return nil, false
	}
	out := newRel()
	var list []string
	for i, c := range n.Cols() {
		if c.Type == schema.Unknown {
			return nil, false
		}
		list = append(list, fmt.Sprintf("v%d AS %s", i, name(c.ID)))
		out.cols = append(out.cols, c.ID)
		out.notNull[c.ID] = c.Type == schema.String
	}
	out.sql = fmt.Sprintf("SELECT %s FROM tail(%d)", selectList(list), k)
	return out, true
}
