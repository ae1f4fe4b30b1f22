package rawkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ws = "w1"

// world is a store whose intake keeps originals.
type world struct {
	t      *testing.T
	st     *store.Store
	keeper *Keeper
	intake *ingest.Intake
	board  *health.Board
	now    time.Time
	next   int64
	opts   Options
	repo   *repo
	*Service
}

// repo keeps what was chosen.
type repo struct{ chosen map[string]model.RawKeep }

func (r *repo) SaveRawKeep(_ context.Context, workspace string, k model.RawKeep) error {
	r.chosen[workspace] = k
	return nil
}

func (r *repo) RawKeep(_ context.Context, workspace string) (model.RawKeep, bool, error) {
	k, ok := r.chosen[workspace]
	return k, ok, nil
}

func newWorld(t *testing.T, o Options) *world {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(dir, "data"), Manifest: manifest.NewMemory()})
	must(t, err)
	w := &world{t: t, st: st, repo: &repo{chosen: map[string]model.RawKeep{}}, board: &health.Board{}, now: time.Now().UTC().Add(-time.Hour).Truncate(time.Second)}
	o.Dir, o.Workspace, o.Board, o.Now = filepath.Join(dir, "raw"), ws, w.board, func() time.Time { return w.now }
	if o.Days == 0 {
		o.Days = 3
	}
	w.opts = o
	w.open()
	t.Cleanup(func() { must(t, errors.Join(w.keeper.Close(), st.Close())) })
	return w
}

// open makes keeper, intake and service, as a start does.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.keeper, err = Open(w.opts)
	must(w.t, err)
	w.intake = ingest.NewIntake(ws, w.st.Catalog(ws))
	w.intake.Keep = w.keeper.Keep
	w.Service, err = New(w.t.Context(), Config{Repo: w.repo, Store: w.st, Budget: ingest.NewBudget(0), Tables: func(string) []string { return []string{"AlertInfo"} }}, Workspace{ID: ws, Keeper: w.keeper, Intake: w.intake})
	must(w.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// come takes in messages as a hub delivers them.
func (w *world) come(want ingest.Selection, bodies ...string) {
	w.t.Helper()
	d := w.intake.Decoder("hub/h", 0)
	var msgs []ingest.Message
	first := w.next
	for _, b := range bodies {
		msgs = append(msgs, ingest.Message{Offset: w.next, Time: w.now, Value: []byte(b)})
		w.next++
	}
	f, _ := d.Decode(first, msgs, want)
	_, err := w.st.Append(w.t.Context(), f)
	must(w.t, err)
}

func alert(id string) string {
	return fmt.Sprintf(`{"time":"2026-07-18T12:00:00Z","category":"AdvancedHunting-AlertInfo","properties":{"Timestamp":"2026-07-18T12:00:00Z","AlertId":%q}}`, id)
}

// ids returns the stored alerts, sorted.
func (w *world) ids() []string {
	w.t.Helper()
	snap := w.st.Snapshot(ws)
	defer snap.Close()
	r, err := snap.Scan(w.t.Context(), store.ScanSpec{Table: "AlertInfo", Columns: []string{"AlertId"}, MaxTime: column.MaxDatetime})
	must(w.t, err)
	defer r.Close() //nolint:errcheck // read to its end
	out := []string{}
	for {
		b, err := r.Next(w.t.Context())
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		}
		must(w.t, err)
		out = append(out, b.Cols[0].Strings...)
	}
}

// replay runs a replay to its end.
func (w *world) replay(from time.Time, tables ...string) Progress {
	w.t.Helper()
	return w.run(Request{Tables: tables, From: from, Actor: "ann"})
}

func (w *world) run(r Request) Progress {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	defer func() { cancel(); must(w.t, <-done) }()
	for {
		err := w.Start(ws, r)
		if err == nil {
			break
		}
		if fault.CodeOf(err) != "stopping" { // not begun yet
			w.t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	for {
		_, p, err := w.State(ws)
		must(w.t, err)
		if p.State != "running" {
			return *p
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *world) kept() []string {
	w.t.Helper()
	var out []string
	must(w.t, w.keeper.Read(w.t.Context(), time.Time{}, time.Now(), func(e Entry) error {
		out = append(out, fmt.Sprintf("%s/%d/%d %s", e.Source, e.Partition, e.Offset, e.Value))
		return nil
	}))
	return out
}

// Rows that were not stored then, for their table was not ticked or the parser did not know them, are stored once by a replay.
func TestReplay(t *testing.T) {
	w := newWorld(t, Options{})
	w.come(ingest.All(), alert("a"), "garbage")
	w.come(ingest.Selected([]string{"DeviceInfo"}), alert("b")) // not ticked
	w.now = w.now.Add(time.Minute)
	from := w.now
	w.come(ingest.Selected([]string{"DeviceInfo"}), alert("c"), `{"records":[`+alert("d")+`,`+alert("e")+`]}`)
	if got := w.ids(); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("at first %v", got)
	}
	p := w.replay(from)
	if got := w.ids(); !slices.Equal(got, []string{"a", "c", "d", "e"}) || p.Rows != 3 || p.Known != 0 || p.State != "done" || p.Messages != 2 {
		t.Errorf("the last minute: %v, %+v", got, p)
	}
	p = w.replay(w.now.Add(-time.Hour))
	if got := w.ids(); !slices.Equal(got, []string{"a", "b", "c", "d", "e"}) || p.Rows != 1 || p.Known != 4 || p.Messages != 5 {
		t.Errorf("all: %v, %+v", got, p)
	}
	if p = w.replay(w.now.Add(-time.Hour)); p.Rows != 0 || p.Known != 5 {
		t.Errorf("again: %+v", p)
	}
	if p = w.replay(w.now.Add(-time.Hour), "DeviceInfo"); p.Rows != 0 || p.Known != 0 {
		t.Errorf("another table: %+v", p)
	}
	if n := len(w.kept()); n != 5 {
		t.Errorf("%d messages are kept: what is replayed is not kept again", n)
	}
	snap := w.st.Snapshot(ws)
	defer snap.Close()
	if n := snap.Rows(ingest.DeadLetterTable); n != 1 {
		t.Errorf("%d dead letters", n)
	}
}

// What is pulled, and what is read again for a table that was ticked later, is not kept.
func TestKeepsWhatCame(t *testing.T) {
	w := newWorld(t, Options{})
	w.come(ingest.All(), alert("a"))
	w.intake.Puller("pull/AlertInfo").Decode(0, []ingest.Message{{Value: []byte(alert("p"))}}, ingest.All())
	w.intake.Decoder("hub/h", 0).Decode(0, []ingest.Message{{Value: []byte(alert("a"))}}, ingest.Only("AlertInfo"))
	if diff := cmp.Diff([]string{"hub/h/0/0 " + alert("a")}, w.kept()); diff != "" {
		t.Error(diff)
	}
}

// Old files go, and the oldest when there is no room; the open one stays.
func TestExpires(t *testing.T) {
	w := newWorld(t, Options{Days: 2})
	start := w.now
	for range 5 {
		w.come(ingest.All(), alert("x"))
		w.now = w.now.Add(24 * time.Hour)
	}
	w.now = start.Add(4*24*time.Hour + time.Hour)
	must(t, w.keeper.expire())
	st, err := w.keeper.State()
	must(t, err)
	if st.Files != 3 || !st.From.Equal(start.Add(2*24*time.Hour)) {
		t.Errorf("after four days: %+v", st)
	}
	w.keeper.most = st.Bytes - 1
	must(t, w.keeper.expire())
	st, err = w.keeper.State()
	must(t, err)
	if st.Files != 2 {
		t.Errorf("too much: %+v", st)
	}
	if r := w.board.All(); len(r) != 1 || r[0].Reason != "raw_full" || r[0].Status != health.Warning {
		t.Errorf("told %+v", r)
	}
	w.keeper.most = 1
	must(t, w.keeper.expire())
	if st, err = w.keeper.State(); err != nil || st.Files != 1 {
		t.Errorf("no room at all: %+v, %v", st, err)
	}
}

// A file that ends in the middle of a block, or is damaged, gives what is before; the next files are read all the same.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"torn":    func(b []byte) []byte { return b[:len(b)-3] },
		"header":  func(b []byte) []byte { return b[:len(b)-len(b)/2+5] },
		"flipped": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"length":  func(b []byte) []byte { b[3] = 0xFF; return b },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{})
			w.come(ingest.All(), alert("a"))
			w.come(ingest.All(), alert("b"))
			must(t, w.keeper.Close())
			w.now = w.now.Add(time.Minute)
			w.come(ingest.All(), alert("c"))
			list, err := segments(w.keeper.opts.Dir)
			must(t, err)
			raw, err := os.ReadFile(list[0].path)
			must(t, err)
			must(t, os.WriteFile(list[0].path, damage(raw), 0o600))
			var got []string
			err = w.keeper.Read(t.Context(), time.Time{}, time.Now(), func(e Entry) error { got = append(got, string(e.Value)); return nil })
			if err == nil || !strings.Contains(err.Error(), filepath.Base(list[0].path)) {
				t.Errorf("error %v", err)
			}
			want := []string{alert("a"), alert("c")}
			if name == "length" {
				want = want[1:]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A purge of rows takes the messages along that they came in, wherever they are.
func TestPurge(t *testing.T) {
	w := newWorld(t, Options{})
	w.come(ingest.All(), alert("keep"), alert("away"))
	must(t, w.keeper.Close())
	w.now = w.now.Add(time.Minute)
	w.come(ingest.All(), alert("away"), alert("stay"))
	f := store.RowFilter{Columns: []schema.Column{{Name: "AlertId", Type: schema.String}}, Match: func(b *column.Batch) ([]bool, error) {
		hits := make([]bool, b.N)
		for i := range hits {
			hits[i] = b.Cols[0].Strings[i] == "away"
		}
		return hits, nil
	}}
	must(t, w.Purge(t.Context(), ws, "AlertInfo", f))
	want := []string{"hub/h/0/0 " + alert("keep"), "hub/h/0/3 " + alert("stay")}
	if diff := cmp.Diff(want, w.kept()); diff != "" {
		t.Error(diff)
	}
	w.come(ingest.All(), alert("new"))
	if got := w.kept(); len(got) != 3 {
		t.Errorf("afterwards %v", got)
	}
	files, err := filepath.Glob(filepath.Join(w.keeper.opts.Dir, "*.tmp"))
	if err != nil || len(files) != 0 {
		t.Errorf("left behind %v, %v", files, err)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t, Options{})
	off, err := Open(Options{Dir: filepath.Join(t.TempDir(), "off"), Workspace: "off"})
	must(t, err)
	w.all["off"] = &Workspace{ID: "off", Keeper: off}
	for space, want := range map[string]string{"off": "raw_off", "none": "workspace_not_found", ws: "stopping"} {
		if err := w.Start(space, Request{From: w.now}); fault.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", space, err, want)
		}
	}
	if err := w.Start(ws, Request{From: time.Now().Add(time.Hour)}); fault.CodeOf(err) != "span_empty" {
		t.Error(err)
	}
	if err := w.Start(ws, Request{From: w.now, Tables: []string{"SecurityIncident"}}); fault.CodeOf(err) != "table_not_streamed" {
		t.Error(err)
	}
	if err := w.Stop(ws); fault.CodeOf(err) != "replay_not_found" {
		t.Error(err)
	}
	for days, want := range map[int]string{-1: "raw_days", 5000: "raw_days"} {
		if err := w.Set(t.Context(), ws, days, 0, "ann"); fault.CodeOf(err) != want {
			t.Errorf("%d days: %v", days, err)
		}
	}
	if err := w.Set(t.Context(), ws, 1, 1000, "ann"); fault.CodeOf(err) != "raw_bytes" {
		t.Error(err)
	}
	must(t, w.Purge(t.Context(), "off", "AlertInfo", store.RowFilter{}))
}

// What people choose counts at once and after a restart, before what is configured; without days nothing is kept, nor what was.
func TestChoice(t *testing.T) {
	w := newWorld(t, Options{Days: 2})
	w.come(ingest.All(), alert("a"))
	must(t, w.Set(t.Context(), ws, 5, 1<<30, "ann"))
	w.open()
	st, _, err := w.State(ws)
	must(t, err)
	if st.Days != 5 || st.MaxBytes != 1<<30 || st.ChangedBy != "ann" || st.ChangedAt.IsZero() || st.Files != 1 {
		t.Errorf("after a restart %+v", st)
	}
	w.come(ingest.All(), alert("b"))
	must(t, w.Set(t.Context(), ws, 0, 0, "bob"))
	w.come(ingest.All(), alert("c"))
	if st, _, err = w.State(ws); err != nil || st.Days != 0 || st.Files != 0 || st.ChangedBy != "bob" {
		t.Errorf("switched off %+v, %v", st, err)
	}
	if err := w.Start(ws, Request{From: w.now.Add(-time.Hour)}); fault.CodeOf(err) != "raw_off" {
		t.Errorf("a replay while it is off: %v", err)
	}
	must(t, w.Set(t.Context(), ws, 1, 0, "bob"))
	w.come(ingest.All(), alert("d"))
	if got := w.kept(); len(got) != 1 || !strings.HasSuffix(got[0], alert("d")) {
		t.Errorf("kept %v", got)
	}
	if got := w.ids(); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("rows %v", got)
	}
}

// A preview counts what a replay would store, by table, and stores nothing.
func TestPreview(t *testing.T) {
	w := newWorld(t, Options{})
	w.come(ingest.All(), alert("a"))
	w.come(ingest.Selected([]string{"DeviceInfo"}), alert("b"), alert("c")) // not ticked
	from := w.now.Add(-time.Hour)
	for range 2 {
		if p := w.run(Request{From: from, Preview: true}); p.Rows != 2 || p.Known != 1 || p.Messages != 3 || p.ByTable["AlertInfo"] != 2 || !p.Preview || p.Share != 1 {
			t.Errorf("%+v", p)
		}
		if got := w.ids(); !slices.Equal(got, []string{"a"}) {
			t.Fatalf("a preview stored %v", got)
		}
	}
	if p := w.run(Request{From: from}); p.Rows != 2 || p.Preview {
		t.Errorf("%+v", p)
	}
	if p := w.run(Request{From: from, Preview: true}); p.Rows != 0 || p.Known != 3 || len(p.ByTable) != 0 {
		t.Errorf("afterwards %+v", p)
	}
}

// A replay that is stopped says so, and another can begin.
func TestStop(t *testing.T) {
	w := newWorld(t, Options{})
	w.come(ingest.All(), alert("a"))
	release, err := w.cfg.Budget.Backlog(t.Context(), 1) // so that the replay waits for its turn
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	defer func() { cancel(); must(t, <-done) }()
	request := Request{From: w.now.Add(-time.Hour)}
	for fault.CodeOf(w.Start(ws, request)) == "stopping" {
		time.Sleep(time.Millisecond)
	}
	if err := w.Start(ws, request); fault.CodeOf(err) != "replay_running" {
		t.Errorf("a second one: %v", err)
	}
	if err := w.Set(t.Context(), ws, 0, 0, "ann"); fault.CodeOf(err) != "replay_running" {
		t.Errorf("switched off meanwhile: %v", err)
	}
	must(t, w.Stop(ws))
	state := func() string {
		_, p, err := w.State(ws)
		must(t, err)
		return p.State
	}
	for state() == running {
		time.Sleep(time.Millisecond)
	}
	if state() != "stopped" {
		t.Errorf("state %s", state())
	}
	release()
	must(t, w.Start(ws, request))
	for state() == running {
		time.Sleep(time.Millisecond)
	}
	if state() != "done" {
		t.Errorf("then %s", state())
	}
}

// A folder that cannot be written is told, and so is that it can be again; the rows come in.
func TestNoRoom(t *testing.T) {
	w := newWorld(t, Options{})
	must(t, os.RemoveAll(w.keeper.opts.Dir))
	must(t, os.WriteFile(w.keeper.opts.Dir, nil, 0o600))
	w.come(ingest.All(), alert("a"))
	if got := w.ids(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("rows %v", got)
	}
	if r := w.board.All(); len(r) != 1 || r[0].Reason != "raw_not_kept" || r[0].Status != health.Failure {
		t.Errorf("told %+v", r)
	}
	must(t, os.Remove(w.keeper.opts.Dir))
	must(t, os.MkdirAll(w.keeper.opts.Dir, 0o700))
	w.come(ingest.All(), alert("b"))
	if r := w.board.All(); len(r) != 1 || r[0].Status != health.OK {
		t.Errorf("afterwards %+v", r)
	}
}

func FuzzEntries(f *testing.F) {
	f.Add(appendEntry(nil, Entry{Source: "hub/h", Partition: -1, Offset: -5, Time: time.Unix(1, 0), Value: []byte("x")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		err := entries(b, func(e Entry) error { again = appendEntry(again, e); return nil })
		if err != nil {
			return
		}
		n := 0
		if err := entries(again, func(Entry) error { n++; return nil }); err != nil {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}
