package connector

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/model"
)

// TestGapsByTable: a gap counts for the tables that the source ever brought, those that an earlier process saw too, once; and not for other tables.
func TestGapsByTable(t *testing.T) {
	st := &memory{}
	before := NewMeter(st, nil)
	before.AddSource("w", model.SourceUsage{Source: "hub/a", Messages: 1, Tables: []string{"A", "B"}})
	before.AddSource("w", model.SourceUsage{Source: "hub/b", Messages: 1, Tables: []string{"B", "C"}})
	before.Flush(t.Context())

	m := NewMeter(st, nil) // after a restart
	gaps := func() map[string]int64 {
		m.Flush(t.Context())
		usage, err := m.Usage(t.Context(), "w", time.Now().Add(-time.Hour))
		must(t, err)
		out := map[string]int64{}
		for _, u := range usage {
			out[u.Table] += u.Gaps
		}
		return out
	}
	m.AddSource("w", model.SourceUsage{Source: "hub/a", Gaps: 5})
	if diff := cmp.Diff(map[string]int64{"A": 5, "B": 5}, gaps()); diff != "" {
		t.Error(diff)
	}
	m.AddSource("w", model.SourceUsage{Source: "hub/b", Gaps: 2, Tables: []string{"D"}})
	st.failing = true
	gaps()
	st.failing = false
	if diff := cmp.Diff(map[string]int64{"A": 5, "B": 7, "C": 2, "D": 2}, gaps()); diff != "" {
		t.Error(diff)
	}
	m.AddSource("w", model.SourceUsage{Source: "hub/new", Gaps: 9}) // nobody knows what it brings
	if diff := cmp.Diff(map[string]int64{"A": 5, "B": 7, "C": 2, "D": 2}, gaps()); diff != "" {
		t.Error(diff)
	}
}
