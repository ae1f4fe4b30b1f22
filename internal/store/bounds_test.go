package store_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestCompactionBounds lives through days of intake with late rows in every seal: no table has many files, closed days have few, and a
// row is written at most three times.
func TestCompactionBounds(t *testing.T) {
	t.Parallel()
	days, seals, rows := 9, 16, 300
	if d := soak(30); d > 0 {
		days, seals, rows = d, 48, 2000
	}
	var passed atomic.Int64
	clock := func() time.Time { return start.Truncate(24 * time.Hour).Add(time.Duration(passed.Load())) }
	s := open(t, store.Options{Now: clock})
	n, most := 0, 0
	for range days * seals {
		passed.Add(int64(24 * time.Hour / time.Duration(seals)))
		now := clock()
		f := events("T_CL", n, rows)
		for i := range f.Batch.Cols[0].Ints {
			at := now.Add(-time.Duration(i) * time.Second)
			if i%50 == 0 { // late, up to five days
				at = at.Add(-time.Duration(n+i*37) % (5 * 24 * time.Hour))
			}
			f.Batch.Cols[0].Ints[i] = column.FromTime(at)
		}
		n += rows
		appendFrame(t, s, frame(f))
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		most = max(most, s.TableStats("soc")[0].Parts)
	}
	st := s.Stats()
	amplification := float64(st.SealedBytes+st.MergedBytes) / float64(st.SealedBytes)
	t.Logf("%d seals of %d rows over %d days: at most %d files, bytes written %.2f times", days*seals, rows, days, most, amplification)
	if most > 200 || amplification > 3 {
		t.Errorf("at most %d files and %.2f times are too many", most, amplification)
	}
	snap := s.Snapshot("soc")
	defer snap.Close()
	perDay := map[string]int{}
	for _, p := range snap.Parts("T_CL") {
		// A few rows of a day are of its week's files.
		if p.Rows >= 1024 && p.Day != "" && p.Day < clock().Add(-26*time.Hour).Format(time.DateOnly) {
			perDay[p.Day]++
		}
	}
	for day, n := range perDay {
		if n > 4 {
			t.Errorf("closed day %s has %d files", day, n)
		}
	}
	if got := len(scan(t, snap, store.ScanSpec{Table: "T_CL", Columns: []string{"N"}})); got != n {
		t.Errorf("%d rows of %d", got, n)
	}
}
