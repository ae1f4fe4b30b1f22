package app

import (
	"context"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
)

// fetchSummaries writes a SentinelHealth row for every source and for every table every full hour, until ctx ends: what it delivered
// in all, its lag, what was lost or left out, and how late rows came.
func (x *defenderXDR) fetchSummaries(ctx context.Context, workspaces []string) error {
	for {
		now := time.Now()
		t := time.NewTimer(now.Truncate(time.Hour).Add(time.Hour).Sub(now))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
		for _, ws := range workspaces {
			v, err := x.connectors.Intake(ctx, ws)
			if err != nil {
				x.log.WarnContext(ctx, "no summary of sources", "workspace", ws, "err", err)
				continue
			}
			for _, h := range v.Sources {
				x.health.add(fetchSummary(ws, h, time.Now()))
			}
			for _, h := range v.Tables {
				if h.Selected && h.LastSeen != nil {
					x.health.add(tableSummary(ws, h, time.Now()))
				}
			}
		}
	}
}

// fetchSummary is the row of one source.
func fetchSummary(ws string, h connector.SourceHealth, now time.Time) healthEntry {
	status := health.OK
	switch h.State {
	case connector.Amber:
		status = health.Warning
	case connector.Red:
		status = health.Failure
	}
	return healthEntry{
		Report: health.Report{
			Workspace: ws, Component: connector.Component(connector.DefenderXDR, h.Stream), Status: status, Reason: h.Reason, Time: now.UTC(),
			Description: fmt.Sprintf("%s: %d messages and %d rows so far, %d dead letters, %d messages behind.", h.Source, h.Messages, h.Rows, h.DeadLetters, h.LagEvents),
		},
		operation: "Data fetch summary",
		props: map[string]any{
			"Source": h.Source, "Messages": h.Messages, "Rows": h.Rows, "DeadLetters": h.DeadLetters, "Duplicates": h.Duplicates, "GapPositions": h.Gaps,
			"LagEvents": h.LagEvents, "LagSeconds": h.LagSeconds, "HoursToLoss": h.HoursToLoss, "EventsPerMinute": h.Events, "BytesPerMinute": h.Bytes,
			"LastMessage": h.LastMessage, "LastEvent": h.LastEvent,
		},
	}
}

// tableSummary is the row of one table.
func tableSummary(ws string, h connector.TableHealth, now time.Time) healthEntry {
	status := health.OK
	if h.State == connector.Amber {
		status = health.Warning
	}
	return healthEntry{
		Report: health.Report{
			Workspace: ws, Component: connector.Component(connector.DefenderXDR, "table/"+h.Table), Status: status, Time: now.UTC(),
			Description: fmt.Sprintf("%s: %.1f events and %.0f bytes a minute, %d dead letters, %d duplicates left out, %d rows dropped by its transformation, %d positions lost by its sources, which are %d messages behind.", h.Table, h.Events, h.Bytes, h.DeadLetters, h.Duplicates, h.Dropped, h.Gaps, h.LagEvents),
		},
		operation: "Data fetch summary",
		props: map[string]any{
			"Table": h.Table, "EventsPerMinute": h.Events, "BytesPerMinute": h.Bytes, "DeadLetters": h.DeadLetters, "Duplicates": h.Duplicates, "Dropped": h.Dropped, "GapPositions": h.Gaps, "LagEvents": h.LagEvents, "LagSeconds": h.LagSeconds, "HoursToLoss": h.HoursToLoss,
			"LastSeen": h.LastSeen, "LastEvent": h.LastEvent, "SilentAfterSeconds": h.SilentAfterSeconds, "Lateness": h.Lateness,
		},
	}
}
