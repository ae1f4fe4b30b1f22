package syncback

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// readOnly is a tenant that lets the app read and, until granted, write nothing.
type readOnly struct {
	mu      sync.Mutex
	granted bool
	tries   int
	sent    map[string]bool
}

func (r *readOnly) Get(_ context.Context, id string, _ Urgency) (model.TenantIncident, error) {
	return version(1, func(v *model.TenantIncident) { v.ID = id }), nil
}

func (r *readOnly) Patch(_ context.Context, id string, p model.TenantPatch, _ Urgency) (model.TenantIncident, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if !r.granted {
		return model.TenantIncident{}, fault.New(fault.Permission, "graph_permission", "Grant SecurityIncident.ReadWrite.All.")
	}
	r.sent[id] = true
	return version(2, func(v *model.TenantIncident) { v.ID, v.Disposition = id, *p.Disposition }), nil
}

func (r *readOnly) Comment(context.Context, string, string, Urgency) ([]model.TenantComment, error) {
	return nil, nil
}

func TestARefusedAppWaitsWithoutHammering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := &shelf{states: map[int64]*State{}}, &readOnly{sent: map[string]bool{}}
		const incidents = 40
		for n := int64(1); n <= incidents; n++ {
			st := &State{}
			st.Merge(version(1, func(v *model.TenantIncident) { v.ID = string(rune('a' + n)) }), Listed, RemoteWins, time.Now())
			st.EditLocal(closeIt, Edit{Actor: "ana", Time: time.Now(), Person: true})
			s.states[n] = st
		}
		var mu sync.Mutex
		var last error
		w := &Worker{Store: s, Remote: r, Clock: wall{}, Logger: slog.New(slog.DiscardHandler), Report: func(err error) {
			mu.Lock()
			last = err
			mu.Unlock()
		}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(30 * time.Minute)
		r.mu.Lock()
		if most := 4*lanes + 31; r.tries > most {
			t.Errorf("%d writes were tried in half an hour, want at most %d", r.tries, most)
		}
		if r.tries < 10 {
			t.Errorf("only %d trials: nobody would notice that the permission was granted", r.tries)
		}
		r.granted = true
		r.mu.Unlock()
		mu.Lock()
		if fault.KindOf(last) != fault.Permission {
			t.Errorf("the last report is %v", last)
		}
		mu.Unlock()
		time.Sleep(6 * time.Minute)
		cancel()
		<-done
		if len(r.sent) != incidents {
			t.Errorf("%d of %d waiting incidents were sent after the permission was granted", len(r.sent), incidents)
		}
	})
}
