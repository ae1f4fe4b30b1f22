package store_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestRestore brings a span of days back, from both tiers and from rows that are not sealed, as they were.
func TestRestore(t *testing.T) {
	s := open(t, store.Options{})
	sealDays(t, s, 6)
	if _, _, err := s.Tier(t.Context(), "soc", "T_CL", cutBefore(3)); err != nil {
		t.Fatal(err)
	}
	appendFrame(t, s, frame(dated(4))) // again, with numbers of its own below
	from, to := column.FromTime(start.AddDate(0, 0, 1)), column.FromTime(start.AddDate(0, 0, 5))
	a, err := s.Restore(t.Context(), "soc", "T_CL", "T_RST", from, to)
	if err != nil || a.Rows != 50 {
		t.Fatalf("%+v %v", a, err)
	}
	cold := s.SnapshotWithCold("soc")
	all := scan(t, cold, store.ScanSpec{Table: "T_CL", Columns: allColumns})
	cold.Close()
	var want []string
	for _, line := range all {
		at, _, _ := strings.Cut(line, "|")
		if n := mustInt(t, at); n >= from && n < to {
			want = append(want, line)
		}
	}
	if len(all) != 70 {
		t.Errorf("with the cold tier there are %d rows", len(all))
	}
	same(t, want, rowsOf(t, s, "T_RST", allColumns...))
	s = s.reopen(t)
	same(t, want, rowsOf(t, s, "T_RST", allColumns...))
	if _, err := s.Restore(t.Context(), "soc", "T_CL", "T_RST", from, to); fault.CodeOf(err) != "table_taken" {
		t.Errorf("into a table with rows: %v", err)
	}
	// They came just now, so they stay although they are old.
	if a, err := s.Expire(t.Context(), "soc", "T_RST", store.Cutoff{Time: math.MaxInt64, Arrived: column.FromTime(time.Now().Add(-time.Hour))}); a.Rows != 0 || err != nil {
		t.Errorf("%+v went: %v", a, err)
	}
	for range 8 { // many small files, so that they are merged
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := s.Expire(t.Context(), "soc", "T_RST", store.Cutoff{Time: math.MaxInt64, Arrived: column.FromTime(time.Now().Add(-time.Hour))}); a.Rows != 0 || err != nil {
		t.Errorf("after a merge %+v went: %v", a, err)
	}
	if a, err := s.Drop(t.Context(), "soc", "T_RST"); a.Rows != 50 || err != nil {
		t.Errorf("dropped %+v: %v", a, err)
	}
	if a, err := s.Restore(t.Context(), "soc", "T_CL", "T_RST", from, from+1); a.Rows != 10 || err != nil {
		t.Errorf("again, one day: %+v %v", a, err)
	}
}

func mustInt(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
