package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// registerARMIncidents adds the incidents of Microsoft.SecurityInsights. What changes one goes the way of every edit.
func (s *Server) registerARMIncidents() {
	for _, r := range []struct {
		act          auth.Action
		method, path string
		h            func(w http.ResponseWriter, r *http.Request, ws *Workspace) error
	}{
		{auth.ReadIncidents, "GET", "", s.armListIncidents},
		{auth.ReadIncidents, "GET", "/{name}", s.armGetIncident},
		{auth.WriteIncidents, "PUT", "/{name}", s.armPutIncident},
		{auth.WriteIncidents, "DELETE", "/{name}", s.armDeleteIncident},
		{auth.ReadIncidents, "POST", "/{name}/alerts", s.armIncidentAlerts},
		{auth.ReadIncidents, "POST", "/{name}/entities", s.armIncidentEntities},
		{auth.ReadIncidents, "POST", "/{name}/bookmarks", s.armIncidentBookmarks},
		{auth.ReadIncidents, "GET", "/{name}/comments", s.armListComments},
		{auth.ReadIncidents, "GET", "/{name}/comments/{comment}", s.armGetComment},
		{auth.WriteIncidents, "PUT", "/{name}/comments/{comment}", s.armPutComment},
		{auth.WriteIncidents, "DELETE", "/{name}/comments/{comment}", s.armDeleteComment},
		{auth.ReadIncidents, "GET", "/{name}/relations", s.armListRelations},
		{auth.ReadIncidents, "GET", "/{name}/relations/{relation}", s.armGetRelation},
		{auth.WriteIncidents, "PUT", "/{name}/relations/{relation}", s.armRefuseRelation},
		{auth.WriteIncidents, "DELETE", "/{name}/relations/{relation}", s.armRefuseRelation},
		{auth.ReadIncidents, "GET", "/{name}/tasks", s.armListTasks},
		{auth.ReadIncidents, "GET", "/{name}/tasks/{task}", s.armGetTask},
		{auth.WriteIncidents, "PUT", "/{name}/tasks/{task}", s.armPutTask},
		{auth.WriteIncidents, "DELETE", "/{name}/tasks/{task}", s.armDeleteTask},
	} {
		s.arm(r.act, r.method, armInsights+"/incidents"+r.path, r.h)
	}
}

// armListIncidents answers a page of incidents. $top is the size of a page; nextLink leads to the others.
func (s *Server) armListIncidents(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	q, err := readListQuery(r)
	if err != nil {
		return err
	}
	page, next, err := s.Incidents.Walk(r.Context(), ws.ID, q.walk())
	if err != nil {
		return err
	}
	value := make([]armResource, 0, len(page))
	for i := range page {
		value = append(value, s.armIncident(ws, &page[i]))
	}
	out := map[string]any{"value": value}
	if next != nil {
		out["nextLink"] = nextLink(r, writeToken(q.sort, next))
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// named is the incident that a path names.
func (s *Server) named(r *http.Request, ws *Workspace) (model.Incident, error) {
	return s.Incidents.GetByName(r.Context(), ws.ID, r.PathValue("name"))
}

func (s *Server) armGetIncident(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, err := s.named(r, ws)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.armIncident(ws, &in))
	return nil
}

func (s *Server) armDeleteIncident(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	had, err := s.Incidents.Remove(r.Context(), ws.ID, r.PathValue("name"), by(r))
	if err != nil {
		return err
	}
	writeDeleted(w, had)
	return nil
}

// writeDeleted answers that something is gone, or was not there.
func writeDeleted(w http.ResponseWriter, had bool) {
	if had {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
}

// armIncidentAlerts answers the first alerts of an incident; a larger one says so in additionalData.
func (s *Server) armIncidentAlerts(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	_, alerts, err := s.firstAlerts(r, ws)
	if err != nil {
		return err
	}
	value := make([]armResource, 0, len(alerts))
	for i := range alerts {
		value = append(value, armAlert(ws, &alerts[i]))
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

// firstAlerts are the alerts of an incident that this API shows.
func (s *Server) firstAlerts(r *http.Request, ws *Workspace) (model.Incident, []model.Alert, error) {
	in, err := s.named(r, ws)
	if err != nil {
		return in, nil, err
	}
	alerts, err := s.Incidents.AlertPage(r.Context(), ws.ID, in.Number, shownAlerts, 0)
	return in, alerts, err
}

// armIncidentEntities answers what the shown alerts tell of, and how many there are of each kind.
func (s *Server) armIncidentEntities(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	_, alerts, err := s.firstAlerts(r, ws)
	if err != nil {
		return err
	}
	entities, err := s.Incidents.EntitiesOfAlerts(r.Context(), ws.ID, alerts)
	if err != nil {
		return err
	}
	type sum struct {
		Kind  string `json:"entityKind"`
		Count int    `json:"count"`
	}
	value, sums, at := make([]armResource, 0, len(entities)), []sum{}, map[string]int{}
	for i := range entities {
		e := armEntity(ws, &entities[i])
		if _, ok := at[e.Kind]; !ok {
			at[e.Kind] = len(sums)
			sums = append(sums, sum{Kind: e.Kind})
		}
		sums[at[e.Kind]].Count++
		value = append(value, e)
	}
	writeJSON(w, http.StatusOK, map[string]any{"entities": value, "metaData": sums})
	return nil
}

// armIncidentBookmarks answers that there are none: the product has no bookmarks.
func (s *Server) armIncidentBookmarks(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	if _, err := s.named(r, ws); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": []any{}})
	return nil
}

// armRelation ties an alert to an incident.
func armRelation(ws *Workspace, in *model.Incident, al *model.Alert) armResource {
	a := ws.insights("incidents", in.Name)
	a.Name = in.Name + "_" + al.SystemAlertID
	a.ID, a.Type = a.ID+"/relations/"+a.Name, a.Type+"/relations"
	a.Etag = `"` + al.SystemAlertID + `"`
	e := armAlert(ws, al)
	a.Properties = map[string]any{"relatedResourceId": e.ID, "relatedResourceName": e.Name, "relatedResourceType": e.Type, "relatedResourceKind": e.Kind}
	return a
}

func (s *Server) armListRelations(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, alerts, err := s.firstAlerts(r, ws)
	if err != nil {
		return err
	}
	return armPage(w, r, alerts, func(al *model.Alert) armResource { return armRelation(ws, &in, al) })
}

func (s *Server) armGetRelation(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, alerts, err := s.firstAlerts(r, ws)
	if err != nil {
		return err
	}
	for i := range alerts {
		if a := armRelation(ws, &in, &alerts[i]); a.Name == r.PathValue("relation") {
			writeJSON(w, http.StatusOK, a)
			return nil
		}
	}
	return fault.New(fault.NotFound, "relation_not_found", "incident %d has no relation %q", in.Number, r.PathValue("relation"))
}

// armRefuseRelation refuses to move alerts: whose they are is the tenant's to say.
func (s *Server) armRefuseRelation(_ http.ResponseWriter, r *http.Request, ws *Workspace) error {
	in, err := s.named(r, ws)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "alerts_of_tenant", "which alerts incident %d has is decided in the tenant; move them in the Defender portal, and they move here", in.Number)
}
