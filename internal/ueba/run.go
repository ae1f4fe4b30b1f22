package ueba

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

const (
	// fullEvery is how often a source is read in full, whatever it says of changes.
	fullEvery  = 24 * time.Hour
	firstDelay = 2 * time.Second
	lastDelay  = 5 * time.Minute
	mendDelay  = 30 * time.Second // at least, when only a person can mend it
	tellEvery  = time.Hour
)

// Run reads the chosen directories of all workspaces until ctx ends, and returns when the last reading has stopped.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, w := range s.workspaces {
		wg.Go(func() { s.whileOn(ctx, w, func() bool { return s.on(w) }, s.keepTelling) })
		for _, src := range w.sources {
			wanted := func() bool { c, _ := s.watch(w); return follows(c, src.Directory()) }
			wg.Go(func() {
				s.whileOn(ctx, w, wanted, func(ctx context.Context, w *workspace) { s.follow(ctx, w, src) })
				s.board.Forget(w.ID, component(src))
			})
		}
	}
	wg.Wait()
	return nil
}

func (s *Service) on(w *workspace) bool {
	c, _ := s.watch(w)
	return c.Enabled
}

// whileOn runs f while the choice wants it; f must end soon after its context does.
func (s *Service) whileOn(ctx context.Context, w *workspace, wanted func() bool, f func(context.Context, *workspace)) {
	for ctx.Err() == nil {
		_, changed := s.watch(w)
		if !wanted() {
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
			f(running, w)
		}()
		for wanted() && ctx.Err() == nil {
			_, changed := s.watch(w)
			if !wanted() {
				break
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
		stop()
		<-done
	}
}

// follow reads one source again and again until ctx ends.
func (s *Service) follow(ctx context.Context, w *workspace, src Source) {
	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval, delays.MaxInterval = firstDelay, lastDelay
	full, lastFull := true, time.Time{}
	for {
		b, err := s.read(ctx, w, src, full || s.now().Sub(lastFull) >= fullEvery)
		if ctx.Err() != nil {
			break
		}
		wait := src.Every()
		s.told(ctx, w, src, b, err)
		if err != nil {
			full, wait = true, delays.NextBackOff()
			switch fault.KindOf(err) {
			case fault.Unauthenticated, fault.Permission, fault.Invalid, fault.NotFound:
				wait = max(wait, mendDelay)
			}
			s.log.WarnContext(ctx, "reading a directory", "workspace", w.ID, "source", src.Name(), "err", err, "again", wait)
		} else {
			delays.Reset()
			full = false
			if b.Full {
				lastFull = s.now()
			}
		}
		if !sleep(ctx, wait) {
			break
		}
	}
	s.board.Forget(w.ID, component(src))
}

// read reads a source once and stores what it says; a panic in it is an error.
func (s *Service) read(ctx context.Context, w *workspace, src Source, full bool) (b Batch, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "a directory source panicked", "source", src.Name(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "directory_panicked", "Reading %s failed by a defect in Vedette: %v. It is read again.", src.Title(), p)
		}
	}()
	if b, err = src.Read(ctx, full); err != nil {
		return b, err
	}
	return b, s.take(ctx, w.Workspace, src.Name(), b)
}

// told keeps how a reading went, for the page and the health board.
func (s *Service) told(ctx context.Context, w *workspace, src Source, b Batch, err error) {
	n, cerr := s.store.Identities().CountRecords(ctx, w.ID, src.Name())
	s.mu.Lock()
	st := w.state[src.Name()]
	st.Unused = false
	if cerr == nil {
		st.People = n
	}
	r := health.Report{Workspace: w.ID, Component: component(src), Status: health.OK, Description: src.Title() + " is followed."}
	switch {
	case err != nil && !src.Direct() && fault.KindOf(err) == fault.NotFound && w.direct() && src.Directory() == model.ActiveDirectory:
		// The tenant has no such service, and need not: a domain controller tells of the same people.
		st.Unused, st.Message = true, err.Error()
		r.Description = "Not used: " + err.Error()
	case err != nil:
		st.Message = err.Error()
		r.Status, r.Reason, r.Description = health.Failure, fault.CodeOf(err), err.Error()
	case b.Warning != "":
		st.LastRead, st.Message = s.now().UTC().Truncate(time.Millisecond), b.Warning
		r.Status, r.Reason, r.Description = health.Warning, "directory_incomplete", b.Warning
	default:
		st.LastRead, st.Message = s.now().UTC().Truncate(time.Millisecond), ""
	}
	w.state[src.Name()] = st
	s.mu.Unlock()
	s.board.Report(r)
	s.notify(w.ID)
}

// component is a source's name on the health board.
func component(src Source) string { return "ueba/" + src.Name() }

// keepTelling tells of everybody once a fortnight, until ctx ends.
func (s *Service) keepTelling(ctx context.Context, w *workspace) {
	for {
		// What a crash left half done is done first.
		err := s.settle(ctx, w.Workspace, false)
		if err == nil {
			err = s.retell(ctx, w.Workspace)
		}
		if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "telling of people", "workspace", w.ID, "err", err)
		}
		if !sleep(ctx, tellEvery) {
			return
		}
	}
}

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
