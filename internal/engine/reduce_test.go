package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TestSmallSideFilters: the keys of the small side of a join reach the scan of the large one, for the kinds that drop rows
// without a partner, and only for those.
func TestSmallSideFilters(t *testing.T) {
	w := days(t, 40)
	w.engine.opts.GoRows = 8192
	for kind, filters := range map[string]bool{"inner": true, "innerunique": true, "leftsemi": true, "rightsemi": true, "rightouter": false, "leftouter": true, "leftanti": true, "rightanti": false, "fullouter": false} {
		text := fmt.Sprintf("datatable(n:long, word:string) [7, 'seven', 8, 'eight', 7000, 'none'] | join kind=%s (T_CL | project n, name) on n | summarize count()", kind)
		root := w.compile(t, text)
		want, _, err := w.run(t.Context(), root, Go)
		if err != nil {
			t.Fatal(err)
		}
		snap := w.store.Snapshot("ws")
		src := w.engine.Source(snap, DuckDB, kernel.Env{Now: instant})
		r, ok, err := src.Open(t.Context(), root)
		if !ok || err != nil {
			t.Fatalf("%s: %v %v", kind, ok, err)
		}
		b, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Cols[0].Value(0); got != want[0][0] {
			t.Errorf("%s: %v rows, not %v", kind, got, want[0][0])
		}
		_ = r.Close()
		if got := strings.Contains(src.SQL(root), " IN (CAST(7 AS BIGINT), CAST(8 AS BIGINT)") || strings.Contains(src.SQL(root), " IN ("); got != filters {
			t.Errorf("%s: filtered is %v\n%s", kind, got, src.SQL(root))
		}
		snap.Close()
	}
}

// TestReducedJoinsAgree: joins of few rows written in the query with stored ones give the same as in Go.
func TestReducedJoinsAgree(t *testing.T) {
	w := newWorld(t, 51)
	w.mixed(t, 30)
	w.engine.opts.GoRows = 8192
	rapid.Check(t, func(rt *rapid.T) {
		m := &maker{T: rt}
		kt := one(m, []schema.Type{schema.String, schema.Long, schema.Int}, "key")
		k, n := plan.Col{ID: m.fresh(), Name: "k", Type: kt}, plan.Col{ID: m.fresh(), Name: "n", Type: schema.Long}
		few := &plan.Values{Out: []plan.Col{k, n}}
		for range m.pick(4, "rows") {
			few.Rows = append(few.Rows, []plan.Expr{m.literal(kt), m.literal(schema.Long)})
		}
		many := m.node(m.pick(2, "depth"))
		ref := m.columnOf(many.Cols(), kt)
		if ref == nil {
			return
		}
		j := &plan.Join{Kind: one(m, []plan.JoinKind{plan.Inner, plan.LeftOuter, plan.RightOuter, plan.FullOuter, plan.LeftSemi, plan.RightSemi, plan.LeftAnti, plan.RightAnti}, "join")}
		a := &plan.Ref{ID: k.ID, T: kt}
		if m.pick(2, "side") == 0 {
			j.Left, j.Right, j.On = few, many, []plan.JoinKey{{Left: a, Right: ref}}
		} else {
			j.Left, j.Right, j.On = many, few, []plan.JoinKey{{Left: ref, Right: a}}
		}
		if j.Kind != plan.RightSemi && j.Kind != plan.RightAnti {
			j.Out = append(j.Out, j.Left.Cols()...)
		}
		if j.Kind != plan.LeftSemi && j.Kind != plan.LeftAnti {
			j.Out = append(j.Out, j.Right.Cols()...)
		}
		want, _, wantErr := w.run(t.Context(), j, Go)
		got, _, err := w.run(t.Context(), j, DuckDB)
		if (wantErr != nil) != (err != nil) {
			rt.Fatalf("Go: %v\nDuckDB: %v\n%s", wantErr, err, describe(j))
		}
		if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
			rt.Fatalf("-Go +DuckDB\n%.3000s\n%s", d, describe(j))
		}
	})
}
