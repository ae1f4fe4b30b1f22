package meta

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type sourceRow struct {
	bun.BaseModel `bun:"table:connection_sources"`
	Workspace     string `bun:"workspace,pk"`
	Source        string `bun:"source,pk"`
	Messages      int64  `bun:"message_count"`
	Bytes         int64  `bun:"byte_count"`
	Rows          int64  `bun:"row_count"`
	Dead          int64  `bun:"dead_count"`
	Duplicates    int64  `bun:"duplicate_count"`
	Gaps          int64  `bun:"gap_count"`
	SentAt        int64  `bun:"sent_at"`
	EventAt       int64  `bun:"event_at"`
}

// sourceTableRow says that a source brought records of a table.
type sourceTableRow struct {
	bun.BaseModel `bun:"table:connection_source_tables"`
	Workspace     string `bun:"workspace,pk"`
	Source        string `bun:"source,pk"`
	TableName     string `bun:"table_name,pk"`
}

// AddSources adds to what sources delivered.
func (db *DB) AddSources(ctx context.Context, workspace string, add []model.SourceUsage) error {
	if len(add) == 0 {
		return nil
	}
	rows := make([]sourceRow, len(add))
	var brought []sourceTableRow
	for i, u := range add {
		rows[i] = sourceRow{
			Workspace: workspace, Source: u.Source, Messages: u.Messages, Bytes: u.Bytes, Rows: u.Rows, Dead: u.Dead, Duplicates: u.Duplicates,
			Gaps: u.Gaps, SentAt: toMillis(u.Sent), EventAt: toMillis(u.Event),
		}
		for _, t := range u.Tables {
			brought = append(brought, sourceTableRow{Workspace: workspace, Source: u.Source, TableName: t})
		}
	}
	if len(brought) > 0 {
		if _, err := db.write.NewInsert().Model(&brought).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return fmt.Errorf("noting the tables of sources: %w", err)
		}
	}
	q := db.write.NewInsert().Model(&rows).On("CONFLICT (workspace, source) DO UPDATE")
	for _, c := range []string{"message_count", "byte_count", "row_count", "dead_count", "duplicate_count", "gap_count"} {
		q = q.Set("? = source_row.? + EXCLUDED.?", bun.Ident(c), bun.Ident(c), bun.Ident(c))
	}
	for _, c := range []string{"sent_at", "event_at"} {
		q = q.Set("? = CASE WHEN EXCLUDED.? > source_row.? THEN EXCLUDED.? ELSE source_row.? END", bun.Ident(c), bun.Ident(c), bun.Ident(c), bun.Ident(c), bun.Ident(c))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("counting what sources delivered: %w", err)
	}
	return nil
}

// Sources returns what every source delivered since it was first read, by name.
func (db *DB) Sources(ctx context.Context, workspace string) ([]model.SourceUsage, error) {
	var rows []sourceRow
	if err := db.read.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("source").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading what sources delivered: %w", err)
	}
	var brought []sourceTableRow
	if err := db.read.NewSelect().Model(&brought).Where("workspace = ?", workspace).Order("source", "table_name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the tables of sources: %w", err)
	}
	tables := map[string][]string{}
	for _, r := range brought {
		tables[r.Source] = append(tables[r.Source], r.TableName)
	}
	out := make([]model.SourceUsage, len(rows))
	for i, r := range rows {
		out[i] = model.SourceUsage{
			Source: r.Source, Messages: r.Messages, Bytes: r.Bytes, Rows: r.Rows, Dead: r.Dead, Duplicates: r.Duplicates, Gaps: r.Gaps,
			Sent: fromMillis(r.SentAt), Event: fromMillis(r.EventAt), Tables: tables[r.Source],
		}
	}
	return out, nil
}
