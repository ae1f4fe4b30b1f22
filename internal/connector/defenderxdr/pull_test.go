package defenderxdr

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// thing is one incident of the fake tenant.
type thing struct {
	id     string
	stamp  time.Time
	broken bool // its row is malformed in lists and by id
	poison bool // every list that contains it fails
}

// fakeGraph is a tenant with a list that pages by position, in an order of its own.
type fakeGraph struct {
	Graph
	mu      sync.Mutex
	things  []thing
	calls   int
	lists   []string
	between func(g *fakeGraph) // runs before every page but the first
	fail    func(call int) error
	partial func(call int) bool
	noCount bool
	lag     time.Duration // after which a change is in lists
}

func (g *fakeGraph) row(x thing) json.RawMessage {
	if x.broken {
		return json.RawMessage(fmt.Sprintf(`{"id":%q,"severity":7}`, x.id))
	}
	return json.RawMessage(fmt.Sprintf(`{"id":%q,"displayName":"x","status":"active","severity":"low","createdDateTime":%[2]q,"lastUpdateDateTime":%[2]q}`, x.id, x.stamp.UTC().Format(msgraph.TimeFormat)))
}

func (g *fakeGraph) List(_ context.Context, col msgraph.Collection, from, to time.Time, top int, _ msgraph.Priority) (*msgraph.Page, error) {
	if top == 0 {
		top = col.Top
	}
	return g.page(from, to, 0, top)
}

func (g *fakeGraph) Next(_ context.Context, col msgraph.Collection, p *msgraph.Page, _ msgraph.Priority) (*msgraph.Page, error) {
	var from, to int64
	var skip int
	if _, err := fmt.Sscanf(p.Next, "%d %d %d", &from, &to, &skip); err != nil {
		return nil, err
	}
	if g.between != nil {
		g.between(g)
	}
	start := time.Time{}
	if from > 0 {
		start = column.ToTime(from)
	}
	return g.page(start, column.ToTime(to), skip, col.Top)
}

func (g *fakeGraph) page(from, to time.Time, skip, top int) (*msgraph.Page, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	g.lists = append(g.lists, fmt.Sprintf("%s..%s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)))
	if g.fail != nil {
		if err := g.fail(g.calls); err != nil {
			return nil, err
		}
	}
	var in []thing
	for _, x := range g.things {
		if !x.stamp.Before(from) && x.stamp.Before(to) && (g.lag == 0 || time.Since(x.stamp) >= g.lag) {
			if x.poison {
				return nil, fault.New(fault.Unavailable, "graph_unavailable", "%w", &msgraph.ResponseError{Status: 500})
			}
			in = append(in, x)
		}
	}
	p := &msgraph.Page{Count: len(in), Date: time.Now().UTC()}
	if g.noCount {
		p.Count = -1
	}
	if g.partial != nil {
		p.Partial = g.partial(g.calls)
	}
	for _, x := range in[min(skip, len(in)):min(skip+top, len(in))] {
		p.Rows = append(p.Rows, g.row(x))
	}
	if skip+top < len(in) {
		start := int64(0)
		if !from.IsZero() {
			start = column.FromTime(from)
		}
		p.Next = fmt.Sprintf("%d %d %d", start, column.FromTime(to), skip+top)
	}
	return p, nil
}

func (g *fakeGraph) IDs(_ context.Context, _ msgraph.Collection, from, to time.Time, _ msgraph.Priority) ([]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, x := range g.things {
		if !x.stamp.Before(from) && x.stamp.Before(to) {
			out = append(out, x.id)
		}
	}
	return out, nil
}

func (g *fakeGraph) Get(_ context.Context, _ msgraph.Collection, id string, _ msgraph.Priority) (json.RawMessage, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, x := range g.things {
		if x.id == id {
			if x.poison {
				return nil, fault.New(fault.Unavailable, "graph_unavailable", "%w", &msgraph.ResponseError{Status: 500})
			}
			return g.row(x), nil
		}
	}
	return nil, fault.New(fault.NotFound, "graph_not_found", "none")
}

// memSink keeps what is merged in memory.
type memSink struct {
	mu    sync.Mutex
	got   map[string]time.Time
	order []string
	cp    string
	aside map[string]string
}

func newSink() *memSink { return &memSink{got: map[string]time.Time{}, aside: map[string]string{}} }

func (m *memSink) Reserve(context.Context, int) error { return nil }
func (m *memSink) MergeIncidents(_ context.Context, rows []model.TenantIncident, _ bool) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		if _, ok := m.got[r.ID]; !ok {
			m.order = append(m.order, r.ID)
		}
		if r.Updated.After(m.got[r.ID]) {
			m.got[r.ID] = r.Updated
		}
	}
	return nil, nil
}
func (m *memSink) SettleIncident(ctx context.Context, r model.TenantIncident, _ string) error {
	_, err := m.MergeIncidents(ctx, []model.TenantIncident{r}, false)
	return err
}
func (m *memSink) MergeAlerts(context.Context, []model.Alert, time.Time) (map[string]string, error) {
	return nil, nil
}
func (m *memSink) SettleAlert(context.Context, model.Alert, string, time.Time) error { return nil }
func (m *memSink) Checkpoint(context.Context, string) (string, error)                { return m.cp, nil }
func (m *memSink) PutCheckpoint(_ context.Context, _, body string) error             { m.cp = body; return nil }
func (m *memSink) Quarantine(_ context.Context, _, id, reason string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.aside[id] = reason
	return nil
}
func (m *memSink) Release(_ context.Context, _, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.aside, id)
	return nil
}
func (m *memSink) Quarantined(context.Context, string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for id := range m.aside {
		out = append(out, id)
	}
	return out, nil
}
func (m *memSink) Count(context.Context, string) (int, error) { return len(m.got), nil }
func (m *memSink) UnknownPeople(context.Context, []string) ([]string, error) {
	return nil, nil
}
func (m *memSink) PutPerson(context.Context, string, *model.Owner) error { return nil }
func (m *memSink) OpenIncidents(context.Context, time.Time) ([]int64, error) {
	return nil, nil
}

func pullOf(g *fakeGraph, m *memSink) (*stream, *health.Board) {
	board := &health.Board{}
	c := New(Config{Graph: g, Sink: m, Health: board})
	return c.streams[0], board
}

// runFor runs the stream for a while of the test's own time.
func runFor(t *testing.T, s *stream, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	_ = s.Run(ctx)
	synctest.Wait()
}

func things(n int, at func(i int) time.Time) []thing {
	var out []thing
	for i := range n {
		out = append(out, thing{id: strconv.Itoa(1000 + i), stamp: at(i).Truncate(100 * time.Nanosecond)})
	}
	return out
}

func TestTheFirstReadFindsAllNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &fakeGraph{things: things(1500, func(i int) time.Time { return now.Add(-time.Duration(i) * 3 * time.Hour) })}
		m := newSink()
		s, board := pullOf(g, m)
		runFor(t, s, 10*time.Second)
		if len(m.got) != 1500 {
			t.Fatalf("%d of 1500 incidents", len(m.got))
		}
		if first := m.order[:8]; !slices.Contains(first, "1000") {
			t.Errorf("the first ones were %v; the newest must come first", first)
		}
		if g.calls > 90 {
			t.Errorf("%d requests for 1500 incidents", g.calls)
		}
		if r := board.All()[0]; r.Status != health.OK {
			t.Errorf("health %+v", r)
		}
		if p := s.progress(); !p.History || p.LastSync.IsZero() {
			t.Errorf("progress %+v", p)
		}
	})
}

func TestOneStampForManyRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(-40 * 24 * time.Hour)
		for _, noCount := range []bool{false, true} {
			g := &fakeGraph{things: things(700, func(int) time.Time { return at }), noCount: noCount}
			m := newSink()
			s, _ := pullOf(g, m)
			runFor(t, s, 10*time.Second)
			if len(m.got) != 700 {
				t.Errorf("%d of 700 rows with one stamp", len(m.got))
			}
		}
	})
}

func TestRowsThatMoveWhilePagesAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &fakeGraph{things: things(150, func(i int) time.Time { return now.Add(-time.Duration(i) * time.Second) })}
		moved := 0
		g.between = func(g *fakeGraph) { // a row of the first page changes: all others move up by one
			g.mu.Lock()
			defer g.mu.Unlock()
			if moved < 2 {
				g.things[moved].stamp = time.Now().Add(10 * time.Minute)
				moved++
			}
		}
		m := newSink()
		s, _ := pullOf(g, m)
		runFor(t, s, 15*time.Minute)
		if len(m.got) != 150 {
			t.Errorf("%d of 150 rows", len(m.got))
		}
	})
}

func TestFutureRowsDoNotMoveTheWatermark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGraph{things: []thing{{id: "1", stamp: time.Now().Add(3 * time.Minute)}, {id: "2", stamp: time.Now().Add(48 * time.Hour)}}}
		m := newSink()
		s, _ := pullOf(g, m)
		runFor(t, s, 5*time.Second)
		if _, ok := m.got["1"]; !ok {
			t.Error("a row a little ahead was not merged")
		}
		if w := s.progress().Watermark; w.After(time.Now()) {
			t.Errorf("the watermark is at %s, now is %s", w, time.Now())
		}
		g.mu.Lock()
		g.things = append(g.things, thing{id: "3", stamp: time.Now()})
		g.mu.Unlock()
		runFor(t, s, time.Minute)
		if _, ok := m.got["3"]; !ok {
			t.Error("a row behind a future one was lost")
		}
	})
}

func TestPartialAnswersCommitNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &fakeGraph{things: things(3, func(i int) time.Time { return now.Add(-time.Duration(i) * time.Minute) })}
		broken := true
		g.partial = func(int) bool { return broken }
		m := newSink()
		s, board := pullOf(g, m)
		runFor(t, s, time.Minute)
		if len(m.got) != 3 {
			t.Errorf("%d rows merged; what came must be kept", len(m.got))
		}
		if !s.progress().LastSync.IsZero() {
			t.Error("an incomplete read counts as a sync")
		}
		if r := board.All()[0]; r.Status != health.Warning || r.Reason != "partial_answer" {
			t.Errorf("health %+v", r)
		}
		broken = false
		runFor(t, s, time.Minute)
		if !s.progress().History {
			t.Error("the read was not finished after the provider came back")
		}
	})
}

func TestABrokenRowIsPutAsideAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &fakeGraph{things: things(20, func(i int) time.Time { return now.Add(-time.Duration(i) * time.Hour) })}
		g.things[4].broken = true
		m := newSink()
		s, board := pullOf(g, m)
		runFor(t, s, 30*time.Second)
		if len(m.got) != 19 || len(m.aside) != 1 {
			t.Fatalf("%d merged, %v aside", len(m.got), m.aside)
		}
		if r := board.All()[0]; r.Status != health.Warning || r.Reason != "quarantined" {
			t.Errorf("health %+v", r)
		}
		g.mu.Lock()
		g.things[4].broken = false
		g.mu.Unlock()
		runFor(t, s, 30*time.Minute)
		if len(m.got) != 20 || len(m.aside) != 0 {
			t.Errorf("%d merged, %v aside after it was repaired", len(m.got), m.aside)
		}
	})
}

func TestOneObjectThatBreaksListsHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &fakeGraph{things: things(60, func(i int) time.Time { return now.Add(-time.Duration(i) * time.Hour) })}
		g.things[30].poison = true
		m := newSink()
		s, _ := pullOf(g, m)
		runFor(t, s, time.Hour)
		if len(m.got) != 59 {
			t.Errorf("%d of the 59 others arrived", len(m.got))
		}
		if m.aside["1030"] == "" {
			t.Errorf("aside: %v", m.aside)
		}
	})
}

func TestAnOutageQuarantinesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		g := &fakeGraph{things: things(5, func(int) time.Time { return time.Now().Add(-time.Hour) })}
		g.fail = func(int) error {
			if down {
				return fault.New(fault.Unavailable, "graph_unavailable", "%w", &msgraph.ResponseError{Status: 503})
			}
			return nil
		}
		m := newSink()
		s, board := pullOf(g, m)
		runFor(t, s, time.Hour)
		if len(m.aside) != 0 {
			t.Errorf("aside: %v", m.aside)
		}
		if g.calls > 400 {
			t.Errorf("%d requests in an hour of outage", g.calls)
		}
		if r := board.All()[0]; r.Status == health.OK {
			t.Errorf("health %+v", r)
		}
		down = false
		runFor(t, s, 10*time.Minute)
		if len(m.got) != 5 {
			t.Errorf("%d of 5 after the outage", len(m.got))
		}
	})
}

func TestWindowsCoverEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(0, 1<<40).Draw(t, "from")
		w := window{from, from + rapid.Int64Range(1, 1<<40).Draw(t, "width")}
		newer, older, ok := w.halves()
		switch {
		case !ok && w.to-w.from > 1 && w.from > 0:
			t.Fatalf("%v cannot be halved", w)
		case ok && (older.to != newer.from || older.from != w.from || newer.to != w.to || newer.from >= newer.to || older.from >= older.to):
			t.Fatalf("%v became %v and %v", w, newer, older)
		}
	})
}

func TestProbe(t *testing.T) {
	all := []string{"SecurityIncident.ReadWrite.All", "SecurityAlert.Read.All", "User.Read.All"}
	for _, tt := range []struct {
		name string
		g    probeGraph
		want string
	}{
		{"all is well", probeGraph{roles: all, plans: []msgraph.Plan{{Name: "WINDEFATP", Status: "Success"}}}, "tenant=met licence=met permission-incidents-read=met permission-incidents-write=met permission-alerts-read=met permission-users-read=met"},
		{"read only", probeGraph{roles: []string{"SecurityIncident.Read.All"}, plans: []msgraph.Plan{{Name: "MTP"}}}, "tenant=met licence=met permission-incidents-read=met permission-incidents-write=notMet permission-alerts-read=notMet permission-users-read=notMet"},
		{"licences cannot be read, but incidents can", probeGraph{roles: all, plansErr: fault.New(fault.Permission, "graph_permission", "no")}, "tenant=met licence=met permission-incidents-read=met permission-incidents-write=met permission-alerts-read=met permission-users-read=met"},
		{"no licence", probeGraph{roles: all, plans: []msgraph.Plan{{Name: "EXCHANGE_S_FOUNDATION"}}}, "tenant=met licence=notMet permission-incidents-read=met permission-incidents-write=met permission-alerts-read=met permission-users-read=met"},
		{"a wrong secret", probeGraph{tokenErr: fault.New(fault.Unauthenticated, "secret_wrong", "wrong")}, "tenant=notMet licence=unknown permission-incidents-read=unknown permission-incidents-write=unknown permission-alerts-read=unknown permission-users-read=unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range Probe(t.Context(), &tt.g) {
				got = append(got, p.ID+"="+p.State)
				if p.State != Met && p.Remedy == "" {
					t.Errorf("%s has no remedy", p.ID)
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

type probeGraph struct {
	Graph
	roles              []string
	plans              []msgraph.Plan
	tokenErr, plansErr error
}

func (g *probeGraph) Token(context.Context) (msgraph.Token, error) {
	return msgraph.Token{TenantID: "t", Roles: g.roles}, g.tokenErr
}
func (g *probeGraph) Organization(context.Context) (msgraph.Organization, error) {
	return msgraph.Organization{ID: "t", DisplayName: "Contoso"}, nil
}
func (g *probeGraph) Plans(context.Context) ([]msgraph.Plan, error) { return g.plans, g.plansErr }
func (g *probeGraph) List(context.Context, msgraph.Collection, time.Time, time.Time, int, msgraph.Priority) (*msgraph.Page, error) {
	return &msgraph.Page{}, nil
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
