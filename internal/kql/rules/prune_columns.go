package rules

import "github.com/vedette-siem/vedette/internal/kql/plan"

// pruneColumns also narrows what is below a join, an aggregate or a union to what is read above it.
var pruneColumns = Rule{Name: "prune-columns", Description: "columns that nothing reads are left out", Apply: func(root plan.Node) plan.Node {
	out := plan.Prune(root)
	if width(out) == width(root) {
		return root
	}
	return out
}}

// width counts the columns of all nodes.
func width(root plan.Node) int {
	n := 0
	plan.Walk(root, func(node plan.Node) { n += len(node.Cols()) })
	return n
}
