package rules

import "github.com/vedette-siem/vedette/internal/kql/plan"

// pushLimit brings a limit to the sort it belongs to, so that only the first rows are kept and only their columns
// computed, and limits each leg of a union.
var pushLimit = Rule{Name: "push-limit", Description: "take and top reach the rows before columns are computed", Apply: func(root plan.Node) plan.Node {
	return rewrite(root, func(n plan.Node) plan.Node {
		l, ok := n.(*plan.Limit)
		if !ok {
			return n
		}
		rows, ok := count(l)
		if !ok {
			return n
		}
		if out, ok := place(l, l.Input, rows); ok {
			return out
		}
		return n
	})
}}

// place puts a limit as far down as it goes; ok is false where it stands already.
func place(l *plan.Limit, in plan.Node, rows int64) (out plan.Node, ok bool) {
	switch in := in.(type) {
	case *plan.Project:
		if !movable(in.Items) {
			return nil, false
		}
		below, ok := place(l, in.Input, rows)
		if !ok {
			below = &plan.Limit{Input: in.Input, N: l.N}
		}
		return &plan.Project{Input: below, Items: in.Items}, true
	case *plan.Union:
		legs, changed := make([]plan.Node, len(in.Legs)), false
		for i, leg := range in.Legs {
			legs[i] = leg
			if bounded(leg, rows) {
				continue
			}
			changed = true
			if legs[i], ok = place(l, leg, rows); !ok {
				legs[i] = &plan.Limit{Input: leg, N: l.N}
			}
		}
		if changed {
			return &plan.Limit{Input: &plan.Union{Legs: legs, Out: in.Out}, N: l.N}, true
		}
	}
	return nil, false
}

func count(l *plan.Limit) (int64, bool) {
	lit, ok := l.N.(*plan.Lit)
	if !ok {
		return 0, false
	}
	n, ok := lit.Value.(int64)
	return n, ok && n >= 0
}

// bounded reports whether a node has no more rows than so many by itself.
func bounded(n plan.Node, rows int64) bool {
	switch n := n.(type) {
	case *plan.Limit:
		have, ok := count(n)
		return ok && have <= rows
	case *plan.Project:
		return bounded(n.Input, rows)
	case *plan.Values:
		return true
	case *plan.Aggregate:
		return len(n.Keys) == 0
	}
	return false
}
