package store_test

import (
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// dated makes ten rows of T_CL on a day, numbered from 10*d.
func dated(d int) store.Rows {
	r := events("T_CL", d*10, 10)
	for i := range r.Batch.Cols[0].Ints {
		r.Batch.Cols[0].Ints[i] = column.FromTime(start.AddDate(0, 0, d))
	}
	return r
}

func sealDays(t *testing.T, s *testStore, days int) {
	t.Helper()
	for d := range days {
		appendFrame(t, s, frame(dated(d)))
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func coldFiles(t *testing.T, dir string) []string {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func cutBefore(day int) store.Cutoff {
	return store.Cutoff{Time: column.FromTime(start.AddDate(0, 0, day)), Arrived: math.MaxInt64}
}

// TestTier moves days out of sight and back; a damaged file stays where it is.
func TestTier(t *testing.T) {
	cold := filepath.Join(t.TempDir(), "elsewhere")
	s := open(t, store.Options{ColdDir: cold})
	sealDays(t, s, 4)
	before := rowsOf(t, s, "T_CL", allColumns...)

	down, up, err := s.Tier(t.Context(), "soc", "T_CL", cutBefore(3))
	if err != nil || down.Rows != 30 || up.Rows != 0 {
		t.Fatalf("down %+v, up %+v, %v", down, up, err)
	}
	if got := len(rowsOf(t, s, "T_CL")); got != 10 || len(files(t, s.opts.Dir)) != 1 || len(coldFiles(t, cold)) != 3 {
		t.Errorf("%d rows in sight, files %v and %v", got, files(t, s.opts.Dir), coldFiles(t, cold))
	}
	st := s.TableStats("soc")[0]
	if st.Rows != 10 || st.Cold.Rows != 30 || st.FirstTime != column.FromTime(start) {
		t.Errorf("stats %+v", st)
	}
	if days := s.RowsByDay("soc", "T_CL"); len(days) != 4 || days[0].ColdRows != 10 || days[3].ColdRows != 0 || days[0].Bytes == 0 {
		t.Errorf("days %+v", days)
	}

	s = s.reopen(t)
	if r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: s.opts.Dir, ColdDir: cold, Manifest: s.opts.Manifest}); err != nil || len(r.Problems) > 0 || r.Rows != 40 {
		t.Errorf("%+v %v", r, err)
	}
	if down, up, err = s.Tier(t.Context(), "soc", "T_CL", cutBefore(1)); err != nil || down.Rows != 0 || up.Rows != 20 {
		t.Fatalf("down %+v, up %+v, %v", down, up, err)
	}
	if a, err := s.Expire(t.Context(), "soc", "T_CL", cutBefore(1)); err != nil || a.Rows != 10 || len(coldFiles(t, cold)) != 0 {
		t.Errorf("expired %+v, %v; cold files %v", a, err, coldFiles(t, cold))
	}
	same(t, before[len(before)-len(rowsOf(t, s, "T_CL")):], rowsOf(t, s, "T_CL", allColumns...))

	part := files(t, s.opts.Dir)[0]
	if err := os.WriteFile(part, []byte("not what was written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Tier(t.Context(), "soc", "T_CL", cutBefore(9)); fault.CodeOf(err) != "cold_move" {
		t.Errorf("moving a damaged file: %v", err)
	}
	if _, err := os.Stat(part); err != nil {
		t.Errorf("a damaged file went: %v", err)
	}
}

// TestColdFolderOfAnother keeps two data folders out of one cold folder: each would remove the other's files.
func TestColdFolderOfAnother(t *testing.T) {
	cold := t.TempDir()
	open(t, store.Options{ColdDir: cold})
	_, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), ColdDir: cold, Manifest: manifest.NewMemory(), Alloc: newChecked(t)})
	if fault.CodeOf(err) != "cold_dir_taken" {
		t.Errorf("got %v", err)
	}
}

// TestSmallDaysExpireByDay fills a table that gets a few rows a day, merges it, and drops it day by day: no row goes early, and none
// is carried along by younger ones.
func TestSmallDaysExpireByDay(t *testing.T) {
	var today atomic.Int64
	s := open(t, store.Options{Now: func() time.Time { return start.AddDate(0, 0, int(today.Load())) }})
	for d := range 40 {
		today.Store(int64(d))
		appendFrame(t, s, frame(dated(d)))
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(files(t, s.opts.Dir)); n > 30 {
		t.Errorf("%d files for 40 days of ten rows", n)
	}
	cut := func(day int) store.Cutoff {
		at := column.FromTime(start.AddDate(0, 0, day).Truncate(24 * time.Hour))
		return store.Cutoff{Time: at, Arrived: at}
	}
	for d := 1; d < 40; d += 3 {
		if _, err := s.Expire(t.Context(), "soc", "T_CL", cut(d)); err != nil {
			t.Fatal(err)
		}
		if got := len(rowsOf(t, s, "T_CL")); got != 400-10*d {
			t.Fatalf("%d rows are left on day %d, want %d", got, d, 400-10*d)
		}
	}
	if r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: s.opts.Dir, Manifest: s.opts.Manifest}); err != nil || len(r.Problems) > 0 {
		t.Errorf("%+v %v", r, err)
	}
}
