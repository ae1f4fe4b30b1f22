package defenderxdr

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

func TestThePollFollowsTheTenantAndPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := 1.0
		c := New(Config{Graph: &fakeGraph{}, Sink: newSink(), Budget: func() float64 { return budget }})
		s := c.streams[0]
		want := func(why string, d time.Duration) {
			t.Helper()
			if got := s.interval(); got != d {
				t.Errorf("%s: %s, want %s", why, got, d)
			}
		}
		want("at rest", 30*time.Second)
		s.saw(1)
		want("after the first rows", 30*time.Second)
		s.saw(2)
		want("after a newer row", 10*time.Second)
		budget = 0.4
		want("with little budget", 30*time.Second)
		budget = 1
		time.Sleep(busyFor)
		s.saw(2)
		want("after two minutes without news", 30*time.Second)
		c.Opened(1)
		want("while somebody looks", 10*time.Second)
		time.Sleep(busyFor)
		want("after nobody has looked for two minutes", 30*time.Second)
	})
}

// shortGraph counts one row more than it lists.
type shortGraph struct {
	*fakeGraph
	lie bool
}

func (g *shortGraph) List(ctx context.Context, col msgraph.Collection, from, to time.Time, top int, p msgraph.Priority) (*msgraph.Page, error) {
	page, err := g.fakeGraph.List(ctx, col, from, to, top, p)
	if err == nil && g.lie && page.Next == "" {
		page.Count++
	}
	return page, err
}

func TestAShortListCommitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &shortGraph{&fakeGraph{things: things(3, func(int) time.Time { return now.Add(-time.Minute) })}, true}
		m, board := newSink(), &health.Board{}
		s := New(Config{Graph: g, Sink: m, Health: board}).streams[0]
		cp, err := s.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range stubborn - 1 {
			if err := s.cycle(t.Context(), &cp); fault.CodeOf(err) != "short_answer" {
				t.Fatalf("a list shorter than its count: %v", err)
			}
		}
		if len(m.got) != 3 || s.progress().History {
			t.Errorf("%d rows merged, history done %v", len(m.got), s.progress().History)
		}
		g.lie = false
		if err := s.cycle(t.Context(), &cp); err != nil {
			t.Error(err)
		}
		g.lie = true
		for i := range stubborn {
			if err := s.cycle(t.Context(), &cp); (err == nil) != (i == stubborn-1) {
				t.Errorf("cycle %d: %v; a count that is always wrong must not stop the stream", i, err)
			}
		}
	})
}

// loopGraph answers every page with a link to itself.
type loopGraph struct{ *fakeGraph }

func (g *loopGraph) List(ctx context.Context, col msgraph.Collection, from, to time.Time, _ int, p msgraph.Priority) (*msgraph.Page, error) {
	page, err := g.fakeGraph.List(ctx, col, from, to, 1, p)
	if err == nil && len(page.Rows) > 0 {
		page.Next, page.Count = "loop", -1
	}
	return page, err
}

func (g *loopGraph) Next(context.Context, msgraph.Collection, *msgraph.Page, msgraph.Priority) (*msgraph.Page, error) {
	return &msgraph.Page{Next: "loop", Count: -1}, nil
}

func TestAListThatLeadsBackIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &loopGraph{&fakeGraph{things: things(1, func(int) time.Time { return now.Add(-time.Minute) })}}
		s := New(Config{Graph: g, Sink: newSink()}).streams[0]
		var cp checkpoint
		if err := s.cycle(t.Context(), &cp); fault.CodeOf(err) != "page_loop" {
			t.Fatalf("a loop of pages: %v", err)
		}
	})
}

// byID is a store and a tenant of one incident that no list has shown.
type byID struct {
	memSink
	locks sync.Mutex // guards st
	st    syncback.State
	now   model.TenantIncident
	reads []syncback.Urgency
	err   error
	write error
}

func (b *byID) OpenIncidents(context.Context, time.Time) ([]int64, error) { return []int64{1}, nil }
func (b *byID) Due(_ context.Context, now time.Time, _ int) ([]syncback.Job, time.Time, error) {
	b.locks.Lock()
	defer b.locks.Unlock()
	if b.st.Waiting() && !b.st.Outbox.Due.After(now) {
		return []syncback.Job{{Number: 1, Person: true}}, time.Time{}, nil
	}
	return nil, b.st.Outbox.Due, nil
}
func (b *byID) Load(context.Context, int64) (syncback.State, error) {
	b.locks.Lock()
	defer b.locks.Unlock()
	return b.st, nil
}
func (b *byID) Change(_ context.Context, _ int64, f func(*syncback.State) (syncback.Outcome, error)) (syncback.State, error) {
	b.locks.Lock()
	defer b.locks.Unlock()
	_, err := f(&b.st)
	return b.st, err
}

func (b *byID) Get(_ context.Context, _ string, u syncback.Urgency) (model.TenantIncident, error) {
	b.reads = append(b.reads, u)
	return b.now, b.err
}

func (b *byID) Patch(_ context.Context, _ string, p model.TenantPatch, _ syncback.Urgency) (model.TenantIncident, error) {
	if b.write == nil && p.Title != nil {
		b.now.Title = *p.Title
		b.now.Version++
	}
	return b.now, b.write
}

func (b *byID) Comment(context.Context, string, string, syncback.Urgency) ([]model.TenantComment, error) {
	return nil, nil
}

func TestReconcilingSurvivesRestartsAndCountsRepairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := func(version int64) model.TenantIncident {
			at := time.Now().UTC()
			return model.TenantIncident{ID: "27", Version: version, Updated: at, Hash: at.String(), Title: "T"}
		}
		b := &byID{memSink: *newSink(), now: read(1)}
		b.st.Merge(b.now, syncback.Listed, nil, time.Now())
		run := func(d time.Duration) *Connector {
			c := New(Config{
				Graph: &fakeGraph{}, Sink: b, Worker: &syncback.Worker{Store: b, Remote: b, Clock: wall{}, Logger: slog.New(slog.DiscardHandler)},
			})
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			_ = c.back.Run(ctx)
			return c
		}
		run(4 * time.Hour)
		if len(b.reads) != 0 {
			t.Errorf("%d reads before the interval was over", len(b.reads))
		}
		c := run(4 * time.Hour) // started again: it is due six hours after the first start, not after this one
		if len(b.reads) != 1 || b.reads[0] != syncback.Repair || c.Repairs() != 0 {
			t.Errorf("reads %v, %d repairs", b.reads, c.Repairs())
		}
		b.now = read(2)
		var last reconciled
		if err := json.Unmarshal([]byte(b.cp), &last); err != nil || last.Done.IsZero() {
			t.Errorf("checkpoint %q: %v", b.cp, err)
		}
		c = run(5 * time.Hour)
		if len(b.reads) != 2 || c.Repairs() != 1 {
			t.Errorf("after a restart %d reads, %d repairs", len(b.reads), c.Repairs())
		}
		b.err = fault.New(fault.NotFound, "graph_not_found", "gone")
		run(31 * time.Hour)
		if !b.st.Orphaned {
			t.Error("an incident that has been missing for a day is not marked")
		}
	})
}

func TestATenantThatAlwaysMiscountsCostsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		g := &shortGraph{&fakeGraph{things: things(3, func(int) time.Time { return now.Add(-time.Minute) })}, true}
		m := newSink()
		s := New(Config{Graph: g, Sink: m}).streams[0]
		runFor(t, s, 30*time.Minute)
		if len(m.got) != 3 || !s.progress().History {
			t.Fatalf("%d of 3 are here, history done %v", len(m.got), s.progress().History)
		}
		before := g.calls
		runFor(t, s, 24*time.Hour)
		// One list a poll, one count every six hours, and one more reading of the history when the count first differed.
		if n, polls := g.calls-before, int(24*time.Hour/(30*time.Second)); n > polls+60 {
			t.Errorf("%d requests in a day of %d polls", n, polls)
		}
	})
}

// TestARefusedWriteTurnsTheWayBackRed: the app may only read. The component says which permission is missing, the edit
// waits, and goes out when the permission is there.
func TestARefusedWriteTurnsTheWayBackRed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().UTC()
		b := &byID{memSink: *newSink(), now: model.TenantIncident{ID: "27", Version: 1, Updated: at, Hash: "1", Title: "T"}}
		b.write = fault.New(fault.Permission, "graph_permission", "Grant the app the application permission %s.", msgraph.NeedIncidentWrite)
		b.st.Merge(b.now, syncback.Listed, nil, at)
		b.st.EditLocal(func(m *syncback.Image) { m.Title = "Ours" }, syncback.Edit{Actor: "ana", Time: at, Person: true})
		board := &health.Board{}
		c := New(Config{
			Graph: &fakeGraph{}, Sink: b, Health: board, Worker: &syncback.Worker{Store: b, Remote: b, Clock: wall{}, Logger: slog.New(slog.DiscardHandler)},
		})
		run := func(d time.Duration) health.Report {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			_ = c.back.Run(ctx)
			return board.All()[0]
		}
		r := run(20 * time.Minute)
		if r.Status != health.Failure || r.Reason != "graph_permission" || !strings.Contains(r.Description, msgraph.NeedIncidentWrite) {
			t.Errorf("health %+v", r)
		}
		if v := b.st.View(); v.Edits[0].State != model.Pending || !b.st.Waiting() || v.LastError == "" {
			t.Errorf("the edit does not wait: %+v", v)
		}
		b.write = nil
		if r = run(10 * time.Minute); r.Status != health.OK || b.st.Waiting() || b.now.Title != "Ours" {
			t.Errorf("with the permission: %+v, waiting %v, title %q there", r, b.st.Waiting(), b.now.Title)
		}
	})
}
