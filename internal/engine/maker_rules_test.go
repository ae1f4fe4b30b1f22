package engine

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// rewritable draws a plan in which rules find something to do: constants, projections on top of each other, sorts and limits
// below other operators, joins by a key with conditions on it, packed bags, tables used twice.
func (m *maker) rewritable(depth int) plan.Node {
	n := m.node(depth)
	for range 1 + m.pick(3, "shapes") {
		n = m.reshaped(n)
	}
	return n
}

func (m *maker) reshaped(in plan.Node) plan.Node {
	cols := in.Cols()
	if len(cols) == 0 {
		return in
	}
	switch m.pick(9, "shape") {
	case 0:
		return m.project(m.project(in))
	case 1: // a constant part of a condition
		lit := &plan.Lit{T: schema.Long, Value: one(m, nasty[schema.Long], "constant")}
		known := &plan.Call{Func: one(m, []string{"==", "<", ">="}, "op"), Args: []plan.Expr{lit, m.literal(schema.Long)}, T: schema.Bool}
		return &plan.Filter{Input: in, Pred: &plan.Call{Func: one(m, []string{"and", "or"}, "op"), Args: []plan.Expr{m.predicate(cols, 1), known}, T: schema.Bool}}
	case 2: // a sort that does not matter, below a summary
		s := &plan.Sort{Input: in, Keys: []plan.SortKey{{Expr: m.expr(cols, schema.Long, 1)}}}
		return m.aggregate(s)
	case 3: // rows of a total order, then columns, then the first of them
		s := m.sorted(in)
		if !ordered(s) {
			return s
		}
		if l, ok := s.(*plan.Limit); ok {
			s = l.Input
		}
		p := &plan.Project{Input: s}
		for _, c := range cols {
			p.Items = append(p.Items, plan.Item{Out: c, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
		}
		return &plan.Limit{Input: p, N: &plan.Lit{T: schema.Long, Value: int64(m.pick(20, "rows"))}}
	case 4:
		return m.packed(in)
	case 5:
		return m.keyed(in)
	case 6: // a summary used twice
		a, b := m.twice(in)
		return &plan.Union{Legs: []plan.Node{a, b}, Out: m.again(a.Cols())}
	case 7:
		return m.narrowed(in)
	}
	return &plan.Filter{Input: in, Pred: m.predicate(cols, 2)}
}

// packed reads a member of a bag that was just packed.
func (m *maker) packed(in plan.Node) plan.Node {
	t := one(m, []schema.Type{schema.Dynamic, schema.String, schema.Long, schema.Bool, schema.Datetime}, "packed")
	key := func(s string) plan.Expr { return &plan.Lit{T: schema.String, Value: s} }
	bag := &plan.Call{Func: "bag_pack", T: schema.Dynamic, Args: []plan.Expr{key("x"), m.expr(in.Cols(), t, 1), key("y"), m.expr(in.Cols(), schema.String, 1)}}
	var e plan.Expr = &plan.Call{Func: "member", T: schema.Dynamic, Args: []plan.Expr{bag, key(one(m, []string{"x", "y", "z"}, "key"))}}
	if f := map[schema.Type]string{schema.String: "tostring", schema.Long: "tolong", schema.Bool: "tobool", schema.Datetime: "todatetime"}[t]; f != "" && m.pick(2, "converted") == 0 {
		e = &plan.Call{Func: f, T: t, Args: []plan.Expr{e}}
	}
	p := &plan.Project{Input: in, Items: []plan.Item{{Out: plan.Col{ID: m.fresh(), Name: "x", Type: e.Type()}, Expr: e}}}
	for _, c := range in.Cols() {
		p.Items = append(p.Items, plan.Item{Out: c, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
	}
	return p
}

// keyed joins with a summary by a key that has a condition on one side, and reads one side or both.
func (m *maker) keyed(in plan.Node) plan.Node {
	t := one(m, []schema.Type{schema.String, schema.Long, schema.Datetime}, "key")
	side := func(n plan.Node) (plan.Node, plan.Col) {
		k := plan.Col{ID: m.fresh(), Name: "k", Type: t}
		a := &plan.Aggregate{Input: n, Keys: []plan.Item{{Out: k, Expr: m.expr(n.Cols(), t, 0)}}, Aggs: []plan.Agg{{Func: "count", Out: []plan.Col{{ID: m.fresh(), Name: "n", Type: schema.Long}}}}}
		if m.pick(2, "condition") == 0 {
			op := one(m, []string{"==", ">=", "!="}, "op")
			return &plan.Filter{Input: a, Pred: &plan.Call{Func: op, Args: []plan.Expr{&plan.Ref{ID: k.ID, T: t}, m.literal(t)}, T: schema.Bool}}, k
		}
		return a, k
	}
	left, l := side(in)
	right, r := side(m.node(0))
	kind := one(m, []plan.JoinKind{plan.Inner, plan.InnerUnique, plan.LeftOuter, plan.RightOuter, plan.FullOuter, plan.LeftSemi, plan.RightSemi, plan.LeftAnti, plan.RightAnti}, "join")
	j := &plan.Join{Kind: kind, Left: left, Right: right, On: []plan.JoinKey{{Left: &plan.Ref{ID: l.ID, T: t}, Right: &plan.Ref{ID: r.ID, T: t}}}}
	which := m.pick(3, "sides")
	if kind != plan.RightSemi && kind != plan.RightAnti && (which != 1 || kind == plan.LeftSemi || kind == plan.LeftAnti) {
		j.Out = append(j.Out, left.Cols()...)
	}
	if kind != plan.LeftSemi && kind != plan.LeftAnti && (which != 0 || kind == plan.RightSemi || kind == plan.RightAnti) {
		j.Out = append(j.Out, right.Cols()...)
	}
	if len(j.Out) == 0 {
		j.Out = append(j.Out, left.Cols()...)
	}
	return j
}

// twice makes the same summary of the same table two times, under other ids.
func (m *maker) twice(in plan.Node) (a, b plan.Node) {
	keys := &plan.Aggregate{Input: in}
	for _, c := range in.Cols() {
		if len(keys.Keys) < 2 && (c.Type == schema.String || c.Type == schema.Long) {
			keys.Keys = append(keys.Keys, plan.Item{Out: plan.Col{ID: m.fresh(), Name: c.Name, Type: c.Type}, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
		}
	}
	keys.Aggs = []plan.Agg{{Func: "count", Out: []plan.Col{{ID: m.fresh(), Name: "n", Type: schema.Long}}}}
	other := *keys
	other.Keys = append([]plan.Item(nil), keys.Keys...)
	for i := range other.Keys {
		other.Keys[i].Out.ID = m.fresh()
	}
	other.Aggs = []plan.Agg{{Func: "count", Out: []plan.Col{{ID: m.fresh(), Name: "n", Type: schema.Long}}}}
	return keys, &other
}

// again is columns under fresh ids.
func (m *maker) again(cols []plan.Col) []plan.Col {
	out := append([]plan.Col(nil), cols...)
	for i := range out {
		out[i].ID = m.fresh()
	}
	return out
}

// narrowed reads the greatest value of groups, or a column beside it that all rows with that value agree in.
func (m *maker) narrowed(in plan.Node) plan.Node {
	t := one(m, []schema.Type{schema.Long, schema.Datetime, schema.Int}, "greatest")
	x := m.expr(in.Cols(), t, 0)
	best := plan.Col{ID: m.fresh(), Name: "x", Type: t}
	beside := plan.Col{ID: m.fresh(), Name: "y", Type: t}
	unread := plan.Col{ID: m.fresh(), Name: "z", Type: schema.String}
	key := plan.Col{ID: m.fresh(), Name: "k", Type: schema.String}
	a := &plan.Aggregate{Input: in, Keys: []plan.Item{{Out: key, Expr: m.expr(in.Cols(), schema.String, 0)}}, Aggs: []plan.Agg{
		{Func: one(m, []string{"arg_max", "arg_min"}, "which"), Args: []plan.Expr{x, x, m.expr(in.Cols(), schema.String, 0)}, Out: []plan.Col{best, beside, unread}}}}
	p := &plan.Project{Input: a, Items: []plan.Item{{Out: key, Expr: &plan.Ref{ID: key.ID, T: key.Type}}, {Out: best, Expr: &plan.Ref{ID: best.ID, T: t}}}}
	if m.pick(2, "beside") == 0 {
		p.Items = append(p.Items, plan.Item{Out: beside, Expr: &plan.Ref{ID: beside.ID, T: t}})
	}
	return p
}
