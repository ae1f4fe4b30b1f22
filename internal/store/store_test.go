package store_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); os.Getenv("VEDETTE_SOAK") == "" && checks.Value.String() == checks.DefValue {
		if err := checks.Value.Set("30"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

var start = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

// checked is an allocator that knows what was not freed.
type checked struct{ *mallocator.Mallocator }

func newChecked(t testing.TB) *checked {
	a := &checked{mallocator.NewMallocator()}
	t.Cleanup(func() {
		if n := a.AllocatedBytes(); n != 0 {
			t.Errorf("%d bytes of blocks were not freed", n)
		}
	})
	return a
}

var _ memory.Allocator = (*checked)(nil)

type testStore struct {
	*store.Store
	opts store.Options
}

// open opens a store and closes it at the end of the test, unless it was before.
func open(t testing.TB, o store.Options) *testStore {
	t.Helper()
	if o.Alloc == nil {
		o.Alloc = newChecked(t)
	}
	if o.Manifest == nil {
		o.Manifest = manifest.NewMemory()
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return &testStore{s, o}
}

func (s *testStore) reopen(t testing.TB) *testStore {
	t.Helper()
	closeStore(t, s.Store)
	return open(t, s.opts)
}

func closeStore(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("closing the store: %v", err)
	}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// events makes n rows of a table, numbered from first in column N and in their provenance, with all types and some nulls.
func events(table string, first, n int) store.Rows {
	cols := []schema.Column{
		{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "N", Type: schema.Long}, {Name: "DeviceName", Type: schema.String},
		{Name: "Flag", Type: schema.Bool}, {Name: "Score", Type: schema.Real}, {Name: "Extra", Type: schema.Dynamic},
		{Name: "Id", Type: schema.Guid}, {Name: "Span", Type: schema.Timespan}, {Name: "Small", Type: schema.Int}, {Name: "_src", Type: schema.String},
	}
	b := &column.Batch{N: n}
	for _, c := range cols {
		b.Cols = append(b.Cols, column.New(c.Type, n))
	}
	for i := range n {
		k := first + i
		null := func(v any, every int) any {
			if k%every == 0 {
				return nil
			}
			return v
		}
		at := column.FromTime(start.Add(time.Duration(k*7919%86400) * time.Second))
		for c, v := range []any{
			at, int64(k), null(fmt.Sprintf("dc%d.contoso.com", k%5), 3), null(k%2 == 0, 4), null(float64(k)/8, 5),
			null(column.Raw(fmt.Sprintf(`{"k":%d,"s":"é"}`, k)), 2), null(uuid.UUID{1, byte(k)}, 6), int64(k) * column.Second, null(int64(k%100), 9),
			src(k),
		} {
			b.Cols[c].Append(v)
		}
	}
	return store.Rows{Table: table, Cols: cols, Batch: b}
}

func src(k int) string { return fmt.Sprintf("hub/test/0/%d/0", k) }

func frame(tables ...store.Rows) store.Frame { return store.Frame{Workspace: "soc", Tables: tables} }

func covered(f store.Frame, first, next int) store.Frame {
	f.Covers = append(f.Covers, store.Range{Source: "hub/test", First: int64(first), Next: int64(next)})
	return f
}

func appendFrame(t testing.TB, s *testStore, f store.Frame) uint64 {
	t.Helper()
	seq, err := s.Append(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// rowsOf reads a table as printed rows, sorted.
func rowsOf(t testing.TB, s *testStore, table string, cols ...string) []string {
	t.Helper()
	snap := s.Snapshot("soc")
	defer snap.Close()
	return scan(t, snap, store.ScanSpec{Table: table, Columns: cols})
}

func scan(t testing.TB, snap *store.Snapshot, spec store.ScanSpec) []string {
	t.Helper()
	r, err := snap.Scan(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var out []string
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			var line []string
			for _, c := range b.Cols {
				line = append(line, fmt.Sprint(c.Value(i)))
			}
			out = append(out, strings.Join(line, "|"))
		}
	}
}

var allColumns = []string{"TimeGenerated", "N", "DeviceName", "Flag", "Score", "Extra", "Id", "Span", "Small", "_ItemId", "_src"}

// want prints rows [first, first+n) as rowsOf reads them.
func want(first, n int) []string {
	r := events("X", first, n)
	var out []string
	for i := range n {
		var line []string
		for _, name := range allColumns {
			if name == "_ItemId" {
				line = append(line, store.ItemID(src(first+i)))
				continue
			}
			k := slices.IndexFunc(r.Cols, func(c schema.Column) bool { return c.Name == name })
			line = append(line, fmt.Sprint(r.Batch.Cols[k].Value(i)))
		}
		out = append(out, strings.Join(line, "|"))
	}
	slices.Sort(out)
	return out
}

func same(t testing.TB, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
}

func TestRowsSurviveEveryForm(t *testing.T) {
	s := open(t, store.Options{})
	for i := range 30 {
		appendFrame(t, s, covered(frame(events("Custom_CL", i*10, 10), events("DeviceEvents", i*10, 1)), i*10, i*10+10))
	}
	check := func(form string) {
		t.Helper()
		same(t, want(0, 300), rowsOf(t, s, "Custom_CL", allColumns...))
		if n := len(rowsOf(t, s, "DeviceEvents", "Timestamp", "DeviceName")); n != 30 {
			t.Errorf("%s: DeviceEvents has %d rows, want 30", form, n)
		}
		if next, ok := s.Next("soc", "hub/test", 0); next != 300 || !ok {
			t.Errorf("%s: next is %d, %v", form, next, ok)
		}
	}
	check("tail")
	s = s.reopen(t)
	check("journal")
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("parts")
	if st := s.Stats(); st.UnsealedRows != 0 || st.UnsealedBytes != 0 || st.PartRows != 330 {
		t.Errorf("after sealing: %+v", st)
	}
	s = s.reopen(t)
	check("parts after a start")
	appendFrame(t, s, covered(frame(events("Custom_CL", 300, 10)), 300, 310))
	same(t, want(0, 310), rowsOf(t, s, "Custom_CL", allColumns...))
	s = s.reopen(t)
	same(t, want(0, 310), rowsOf(t, s, "Custom_CL", allColumns...))
}

func TestGuard(t *testing.T) {
	s := open(t, store.Options{})
	f := func(first, next int) store.Frame {
		return covered(frame(events("T_CL", first, next-first)), first, next)
	}
	try := func(f store.Frame, want error, code string) {
		t.Helper()
		if _, err := s.Append(t.Context(), f); !errors.Is(err, want) || err != nil && fault.CodeOf(err) != code {
			t.Errorf("Append gave %v, want %v with code %s", err, want, code)
		}
	}
	try(f(100, 110), nil, "") // a new source may begin anywhere
	try(f(100, 110), store.ErrDuplicate, "range_duplicate")
	try(f(90, 100), store.ErrDuplicate, "range_duplicate")
	try(f(105, 115), store.ErrOverlap, "range_overlap")
	try(f(111, 120), store.ErrGap, "range_gap")
	mixed := f(110, 120)
	mixed.Covers = append(mixed.Covers, store.Range{Source: "hub/test", Partition: 1, First: 5, Next: 6})
	try(mixed, nil, "")
	mixed.Covers[0] = store.Range{Source: "hub/test", First: 120, Next: 130}
	try(mixed, store.ErrOverlap, "range_overlap")
	gap := f(130, 140)
	gap.Gaps = []store.Gap{{Source: "hub/test", From: 120, To: 130, Reason: "retention"}}
	try(gap, nil, "")
	if n := len(rowsOf(t, s, "T_CL")); n != 30 {
		t.Errorf("%d rows, want 30", n)
	}
	same(t, []string{"hub/test|0|120|130|retention"}, rowsOf(t, s, store.GapTable, "Source", "Partition", "From", "To", "Reason"))
	s = s.reopen(t)
	if got := s.Positions("soc", "hub/test"); !maps.Equal(got, map[int32]int64{0: 140, 1: 6}) {
		t.Errorf("positions after a start: %v", got)
	}
	if next, ok := s.Next("other", "hub/test", 0); ok {
		t.Errorf("another workspace has the position %d", next)
	}
}

func TestSnapshotStaysAsItWas(t *testing.T) {
	s := open(t, store.Options{})
	appendFrame(t, s, frame(events("T_CL", 0, 50)))
	tail := s.Snapshot("soc")
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	var parts []*store.Snapshot
	for i := 1; i < 12; i++ {
		parts = append(parts, s.Snapshot("soc"))
		appendFrame(t, s, frame(events("T_CL", i*50, 50)))
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.Stats().Parts; n > 5 {
		t.Errorf("%d parts after compaction", n)
	}
	spec := store.ScanSpec{Table: "T_CL", Columns: allColumns}
	same(t, want(0, 50), scan(t, tail, spec))
	for i, p := range parts {
		same(t, want(0, 50*(i+1)), scan(t, p, spec))
		p.Close()
		p.Close()
	}
	tail.Close()
	same(t, want(0, 600), rowsOf(t, s, "T_CL", allColumns...))
	if got, listed := files(t, s.opts.Dir), int(s.Stats().Parts); len(got) != listed {
		t.Errorf("%d files for %d parts: %v", len(got), listed, got)
	}
}

func TestConcurrentAppendsAndSnapshots(t *testing.T) {
	s := open(t, store.Options{SealRows: 500, SegmentBytes: 64 << 10, JournalBytes: 128 << 10})
	const writers, frames, rows = 4, 40, 7
	var wg sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			for i := range frames {
				f := frame(events("T_CL", (w*frames+i)*rows, rows), events(fmt.Sprintf("W%d_CL", w), i*rows, rows))
				f.Covers = []store.Range{{Source: "w", Partition: int32(w), First: int64(i), Next: int64(i + 1)}}
				if _, err := s.Append(context.Background(), f); err != nil {
					t.Error(err)
					return
				}
				if _, err := s.Append(context.Background(), f); !errors.Is(err, store.ErrDuplicate) {
					t.Errorf("the second time: %v", err)
				}
			}
		})
	}
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			last := 0
			for {
				select {
				case <-done:
					return
				default:
				}
				snap := s.Snapshot("soc")
				n, split := int(snap.Rows("T_CL")), 0
				for w := range writers {
					split += int(snap.Rows(fmt.Sprintf("W%d_CL", w)))
				}
				if got := len(scanIf(t, snap, "T_CL")); n < last || n != split || n%rows != 0 || got != n {
					t.Errorf("a snapshot has %d rows after %d, %d in the other tables, %d read", n, last, split, got)
				}
				last = n
				snap.Close()
			}
		})
	}
	wg.Wait()
	close(done)
	readers.Wait()
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, want(0, writers*frames*rows), rowsOf(t, s, "T_CL", allColumns...))
	s = s.reopen(t)
	same(t, want(0, writers*frames*rows), rowsOf(t, s, "T_CL", allColumns...))
}

// scanIf reads a table unless it has no rows: its columns come before them, one after the other.
func scanIf(t testing.TB, snap *store.Snapshot, table string) []string {
	if snap.Rows(table) == 0 {
		return nil
	}
	return scan(t, snap, store.ScanSpec{Table: table, Columns: []string{"N"}})
}
