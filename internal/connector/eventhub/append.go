package eventhub

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// append stores a frame. While the store cannot take it for a reason that passes, it waits and tries again: messages stay
// in the hub, nothing is dropped.
func (n *session) append(ctx context.Context, f store.Frame) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 15*time.Second
	for {
		_, err := n.deps.Appender.Append(ctx, f)
		switch {
		case err == nil:
			n.health.clear(slotStore)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrOverlap), errors.Is(err, store.ErrGap),
			errors.Is(err, store.ErrFailed), errors.Is(err, store.ErrClosed),
			fault.KindOf(err) == fault.TooLarge, fault.KindOf(err) == fault.Invalid:
			return err
		}
		n.health.fail(slotStore, err)
		n.deps.Logger.WarnContext(ctx, "rows not stored yet", "stream", n.Name(), "err", err)
		if !sleep(ctx, wait.NextBackOff()) {
			return ctx.Err()
		}
	}
}

// quality watches how many records are bad. A few are normal; a flood of them means rather that the export changed its
// form than that it is poisoned, and people are told before all of it has gone by.
type quality struct {
	mu        sync.Mutex
	since     time.Time
	all, dead int64
	held      bool
}

const (
	qualityWindow = 10 * time.Minute
	warnFrom      = 100  // records in the window
	warnShare     = 0.05 // of them bad
	holdFrom      = 5000
	holdShare     = 0.5
	holdFor       = time.Minute
)

// observe counts the records of a frame before it is appended. When more than half of a great number are bad, it holds
// the reading back once, for a minute in which somebody may stop it.
func (q *quality) observe(ctx context.Context, n *session, counts ingest.Counts) error {
	all, dead := counts.Records()
	q.mu.Lock()
	if time.Since(q.since) > qualityWindow {
		q.since, q.all, q.dead, q.held = time.Now(), 0, 0, false
	}
	q.all, q.dead = q.all+all, q.dead+dead
	share := float64(q.dead) / float64(max(1, q.all))
	warn := q.all >= warnFrom && share > warnShare
	hold := q.all >= holdFrom && share > holdShare && !q.held
	q.held = q.held || hold
	q.mu.Unlock()
	if !warn {
		n.health.clear(slotBad)
		return nil
	}
	n.health.warn(slotBad, "many_dead_letters", "More than one record in twenty from event hub "+n.cfg.Hub+" cannot be stored. Look at DeadLetter_CL for the reasons.")
	if hold && !sleep(ctx, holdFor) {
		return ctx.Err()
	}
	return nil
}
