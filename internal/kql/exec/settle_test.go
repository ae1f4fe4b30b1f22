package exec_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// leave is a source that takes nothing.
type leave struct{}

func (leave) Open(context.Context, plan.Node) (exec.Reader, bool, error) { return nil, false, nil }

// A settled plan answers the same, without tables inside expressions where those could be read.
func TestSettle(t *testing.T) {
	const rows = `let T = datatable(k:long, s:string) [1, "a", 2, "b", 3, "c"]; let M = materialize(T | where k > 1); `
	for _, c := range []struct {
		name, query string
		scalars     int // that stay
		filters     int // that stay
	}{
		{"a value", `T | where k == toscalar(T | summarize max(k))`, 0, 1},
		{"a list", `T | where s in (toscalar(M | summarize make_set(s)))`, 0, 1},
		{"nested", `T | where k > toscalar(T | where k < toscalar(M | summarize max(k)) | summarize max(k))`, 0, 1},
		{"used twice", `let m = toscalar(M | summarize min(k)); T | where k >= m | extend n = m`, 0, 1},
		{"an empty list", `T | where s in (toscalar(T | where k > 9 | summarize make_set(s)))`, 0, 0},
		{"an empty list beside others", `T | where k > 0 and s in~ (toscalar(T | where k > 9 | summarize make_set(s)))`, 0, 0},
		{"none of an empty list", `T | where s !in (toscalar(T | where k > 9 | summarize make_set(s)))`, 0, 1},
		{"an empty list or more", `T | where k == 2 or s in (toscalar(T | where k > 9 | summarize make_set(s)))`, 0, 1},
		{"no row", `T | where isnull(toscalar(T | where k > 9 | project k)) and toscalar(T | where k > 9 | project s) == ""`, 0, 1},
		{"in a table", `T | where s in (M)`, 0, 2},
		{"in each part", `T | partition by s (where k == toscalar(T | summarize min(k)))`, 0, 1},
		{"nothing inside", `T | where k > 1`, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := compile(t, rows+c.query)
			env := exec.Env{Source: leave{}}
			want, err := exec.Collect(t.Context(), root, env)
			if err != nil {
				t.Fatal(err)
			}
			settled := exec.Settle(t.Context(), root, env)
			got, err := exec.Collect(t.Context(), settled, env)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(table(want), table(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			scalars, filters := 0, 0
			plan.Walk(settled, func(n plan.Node) {
				if _, ok := n.(*plan.Filter); ok {
					filters++
				}
				for _, e := range plan.Exprs(n) {
					plan.WalkExpr(e, func(e plan.Expr) {
						if _, ok := e.(*plan.Scalar); ok {
							scalars++
						}
					})
				}
			})
			if scalars != c.scalars || filters != c.filters {
				t.Errorf("%d scalars and %d filters stay", scalars, filters)
			}
			if exec.Settle(t.Context(), root, exec.Env{}) != root {
				t.Error("without a source the plan is another")
			}
		})
	}
}

// What cannot be read stays, for the run to tell why.
func TestSettleLeavesErrors(t *testing.T) {
	root := compile(t, `let T = datatable(k:long) [1]; T | where k == toscalar(T | extend x = assert(k > 5, "five") | project k)`)
	env := exec.Env{Source: leave{}}
	if _, err := exec.Collect(t.Context(), root, env); err == nil {
		t.Skip("assert does not fail at run time")
	}
	if _, err := exec.Collect(t.Context(), exec.Settle(t.Context(), root, env), env); err == nil {
		t.Error("the error was lost")
	}
}
