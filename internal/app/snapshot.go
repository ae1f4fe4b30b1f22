package app

import (
	"context"
	"errors"
	"time"

	"github.com/vedette-siem/vedette/internal/connector/hunting"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/snapshot"
)

// buildSnapshots constructs the scheduled fetching of what tenants do not export.
func (s *server) buildSnapshots(ctx context.Context, x *defenderXDR) (*snapshot.Service, error) {
	var all []snapshot.Workspace
	for _, w := range s.workspaces {
		sw := snapshot.Workspace{ID: w.ID, Intake: x.intakes[w.ID], Wanted: func() bool {
			c, _ := x.connectors.Watch(w.ID)
			return len(c.Tables) > 0
		}}
		if t := x.tenants[w.ID]; t != nil {
			sw.Tenant = t
		}
		all = append(all, sw)
	}
	var err error
	x.snapshots, err = snapshot.New(ctx, snapshot.Config{
		Store: s.store, Keeper: s.db, Budget: x.budget, Board: s.board, Logger: s.log, Stored: x.meter.Add,
		Events: func(ctx context.Context, ws, table string, from, to time.Time) (int64, error) {
			return x.backfill.Fill(ctx, ws, table, from, to)
		},
		TooMany: func(err error) bool { return errors.Is(err, hunting.ErrTooMany) },
		Missing: func(err error) bool { return fault.CodeOf(err) == hunting.Missing },
	}, all...)
	return x.snapshots, err
}

// pulledEvents names the tables whose events snapshots fetch.
func (x *defenderXDR) pulledEvents(workspace string) []string {
	if x.snapshots == nil {
		return nil
	}
	return x.snapshots.Events(workspace)
}
