package ingest

import (
	"context"
	"time"
)

const (
	// yieldFor is the longest that one piece of a backlog waits for fresh messages that are under way: it must get on, too.
	yieldFor  = 200 * time.Millisecond
	yieldLook = 2 * time.Millisecond
)

// Backlog takes room for a piece of what is old: a backfill, a snapshot, blobs of hours ago, what is read or replayed again. One piece
// is under way at a time in the whole process, and it begins when no fresh message is, or after a fifth of a second: so a fresh message
// waits for one such piece at most, whatever the number of those that wait. The caller gives the room back by calling release.
func (b *Budget) Backlog(ctx context.Context, n int64) (release func(), err error) {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for end := time.Now().Add(yieldFor); b.fresh.Load() > 0 && time.Now().Before(end); {
		t := time.NewTimer(yieldLook)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			<-b.turn
			return nil, ctx.Err()
		}
	}
	held, err := b.room.Acquire(ctx, n)
	if err != nil {
		<-b.turn
		return nil, err
	}
	return func() {
		b.room.Release(held)
		<-b.turn
	}, nil
}
