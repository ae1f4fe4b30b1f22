package api

import (
	"net/http"
	"strconv"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/model"
)

func (s *Server) listEntities(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	limit, offset, err := paging(r, 50)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	items, err := s.Incidents.FindEntities(r.Context(), ws.ID, incident.EntityFilter{Kind: q.Get("kind"), Text: q.Get("q"), Limit: limit, Offset: offset})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": list(items)})
	return nil
}

func (s *Server) showEntity(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "number_invalid", "%q is not the id of an entity", r.PathValue("id"))
	}
	e, err := s.Incidents.Entity(r.Context(), ws.ID, id)
	if err != nil {
		return err
	}
	out := struct {
		model.Entity
		InIncidents []incidentJSON `json:"inIncidents"`
		InAlerts    []alertJSON    `json:"inAlerts"`
	}{Entity: e.Entity, InIncidents: []incidentJSON{}, InAlerts: []alertJSON{}}
	for i := range e.InIncidents {
		out.InIncidents = append(out.InIncidents, toIncident(&e.InIncidents[i]))
	}
	for i := range e.InAlerts {
		out.InAlerts = append(out.InAlerts, toAlert(&e.InAlerts[i]))
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// relatedIncidents answers which incidents share entities with one.
func (s *Server) relatedIncidents(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	limit, err := intParam(r, "limit", 20, 200)
	if err != nil {
		return err
	}
	related, err := s.Incidents.Related(r.Context(), ws.ID, n, limit)
	if err != nil {
		return err
	}
	type item struct {
		incidentJSON
		Shared []model.Entity `json:"shared"`
		Score  float64        `json:"score"`
	}
	items := make([]item, 0, len(related))
	for i := range related {
		items = append(items, item{toIncident(&related[i].Incident), related[i].Shared, related[i].Score})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}
