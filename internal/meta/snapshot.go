package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type snapshotRow struct {
	bun.BaseModel `bun:"table:snapshots"`
	Workspace     string `bun:"workspace,pk"`
	TableName     string `bun:"table_name,pk"`
	Kind          string `bun:"kind"`
	On            bool   `bun:"is_on"`
	Every         int64  `bun:"every_ms"`
	State         string `bun:"state"`
	Problem       string `bun:"problem"`
	RunAt         int64  `bun:"run_at"`
	Parts         int64  `bun:"parts"`
	Done          int64  `bun:"parts_done"`
	CursorAt      int64  `bun:"cursor_at"`
	Rows          int64  `bun:"row_count"`
	NextAt        int64  `bun:"next_at"`
	UpdatedAt     int64  `bun:"updated_at"`
}

// SaveSnapshot stores the state of a table's snapshot.
func (db *DB) SaveSnapshot(ctx context.Context, workspace string, s model.Snapshot) error {
	r := snapshotRow{
		Workspace: workspace, TableName: s.Table, Kind: s.Kind, On: s.On, Every: s.Every.Milliseconds(), State: s.State, Problem: s.Problem, RunAt: toMillis(s.Time),
		Parts: int64(s.Parts), Done: int64(s.Done), CursorAt: toMillis(s.Cursor), Rows: s.Rows, NextAt: toMillis(s.Next), UpdatedAt: toMillis(s.Updated),
	}
	q := db.write.NewInsert().Model(&r).On("CONFLICT (workspace, table_name) DO UPDATE")
	for _, c := range []string{"kind", "is_on", "every_ms", "state", "problem", "run_at", "parts", "parts_done", "cursor_at", "row_count", "next_at", "updated_at"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("saving the snapshot of %s: %w", s.Table, err)
	}
	return nil
}

// Snapshots returns the snapshots that were set or made, by table.
func (db *DB) Snapshots(ctx context.Context, workspace string) ([]model.Snapshot, error) {
	var rows []snapshotRow
	if err := db.read.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("table_name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading snapshots: %w", err)
	}
	out := make([]model.Snapshot, len(rows))
	for i, r := range rows {
		out[i] = model.Snapshot{
			Table: r.TableName, Kind: r.Kind, On: r.On, Every: time.Duration(r.Every) * time.Millisecond, State: r.State, Problem: r.Problem, Time: fromMillis(r.RunAt),
			Parts: int(r.Parts), Done: int(r.Done), Cursor: fromMillis(r.CursorAt), Rows: r.Rows, Next: fromMillis(r.NextAt), Updated: fromMillis(r.UpdatedAt),
		}
	}
	return out, nil
}
