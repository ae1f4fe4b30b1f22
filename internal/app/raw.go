package app

import (
	"context"
	"path/filepath"

	"github.com/vedette-siem/vedette/internal/rawkeep"
)

// buildRaw constructs the keeping and the replay of messages as they came.
func (s *server) buildRaw(ctx context.Context, x *defenderXDR) (*rawkeep.Service, error) {
	var all []rawkeep.Workspace
	for i, w := range s.workspaces {
		c := s.cfg.Workspaces[i].Streaming.Raw
		k, err := rawkeep.Open(rawkeep.Options{Dir: filepath.Join(s.cfg.Data, "raw", w.ID), Workspace: w.ID, Days: c.Days, MaxBytes: c.MaxBytes, Board: s.board, Logger: s.log})
		if err != nil {
			return nil, err
		}
		x.intakes[w.ID].Keep = k.Keep
		all = append(all, rawkeep.Workspace{ID: w.ID, Keeper: k, Intake: x.intakes[w.ID]})
	}
	return rawkeep.New(ctx, rawkeep.Config{
		Repo: s.db, Store: s.store, Budget: x.budget, Stored: x.meter.Add, Logger: s.log,
		Tables: func(ws string) []string { c, _ := x.connectors.Watch(ws); return c.Tables },
	}, all...)
}
