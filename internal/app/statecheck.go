package app

import (
	"context"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
)

// How often a running server reads its whole state, and how long after the start it does so first: the start has just looked at every page.
const (
	stateCheckEvery = 7 * 24 * time.Hour
	stateCheckFirst = 24 * time.Hour
)

// watchState reads the whole state now and then. Damage that nobody runs into is still found while there is a backup of before.
func (s *server) watchState(ctx context.Context) error {
	s.db.OnDamage(func(err error) { s.stateDamaged(err.Error()) })
	t := time.NewTimer(stateCheckFirst)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		s.checkState(ctx)
		t.Reset(stateCheckEvery)
	}
}

func (s *server) checkState(ctx context.Context) {
	problems, err := s.db.Check(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "The state database could not be checked.", "err", err)
	}
	if len(problems) > 0 {
		s.stateDamaged(strings.Join(problems, "; "))
	}
}

func (s *server) stateDamaged(reason string) {
	s.log.Error("The state database is damaged.", "reason", reason)
	s.board.Report(health.Report{Component: "state", Status: health.Failure, Reason: "state_damaged", Description: "The state database is damaged: " + reason +
		". What the damaged page holds cannot be read, and the server will not start again with this file. Stop it and restore the last backup with `vedette restore`, or see what is wrong with `vedette verify`."})
}
