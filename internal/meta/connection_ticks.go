package meta

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type tickRow struct {
	bun.BaseModel `bun:"table:connection_ticks"`
	Workspace     string `bun:"workspace,pk"`
	Source        string `bun:"source,pk"`
	Part          int32  `bun:"part,pk"`
	TableName     string `bun:"table_name,pk"`
	N             int    `bun:"n,pk"`
	From          int64  `bun:"from_pos"`
	Until         int64  `bun:"until_pos"`
	Off           int64  `bun:"off_pos"`
}

// Ticks returns all ticks of a source's partition, by table and number.
func (db *DB) Ticks(ctx context.Context, workspace, source string, partition int32) ([]model.Tick, error) {
	var rows []tickRow
	err := db.read.NewSelect().Model(&rows).Where("workspace = ? AND source = ? AND part = ?", workspace, source, partition).Order("table_name", "n").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading which tables of %s, partition %d, are stored: %w", source, partition, err)
	}
	ticks := make([]model.Tick, len(rows))
	for i, r := range rows {
		ticks[i] = model.Tick{Source: r.Source, Partition: r.Part, Table: r.TableName, N: r.N, From: r.From, Until: r.Until, Off: r.Off}
	}
	return ticks, nil
}

// SaveTicks adds or replaces ticks, all of them or none.
func (db *DB) SaveTicks(ctx context.Context, workspace string, ticks []model.Tick) error {
	if len(ticks) == 0 {
		return nil
	}
	rows := make([]tickRow, len(ticks))
	for i, t := range ticks {
		rows[i] = tickRow{Workspace: workspace, Source: t.Source, Part: t.Partition, TableName: t.Table, N: t.N, From: t.From, Until: t.Until, Off: t.Off}
	}
	_, err := db.write.NewInsert().Model(&rows).On("CONFLICT (workspace, source, part, table_name, n) DO UPDATE").
		Set("from_pos = EXCLUDED.from_pos").Set("until_pos = EXCLUDED.until_pos").Set("off_pos = EXCLUDED.off_pos").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving which tables of %s, partition %d, are stored: %w", ticks[0].Source, ticks[0].Partition, err)
	}
	return nil
}
