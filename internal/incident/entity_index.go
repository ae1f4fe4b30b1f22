package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// group is what an alert tells of one real thing.
type group struct {
	row  meta.EntityRow
	keys []string
}

// grouped puts together the entities of an alert that are the same real thing.
func grouped(ws string, all []found) []*group {
	var out []*group
	for _, f := range all {
		if len(f.keys) == 0 {
			continue
		}
		g := &group{keys: f.keys, row: meta.EntityRow{
			Workspace: ws, Kind: f.Kind, Label: f.Label, Search: strings.ToLower(f.Kind + "\n" + f.Label), Query: f.Query, Data: string(f.Data),
		}}
		out = slices.DeleteFunc(out, func(o *group) bool {
			if !slices.ContainsFunc(o.keys, func(k string) bool { return slices.Contains(g.keys, k) }) {
				return false
			}
			if len(o.row.Data) >= len(g.row.Data) {
				g.row = o.row
			}
			for _, k := range o.keys {
				if !slices.Contains(g.keys, k) {
					g.keys = append(g.keys, k)
				}
			}
			return true
		})
		out = append(out, g)
	}
	return out
}

// indexEntities brings the index of entities in line with an alert. What two alerts call by different names is one entity
// from the moment an alert gives both names; the older number stays.
func indexEntities(ctx context.Context, tx meta.IncidentTx, ws string, a model.Alert) error {
	groups := grouped(ws, entitiesOf(a))
	var keys []string
	for _, g := range groups {
		keys = append(keys, g.keys...)
	}
	known, err := tx.EntitiesByKey(ctx, ws, keys)
	if err != nil {
		return fmt.Errorf("reading the entities of alert %s: %w", a.ID, err)
	}
	rows := make([]*meta.EntityRow, len(groups))
	for i, g := range groups {
		if g.row.ID, err = oneEntity(ctx, tx, ws, g, known); err != nil {
			return fmt.Errorf("joining the entities of alert %s: %w", a.ID, err)
		}
		rows[i] = &g.row
	}
	if err := tx.PutEntities(ctx, ws, rows); err != nil {
		return fmt.Errorf("storing the entities of alert %s: %w", a.ID, err)
	}
	names := map[string]int64{}
	var links []meta.EntityLink
	for _, g := range groups {
		for _, k := range g.keys {
			if known[k] != g.row.ID {
				names[k] = g.row.ID
			}
		}
		links = append(links, meta.EntityLink{
			Workspace: ws, Alert: a.ID, Entity: g.row.ID, IncidentID: a.IncidentID, First: ticks(a.First), Last: ticks(a.Last),
		})
	}
	err = errors.Join(tx.PutEntityKeys(ctx, ws, names), tx.LinkEntities(ctx, ws, a.ID, links), tx.MarkIndexed(ctx, ws, a.ID))
	if err != nil {
		return fmt.Errorf("indexing the entities of alert %s: %w", a.ID, err)
	}
	return nil
}

// oneEntity returns the number that a group's keys are known under, 0 when they are not. Several numbers become the lowest.
func oneEntity(ctx context.Context, tx meta.IncidentTx, ws string, g *group, known map[string]int64) (int64, error) {
	var ids []int64
	for _, k := range g.keys {
		if id := known[k]; id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	slices.Sort(ids)
	for _, from := range ids[1:] {
		if err := tx.MergeEntity(ctx, ws, from, ids[0]); err != nil {
			return 0, err
		}
		for k, id := range known {
			if id == from {
				known[k] = ids[0]
			}
		}
	}
	return ids[0], nil
}

// indexing is how many alerts of an older version are indexed in one transaction.
const indexing = 50

// indexAll indexes the older alerts of all workspaces.
func (s *Service) indexAll(ctx context.Context) error {
	for _, ws := range s.ids() {
		if err := s.indexOlder(ctx, ws); err != nil {
			return err
		}
	}
	return nil
}

// indexOlder indexes the entities of alerts that were stored before there was an index.
func (s *Service) indexOlder(ctx context.Context, ws string) error {
	for {
		rows, err := s.db.Incidents().UnindexedAlerts(ctx, ws, indexing)
		if err != nil || len(rows) == 0 {
			return err
		}
		err = s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
			for _, r := range rows {
				now, err := tx.Alert(ctx, ws, r.ID)
				if err != nil {
					return err
				}
				if now.Indexed == 1 || now.Withheld == 1 { // it has changed since it was listed
					continue
				}
				a, err := decodeAlert(now)
				if err == nil {
					err = indexEntities(ctx, tx, ws, a)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
