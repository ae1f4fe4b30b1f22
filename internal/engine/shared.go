package engine

import "github.com/vedette-siem/vedette/internal/kql/plan"

// readers counts the places of a plan that read each materialized table.
func readers(n plan.Node) map[int]int {
	out := map[int]int{}
	plan.Walk(n, func(n plan.Node) {
		if m, ok := n.(*plan.Materialize); ok {
			out[m.ID]++
		}
	})
	return out
}

// splits reports whether a subtree reads a materialized table that is also read outside of it: run as a statement of its
// own, the subtree could see other rows of it. What filters and projects a table is the same every time.
func (s *Source) splits(n plan.Node) bool {
	if len(s.uses) == 0 {
		return false
	}
	here, out := readers(n), false
	plan.Walk(n, func(n plan.Node) {
		if m, ok := n.(*plan.Materialize); ok && here[m.ID] < s.uses[m.ID] && !repeatable(m.Input) {
			out = true
		}
	})
	return out
}

// repeatable reports whether a table has the same rows every time it is read, and costs no more than reading.
func repeatable(n plan.Node) bool {
	same := true
	plan.Walk(n, func(m plan.Node) {
		switch m.(type) {
		case *plan.Scan, *plan.Values, *plan.Project, *plan.Union, *plan.Filter:
		default:
			same = false
		}
		for _, e := range plan.Exprs(m) {
			same = same && plan.Movable(e)
		}
	})
	return same
}
