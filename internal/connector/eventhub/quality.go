package eventhub

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
)

// quality watches how many records are bad. A few are normal; a flood of them means rather that the export changed its
// form than that it is poisoned: then the reading stops while the hub still holds them, and people decide.
type quality struct {
	mu        sync.Mutex
	since     time.Time
	all, dead int64
	pausing   bool
	freeUntil time.Time // until then nothing pauses: somebody has just resumed a stream that paused itself
}

const (
	qualityWindow = 10 * time.Minute
	warnFrom      = 100  // records in the window
	warnShare     = 0.05 // of them bad
	pauseFrom     = 5000
	pauseShare    = 0.5
	pauseFree     = time.Hour
)

// observe counts the records of a frame before it is appended. When more than half of a great number are bad, it pauses the
// stream, and returns when ctx ends.
func (q *quality) observe(ctx context.Context, n *session, counts ingest.Counts) error {
	all, dead := counts.Records()
	q.mu.Lock()
	now := time.Now()
	if now.Sub(q.since) > qualityWindow {
		q.since, q.all, q.dead = now, 0, 0
	}
	q.all, q.dead = q.all+all, q.dead+dead
	bad, of := q.dead, q.all
	share := float64(bad) / float64(max(1, of))
	pause := of >= pauseFrom && share > pauseShare && now.After(q.freeUntil)
	first := pause && !q.pausing
	q.pausing = q.pausing || pause
	q.mu.Unlock()
	if of < warnFrom || share <= warnShare {
		n.health.clear(slotBad)
		return nil
	}
	n.health.warn(slotBad, "many_dead_letters", "More than one record in twenty from event hub "+n.cfg.Hub+" cannot be stored. Look at DeadLetter_CL for the reasons.")
	if !pause {
		return nil
	}
	if first {
		n.pause(ctx, fmt.Sprintf("Reading event hub %s is paused: %d of its last %d records cannot be stored, so the tenant's export has probably changed its form. Nothing is lost while the hub holds it. "+
			"See why with: vedette deadletter list --source hub/%s; go on with: vedette connector resume defender-xdr %s; what is stored as dead letters then can be stored later by: vedette deadletter replay.",
			n.cfg.Hub, bad, of, n.cfg.Name, n.Name()))
	}
	<-ctx.Done()
	return ctx.Err()
}

// pause pauses the stream; what cannot be kept is tried again.
func (n *session) pause(ctx context.Context, text string) {
	n.paused = true
	for {
		err := n.deps.Pause(ctx, "many_dead_letters", text)
		if err == nil || ctx.Err() != nil {
			return
		}
		n.deps.Logger.WarnContext(ctx, "pause not kept yet", "stream", n.Name(), "err", err)
		if !sleep(ctx, time.Second) {
			return
		}
	}
}
