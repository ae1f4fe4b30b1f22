package engine

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// notDrawn are functions whose value the row does not decide, or that are not calls of values.
var notDrawn = map[string]bool{"rand": true, "new_guid": true, "assert": true}

// drawable lists the scalar functions and operators that a random call may be of.
var drawable = slices.DeleteFunc(kernel.Names(), func(name string) bool { return notDrawn[name] || kernel.Window(name) })

// call draws a call of any function that there is, over arguments of whatever types its kernel takes. nil when none was found.
func (m *maker) call(cols []plan.Col, depth int) *plan.Call {
	for range 30 {
		name := one(m, drawable, "function")
		n := m.pick(4, "arguments")
		c := &plan.Call{Func: name}
		sig := make([]kernel.Arg, n)
		for i := range n {
			t := one(m, scalarTypes, "argument")
			var e plan.Expr
			switch {
			case i > 0 && m.pick(3, "constant") > 0: // many kernels want a constant there
				e = m.small(t)
			case t == schema.Dynamic:
				e = m.dynamic(cols)
			default:
				e = m.expr(cols, t, depth)
			}
			c.Args, sig[i] = append(c.Args, e), kernel.Arg{Type: t}
			if l, ok := e.(*plan.Lit); ok {
				sig[i].Const, sig[i].Value = true, l.Value
			}
		}
		f, err := kernel.Bind(name, sig, schema.Unknown, kernel.Env{Now: instant})
		if err != nil || f.Volatile || f.Type == schema.Unknown {
			continue
		}
		c.T = f.Type
		return c
	}
	return nil
}

// small draws a constant; numbers are mostly such as count or place something.
func (m *maker) small(t schema.Type) plan.Expr {
	if (t == schema.Long || t == schema.Int) && m.pick(4, "small") > 0 {
		return &plan.Lit{T: t, Value: int64(m.pick(9, "number") - 2)}
	}
	if t == schema.String && m.pick(2, "pattern") == 0 {
		return &plan.Lit{T: t, Value: one(m, []string{"(\\w+)\\.(\\w)", "[^a]", "%Y", "yyyy-MM-dd", "$.x", "$.arr[0]", "/24", "day", "hour", "windows", "x", ".", " ", "Host", "UTC", "Europe/Paris"}, "text")}
	}
	return m.literal(t)
}

// calls draws a projection of so many calls, and of the columns themselves.
func (m *maker) calls(in plan.Node, n int) plan.Node {
	p := &plan.Project{Input: in}
	for range n {
		c := m.call(in.Cols(), 1)
		if c == nil {
			continue
		}
		p.Items = append(p.Items, plan.Item{Out: plan.Col{ID: m.fresh(), Name: c.Func, Type: c.T}, Expr: c})
	}
	return p
}
