package meta

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type packageRow struct {
	bun.BaseModel `bun:"table:content_packages"`
	Workspace     string `bun:"workspace,pk"`
	ID            string `bun:"id,pk"`
	Version       string `bun:"version"`
	InstalledBy   string `bun:"installed_by"`
	InstalledAt   int64  `bun:"installed_at"`
}

// Packages returns the solutions that a workspace has installed, by id.
func (db *DB) Packages(ctx context.Context, workspace string) ([]model.Package, error) {
	var rows []packageRow
	if err := db.read.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the installed solutions: %w", err)
	}
	out := make([]model.Package, len(rows))
	for i, r := range rows {
		out[i] = model.Package{Workspace: r.Workspace, ID: r.ID, Version: r.Version, InstalledBy: r.InstalledBy, InstalledAt: fromMillis(r.InstalledAt)}
	}
	return out, nil
}

// PutPackage stores an installation, in place of an older one.
func (db *DB) PutPackage(ctx context.Context, p model.Package) error {
	r := packageRow{Workspace: p.Workspace, ID: p.ID, Version: p.Version, InstalledBy: p.InstalledBy, InstalledAt: toMillis(p.InstalledAt)}
	_, err := db.write.NewInsert().Model(&r).On("CONFLICT (workspace, id) DO UPDATE").
		Set("version = EXCLUDED.version").Set("installed_by = EXCLUDED.installed_by").Set("installed_at = EXCLUDED.installed_at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("storing the installation of %s: %w", p.ID, err)
	}
	return nil
}

// DropPackage forgets an installation; one that is not there is no error.
func (db *DB) DropPackage(ctx context.Context, workspace, id string) error {
	_, err := db.write.NewDelete().Model((*packageRow)(nil)).Where("workspace = ? AND id = ?", workspace, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("removing the installation of %s: %w", id, err)
	}
	return nil
}
