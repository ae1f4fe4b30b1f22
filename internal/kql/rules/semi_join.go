package rules

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

var semiJoin = Rule{Name: "semi-join", Description: "a join that only tests whether there is a partner does not pair rows", Apply: func(root plan.Node) plan.Node {
	return rewrite(root, func(n plan.Node) plan.Node {
		j, ok := n.(*plan.Join)
		if !ok || len(j.On) == 0 || slices.ContainsFunc(j.On, func(k plan.JoinKey) bool { return !exactKey(k.Left.Type()) || k.Left.Type() != k.Right.Type() }) {
			return n
		}
		m := *j
		fromLeft, fromRight := from(j.Out, j.Left.Cols()), from(j.Out, j.Right.Cols())
		switch {
		case j.Kind == plan.InnerUnique && len(j.Out) > 0 && fromRight:
			// One row of each key is left of the left side: every row of the right has one partner or none.
			m.Kind = plan.RightSemi
		case j.Kind == plan.InnerUnique && unique(j.Left, keys(j.On, true)):
			m.Kind = plan.Inner
			if len(j.Out) > 0 && fromLeft && unique(j.Right, keys(j.On, false)) {
				m.Kind = plan.LeftSemi
			}
		case j.Kind == plan.Inner && len(j.Out) > 0 && fromLeft && unique(j.Right, keys(j.On, false)):
			m.Kind = plan.LeftSemi
		case j.Kind == plan.Inner && len(j.Out) > 0 && fromRight && unique(j.Left, keys(j.On, true)):
			m.Kind = plan.RightSemi
		default:
			return n
		}
		return &m
	})
}}

func from(out, cols []plan.Col) bool {
	have := map[int]bool{}
	for _, c := range cols {
		have[c.ID] = true
	}
	for _, c := range out {
		if !have[c.ID] {
			return false
		}
	}
	return true
}

// keys lists the columns of one side's keys; an expression that is no column is left out.
func keys(on []plan.JoinKey, left bool) map[int]bool {
	out := map[int]bool{}
	for _, k := range on {
		e := k.Right
		if left {
			e = k.Left
		}
		if id := column(e); id != 0 {
			out[id] = true
		}
	}
	return out
}

// unique reports whether no two rows of a node agree in the columns.
func unique(n plan.Node, cols map[int]bool) bool {
	switch n := n.(type) {
	case *plan.Aggregate:
		for _, k := range n.Keys {
			if !cols[k.Out.ID] {
				return false
			}
		}
		return true
	case *plan.Filter:
		return unique(n.Input, cols)
	case *plan.Sort:
		return unique(n.Input, cols)
	case *plan.Limit:
		return unique(n.Input, cols)
	case *plan.Project:
		below := map[int]bool{}
		for _, it := range n.Items {
			if id := column(it.Expr); id != 0 && cols[it.Out.ID] {
				below[id] = true
			}
		}
		return unique(n.Input, below)
	}
	return false
}
