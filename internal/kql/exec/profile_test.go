package exec_test

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// TestProfile counts what each node gave.
func TestProfile(t *testing.T) {
	root := compile(t, "range x from 1 to 10 step 1 | where x > 4 | summarize count() by x % 2")
	p := exec.NewProfile()
	if _, err := exec.Collect(t.Context(), root, exec.Env{Profile: p}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"range": 10, "filter": 6, "aggregate": 2}
	plan.Walk(root, func(n plan.Node) {
		var name string
		switch n.(type) {
		case *plan.Range:
			name = "range"
		case *plan.Filter:
			name = "filter"
		case *plan.Aggregate:
			name = "aggregate"
		default:
			return
		}
		s, ok := p.Of(n)
		if !ok || s.Rows != want[name] || s.Source || s.Time <= 0 {
			t.Errorf("%s: %+v, want %d rows", name, s, want[name])
		}
		delete(want, name)
	})
	if len(want) > 0 {
		t.Errorf("no step for %v", want)
	}
}
