package rules

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

var dropSort = Rule{Name: "drop-sort", Description: "an order that nothing depends on is not made", Apply: func(root plan.Node) plan.Node {
	return rewrite(root, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Sort:
			if in := unsorted(n.Input); in != n.Input && !slices.ContainsFunc(n.Keys, func(k plan.SortKey) bool { return !plan.Movable(k.Expr) }) {
				return &plan.Sort{Input: in, Keys: n.Keys}
			}
		case *plan.Aggregate:
			if in := unsorted(n.Input); in != n.Input && orderless(n) {
				return &plan.Aggregate{Input: in, Keys: n.Keys, Aggs: n.Aggs}
			}
		case *plan.Join:
			left, right := unsorted(n.Left), unsorted(n.Right)
			if left != n.Left || right != n.Right {
				j := *n
				j.Left, j.Right = left, right
				return &j
			}
		}
		return dropInside(n)
	})
}}

// dropInside drops the order of the tables that values are looked up in.
func dropInside(n plan.Node) plan.Node {
	return plan.MapExprs(n, func(e plan.Expr) plan.Expr {
		if t, ok := e.(*plan.InTable); ok {
			if in := unsorted(t.Input); in != t.Input {
				return &plan.InTable{Func: t.Func, X: t.X, Input: in}
			}
		}
		return e
	})
}

// unsorted takes away the sorts by which the order of a node's rows is made, as long as nothing on the way looks at
// neighbours.
func unsorted(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Sort:
		return unsorted(n.Input)
	case *plan.Serialize:
		return unsorted(n.Input)
	case *plan.Filter:
		if in := unsorted(n.Input); in != n.Input && plan.Movable(n.Pred) {
			return &plan.Filter{Input: in, Pred: n.Pred}
		}
	case *plan.Project:
		if in := unsorted(n.Input); in != n.Input && !slices.ContainsFunc(n.Items, func(it plan.Item) bool { return !plan.Movable(it.Expr) }) {
			return &plan.Project{Input: in, Items: n.Items}
		}
	}
	return n
}

// insensitive aggregates give the same whatever the order of the rows.
var insensitive = map[string]bool{
	"count": true, "countif": true, "sum": true, "sumif": true, "min": true, "max": true, "minif": true, "maxif": true, "dcount": true, "dcountif": true,
	"avg": true, "avgif": true, "count_distinct": true, "count_distinctif": true,
}

func orderless(n *plan.Aggregate) bool {
	for _, k := range n.Keys {
		if !plan.Movable(k.Expr) {
			return false
		}
	}
	for _, a := range n.Aggs {
		if !insensitive[a.Func] || slices.ContainsFunc(a.Args, func(e plan.Expr) bool { return !plan.Movable(e) }) {
			return false
		}
	}
	return true
}
