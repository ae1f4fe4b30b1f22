package rules

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

var narrowArg = Rule{Name: "narrow-arg", Description: "arg_max and arg_min carry only the columns that are read, and become max or min when that is the value alone", Apply: func(root plan.Node) plan.Node {
	used := usedBy(root)
	return rewrite(root, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		out, changed := &plan.Aggregate{Input: a.Input, Keys: a.Keys, Aggs: append([]plan.Agg(nil), a.Aggs...)}, false
		for i, g := range a.Aggs {
			if m, ok := narrower(g, used); ok {
				out.Aggs[i], changed = m, true
			}
		}
		if !changed {
			return n
		}
		return out
	})
}}

func narrower(g plan.Agg, used map[int]bool) (plan.Agg, bool) {
	if g.Func != "arg_max" && g.Func != "arg_min" || len(g.Out) != len(g.Args) {
		return g, false
	}
	out := plan.Agg{Func: g.Func}
	for i, c := range g.Out {
		if i == 0 || used[c.ID] {
			out.Args, out.Out = append(out.Args, g.Args[i]), append(out.Out, c)
		}
	}
	if len(out.Out) == 1 && whole(g.Args[0].Type()) && g.Args[0].Type() == g.Out[0].Type {
		out.Func = map[string]string{"arg_max": "max", "arg_min": "min"}[g.Func]
		return out, true
	}
	return out, len(out.Out) < len(g.Out)
}

// whole types have a greatest value of which there is no doubt: no NaN, no empty string for none.
func whole(t schema.Type) bool {
	return t == schema.Long || t == schema.Int || t == schema.Datetime || t == schema.Timespan
}

// usedBy collects the columns that something above the node that makes them reads or hands on by name.
func usedBy(root plan.Node) map[int]bool {
	used := map[int]bool{}
	mark := func(cols []plan.Col) {
		for _, c := range cols {
			used[c.ID] = true
		}
	}
	mark(root.Cols())
	plan.Walk(root, func(n plan.Node) {
		for _, e := range plan.Exprs(n) {
			plan.WalkExpr(e, func(e plan.Expr) {
				switch e := e.(type) {
				case *plan.Ref:
					used[e.ID] = true
				case *plan.Scalar:
					mark(e.Input.Cols())
				case *plan.InTable:
					mark(e.Input.Cols())
				}
			})
		}
		switch n := n.(type) {
		case *plan.Filter, *plan.Sort, *plan.Limit, *plan.Serialize, *plan.Project, *plan.Aggregate:
		case *plan.Join:
			mark(n.Out)
		case *plan.MvExpand:
			mark(n.Out)
		case *plan.Parse:
			mark(n.Out)
		default:
			for _, in := range n.Inputs() {
				mark(in.Cols())
			}
			mark(n.Cols())
		}
	})
	return used
}
