package rules

import "github.com/vedette-siem/vedette/internal/kql/plan"

var mergeProjects = Rule{Name: "merge-projects", Description: "projections on top of each other become one where nothing is computed twice", Apply: func(root plan.Node) plan.Node {
	return rewrite(root, func(n plan.Node) plan.Node {
		outer, ok := n.(*plan.Project)
		if !ok {
			return n
		}
		inner, ok := outer.Input.(*plan.Project)
		if !ok || !movable(outer.Items) || !movable(inner.Items) {
			return n
		}
		reads := map[int]int{}
		for _, it := range outer.Items {
			plan.WalkExpr(it.Expr, func(e plan.Expr) { reads[column(e)]++ })
		}
		by := map[int]plan.Expr{}
		for _, it := range inner.Items {
			by[it.Out.ID] = it.Expr
			switch it.Expr.(type) {
			case *plan.Ref, *plan.Lit:
			default:
				if reads[it.Out.ID] > 1 {
					return n
				}
			}
		}
		out := &plan.Project{Input: inner.Input}
		for _, it := range outer.Items {
			it.Expr = plan.MapExpr(it.Expr, func(e plan.Expr) plan.Expr {
				if x, ok := by[column(e)]; ok && column(e) != 0 {
					return x
				}
				return e
			})
			out.Items = append(out.Items, it)
		}
		return out
	})
}}
