package meta

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// AlertRow is the newest version of one alert as stored.
type AlertRow struct {
	bun.BaseModel `bun:"table:incident_alerts"`

	Workspace  string `bun:"workspace,pk"`
	ID         string `bun:"id,pk"`
	SystemID   string `bun:"system_id"`
	IncidentID string `bun:"incident_id"` // the tenant's id of the incident it belongs to
	Updated    int64  `bun:"updated"`
	Hash       string `bun:"hash"`
	Seen       string `bun:"seen"`    // hash of a listed row of Updated that a read by id has settled
	SeenAt     int64  `bun:"seen_at"` // when it did, in ticks; 0: never
	Revision   int64  `bun:"revision"`
	Written    int64  `bun:"written"` // TimeGenerated of its newest row
	First      int64  `bun:"first_time"`
	Last       int64  `bun:"last_time"`
	Product    string `bun:"product"`
	Tactics    string `bun:"tactics"`  // joined by commas
	Withheld   int64  `bun:"withheld"` // 1: kept, but shown nowhere until its product is connected
	// RuleIncident is the number of the incident that a rule of the workspace made of it, 0: none. Only CountMade sets it.
	RuleIncident int64  `bun:"rule_incident"`
	Indexed      int64  `bun:"indexed"` // 1: its entities are in the index; only MarkIndexed sets it
	Doc          string `bun:"doc"`
	Raw          string `bun:"raw"`
}

// Alert returns one alert by the tenant's id.
func (t IncidentTx) Alert(ctx context.Context, ws, id string) (AlertRow, error) {
	var r AlertRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND id = ?", ws, id).Scan(ctx)
	return r, err
}

// AlertBySystemID returns one alert by the workspace's GUID of it.
func (t IncidentTx) AlertBySystemID(ctx context.Context, ws, id string) (AlertRow, error) {
	var r AlertRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND system_id = ?", ws, id).Scan(ctx)
	return r, err
}

// PutAlert stores an alert.
func (t IncidentTx) PutAlert(ctx context.Context, r *AlertRow) error {
	q := t.db.NewInsert().Model(r).On("CONFLICT (workspace, id) DO UPDATE")
	for _, c := range []string{"incident_id", "updated", "hash", "seen", "seen_at", "revision", "written", "first_time", "last_time", "product", "tactics", "withheld", "doc", "raw"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	_, err := q.Exec(ctx)
	return err
}

// SettleAlert keeps which listed row of an alert a read by id has settled.
func (t IncidentTx) SettleAlert(ctx context.Context, ws, id, seen string, at int64) error {
	_, err := t.db.NewUpdate().Model((*AlertRow)(nil)).Set("seen = ?, seen_at = ?", seen, at).Where("workspace = ? AND id = ?", ws, id).Exec(ctx)
	return err
}

// AlertsOf returns the alerts of a tenant's incident, oldest activity first, but for withheld ones. With light set, Doc and Raw are left out.
func (t IncidentTx) AlertsOf(ctx context.Context, ws, incidentID string, light bool) ([]AlertRow, error) {
	var rows []AlertRow
	q := t.db.NewSelect().Model(&rows).Where("workspace = ? AND incident_id = ? AND incident_id <> '' AND withheld = 0", ws, incidentID)
	if light {
		q = q.ExcludeColumn("doc", "raw")
	}
	err := q.Order("first_time", "id").Scan(ctx)
	return rows, err
}

// AlertsPage returns some of the alerts of a tenant's incident, oldest activity first, without Raw; withheld ones are left out.
func (t IncidentTx) AlertsPage(ctx context.Context, ws, incidentID string, limit, offset int) ([]AlertRow, error) {
	var rows []AlertRow
	if limit <= 0 {
		return nil, nil
	}
	err := t.db.NewSelect().Model(&rows).ExcludeColumn("raw").
		Where("workspace = ? AND incident_id = ? AND incident_id <> '' AND withheld = 0", ws, incidentID).
		Order("first_time", "id").Limit(int64(limit)).Offset(int64(offset)).Scan(ctx)
	return rows, err
}

// AlertPlace is where an alert stands among those of its incident: the oldest activity is first.
type AlertPlace struct {
	First int64
	ID    string
}

// AlertsAfter returns the alerts of a tenant's incident that follow a place, as AlertsPage does.
func (t IncidentTx) AlertsAfter(ctx context.Context, ws, incidentID string, after AlertPlace, limit int) ([]AlertRow, error) {
	var rows []AlertRow
	err := t.db.NewSelect().Model(&rows).ExcludeColumn("raw").
		Where("workspace = ? AND incident_id = ? AND incident_id <> '' AND withheld = 0", ws, incidentID).
		Where("(first_time, id) > (?, ?)", after.First, after.ID).Order("first_time", "id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// WithheldAlerts returns withheld alerts of a product.
func (t IncidentTx) WithheldAlerts(ctx context.Context, ws, product string, limit int) ([]AlertRow, error) {
	var rows []AlertRow
	err := t.db.NewSelect().Model(&rows).Where("workspace = ? AND product = ? AND withheld = 1", ws, product).Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// WithheldProducts returns the products whose alerts of an incident are withheld, or of all incidents for "".
func (t IncidentTx) WithheldProducts(ctx context.Context, ws, incidentID string) ([]string, error) {
	var out []string
	q := t.db.NewSelect().Model((*AlertRow)(nil)).ColumnExpr("DISTINCT product").Where("workspace = ? AND withheld = 1", ws)
	if incidentID != "" {
		q = q.Where("incident_id = ?", incidentID)
	}
	err := q.Order("product").Scan(ctx, &out)
	return out, err
}

// LastAlert returns when the newest alert of a product was changed, or of all products for "", in ticks; 0 for none.
func (t IncidentTx) LastAlert(ctx context.Context, ws, product string) (int64, error) {
	var out int64
	q := t.db.NewSelect().Model((*AlertRow)(nil)).Column("updated").Where("workspace = ? AND withheld = 0", ws).Order("updated DESC").Limit(1)
	if product != "" {
		q = q.Where("product = ?", product)
	}
	err := q.Scan(ctx, &out)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return out, err
}

// CountAlerts returns how many alerts the workspace has.
func (t IncidentTx) CountAlerts(ctx context.Context, ws string) (int, error) {
	n, err := t.db.NewSelect().Model((*AlertRow)(nil)).Where("workspace = ?", ws).Count(ctx)
	return int(n), err
}
