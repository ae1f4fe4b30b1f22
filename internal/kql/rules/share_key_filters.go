package rules

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// shareKeyFilters tells the other side of a join what the rows of one side have in common in a key: rows that could not
// match are not read. Of an outer join only the side whose unmatched rows are dropped is told.
var shareKeyFilters = Rule{Name: "share-key-filters", Description: "a condition on the key of one side of a join holds on the other side, too", Apply: func(root plan.Node) plan.Node {
	out := rewrite(root, func(n plan.Node) plan.Node {
		j, ok := n.(*plan.Join)
		if !ok {
			return n
		}
		left, right := Drops(j.Kind)
		m := *j
		for _, k := range j.On {
			l, r := column(k.Left), column(k.Right)
			if l == 0 || r == 0 || k.Left.Type() != k.Right.Type() || !exactKey(k.Left.Type()) {
				continue
			}
			if right {
				m.Right = add(m.Right, about(j.Left, l), l, k.Right)
			}
			if left {
				m.Left = add(m.Left, about(j.Right, r), r, k.Left)
			}
		}
		if m.Left == j.Left && m.Right == j.Right {
			return n
		}
		return &m
	})
	if out == root {
		return root
	}
	return plan.PushFilter(out)
}}

// Drops says which sides of a join may lose rows without a partner beforehand: they have no part in the result.
func Drops(k plan.JoinKind) (left, right bool) {
	switch k {
	case plan.Inner, plan.InnerUnique, plan.LeftSemi, plan.RightSemi:
		return true, true
	case plan.LeftOuter, plan.LeftAnti:
		return false, true
	case plan.RightOuter, plan.RightAnti:
		return true, false
	}
	return false, false
}

// exactKey types have one form of each value, so that equal keys satisfy the same conditions.
func exactKey(t schema.Type) bool {
	switch t {
	case schema.String, schema.Long, schema.Int, schema.Datetime, schema.Timespan, schema.Guid:
		return true
	}
	return false
}

// about lists the conditions on a column alone that every row of a node meets.
func about(n plan.Node, id int) []plan.Expr {
	switch n := n.(type) {
	case *plan.Filter:
		out := about(n.Input, id)
		for _, c := range plan.Conjuncts(n.Pred) {
			if reads := plan.Reads(c); len(reads) == 1 && reads[id] && plan.Movable(c) && !tables(c) {
				out = append(out, c)
			}
		}
		return out
	case *plan.Project:
		for _, it := range n.Items {
			from := column(it.Expr)
			if it.Out.ID != id || from == 0 {
				continue
			}
			out := about(n.Input, from)
			for i, c := range out {
				out[i] = renamed(c, from, it.Expr.Type(), id)
			}
			return out
		}
	case *plan.Aggregate:
		for _, k := range n.Keys {
			from := column(k.Expr)
			if k.Out.ID != id || from == 0 {
				continue
			}
			out := about(n.Input, from)
			for i, c := range out {
				out[i] = renamed(c, from, k.Expr.Type(), id)
			}
			return out
		}
	}
	return nil
}

func renamed(e plan.Expr, from int, t schema.Type, to int) plan.Expr {
	return plan.MapExpr(e, func(e plan.Expr) plan.Expr {
		if column(e) == from && from != 0 {
			return &plan.Ref{ID: to, T: t}
		}
		return e
	})
}

// add filters a side by conditions on a column of the other side, unless it meets them already.
func add(n plan.Node, conds []plan.Expr, from int, key plan.Expr) plan.Node {
	known := map[string]bool{}
	for _, c := range about(n, column(key)) {
		known[shape(c, nil)] = true
	}
	var fresh []plan.Expr
	for _, c := range conds {
		c = renamed(c, from, key.Type(), column(key))
		if s := shape(c, nil); !known[s] {
			known[s] = true
			fresh = append(fresh, c)
		}
	}
	if len(fresh) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Pred: plan.And(fresh)}
}
