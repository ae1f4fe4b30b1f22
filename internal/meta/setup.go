package meta

import (
	"context"
	"fmt"
	"time"
)

// MarkSetup notes that a workspace did a step of its set-up; the first time stays.
func (db *DB) MarkSetup(ctx context.Context, workspace, step string) error {
	_, err := db.write.NewRaw("INSERT INTO setup_marks (workspace, step, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", workspace, step, time.Now().UnixMilli()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("noting a step of the set-up: %w", err)
	}
	return nil
}

// SetupMarked reports whether a workspace did a step of its set-up.
func (db *DB) SetupMarked(ctx context.Context, workspace, step string) (bool, error) {
	n, err := db.read.NewSelect().Table("setup_marks").Where("workspace = ? AND step = ?", workspace, step).Count(ctx)
	if err != nil {
		return false, fmt.Errorf("reading the steps of the set-up: %w", err)
	}
	return n > 0, nil
}
