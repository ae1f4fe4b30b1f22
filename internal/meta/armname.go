package meta

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

type armNameRow struct {
	bun.BaseModel `bun:"table:arm_names"`
	Workspace     string `bun:"workspace,pk"`
	Kind          string `bun:"kind,pk"`
	ID            string `bun:"id,pk"`
	Name          string `bun:"name"`
}

// ARMNames returns the names that programs gave to resources of a kind, by the resources' own ids.
func (db *DB) ARMNames(ctx context.Context, workspace, kind string) (map[string]string, error) {
	var rows []armNameRow
	if err := db.read.NewSelect().Model(&rows).Where("workspace = ? AND kind = ?", workspace, kind).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the names of %s: %w", kind, err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}

// PutARMName keeps the name that a program gave to a resource, in place of an older one; "" forgets it.
func (db *DB) PutARMName(ctx context.Context, workspace, kind, id, name string) error {
	var err error
	if name == "" {
		_, err = db.write.NewDelete().Model((*armNameRow)(nil)).Where("workspace = ? AND kind = ? AND id = ?", workspace, kind, id).Exec(ctx)
	} else {
		r := armNameRow{Workspace: workspace, Kind: kind, ID: id, Name: name}
		_, err = db.write.NewInsert().Model(&r).On("CONFLICT (workspace, kind, id) DO UPDATE").Set("name = EXCLUDED.name").Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("keeping the name of %s: %w", id, err)
	}
	return nil
}
