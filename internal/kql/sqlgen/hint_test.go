package sqlgen

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

func TestHints(t *testing.T) {
	recent := func(id int) plan.Expr {
		return is(">", &plan.Ref{ID: id, T: schema.Datetime}, ago(column.Day))
	}
	set := []plan.Agg{{Func: "make_set", Args: []plan.Expr{colDevice}, Out: []plan.Col{out(11, "set_", schema.Dynamic)}}}
	row := item(9, "n", call(schema.Long, "row_number"))
	shared := scan()
	for name, c := range map[string]struct {
		in    plan.Node
		lo    int64
		preds int
	}{
		"filter":                 {where(scan(), recent(1)), now - column.Day + 1, 1},
		"below an aggregate":     {&plan.Aggregate{Input: where(scan(), recent(1), is("has", colDevice, str("x"))), Aggs: set}, now - column.Day + 1, 2},
		"above an aggregate":     {where(&plan.Aggregate{Input: scan(), Keys: pass(colTime)}, recent(1)), all.lo, 0},
		"renamed":                {where(&plan.Project{Input: scan(), Items: []plan.Item{item(9, "t", colTime)}}, recent(9)), now - column.Day + 1, 1},
		"computed":               {where(&plan.Project{Input: scan(), Items: []plan.Item{item(9, "t", call(schema.Datetime, "bin", colTime))}}, recent(9)), all.lo, 0},
		"above a limit":          {where(&plan.Limit{Input: scan(), N: long(1)}, recent(1)), all.lo, 0},
		"above serialize":        {where(&plan.Serialize{Input: scan()}, recent(1)), all.lo, 0},
		"above a window":         {where(&plan.Project{Input: scan(), Items: append(pass(colTime), row)}, recent(1)), all.lo, 0},
		"beside a window filter": {where(scan(), is("and", recent(1), is(">", call(schema.Long, "row_number"), long(1)))), all.lo, 0},
		"above a sort":           {where(sorted(scan(), colCount), recent(1)), now - column.Day + 1, 1},
		"with a subquery":        {where(scan(), is("and", recent(1), &plan.InTable{Func: "in", X: colDevice, Input: &plan.Values{}})), now - column.Day + 1, 1},
		"twice":                  {&plan.Union{Legs: []plan.Node{where(shared, recent(1)), shared}, Out: shared.Out}, all.lo, 0},
	} {
		t.Run(name, func(t *testing.T) {
			hints := Hints(c.in, env().Constant)
			if len(hints) != 1 {
				t.Fatalf("%d scans", len(hints))
			}
			for _, h := range hints {
				if h.Lo != c.lo || h.Hi != all.hi || len(h.Preds) != c.preds {
					t.Errorf("got %d..%d with %d predicates, want %d.. with %d", h.Lo, h.Hi, len(h.Preds), c.lo, c.preds)
				}
			}
		})
	}
}

// A hint narrows a scan that stands alone, and only that: below other nodes the exact filters are in the statement.
func TestHintFiltersLoneScans(t *testing.T) {
	s := scan()
	e := env()
	e.Hint = func(*plan.Scan) (Hint, bool) {
		return Hint{Lo: now - column.Hour, Hi: all.hi, Preds: []plan.Expr{is("==", colDevice, str("x"))}}, true
	}
	got, ok := Generate(s, e)
	if !ok || got.Rows != 43 {
		t.Fatalf("%d rows are read, not 43", got.Rows)
	}
	if want := "WHERE (c2 = 'x')"; !strings.Contains(got.SQL, want) {
		t.Errorf("%s is not in %s", want, got.SQL)
	}
}
