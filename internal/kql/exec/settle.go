package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Settle returns the plan with the value of each toscalar in its place, the inner ones first. They are read before the rows anyway,
// once a query; as constants they bound the times and name the values that a source has to look for. Filters that no row can pass
// then become empty tables. What cannot be evaluated stays: running the plan tells why.
func Settle(ctx context.Context, root plan.Node, env Env) (out plan.Node) {
	out = root
	if env.Source == nil || !scalars(root) {
		return root
	}
	var err error
	defer func() {
		if err != nil {
			out = root
		}
	}()
	defer rescue(&err)
	s := &settler{x: newRunner(env), values: map[*plan.Scalar]plan.Expr{}, nodes: map[plan.Node]plan.Node{}}
	return plan.Transform(s.node(ctx, root), func(n plan.Node) plan.Node {
		if f, ok := n.(*plan.Filter); ok && never(f.Pred) {
			return &plan.Values{Out: n.Cols()}
		}
		return n
	})
}

func scalars(root plan.Node) (found bool) {
	plan.Walk(root, func(n plan.Node) {
		for _, e := range plan.Exprs(n) {
			plan.WalkExpr(e, func(e plan.Expr) {
				_, ok := e.(*plan.Scalar)
				found = found || ok
			})
		}
	})
	return found
}

type settler struct {
	x      *runner
	values map[*plan.Scalar]plan.Expr // nil for one that stays
	nodes  map[plan.Node]plan.Node
}

func (s *settler) node(ctx context.Context, n plan.Node) plan.Node {
	if out, ok := s.nodes[n]; ok {
		return out
	}
	out := plan.Replace(n, func(e plan.Expr) plan.Expr {
		sc, ok := e.(*plan.Scalar)
		if !ok || sc.T == schema.Unknown || dependsOnGroup(sc.Input) {
			return nil
		}
		v, known := s.values[sc]
		if !known {
			v = s.value(ctx, sc)
			s.values[sc] = v
		}
		return v
	})
	s.nodes[n] = out
	return out
}

// value is a toscalar's constant, or nil.
func (s *settler) value(ctx context.Context, sc *plan.Scalar) plan.Expr {
	v, err := s.x.scalarOf(ctx, &plan.Scalar{Input: s.node(ctx, sc.Input), T: sc.T})
	if err != nil {
		return nil
	}
	if v == nil && sc.T == schema.String {
		v = ""
	}
	if long(v) {
		return nil
	}
	return &plan.Lit{T: sc.T, Value: v}
}

// mostList and mostText bound a constant: a statement that an engine is given must not grow without measure.
const (
	mostList = 10_000
	mostText = 1 << 20
)

func long(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) > mostList
	case column.Raw:
		return len(v) > mostText
	case string:
		return len(v) > mostText
	}
	return false
}

// never reports whether a predicate is true for no row, as far as can be told: a value is in an empty list.
func never(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	if !ok {
		return false
	}
	switch c.Func {
	case "and":
		for _, a := range c.Args {
			if never(a) {
				return true
			}
		}
	case "in", "in~":
		return len(c.Args) == 2 && emptyList(c.Args[1])
	}
	return false
}

func emptyList(e plan.Expr) bool {
	l, ok := e.(*plan.Lit)
	if !ok || l.T != schema.Dynamic {
		return false
	}
	switch v := l.Value.(type) {
	case []any:
		return len(v) == 0
	case column.Raw:
		return v == "[]"
	}
	return false
}
