package tables

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a service over a real store and state database, at a time of its own.
type bench struct {
	*Service
	t     *testing.T
	now   time.Time
	store *store.Store
	dir   string
	sent  int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: noon, dir: t.TempDir()}
	db, err := meta.Open(t.Context(), filepath.Join(b.dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	clock := func() time.Time { return b.now }
	if b.store, err = store.Open(t.Context(), store.Options{Dir: b.dir, Manifest: db, Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
	})
	b.Service = New(db, b.store, clock)
	return b
}

// add stores n rows of a table with a TimeGenerated, arriving now, in a part of their own.
func (b *bench) add(table string, at time.Time, n int) {
	b.t.Helper()
	r := store.Rows{Table: table, Batch: &column.Batch{N: n}, Cols: []schema.Column{
		{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "N", Type: schema.Long}, {Name: "_BilledSize", Type: schema.Real}, {Name: "_IsBillable", Type: schema.String}, {Name: "_src", Type: schema.String},
	}}
	for _, c := range r.Cols {
		r.Batch.Cols = append(r.Batch.Cols, column.New(c.Type, n))
	}
	for i := range n {
		for c, v := range []any{column.FromTime(at), int64(b.sent), 1000.0, "True", fmt.Sprintf("test/0/%d/0", b.sent)} {
			r.Batch.Cols[c].Append(v)
		}
		b.sent++
		_ = i
	}
	if _, err := b.store.Append(b.t.Context(), store.Frame{Workspace: "soc", Tables: []store.Rows{r}}); err != nil {
		b.t.Fatal(err)
	}
	if err := b.store.SealAll(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// held returns rows in sight and out of sight.
func (b *bench) held(table string) (hot, cold int64) {
	for _, st := range b.store.TableStats("soc") {
		if st.Table == table {
			return st.Rows, st.Cold.Rows
		}
	}
	return 0, 0
}

func (b *bench) look() {
	b.t.Helper()
	if err := b.apply(b.t.Context(), "soc", b.now, slog.New(slog.DiscardHandler)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) check(what, table string, hot, cold int64) {
	b.t.Helper()
	b.look()
	if h, c := b.held(table); h != hot || c != cold {
		b.t.Errorf("%s: %d rows in sight and %d out of sight, want %d and %d", what, h, c, hot, cold)
	}
}

// TestLifeOfRows follows the rows of a table through interactive and total retention, and a shortened one.
func TestLifeOfRows(t *testing.T) {
	b := newBench(t)
	if _, err := b.Set(t.Context(), "soc", "DeviceEvents", Change{Interactive: ptr(10), Total: ptr(40)}, "ada"); err != nil {
		t.Fatal(err)
	}
	for d := range 5 {
		b.now = noon.AddDate(0, 0, d)
		b.add("DeviceEvents", b.now, 10)
	}
	b.check("all young", "DeviceEvents", 50, 0)
	b.now = noon.AddDate(0, 0, 12)
	b.check("ten whole days", "DeviceEvents", 30, 20)
	p, err := b.Preview(t.Context(), "soc", "DeviceEvents", Change{Interactive: ptr(20)})
	if err != nil || p.Warms.Rows != 20 || p.Frees.Rows != 0 {
		t.Errorf("preview of a longer one: %+v, %v", p, err)
	}
	b.check("a preview changes nothing", "DeviceEvents", 30, 20)
	if _, err := b.Set(t.Context(), "soc", "DeviceEvents", Change{Interactive: ptr(20)}, "ada"); err != nil {
		t.Fatal(err)
	}
	b.check("back in sight", "DeviceEvents", 50, 0)
	b.now = noon.AddDate(0, 0, 43)
	b.check("forty whole days", "DeviceEvents", 0, 20)
	p, err = b.Set(t.Context(), "soc", "DeviceEvents", Change{Interactive: ptr(4), Total: ptr(4)}, "ada")
	if err != nil || p.Frees.Rows != 20 || p.Frees.Bytes == 0 || !p.FreesAt.Equal(b.now.AddDate(0, 0, 30)) {
		t.Errorf("preview of a shorter one: %+v, %v", p, err)
	}
	b.check("grace", "DeviceEvents", 0, 20)
}

// TestLateRowsStay keeps what was old already when it came for 30 days; the shorter retention of a table shortens that.
func TestLateRowsStay(t *testing.T) {
	b := newBench(t)
	b.add("Old_CL", noon.AddDate(-3, 0, 0), 5)
	b.check("just come", "Old_CL", 5, 0)
	b.now = noon.AddDate(0, 0, 29)
	b.check("29 days later", "Old_CL", 5, 0)
	b.now = noon.AddDate(0, 0, 31)
	b.check("31 days later", "Old_CL", 0, 0)
}

func TestShowAndForecast(t *testing.T) {
	b := newBench(t)
	for d := range 3 {
		b.add("DeviceEvents", noon.AddDate(0, 0, d-3), 100)
	}
	d, err := b.Show(t.Context(), "soc", "DeviceEvents")
	if err != nil {
		t.Fatal(err)
	}
	f := d.Forecast
	if d.Type != "Microsoft" || len(d.Columns) < 30 || len(d.Days) != 3 || f.RowsPerDay != 100 || f.BytesFull < 90*f.BytesPerDay || f.BytesPerDay == 0 {
		t.Errorf("%+v %+v", d.Table, f)
	}
	if _, err := b.Show(t.Context(), "soc", "Nope"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown table: %v", err)
	}
	list, err := b.List(t.Context(), "soc")
	if err != nil || len(list) < 29 {
		t.Errorf("%d tables, %v", len(list), err)
	}
	for _, x := range list {
		if (x.Name == "DeviceEvents") != (x.Forecast == f) {
			t.Errorf("the list says of %s: %+v", x.Name, x.Forecast)
		}
	}
}

// TestJumpingClockDeletesNothing sets the clock ahead and right again; a server that was off for months believes its clock
// after a day of running.
func TestJumpingClockDeletesNothing(t *testing.T) {
	b := newBench(t)
	b.add("DeviceEvents", noon, 10)
	var reports []health.Report
	ran := time.Minute
	restart := func() *Scheduler {
		return &Scheduler{Service: b.Service, Workspaces: []string{"soc"}, Logger: slog.New(slog.DiscardHandler),
			Report: func(r health.Report) { reports = append(reports, r) }, elapsed: func() time.Duration { return ran }}
	}
	s := restart()
	s.look(t.Context())
	b.now, ran = noon.AddDate(2, 0, 0), ran+15*time.Minute
	s.look(t.Context())
	if hot, _ := b.held("DeviceEvents"); hot != 10 || reports[len(reports)-1].Reason != "clock_jumped" {
		t.Errorf("%d rows are left, reports %+v", hot, reports)
	}
	b.now, ran = noon.Add(time.Hour), ran+15*time.Minute
	s.look(t.Context())
	if r := reports[len(reports)-1]; r.Status != health.OK {
		t.Errorf("the clock is right again: %+v", r)
	}
	s, b.now = restart(), noon.AddDate(0, 6, 0)
	for h := range 25 {
		s.look(t.Context())
		if hot, cold := b.held("DeviceEvents"); (hot+cold == 0) != (h == 24) {
			t.Fatalf("after %d hours %d rows are left", h, hot+cold)
		}
		b.now, ran = b.now.Add(time.Hour), ran+time.Hour
	}
}

// TestUsage counts what came in by the hour of its arrival: once, whatever happens in between, and nothing of the hour that runs.
func TestUsage(t *testing.T) {
	b := newBench(t)
	b.add("DeviceEvents", noon, 10)
	b.now = noon.Add(30 * time.Minute)
	b.add("DeviceEvents", noon.AddDate(0, 0, -2), 5) // late
	b.add("My_CL", noon, 7)
	usage := func() []string {
		t.Helper()
		for range 2 {
			if err := b.Usage(t.Context(), "soc"); err != nil {
				t.Fatal(err)
			}
		}
		snap := b.store.Snapshot("soc")
		defer snap.Close()
		r, err := snap.Scan(t.Context(), store.ScanSpec{Table: "Usage", Columns: []string{"StartTime", "DataType", "RecordCount", "Quantity", "IsBillable"}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var out []string
		for {
			batch, err := r.Next(t.Context())
			if err != nil {
				break
			}
			for i := range batch.N {
				at := column.ToTime(batch.Cols[0].Ints[i]).Format("15:04")
				out = append(out, fmt.Sprintf("%s %v %v %v %v", at, batch.Cols[1].Value(i), batch.Cols[2].Value(i), batch.Cols[3].Value(i), batch.Cols[4].Value(i)))
			}
		}
		slices.Sort(out)
		return out
	}
	if got := usage(); len(got) != 0 {
		t.Errorf("in the middle of the hour: %v", got)
	}
	b.now = noon.Add(61 * time.Minute)
	first := []string{"12:00 DeviceEvents 15 0.015 true", "12:00 My_CL 7 0.007 true"}
	if d := cmp.Diff(first, usage()); d != "" {
		t.Error(d)
	}
	b.now = noon.Add(3 * time.Hour)
	b.add("My_CL", noon, 1)
	b.now = noon.Add(5 * time.Hour)
	if d := cmp.Diff(append(slices.Clone(first), "15:00 My_CL 1 0.001 true"), usage()); d != "" {
		t.Error(d)
	}
}

// TestJobs brings old rows back, keeps a result, and lets both go after 30 days.
func TestJobs(t *testing.T) {
	b := newBench(t)
	if _, err := b.Set(t.Context(), "soc", "DeviceEvents", Change{Interactive: ptr(5), Total: ptr(400)}, "ada"); err != nil {
		t.Fatal(err)
	}
	b.add("DeviceEvents", noon, 10)
	b.now = noon.AddDate(0, 0, 100)
	b.check("cold", "DeviceEvents", 0, 10)
	name, a, err := b.Restore(t.Context(), "soc", "DeviceEvents", "", noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1), "ada")
	if err != nil || name != "DeviceEvents_RST" || a.Rows != 10 {
		t.Fatalf("%s %+v %v", name, a, err)
	}
	batch := &column.Batch{N: 2, Cols: []*column.Vector{column.New(schema.Long, 2)}}
	batch.Cols[0].Append(int64(1))
	batch.Cols[0].Append(int64(2))
	if n, err := b.Keep(t.Context(), "soc", "Found_SRCH", "T", "ada", []schema.Column{{Name: "N", Type: schema.Long}}, []*column.Batch{batch}); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	b.now = noon.AddDate(0, 0, 129)
	b.check("restored, 29 days", "DeviceEvents_RST", 10, 0)
	b.check("found, 29 days", "Found_SRCH", 2, 0)
	for code, f := range map[string]func() error{
		"restore_name": func() error {
			_, _, err := b.Restore(t.Context(), "soc", "DeviceEvents", "X", noon, b.now, "ada")
			return err
		},
		"restore_range": func() error {
			_, _, err := b.Restore(t.Context(), "soc", "DeviceEvents", "", b.now, noon, "ada")
			return err
		},
		"restore_source": func() error {
			_, _, err := b.Restore(t.Context(), "soc", "DeviceEvents_RST", "", noon, b.now, "ada")
			return err
		},
		"table_taken":  func() error { return b.SearchTable("soc", "Found_SRCH") },
		"search_name":  func() error { return b.SearchTable("soc", "Found") },
		"drop_refused": func() error { _, err := b.Drop(t.Context(), "soc", "DeviceEvents", "ada"); return err },
	} {
		if err := f(); fault.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	if err := b.store.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.now = noon.AddDate(0, 0, 131)
	b.check("restored, 31 days", "DeviceEvents_RST", 0, 0)
	b.check("found, 31 days", "Found_SRCH", 0, 0)
	b.check("where it came from", "DeviceEvents", 0, 10)
}
