package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type rawKeepRow struct {
	bun.BaseModel `bun:"table:raw_keep"`
	Workspace     string `bun:"workspace,pk"`
	Days          int    `bun:"days"`
	MaxBytes      int64  `bun:"max_bytes"`
	ChangedBy     string `bun:"changed_by"`
	ChangedAt     int64  `bun:"changed_at"`
}

// SaveRawKeep stores for how long messages are kept as they came.
func (db *DB) SaveRawKeep(ctx context.Context, workspace string, k model.RawKeep) error {
	r := rawKeepRow{Workspace: workspace, Days: k.Days, MaxBytes: k.MaxBytes, ChangedBy: k.ChangedBy, ChangedAt: toMillis(k.ChangedAt)}
	_, err := db.write.NewInsert().Model(&r).On("CONFLICT (workspace) DO UPDATE").
		Set("days = EXCLUDED.days").Set("max_bytes = EXCLUDED.max_bytes").Set("changed_by = EXCLUDED.changed_by").Set("changed_at = EXCLUDED.changed_at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving for how long originals are kept: %w", err)
	}
	return nil
}

// RawKeep returns what was chosen, and false when nobody chose anything.
func (db *DB) RawKeep(ctx context.Context, workspace string) (model.RawKeep, bool, error) {
	var r rawKeepRow
	err := db.read.NewSelect().Model(&r).Where("workspace = ?", workspace).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return model.RawKeep{}, false, nil
	}
	if err != nil {
		return model.RawKeep{}, false, fmt.Errorf("reading for how long originals are kept: %w", err)
	}
	return model.RawKeep{Days: r.Days, MaxBytes: r.MaxBytes, ChangedBy: r.ChangedBy, ChangedAt: fromMillis(r.ChangedAt)}, true, nil
}
