// Package rules holds the named rewrites of plans: each gives a plan with the same answer that is cheaper or, where its
// description says so, means what the product promises. A rule is one file with its test; `kql explain` names those that
// changed a plan.
package rules

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// Rule is a named rewrite. Apply returns the root itself when the rule has nothing to do, and never changes a node.
type Rule struct {
	Name        string
	Description string
	Apply       func(root plan.Node) plan.Node
}

// All returns the rules in the order in which they are applied. One that others make work for occurs again.
func All() []Rule {
	return []Rule{
		pruneColumns, // first of all: over many tables the rest would work on columns that nobody asks for
		providerName,
		foldConstants,
		mergeProjects,
		memberOfPack,
		pushFilter,
		shareKeyFilters,
		pushLimit,
		dropSort,
		pruneColumns,
		narrowArg,
		semiJoin,
		pruneColumns, // of what the joins no longer hand on
		shareSubplans,
	}
}

// Names lists the rules, each once, in their order.
func Names() []string {
	var out []string
	for _, r := range All() {
		if !slices.Contains(out, r.Name) {
			out = append(out, r.Name)
		}
	}
	return out
}

// Rewrite applies all rules to all results and notes those that changed something.
func Rewrite(q *plan.Query) {
	for _, r := range All() {
		changed := false
		for i := range q.Results {
			out := r.Apply(q.Results[i].Root)
			changed = changed || out != q.Results[i].Root
			q.Results[i].Root = out
		}
		if note := r.Name + ": " + r.Description; changed && !slices.Contains(q.Notes, note) {
			q.Notes = append(q.Notes, note)
		}
	}
}

// Node applies the rules but those named to a node that is run by itself.
func Node(n plan.Node, without ...string) plan.Node {
	for _, r := range All() {
		if !slices.Contains(without, r.Name) {
			n = r.Apply(n)
		}
	}
	return n
}

// rewrite rebuilds a plan from the leaves up by a function that returns its argument where there is nothing to do; the
// root itself comes back when that is everywhere.
func rewrite(root plan.Node, f func(plan.Node) plan.Node) plan.Node {
	changed := false
	out := plan.Transform(root, func(n plan.Node) plan.Node {
		m := f(n)
		changed = changed || m != n
		return m
	})
	if !changed {
		return root
	}
	return out
}

// inExprs rewrites every expression of every node, innermost first.
func inExprs(root plan.Node, f func(plan.Expr) plan.Expr) plan.Node {
	return rewrite(root, func(n plan.Node) plan.Node { return plan.MapExprs(n, f) })
}

// movable reports whether all expressions of a list may be computed elsewhere.
func movable(items []plan.Item) bool {
	return !slices.ContainsFunc(items, func(it plan.Item) bool { return !plan.Movable(it.Expr) || tables(it.Expr) })
}

// tables reports whether an expression reads a table.
func tables(e plan.Expr) bool {
	found := false
	plan.WalkExpr(e, func(e plan.Expr) {
		switch e.(type) {
		case *plan.Scalar, *plan.InTable:
			found = true
		}
	})
	return found
}

// column returns the id of an expression that is a column, else 0.
func column(e plan.Expr) int {
	if r, ok := e.(*plan.Ref); ok {
		return r.ID
	}
	return 0
}
