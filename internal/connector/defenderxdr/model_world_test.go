package defenderxdr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// The world of the model: a tenant whose lists lag and lie, a workspace that runs the product's own stream, worker and
// merge rules, people and automation on both sides, and faults at every step. One seed is one life of it.

var errKilled = errors.New("killed")

// regime is what a seed draws once: how this tenant behaves and how hard this life is.
type regime struct {
	coarse    time.Duration // step of the tenant's stamps
	lag       time.Duration // longest delay of its index
	order     string        // of its lists: newest, id, random
	bump      bool          // a comment moves the stamp
	normalise bool          // it trims, folds case and resets determinations
	failure   int           // one call in so many fails; 0: none
	crash     int           // one yield in so many kills; 0: none
	interfere int           // somebody acts within one call in so many
	policy    syncback.Rule
}

const modelOverlap = 10 * time.Minute

func drawRegime(t *rapid.T) regime {
	return regime{
		coarse: rapid.SampledFrom([]time.Duration{3333300, 2 * time.Second, 20 * time.Second}).Draw(t, "coarse"),
		lag:    rapid.SampledFrom([]time.Duration{0, 30 * time.Second, 4 * time.Minute}).Draw(t, "lag"),
		order:  rapid.SampledFrom([]string{"newest", "id", "random"}).Draw(t, "order"),
		bump:   rapid.Bool().Draw(t, "comments bump"), normalise: rapid.Bool().Draw(t, "normalises"),
		failure:   rapid.SampledFrom([]int{0, 8, 40}).Draw(t, "failures"),
		crash:     rapid.SampledFrom([]int{0, 25, 150}).Draw(t, "crashes"),
		interfere: rapid.SampledFrom([]int{0, 4, 12}).Draw(t, "interference"),
		policy:    rapid.SampledFrom([]syncback.Rule{syncback.RemoteWins, syncback.LocalWins}).Draw(t, "policy"),
	}
}

type world struct {
	t      *rapid.T
	ctx    context.Context
	r      regime
	m      mutant
	seen   map[string]int // rare paths that were reached, over all seeds
	now    time.Time      // the tenant's
	skew   time.Duration  // the workspace's clock minus the tenant's
	faults bool
	dead   bool
	busy   bool // within a call of the workspace: do not start another of the same kind

	tenant *modelTenant
	store  *modelStore
	conn   *Connector
	worker *syncback.Worker
	cps    [2]*checkpoint // of the streams

	serial  int
	writes  map[string][]write // of a field of an incident
	past    map[string]bool    // fields that are excused for what happened before: a race, or an edit that was given up
	exempt  map[string]string  // fields with a race that no client can win, and which
	tags    map[string]*tagFate
	said    []comment
	edits   int   // made here
	retries int   // calls that failed or were lost, and kills
	owners  int   // kinds of owners that people choose; the third is refused by the tenant
	naive   int64 // checkpoint of the pulls that are wrong
	bad     []string
	parsed  map[string]model.TenantIncident // by their JSON
}

// write is one value that somebody wrote into a field, and the value they saw.
type write struct {
	value, parent string
	local         bool
}

type comment struct{ id, text string }

// tagFate is what people did with a tag of an incident.
type tagFate struct{ id, tag, removed string }

func (w *world) reached(what string) { w.seen[what]++ }

func (w *world) fail(format string, args ...any) { w.bad = append(w.bad, fmt.Sprintf(format, args...)) }

// Now implements syncback.Clock for the workspace.
func (w *world) Now() time.Time { return w.now.Add(w.skew) }

func (w *world) chance(n int, label string) bool {
	return w.faults && n > 0 && rapid.IntRange(0, n-1).Draw(w.t, label) == 0
}

// yield is a point at which the workspace may be killed. Nothing works after that until it is started again.
func (w *world) yield(where string) error {
	if !w.dead && w.chance(w.r.crash, "killed") {
		w.dead = true
		w.t.Logf("killed: %s", where)
		w.retries++
		w.reached("killed: " + where)
	}
	if w.dead {
		return errKilled
	}
	return nil
}

// start starts the workspace on what is durable.
func (w *world) start() {
	w.dead, w.cps = false, [2]*checkpoint{}
	w.worker = &syncback.Worker{
		Store: w.m.store(w), Remote: w.m.remote(w, NewRemote(w.tenant)), Clock: w, Policy: w.r.policy, Logger: slog.New(slog.DiscardHandler),
	}
	overlap := modelOverlap
	if w.m.noOverlap {
		overlap = 1
	}
	w.conn = New(Config{
		Graph: w.tenant, Sink: w.store, Worker: w.worker, Clock: w, Poll: time.Minute, Overlap: overlap, History: 48 * time.Hour,
	})
	for _, s := range w.conn.streams {
		s.col.Top, s.most, s.deep = 3, 5, 9
	}
	w.conn.streams[0].rows.(*incidentRows).read = w.known
}

// known reads a row of the tenant: each version once in a life, for speed.
func (w *world) known(raw json.RawMessage) (model.TenantIncident, error) {
	if r, ok := w.parsed[string(raw)]; ok {
		return r, nil
	}
	r, err := Incident(raw)
	if err == nil {
		w.parsed[string(raw)] = r
	}
	return r, err
}

// pull is one poll of the incident stream, and pullAlerts one of the other.
func (w *world) pull() error       { return w.poll(0) }
func (w *world) pullAlerts() error { return w.poll(1) }

func (w *world) poll(i int) error {
	if w.m.pull != nil && (i == 1) == w.m.ofAlerts {
		return w.m.pull(w)
	}
	cp, err := w.checkpoint(i)
	if err != nil {
		return err
	}
	return w.conn.streams[i].cycle(w.ctx, cp)
}

func (w *world) checkpoint(i int) (*checkpoint, error) {
	if w.cps[i] == nil {
		cp, err := w.conn.streams[i].load(w.ctx)
		if err != nil {
			return nil, err
		}
		w.cps[i] = &cp
	}
	return w.cps[i], nil
}

// push sends what waits of every incident.
func (w *world) push() error {
	var errs error
	for _, n := range w.store.numbers() {
		w.tenant.read = map[string]tenantIncident{}
		if st := w.store.states[n]; st.Waiting() {
			errs = errors.Join(errs, w.worker.Push(w.ctx, n))
		}
	}
	return errs
}

// exclusive runs a pull or push unless one is under way.
func (w *world) exclusive(f func() error) error {
	if w.busy {
		return nil
	}
	w.busy = true
	defer func() { w.busy = false }()
	err := f()
	if w.dead {
		w.start()
		return nil
	}
	return err
}

// meanwhile is what happens while a call of the workspace is under way.
func (w *world) meanwhile() {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 900).Draw(w.t, "latency")) * time.Millisecond)
	w.tenant.applyLate(false)
	if w.chance(w.r.interfere, "meanwhile") {
		w.people()[rapid.IntRange(0, len(w.people())-1).Draw(w.t, "who")]()
	}
}

// people are the things that people and automation do.
func (w *world) people() []func() {
	return []func(){w.localEdit, w.localEdit, w.tenantEdit, w.tenantEdit, w.bulkEdit, w.localTag, w.tenantTag, w.localComment, w.tenantComment, w.automate, w.raise, w.alertEdit, w.merge}
}

func (w *world) actions() []func() {
	pull, push := func() { _ = w.exclusive(w.pull) }, func() { _ = w.exclusive(w.push) }
	alerts := func() { _ = w.exclusive(w.pullAlerts) }
	return append(w.people(), alerts, alerts, w.bulkAlerts, w.investigate, w.say, pull, pull, pull, push, push, push, w.merge, w.vanish, w.create, w.jump, w.wait, w.look)
}

// newWorld is a tenant with a past, and a workspace that has not looked at it yet.
func newWorld(t *rapid.T, m mutant, seen map[string]int) *world {
	w := &world{
		t: t, ctx: context.Background(), r: drawRegime(t), m: m, seen: seen, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		writes: map[string][]write{}, past: map[string]bool{}, exempt: map[string]string{}, tags: map[string]*tagFate{}, owners: 3,
		parsed: map[string]model.TenantIncident{},
	}
	if m.policy != "" {
		w.r.policy = m.policy
	}
	w.tenant = &modelTenant{w: w, incidents: map[string]*tenantIncident{}, index: map[string][]indexed{}, quiet: map[string]bool{},
		alerts: map[string]*tenantAlert{}, alertIndex: map[string][]indexed{}}
	w.store = newModelStore(w)
	for range rapid.IntRange(1, 8).Draw(t, "incidents") {
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "age")) * time.Hour)
		w.create()
	}
	for range rapid.IntRange(0, 5).Draw(t, "alerts") {
		w.raise()
	}
	w.now = w.now.Add(modelOverlap)
	w.start()
	return w
}

// live runs one life: a time of everything at once, then rest, then a time in which each field is edited on one side only,
// then rest again. It returns what was violated.
func live(t *rapid.T, m mutant, seen map[string]int) []string {
	w := newWorld(t, m, seen)
	w.faults = true
	for range rapid.IntRange(5, 70).Draw(t, "steps") {
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "step")) * time.Second)
		w.tenant.applyLate(false)
		actions := w.actions()
		actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")]()
	}
	w.rest()
	w.agreed()
	if len(w.bad) == 0 {
		w.oneSided()
	}
	return w.bad
}

// rest lets faults and edits stop and gives both sides ten cycles.
func (w *world) rest() {
	w.faults = false
	w.tenant.applyLate(true)
	w.now = w.now.Add(time.Minute)
	for range 10 {
		if err := w.exclusive(w.pull); err != nil && !(w.r.order == "random" && errors.Is(err, errShort)) {
			w.fail("a pull without faults: %v", err)
		}
		if err := w.exclusive(w.pullAlerts); err != nil && !(w.r.order == "random" && errors.Is(err, errShort)) {
			w.fail("a pull of alerts without faults: %v", err)
		}
		if err := w.exclusive(w.push); err != nil && !w.gone(err) && fault.CodeOf(err) != "comment_open" {
			w.fail("a push without faults: %v", err)
		}
		w.now = w.now.Add(7 * time.Minute)
	}
	for _, n := range w.store.numbers() { // only reading by id finds a comment that moved no stamp
		if id := w.store.ids[n]; w.tenant.quiet[id] && !w.tenant.incidents[id].gone {
			if err := w.conn.back.readOne(w.ctx, n); err != nil {
				w.fail("reading %s by id: %v", id, err)
			}
		}
	}
	for _, n := range w.store.numbers() { // people give up what the tenant refuses
		st := clone(w.store.states[n])
		for _, c := range st.Revert(nil, w.Now()) {
			w.past[w.store.ids[n]+"|"+string(c.Field)] = true
		}
		w.store.states[n] = &st
	}
	writes, rows := w.tenant.written, w.store.versions()
	for range 5 {
		_ = errors.Join(w.exclusive(w.pull), w.exclusive(w.pullAlerts), w.exclusive(w.push))
		w.now = w.now.Add(7 * time.Minute)
	}
	if d := w.tenant.written - writes; d != 0 {
		w.fail("C2: %d writes after both sides were at rest", d)
	}
	if d := w.store.versions() - rows; d != 0 {
		w.fail("C2: %d rows of alerts after both sides were at rest", d)
	}
}

// gone reports whether an error may say that an incident has vanished: its edits wait until that is certain.
func (w *world) gone(err error) bool {
	if !errors.Is(err, errNone) {
		return false
	}
	return slices.ContainsFunc(w.tenant.ids(), func(id string) bool { return w.tenant.incidents[id].gone })
}
