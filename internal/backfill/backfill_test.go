package backfill

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ws = "w1"

var errMany = errors.New("too many")

// event is one event of the tenant.
type event struct {
	id string
	at time.Time
}

func (e event) record() string {
	return fmt.Sprintf(`{"time":%q,"category":"AdvancedHunting-AlertInfo","properties":{"Timestamp":%q,"AlertId":%q}}`, e.at.Format(time.RFC3339Nano), e.at.Format(time.RFC3339Nano), e.id)
}

// tenant answers what it has, at most most rows at once.
type tenant struct {
	mu     sync.Mutex
	events []event
	most   int
	broken time.Time // an hour that cannot be read
	asked  int
}

func (f *tenant) Rows(_ context.Context, _ string, from, to time.Time) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if !f.broken.IsZero() && !f.broken.Before(from) && f.broken.Before(to) {
		return nil, errors.New("throttled")
	}
	var out [][]byte
	for _, e := range f.events {
		if !e.at.Before(from) && e.at.Before(to) {
			out = append(out, []byte(e.record()))
		}
	}
	if len(out) > f.most {
		return nil, errMany
	}
	return out, nil
}

type keeper struct {
	mu  sync.Mutex
	all map[string]model.Backfill
}

func (k *keeper) SaveBackfill(_ context.Context, _ string, b model.Backfill) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[b.Table] = b
	return nil
}

func (k *keeper) Backfills(context.Context, string) ([]model.Backfill, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []model.Backfill
	for _, b := range k.all {
		out = append(out, b)
	}
	return out, nil
}

// world is a store beside a tenant.
type world struct {
	*Service
	t      *testing.T
	st     *store.Store
	intake *ingest.Intake
	tenant *tenant
	keeper *keeper
	now    time.Time
	offset int64
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, tenant: &tenant{most: 1000}, keeper: &keeper{all: map[string]model.Backfill{}}, now: time.Date(2026, 7, 18, 12, 0, 0, 0, time.UTC)}
	var err error
	w.st, err = store.Open(context.Background(), store.Options{Dir: filepath.Join(t.TempDir(), "data"), Manifest: manifest.NewMemory()})
	must(t, err)
	t.Cleanup(func() { must(t, w.st.Close()) })
	w.restart()
	return w
}

// restart makes intake and service anew over the same store and state.
func (w *world) restart() {
	w.intake = ingest.NewIntake(ws, w.st.Catalog(ws))
	var err error
	w.Service, err = New(context.Background(), Config{
		Store: w.st, Keeper: w.keeper, Now: func() time.Time { return w.now }, TooMany: func(err error) bool { return errors.Is(err, errMany) }, Missing: w.compare,
	}, Workspace{ID: ws, Tenant: w.tenant, Intake: w.intake})
	must(w.t, err)
}

// compare finds the hours in which the tenant has more than the store.
func (w *world) compare(_ context.Context, _, _ string, from, to time.Time) ([]model.HourCount, error) {
	by := map[time.Time]*model.HourCount{}
	for _, e := range w.tenant.events {
		if h := e.at.Truncate(time.Hour); !e.at.Before(from) && e.at.Before(to) {
			if by[h] == nil {
				by[h] = &model.HourCount{Table: "AlertInfo", Hour: h}
			}
			by[h].Tenant++
		}
	}
	var out []model.HourCount
	for h, c := range by {
		have, err := w.stored(context.Background(), ws, "AlertInfo", h, h.Add(time.Hour))
		must(w.t, err)
		for _, n := range have {
			c.Stored += int64(n)
		}
		if c.Missing() > 0 {
			out = append(out, *c)
		}
	}
	return out, nil
}

// export brings events by the hub, and returns how many were left out.
func (w *world) export(events ...event) int64 {
	w.t.Helper()
	var msgs []ingest.Message
	for _, e := range events {
		msgs = append(msgs, ingest.Message{Offset: w.offset, Value: []byte(e.record())})
		w.offset++
	}
	f, counts := w.intake.Decoder("hub/h", 0).Decode(msgs[0].Offset, msgs, ingest.All())
	_, err := w.st.Append(w.t.Context(), f)
	must(w.t, err)
	return counts["AlertInfo"].Repeated
}

// ids returns the stored alerts, sorted.
func (w *world) ids() []string {
	w.t.Helper()
	snap := w.st.Snapshot(ws)
	defer snap.Close()
	r, err := snap.Scan(w.t.Context(), store.ScanSpec{Table: "AlertInfo", Columns: []string{"AlertId"}})
	must(w.t, err)
	defer r.Close()
	out := []string{}
	for {
		b, err := r.Next(w.t.Context())
		if err != nil {
			slices.Sort(out)
			return out
		}
		out = append(out, b.Cols[0].Strings...)
	}
}

// run runs the service until a table's backfill has this state.
func (w *world) run(state string) model.Backfill {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	defer func() { cancel(); must(w.t, <-done) }()
	for range 400 {
		if l := w.List(ws); len(l) == 1 && l[0].State == state {
			return l[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("%+v", w.List(ws))
	return model.Backfill{}
}

func TestBackfillStoresWhatIsMissingOnce(t *testing.T) {
	w := newWorld(t)
	a, b, c, d := event{"a", w.now.Add(-50 * time.Hour)}, event{"b", w.now.Add(-50*time.Hour + time.Minute)}, event{"c", w.now.Add(-20 * time.Hour)}, event{"d", w.now.Add(-20*time.Hour + time.Second)}
	old := event{"old", w.now.Add(-31 * 24 * time.Hour)}
	w.tenant.events = []event{a, b, b, c, d, old}
	w.tenant.most = 2 // so that hours are read in parts
	w.export(a, c)
	must(t, w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"))
	got := w.run(model.BackfillDone)
	if got.Rows != 3 || got.Hours != 2 || got.Done != 2 || got.Actor != "ann" {
		t.Errorf("%+v", got)
	}
	want := []string{"a", "b", "b", "c", "d"} // the tenant has b twice
	if diff := cmp.Diff(want, w.ids()); diff != "" {
		t.Error(diff)
	}
	// Nothing is missing now.
	must(t, w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"))
	if got := w.run(model.BackfillDone); got.Rows != 0 || got.Hours != 0 {
		t.Errorf("again: %+v", got)
	}
	// The export is late, before a restart and after it. What the store had by the export is not pulled: it stays.
	if n := w.export(b, event{"e", w.now.Add(-20 * time.Hour)}); n != 1 {
		t.Errorf("%d left out", n)
	}
	w.restart()
	must(t, w.remember(t.Context(), w.all[ws]))
	if n := w.export(d); n != 1 {
		t.Errorf("%d left out after a restart", n)
	}
	if diff := cmp.Diff(append(want, "e"), w.ids()); diff != "" {
		t.Error(diff)
	}
}

// TestFailedHourDoesNotStopTheOthers, and the table can be tried again.
func TestFailedHourDoesNotStopTheOthers(t *testing.T) {
	w := newWorld(t)
	a, b := event{"a", w.now.Add(-50 * time.Hour)}, event{"b", w.now.Add(-20 * time.Hour)}
	w.tenant.events, w.tenant.broken = []event{a, b}, b.at
	must(t, w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"))
	if got := w.run(model.BackfillFailed); !strings.Contains(got.Problem, "throttled") || got.Rows != 1 {
		t.Errorf("%+v", got)
	}
	w.tenant.broken = time.Time{}
	must(t, w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"))
	w.run(model.BackfillDone)
	if got := w.ids(); !slices.Equal(got, []string{"a", "b"}) {
		t.Error(got)
	}
}

// TestBackfillGoesOnAfterRestart: what ran when the process was killed waits again; what was stopped does not.
func TestBackfillGoesOnAfterRestart(t *testing.T) {
	w := newWorld(t)
	w.tenant.events = []event{{"a", w.now.Add(-50 * time.Hour)}}
	must(t, w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"))
	b := w.keeper.all["AlertInfo"]
	b.State = model.BackfillRunning
	w.keeper.all["AlertInfo"] = b
	w.restart()
	if got := w.run(model.BackfillDone); got.Rows != 1 {
		t.Errorf("%+v", got)
	}
	must(t, w.Start(t.Context(), ws, []string{"AlertInfo"}, time.Time{}, time.Time{}, "ann"))
	must(t, w.Stop(t.Context(), ws, "AlertInfo"))
	w.restart()
	if got := w.List(ws); got[0].State != model.BackfillStopped {
		t.Errorf("%+v", got)
	}
	for _, tc := range []struct {
		err  error
		code string
	}{
		{w.Start(t.Context(), "x", []string{"AlertInfo"}, time.Time{}, time.Time{}, ""), "workspace_not_found"},
		{w.Start(t.Context(), ws, nil, time.Time{}, time.Time{}, ""), "tables_missing"},
		{w.Start(t.Context(), ws, []string{"SecurityIncident"}, time.Time{}, time.Time{}, ""), "table_not_streamed"},
		{w.Stop(t.Context(), ws, "DeviceInfo"), "backfill_not_found"},
	} {
		if fault.CodeOf(tc.err) != tc.code {
			t.Errorf("%v, want %s", tc.err, tc.code)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
