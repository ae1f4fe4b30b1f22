package defenderxdr

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// modelStore is the workspace's durable state: a transaction is in it as a whole or not at all.
type modelStore struct {
	w      *world
	states map[int64]*syncback.State
	ids    map[int64]string
	cps    map[string]string
	aside  map[string]bool
	log    map[int64][]syncback.Clash
	alerts map[string]modelAlert
}

func newModelStore(w *world) *modelStore {
	return &modelStore{
		w: w, states: map[int64]*syncback.State{}, ids: map[int64]string{}, cps: map[string]string{}, aside: map[string]bool{}, log: map[int64][]syncback.Clash{},
		alerts: map[string]modelAlert{},
	}
}

func clone(s *syncback.State) syncback.State {
	c := *s
	c.Attempts, c.Edits, c.Rejected, c.Confirmed = map[syncback.Field][]string{}, maps.Clone(s.Edits), maps.Clone(s.Rejected), maps.Clone(s.Confirmed)
	for k, v := range s.Attempts {
		c.Attempts[k] = slices.Clone(v)
	}
	c.Comments, c.Local.Tags, c.Base.Tags = slices.Clone(s.Comments), slices.Clone(s.Local.Tags), slices.Clone(s.Base.Tags)
	return c
}

func (s *modelStore) numbers() []int64 { return slices.Sorted(maps.Keys(s.states)) }

func (s *modelStore) number(id string) int64 {
	for n, x := range s.ids {
		if x == id {
			return n
		}
	}
	return 0
}

// Due implements syncback.Store.
func (s *modelStore) Due(context.Context, time.Time, int) ([]syncback.Job, time.Time, error) {
	return nil, time.Time{}, nil
}

// Load implements syncback.Store.
func (s *modelStore) Load(_ context.Context, n int64) (syncback.State, error) {
	if err := s.w.yield("load"); err != nil {
		return syncback.State{}, err
	}
	return clone(s.states[n]), nil
}

// Change implements syncback.Store.
func (s *modelStore) Change(_ context.Context, n int64, f func(*syncback.State) (syncback.Outcome, error)) (syncback.State, error) {
	if err := s.w.yield("before commit"); err != nil {
		return syncback.State{}, err
	}
	st := clone(s.states[n])
	o, err := f(&st)
	if err != nil {
		return st, err
	}
	if o.Touched {
		s.commit(n, st, o)
	}
	return clone(&st), s.w.yield("after commit")
}

func (s *modelStore) commit(n int64, st syncback.State, o syncback.Outcome) {
	s.notice(n, o)
	s.states[n] = &st
	s.w.t.Logf("stored %s: dirty %v, attempts %v, %d changes, clashes %v", s.ids[n], st.Dirty(), st.Attempts, len(o.Changes), o.Clashes)
	if !s.w.m.noLog {
		s.log[n] = append(s.log[n], o.Clashes...)
	}
}

// notice marks the rare paths that a change went.
func (s *modelStore) notice(n int64, o syncback.Outcome) {
	for _, c := range o.Clashes {
		switch {
		case c.Note != "":
			s.w.reached("clash: " + c.Note)
		case c.Applied == "local" && s.w.r.policy == syncback.RemoteWins:
			s.w.reached("automation yielded")
		default:
			s.w.reached("clash: " + c.Applied + " wins")
		}
		if c.Note == "" && c.Local.Value == c.Remote.Value {
			s.w.fail("a conflict of equal values: %+v", c)
		}
	}
	for f, list := range s.states[n].Attempts {
		if o.Remote != nil && len(o.Sent) == 0 && slices.ContainsFunc(list, func(a string) bool { return strings.EqualFold(a, syncback.ImageOf(*o.Remote).Text(f)) }) {
			s.w.reached("own write seen late")
		}
	}
	if len(o.Comments) > 0 {
		s.w.reached("comment came in")
	}
}

// Reserve implements Sink.
func (s *modelStore) Reserve(context.Context, int) error { return s.w.yield("reserve") }

// MergeIncidents implements Sink.
func (s *modelStore) MergeIncidents(_ context.Context, rows []model.TenantIncident, _ bool) (map[string]string, error) {
	if err := s.w.yield("before merge"); err != nil {
		return nil, err
	}
	fetch := map[string]string{}
	for _, r := range rows {
		o := s.merge(r, func(st *syncback.State) syncback.Outcome { return s.w.m.merge(s.w, st, r, syncback.Listed) })
		if o.Fetch {
			fetch[r.ID] = r.Hash
			s.w.reached("a row proved nothing")
		}
		if o.Stale {
			s.w.reached("stale row")
		}
	}
	return fetch, s.w.yield("after merge")
}

func (s *modelStore) merge(r model.TenantIncident, f func(*syncback.State) syncback.Outcome) syncback.Outcome {
	n := s.number(r.ID)
	if n == 0 {
		n = int64(len(s.ids) + 1)
		s.ids[n], s.states[n] = r.ID, &syncback.State{}
	}
	st := clone(s.states[n])
	o := f(&st)
	if o.Touched {
		s.commit(n, st, o)
	} else if s.states[n].RemoteID == "" {
		delete(s.ids, n)
		delete(s.states, n)
	}
	return o
}

// SettleIncident implements Sink.
func (s *modelStore) SettleIncident(_ context.Context, r model.TenantIncident, listed string) error {
	if err := s.w.yield("before settle"); err != nil {
		return err
	}
	s.merge(r, func(st *syncback.State) syncback.Outcome {
		if listed == "" {
			return s.w.m.merge(s.w, st, r, syncback.Fetched)
		}
		return st.Settle(r, listed, s.w.r.policy, s.w.Now())
	})
	return s.w.yield("after settle")
}

// Checkpoint implements Sink.
func (s *modelStore) Checkpoint(_ context.Context, stream string) (string, error) {
	return s.cps[stream], s.w.yield("checkpoint")
}

// PutCheckpoint implements Sink.
func (s *modelStore) PutCheckpoint(_ context.Context, stream, body string) error {
	if err := s.w.yield("before checkpoint"); err != nil {
		return err
	}
	s.cps[stream] = body
	return s.w.yield("after checkpoint")
}

// Quarantine implements Sink.
func (s *modelStore) Quarantine(_ context.Context, _, id, _ string) error {
	if err := s.w.yield("quarantine"); err != nil {
		return err
	}
	s.aside[id] = true
	s.w.reached("quarantined")
	return nil
}

// Release implements Sink.
func (s *modelStore) Release(_ context.Context, _, id string) error {
	delete(s.aside, id)
	return s.w.yield("release")
}

// Quarantined implements Sink.
func (s *modelStore) Quarantined(context.Context, string) ([]string, error) {
	return slices.Sorted(maps.Keys(s.aside)), s.w.yield("quarantined")
}

// Count implements Sink.
func (s *modelStore) Count(_ context.Context, stream string) (int, error) {
	if stream == "alerts" {
		return len(s.alerts), s.w.yield("count")
	}
	return len(s.states), s.w.yield("count")
}

// UnknownPeople implements Sink.
func (s *modelStore) UnknownPeople(context.Context, []string) ([]string, error) { return nil, nil }

// PutPerson implements Sink.
func (s *modelStore) PutPerson(context.Context, string, *model.Owner) error { return nil }

// OpenIncidents implements Sink.
func (s *modelStore) OpenIncidents(context.Context, time.Time) ([]int64, error) {
	return s.numbers(), nil
}
