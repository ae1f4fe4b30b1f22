package plan

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/schema"
)

// providerNames are the two names under which one product has provided incidents: rows hold the first.
var providerNames = []string{"Microsoft XDR", "Microsoft 365 Defender"}

// ProviderName makes comparisons of SecurityIncident.ProviderName with one of the product's two names hold for both, so
// that rules written before the renaming keep working. It covers ==, !=, =~, !~, in, !in, in~ and !in~.
func ProviderName(root Node) Node {
	columns := providerColumns(root)
	if len(columns) == 0 {
		return root
	}
	changed := false
	f := func(e Expr) Expr {
		out := providerCompare(e, columns)
		changed = changed || out != e
		return out
	}
	out := Transform(root, func(n Node) Node { return MapExprs(n, f) })
	if !changed {
		return root
	}
	return out
}

// providerColumns finds the ids under which the stored column is known in the plan.
func providerColumns(root Node) map[int]bool {
	ids := map[int]bool{}
	Walk(root, func(n Node) {
		switch n := n.(type) {
		case *Scan:
			for i, src := range n.Sources {
				if n.Table == "SecurityIncident" && src == "ProviderName" {
					ids[n.Out[i].ID] = true
				}
			}
		case *Project:
			carry(ids, n.Items)
		case *Aggregate:
			carry(ids, n.Keys)
			for _, a := range n.Aggs {
				if a.Func != "arg_max" && a.Func != "arg_min" && a.Func != "take_any" {
					continue
				}
				for i, x := range a.Args {
					if r, ok := x.(*Ref); ok && ids[r.ID] && i < len(a.Out) {
						ids[a.Out[i].ID] = true
					}
				}
			}
		case *Materialize:
			for i, c := range n.Input.Cols() {
				if ids[c.ID] && i < len(n.Out) {
					ids[n.Out[i].ID] = true
				}
			}
		case *Union:
			for _, leg := range n.Legs {
				for i, c := range leg.Cols() {
					if ids[c.ID] && i < len(n.Out) {
						ids[n.Out[i].ID] = true
					}
				}
			}
		}
	})
	return ids
}

func carry(ids map[int]bool, items []Item) {
	for _, it := range items {
		if r, ok := it.Expr.(*Ref); ok && ids[r.ID] {
			ids[it.Out.ID] = true
		}
	}
}

var providerOps = map[string]string{"==": "in", "!=": "!in", "=~": "in~", "!~": "!in~", "in": "in", "!in": "!in", "in~": "in~", "!in~": "!in~"}

func providerCompare(e Expr, columns map[int]bool) Expr {
	c, ok := e.(*Call)
	if !ok || len(c.Args) < 2 {
		return e
	}
	op, ok := providerOps[c.Func]
	if !ok {
		return e
	}
	args := c.Args
	if len(args) == 2 && !isRef(args[0], columns) && (c.Func == "==" || c.Func == "!=" || c.Func == "=~" || c.Func == "!~") {
		args = []Expr{args[1], args[0]}
	}
	if !isRef(args[0], columns) {
		return e
	}
	fold := strings.Contains(op, "~")
	var list []Expr
	have := map[string]bool{}
	named := false
	for _, a := range args[1:] {
		for _, s := range stringsOf(a) {
			for _, p := range providerNames {
				if s == p || fold && strings.EqualFold(s, p) {
					named = true
				}
			}
			if !have[s] {
				have[s] = true
				list = append(list, &Lit{T: schema.String, Value: s})
			}
		}
		if stringsOf(a) == nil {
			list = append(list, a)
		}
	}
	if !named {
		return e
	}
	for _, p := range providerNames {
		if !have[p] {
			list = append(list, &Lit{T: schema.String, Value: p})
		}
	}
	return &Call{Func: op, Args: append([]Expr{args[0]}, list...), T: c.T}
}

func isRef(e Expr, columns map[int]bool) bool {
	r, ok := e.(*Ref)
	return ok && columns[r.ID]
}

// stringsOf lists the strings of a constant: itself, or those of a dynamic array that holds nothing else.
func stringsOf(e Expr) []string {
	l, ok := e.(*Lit)
	if !ok {
		return nil
	}
	switch v := l.Value.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		if slices.ContainsFunc(v, func(x any) bool { _, ok := x.(string); return !ok }) {
			return nil
		}
		for _, x := range v {
			out = append(out, x.(string))
		}
		return out
	}
	return nil
}
