package backfill

import (
	"context"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// What happens when a table is connected for the first time.
const (
	FirstOffer     = "offer"     // people are told that it can be filled, and start it
	FirstAutomatic = "automatic" // it is filled once the sources have been read up to now
	FirstOff       = "off"
)

const (
	firstLook = 15 * time.Second
	// firstAfter is how long a table has been connected before it is filled by itself: its sources must have begun to read again what
	// they still hold of it.
	firstAfter = 2 * time.Minute
	firstActor = "first connection"
)

// WatchFirst offers, or starts, the backfill of tables that are connected for the first time, until ctx ends.
func (s *Service) WatchFirst(ctx context.Context) error {
	t := time.NewTicker(firstLook)
	defer t.Stop()
	for {
		s.lookForFirst(ctx)
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// lookForFirst looks once at all workspaces.
func (s *Service) lookForFirst(ctx context.Context) {
	now := s.cfg.Now().UTC().Truncate(time.Millisecond)
	for id, w := range s.all {
		if w.Tenant == nil || w.Tables == nil || w.First == FirstOff {
			continue
		}
		var offers []model.Backfill
		var due []string
		s.mu.Lock()
		for _, table := range w.Tables() {
			switch b := s.jobs[id][table]; {
			case b == nil:
				b = &model.Backfill{Table: table, From: now.Add(-lookBack).Truncate(time.Hour).Add(time.Hour), To: now, State: model.BackfillOffered, Actor: firstActor, Started: now, Updated: now}
				s.jobs[id][table] = b
				offers = append(offers, *b)
			case b.State == model.BackfillOffered && w.First == FirstAutomatic && now.Sub(b.Started) >= firstAfter:
				due = append(due, table)
			}
		}
		s.mu.Unlock()
		for _, b := range offers {
			if err := s.cfg.Keeper.SaveBackfill(ctx, id, b); err != nil && ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "offer of a backfill not kept", "table", b.Table, "err", err)
			}
		}
		if len(due) == 0 || w.Ready != nil && !w.Ready() {
			continue
		}
		if err := s.Start(ctx, id, due, time.Time{}, time.Time{}, firstActor); err != nil && ctx.Err() == nil {
			s.cfg.Logger.WarnContext(ctx, "first backfill not started", "workspace", id, "err", err)
		}
	}
}
