package connector

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory keeps choices and usage for tests; failing makes every write an error.
type memory struct {
	mu      sync.Mutex
	choices map[string]model.Connection
	usage   []model.TableUsage
	sources []model.SourceUsage
	failing bool
}

func (m *memory) Connection(_ context.Context, ws, id string) (model.Connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.choices[ws+"/"+id]; ok {
		return c, nil
	}
	return model.Connection{Workspace: ws, Connector: id}, nil
}

func (m *memory) SaveConnection(_ context.Context, c model.Connection) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failing {
		return errors.New("disk full")
	}
	if m.choices == nil {
		m.choices = map[string]model.Connection{}
	}
	m.choices[c.Workspace+"/"+c.Connector] = c
	return nil
}

func (m *memory) AddUsage(_ context.Context, _ string, add []model.TableUsage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failing {
		return errors.New("disk full")
	}
	m.usage = append(m.usage, add...)
	return nil
}

func (m *memory) Usage(context.Context, string, time.Time) ([]model.TableUsage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.usage), nil
}

func (m *memory) AddSources(_ context.Context, _ string, add []model.SourceUsage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failing {
		return errors.New("disk full")
	}
	for _, u := range add {
		i := slices.IndexFunc(m.sources, func(s model.SourceUsage) bool { return s.Source == u.Source })
		if i < 0 {
			m.sources = append(m.sources, u)
		} else {
			m.sources[i].Add(u)
		}
	}
	return nil
}

func (m *memory) Sources(context.Context, string) ([]model.SourceUsage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sources), nil
}

type rules struct{ off int }

func (r *rules) Count(context.Context, string, string) (int, int, error) { return 5 - r.off, 5, nil }
func (r *rules) TurnOff(context.Context, string, string) error           { r.off = 5; return nil }

type prober struct{ calls int }

func (p *prober) Check(context.Context, string, Person) Checks {
	p.calls++
	return Checks{Prerequisites: []Prerequisite{{ID: "licence", Title: "Licence", State: Met}}, At: time.Unix(1, 0)}
}

func (p *prober) Recheck(string) { p.calls = 0 }

// did fails the test when a change failed.
func did(t *testing.T) func(string, error) {
	return func(_ string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newService(t *testing.T, m *memory, cfg Config) *Service {
	t.Helper()
	cfg.Connections = m
	s, err := NewService(t.Context(), cfg, "w")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func yes() *bool { v := true; return &v }

func TestConnectAddsAndDisconnectTakesAway(t *testing.T) {
	m, r := &memory{}, &rules{}
	s := newService(t, m, Config{Rules: r})
	var told []string
	s.Subscribe(func(ws string) { told = append(told, ws) })
	show := func() model.Connection {
		c, _ := s.Watch("w")
		if stored, _ := m.Connection(t.Context(), "w", DefenderXDR); !cmp.Equal(c, stored) {
			t.Errorf("the choice is %+v, stored is %+v", c, stored)
		}
		return c
	}

	_, changed := s.Watch("w")
	if _, err := s.Connect(t.Context(), "w", DefenderXDR, Request{Tables: []string{"DeviceInfo", "AlertInfo", "DeviceInfo"}}, "ann"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("the watcher was not told")
	}
	if c := show(); !slices.Equal(c.Tables, []string{"AlertInfo", "DeviceInfo"}) || c.Incidents || c.ConnectedBy != "ann" || c.ConnectedAt.IsZero() || r.off != 0 {
		t.Errorf("after connecting tables: %+v, rules %+v", c, r)
	}
	if _, err := s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes(), Tables: []string{"AlertInfo"}}, "bob"); err != nil {
		t.Fatal(err)
	}
	if c := show(); len(c.Tables) != 2 || !c.Incidents || c.ConnectedBy != "ann" || r.off != 5 {
		t.Errorf("after connecting incidents: %+v, rules %+v", c, r)
	}
	if _, err := s.SetTables(t.Context(), "w", DefenderXDR, []string{"all"}, "ann"); err != nil {
		t.Fatal(err)
	}
	if c := show(); len(c.Tables) != 21 {
		t.Errorf("all tables are %d, want 21", len(c.Tables))
	}
	if _, err := s.Disconnect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann"); err != nil {
		t.Fatal(err)
	}
	if c := show(); c.Incidents || len(c.Tables) != 21 || c.ConnectedAt.IsZero() {
		t.Errorf("after disconnecting incidents: %+v", c)
	}
	if _, err := s.Disconnect(t.Context(), "w", DefenderXDR, Request{}, "ann"); err != nil {
		t.Fatal(err)
	}
	if c := show(); c.Incidents || len(c.Tables) != 0 || !c.ConnectedAt.IsZero() {
		t.Errorf("after disconnecting: %+v", c)
	}
	if len(told) != 5 {
		t.Errorf("subscribers were told %d times, want 5", len(told))
	}
}

func TestPauseAndResume(t *testing.T) {
	var starts, stops atomic.Int32
	runStream(t, true, func(ctx context.Context) error {
		starts.Add(1)
		<-ctx.Done()
		stops.Add(1)
		return ctx.Err()
	}, func(s *Service, b *health.Board) {
		check := func(step string, started, stopped int32, status health.Status) {
			t.Helper()
			synctest.Wait()
			var now health.Status
			if all := b.All(); len(all) > 0 {
				now = all[0].Status
			}
			if starts.Load() != started || stops.Load() != stopped || now != status {
				t.Errorf("%s: %d starts, %d stops, status %q; want %d, %d, %q", step, starts.Load(), stops.Load(), now, started, stopped, status)
			}
		}
		did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann"))
		check("runs", 1, 0, "")
		must(t, s.Pause(t.Context(), "w", "incidents", "", "", "ann"))
		check("paused by a person", 1, 1, health.Warning)
		must(t, s.Pause(t.Context(), "w", "incidents", "flood", "Too much.", ""))
		check("paused twice", 1, 1, health.Warning)
		must(t, s.Resume(t.Context(), "w", "incidents"))
		check("resumed", 2, 1, health.Warning) // until the stream reports
		must(t, s.Pause(t.Context(), "w", "incidents", "flood", "Too much.", ""))
		check("paused by itself", 2, 2, health.Failure)
		did(t)(s.Disconnect(t.Context(), "w", DefenderXDR, Request{}, "ann"))
		did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann"))
		if c, _ := s.Watch("w"); c.PauseOf("incidents") != nil {
			t.Error("a connection made anew begins paused")
		}
		for _, err := range []error{s.Pause(t.Context(), "w", "nope", "", "", "ann"), s.Resume(t.Context(), "w", "nope")} {
			if fault.CodeOf(err) != "stream_not_found" {
				t.Error(err)
			}
		}
	})
}

func TestKeepingIncidentRules(t *testing.T) {
	m, r, no := &memory{}, &rules{}, false
	s := newService(t, m, Config{Rules: r})
	if _, err := s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes(), TurnOffIncidentRules: &no}, "ann"); err != nil {
		t.Fatal(err)
	}
	v, err := s.Show(t.Context(), "w", DefenderXDR, Person{})
	if err != nil || r.off != 0 || v.IncidentRules != (RulesView{Enabled: 5, Total: 5}) {
		t.Errorf("rules are %+v, %v", v.IncidentRules, err)
	}
}

func TestRefusedChangesChangeNothing(t *testing.T) {
	m := &memory{}
	s := newService(t, m, Config{})
	if _, err := s.SetTables(t.Context(), "w", DefenderXDR, []string{"SecurityIncident"}, "ann"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "DeviceProcessEvents") {
		t.Errorf("a table that is not streamed: %v", err)
	}
	if _, err := s.SetTables(t.Context(), "other", DefenderXDR, nil, "ann"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown workspace: %v", err)
	}
	m.failing = true
	if _, err := s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo"}, "ann"); err == nil {
		t.Error("a choice that could not be stored was taken")
	}
	if c, _ := s.Watch("w"); len(c.Tables) > 0 {
		t.Errorf("the choice is %+v", c)
	}
}

func TestStates(t *testing.T) {
	board := &health.Board{}
	s := newService(t, &memory{}, Config{Board: board})
	r := NewRunner(s, board, nil)
	for _, name := range []string{"incidents", "events/h"} {
		r.Add(Job{Workspace: "w", Stream: fakeStream{name: name}, Title: name, Wanted: func(c model.Connection) bool {
			return c.Incidents && name == "incidents" || len(c.Tables) > 0 && name != "incidents"
		}})
	}
	incidents, events := NewReporter(board, "w", "incidents"), NewReporter(board, "w", "events/h")
	check := func(step, want string) {
		t.Helper()
		if got, message := s.State("w"); got != want {
			t.Errorf("%s: state is %s (%s), want %s", step, got, message, want)
		}
	}
	check("at first", NotConnected)
	events.OK("looking")
	check("while only looking", NotConnected)
	did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes(), Tables: []string{"AlertInfo"}}, "ann"))
	check("one stream has not reported", Connecting)
	incidents.OK("")
	check("both work", Connected)
	events.Warn("x", "look")
	check("one warns", Degraded)
	events.Fail(errors.New("down"))
	check("one fails", Degraded)
	incidents.Fail(errors.New("no secret"))
	check("both fail", Errored)
	if _, message := s.State("w"); message != "no secret down" {
		t.Errorf("message is %q", message)
	}
	did(t)(s.Disconnect(t.Context(), "w", DefenderXDR, Request{}, "ann"))
	check("disconnected", NotConnected)
}

func TestConnectedToNothing(t *testing.T) {
	s := newService(t, &memory{}, Config{})
	did(t)(s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo"}, "ann"))
	if state, message := s.State("w"); state != Errored || !strings.Contains(message, "event hub") {
		t.Errorf("state %s: %s", state, message)
	}
}

func TestShowTables(t *testing.T) {
	m := &memory{}
	meter := NewMeter(m, nil)
	p := &prober{}
	s := newService(t, m, Config{Meter: meter, Prober: p, Retention: func(_ context.Context, _, table string) (int, error) {
		return len(table), nil
	}})
	did(t)(s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo"}, "ann"))
	seen := time.Now().Add(-time.Minute).UTC()
	meter.Add("w", ingest.Counts{"AlertInfo": {Rows: 3, Seen: seen}, "DeviceInfo": {Skipped: 4}, "New": {Rows: 1}, "": {Dead: 2}})
	meter.Flush(t.Context())
	meter.Add("w", ingest.Counts{"AlertInfo": {Rows: 2}})
	meter.SetLag("w", Lag{Source: "hub/h", Partition: 1, Events: 7, Behind: 90 * time.Second})
	v, err := s.Show(t.Context(), "w", DefenderXDR, Person{})
	must(t, err)
	got := map[string]TableView{}
	for _, tab := range v.Tables {
		if tab.Exported {
			got[tab.Name] = tab
		}
	}
	lag := 90.0
	want := map[string]TableView{
		"AlertInfo":  {Name: "AlertInfo", Family: "Microsoft Defender alerts", Selected: true, Exported: true, LastSeen: &seen, Rows: 5, Retention: 9, LagSeconds: &lag},
		"DeviceInfo": {Name: "DeviceInfo", Family: "Microsoft Defender for Endpoint", Exported: true, Retention: 10},
		"New":        {Name: "New", Selected: true, New: true, Exported: true, Rows: 1, Retention: 3, LagSeconds: &lag},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if len(v.Tables) != 22 {
		t.Errorf("%d tables, want the 21 that can be ticked and one more", len(v.Tables))
	}
	if diff := cmp.Diff([]SkippedView{{"DeviceInfo", 4}}, v.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if len(v.Received) != 2 || v.Received[0].Points[0].Rows != 5 {
		t.Errorf("received is %+v", v.Received)
	}
	if diff := cmp.Diff([]LagView{{"hub/h", 1, 7, 90}}, v.Partitions); diff != "" {
		t.Errorf("partitions (-want +got):\n%s", diff)
	}
	if len(v.Prerequisites) != 1 || len(v.SampleQueries) == 0 || v.Title == "" {
		t.Errorf("prerequisites %v, %d sample queries, title %q", v.Prerequisites, len(v.SampleQueries), v.Title)
	}
	if s.Recheck("w"); p.calls != 0 || v.CheckedAt == nil {
		t.Errorf("checked at %v; the prober was not told to ask again", v.CheckedAt)
	}
	list, err := s.List(t.Context(), "w")
	if err != nil || list.Items[0].Tables != 1 || list.Items[0].LastData == nil {
		t.Errorf("list is %+v, %v", list, err)
	}
}

// stored is a store with 10 rows of AlertInfo, 4 of them in the last hour, and a table that is not the connector's.
type stored struct{ hour time.Time }

func (stored) TableStats(string) []store.TableStats {
	return []store.TableStats{{Table: "AlertInfo", Rows: 10, Rows24h: 4}, {Table: "DeviceInfo", Rows: 6}, {Table: "SecurityIncident", Rows: 9, Rows24h: 9}}
}

func (s stored) RowsByHour(string, string) []store.HourRows {
	return []store.HourRows{{Start: s.hour.Add(-time.Hour)}, {Start: s.hour, Rows: 4}}
}

func TestShowWhatIsStored(t *testing.T) {
	m := &memory{}
	meter := NewMeter(m, nil)
	hour := time.Now().UTC().Truncate(time.Hour)
	s := newService(t, m, Config{Meter: meter, Store: stored{hour}})
	meter.Add("w", ingest.Counts{"AlertInfo": {Rows: 3}})
	v, err := s.Show(t.Context(), "w", DefenderXDR, Person{})
	must(t, err)
	want := []SeriesView{{Table: "AlertInfo", Points: []PointView{{hour.Add(-time.Hour), 0}, {hour, 4}}}}
	if diff := cmp.Diff(want, v.Received); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
	for _, tab := range v.Tables {
		if rows := map[string]int64{"AlertInfo": 10, "DeviceInfo": 6}[tab.Name]; tab.Rows != rows {
			t.Errorf("%s shows %d rows, want %d", tab.Name, tab.Rows, rows)
		}
	}
}

func TestMeterKeepsWhatCouldNotBeStored(t *testing.T) {
	m := &memory{failing: true}
	meter := NewMeter(m, nil)
	meter.Add("w", ingest.Counts{"A": {Rows: 3}})
	meter.Flush(t.Context())
	meter.Add("w", ingest.Counts{"A": {Rows: 1}})
	m.failing = false
	meter.Flush(t.Context())
	meter.Flush(t.Context())
	if len(m.usage) != 1 || m.usage[0].Rows != 4 {
		t.Errorf("stored %+v, want one entry of 4 rows", m.usage)
	}
}

func TestMeterMetrics(t *testing.T) {
	meter := NewMeter(&memory{}, nil)
	meter.Add("w", ingest.Counts{"A": {Rows: 3, Skipped: 1}})
	meter.Flush(t.Context())
	meter.Add("w", ingest.Counts{"A": {Rows: 2, Dead: 4, Dropped: 12, Repeated: 13, Bytes: 14}})
	meter.SetLag("w", Lag{Source: "hub/h", Partition: 1, Events: 7, Behind: 90 * time.Second, Retention: 100 * time.Second})
	meter.AddSource("w", model.SourceUsage{Source: "hub/h", Messages: 8, Bytes: 9, Duplicates: 10, Gaps: 11, Event: time.Unix(5, 0), Tables: []string{"A"}})
	meter.Flush(t.Context()) // then gaps are known by table
	r := prometheus.NewPedanticRegistry()
	must(t, r.Register(meter))
	families, err := r.Gather()
	must(t, err)
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	want := map[string]float64{
		"vedette_intake_records_total stored A w": 5, "vedette_intake_records_total skipped A w": 1, "vedette_intake_records_total dead A w": 4,
		"vedette_intake_records_total dropped A w": 12, "vedette_intake_records_total repeated A w": 13, "vedette_intake_bytes_total A w": 14,
		"vedette_intake_gap_positions_total A w": 11,
		"vedette_intake_lag_events 1 hub/h w":    7, "vedette_intake_lag_seconds 1 hub/h w": 90, "vedette_intake_loss_seconds 1 hub/h w": 10,
		"vedette_source_messages_total hub/h w": 8, "vedette_source_bytes_total hub/h w": 9, "vedette_source_duplicates_total hub/h w": 10,
		"vedette_source_gap_positions_total hub/h w": 11, "vedette_source_last_event_timestamp_seconds hub/h w": 5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
