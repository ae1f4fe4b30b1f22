package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// common is in how many incidents an entity may be to still relate two of them: what is everywhere says nothing.
const common = 100

// linked is how many alerts of an entity are shown.
const linked = 500

// entitiesOfRule are the entities of an incident that a rule made, out of its alert.
func (s *Service) entitiesOfRule(ctx context.Context, ws string, number int64) ([]model.Entity, error) {
	alerts, err := s.Alerts(ctx, ws, number)
	if err != nil {
		return nil, err
	}
	out := []model.Entity{}
	for _, a := range alerts {
		for _, e := range EntitiesOf(a) {
			e.Alerts, e.FirstSeen, e.LastSeen = 1, a.First, a.Last
			out = append(out, e)
		}
	}
	return out, nil
}

func entityViews(rows []meta.EntitySum) []model.Entity {
	out := make([]model.Entity, 0, len(rows))
	for _, r := range rows {
		out = append(out, model.Entity{
			ID: r.ID, Kind: r.Kind, Label: r.Label, Alerts: r.Alerts, Incidents: r.Incidents, FirstSeen: fromTicks(r.First),
			LastSeen: fromTicks(r.Last), Query: r.Query, Data: json.RawMessage(r.Data),
		})
	}
	return out
}

// EntityFilter selects entities of the workspace; the zero value selects all, those of most incidents first.
type EntityFilter struct {
	Kind, Text    string
	Limit, Offset int // Limit 0 is 50
}

// FindEntities returns the entities that the filter selects.
func (s *Service) FindEntities(ctx context.Context, ws string, f EntityFilter) ([]model.Entity, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	rows, err := s.db.Incidents().ListEntities(ctx, ws, meta.EntityQuery{Kind: f.Kind, Text: f.Text, Limit: f.Limit, Offset: f.Offset})
	if err != nil {
		return nil, fmt.Errorf("listing entities: %w", err)
	}
	return entityViews(rows), nil
}

// EntityDetails is an entity with the incidents and the newest alerts that tell of it.
type EntityDetails struct {
	model.Entity
	InIncidents []model.Incident
	InAlerts    []model.Alert
}

// Entity returns one entity of the workspace.
func (s *Service) Entity(ctx context.Context, ws string, id int64) (EntityDetails, error) {
	tx := s.db.Incidents()
	rows, err := tx.Entity(ctx, ws, id)
	if err != nil {
		return EntityDetails{}, fmt.Errorf("reading entity %d: %w", id, err)
	}
	if len(rows) == 0 {
		return EntityDetails{}, fault.New(fault.NotFound, "entity_not_found", "There is no entity %d in this workspace, or no alert tells of it any more.", id)
	}
	out := EntityDetails{Entity: entityViews(rows)[0]}
	links, err := tx.LinksOfEntity(ctx, ws, out.ID, linked)
	if err != nil {
		return out, fmt.Errorf("reading the alerts of entity %d: %w", id, err)
	}
	var parents []string
	for _, l := range links {
		a, err := s.Alert(ctx, ws, l.Alert)
		if err != nil {
			return out, err
		}
		a.Raw, a.Entities = nil, nil
		out.InAlerts = append(out.InAlerts, a)
		if l.IncidentID == "" || slices.Contains(parents, l.IncidentID) {
			continue
		}
		parents = append(parents, l.IncidentID)
		in, err := s.GetByProviderID(ctx, ws, l.IncidentID)
		switch {
		case err == nil:
			out.InIncidents = append(out.InIncidents, in)
		case fault.KindOf(err) != fault.NotFound:
			return out, err
		}
	}
	return out, nil
}

// RelatedIncident is an incident that shares entities with another one.
type RelatedIncident struct {
	model.Incident
	Shared []model.Entity // the rarest first
	Score  float64        // the rarer what they share, the higher
}

// Related returns incidents that share entities with one, the closest first. What more than a hundred incidents tell of
// relates none of them.
func (s *Service) Related(ctx context.Context, ws string, number int64, limit int) ([]RelatedIncident, error) {
	tx := s.db.Incidents()
	row, err := tx.Incident(ctx, ws, number)
	if err != nil {
		return nil, missing(err, fmt.Sprint(number))
	}
	shared, err := tx.SharedEntities(ctx, ws, row.ProviderID, common)
	if err != nil {
		return nil, fmt.Errorf("reading what incident %d shares with others: %w", number, err)
	}
	by := map[string]*RelatedIncident{}
	var ids []string
	for _, e := range shared {
		r := by[e.IncidentID]
		if r == nil {
			r = &RelatedIncident{}
			by[e.IncidentID] = r
			ids = append(ids, e.IncidentID)
		}
		r.Shared = append(r.Shared, model.Entity{ID: e.Entity, Kind: e.Kind, Label: e.Label, Incidents: e.Incidents})
		r.Score += 1 / float64(e.Incidents-1)
	}
	slices.SortStableFunc(ids, func(a, b string) int {
		switch {
		case by[a].Score > by[b].Score:
			return -1
		case by[a].Score < by[b].Score:
			return 1
		}
		return 0
	})
	out := []RelatedIncident{}
	for _, id := range ids {
		if len(out) == limit {
			break
		}
		in, err := s.GetByProviderID(ctx, ws, id)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		by[id].Incident = in
		out = append(out, *by[id])
	}
	return out, nil
}

// EntitiesOfAlerts returns what some alerts of the workspace tell of, each thing once.
func (s *Service) EntitiesOfAlerts(ctx context.Context, ws string, alerts []model.Alert) ([]model.Entity, error) {
	ids := make([]string, 0, len(alerts))
	for _, a := range alerts {
		ids = append(ids, a.ID)
	}
	rows, err := s.db.Incidents().EntitiesOfAlerts(ctx, ws, ids)
	if err != nil {
		return nil, fmt.Errorf("reading the entities of %d alerts: %w", len(ids), err)
	}
	return entityViews(rows), nil
}
