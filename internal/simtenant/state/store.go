package state

import (
	"cmp"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

// rewriteAt is the size of the log from which an open rewrites it.
const rewriteAt = 8 << 20

// keepVersions is how long older versions of an incident can be read by Listed.
const keepVersions = 2 * time.Minute

// Store is the tenant's memory. It is safe for concurrent use.
type Store struct {
	mu        sync.RWMutex
	j         *journal
	meta      Meta
	incidents map[int64][]version[*Incident]
	alerts    map[string][]version[*Alert]
	plays     map[int]*Play
	actions   map[int64]*Action
	changes   []directory.Change
	now       func() time.Time
}

// version is a value and the moment it was written; a list has the newest last.
type version[T any] struct {
	v  T
	at time.Time
}

// Open reads the state kept in dir, or starts an empty one.
func Open(dir string, now func() time.Time) (*Store, error) {
	s := &Store{incidents: map[int64][]version[*Incident]{}, alerts: map[string][]version[*Alert]{}, plays: map[int]*Play{}, actions: map[int64]*Action{}, now: now}
	s.meta = Meta{}.clone()
	j, err := openJournal(filepath.Join(dir, "tenant.log"), func(e *entry) { s.apply(e, time.Time{}) })
	if err != nil {
		return nil, err
	}
	s.j = j
	if j.size > rewriteAt {
		if err := j.rewrite(s.snapshot()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close releases the log.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.j.close()
}

func (s *Store) snapshot() []*entry {
	m := s.meta
	out := []*entry{{Meta: &m}}
	for _, id := range sortedKeys(s.alerts) {
		out = append(out, &entry{Alerts: []*Alert{last(s.alerts[id])}})
	}
	for _, id := range sortedKeys(s.incidents) {
		out = append(out, &entry{Incidents: []*Incident{last(s.incidents[id])}})
	}
	rest := &entry{Changes: s.changes}
	for _, n := range sortedKeys(s.plays) {
		rest.Plays = append(rest.Plays, s.plays[n])
	}
	for _, n := range sortedKeys(s.actions) {
		rest.Actions = append(rest.Actions, s.actions[n])
	}
	return append(out, rest)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func last[T any](vs []version[T]) T { return vs[len(vs)-1].v }

func push[K comparable, T any](m map[K][]version[T], k K, v T, at time.Time) {
	vs := m[k]
	for len(vs) > 1 && at.Sub(vs[1].at) > keepVersions { // vs[1] has been visible long enough
		vs = slices.Clone(vs[1:])
	}
	if at.IsZero() {
		vs = nil
	}
	m[k] = append(vs, version[T]{v, at})
}

// since is when the index took a version in: what is written as history was there all along.
func since(at, updated time.Time) time.Time {
	if at.Sub(updated) > 5*time.Second {
		return updated
	}
	return at
}

func (s *Store) apply(e *entry, at time.Time) {
	if e.Meta != nil {
		s.meta = e.Meta.clone()
	}
	for _, i := range e.Incidents {
		push(s.incidents, i.ID, i, since(at, i.Updated))
	}
	for _, a := range e.Alerts {
		push(s.alerts, a.ID, a, since(at, a.Updated))
	}
	for _, p := range e.Plays {
		s.plays[p.N] = p
	}
	for _, a := range e.Actions {
		s.actions[a.ID] = a
	}
	for _, id := range e.Finished {
		delete(s.actions, id)
	}
	s.changes = append(s.changes, e.Changes...)
}

// Meta returns what the tenant remembers about itself.
func (s *Store) Meta() Meta {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.meta.clone()
}

// Changes returns what happened to the directory, oldest first. The list only grows and must not be changed.
func (s *Store) Changes() []directory.Change {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clip(s.changes)
}

// Incident returns the newest version of an incident.
func (s *Store) Incident(id int64) (*Incident, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	vs, ok := s.incidents[id]
	if !ok {
		return nil, false
	}
	return last(vs), true
}

// Alert returns the newest version of an alert.
func (s *Store) Alert(id string) (*Alert, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	vs, ok := s.alerts[id]
	if !ok {
		return nil, false
	}
	return last(vs), true
}

// Incidents returns every incident as a list saw it lag ago, by id; one that is younger than lag is missing.
func (s *Store) Incidents(lag time.Duration) []*Incident {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return listed(s.incidents, s.now().Add(-lag), lag == 0)
}

// Alerts returns every alert as a list saw it lag ago, by id.
func (s *Store) Alerts(lag time.Duration) []*Alert {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return listed(s.alerts, s.now().Add(-lag), lag == 0)
}

func listed[K cmp.Ordered, T any](m map[K][]version[T], upTo time.Time, newest bool) []T {
	out := make([]T, 0, len(m))
	for _, k := range sortedKeys(m) {
		vs := m[k]
		if newest {
			out = append(out, last(vs))
			continue
		}
		for i := len(vs) - 1; i >= 0; i-- {
			if !vs[i].at.After(upTo) {
				out = append(out, vs[i].v)
				break
			}
		}
	}
	return out
}

// Plays returns every story that runs or ran, in order.
func (s *Store) Plays() []*Play {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*Play, 0, len(s.plays))
	for _, n := range sortedKeys(s.plays) {
		out = append(out, s.plays[n])
	}
	return out
}

// Due returns the actions whose time has come, oldest first.
func (s *Store) Due(now time.Time) []*Action {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*Action
	for _, a := range s.actions {
		if !a.Due.After(now) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *Action) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return out
}
