package store_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// eventually waits for what the background work must do.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s: not within 5 seconds", what)
}

func TestWhenTablesAreSealed(t *testing.T) {
	var ahead atomic.Int64
	for name, c := range map[string]struct {
		opts   store.Options
		frames int
	}{
		"rows":   {store.Options{SealRows: 100}, 10},
		"bytes":  {store.Options{SealBytes: 20_000}, 20},
		"memory": {store.Options{TailBytes: 20_000}, 20},
		"age":    {store.Options{SealAge: time.Hour, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.opts)
			for i := range c.frames {
				appendFrame(t, s, frame(events("T_CL", i*10, 10)))
			}
			if name == "age" {
				ahead.Store(int64(time.Hour))
			}
			eventually(t, "seal", func() bool { return s.Stats().Seals > 0 })
			same(t, want(0, c.frames*10), rowsOf(t, s, "T_CL", allColumns...))
		})
	}
}

func TestJournalIsCut(t *testing.T) {
	s := open(t, store.Options{SegmentBytes: 4000, JournalBytes: 20_000})
	appendFrame(t, s, covered(frame(events("Rare_CL", 0, 1)), 0, 1))
	for i := 1; i < 100; i++ {
		appendFrame(t, s, covered(frame(events("T_CL", i*10, 10)), i, i+1))
	}
	eventually(t, "cut", func() bool { return s.Stats().JournalBytes < 25_000 })
	s = s.reopen(t)
	if next, _ := s.Next("soc", "hub/test", 0); next != 100 {
		t.Errorf("next is %d", next)
	}
	same(t, want(10, 990), rowsOf(t, s, "T_CL", allColumns...))
	same(t, want(0, 1), rowsOf(t, s, "Rare_CL", allColumns...))
}

// slow is a manifest whose commits wait until they are let go.
type slow struct {
	manifest.Manifest
	gate chan struct{}
}

func (m *slow) Commit(ctx context.Context, c manifest.Change) error {
	<-m.gate
	return m.Manifest.Commit(ctx, c)
}

func TestAppendWaitsWhileTooMuchIsUnsealed(t *testing.T) {
	m := &slow{Manifest: manifest.NewMemory(), gate: make(chan struct{})}
	s := open(t, store.Options{Manifest: m, TailBytes: 10_000, MaxTailBytes: 20_000})
	var stored atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 60 {
			if _, err := s.Append(context.Background(), frame(events("T_CL", i*10, 10))); err != nil {
				t.Error(err)
				return
			}
			stored.Add(1)
		}
	})
	eventually(t, "wait", func() bool { return s.Stats().Waits > 0 })
	n := stored.Load()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, frame(events("T_CL", 9999, 1))); !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an Append that may not wait gave %v", err)
	}
	if got := stored.Load(); got != n || n >= 60 {
		t.Errorf("%d frames, then %d, were stored while nothing was sealed", n, got)
	}
	close(m.gate)
	wg.Wait()
	same(t, want(0, 600), rowsOf(t, s, "T_CL", allColumns...))
}

// failing is a manifest whose next commits fail: before they are durable, or after.
type failing struct {
	manifest.Manifest
	before, after error
}

func (m *failing) Commit(ctx context.Context, c manifest.Change) error {
	if m.before != nil {
		return m.before
	}
	return errors.Join(m.Manifest.Commit(ctx, c), m.after)
}

func TestFailedCommits(t *testing.T) {
	m := &failing{Manifest: manifest.NewMemory()}
	var fatal atomic.Int64
	s := open(t, store.Options{Manifest: m, Fatal: func(error) { fatal.Add(1) }})
	appendFrame(t, s, frame(events("T_CL", 0, 10)))

	m.before = errors.New("the disk is full")
	if err := s.SealAll(t.Context()); !errors.Is(err, m.before) {
		t.Errorf("sealing gave %v", err)
	}
	if n := len(files(t, s.opts.Dir)); n != 0 {
		t.Errorf("%d files are left of a seal that failed", n)
	}
	same(t, want(0, 10), rowsOf(t, s, "T_CL", allColumns...))

	m.before, m.after = nil, errors.New("the answer was lost")
	if err := s.SealAll(t.Context()); err != nil {
		t.Errorf("a commit that did happen gave %v", err)
	}
	m.after = nil
	appendFrame(t, s, frame(events("T_CL", 10, 10)))
	same(t, want(0, 20), rowsOf(t, s, "T_CL", allColumns...))
	if fatal.Load() != 0 {
		t.Error("storage failed")
	}

	m.before = manifest.ErrFenced
	if err := s.SealAll(t.Context()); err == nil {
		t.Error("a replaced writer may seal")
	}
	if _, err := s.Append(t.Context(), frame(events("T_CL", 20, 1))); !errors.Is(err, store.ErrFailed) || fault.CodeOf(err) != "storage_failed" {
		t.Errorf("a replaced writer may append: %v", err)
	}
	if fatal.Load() != 1 {
		t.Errorf("Fatal was called %d times", fatal.Load())
	}
	m.before = nil
	s = s.reopen(t)
	same(t, want(0, 20), rowsOf(t, s, "T_CL", allColumns...))
}

func TestOneProcessPerDirectory(t *testing.T) {
	s := open(t, store.Options{})
	if _, err := store.Open(t.Context(), s.opts); fault.CodeOf(err) != "data_dir_locked" {
		t.Errorf("a second Open gave %v", err)
	}
}

// TestPruning writes several row groups and days and counts what scans of a part of the time read.
func TestPruning(t *testing.T) {
	s := open(t, store.Options{SealRows: 1 << 30, SealBytes: 1 << 40})
	const n = 300_000
	for from := 0; from < n; from += 50_000 {
		cols := []schema.Column{{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "N", Type: schema.Long}, {Name: "_src", Type: schema.String}}
		b := column.NewBatch(50_000, schema.Datetime, schema.Long, schema.String)
		b.N = 50_000
		for i := range b.N {
			k := from + i
			b.Cols[0].AppendInt(column.FromTime(start) + int64(n-k)*column.Second/10)
			b.Cols[1].AppendInt(int64(k))
			b.Cols[2].AppendString(src(k))
		}
		appendFrame(t, s, frame(store.Rows{Table: "T_CL", Cols: cols, Batch: b}))
	}
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot("soc")
	defer snap.Close()
	parts := snap.Parts("T_CL")
	if len(parts) != 1 || parts[0].Rows != n || parts[0].Day != "2026-03-14" {
		t.Fatalf("parts: %+v", parts)
	}
	var hours int64
	for _, h := range parts[0].Hours {
		hours += h.Rows
	}
	if hours != n {
		t.Errorf("the hours of the part have %d rows", hours)
	}
	first := column.FromTime(start)
	for _, c := range []struct {
		min, max int64
		rows     int
	}{
		{0, 0, n},
		{first, first + 10*column.Second, 122_880},
		{first + n*column.Second/10, first + n*column.Second, n - 2*122_880},
		{first + 2*n*column.Second, 0, 0},
	} {
		if got := len(scan(t, snap, store.ScanSpec{Table: "T_CL", MinTime: c.min, MaxTime: c.max, Columns: []string{"N"}})); got != c.rows {
			t.Errorf("%d rows were read, want %d", got, c.rows)
		}
		if got := len(scan(t, snap, store.ScanSpec{Table: "T_CL", MinTime: c.min, MaxTime: c.max})); got != c.rows {
			t.Errorf("%d rows were counted, want %d", got, c.rows)
		}
	}
}

// TestMerging seals many small parts over some days and merges them: few files, one day each, the same rows.
func TestMerging(t *testing.T) {
	var days atomic.Int64 // that have passed
	s := open(t, store.Options{Now: func() time.Time { return start.AddDate(0, 0, int(days.Load())) }})
	const seals, rows = 40, 90
	var lines []string
	for i := range seals {
		r := events("T_CL", i*rows, rows)
		for k := range rows {
			r.Batch.Cols[0].Ints[k] = column.FromTime(start.AddDate(0, 0, -k%3).Add(-time.Duration(k) * time.Minute))
			lines = append(lines, fmt.Sprintf("%d|%d", r.Batch.Cols[0].Ints[k], i*rows+k))
		}
		appendFrame(t, s, frame(r))
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	days.Store(3)
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, lines, rowsOf(t, s, "T_CL", "TimeGenerated", "N"))
	snap := s.Snapshot("soc")
	defer snap.Close()
	byDay := map[string]int{}
	for _, p := range snap.Parts("T_CL") {
		byDay[p.Day]++
		if p.Day == "" {
			continue
		}
		for _, at := range []int64{p.MinTime, p.MaxTime} {
			if got := column.ToTime(at).Format(time.DateOnly); got != p.Day {
				t.Errorf("the file of %s has a row of %s", p.Day, got)
			}
		}
	}
	for day, n := range byDay {
		if day != "" && n > 4 || n > 8 {
			t.Errorf("%d files of day %q", n, day)
		}
	}
	if len(files(t, s.opts.Dir)) != len(snap.Parts("T_CL")) {
		t.Errorf("files are left over: %v", files(t, s.opts.Dir))
	}
	if r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: s.opts.Dir, Manifest: s.opts.Manifest}); err != nil || len(r.Problems) > 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

func TestStatsComeBackAfterAStart(t *testing.T) {
	now := start.Add(30 * time.Hour)
	s := open(t, store.Options{Now: func() time.Time { return now }})
	appendFrame(t, s, frame(events("T_CL", 0, 500)))
	before, hours := s.TableStats("soc"), s.RowsByHour("soc", "T_CL")
	if len(before) != 1 || before[0].Rows != 500 || before[0].Rows24h == 0 || before[0].Rows24h >= 500 || before[0].LastIngested != column.FromTime(now) {
		t.Errorf("stats: %+v", before)
	}
	var sum int64
	for _, h := range hours {
		sum += h.Rows
	}
	if sum != before[0].Rows24h || len(hours) != 24 || !hours[23].Start.Equal(now.Truncate(time.Hour)) {
		t.Errorf("%d rows by hour, %d in 24 hours: %v", sum, before[0].Rows24h, hours)
	}
	for _, seal := range []bool{false, true} {
		if seal {
			if err := s.SealAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s = s.reopen(t)
		after := s.TableStats("soc")[0]
		if after.Rows24h != before[0].Rows24h || after.LastTime != before[0].LastTime || after.LastIngested != before[0].LastIngested || after.Rows != 500 {
			t.Errorf("sealed %v: %+v, before %+v", seal, after, before[0])
		}
		if got := s.RowsByHour("soc", "T_CL"); !slices.Equal(got, hours) {
			t.Errorf("sealed %v: by hour %v, before %v", seal, got, hours)
		}
	}
}

func TestOrphansAreRemoved(t *testing.T) {
	s := open(t, store.Options{})
	appendFrame(t, s, frame(events("T_CL", 0, 10)))
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s.Store)
	stray := filepath.Join(s.opts.Dir, "tables", "soc", "T_CL", "mixed-00.parquet")
	write(t, stray, "half a file")
	s = open(t, s.opts)
	if got := files(t, s.opts.Dir); len(got) != 1 || got[0] == stray {
		t.Errorf("files: %v", got)
	}
}

// TestUnknownCommit lets a commit take effect only after the store was told that nobody knows.
func TestUnknownCommit(t *testing.T) {
	m := &failing{Manifest: manifest.NewMemory(), after: manifest.ErrUnknown}
	var fatal atomic.Int64
	s := open(t, store.Options{Manifest: m, Fatal: func(error) { fatal.Add(1) }})
	appendFrame(t, s, frame(events("T_CL", 0, 10)))
	if err := s.SealAll(t.Context()); !errors.Is(err, manifest.ErrUnknown) || fatal.Load() != 1 {
		t.Errorf("sealing gave %v, Fatal was called %d times", err, fatal.Load())
	}
	m.after = nil
	s = s.reopen(t)
	same(t, want(0, 10), rowsOf(t, s, "T_CL", allColumns...))
}

func TestExpire(t *testing.T) {
	s := open(t, store.Options{})
	day := func(d int) store.Rows {
		r := events("T_CL", d*10, 10)
		for i := range r.Batch.Cols[0].Ints {
			r.Batch.Cols[0].Ints[i] = column.FromTime(start.AddDate(0, 0, d))
		}
		return r
	}
	for d := range 3 {
		appendFrame(t, s, frame(day(d)))
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	snap := s.Snapshot("soc")
	cut := store.Cutoff{Time: column.FromTime(start.AddDate(0, 0, 2)), Arrived: math.MaxInt64}
	if a := s.Past("soc", "T_CL", store.Cutoff{Time: cut.Time}); a.Rows != 0 {
		t.Errorf("%d rows are past an age that they have not had here", a.Rows)
	}
	preview := s.Past("soc", "T_CL", cut)
	a, err := s.Expire(t.Context(), "soc", "T_CL", cut)
	if err != nil || a.Rows != 20 || a.Parts != 2 || a != preview {
		t.Errorf("%+v went, %v; foretold was %+v", a, err, preview)
	}
	if got := len(scan(t, snap, store.ScanSpec{Table: "T_CL"})); got != 30 {
		t.Errorf("a snapshot from before has %d rows", got)
	}
	snap.Close()
	if got := len(rowsOf(t, s, "T_CL")); got != 10 || len(files(t, s.opts.Dir)) != 1 {
		t.Errorf("%d rows are left in %v", got, files(t, s.opts.Dir))
	}
	if a, err := s.Expire(t.Context(), "soc", "Nothing_CL", cut); a.Rows != 0 || err != nil {
		t.Errorf("an unknown table: %+v, %v", a, err)
	}
}

func TestFullDiskRefusesRows(t *testing.T) {
	s := open(t, store.Options{MinFree: 1 << 62})
	_, err := s.Append(t.Context(), frame(events("T_CL", 0, 1)))
	if fault.CodeOf(err) != "disk_full" || !fault.Retryable(err) {
		t.Errorf("got %v", err)
	}
}
