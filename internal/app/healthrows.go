package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/api"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// healthSource is the source under which health rows are appended; its positions count them.
const healthSource = "health"

// healthRows writes every change of a component's state as a SentinelHealth row. Reports wait in a bounded queue: health
// must never hold up what it is about.
type healthRows struct {
	store      *store.Store
	workspaces []*api.Workspace
	queue      chan healthEntry
	log        *slog.Logger
}

func newHealthRows(s *store.Store, ws []*api.Workspace, log *slog.Logger) *healthRows {
	return &healthRows{store: s, workspaces: ws, queue: make(chan healthEntry, 1000), log: log}
}

// healthEntry is a row to write: a report, as a change of state or under an operation of its own, with further properties.
type healthEntry struct {
	health.Report
	operation string
	props     map[string]any
}

// report queues a change of state.
func (h *healthRows) report(r health.Report) { h.add(healthEntry{Report: r}) }

// add queues a row; a full queue drops it and says so in the log.
func (h *healthRows) add(r healthEntry) {
	select {
	case h.queue <- r:
	default:
		h.log.Warn("too many health changes at once; one has no row", "component", r.Component, "status", r.Status, "description", r.Description)
	}
}

// run writes rows until ctx ends, then what is queued.
func (h *healthRows) run(ctx context.Context) error {
	for {
		select {
		case r := <-h.queue:
			h.write(ctx, r)
		case <-ctx.Done():
			for {
				select {
				case r := <-h.queue:
					h.write(context.WithoutCancel(ctx), r)
				default:
					return nil
				}
			}
		}
	}
}

func (h *healthRows) write(ctx context.Context, r healthEntry) {
	for _, w := range h.workspaces {
		if r.Workspace != "" && r.Workspace != w.ID {
			continue
		}
		next, _ := h.store.Next(w.ID, healthSource, 0)
		rows := healthRow(w, r)
		rows.Cols = append(rows.Cols, schema.Column{Name: "_src", Type: schema.String, Hidden: true})
		src := column.New(schema.String, 1)
		src.AppendString(fmt.Sprintf("%s/%d", healthSource, next))
		rows.Batch.Cols = append(rows.Batch.Cols, src)
		_, err := h.store.Append(ctx, store.Frame{
			Workspace: w.ID, Tables: []store.Rows{rows}, Covers: []store.Range{{Source: healthSource, First: next, Next: next + 1}}, Own: true,
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			h.log.WarnContext(ctx, "writing a health row", "err", err)
		}
	}
}

// healthRow is the SentinelHealth row of a report.
func healthRow(w *api.Workspace, r healthEntry) store.Rows {
	kind, name := "Server", r.Component
	if rest, ok := strings.CutPrefix(r.Component, "connector/"); ok {
		kind, name = "Data connector", rest
	}
	resource := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.OperationalInsights/workspaces/%s", w.SubscriptionID, w.ResourceGroup, w.Name)
	details := map[string]any{"Component": r.Component}
	maps.Copy(details, r.props)
	props, err := json.Marshal(details)
	if err != nil {
		props = nil // figures and strings always encode
	}
	rows := store.Rows{Table: "SentinelHealth", Batch: &column.Batch{N: 1}}
	for _, c := range []struct {
		name string
		t    schema.Type
		v    any
	}{
		{"TenantId", schema.String, w.ID},
		{"TimeGenerated", schema.Datetime, column.FromTime(r.Time.UTC().Truncate(time.Microsecond))},
		{"OperationName", schema.String, cmp.Or(r.operation, kind+" status change")},
		{"SentinelResourceId", schema.String, resource},
		{"SentinelResourceName", schema.String, name},
		{"SentinelResourceKind", schema.String, "MicrosoftThreatProtection"},
		{"SentinelResourceType", schema.String, kind},
		{"Status", schema.String, string(r.Status)},
		{"Reason", schema.String, r.Reason},
		{"Description", schema.String, r.Description},
		{"WorkspaceId", schema.String, w.ID},
		{"RecordId", schema.String, uuid.NewString()},
		{"ExtendedProperties", schema.Dynamic, column.Raw(props)},
		{"SourceSystem", schema.String, "Vedette"},
		{"Type", schema.String, "SentinelHealth"},
		{"_IsBillable", schema.String, "False"},
	} {
		v := column.New(c.t, 1)
		v.Append(c.v)
		rows.Cols = append(rows.Cols, schema.Column{Name: c.name, Type: c.t})
		rows.Batch.Cols = append(rows.Batch.Cols, v)
	}
	return rows
}
