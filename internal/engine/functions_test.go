package engine

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// repeat runs a property as often as the run allows: so many rounds of rapid's, or in a soak run (VEDETTE_SOAK) for
// DIFFERENTIAL_SECONDS, an hour unless told.
func repeat(t *testing.T, rounds int, property func(*rapid.T)) {
	t.Helper()
	until := time.Time{}
	if os.Getenv("VEDETTE_SOAK") != "" {
		seconds := 3600
		if n, err := strconv.Atoi(os.Getenv("DIFFERENTIAL_SECONDS")); err == nil {
			seconds = n
		}
		until = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	for i := 0; !t.Failed() && (i < rounds || time.Now().Before(until)); i++ {
		if !t.Run(strconv.Itoa(i), func(t *testing.T) { rapid.Check(t, property) }) {
			return
		}
	}
}

// TestFunctionsAgree: every scalar function gives the same inside DuckDB and outside, also where its result must stand in a
// column because something above cannot wait for it.
func TestFunctionsAgree(t *testing.T) {
	w := newWorld(t, 41)
	w.mixed(t, 12)
	plans, compared, taken := 0, 0, 0
	repeat(t, 4, func(rt *rapid.T) {
		m := &maker{T: rt}
		n := m.calls(m.node(0), 10)
		if m.pick(2, "held") == 0 { // a union makes columns of all values
			u := &plan.Union{Legs: []plan.Node{n}}
			for _, c := range n.Cols() {
				c.ID = m.fresh()
				u.Out = append(u.Out, c)
			}
			n = u
		}
		want, _, wantErr := w.run(t.Context(), n, Go)
		got, _, err := w.run(t.Context(), n, DuckDB)
		if (wantErr != nil) != (err != nil) {
			rt.Fatalf("Go: %v\nDuckDB: %v\n%s", wantErr, err, describe(n))
		}
		if err != nil {
			return
		}
		plans++
		compared += len(n.Cols())
		if w.taken(n) {
			taken++
		}
		if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
			rt.Fatalf("-Go +DuckDB\n%.3000s\n%s", d, describe(n))
		}
	})
	t.Logf("%d plans with %d calls compared, %d of the plans run by DuckDB as a whole", plans, compared, taken)
	if taken*2 < plans {
		t.Errorf("DuckDB took only %d of %d plans", taken, plans)
	}
}
