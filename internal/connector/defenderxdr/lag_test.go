package defenderxdr

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
)

func TestLateListsAreMeasuredAndTold(t *testing.T) {
	for _, tt := range []struct {
		lag    time.Duration
		status health.Status
		reason string
	}{{0, health.OK, ""}, {3 * time.Minute, health.OK, ""}, {7 * time.Minute, health.Warning, "index_lag"}} {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			g := &fakeGraph{things: things(3, func(i int) time.Time { return now.Add(-time.Duration(i+1) * time.Hour) }), lag: tt.lag}
			m, board := newSink(), &health.Board{}
			s := New(Config{Graph: g, Sink: m, Health: board}).streams[0]
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
			defer cancel()
			go func() {
				for i := range 10 {
					time.Sleep(2 * time.Minute)
					g.mu.Lock()
					g.things = append(g.things, thing{id: string(rune('a' + i)), stamp: time.Now()})
					g.mu.Unlock()
				}
			}()
			_ = s.Run(ctx)
			synctest.Wait()
			if r := board.All()[0]; r.Status != tt.status || r.Reason != tt.reason {
				t.Errorf("lag %s: health %+v", tt.lag, r)
			}
			if got := s.progress().IndexLag; got > tt.lag || got < tt.lag-time.Minute {
				t.Errorf("a lag of %s is measured as %s", tt.lag, got)
			}
			if len(m.got) != 13 {
				t.Errorf("lag %s: %d of 13 are here", tt.lag, len(m.got))
			}
		})
	}
}
