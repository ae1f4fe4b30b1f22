package meta

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// EntityRow is one real thing that alerts tell of, as the one that says most of it shows it.
type EntityRow struct {
	bun.BaseModel `bun:"table:entities"`

	Workspace string `bun:"workspace,pk"`
	ID        int64  `bun:"id,pk"`
	Kind      string `bun:"kind"`
	Label     string `bun:"label"`
	Search    string `bun:"search"` // lower case
	Query     string `bun:"query"`
	Data      string `bun:"data"`
	MergedTo  int64  `bun:"merged_to"` // the entity that it turned out to be; 0: it stands for itself
}

type entityKeyRow struct {
	bun.BaseModel `bun:"table:entity_keys"`

	Workspace string `bun:"workspace,pk"`
	Key       string `bun:"key,pk"`
	Entity    int64  `bun:"entity"`
}

// EntityLink says that an alert tells of an entity, and when.
type EntityLink struct {
	bun.BaseModel `bun:"table:entity_links"`

	Workspace  string `bun:"workspace,pk"`
	Alert      string `bun:"alert,pk"`
	Entity     int64  `bun:"entity,pk"`
	IncidentID string `bun:"incident_id"` // the tenant's id of the alert's incident
	First      int64  `bun:"first_time"`
	Last       int64  `bun:"last_time"`
}

// EntitySum is an entity with how many alerts and incidents tell of it, and when the first and the last did.
type EntitySum struct {
	EntityRow
	Alerts    int   `bun:"alerts"`
	Incidents int   `bun:"incidents"`
	First     int64 `bun:"first_time"`
	Last      int64 `bun:"last_time"`
}

// EntityQuery selects entities of the index; the zero value selects all, those of most incidents first.
type EntityQuery struct {
	Kind, Text    string
	Limit, Offset int
}

// EntitiesByKey returns which entity each of the keys belongs to; keys that none has are left out.
func (t IncidentTx) EntitiesByKey(ctx context.Context, ws string, keys []string) (map[string]int64, error) {
	out := map[string]int64{}
	for chunk := range slices.Chunk(keys, 500) {
		var rows []entityKeyRow
		if err := t.db.NewSelect().Model(&rows).Where("workspace = ? AND key IN (?)", ws, bun.List(chunk)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Key] = r.Entity
		}
	}
	return out, nil
}

// PutEntities stores entities; those with ID 0 are new and get one.
func (t IncidentTx) PutEntities(ctx context.Context, ws string, rows []*EntityRow) error {
	var fresh int64
	for _, r := range rows {
		if r.ID == 0 {
			fresh++
		}
	}
	if fresh > 0 {
		id, err := t.Take(ctx, ws, "entity", fresh)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID == 0 {
				r.ID = id
				id++
			}
		}
	}
	for chunk := range slices.Chunk(rows, 200) {
		q := t.db.NewInsert().Model(&chunk).On("CONFLICT (workspace, id) DO UPDATE")
		for _, c := range []string{"label", "search", "query", "data"} { // the fullest description stays
			q = q.Set("?0 = CASE WHEN length(EXCLUDED.data) >= length(entity_row.data) THEN EXCLUDED.?0 ELSE entity_row.?0 END", bun.Ident(c))
		}
		if _, err := q.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// PutEntityKeys says which entity the keys belong to from now on.
func (t IncidentTx) PutEntityKeys(ctx context.Context, ws string, keys map[string]int64) error {
	rows := make([]entityKeyRow, 0, len(keys))
	for k, id := range keys {
		rows = append(rows, entityKeyRow{Workspace: ws, Key: k, Entity: id})
	}
	slices.SortFunc(rows, func(a, b entityKeyRow) int { return strings.Compare(a.Key, b.Key) })
	for chunk := range slices.Chunk(rows, 300) {
		if _, err := t.db.NewInsert().Model(&chunk).On("CONFLICT (workspace, key) DO UPDATE").Set("entity = EXCLUDED.entity").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// MergeEntity makes everything that is known of one entity known of another one.
func (t IncidentTx) MergeEntity(ctx context.Context, ws string, from, to int64) error {
	for _, stmt := range []string{
		"INSERT INTO entity_links SELECT workspace, alert, ?0, incident_id, first_time, last_time FROM entity_links WHERE workspace = ?1 AND entity = ?2 ON CONFLICT DO NOTHING",
		"DELETE FROM entity_links WHERE workspace = ?1 AND entity = ?2",
		"UPDATE entity_keys SET entity = ?0 WHERE workspace = ?1 AND entity = ?2",
		"UPDATE entities SET merged_to = ?0 WHERE workspace = ?1 AND (id = ?2 OR merged_to = ?2)",
	} {
		if _, err := t.db.NewRaw(stmt, to, ws, from).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// LinkEntities replaces what an alert tells of.
func (t IncidentTx) LinkEntities(ctx context.Context, ws, alert string, links []EntityLink) error {
	if _, err := t.db.NewDelete().Model((*EntityLink)(nil)).Where("workspace = ? AND alert = ?", ws, alert).Exec(ctx); err != nil {
		return err
	}
	for chunk := range slices.Chunk(links, 200) {
		if _, err := t.db.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// UnindexedAlerts returns alerts whose entities are not in the index yet.
func (t IncidentTx) UnindexedAlerts(ctx context.Context, ws string, limit int) ([]AlertRow, error) {
	var rows []AlertRow
	err := t.db.NewSelect().Model(&rows).ExcludeColumn("raw").Where("workspace = ? AND indexed = 0 AND withheld = 0", ws).Order("id").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// MarkIndexed notes that an alert's entities are in the index.
func (t IncidentTx) MarkIndexed(ctx context.Context, ws, alert string) error {
	_, err := t.db.NewRaw("UPDATE incident_alerts SET indexed = 1 WHERE workspace = ? AND id = ?", ws, alert).Exec(ctx)
	return err
}

const entitySums = "count(DISTINCT l.alert) AS alerts, count(DISTINCT nullif(l.incident_id, '')) AS incidents, min(nullif(l.first_time, 0)) AS first_time, max(l.last_time) AS last_time"

func (t IncidentTx) sumEntities(rows *[]EntitySum, ws string) *bun.SelectQuery {
	return t.db.NewSelect().Model(rows).ModelTableExpr("entities AS e").ColumnExpr("e.*").ColumnExpr(entitySums).
		Join("JOIN entity_links AS l ON l.workspace = e.workspace AND l.entity = e.id").
		Where("e.workspace = ?", ws).GroupExpr("e.workspace, e.id")
}

// Entity returns one entity; for one that turned out to be another, that one.
func (t IncidentTx) Entity(ctx context.Context, ws string, id int64) ([]EntitySum, error) {
	var rows []EntitySum
	err := t.sumEntities(&rows, ws).
		Where("e.id = (SELECT CASE WHEN merged_to = 0 THEN id ELSE merged_to END FROM entities WHERE workspace = ? AND id = ?)", ws, id).Scan(ctx)
	return rows, err
}

// ListEntities returns the entities that the query selects.
func (t IncidentTx) ListEntities(ctx context.Context, ws string, q EntityQuery) ([]EntitySum, error) {
	var rows []EntitySum
	sel := t.sumEntities(&rows, ws)
	if q.Kind != "" {
		sel = sel.Where("e.kind = ?", q.Kind)
	}
	if q.Text != "" {
		sel = sel.Where("e.search LIKE ? ESCAPE '!'", "%"+like(q.Text)+"%")
	}
	err := sel.OrderExpr("incidents DESC, alerts DESC, e.id").Limit(int64(q.Limit)).Offset(int64(q.Offset)).Scan(ctx)
	return rows, err
}

// EntitiesOfIncident returns what an incident's alerts tell of, those of most alerts first: a page of those whose kind or name
// has the text, and how many they are in all. Alerts, First and Last are of this incident, Incidents of all.
func (t IncidentTx) EntitiesOfIncident(ctx context.Context, ws, incidentID string, q EntityQuery) ([]EntitySum, int, error) {
	var rows []struct {
		EntitySum

		Total int `bun:"total"`
	}
	err := t.db.NewRaw(`WITH mine AS MATERIALIZED (
			SELECT entity, count(*) AS alerts, min(nullif(first_time, 0)) AS first_time, max(last_time) AS last_time
			FROM entity_links WHERE workspace = ?0 AND incident_id = ?1 AND incident_id <> '' GROUP BY entity),
		page AS MATERIALIZED (
			SELECT e.*, m.alerts, m.first_time, m.last_time, count(*) OVER () AS total
			FROM mine m CROSS JOIN entities e WHERE e.workspace = ?0 AND e.id = m.entity AND (?2 = '' OR e.search LIKE ?3 ESCAPE '!')
			ORDER BY m.alerts DESC, e.id LIMIT ?4 OFFSET ?5)
		SELECT p.*, (SELECT count(DISTINCT x.incident_id) FROM entity_links x WHERE x.workspace = ?0 AND x.entity = p.id AND x.incident_id <> '') AS incidents
		FROM page p ORDER BY p.alerts DESC, p.id`, ws, incidentID, q.Text, "%"+like(q.Text)+"%", q.Limit, q.Offset).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	out := make([]EntitySum, len(rows))
	for i, r := range rows {
		out[i] = r.EntitySum
	}
	return out, rows[0].Total, nil
}

// EntitiesOfAlerts returns what some alerts tell of, those of most of them first.
func (t IncidentTx) EntitiesOfAlerts(ctx context.Context, ws string, alerts []string) ([]EntitySum, error) {
	var rows []EntitySum
	if len(alerts) == 0 {
		return nil, nil
	}
	// From few alerts to their entities, as in SharedEntities.
	err := t.db.NewRaw(`SELECT e.*, count(*) AS alerts, min(nullif(l.first_time, 0)) AS first_time, max(l.last_time) AS last_time
		FROM entity_links l CROSS JOIN entities e
		WHERE l.workspace = ?0 AND l.alert IN (?1) AND e.workspace = ?0 AND e.id = l.entity GROUP BY e.id ORDER BY alerts DESC, e.id`, ws, bun.List(alerts)).Scan(ctx, &rows)
	return rows, err
}

// LinksOfEntity returns the alerts that tell of an entity, the newest first.
func (t IncidentTx) LinksOfEntity(ctx context.Context, ws string, id int64, limit int) ([]EntityLink, error) {
	var rows []EntityLink
	err := t.db.NewSelect().Model(&rows).Where("workspace = ? AND entity = ?", ws, id).Order("last_time DESC", "alert").Limit(int64(limit)).Scan(ctx)
	return rows, err
}

// SharedEntity is an entity that another incident tells of too. Incidents is how many do.
type SharedEntity struct {
	IncidentID string `bun:"incident_id"`
	Entity     int64  `bun:"entity"`
	Kind       string `bun:"kind"`
	Label      string `bun:"label"`
	Incidents  int    `bun:"incidents"`
}

// SharedEntities returns the entities of an incident that other incidents tell of too, but for those that more than most
// incidents do.
func (t IncidentTx) SharedEntities(ctx context.Context, ws, incidentID string, most int) ([]SharedEntity, error) {
	var rows []SharedEntity
	// The order of the joins is written out: from few entities to their links, never through all links.
	err := t.db.NewRaw(`WITH mine AS MATERIALIZED (SELECT DISTINCT entity FROM entity_links WHERE workspace = ?0 AND incident_id = ?1 AND incident_id <> ''),
		counted AS MATERIALIZED (
			SELECT entity, count(*) AS incidents FROM (
				SELECT DISTINCT x.entity, x.incident_id FROM mine CROSS JOIN entity_links x WHERE x.workspace = ?0 AND x.entity = mine.entity)
			WHERE incident_id <> '' GROUP BY entity HAVING count(*) BETWEEN 2 AND ?2)
		SELECT DISTINCT l.incident_id, l.entity, e.kind, e.label, c.incidents FROM counted c CROSS JOIN entity_links l CROSS JOIN entities e
		WHERE l.workspace = ?0 AND l.entity = c.entity AND e.workspace = ?0 AND e.id = c.entity AND l.incident_id <> '' AND l.incident_id <> ?1
		ORDER BY c.incidents, l.entity, l.incident_id`, ws, incidentID, most).Scan(ctx, &rows)
	return rows, err
}

// MergedInto returns the incidents that were merged into the tenant's incident, without Raw.
func (t IncidentTx) MergedInto(ctx context.Context, ws, incidentID string) ([]IncidentRow, error) {
	var rows []IncidentRow
	err := t.db.NewSelect().Model(&rows).ExcludeColumn("raw").
		Where("workspace = ? AND redirect_to = ? AND redirect_to <> ''", ws, incidentID).Order("number").Scan(ctx)
	return rows, err
}
