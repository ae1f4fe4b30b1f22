package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ws    = "w1"
	table = "DeviceTvmSoftwareInventory"
)

var (
	errMany = errors.New("too many")
	errNone = errors.New("no such table")
)

// tenant has rows in one table; a part is those whose number leaves the part as remainder.
type tenant struct {
	mu    sync.Mutex
	rows  []string
	most  int
	fail  int // the call of Part that fails, counted from 1
	parts []string
}

func (f *tenant) Count(_ context.Context, name string) (int64, error) {
	if name != table {
		return 0, errNone
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.rows)), nil
}

func (f *tenant) Part(_ context.Context, _, by string, part, of int) ([]map[string]json.RawMessage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.parts = append(f.parts, fmt.Sprintf("%s %d/%d", by, part, of))
	if len(f.parts) == f.fail {
		return nil, errors.New("throttled")
	}
	var out []map[string]json.RawMessage
	for i, text := range f.rows {
		if i%of == part {
			var r map[string]json.RawMessage
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	if len(out) > f.most {
		return nil, errMany
	}
	return out, nil
}

type keeper struct {
	mu   sync.Mutex
	all  map[string]model.Snapshot
	hear func(model.Snapshot)
}

func (k *keeper) SaveSnapshot(_ context.Context, _ string, s model.Snapshot) error {
	k.mu.Lock()
	k.all[s.Table] = s
	k.mu.Unlock()
	if k.hear != nil {
		k.hear(s)
	}
	return nil
}

func (k *keeper) Snapshots(context.Context, string) ([]model.Snapshot, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []model.Snapshot
	for _, s := range k.all {
		out = append(out, s)
	}
	return out, nil
}

type world struct {
	t      *testing.T
	st     *store.Store
	tenant *tenant
	keeper *keeper
	board  *health.Board
	now    time.Time
	events []string
	*Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	mem := manifest.NewMemory()
	st, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(t.TempDir(), "data"), Manifest: mem})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, st: st, tenant: &tenant{most: 1000}, keeper: &keeper{all: map[string]model.Snapshot{}}, board: &health.Board{}, now: time.Date(2026, 7, 18, 12, 0, 0, 0, time.UTC)}
	w.start()
	return w
}

// start makes the service anew, as a restart does.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.Service, err = New(w.t.Context(), Config{
		Store: w.st, Keeper: w.keeper, Board: w.board, Now: func() time.Time { return w.now },
		TooMany: func(err error) bool { return errors.Is(err, errMany) }, Missing: func(err error) bool { return errors.Is(err, errNone) },
		Events: func(_ context.Context, _, table string, from, to time.Time) (int64, error) {
			w.events = append(w.events, fmt.Sprintf("%s %s-%s", table, from.Format("02T15:04"), to.Format("02T15:04")))
			return 2, nil
		},
	}, Workspace{ID: ws, Tenant: w.tenant, Intake: ingest.NewIntake(ws, w.st.Catalog(ws)), Wanted: func() bool { return true }})
	if err != nil {
		w.t.Fatal(err)
	}
}

// run runs until nothing is due.
func (w *world) run() {
	w.t.Helper()
	for {
		wk, j := w.next()
		if j == nil {
			return
		}
		w.once(w.t.Context(), wk, j)
		w.tell(wk)
	}
}

func (w *world) job(name string) model.Snapshot {
	w.t.Helper()
	for _, j := range w.List(ws) {
		if j.Table == name {
			return j
		}
	}
	w.t.Fatalf("no snapshot of %s", name)
	return model.Snapshot{}
}

// stored returns the values of a column, with the rows' time, sorted.
func (w *world) stored(col string) []string {
	w.t.Helper()
	snap := w.st.Snapshot(ws)
	defer snap.Close()
	if _, ok := snap.Catalog().Table(table); !ok {
		return nil
	}
	r, err := snap.Scan(w.t.Context(), store.ScanSpec{Table: table, Columns: []string{col, store.TimeColumn}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var out []string
	for {
		b, err := r.Next(w.t.Context())
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		}
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range b.N {
			out = append(out, fmt.Sprintf("%v@%s", b.Cols[0].Value(i), column.ToTime(b.Cols[1].Ints[i]).UTC().Format("02T15:04")))
		}
	}
}

func software(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"DeviceId":"d%03d","SoftwareName":"s%03d","EndOfSupportDate":"2027-01-01T00:00:00.0000000Z"}`, i, i)
	}
	return out
}

// Every run has the whole table under its own time, and what the tenant does not know is no failure.
func TestStateByTheDay(t *testing.T) {
	w := newWorld(t)
	w.tenant.rows = software(3)
	w.run()
	if got := w.stored("SoftwareName"); got != nil {
		t.Errorf("fetched before its time: %v", got)
	}
	w.now = w.now.Add(6 * time.Minute)
	w.run()
	if diff := cmp.Diff([]string{"s000@18T12:06", "s001@18T12:06", "s002@18T12:06"}, w.stored("SoftwareName")); diff != "" {
		t.Error(diff)
	}
	j := w.job(table)
	if j.State != model.SnapshotDone || j.Rows != 3 || !j.Next.Equal(w.now.Add(Daily)) {
		t.Errorf("after the run: %+v", j)
	}
	if j := w.job("DeviceTvmHardwareFirmware"); j.State != model.SnapshotUnavailable || j.Problem == "" {
		t.Errorf("a table that the tenant does not know: %+v", j)
	}
	if r := w.board.All(); len(r) != 1 || r[0].Status != health.OK {
		t.Errorf("health %+v", r)
	}
	w.tenant.rows = w.tenant.rows[1:]
	w.now = w.now.Add(25 * time.Hour)
	w.start()
	w.run()
	if diff := cmp.Diff([]string{"s000@18T12:06", "s001@18T12:06", "s001@19T13:06", "s002@18T12:06", "s002@19T13:06"}, w.stored("SoftwareName")); diff != "" {
		t.Error(diff)
	}
}

// A run that breaks off goes on under the same time, and no row is there twice.
func TestGoesOnWithoutDoubles(t *testing.T) {
	w := newWorld(t)
	w.tenant.rows, w.tenant.most, w.tenant.fail = software(40), 10, 5
	w.now = w.now.Add(6 * time.Minute)
	w.run()
	if j := w.job(table); j.State != model.SnapshotFailed || j.Problem == "" {
		t.Fatalf("after a throttled query: %+v", j)
	}
	if r := w.board.All(); len(r) != 1 || r[0].Reason != "snapshot_failed" || !strings.Contains(r[0].Description, table) {
		t.Errorf("health %+v", r)
	}
	part := len(w.stored("SoftwareName"))
	if part == 0 || part == 40 {
		t.Fatalf("%d rows: the test must break off in the middle", part)
	}
	w.now = w.now.Add(retryAfter)
	w.start() // killed meanwhile
	w.run()
	got := w.stored("SoftwareName")
	if len(got) != 40 || len(slices.Compact(got)) != 40 || !strings.HasSuffix(got[0], "@18T12:06") {
		t.Errorf("%d rows: %v", len(got), got)
	}
	if j := w.job(table); j.State != model.SnapshotDone {
		t.Errorf("in the end: %+v", j)
	}
	if r := w.board.All(); r[0].Status != health.OK {
		t.Errorf("health %+v", r)
	}
	if !slices.Contains(w.tenant.parts, "DeviceId 3/4") {
		t.Errorf("asked for %v", w.tenant.parts)
	}
}

// A row's own time stays beside that of the run, an identical row is one, and a part that cannot be divided says so.
func TestOddRows(t *testing.T) {
	w := newWorld(t)
	w.tenant.rows = []string{
		`{"DeviceId":"a","Timestamp":"2026-07-01T00:00:00.0000000Z"}`, `{"DeviceId":"a","Timestamp":"2026-07-01T00:00:00.0000000Z"}`,
	}
	w.now = w.now.Add(6 * time.Minute)
	w.run()
	if got := w.stored("RowTimestamp"); len(got) != 1 || !strings.HasSuffix(got[0], "@18T12:06") || strings.HasPrefix(got[0], "<nil>") {
		t.Errorf("stored %v", got)
	}
	w.tenant.most = 0
	if err := w.Start(t.Context(), ws, table); err != nil {
		t.Fatal(err)
	}
	w.run()
	if j := w.job(table); j.State != model.SnapshotFailed || !strings.Contains(j.Problem, "DeviceId") {
		t.Errorf("%+v", j)
	}
}

func TestEventsGoOn(t *testing.T) {
	w := newWorld(t)
	on := true
	if err := w.Set(t.Context(), ws, "BehaviorInfo", Change{On: &on, Every: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if got := w.Events(ws); len(got) != 1 || got[0] != "BehaviorInfo" {
		t.Errorf("events of %v", got)
	}
	w.now = w.now.Add(6 * time.Minute)
	w.run()
	n := len(w.events)
	if n < 29*24 || w.events[0] != "BehaviorInfo 18T13:00-18T14:00" || w.events[n-1] != "BehaviorInfo 18T11:00-18T11:56" {
		t.Errorf("%d windows from %s to %s", n, w.events[0], w.events[n-1])
	}
	w.events = nil
	w.now = w.now.Add(time.Hour)
	w.start()
	w.now = w.now.Add(6 * time.Minute)
	w.run()
	if diff := cmp.Diff([]string{"BehaviorInfo 18T10:56-18T11:56", "BehaviorInfo 18T11:56-18T12:56", "BehaviorInfo 18T12:56-18T13:02"}, w.events); diff != "" {
		t.Error(diff)
	}
	if j := w.job("BehaviorInfo"); j.Rows != 6 || j.State != model.SnapshotDone {
		t.Errorf("%+v", j)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	off := false
	for name, c := range map[string]struct {
		table  string
		change Change
		want   string
	}{
		"own table":      {"SecurityIncident", Change{}, "snapshot_table"},
		"custom table":   {"Mine_CL", Change{}, "snapshot_table"},
		"no name":        {"a|b", Change{}, "snapshot_table"},
		"too often":      {table, Change{Every: time.Minute}, "snapshot_every"},
		"odd kind":       {table, Change{Kind: "all"}, "snapshot_kind"},
		"events as such": {"DeviceInfo", Change{Kind: model.SnapshotState}, "snapshot_kind"},
		"off":            {table, Change{On: &off}, ""},
	} {
		if err := w.Set(t.Context(), ws, c.table, c.change); (err == nil) != (c.want == "") || err != nil && fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if j := w.job(table); j.On {
		t.Error("still on")
	}
	w.now = w.now.Add(6 * time.Minute)
	w.tenant.rows = software(1)
	w.run()
	if got := w.stored("SoftwareName"); got != nil {
		t.Errorf("off, but fetched: %v", got)
	}
	if err := w.Start(t.Context(), ws, "Nothing"); fault.CodeOf(err) != "snapshot_not_found" {
		t.Errorf("%v", err)
	}
	if err := w.Start(t.Context(), ws, table); err != nil {
		t.Fatal(err)
	}
	w.run()
	if got := w.stored("SoftwareName"); len(got) != 1 {
		t.Errorf("asked for by a person, but %v", got)
	}
	if err := w.Start(t.Context(), "w2"); fault.CodeOf(err) != "workspace_not_found" {
		t.Errorf("%v", err)
	}
}

// A run in a goroutine ends with its context, and goes on after it.
func TestRunStops(t *testing.T) {
	w := newWorld(t)
	w.tenant.rows = software(2)
	made := make(chan struct{})
	w.keeper.hear = func(s model.Snapshot) {
		if s.Table == table && s.State == model.SnapshotDone {
			close(made)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	if err := w.Start(ctx, ws, table); err != nil {
		t.Fatal(err)
	}
	<-made
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
