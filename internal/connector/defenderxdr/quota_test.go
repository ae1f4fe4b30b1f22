package defenderxdr

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// latency is how long the tenant of these tests takes for an answer.
const latency = 150 * time.Millisecond

// quotaGraph is a tenant with many incidents behind the request budget, on the test's own time.
type quotaGraph struct {
	Graph
	limiter *msgraph.Limiter
	mu      sync.Mutex
	list    []big // by stamp
	asked   []time.Time
	others  int // requests that were not of the history
	wrote   map[string]time.Time
}

type big struct {
	id    string
	stamp time.Time
	title string
}

func newQuotaGraph(n int) *quotaGraph {
	g := &quotaGraph{limiter: msgraph.NewLimiter(msgraph.Limits{}, ""), wrote: map[string]time.Time{}}
	now := time.Now().UTC()
	for i := range n {
		age := time.Duration(float64(180*24*time.Hour) * float64(n-i) / float64(n))
		g.list = append(g.list, big{fmt.Sprint(i), now.Add(-age).Truncate(100 * time.Nanosecond), "T"})
	}
	return g
}

func (g *quotaGraph) wait(ctx context.Context, p msgraph.Priority) error {
	if err := g.limiter.Wait(ctx, p); err != nil {
		return err
	}
	time.Sleep(latency)
	g.limiter.Answered(msgraph.Up)
	g.mu.Lock()
	g.asked = append(g.asked, time.Now())
	if p != msgraph.Reconcile {
		g.others++
	}
	g.mu.Unlock()
	return nil
}

func (x big) row() json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":%q,"displayName":%q,"status":"active","severity":"low","createdDateTime":%[3]q,"lastUpdateDateTime":%[3]q,"lastModifiedBy":"bob@example.com"}`,
		x.id, x.title, x.stamp.Format(msgraph.TimeFormat)))
}

// touch changes an incident; it moves to the end of the list.
func (g *quotaGraph) touch(id, title string) time.Time {
	i := slices.IndexFunc(g.list, func(x big) bool { return x.id == id })
	g.list = slices.Delete(g.list, i, i+1)
	stamp := time.Now().UTC().Truncate(100 * time.Nanosecond)
	g.list = append(g.list, big{id, stamp, title})
	return stamp
}

func (g *quotaGraph) bounds(from, to time.Time) (int, int) {
	cmp := func(x big, t time.Time) int { return x.stamp.Compare(t) }
	a, _ := slices.BinarySearchFunc(g.list, from, cmp)
	b, _ := slices.BinarySearchFunc(g.list, to, cmp)
	return a, max(a, b)
}

// List implements Graph, newest first.
func (g *quotaGraph) List(ctx context.Context, col msgraph.Collection, from, to time.Time, top int, p msgraph.Priority) (*msgraph.Page, error) {
	if top == 0 {
		top = col.Top
	}
	return g.page(ctx, from, to, 0, top, p)
}

// Next implements Graph.
func (g *quotaGraph) Next(ctx context.Context, col msgraph.Collection, page *msgraph.Page, p msgraph.Priority) (*msgraph.Page, error) {
	var from, to int64
	var skip int
	if _, err := fmt.Sscanf(page.Next, "%d %d %d", &from, &to, &skip); err != nil {
		return nil, err
	}
	return g.page(ctx, column.ToTime(from), column.ToTime(to), skip, col.Top, p)
}

func (g *quotaGraph) page(ctx context.Context, from, to time.Time, skip, top int, p msgraph.Priority) (*msgraph.Page, error) {
	if err := g.wait(ctx, p); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a, b := g.bounds(from, to)
	page := &msgraph.Page{Count: b - a, Date: time.Now().UTC()}
	for i := b - 1 - skip; i >= a && len(page.Rows) < top; i-- {
		page.Rows = append(page.Rows, g.list[i].row())
	}
	if skip+top < b-a {
		page.Next = fmt.Sprintf("%d %d %d", column.FromTime(from), column.FromTime(to), skip+top)
	}
	return page, nil
}

func (g *quotaGraph) find(id string) json.RawMessage {
	i := slices.IndexFunc(g.list, func(x big) bool { return x.id == id })
	return g.list[i].row()
}

// Get implements Graph.
func (g *quotaGraph) Get(ctx context.Context, _ msgraph.Collection, id string, p msgraph.Priority) (json.RawMessage, error) {
	if err := g.wait(ctx, p); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.find(id), nil
}

// PatchIncident implements Graph.
func (g *quotaGraph) PatchIncident(ctx context.Context, id string, properties map[string]any, p msgraph.Priority) (json.RawMessage, error) {
	if err := g.wait(ctx, p); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	title, _ := properties["displayName"].(string)
	g.touch(id, title)
	g.wrote[title] = time.Now()
	return g.find(id), nil
}

// quotaSink notes when versions arrive, and keeps the states of incidents that are edited here.
type quotaSink struct {
	memSink
	mu2    sync.Mutex
	seen   map[string]int64
	when   map[string]time.Time // "id|version"
	states map[int64]*syncback.State
}

func (k *quotaSink) MergeIncidents(_ context.Context, rows []model.TenantIncident, _ bool) (map[string]string, error) {
	k.mu2.Lock()
	defer k.mu2.Unlock()
	for _, r := range rows {
		if r.Version > k.seen[r.ID] {
			k.seen[r.ID] = r.Version
			k.when[fmt.Sprintf("%s|%d", r.ID, r.Version)] = time.Now()
		}
	}
	return nil, nil
}

func (k *quotaSink) Count(context.Context, string) (int, error) {
	k.mu2.Lock()
	defer k.mu2.Unlock()
	return len(k.seen), nil
}

func (k *quotaSink) Due(_ context.Context, now time.Time, limit int) (jobs []syncback.Job, next time.Time, err error) {
	k.mu2.Lock()
	defer k.mu2.Unlock()
	for n, st := range k.states {
		if st.Waiting() && !st.Outbox.Due.After(now) && len(jobs) < limit {
			jobs = append(jobs, syncback.Job{Number: n, Person: true})
		}
	}
	return jobs, time.Time{}, nil
}

func (k *quotaSink) Load(_ context.Context, n int64) (syncback.State, error) {
	k.mu2.Lock()
	defer k.mu2.Unlock()
	return clone(k.states[n]), nil
}

func (k *quotaSink) Change(_ context.Context, n int64, f func(*syncback.State) (syncback.Outcome, error)) (syncback.State, error) {
	k.mu2.Lock()
	defer k.mu2.Unlock()
	_, err := f(k.states[n])
	return clone(k.states[n]), err
}

// figures are what people notice of the synchronisation.
type figures struct {
	firstRead   time.Duration // until the whole past is here
	others      int           // requests for other things meanwhile
	in, out     []time.Duration
	perHour     int // most requests in any hour
	afterwards  []time.Duration
	incidents   int
	lostChanges int
}

func p95(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[len(d)*95/100]
}

// measure connects to a tenant of n incidents in which one changes every 29 seconds, while somebody here edits one every 18.
func measure(t *testing.T, n int, hours int) figures {
	g := newQuotaGraph(n)
	k := &quotaSink{memSink: *newSink(), seen: map[string]int64{}, when: map[string]time.Time{}, states: map[int64]*syncback.State{}}
	worker := &syncback.Worker{Store: k, Remote: NewRemote(g), Clock: wall{}, Logger: slog.New(slog.DiscardHandler)}
	c := New(Config{
		Graph: g, Sink: k, Worker: worker, Budget: func() float64 { return g.limiter.Stats().HourShare },
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	start := time.Now()
	wg.Go(func() { _ = c.streams[0].Run(ctx) })
	wg.Go(func() { _ = c.back.Run(ctx) })
	f := figures{incidents: n}
	changed, edited := map[string]time.Time{}, map[string]time.Time{}
	for i := 1; time.Since(start) < time.Duration(hours)*time.Hour; i++ {
		time.Sleep(time.Second)
		if f.firstRead == 0 && c.Progress()[0].History {
			f.firstRead = time.Since(start)
			g.mu.Lock()
			f.others = g.others
			g.mu.Unlock()
		}
		if i%29 == 0 {
			g.mu.Lock()
			id := g.list[i*7919%len(g.list)].id
			stamp := g.touch(id, "T")
			changed[fmt.Sprintf("%s|%d", id, column.FromTime(stamp))] = time.Now()
			g.mu.Unlock()
		}
		if i%18 == 0 && i > 60 {
			g.mu.Lock()
			raw, title := g.find(g.list[i*6007%len(g.list)].id), fmt.Sprintf("E%d", i)
			g.mu.Unlock()
			r, err := Incident(raw)
			if err != nil {
				t.Fatal(err)
			}
			st := &syncback.State{}
			st.Merge(r, syncback.Fetched, nil, time.Now())
			st.EditLocal(func(m *syncback.Image) { m.Title = title }, syncback.Edit{Actor: "ana", Time: time.Now(), Person: true})
			k.mu2.Lock()
			k.states[int64(i)] = st
			k.mu2.Unlock()
			edited[title] = time.Now()
			worker.Wake()
		}
	}
	time.Sleep(5 * time.Minute)
	cancel()
	wg.Wait()
	for key, at := range changed {
		seen, ok := k.when[key]
		if !ok {
			f.lostChanges++ // it was changed again before it could be seen, or edited here
			continue
		}
		f.in = append(f.in, seen.Sub(at))
		if f.firstRead > 0 && at.After(start.Add(f.firstRead)) {
			f.afterwards = append(f.afterwards, seen.Sub(at))
		}
	}
	for title, at := range edited {
		sent, ok := g.wrote[title]
		if !ok {
			t.Errorf("edit %s has not reached the tenant", title)
			continue
		}
		f.out = append(f.out, sent.Sub(at))
	}
	for i := range g.asked {
		j, _ := slices.BinarySearchFunc(g.asked, g.asked[i].Add(time.Hour), func(a, b time.Time) int { return a.Compare(b) })
		f.perHour = max(f.perHour, j-i)
	}
	return f
}

// TestAFirstReadDelaysNobody: within the tenant's quota, changes there are seen here and edits here arrive there in time,
// also while the past of many incidents is being read.
func TestAFirstReadDelaysNobody(t *testing.T) {
	if raceDetector {
		t.Skip("hours of virtual time")
	}
	n, hours := 10_000, 2
	if os.Getenv("VEDETTE_BENCH") != "" {
		n, hours = 100_000, 6
	}
	synctest.Test(t, func(t *testing.T) {
		f := measure(t, n, hours)
		least := time.Duration(n/50+f.others) * time.Hour / 1500
		t.Logf("first read      %d incidents in %s; %d pages and the %d requests for changes and edits meanwhile take %s at 1,500 an hour", f.incidents, f.firstRead.Round(time.Second), n/50, f.others, least.Round(time.Second))
		t.Logf("there to here   p95 %s over all, %s after the first read (%d changes)", p95(f.in).Round(time.Second), p95(f.afterwards).Round(time.Second), len(f.in))
		t.Logf("here to there   p95 %s (%d edits)", p95(f.out).Round(time.Millisecond), len(f.out))
		t.Logf("requests        at most %d in an hour", f.perHour)
		if f.firstRead == 0 {
			t.Error("the first read did not end")
		}
		if f.firstRead > least*115/100+time.Minute {
			t.Errorf("the first read took %s; the quota allows %s", f.firstRead, least)
		}
		if p95(f.in) > time.Minute {
			t.Errorf("changes of the tenant are seen after %s (p95)", p95(f.in))
		}
		if p95(f.out) > 10*time.Second {
			t.Errorf("edits reach the tenant after %s (p95)", p95(f.out))
		}
		if f.perHour > 1500 {
			t.Errorf("%d requests in an hour", f.perHour)
		}
		if f.lostChanges > len(f.in)/20 {
			t.Errorf("%d of %d changes were never seen", f.lostChanges, len(f.in)+f.lostChanges)
		}
	})
}
