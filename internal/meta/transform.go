package meta

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type transformRow struct {
	bun.BaseModel `bun:"table:transforms"`
	Workspace     string `bun:"workspace,pk"`
	TableName     string `bun:"table_name,pk"`
	Query         string `bun:"query"`
	ChangedBy     string `bun:"changed_by"`
	ChangedAt     int64  `bun:"changed_at"`
}

// SaveTransform stores the transformation of a table; one without a text is removed.
func (db *DB) SaveTransform(ctx context.Context, workspace string, t model.Transform) error {
	r := transformRow{Workspace: workspace, TableName: t.Table, Query: t.Query, ChangedBy: t.ChangedBy, ChangedAt: toMillis(t.ChangedAt)}
	var err error
	if t.Query == "" {
		_, err = db.write.NewDelete().Model(&r).WherePK().Exec(ctx)
	} else {
		_, err = db.write.NewInsert().Model(&r).On("CONFLICT (workspace, table_name) DO UPDATE").
			Set("query = EXCLUDED.query").Set("changed_by = EXCLUDED.changed_by").Set("changed_at = EXCLUDED.changed_at").Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("saving the transformation of %s: %w", t.Table, err)
	}
	return nil
}

// Transforms returns the transformations of a workspace, by table.
func (db *DB) Transforms(ctx context.Context, workspace string) ([]model.Transform, error) {
	var rows []transformRow
	if err := db.read.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("table_name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading transformations: %w", err)
	}
	out := make([]model.Transform, len(rows))
	for i, r := range rows {
		out[i] = model.Transform{Table: r.TableName, Query: r.Query, ChangedBy: r.ChangedBy, ChangedAt: fromMillis(r.ChangedAt)}
	}
	return out, nil
}
