package meta

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/fault"
)

// mostPreferences is how many values a person may keep in a workspace.
const mostPreferences = 200

type preferenceRow struct {
	bun.BaseModel `bun:"table:preferences"`
	Workspace     string `bun:"workspace,pk"`
	Person        string `bun:"person,pk"`
	Key           string `bun:"key,pk"`
	Value         string `bun:"value"`
	ChangedAt     int64  `bun:"changed_at"` // Unix milliseconds
}

// Preference returns what a person keeps under a key; nil when it is nothing.
func (db *DB) Preference(ctx context.Context, workspace, person, key string) (json.RawMessage, error) {
	var r preferenceRow
	err := db.read.NewSelect().Model(&r).Where("workspace = ? AND person = ? AND key = ?", workspace, person, key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the preference %s: %w", key, err)
	}
	return json.RawMessage(r.Value), nil
}

// PutPreference keeps a value under a key for a person; null forgets it. A new key beyond the limit is a fault Invalid.
func (db *DB) PutPreference(ctx context.Context, workspace, person, key string, value json.RawMessage) error {
	if string(value) == "null" {
		_, err := db.write.NewDelete().Model((*preferenceRow)(nil)).Where("workspace = ? AND person = ? AND key = ?", workspace, person, key).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forgetting the preference %s: %w", key, err)
		}
		return nil
	}
	n, err := db.read.NewSelect().Model((*preferenceRow)(nil)).Where("workspace = ? AND person = ? AND key <> ?", workspace, person, key).Count(ctx)
	if err != nil {
		return fmt.Errorf("counting preferences: %w", err)
	}
	if n >= mostPreferences {
		return fault.New(fault.Invalid, "too_many_preferences", "Nobody can keep more than %d settings in a workspace. Remove some first.", mostPreferences)
	}
	r := preferenceRow{Workspace: workspace, Person: person, Key: key, Value: string(value), ChangedAt: toMillis(time.Now())}
	if _, err := db.write.NewInsert().Model(&r).On("CONFLICT (workspace, person, key) DO UPDATE").
		Set("value = EXCLUDED.value").Set("changed_at = EXCLUDED.changed_at").Exec(ctx); err != nil {
		return fmt.Errorf("keeping the preference %s: %w", key, err)
	}
	return nil
}
