package rules

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// shareSubplans finds summaries that are written twice, most of them by a let, and computes them once. Only what is
// small is worth keeping: a summary or a join of one.
var shareSubplans = Rule{Name: "share-subplans", Description: "a summary that occurs twice is computed once", Apply: func(root plan.Node) plan.Node {
	seen := map[string][]plan.Node{}
	plan.Walk(root, func(n plan.Node) {
		if a, ok := n.(*plan.Aggregate); ok {
			if s, ok := nodeShape(a); ok {
				seen[s] = append(seen[s], n)
			}
		}
	})
	groups, most := map[plan.Node]int{}, 0
	plan.Walk(root, func(n plan.Node) {
		if m, ok := n.(*plan.Materialize); ok {
			most = max(most, m.ID)
		}
	})
	first := map[int]plan.Node{}
	plan.Walk(root, func(n plan.Node) {
		a, ok := n.(*plan.Aggregate)
		if !ok {
			return
		}
		s, ok := nodeShape(a)
		if !ok || len(seen[s]) < 2 {
			return
		}
		if id, known := groups[seen[s][0]]; known {
			groups[n] = id
			return
		}
		most++
		groups[n], first[most] = most, n
	})
	if len(groups) == 0 {
		return root
	}
	return plan.ReplaceNodes(root, func(n plan.Node) plan.Node {
		id, ok := groups[n]
		if !ok {
			return nil
		}
		// The table is the first one found: the columns of the others stand in the same order.
		return &plan.Materialize{ID: id, Input: first[id], Out: n.Cols()}
	})
}}
