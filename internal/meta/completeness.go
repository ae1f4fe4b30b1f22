package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type completenessRow struct {
	bun.BaseModel `bun:"table:completeness"`
	Workspace     string `bun:"workspace,pk"`
	TableName     string `bun:"table_name,pk"`
	Hour          int64  `bun:"hour,pk"` // Unix time divided by 3600
	Tenant        int64  `bun:"tenant_rows"`
	Stored        int64  `bun:"stored_rows"`
	CheckedAt     int64  `bun:"checked_at"`
}

// completenessKept is how long counts are kept: twice as long as the tenant can be asked.
const completenessKept = 60 * 24 * time.Hour

// SaveCompleteness stores counts of hours in the place of older ones, and drops those that are too old to be of use.
func (db *DB) SaveCompleteness(ctx context.Context, workspace string, counts []model.HourCount) error {
	if len(counts) == 0 {
		return nil
	}
	rows := make([]completenessRow, len(counts))
	newest := time.Time{}
	for i, c := range counts {
		rows[i] = completenessRow{Workspace: workspace, TableName: c.Table, Hour: c.Hour.Unix() / 3600, Tenant: c.Tenant, Stored: c.Stored, CheckedAt: toMillis(c.Checked)}
		if c.Checked.After(newest) {
			newest = c.Checked
		}
	}
	err := db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&rows).On("CONFLICT (workspace, table_name, hour) DO UPDATE").
			Set("tenant_rows = EXCLUDED.tenant_rows").Set("stored_rows = EXCLUDED.stored_rows").Set("checked_at = EXCLUDED.checked_at").Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*completenessRow)(nil)).Where("workspace = ? AND hour < ?", workspace, newest.Add(-completenessKept).Unix()/3600).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("saving counts of hours: %w", err)
	}
	return nil
}

// Completeness returns the counts of hours from one time until another, by table and hour.
func (db *DB) Completeness(ctx context.Context, workspace string, from, to time.Time) ([]model.HourCount, error) {
	var rows []completenessRow
	err := db.read.NewSelect().Model(&rows).Where("workspace = ? AND hour >= ? AND hour < ?", workspace, from.Unix()/3600, (to.Unix()+3599)/3600).Order("table_name", "hour").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading counts of hours: %w", err)
	}
	out := make([]model.HourCount, len(rows))
	for i, r := range rows {
		out[i] = model.HourCount{Table: r.TableName, Hour: time.Unix(r.Hour*3600, 0).UTC(), Tenant: r.Tenant, Stored: r.Stored, Checked: fromMillis(r.CheckedAt)}
	}
	return out, nil
}
