package connector

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
)

// BadLimit says when a source counts as broken: when more than Share of at least Records records that it delivered within ten minutes
// cannot be stored. Zero fields mean DefaultBadLimit's; a share of 1 never pauses a source.
type BadLimit struct {
	Share   float64
	Records int64
}

// DefaultBadLimit is what holds when nothing is configured.
var DefaultBadLimit = BadLimit{Share: 0.5, Records: 5000}

const (
	qualityWindow = 10 * time.Minute
	warnFrom      = 100  // records in the window
	warnShare     = 0.05 // of them bad
	// PauseFree is for how long a stream that somebody resumed after it had paused itself does not do so again.
	PauseFree = time.Hour
	// ReasonBad is the reason of the pause and of the warning before it.
	ReasonBad = "many_dead_letters"
)

// Quality watches how many records of one source are bad. A few are normal; a flood of them means rather that the export changed its
// form than that it is poisoned: then the reading stops while the source still holds them, and people decide. It is safe for
// concurrent use.
type Quality struct {
	What   string // for people: "event hub insights"
	Source string // as in DeadLetter_CL: "hub/insights"
	Stream string // "events/insights"
	Limit  BadLimit
	// Pause stops the stream until somebody resumes it: its ctx ends. Warn tells people; an empty text that all is well.
	Pause  func(ctx context.Context, reason, text string) error
	Warn   func(text string)
	Logger *slog.Logger

	mu        sync.Mutex
	since     time.Time
	all, dead int64
	pausing   bool
	freeUntil time.Time
}

// Free keeps the source from being paused for a while: somebody has just resumed it and knows what comes.
func (q *Quality) Free() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.freeUntil = time.Now().Add(PauseFree)
}

// Observe counts the records of a frame before it is appended. When too many are bad, it pauses the stream, and returns when ctx ends.
func (q *Quality) Observe(ctx context.Context, counts ingest.Counts) error {
	limit := BadLimit{cmp.Or(q.Limit.Share, DefaultBadLimit.Share), cmp.Or(q.Limit.Records, DefaultBadLimit.Records)}
	all, dead := counts.Records()
	q.mu.Lock()
	now := time.Now()
	if now.Sub(q.since) > qualityWindow {
		q.since, q.all, q.dead = now, 0, 0
	}
	q.all, q.dead = q.all+all, q.dead+dead
	bad, of := q.dead, q.all
	share := float64(bad) / float64(max(1, of))
	pause := of >= limit.Records && share > limit.Share && now.After(q.freeUntil)
	first := pause && !q.pausing
	q.pausing = q.pausing || pause
	q.mu.Unlock()
	if !pause && (of < warnFrom || share <= warnShare) {
		q.Warn("")
		return nil
	}
	q.Warn("More than one record in twenty from " + q.What + " cannot be stored. Look at DeadLetter_CL for the reasons.")
	if !pause {
		return nil
	}
	if first {
		q.pause(ctx, fmt.Sprintf("Reading %s is paused: %d of its last %d records cannot be stored, so the tenant's export has probably changed its form. Nothing is lost while it holds them. "+
			"See why with: vedette deadletter list --source %s; go on with: vedette connector resume defender-xdr %s; what is stored as dead letters then can be stored later by: vedette deadletter replay.",
			q.What, bad, of, q.Source, q.Stream))
	}
	<-ctx.Done()
	return ctx.Err()
}

// pause pauses the stream; what cannot be kept is tried again.
func (q *Quality) pause(ctx context.Context, text string) {
	for {
		err := q.Pause(ctx, ReasonBad, text)
		if err == nil || ctx.Err() != nil {
			return
		}
		q.Logger.WarnContext(ctx, "pause not kept yet", "stream", q.Stream, "err", err)
		t := time.NewTimer(time.Second)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}
