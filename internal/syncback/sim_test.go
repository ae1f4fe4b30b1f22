package syncback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// The world of the property test: one tenant, one workspace, people and automation on both sides, an index that lags, lost
// responses, and a worker that is killed between any two of its steps.

var errKilled = errors.New("killed")

type clock struct{ t time.Time }

func (c *clock) Now() time.Time { return c.t }

// write is one value somebody wrote into a register, and the one they saw.
type write struct{ value, parent string }

// tenant is the remote side. Its stamps are coarse, so that changes share one.
type tenant struct {
	w         *world
	incidents map[string]*model.TenantIncident
	index     map[string][]indexed // what lists show
	writes    int
}

type indexed struct {
	r       model.TenantIncident
	visible int // step
}

type world struct {
	t       *rapid.T
	clock   *clock
	step    int
	tenant  *tenant
	states  map[int64]*State
	remote  map[int64]string
	history map[string][]write // register of an incident -> its writes
	serial  int
	faults  bool
	pushes  int
	clashes int
	edits   int
	retries int
	texts   map[string]bool
	policy  Policy
}

const coarse = 4 // steps per stamp

func (w *world) chance(n int, label string) bool {
	return w.faults && rapid.IntRange(0, n-1).Draw(w.t, label) == 0
}

func (t *tenant) touch(id, by string) {
	r := t.incidents[id]
	r.Version = max(r.Version, int64(t.w.step/coarse+1))
	r.Updated = time.Unix(r.Version, 0).UTC()
	r.ModifiedBy, r.Automation = by, by == "automation"
	r.Hash = fmt.Sprint(r.Disposition, r.Severity, r.Owner, r.Title, r.Tags, r.Comments)
	c := *r
	c.Tags, c.Comments = slices.Clone(r.Tags), slices.Clone(r.Comments)
	lag := 0
	if t.w.faults {
		lag = rapid.IntRange(0, 12).Draw(t.w.t, "lag")
	}
	t.index[id] = append(t.index[id], indexed{c, t.w.step + lag})
}

// Get implements Remote.
func (t *tenant) Get(_ context.Context, id string, _ Urgency) (model.TenantIncident, error) {
	if err := t.w.kill("get"); err != nil {
		return model.TenantIncident{}, err
	}
	if t.w.chance(12, "get fails") {
		t.w.retries++
		return model.TenantIncident{}, fault.New(fault.Unavailable, "down", "down")
	}
	t.w.interfere()
	r := *t.incidents[id]
	r.Tags, r.Comments = slices.Clone(r.Tags), slices.Clone(r.Comments)
	return r, nil
}

// Patch implements Remote.
func (t *tenant) Patch(ctx context.Context, id string, p model.TenantPatch, _ Urgency) (model.TenantIncident, error) {
	if err := t.w.kill("patch"); err != nil {
		return model.TenantIncident{}, err
	}
	t.writes++
	t.w.pushes++
	if t.w.chance(10, "patch throttled") {
		t.w.retries++
		return model.TenantIncident{}, fault.New(fault.Throttled, "slow", "slow")
	}
	r := t.incidents[id]
	if d := p.Disposition; d != nil {
		r.Disposition = *d
		if d.Classification == "unknown" {
			r.Disposition.Determination = "unknown" // the service resets it
		}
	}
	if p.Severity != nil {
		r.Severity = *p.Severity
	}
	if p.Owner != nil {
		r.Owner = *p.Owner
	}
	if p.Title != nil {
		r.Title = *p.Title
	}
	if p.Tags != nil {
		r.Tags = slices.Clone(*p.Tags)
	}
	t.touch(id, "app")
	if t.w.chance(5, "response lost") {
		t.w.retries++
		return model.TenantIncident{}, fault.New(fault.Unavailable, "lost", "lost")
	}
	if err := t.w.kill("patched"); err != nil {
		return model.TenantIncident{}, err
	}
	c := *r
	c.Tags, c.Comments = slices.Clone(r.Tags), slices.Clone(r.Comments)
	return c, nil
}

// Comment implements Remote.
func (t *tenant) Comment(_ context.Context, id, text string, _ Urgency) ([]model.TenantComment, error) {
	if err := t.w.kill("comment"); err != nil {
		return nil, err
	}
	r := t.incidents[id]
	r.Comments = append(r.Comments, model.TenantComment{Message: text, Author: "app", Created: time.Unix(int64(t.w.step), 0).UTC()})
	if t.w.chance(2, "comment stamps") {
		t.touch(id, "app")
	} else {
		r.Hash = fmt.Sprint(r.Disposition, r.Severity, r.Owner, r.Title, r.Tags, r.Comments)
	}
	if t.w.chance(5, "comment response lost") {
		t.w.retries++
		return nil, fault.New(fault.Unavailable, "lost", "lost")
	}
	return slices.Clone(r.Comments), nil
}

func (w *world) kill(where string) error {
	if w.chance(25, "killed at "+where) {
		w.retries++
		return errKilled
	}
	return nil
}

// Due implements Store.
func (w *world) Due(context.Context, time.Time, int) ([]Job, time.Time, error) {
	return nil, time.Time{}, nil
}

// Load implements Store.
func (w *world) Load(_ context.Context, n int64) (State, error) { return clone(w.states[n]), nil }

// Change implements Store: what f did is durable before a kill, or not there at all.
func (w *world) Change(_ context.Context, n int64, f func(*State) (Outcome, error)) (State, error) {
	if err := w.kill("commit"); err != nil {
		return State{}, err
	}
	st := clone(w.states[n])
	o, err := f(&st)
	if err != nil {
		return st, err
	}
	if o.Touched {
		w.store(n, st, o)
	}
	if err := w.kill("committed"); err != nil {
		return State{}, err
	}
	return clone(&st), nil
}

func (w *world) store(n int64, st State, o Outcome) {
	w.clashes += len(o.Clashes)
	for _, c := range o.Clashes {
		if c.Local.Value == c.Remote.Value {
			w.t.Fatalf("a conflict of equal values: %+v", c)
		}
	}
	w.states[n] = &st
}

func clone(s *State) State {
	c := *s
	c.Attempts, c.Edits, c.Rejected = map[Field][]string{}, map[Field]Edit{}, map[Field]Rejection{}
	for k, v := range s.Attempts {
		c.Attempts[k] = slices.Clone(v)
	}
	for k, v := range s.Edits {
		c.Edits[k] = v
	}
	for k, v := range s.Rejected {
		c.Rejected[k] = v
	}
	c.Comments, c.Local.Tags, c.Base.Tags = slices.Clone(s.Comments), slices.Clone(s.Local.Tags), slices.Clone(s.Base.Tags)
	return c
}

// fresh returns a value nobody has written yet.
func (w *world) fresh(kind string) string {
	w.serial++
	return fmt.Sprintf("%s%d", kind, w.serial)
}

func (w *world) note(id string, f Field, value, parent string) {
	k := id + "|" + string(f)
	w.history[k] = append(w.history[k], write{value, parent})
}

var singles = []Field{Disposition, Severity, Owner, Title}

func (w *world) pick() (int64, string) {
	n := int64(rapid.IntRange(1, len(w.states)).Draw(w.t, "incident"))
	return n, w.remote[n]
}

// interfere is the tenant's side doing something inside one of our calls.
func (w *world) interfere() {
	if w.chance(4, "interfere") {
		w.remoteEdit()
	}
}

func (w *world) value(f Field) Image {
	var m Image
	switch f {
	case Disposition:
		m.Disposition = model.Disposition{
			Status: "Active", Classification: rapid.SampledFrom([]string{"unknown", "truePositive"}).Draw(w.t, "class"),
			Determination: "malware", Comment: w.fresh("c"),
		}
	case Severity:
		m.Severity = w.fresh("s")
	case Owner:
		m.Owner = w.fresh("o")
	case Title:
		m.Title = w.fresh("t")
	}
	return m
}

// id of a value in its history: the unique part, which survives what the service makes of it.
func mark(m Image, f Field) string {
	if f == Disposition {
		return m.Disposition.Comment
	}
	return m.Text(f)
}

func (w *world) localEdit() {
	n, id := w.pick()
	st := clone(w.states[n])
	f := rapid.SampledFrom(singles).Draw(w.t, "field")
	v := w.value(f)
	w.note(id, f, mark(v, f), mark(st.Local, f))
	person := rapid.Bool().Draw(w.t, "person")
	w.edits += len(st.EditLocal(func(m *Image) { m.take(f, v) }, Edit{Actor: "ana", Time: w.clock.t, Person: person}))
	w.states[n] = &st
}

func (w *world) remoteEdit() {
	_, id := w.pick()
	r := w.tenant.incidents[id]
	f := rapid.SampledFrom(singles).Draw(w.t, "remote field")
	v, was := w.value(f), ImageOf(*r)
	w.note(id, f, mark(v, f), mark(was, f))
	switch f {
	case Disposition:
		r.Disposition = v.Disposition
	case Severity:
		r.Severity = v.Severity
	case Owner:
		r.Owner = v.Owner
	case Title:
		r.Title = v.Title
	}
	w.tenant.touch(id, rapid.SampledFrom([]string{"bob@example.com", "automation"}).Draw(w.t, "by"))
}

func (w *world) tags() {
	n, id := w.pick()
	if rapid.Bool().Draw(w.t, "tag here") {
		st := clone(w.states[n])
		w.edits += len(st.EditLocal(func(m *Image) { m.Tags = append(m.Tags, w.fresh("tag")) }, Edit{Actor: "ana", Person: true}))
		w.states[n] = &st
		return
	}
	r := w.tenant.incidents[id]
	r.Tags = append(r.Tags, w.fresh("tag"))
	w.tenant.touch(id, "bob@example.com")
}

func (w *world) comment() {
	n, id := w.pick()
	text := w.fresh("comment")
	w.texts[id+"|"+text] = true
	if rapid.Bool().Draw(w.t, "comment here") {
		st := clone(w.states[n])
		st.AddComment(fmt.Sprintf("01J%023d", w.serial), text, "ana", w.clock.t)
		w.edits++
		w.states[n] = &st
		return
	}
	r := w.tenant.incidents[id]
	r.Comments = append(r.Comments, model.TenantComment{Message: text, Author: "bob", Created: time.Unix(int64(w.step), 0).UTC()})
	w.tenant.touch(id, "bob@example.com")
}

// pull is one poll: rows in any order, as old as the index shows them, some of them twice.
func (w *world) pull() {
	var rows []model.TenantIncident
	for _, versions := range w.tenant.index {
		for i := len(versions) - 1; i >= 0; i-- {
			if versions[i].visible <= w.step {
				rows = append(rows, versions[i].r)
				break
			}
		}
	}
	slices.SortFunc(rows, func(a, b model.TenantIncident) int { return cmp.Compare(a.ID, b.ID) })
	if w.faults {
		rows = rapid.Permutation(rows).Draw(w.t, "order")
	}
	for _, r := range rows {
		n := w.number(r.ID)
		var o Outcome
		if _, err := w.Change(w.t.Context(), n, func(s *State) (Outcome, error) {
			o = s.Merge(r, Listed, w.policy, w.clock.t)
			return o, nil
		}); err != nil {
			return
		}
		if !o.Fetch {
			continue
		}
		fetched, err := w.tenant.Get(w.t.Context(), r.ID, Repair)
		if err != nil {
			return
		}
		if _, err := w.Change(w.t.Context(), n, func(s *State) (Outcome, error) {
			return s.Settle(fetched, r.Hash, w.policy, w.clock.t), nil
		}); err != nil {
			return
		}
	}
}

func (w *world) number(id string) int64 {
	for n, r := range w.remote {
		if r == id {
			return n
		}
	}
	return 0
}

// push is one round of the worker over everything that waits. A new worker stands for one that was started again.
func (w *world) push() {
	worker := &Worker{Store: w, Remote: w.tenant, Clock: w.clock, Policy: w.policy, Logger: slog.New(slog.DiscardHandler)}
	for n := int64(1); n <= int64(len(w.states)); n++ {
		if st := w.states[n]; st.Waiting() {
			if err := worker.Push(w.t.Context(), n); err != nil && !w.faults {
				w.t.Fatalf("pushing without faults: %v", err)
			}
		}
	}
}

// refresh is somebody opening an incident.
func (w *world) refresh() {
	n, _ := w.pick()
	worker := &Worker{Store: w, Remote: w.tenant, Clock: w.clock, Policy: w.policy, Logger: slog.New(slog.DiscardHandler)}
	if _, err := worker.Refresh(w.t.Context(), n, Person); err != nil && !w.faults {
		w.t.Fatalf("refreshing without faults: %v", err)
	}
}

func newWorld(t *rapid.T, policy Policy) *world {
	w := &world{
		t: t, clock: &clock{time.Unix(1e9, 0).UTC()}, states: map[int64]*State{}, remote: map[int64]string{},
		history: map[string][]write{}, texts: map[string]bool{}, policy: policy,
	}
	w.tenant = &tenant{w: w, incidents: map[string]*model.TenantIncident{}, index: map[string][]indexed{}}
	for n := int64(1); n <= int64(rapid.IntRange(1, 3).Draw(t, "incidents")); n++ {
		id := fmt.Sprint(900 + n)
		w.tenant.incidents[id] = &model.TenantIncident{
			ID: id, Disposition: model.Disposition{Status: "New", Classification: "unknown", Determination: "unknown", Comment: "c0"},
			RawStatus: "active", Severity: "s0", Owner: "o0", Title: "t0",
		}
		for _, f := range singles {
			w.note(id, f, mark(ImageOf(*w.tenant.incidents[id]), f), "")
		}
		w.tenant.touch(id, "bob@example.com")
		w.states[n], w.remote[n] = &State{}, id
	}
	w.pull()
	return w
}

// converge lets both sides come to rest and checks what must hold then.
func (w *world) converge() {
	w.faults = false
	for range 10 {
		w.step += 20
		w.clock.t = w.clock.t.Add(time.Hour)
		w.pull()
		w.push()
	}
	writes := w.tenant.writes
	for range 5 {
		w.step += 20
		w.pull()
		w.push()
	}
	if w.tenant.writes != writes {
		w.t.Fatalf("C2: %d writes after both sides were at rest", w.tenant.writes-writes)
	}
	for n, st := range w.states {
		id := w.remote[n]
		r := w.tenant.incidents[id]
		for _, f := range Fields() {
			if !same(f, st.Local, st.Base) || !same(f, st.Base, ImageOf(*r)) {
				w.t.Fatalf("C1: %s of %s: local %s, base %s, tenant %s", f, id, st.Local.Text(f), st.Base.Text(f), ImageOf(*r).Text(f))
			}
		}
		for _, f := range singles {
			w.leaf(id, f, mark(st.Local, f))
		}
		w.once(id, st, r)
	}
	if w.pushes > w.edits+w.retries+w.clashes {
		w.t.Fatalf("C8: %d writes for %d edits, %d retries and %d conflicts", w.pushes, w.edits, w.retries, w.clashes)
	}
}

// leaf checks that nobody who had seen the final value wrote another one (C3).
func (w *world) leaf(id string, f Field, final string) {
	for _, x := range w.history[id+"|"+string(f)] {
		if x.parent == final {
			w.t.Fatalf("C3: %s of %s ended as %q, but %q was written by somebody who had seen it", f, id, final, x.value)
		}
	}
}

// once checks that every comment is on both sides exactly once (C4).
func (w *world) once(id string, st *State, r *model.TenantIncident) {
	here, there := map[string]int{}, map[string]int{}
	for _, c := range st.Comments {
		here[c.Message]++
		if c.Pending {
			w.t.Fatalf("C4: comment %q still waits", c.Message)
		}
	}
	for _, c := range r.Comments {
		text, _ := Unmark(c.Message)
		there[text]++
	}
	for k := range w.texts {
		var in, text string
		if _, err := fmt.Sscanf(k, "%3s|%s", &in, &text); err != nil || in != id {
			continue
		}
		if here[text] != 1 || there[text] != 1 {
			w.t.Fatalf("C4: comment %q of %s is here %d times and there %d times", text, id, here[text], there[text])
		}
	}
}

func TestConvergence(t *testing.T) {
	for _, policy := range []Rule{RemoteWins, LocalWins} {
		t.Run(string(policy), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := newWorld(t, policy)
				w.faults = true
				actions := []func(){w.localEdit, w.localEdit, w.remoteEdit, w.remoteEdit, w.tags, w.comment, w.pull, w.pull, w.push, w.push, w.refresh}
				for range rapid.IntRange(5, 60).Draw(t, "steps") {
					w.step++
					w.clock.t = w.clock.t.Add(time.Second)
					actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")]()
				}
				w.converge()
			})
		})
	}
}
