package meta

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type backfillRow struct {
	bun.BaseModel `bun:"table:backfills"`
	Workspace     string `bun:"workspace,pk"`
	TableName     string `bun:"table_name,pk"`
	FromAt        int64  `bun:"from_at"`
	ToAt          int64  `bun:"to_at"`
	State         string `bun:"state"`
	Problem       string `bun:"problem"`
	Hours         int64  `bun:"hours"`
	Done          int64  `bun:"hours_done"`
	Rows          int64  `bun:"row_count"`
	Actor         string `bun:"actor"`
	StartedAt     int64  `bun:"started_at"`
	UpdatedAt     int64  `bun:"updated_at"`
}

// SaveBackfill stores the backfill of a table in the place of an older one.
func (db *DB) SaveBackfill(ctx context.Context, workspace string, b model.Backfill) error {
	r := backfillRow{
		Workspace: workspace, TableName: b.Table, FromAt: toMillis(b.From), ToAt: toMillis(b.To), State: b.State, Problem: b.Problem, Hours: int64(b.Hours),
		Done: int64(b.Done), Rows: b.Rows, Actor: b.Actor, StartedAt: toMillis(b.Started), UpdatedAt: toMillis(b.Updated),
	}
	q := db.write.NewInsert().Model(&r).On("CONFLICT (workspace, table_name) DO UPDATE")
	for _, c := range []string{"from_at", "to_at", "state", "problem", "hours", "hours_done", "row_count", "actor", "started_at", "updated_at"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("saving the backfill of %s: %w", b.Table, err)
	}
	return nil
}

// Backfills returns the last backfill of each table, by table.
func (db *DB) Backfills(ctx context.Context, workspace string) ([]model.Backfill, error) {
	var rows []backfillRow
	if err := db.read.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("table_name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading backfills: %w", err)
	}
	out := make([]model.Backfill, len(rows))
	for i, r := range rows {
		out[i] = model.Backfill{
			Table: r.TableName, From: fromMillis(r.FromAt), To: fromMillis(r.ToAt), State: r.State, Problem: r.Problem, Hours: int(r.Hours), Done: int(r.Done), Rows: r.Rows,
			Actor: r.Actor, Started: fromMillis(r.StartedAt), Updated: fromMillis(r.UpdatedAt),
		}
	}
	return out, nil
}
