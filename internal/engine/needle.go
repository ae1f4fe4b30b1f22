package engine

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// tests are the conditions on a scan's rows that look at one column of text: the store applies them before it reads anything else.
func (s *Source) tests(n *plan.Scan) []store.Test {
	h, ok := s.hint(n)
	if !ok || s.engine.opts.NoIndex {
		return nil
	}
	var out []store.Test
	for _, p := range h.Preds {
		if t, ok := s.test(n, p); ok {
			out = append(out, t)
		}
	}
	return out
}

func (s *Source) test(n *plan.Scan, pred plan.Expr) (store.Test, bool) {
	ids := map[int]int{}
	number(pred, ids)
	if len(ids) != 1 {
		return store.Test{}, false
	}
	for id := range ids {
		i := slices.IndexFunc(n.Out, func(c plan.Col) bool { return c.ID == id })
		if i < 0 || n.Out[i].Type != schema.String {
			return store.Test{}, false
		}
		x, err := compile(pred, ids, s.env)
		if err != nil || x.value != nil {
			return store.Test{}, false
		}
		return store.Test{Column: n.Sources[i], Keep: func(texts []string) []bool {
			v := x.exactly(&column.Batch{N: len(texts), Cols: []*column.Vector{{Type: schema.String, Strings: texts}}}, schema.Bool)
			for i, null := range v.Nulls {
				if null {
					v.Bools[i] = false
				}
			}
			return v.Bools
		}}, true
	}
	return store.Test{}, false
}

// rare is the share of the rows within the times that the index may leave, for a condition to be one of few rows.
const rare = 8

// needles reports whether all that a subtree reads are a few row groups that the index names, whose rows are told apart by a
// column of text. Go reads them without looking at much else, and without making a statement first.
func (s *Source) needles(n plan.Node) bool {
	if scan, ok := n.(*plan.Scan); ok {
		t, ok := s.stored(scan.Table)
		if !ok || len(s.tests(scan)) == 0 {
			return false
		}
		h, _ := s.hint(scan)
		var all int64
		for _, p := range t.table.Parts {
			if p.MaxTime >= h.Lo && p.MinTime <= h.Hi {
				all += p.Rows
			}
		}
		left, _, _ := s.size(scan)
		return left-t.table.Rows <= all/rare
	}
	for _, in := range n.Inputs() {
		if !s.needles(in) {
			return false
		}
	}
	return len(n.Inputs()) > 0
}
