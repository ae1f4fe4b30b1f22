package meta

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

// IncidentRow is one incident as stored: the columns that lists filter and sort by, and the documents of its owner.
type IncidentRow struct {
	bun.BaseModel `bun:"table:incidents"`

	Workspace    string `bun:"workspace,pk"`
	Number       int64  `bun:"number,pk"`
	Name         string `bun:"name"`
	ProviderID   string `bun:"provider_id"`
	Title        string `bun:"title"`
	Status       string `bun:"status"`
	Severity     string `bun:"severity"`
	SeverityRank int    `bun:"severity_rank"`
	Owner        string `bun:"owner"`
	Labels       string `bun:"labels"` // lower case, each between line feeds
	Search       string `bun:"search"` // lower case
	Created      int64  `bun:"created"`
	Modified     int64  `bun:"modified"`
	Closed       int64  `bun:"closed"`
	RedirectTo   string `bun:"redirect_to"`
	SyncState    string `bun:"sync_state"`
	Alerts       int64  `bun:"alerts"`
	Revision     int64  `bun:"revision"`
	Doc          string `bun:"doc"`
	Sync         string `bun:"sync"`
	Raw          string `bun:"raw"`
}

// IncidentQuery selects incidents; the zero value selects all of them, newest first.
type IncidentQuery struct {
	Status, Severity []string
	Owner            string // a user principal name, or "none"
	Label            string
	Text             string
	SyncState        []string
	Since            int64 // modified at or after
	NoRedirects      bool
	Product          []string         // of at least one alert
	Where            *model.Condition // only IncidentsAfter looks at it
	Sort             string           // created, modified, number, severity, status, title, owner, alerts; "-" before it for descending
	Limit, Offset    int
}

// IncidentTx is the incident tables as one transaction, or the read handle, sees them. A missing record is sql.ErrNoRows.
type IncidentTx struct{ db bun.IDB }

// Incidents returns the incident tables for reading.
func (db *DB) Incidents() IncidentTx { return IncidentTx{db.read} }

// ChangeIncidents runs f in one transaction over the incident tables; an error rolls it back.
func (db *DB) ChangeIncidents(ctx context.Context, f func(ctx context.Context, tx IncidentTx) error) error {
	return db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return f(ctx, IncidentTx{tx}) })
}

// Incident returns one incident.
func (t IncidentTx) Incident(ctx context.Context, ws string, number int64) (IncidentRow, error) {
	var r IncidentRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND number = ?", ws, number).Scan(ctx)
	return r, err
}

// IncidentByName returns the incident with the GUID.
func (t IncidentTx) IncidentByName(ctx context.Context, ws, name string) (IncidentRow, error) {
	var r IncidentRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND name = ?", ws, strings.ToLower(name)).Scan(ctx)
	return r, err
}

// IncidentByProvider returns the incident with the tenant's id.
func (t IncidentTx) IncidentByProvider(ctx context.Context, ws, id string) (IncidentRow, error) {
	var r IncidentRow
	err := t.db.NewSelect().Model(&r).Where("workspace = ? AND provider_id = ? AND provider_id <> ''", ws, id).Scan(ctx)
	return r, err
}

// PutIncident stores an incident.
func (t IncidentTx) PutIncident(ctx context.Context, r *IncidentRow) error {
	q := t.db.NewInsert().Model(r).On("CONFLICT (workspace, number) DO UPDATE")
	for _, c := range []string{
		"title", "status", "severity", "severity_rank", "owner", "labels", "search", "created", "modified", "closed", "redirect_to",
		"sync_state", "alerts", "revision", "doc", "sync", "raw", "provider_id",
	} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	_, err := q.Exec(ctx)
	return err
}

// DropIncident deletes an incident with its history. An alert that it was made of is free again.
func (t IncidentTx) DropIncident(ctx context.Context, ws string, number int64) error {
	for _, stmt := range []string{
		"UPDATE incident_alerts SET rule_incident = 0 WHERE workspace = ? AND rule_incident = ?",
		"DELETE FROM incident_activities WHERE workspace = ? AND number = ?",
		"DELETE FROM incident_conflicts WHERE workspace = ? AND number = ?",
		"DELETE FROM incident_outbox WHERE workspace = ? AND number = ?",
		"DELETE FROM incidents WHERE workspace = ? AND number = ?",
	} {
		if _, err := t.db.NewRaw(stmt, ws, number).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ListIncidents returns the incidents the query selects, without Sync and Raw, and how many there are without its limit.
func (t IncidentTx) ListIncidents(ctx context.Context, ws string, q IncidentQuery) ([]IncidentRow, int, error) {
	var rows []IncidentRow
	sel := filterIncidents(t.db.NewSelect().Model(&rows).ExcludeColumn("sync", "raw"), ws, q)
	order, desc := strings.CutPrefix(q.Sort, "-")
	column, ok := map[string]string{
		"created": "created", "modified": "modified", "number": "number", "severity": "severity_rank", "status": "status", "title": "title",
		"owner": "owner", "alerts": "alerts",
	}[order]
	if !ok {
		column, desc = "created", true
	}
	dir := bun.Safe("ASC")
	if desc {
		dir = "DESC"
	}
	sel = sel.OrderExpr("? ?, number DESC", bun.Ident(column), dir)
	if q.Limit > 0 {
		sel = sel.Limit(int64(q.Limit))
	}
	if q.Offset > 0 {
		sel = sel.Offset(int64(q.Offset))
	}
	n, err := sel.ScanAndCount(ctx)
	return rows, int(n), err
}

// TenantNumbers returns the numbers of the tenant's incidents that have one of the states and were not merged into others, or
// that were changed since the time, in ticks; newest first.
func (t IncidentTx) TenantNumbers(ctx context.Context, ws string, status []string, since int64) ([]int64, error) {
	var out []int64
	err := t.db.NewSelect().Model((*IncidentRow)(nil)).Column("number").Where("workspace = ? AND provider_id <> ''", ws).
		Where("(status IN (?) AND redirect_to = '') OR modified >= ?", bun.List(status), since).Order("created DESC", "number DESC").Scan(ctx, &out)
	return out, err
}

func filterIncidents(sel *bun.SelectQuery, ws string, q IncidentQuery) *bun.SelectQuery {
	sel = sel.Where("workspace = ?", ws)
	if len(q.Status) > 0 {
		sel = sel.Where("status IN (?)", bun.List(q.Status))
	}
	if len(q.Severity) > 0 {
		sel = sel.Where("severity IN (?)", bun.List(q.Severity))
	}
	if len(q.SyncState) > 0 {
		sel = sel.Where("sync_state IN (?)", bun.List(q.SyncState))
	}
	switch {
	case q.Owner == "none":
		sel = sel.Where("owner = ''")
	case q.Owner != "":
		sel = sel.Where("owner = ?", strings.ToLower(q.Owner))
	}
	if q.Label != "" {
		sel = sel.Where("labels LIKE ? ESCAPE '!'", "%\n"+like(q.Label)+"\n%")
	}
	if q.Text != "" {
		sel = sel.Where("search LIKE ? ESCAPE '!'", "%"+like(q.Text)+"%")
	}
	if len(q.Product) > 0 {
		sel = sel.Where("EXISTS (SELECT 1 FROM incident_alerts AS a WHERE a.workspace = incident_row.workspace AND a.incident_id = incident_row.provider_id"+
			" AND a.incident_id <> '' AND a.withheld = 0 AND a.product IN (?))", bun.List(q.Product))
	}
	if q.Since > 0 {
		sel = sel.Where("modified >= ?", q.Since)
	}
	if q.NoRedirects {
		sel = sel.Where("redirect_to = ''")
	}
	return sel
}

func like(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s))
}

// CountIncidents returns how many incidents there are per status; merged ones are left out.
func (t IncidentTx) CountIncidents(ctx context.Context, ws string) (map[string]int, error) {
	var rows []struct {
		Status string `bun:"status"`
		N      int    `bun:"n"`
	}
	err := t.db.NewSelect().Model((*IncidentRow)(nil)).Column("status").ColumnExpr("count(*) AS n").
		Where("workspace = ? AND redirect_to = ''", ws).Group("status").Scan(ctx, &rows)
	out := map[string]int{}
	for _, r := range rows {
		out[r.Status] = r.N
	}
	return out, err
}

// CountTenantIncidents returns how many incidents there are that the tenant knows, merged ones included.
func (t IncidentTx) CountTenantIncidents(ctx context.Context, ws string) (int, error) {
	n, err := t.db.NewSelect().Model((*IncidentRow)(nil)).Where("workspace = ? AND provider_id <> ''", ws).Count(ctx)
	return int(n), err
}

// ClosedSince counts the incidents closed at or after the time (ticks).
func (t IncidentTx) ClosedSince(ctx context.Context, ws string, since int64) (int, error) {
	n, err := t.db.NewSelect().Model((*IncidentRow)(nil)).
		Where("workspace = ? AND redirect_to = '' AND status = 'Closed' AND closed >= ?", ws, since).Count(ctx)
	return int(n), err
}

type incidentCounter struct {
	bun.BaseModel `bun:"table:incident_counters"`

	Workspace string `bun:"workspace,pk"`
	Name      string `bun:"name,pk"`
	Value     int64  `bun:"value"`
}

// Counter returns a counter's value, 0 when it was never set.
func (t IncidentTx) Counter(ctx context.Context, ws, name string) (int64, error) {
	var c incidentCounter
	err := t.db.NewSelect().Model(&c).Where("workspace = ? AND name = ?", ws, name).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return c.Value, err
}

// SetCounter stores a counter.
func (t IncidentTx) SetCounter(ctx context.Context, ws, name string, value int64) error {
	c := incidentCounter{Workspace: ws, Name: name, Value: value}
	_, err := t.db.NewInsert().Model(&c).On("CONFLICT (workspace, name) DO UPDATE").Set("value = EXCLUDED.value").Exec(ctx)
	return err
}

// Take advances a counter by n and returns the first of the n values, which start at 1.
func (t IncidentTx) Take(ctx context.Context, ws, name string, n int64) (int64, error) {
	v, err := t.Counter(ctx, ws, name)
	if err != nil {
		return 0, err
	}
	return v + 1, t.SetCounter(ctx, ws, name, v+n)
}

// LoadLimiter returns a request limiter's kept state, "" when there is none.
func (db *DB) LoadLimiter(ctx context.Context, name string) (string, error) {
	var body string
	err := db.read.NewSelect().Table("limiter_states").Column("body").Where("name = ?", name).Scan(ctx, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return body, err
}

// SaveLimiter keeps a request limiter's state.
func (db *DB) SaveLimiter(ctx context.Context, name, body string) error {
	_, err := db.write.NewRaw("INSERT INTO limiter_states (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = EXCLUDED.body", name, body).Exec(ctx)
	return err
}
