package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type tableRow struct {
	bun.BaseModel `bun:"table:table_settings"`
	Workspace     string `bun:"workspace,pk"`
	TableName     string `bun:"table_name,pk"`
	Plan          string `bun:"plan"`
	Interactive   int    `bun:"interactive"`
	Total         int    `bun:"total"`
	HeldTotal     int    `bun:"held_total"`
	HeldUntil     int64  `bun:"held_until"`
	PlanSince     int64  `bun:"plan_since"`
	ChangedAt     int64  `bun:"changed_at"`
	ChangedBy     string `bun:"changed_by"`
}

func (r tableRow) settings() model.TableSettings {
	return model.TableSettings{
		Workspace: r.Workspace, Table: r.TableName, Plan: model.TablePlan(r.Plan), Interactive: r.Interactive, Total: r.Total,
		HeldTotal: r.HeldTotal, HeldUntil: fromMillis(r.HeldUntil), PlanSince: fromMillis(r.PlanSince), ChangedAt: fromMillis(r.ChangedAt), ChangedBy: r.ChangedBy,
	}
}

// TableSettings returns what was chosen for the tables of a workspace, by table; the choice for all has no table.
func (db *DB) TableSettings(ctx context.Context, workspace string) (map[string]model.TableSettings, error) {
	return tableSettings(ctx, db.read, workspace)
}

func tableSettings(ctx context.Context, q bun.IDB, workspace string) (map[string]model.TableSettings, error) {
	var rows []tableRow
	if err := q.NewSelect().Model(&rows).Where("workspace = ?", workspace).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the settings of the tables: %w", err)
	}
	out := make(map[string]model.TableSettings, len(rows))
	for _, r := range rows {
		out[r.TableName] = r.settings()
	}
	return out, nil
}

// ChangeTableSettings lets change turn all settings of a workspace into those to store, in one transaction. An error of
// change is returned as it is, and nothing is stored.
func (db *DB) ChangeTableSettings(ctx context.Context, workspace string, change func(all map[string]model.TableSettings) ([]model.TableSettings, error)) error {
	var refused error
	err := db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		all, err := tableSettings(ctx, tx, workspace)
		if err != nil {
			return err
		}
		set, err := change(all)
		if err != nil {
			refused = err
			return err
		}
		for _, t := range set {
			r := tableRow{
				Workspace: workspace, TableName: t.Table, Plan: string(t.Plan), Interactive: t.Interactive, Total: t.Total, HeldTotal: t.HeldTotal,
				HeldUntil: toMillis(t.HeldUntil), PlanSince: toMillis(t.PlanSince), ChangedAt: toMillis(t.ChangedAt), ChangedBy: t.ChangedBy,
			}
			_, err := tx.NewInsert().Model(&r).On("CONFLICT (workspace, table_name) DO UPDATE").
				Set("plan = EXCLUDED.plan, interactive = EXCLUDED.interactive, total = EXCLUDED.total, held_total = EXCLUDED.held_total, held_until = EXCLUDED.held_until").
				Set("plan_since = EXCLUDED.plan_since, changed_at = EXCLUDED.changed_at, changed_by = EXCLUDED.changed_by").Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if refused != nil {
		return refused
	}
	if err != nil {
		return fmt.Errorf("storing the settings of a table: %w", err)
	}
	return nil
}

type retentionClockRow struct {
	bun.BaseModel `bun:"table:retention_clock"`
	ID            int64 `bun:"id,pk"`
	Trusted       int64 `bun:"trusted"`
	Wall          int64 `bun:"wall"`
	Settled       int64 `bun:"settled"` // ms
}

// RetentionClock returns what the retention scheduler kept about time; false before its first look.
func (db *DB) RetentionClock(ctx context.Context) (model.RetentionClock, bool, error) {
	var r retentionClockRow
	err := db.read.NewSelect().Model(&r).Where("id = 1").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return model.RetentionClock{}, false, nil
	}
	if err != nil {
		return model.RetentionClock{}, false, fmt.Errorf("reading the retention clock: %w", err)
	}
	return model.RetentionClock{Trusted: fromMillis(r.Trusted), Wall: fromMillis(r.Wall), Settled: time.Duration(r.Settled) * time.Millisecond}, true, nil
}

// SetRetentionClock keeps what the retention scheduler believes about time.
func (db *DB) SetRetentionClock(ctx context.Context, c model.RetentionClock) error {
	r := retentionClockRow{ID: 1, Trusted: toMillis(c.Trusted), Wall: toMillis(c.Wall), Settled: c.Settled.Milliseconds()}
	_, err := db.write.NewInsert().Model(&r).On("CONFLICT (id) DO UPDATE").Set("trusted = EXCLUDED.trusted, wall = EXCLUDED.wall, settled = EXCLUDED.settled").Exec(ctx)
	if err != nil {
		return fmt.Errorf("storing the retention clock: %w", err)
	}
	return nil
}
