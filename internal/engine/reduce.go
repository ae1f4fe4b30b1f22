package engine

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/rules"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/schema"
)

// maxReduced is how many keys of the small side of a join the large side is filtered by.
const maxReduced = 1000

// reduced filters the large side of each join by the keys of its small side, which are read first: a list of values lets
// parts and row groups be left out, which a join cannot. DuckDB filters by what it has read itself, too, but only while
// it scans. A subtree without such a join comes back as it is.
func (s *Source) reduced(ctx context.Context, n plan.Node) plan.Node {
	if s.engine.opts.NoIndex {
		return n
	}
	changed := false
	out := plan.Transform(n, func(m plan.Node) plan.Node {
		j, ok := m.(*plan.Join)
		if !ok {
			return m
		}
		r := *j
		left, right := rules.Drops(j.Kind)
		for _, k := range j.On {
			if right && s.asymmetric(j.Left, j.Right) {
				r.Right = s.keyFilter(ctx, j.Left, k.Left, r.Right, k.Right)
			}
			if left && s.asymmetric(j.Right, j.Left) {
				r.Left = s.keyFilter(ctx, j.Right, k.Right, r.Left, k.Left)
			}
		}
		if r.Left == j.Left && r.Right == j.Right {
			return m
		}
		changed = true
		return &r
	})
	if !changed {
		return n
	}
	out = plan.PushFilter(out)
	s.relook(out)
	return out
}

// asymmetric reports whether a table is small beside another one, and reads the same every time.
func (s *Source) asymmetric(small, large plan.Node) bool {
	rows, _, _ := s.size(small)
	many, _, scans := s.size(large)
	return scans && many >= s.engine.opts.ReduceRows && rows <= s.engine.opts.GoRows && rows*10 <= many && steady(small)
}

// steady reports whether a table's rows do not depend on a choice.
func steady(n plan.Node) bool {
	same := true
	plan.Walk(n, func(m plan.Node) {
		switch m := m.(type) {
		case *plan.Scan, *plan.Values, *plan.Filter, *plan.Project, *plan.Union, *plan.External, *plan.Held, *plan.Sort:
		case *plan.Aggregate:
			for _, a := range m.Aggs {
				switch a.Func {
				case "count", "countif", "sum", "min", "max", "dcount":
				default:
					same = false
				}
			}
		default:
			same = false
		}
		for _, e := range plan.Exprs(m) {
			same = same && plan.Movable(e)
		}
	})
	return same
}

// keyFilter filters the large side by the values of a key of the small side, if they are few and both keys are columns.
func (s *Source) keyFilter(ctx context.Context, small plan.Node, of plan.Expr, large plan.Node, key plan.Expr) plan.Node {
	to, ok := key.(*plan.Ref)
	from, isRef := of.(*plan.Ref)
	if !ok || !isRef || to.T != from.T || to.T != schema.String && to.T != schema.Long && to.T != schema.Int {
		return large
	}
	keys := &plan.Aggregate{Input: small, Keys: []plan.Item{{Out: plan.Col{ID: plan.MaxID(small) + 1, Name: "key", Type: from.T}, Expr: from}}}
	in := &plan.Call{Func: "in", Args: []plan.Expr{to}, T: schema.Bool}
	few := true
	if !s.read(ctx, keys, func(b *column.Batch) bool {
		for i := range b.N {
			if v := b.Cols[0].Value(i); v != nil { // a null has no partner
				in.Args = append(in.Args, &plan.Lit{T: to.T, Value: v})
			}
		}
		few = len(in.Args) <= maxReduced
		return !few
	}) || !few {
		return large
	}
	if len(in.Args) == 1 {
		return &plan.Filter{Input: large, Pred: &plan.Lit{T: schema.Bool, Value: false}}
	}
	return &plan.Filter{Input: large, Pred: in}
}

// relook notes anew what is needed of the scans of a plan that was filtered more.
func (s *Source) relook(n plan.Node) {
	hints := sqlgen.Hints(n, s.constant)
	s.mu.Lock()
	defer s.mu.Unlock()
	for scan, h := range hints {
		s.hints[scan] = h
		delete(s.narrow, scan)
	}
}
