package connector

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// Silence says when a table counts as silent: after factor times the longest that it was ever quiet within the memory, at
// least after Least; and only once records came for Learn.
type Silence struct {
	Learn, Least time.Duration
	Factor       float64
}

// DefaultSilence is what holds when nothing is configured.
var DefaultSilence = Silence{Learn: 24 * time.Hour, Least: 15 * time.Minute, Factor: 3}

// silenceMemory is how far back the usual quiet of a table is looked for: two weekends.
const silenceMemory = 15 * 24 * time.Hour

// usual is what was learned of a table.
type usual struct {
	first time.Time     // the first hour with fresh records
	quiet time.Duration // the longest time between two arrivals
	seen  time.Time
	event time.Time
}

// learn reads what is usual out of the counts.
func learn(usage []model.TableUsage) map[string]usual {
	out := map[string]usual{}
	for _, u := range usage {
		n := out[u.Table]
		if u.Quiet > 0 && (n.first.IsZero() || u.Hour.Before(n.first)) {
			n.first = u.Hour
		}
		n.quiet = max(n.quiet, u.Quiet)
		if u.Seen.After(n.seen) {
			n.seen = u.Seen
		}
		if u.Event.After(n.event) {
			n.event = u.Event
		}
		out[u.Table] = n
	}
	return out
}

// limit returns after which time without records the table is silent, and false while that is still being learned.
func (c Silence) limit(n usual, now time.Time) (time.Duration, bool) {
	if n.first.IsZero() || now.Sub(n.first) < c.Learn {
		return 0, false
	}
	return max(c.Least, time.Duration(float64(n.quiet)*c.Factor)), true
}

// silenceEvery is how often tables are looked at.
const silenceEvery = 30 * time.Second

// WatchSilence reports tables that usually have data and have none, until ctx ends. It says nothing while a source is behind:
// then it cannot know.
func (s *Service) WatchSilence(ctx context.Context) error {
	t := time.NewTicker(silenceEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil
		}
		s.mu.Lock()
		var workspaces []string
		for ws := range s.choices {
			workspaces = append(workspaces, ws)
		}
		s.mu.Unlock()
		for _, ws := range workspaces {
			if err := s.lookForSilence(ctx, ws); err != nil && ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "tables not looked at", "workspace", ws, slog.Any("err", err))
			}
		}
	}
}

// tableComponent is the name of a table on the health board.
func tableComponent(table string) string { return Component(DefenderXDR, "table/"+table) }

func (s *Service) lookForSilence(ctx context.Context, workspace string) error {
	c, _ := s.Watch(workspace)
	now := time.Now()
	usage, err := s.cfg.Meter.Usage(ctx, workspace, now.Add(-silenceMemory))
	if err != nil {
		return err
	}
	known := learn(usage)
	caughtUp := s.caughtUp(workspace)
	told := map[string]bool{}
	if s.cfg.Board != nil {
		for _, r := range s.cfg.Board.All() {
			if name, ok := strings.CutPrefix(r.Component, tableComponent("")); ok && r.Workspace == workspace {
				told[name] = true
				if !slices.Contains(c.Tables, name) {
					s.cfg.Board.Forget(workspace, r.Component)
				}
			}
		}
	}
	for _, table := range c.Tables {
		n := known[table]
		limit, learned := s.silence().limit(n, now)
		report := Reporter{Board: s.cfg.Board, Workspace: workspace, Component: tableComponent(table)}
		switch silent := now.Sub(n.seen); {
		case learned && caughtUp && silent > limit:
			report.Warn("table_silent", fmt.Sprintf("No record of %s has come since %s; the longest that it was ever quiet is %s. Look whether the tenant still exports it (Defender portal, Settings, Streaming API) and whether its product still works.",
				table, n.seen.UTC().Format("2006-01-02 15:04 MST"), roundly(n.quiet)))
		case told[table] && silent <= limit:
			report.OK(fmt.Sprintf("Records of %s come.", table))
		}
	}
	return nil
}

// silence returns the rule that holds.
func (s *Service) silence() Silence {
	if s.cfg.Silence == (Silence{}) {
		return DefaultSilence
	}
	return s.cfg.Silence
}

// caughtUp reports whether all that sources hold has been read, and all streams of events work.
func (s *Service) caughtUp(workspace string) bool {
	lags := s.cfg.Meter.Lags(workspace)
	for _, l := range lags {
		if l.Events > 0 {
			return false
		}
	}
	if s.cfg.Board != nil {
		for _, r := range s.cfg.Board.All() {
			if r.Workspace == workspace && r.Status == health.Failure && strings.HasPrefix(r.Component, Component(DefenderXDR, "events/")) {
				return false
			}
		}
	}
	return len(lags) > 0
}

// roundly rounds for people.
func roundly(d time.Duration) time.Duration {
	switch {
	case d > 2*time.Hour:
		return d.Round(time.Hour)
	case d > 2*time.Minute:
		return d.Round(time.Minute)
	}
	return d.Round(time.Second)
}
