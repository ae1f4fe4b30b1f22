package app

import (
	"context"
	"fmt"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/transform"
)

// buildTransforms constructs the transformations of all workspaces and sets them to work.
func (s *server) buildTransforms(ctx context.Context, x *defenderXDR, q *query.Service) (*transform.Service, error) {
	var all []transform.Workspace
	for _, w := range s.workspaces {
		all = append(all, transform.Workspace{
			ID: w.ID, Catalog: s.store.Catalog(w.ID), Intake: x.intakes[w.ID],
			Stored: func(ctx context.Context, table string, n int) (store.Rows, error) {
				return storedRows(ctx, q, w.ID, table, n)
			},
		})
	}
	return transform.New(ctx, transform.Config{Keeper: s.db, Usage: x.meter.Usage, Board: s.board, Logger: s.log}, all...)
}

// transformed applies the transformation of the rows' table.
func (x *defenderXDR) transformed(workspace string, rows store.Rows) store.Rows {
	if in := x.intakes[workspace]; in != nil {
		rows, _ = in.Transform(rows)
	}
	return rows
}

// storedRows returns up to n of the newest rows of a table that are stored.
func storedRows(ctx context.Context, q *query.Service, workspace, table string, n int) (store.Rows, error) {
	rows := store.Rows{Table: table, Batch: &column.Batch{}}
	res, err := q.Run(ctx, query.Request{Workspace: workspace, Actor: "transform", Text: fmt.Sprintf("['%s'] | where TimeGenerated > ago(7d) | top %d by TimeGenerated", table, n)})
	if err != nil {
		return rows, err
	}
	for _, c := range res.Tables[0].Cols {
		rows.Cols = append(rows.Cols, schema.Column{Name: c.Name, Type: c.Type})
		rows.Batch.Cols = append(rows.Batch.Cols, column.New(c.Type, n))
	}
	for _, b := range res.Tables[0].Batches {
		for i, v := range b.Cols {
			for k := range b.N {
				rows.Batch.Cols[i].Append(v.Value(k))
			}
		}
		rows.Batch.N += b.N
	}
	return rows, nil
}
