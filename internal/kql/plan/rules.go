package plan

import "slices"

// Rule is a named rewrite: a plan with the same answer that is cheaper or, where its description says so, means what the
// product promises. Apply returns the root itself when the rule has nothing to do.
type Rule struct {
	Name        string
	Description string
	Apply       func(root Node) Node
}

// Rules returns the rewrites in the order they are applied.
func Rules() []Rule {
	prune := Rule{"prune-columns", "columns that nothing reads are left out", pruneOrSame}
	return []Rule{
		prune, // first of all: over many tables the rest would work on columns that nobody asks for
		{"provider-name", "SecurityIncident.ProviderName: 'Microsoft XDR' and 'Microsoft 365 Defender' are equal", ProviderName},
		{"push-filter", "filters move towards the tables they read", PushFilter},
		prune,
	}
}

// Rewrite applies all rules to all results and notes those that changed something.
func Rewrite(q *Query) {
	for _, r := range Rules() {
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

// RewriteNode applies all rules to a node that is run by itself.
func RewriteNode(n Node) Node {
	for _, r := range Rules() {
		n = r.Apply(n)
	}
	return n
}

// pruneOrSame prunes, and returns the root itself if that took no column away.
func pruneOrSame(root Node) Node {
	out := Prune(root)
	if width(out) == width(root) {
		return root
	}
	return out
}

// width counts the columns of all nodes.
func width(root Node) int {
	n := 0
	Walk(root, func(node Node) { n += len(node.Cols()) })
	return n
}
