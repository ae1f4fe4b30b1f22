package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// Job is a stream and when it runs.
type Job struct {
	Workspace string
	Stream    Stream
	Title     string // for people: "Incidents and alerts"
	// Wanted reports whether the workspace's choice needs the stream.
	Wanted func(model.Connection) bool
	// Always keeps the stream running when it is not wanted too: it must then look, but not store.
	Always bool
}

// Runner keeps the streams of all workspaces running: it starts and stops them as their workspace chooses, and starts one
// that failed again after a while.
type Runner struct {
	service *Service
	board   *health.Board
	log     *slog.Logger
	mu      sync.Mutex
	jobs    []Job
}

// Delays before a failed stream is started again: they double from first to last. A failure that only a person can mend
// (a wrong secret, a missing permission) begins at mend.
const (
	firstDelay = time.Second
	lastDelay  = 30 * time.Second
	mendDelay  = 30 * time.Second
	// A stream that ran this long before it failed begins anew.
	healthyAfter = 2 * time.Minute
)

// NewRunner returns a runner that follows the choices of the service and registers its jobs there.
func NewRunner(service *Service, board *health.Board, log *slog.Logger) *Runner {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Runner{service: service, board: board, log: log}
}

// Add adds a job. All jobs must be added before Run.
func (r *Runner) Add(j Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jobs = append(r.jobs, j)
	r.service.register(j)
}

// Run runs all jobs until ctx ends, and returns when the last stream has stopped.
func (r *Runner) Run(ctx context.Context) error {
	r.mu.Lock()
	jobs := slices.Clone(r.jobs)
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { r.supervise(ctx, j) })
	}
	wg.Wait()
	return nil
}

// runs reports whether the choice lets the job run.
func (j *Job) runs(c model.Connection) bool {
	return (j.Always || j.Wanted(c)) && c.PauseOf(j.Stream.Name()) == nil
}

// tellPause says on the board why a job does not run; one that nobody wants is not on it.
func (r *Runner) tellPause(j Job, c model.Connection) {
	report := NewReporter(r.board, j.Workspace, j.Stream.Name())
	switch p := c.PauseOf(j.Stream.Name()); {
	case p != nil && j.Wanted(c) && p.By == "":
		report.Fail(fault.New(fault.Conflict, p.Reason, "%s", p.Text))
	case p != nil && j.Wanted(c):
		report.Warn(p.Reason, p.Text)
	case r.board != nil:
		r.board.Forget(j.Workspace, Component(DefenderXDR, j.Stream.Name()))
	}
}

// supervise runs one job as its workspace chooses.
func (r *Runner) supervise(ctx context.Context, j Job) {
	for ctx.Err() == nil {
		choice, changed := r.service.Watch(j.Workspace)
		if !j.runs(choice) {
			r.tellPause(j, choice)
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		running, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.restart(running, j)
		}()
		r.untilUnwanted(ctx, j)
		stop()
		<-done
	}
}

// untilUnwanted returns when the workspace does not want the job any more, or ctx ends.
func (r *Runner) untilUnwanted(ctx context.Context, j Job) {
	for {
		choice, changed := r.service.Watch(j.Workspace)
		if !j.runs(choice) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// restart runs the stream again and again until ctx ends.
func (r *Runner) restart(ctx context.Context, j Job) {
	report := NewReporter(r.board, j.Workspace, j.Stream.Name())
	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval, delays.MaxInterval = firstDelay, lastDelay
	for {
		began := time.Now()
		err := r.once(ctx, j.Stream)
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				r.log.WarnContext(ctx, "stream ended badly", "workspace", j.Workspace, "stream", j.Stream.Name(), "err", err)
			}
			return
		}
		if err == nil {
			err = fault.New(fault.Internal, "stream_ended", "The stream %s ended by itself.", j.Stream.Name())
		}
		if time.Since(began) > healthyAfter {
			delays.Reset()
		}
		wait := delays.NextBackOff()
		switch fault.KindOf(err) {
		case fault.Unauthenticated, fault.Permission, fault.Invalid, fault.NotFound:
			wait = max(wait, mendDelay)
		}
		report.Fail(err)
		r.log.WarnContext(ctx, "stream failed", "workspace", j.Workspace, "stream", j.Stream.Name(), "err", err, "again", wait)
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// once runs the stream; a panic in it is an error.
func (r *Runner) once(ctx context.Context, s Stream) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "stream panicked", "stream", s.Name(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "stream_panicked", "The stream %s failed by a defect in Vedette: %v. It is started again.", s.Name(), p)
		}
	}()
	return s.Run(ctx)
}
