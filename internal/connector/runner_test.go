package connector

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// fakeStream runs a function.
type fakeStream struct {
	name string
	run  func(context.Context) error
}

func (f fakeStream) Name() string                  { return f.name }
func (f fakeStream) Run(ctx context.Context) error { return f.run(ctx) }

// runStream runs a stream under a runner in a bubble of fake time, lets f look, and stops.
func runStream(t *testing.T, always bool, run func(context.Context) error, f func(*Service, *health.Board)) {
	synctest.Test(t, func(t *testing.T) {
		board := &health.Board{}
		s := newService(t, &memory{}, Config{Board: board})
		r := NewRunner(s, board, nil)
		r.Add(Job{Workspace: "w", Stream: fakeStream{"incidents", run}, Wanted: func(c model.Connection) bool { return c.Incidents }, Always: always})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		f(s, board)
		cancel()
		must(t, <-done)
	})
}

func TestRunnerFollowsTheChoice(t *testing.T) {
	var starts, stops atomic.Int32
	runStream(t, false, func(ctx context.Context) error {
		starts.Add(1)
		<-ctx.Done()
		stops.Add(1)
		return ctx.Err()
	}, func(s *Service, b *health.Board) {
		check := func(step string, started, stopped int32) {
			t.Helper()
			synctest.Wait()
			if starts.Load() != started || stops.Load() != stopped {
				t.Errorf("%s: %d starts, %d stops; want %d, %d", step, starts.Load(), stops.Load(), started, stopped)
			}
		}
		check("not wanted", 0, 0)
		did(t)(s.Connect(t.Context(), "w", DefenderXDR, Request{Incidents: yes()}, "ann"))
		check("wanted", 1, 0)
		did(t)(s.SetTables(t.Context(), "w", DefenderXDR, []string{"AlertInfo"}, "ann"))
		check("another change", 1, 0)
		did(t)(s.Disconnect(t.Context(), "w", DefenderXDR, Request{}, "ann"))
		check("not wanted any more", 1, 1)
		if all := b.All(); len(all) != 0 {
			t.Errorf("the board still knows %+v", all)
		}
	})
	if stops.Load() != starts.Load() {
		t.Errorf("%d starts, %d stops", starts.Load(), stops.Load())
	}
}

func TestRunnerRestartsFailedStreams(t *testing.T) {
	tests := []struct {
		name     string
		run      func() error
		code     string
		min, max int32 // starts within a minute
	}{
		{"passing trouble", func() error { return fault.New(fault.Unavailable, "down", "The tenant does not answer.") }, "down", 5, 15},
		{"trouble for a person", func() error { return fault.New(fault.Permission, "no_right", "Grant it.") }, "no_right", 2, 3},
		{"a plain error", func() error { return errors.New("oops") }, "internal", 5, 15},
		{"an end by itself", func() error { return nil }, "stream_ended", 5, 15},
		{"a panic", func() error { panic("oops") }, "stream_panicked", 5, 15},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var starts atomic.Int32
			runStream(t, true, func(context.Context) error {
				starts.Add(1)
				return tt.run()
			}, func(_ *Service, b *health.Board) {
				time.Sleep(time.Minute)
				synctest.Wait()
				if n := starts.Load(); n < tt.min || n > tt.max {
					t.Errorf("%d starts in a minute, want %d to %d", n, tt.min, tt.max)
				}
				all := b.All()
				if len(all) != 1 || all[0].Status != health.Failure || all[0].Reason != tt.code || all[0].Component != "connector/defender-xdr/incidents" {
					t.Errorf("health is %+v, want a failure %s", all, tt.code)
				}
			})
		})
	}
}
