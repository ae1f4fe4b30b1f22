package defenderxdr

import (
	"context"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Run implements connector.Stream: it sends what waits, and at intervals reads by id what is open, to repair what a list missed.
func (w *writeBack) Run(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cfg.Worker.Report = w.report
	w.report(nil)
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { w.reconcile(ctx) })
	beside.Go(func() { w.reread(ctx) })
	err := w.cfg.Worker.Run(ctx)
	stop()
	beside.Wait()
	return err
}

// rereadAfter is how long a version that was read for somebody is good enough for the next one.
const rereadAfter = 15 * time.Second

// Opened asks for an incident that somebody looks at to be read again, because a comment may not show in the lists. It
// returns at once; without a running write-back nothing happens.
func (c *Connector) Opened(number int64) {
	now := c.cfg.Clock.Now()
	c.cfg.looked.Store(&now)
	select {
	case c.back.opened <- number:
	default:
	}
}

// reread reads what people look at, each at most once in a while.
func (w *writeBack) reread(ctx context.Context) {
	last := map[int64]time.Time{}
	for {
		var n int64
		select {
		case <-ctx.Done():
			return
		case n = <-w.opened:
		}
		now := w.cfg.Clock.Now()
		if now.Sub(last[n]) < rereadAfter {
			continue
		}
		if len(last) > 1000 {
			clear(last)
		}
		last[n] = now
		if _, err := w.cfg.Worker.Refresh(ctx, n, syncback.Person); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "reading an opened incident again", "incident", n, "err", err)
		}
	}
}

func (w *writeBack) report(err error) {
	switch k := fault.KindOf(err); {
	case err == nil:
		w.cfg.report(w.Name(), health.OK, "", "")
	case k == fault.Permission, k == fault.Unauthenticated:
		w.cfg.report(w.Name(), health.Failure, fault.CodeOf(err), err.Error())
	default:
		w.cfg.report(w.Name(), health.Warning, fault.CodeOf(err), err.Error())
	}
}
