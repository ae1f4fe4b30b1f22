package syncback

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type wall struct{}

func (wall) Now() time.Time { return time.Now() }

// shelf is a store of several states.
type shelf struct {
	mu     sync.Mutex
	states map[int64]*State
}

func (s *shelf) Due(_ context.Context, now time.Time, limit int) ([]Job, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var jobs []Job
	var next time.Time
	for n, st := range s.states {
		switch due := st.Outbox.Due; {
		case !st.Waiting():
		case !due.After(now):
			jobs = append(jobs, Job{Number: n})
		case next.IsZero() || due.Before(next):
			next = due
		}
	}
	slices.SortFunc(jobs, func(a, b Job) int { return cmp.Compare(a.Number, b.Number) })
	return jobs[:min(limit, len(jobs))], next, nil
}

func (s *shelf) Load(_ context.Context, n int64) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return clone(s.states[n]), nil
}

func (s *shelf) Change(_ context.Context, n int64, f func(*State) (Outcome, error)) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := f(s.states[n])
	return clone(s.states[n]), err
}

// slow is a tenant whose incident 1 is down, and which takes its time.
type slow struct {
	mu   sync.Mutex
	sent map[string]time.Time
	gets map[string]int
	busy map[string]bool
	t    *testing.T
}

func (r *slow) Get(ctx context.Context, id string, _ Urgency) (model.TenantIncident, error) {
	r.mu.Lock()
	r.gets[id]++
	if r.busy[id] {
		r.t.Errorf("incident %s is sent twice at the same time", id)
	}
	r.busy[id] = true
	r.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	if id == "1" {
		r.mu.Lock()
		r.busy[id] = false
		r.mu.Unlock()
		return model.TenantIncident{}, fault.New(fault.Unavailable, "down", "down")
	}
	return version(1, func(v *model.TenantIncident) { v.ID = id }), ctx.Err()
}

func (r *slow) Patch(_ context.Context, id string, p model.TenantPatch, _ Urgency) (model.TenantIncident, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent[id] = time.Now()
	r.busy[id] = false
	return version(2, func(v *model.TenantIncident) { v.ID, v.Disposition = id, *p.Disposition }), nil
}

func (r *slow) Comment(context.Context, string, string, Urgency) ([]model.TenantComment, error) {
	return nil, nil
}

func TestOneFailingIncidentHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{states: map[int64]*State{}}
		r := &slow{sent: map[string]time.Time{}, gets: map[string]int{}, busy: map[string]bool{}, t: t}
		for n := int64(1); n <= 9; n++ {
			st := &State{}
			st.Merge(version(1, func(v *model.TenantIncident) { v.ID = string(rune('0' + n)) }), Listed, RemoteWins, time.Now())
			s.states[n] = st
		}
		w := &Worker{Store: s, Remote: r, Clock: wall{}, Policy: RemoteWins, Logger: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(10 * time.Second)
		start := time.Now()
		s.mu.Lock()
		for _, st := range s.states {
			st.EditLocal(closeIt, Edit{Actor: "ana", Time: start, Person: true})
		}
		s.mu.Unlock()
		w.Wake()
		time.Sleep(10 * time.Minute)
		cancel()
		<-done
		r.mu.Lock()
		defer r.mu.Unlock()
		for n := int64(2); n <= 9; n++ {
			if at, ok := r.sent[string(rune('0'+n))]; !ok || at.Sub(start) > 10*time.Second {
				t.Errorf("incident %d was sent after %s", n, at.Sub(start))
			}
		}
		if n := r.gets["1"]; n < 4 || n > 9 {
			t.Errorf("the failing incident was tried %d times in 10 minutes", n)
		}
	})
}
