package engine

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// expand draws an mv-expand of one or two items over a table cut down, for elements multiply.
func (m *maker) expand(in plan.Node) plan.Node {
	n := &plan.MvExpand{Input: in, ArrayPairs: m.pick(3, "pairs") == 0}
	if m.pick(3, "limited") == 0 {
		n.Limit = int64(1 + m.pick(3, "limit"))
	}
	n.Out = append(n.Out, in.Cols()...)
	for range 1 + m.pick(2, "items") {
		x := m.dynamic(in.Cols())
		it := plan.ExpandItem{Expr: x, Out: plan.Col{ID: m.fresh(), Name: "e", Type: schema.Dynamic}}
		if m.pick(2, "typed") == 0 {
			it.T = one(m, []schema.Type{schema.Bool, schema.Int, schema.Long, schema.Real, schema.String, schema.Datetime, schema.Timespan, schema.Guid, schema.Decimal}, "typeof")
			it.Out.Type = it.T
		}
		n.Items, n.Out = append(n.Items, it), append(n.Out, it.Out)
	}
	if m.pick(2, "index") == 0 {
		c := plan.Col{ID: m.fresh(), Name: "i", Type: schema.Long}
		n.Index, n.Out = &c, append(n.Out, c)
	}
	return n
}

// dynamic draws a dynamic value that is a composite more often than not.
func (m *maker) dynamic(cols []plan.Col) plan.Expr {
	call := func(f string, args ...plan.Expr) plan.Expr {
		return &plan.Call{Func: f, Args: args, T: schema.Dynamic}
	}
	switch m.pick(5, "dynamic") {
	case 0:
		return call("pack_array", m.expr(cols, one(m, scalarTypes, "packed"), 1), m.expr(cols, one(m, scalarTypes, "packed"), 1))
	case 1:
		return call("bag_pack", &plan.Lit{T: schema.String, Value: "k"}, m.expr(cols, one(m, scalarTypes, "packed"), 1), &plan.Lit{T: schema.String, Value: "q\"\x00"}, m.expr(cols, one(m, scalarTypes, "packed"), 1))
	case 2:
		return call("split", m.expr(cols, schema.String, 1), &plan.Lit{T: schema.String, Value: one(m, []string{".", " ", "\\", "x"}, "by")})
	}
	return m.expr(cols, schema.Dynamic, 2)
}

// parsed draws a parse or a parse-where.
func (m *maker) parsed(in plan.Node) plan.Node {
	n := &plan.Parse{Input: in, X: m.expr(in.Cols(), schema.String, 1), Kind: one(m, []string{"simple", "relaxed", "regex"}, "kind"), Where: m.pick(2, "where") == 0}
	n.Out = append(n.Out, in.Cols()...)
	literals := []string{" ", ".", "\\", ":", "e", "-", "{", "12"}
	if n.Kind == "regex" {
		literals = []string{" ", "[.]", "e+", "(?i)S"}
	}
	for i := range 1 + m.pick(3, "captures") {
		if m.pick(2, "star") == 0 {
			n.Steps = append(n.Steps, plan.ParseStep{Star: true})
		}
		if i > 0 || m.pick(2, "literal") == 0 {
			n.Steps = append(n.Steps, plan.ParseStep{Literal: one(m, literals, "literal")})
		}
		c := plan.Col{ID: m.fresh(), Name: "p", Type: one(m, []schema.Type{schema.String, schema.String, schema.Long, schema.Int, schema.Real, schema.Bool, schema.Datetime, schema.Dynamic, schema.Guid, schema.Decimal}, "captured")}
		n.Steps, n.Out = append(n.Steps, plan.ParseStep{Out: &c}), append(n.Out, c)
	}
	if m.pick(2, "rest") == 0 {
		n.Steps = append(n.Steps, plan.ParseStep{Star: true})
	}
	return n
}

// withRows draws a union of a table with rows written in the query, of any type and any value.
func (m *maker) withRows(in plan.Node) plan.Node {
	v := &plan.Values{}
	u := &plan.Union{Legs: []plan.Node{in, v}}
	for _, c := range in.Cols() {
		v.Out = append(v.Out, plan.Col{ID: m.fresh(), Name: c.Name, Type: c.Type})
		u.Out = append(u.Out, plan.Col{ID: m.fresh(), Name: c.Name, Type: c.Type})
	}
	for range m.pick(4, "rows") {
		var row []plan.Expr
		for _, c := range v.Out {
			row = append(row, &plan.Lit{T: c.Type, Value: one(m, written(c.Type), "cell")})
		}
		v.Rows = append(v.Rows, row)
	}
	if len(v.Out) == 0 {
		return in
	}
	return u
}

// written are values that a query can write or compute and a table cannot hold.
func written(t schema.Type) []any {
	switch t {
	case schema.String:
		return append([]any{strings.Repeat("long ", 200_000)}, nasty[t]...)
	case schema.Dynamic:
		deep := any(int64(1))
		for range 300 {
			deep = []any{deep}
		}
		return append([]any{deep, column.Datetime(instant + 1), column.Timespan(-1), []any{column.Datetime(7), "2023-01-01", nil}, &column.Object{Keys: []string{"a\x00", ""}, Values: []any{decimal("1.50"), int64(1)}}, "a\x00b"}, nasty[t]...)
	}
	return nasty[t]
}
