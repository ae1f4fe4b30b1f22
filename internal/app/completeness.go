package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/backfill"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/completeness"
	"github.com/vedette-siem/vedette/internal/connector/hunting"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// completenessTable is the history of the checks.
const completenessTable = "IntakeCompleteness_CL"

// buildCompleteness constructs the comparison of the tenant's counts with the store's.
func (s *server) buildCompleteness(x *defenderXDR, q *query.Service) *completeness.Service {
	var all []completeness.Workspace
	for _, w := range s.workspaces {
		cw := completeness.Workspace{ID: w.ID, Stored: storedCounts{q, w.ID}, Tables: func() []string {
			c, _ := x.connectors.Watch(w.ID)
			return c.Tables
		}, Filtered: func(table string) bool { return x.transforms.Filters(w.ID, table) }}
		if t := x.tenants[w.ID]; t != nil {
			cw.Tenant = t
		}
		all = append(all, cw)
	}
	return completeness.New(completeness.Config{Keeper: s.db, Board: s.board, Logger: s.log, Changed: s.completenessRows, Repair: func(ctx context.Context, ws string, tables []string, from, to time.Time) error {
		return x.backfill.Start(ctx, ws, tables, from, to, "completeness")
	}}, all...)
}

// storedCounts counts stored rows by a query.
type storedCounts struct {
	query     *query.Service
	workspace string
}

// CountByHour implements completeness.Counter.
func (c storedCounts) CountByHour(ctx context.Context, table string, from, to time.Time) (map[time.Time]int64, error) {
	literal := func(t time.Time) string { return "datetime(" + t.UTC().Format(time.RFC3339Nano) + ")" }
	res, err := c.query.Run(ctx, query.Request{Workspace: c.workspace, Actor: "completeness", Text: fmt.Sprintf(
		"['%s'] | where TimeGenerated >= %s and TimeGenerated < %s | summarize n = count() by h = bin(TimeGenerated, 1h) | project h, n", table, literal(from), literal(to))})
	if err != nil {
		return nil, err
	}
	if res.Partial != nil {
		return nil, res.Partial
	}
	out := map[time.Time]int64{}
	for _, b := range res.Tables[0].Batches {
		for i := range b.N {
			h, ok1 := b.Cols[0].Value(i).(int64)
			n, ok2 := b.Cols[1].Value(i).(int64)
			if !ok1 || !ok2 {
				return nil, fault.New(fault.Internal, "count_shape", "counting the rows of %s answered no counts", table)
			}
			out[column.ToTime(h).UTC()] += n
		}
	}
	return out, nil
}

// completenessRows adds what a check found anew to the history.
func (s *server) completenessRows(ctx context.Context, workspace string, counts []model.HourCount) error {
	cols := []schema.Column{
		{Name: "TenantId", Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "TableName", Type: schema.String},
		{Name: "Hour", Type: schema.Datetime}, {Name: "TenantRows", Type: schema.Long}, {Name: "StoredRows", Type: schema.Long},
		{Name: "Missing", Type: schema.Long}, {Name: "Extra", Type: schema.Long}, {Name: "SourceSystem", Type: schema.String},
		{Name: "Type", Type: schema.String}, {Name: "_IsBillable", Type: schema.String}, {Name: "_src", Type: schema.String, Hidden: true},
	}
	b := &column.Batch{N: len(counts)}
	for _, c := range cols {
		b.Cols = append(b.Cols, column.New(c.Type, len(counts)))
	}
	for _, h := range counts {
		for i, v := range []any{
			workspace, column.FromTime(h.Checked), h.Table, column.FromTime(h.Hour), h.Tenant, h.Stored, h.Missing(), h.Extra(), "Vedette",
			completenessTable, "False", fmt.Sprintf("completeness/%s/%d/%d", h.Table, h.Hour.Unix(), h.Checked.UnixMilli()),
		} {
			b.Cols[i].Append(v)
		}
	}
	_, err := s.store.Append(ctx, store.Frame{Workspace: workspace, Tables: []store.Rows{{Table: completenessTable, Cols: cols, Batch: b}}})
	return err
}

// buildBackfill constructs the fetching of what the comparison finds missing.
func (s *server) buildBackfill(ctx context.Context, x *defenderXDR, complete *completeness.Service) (*backfill.Service, error) {
	var all []backfill.Workspace
	for i, w := range s.workspaces {
		bw := backfill.Workspace{ID: w.ID, Intake: x.intakes[w.ID], First: s.cfg.Workspaces[i].Streaming.Backfill, Tables: func() []string {
			c, _ := x.connectors.Watch(w.ID)
			return c.Tables
		}, Ready: func() bool { return x.meter.UpToDate(w.ID) }}
		if t := x.tenants[w.ID]; t != nil {
			bw.Tenant = t
		}
		all = append(all, bw)
	}
	return backfill.New(ctx, backfill.Config{
		Store: s.store, Budget: x.budget, Keeper: s.db, Logger: s.log, Stored: x.meter.Add, Pulled: x.pulledEvents,
		TooMany: func(err error) bool { return errors.Is(err, hunting.ErrTooMany) },
		Missing: func(ctx context.Context, ws, table string, from, to time.Time) ([]model.HourCount, error) {
			sp := completeness.Span{Tables: []string{table}, From: from, To: to}
			if err := complete.Check(ctx, ws, sp); err != nil {
				return nil, err
			}
			return complete.MissingHours(ctx, ws, sp)
		},
	}, all...)
}
