package meta

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type usageRow struct {
	bun.BaseModel `bun:"table:connection_usage"`
	Workspace     string `bun:"workspace,pk"`
	TableName     string `bun:"table_name,pk"`
	Hour          int64  `bun:"hour,pk"` // Unix time divided by 3600
	Rows          int64  `bun:"row_count"`
	Skipped       int64  `bun:"skipped_count"`
	Dead          int64  `bun:"dead_count"`
	SeenAt        int64  `bun:"seen_at"`
	Bytes         int64  `bun:"byte_count"`
	EventAt       int64  `bun:"event_at"`
	QuietMS       int64  `bun:"quiet_ms"`
	Dropped       int64  `bun:"dropped_count"`
	Repeated      int64  `bun:"repeated_count"`
	Gaps          int64  `bun:"gap_count"`
}

// AddUsage adds to what came in.
func (db *DB) AddUsage(ctx context.Context, workspace string, add []model.TableUsage) error {
	if len(add) == 0 {
		return nil
	}
	err := db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, u := range add {
			r := usageRow{
				Workspace: workspace, TableName: u.Table, Hour: u.Hour.Unix() / 3600, Rows: u.Rows, Skipped: u.Skipped, Dead: u.Dead, SeenAt: toMillis(u.Seen),
				Bytes: u.Bytes, EventAt: toMillis(u.Event), QuietMS: u.Quiet.Milliseconds(), Dropped: u.Dropped, Repeated: u.Repeated, Gaps: u.Gaps,
			}
			_, err := tx.NewInsert().Model(&r).On("CONFLICT (workspace, table_name, hour) DO UPDATE").
				Set("row_count = usage_row.row_count + EXCLUDED.row_count").
				Set("skipped_count = usage_row.skipped_count + EXCLUDED.skipped_count").
				Set("dead_count = usage_row.dead_count + EXCLUDED.dead_count").
				Set("repeated_count = usage_row.repeated_count + EXCLUDED.repeated_count").
				Set("gap_count = usage_row.gap_count + EXCLUDED.gap_count").
				Set("dropped_count = usage_row.dropped_count + EXCLUDED.dropped_count").
				Set("byte_count = usage_row.byte_count + EXCLUDED.byte_count").
				Set("event_at = CASE WHEN EXCLUDED.event_at > usage_row.event_at THEN EXCLUDED.event_at ELSE usage_row.event_at END").
				Set("quiet_ms = CASE WHEN EXCLUDED.quiet_ms > usage_row.quiet_ms THEN EXCLUDED.quiet_ms ELSE usage_row.quiet_ms END").
				Set("seen_at = CASE WHEN EXCLUDED.seen_at > usage_row.seen_at THEN EXCLUDED.seen_at ELSE usage_row.seen_at END").Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("counting what came in: %w", err)
	}
	return nil
}

// Usage returns what came in from the hour of since on, by table and hour.
func (db *DB) Usage(ctx context.Context, workspace string, since time.Time) ([]model.TableUsage, error) {
	var rows []usageRow
	err := db.read.NewSelect().Model(&rows).Where("workspace = ? AND hour >= ?", workspace, since.Unix()/3600).Order("table_name", "hour").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what came in: %w", err)
	}
	out := make([]model.TableUsage, len(rows))
	for i, r := range rows {
		out[i] = model.TableUsage{
			Table: r.TableName, Hour: time.Unix(r.Hour*3600, 0).UTC(), Rows: r.Rows, Skipped: r.Skipped, Dead: r.Dead, Seen: fromMillis(r.SeenAt),
			Bytes: r.Bytes, Event: fromMillis(r.EventAt), Quiet: time.Duration(r.QuietMS) * time.Millisecond, Dropped: r.Dropped, Repeated: r.Repeated, Gaps: r.Gaps,
		}
	}
	return out, nil
}
