package engine

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// describe prints a plan for a failed test.
func describe(n plan.Node) string {
	var head string
	switch n := n.(type) {
	case *plan.Scan:
		head = "scan"
		for i, c := range n.Out {
			head += fmt.Sprintf(" %d:%s", c.ID, n.Sources[i])
		}
	case *plan.Filter:
		head = "where " + describeExpr(n.Pred)
	case *plan.Project:
		head = "project" + describeItems(n.Items)
	case *plan.Aggregate:
		head = "summarize"
		for _, a := range n.Aggs {
			head += " " + describeExpr(&plan.Call{Func: a.Func, Args: a.Args})
		}
		head += " by" + describeItems(n.Keys)
	case *plan.Sort:
		head = "sort"
		for _, k := range n.Keys {
			head += fmt.Sprintf(" %s desc=%v nullsfirst=%v", describeExpr(k.Expr), k.Desc, k.NullsFirst)
		}
	case *plan.Limit:
		head = "take " + describeExpr(n.N)
	case *plan.Join:
		head = "join " + string(n.Kind)
		for _, k := range n.On {
			head += " " + describeExpr(k.Left) + "=" + describeExpr(k.Right)
		}
	default:
		head = fmt.Sprintf("%T", n)
	}
	for _, in := range n.Inputs() {
		head += "\n  " + strings.ReplaceAll(describe(in), "\n", "\n  ")
	}
	return head
}

func describeItems(items []plan.Item) string {
	var out string
	for _, it := range items {
		out += fmt.Sprintf(" %d:%s=%s", it.Out.ID, it.Out.Type, describeExpr(it.Expr))
	}
	return out
}

func describeExpr(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.Lit:
		return fmt.Sprintf("%s(%#v)", e.T, e.Value)
	case *plan.Ref:
		return fmt.Sprintf("#%d", e.ID)
	case *plan.Call:
		var args []string
		for _, a := range e.Args {
			args = append(args, describeExpr(a))
		}
		return e.Func + "(" + strings.Join(args, ", ") + ")"
	}
	return fmt.Sprintf("%T", e)
}
