package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

type entityBehaviorRow struct {
	bun.BaseModel `bun:"table:entity_behavior"`
	Workspace     string `bun:"workspace,pk"`
	Enabled       bool   `bun:"enabled"`
	Directories   string `bun:"directories"`  // separated by commas
	DataSources   string `bun:"data_sources"` // separated by commas
	ChangedBy     string `bun:"changed_by"`
	ChangedAt     int64  `bun:"changed_at"` // Unix milliseconds
	Version       int64  `bun:"version"`
}

// EntityBehavior returns what the workspace chose; a workspace where nobody chose has the zero choice.
func (db *DB) EntityBehavior(ctx context.Context, workspace string) (model.EntityBehavior, error) {
	var r entityBehaviorRow
	err := db.read.NewSelect().Model(&r).Where("workspace = ?", workspace).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return model.EntityBehavior{Workspace: workspace}, nil
	}
	if err != nil {
		return model.EntityBehavior{}, fmt.Errorf("reading entity behavior of workspace %s: %w", workspace, err)
	}
	return model.EntityBehavior{
		Workspace: workspace, Enabled: r.Enabled, Directories: splitList(r.Directories), DataSources: splitList(r.DataSources),
		ChangedBy: r.ChangedBy, ChangedAt: fromMillis(r.ChangedAt), Version: r.Version,
	}, nil
}

// SaveEntityBehavior stores a choice whose Version is one more than that of the choice it replaces; a fault Conflict when
// somebody else was faster.
func (db *DB) SaveEntityBehavior(ctx context.Context, c model.EntityBehavior) error {
	r := entityBehaviorRow{
		Workspace: c.Workspace, Enabled: c.Enabled, Directories: strings.Join(c.Directories, ","), DataSources: strings.Join(c.DataSources, ","),
		ChangedBy: c.ChangedBy, ChangedAt: toMillis(c.ChangedAt), Version: c.Version,
	}
	res, err := db.write.NewInsert().Model(&r).On("CONFLICT (workspace) DO UPDATE").
		Set("enabled = EXCLUDED.enabled").Set("directories = EXCLUDED.directories").Set("data_sources = EXCLUDED.data_sources").
		Set("changed_by = EXCLUDED.changed_by").Set("changed_at = EXCLUDED.changed_at").Set("version = EXCLUDED.version").
		Where("?TableAlias.version = EXCLUDED.version - 1").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving entity behavior of workspace %s: %w", c.Workspace, err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fault.New(fault.Conflict, "etag_mismatch", "Somebody else changed the entity behavior configuration at the same moment. Load it again and repeat the change.")
	}
	return nil
}

// splitList is the inverse of joining with commas.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
