package meta

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type connectionRow struct {
	bun.BaseModel     `bun:"table:connections"`
	Workspace         string `bun:"workspace,pk"`
	Connector         string `bun:"connector,pk"`
	Incidents         bool   `bun:"incidents"`
	Tables            string `bun:"tables"`
	KeepIncidentRules bool   `bun:"keep_incident_rules"`
	ConnectedBy       string `bun:"connected_by"`
	ConnectedAt       int64  `bun:"connected_at"` // Unix milliseconds, 0 for never
	Paused            string `bun:"paused"`
}

// Connection returns what the workspace chose for the connector; a connection that was never made is the zero choice.
func (db *DB) Connection(ctx context.Context, workspace, connector string) (model.Connection, error) {
	c := model.Connection{Workspace: workspace, Connector: connector}
	var r connectionRow
	err := db.read.NewSelect().Model(&r).Where("workspace = ? AND connector = ?", workspace, connector).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(r.Tables), &c.Tables)
	}
	if err == nil {
		err = json.Unmarshal([]byte(r.Paused), &c.Paused)
	}
	if err != nil {
		return c, fmt.Errorf("reading the connection of %s: %w", connector, err)
	}
	c.Incidents, c.KeepIncidentRules, c.ConnectedBy, c.ConnectedAt = r.Incidents, r.KeepIncidentRules, r.ConnectedBy, fromMillis(r.ConnectedAt)
	return c, nil
}

// SaveConnection stores the whole choice.
func (db *DB) SaveConnection(ctx context.Context, c model.Connection) error {
	tables, err := json.Marshal(append([]string{}, c.Tables...))
	if err != nil {
		return fmt.Errorf("saving the connection of %s: %w", c.Connector, err)
	}
	paused, err := json.Marshal(append([]model.Pause{}, c.Paused...))
	if err != nil {
		return fmt.Errorf("saving the connection of %s: %w", c.Connector, err)
	}
	r := connectionRow{
		Workspace: c.Workspace, Connector: c.Connector, Incidents: c.Incidents, Tables: string(tables), KeepIncidentRules: c.KeepIncidentRules,
		ConnectedBy: c.ConnectedBy, ConnectedAt: toMillis(c.ConnectedAt), Paused: string(paused),
	}
	_, err = db.write.NewInsert().Model(&r).On("CONFLICT (workspace, connector) DO UPDATE").
		Set("incidents = EXCLUDED.incidents").Set("tables = EXCLUDED.tables").Set("keep_incident_rules = EXCLUDED.keep_incident_rules").
		Set("connected_by = EXCLUDED.connected_by").Set("connected_at = EXCLUDED.connected_at").Set("paused = EXCLUDED.paused").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving the connection of %s: %w", c.Connector, err)
	}
	return nil
}

// toMillis and fromMillis keep an instant as Unix milliseconds, 0 for the zero time.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
