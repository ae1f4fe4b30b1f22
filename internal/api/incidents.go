package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/model"
)

// inIncident resolves workspace and incident number of a route.
func (s *Server) inIncident(r *http.Request) (*Workspace, int64, error) {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return nil, 0, err
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return nil, 0, fault.New(fault.Invalid, "number_invalid", "%q is not an incident number", r.PathValue("n"))
	}
	return ws, n, nil
}

func commas(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func intParam(r *http.Request, name string, def, most int) (int, error) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Invalid, "parameter_invalid", "%s=%q is not a number from 0", name, v)
	}
	return min(n, most), nil
}

// paging reads which part of a list is asked for.
func paging(r *http.Request, def int) (limit, offset int, err error) {
	if limit, err = intParam(r, "limit", def, 1000); err != nil {
		return 0, 0, err
	}
	offset, err = intParam(r, "offset", 0, 1<<30)
	return limit, offset, err
}

func (s *Server) listIncidents(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	limit, offset, err := paging(r, 50)
	if err != nil {
		return err
	}
	page, total, err := s.Incidents.Page(r.Context(), ws.ID, incident.Filter{
		Status: commas(q.Get("status")), Severity: commas(q.Get("severity")), Owner: q.Get("owner"), Label: q.Get("label"), Text: q.Get("q"),
		SyncState: commas(q.Get("sync")), Product: commas(q.Get("product")), Redirected: q.Get("redirected") == "true", Sort: q.Get("sort"), Limit: limit, Offset: offset,
	})
	if err != nil {
		return err
	}
	c, err := s.Incidents.Counts(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	items := make([]incidentJSON, 0, len(page))
	for i := range page {
		items = append(items, toIncident(&page[i]))
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items, "total": total, "counts": map[string]int{"open": c.Open, "new": c.New, "active": c.Active, "closed": c.Closed}})
	return nil
}

// incidentDetails is an incident with everything that hangs on it.
type incidentDetails struct {
	incidentJSON
	Comments      []model.Comment `json:"comments"`
	Alerts        []alertJSON     `json:"alerts"`
	Entities      []model.Entity  `json:"entities"`
	EntitiesCount int             `json:"entitiesCount"`
}

// mostAlerts is how many alerts, entities or comments an incident is shown with; the others come by the page.
const mostAlerts = 1000

// showIncident answers an incident with everything that hangs on it, but only the first 1,000 of each list, or as many as
// alerts=N and entities=N say.
func (s *Server) showIncident(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	in, err := s.Incidents.Get(r.Context(), ws.ID, n)
	if err != nil {
		return err
	}
	out := incidentDetails{incidentJSON: toIncident(&in)}
	comments, _, _, err := s.Incidents.CommentsFrom(r.Context(), ws.ID, n, mostAlerts, "")
	if err != nil {
		return err
	}
	out.Comments = list(comments)
	most, err := intParam(r, "alerts", mostAlerts, mostAlerts)
	if err != nil {
		return err
	}
	alerts, err := s.Incidents.AlertPage(r.Context(), ws.ID, n, most, 0)
	if err != nil {
		return err
	}
	out.Alerts = toAlerts(alerts)
	if most, err = intParam(r, "entities", mostAlerts, mostAlerts); err != nil {
		return err
	}
	entities, total, _, err := s.Incidents.EntitiesFrom(r.Context(), ws.ID, n, "", most, "")
	if err != nil {
		return err
	}
	out.Entities, out.EntitiesCount = list(entities[:min(most, len(entities))]), total
	writeJSON(w, http.StatusOK, out)
	return nil
}

// nullable tells a missing key from null: assigning nobody is owner: null.
type nullable struct {
	set   bool
	value string
}

// UnmarshalJSON reads a string or null.
func (n *nullable) UnmarshalJSON(b []byte) error {
	n.set = true
	if string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, &n.value)
}

func (s *Server) updateIncident(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	var in changeJSON
	if err := readJSON(r, &in); err != nil {
		return err
	}
	out, err := s.Incidents.Update(r.Context(), ws.ID, n, in.change(), by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, toIncident(&out))
	return nil
}

// changeJSON is what a caller wants to change; missing keys stay as they are.
type changeJSON struct {
	ETag                  string    `json:"etag"`
	Title                 *string   `json:"title"`
	Description           *string   `json:"description"`
	Status                *string   `json:"status"`
	Severity              *string   `json:"severity"`
	Owner                 nullable  `json:"owner"`
	Classification        *string   `json:"classification"`
	ClassificationReason  *string   `json:"classificationReason"`
	ClassificationComment *string   `json:"classificationComment"`
	Determination         *string   `json:"determination"`
	Labels                labelEdit `json:"labels"`
}

func (in *changeJSON) change() incident.Change {
	c := incident.Change{
		IfMatch: in.ETag, Title: in.Title, Description: in.Description, Status: in.Status, Severity: in.Severity, Classification: in.Classification,
		ClassificationReason: in.ClassificationReason, ClassificationComment: in.ClassificationComment, Determination: in.Determination,
		AddLabels: in.Labels.Add, RemoveLabels: in.Labels.Remove,
	}
	if in.Owner.set {
		c.Owner = &in.Owner.value
	}
	return c
}

type labelEdit struct {
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

// by is the actor of a change: a program's own edits yield to nobody's, so they are marked.
func by(r *http.Request) incident.Actor {
	a := actorOf(r)
	return incident.Actor{Name: a.Name, Automation: a.Kind == "principal"}
}

func (s *Server) commentIncident(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	var in struct{ Message string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	c, err := s.Incidents.Comment(r.Context(), ws.ID, n, in.Message, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, c)
	return nil
}

func (s *Server) incidentConflicts(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	return s.writeConflicts(w, r, ws, n)
}

func (s *Server) listConflicts(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	return s.writeConflicts(w, r, ws, 0)
}

func (s *Server) writeConflicts(w http.ResponseWriter, r *http.Request, ws *Workspace, n int64) error {
	items, err := s.Incidents.Conflicts(r.Context(), ws.ID, n)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": list(items)})
	return nil
}

func (s *Server) applyConflict(w http.ResponseWriter, r *http.Request) error {
	return s.resolveConflict(w, r, s.Incidents.ApplyOther)
}

func (s *Server) keepConflict(w http.ResponseWriter, r *http.Request) error {
	return s.resolveConflict(w, r, s.Incidents.Keep)
}

func (s *Server) resolveConflict(w http.ResponseWriter, r *http.Request, do func(context.Context, string, int64, incident.Actor) (model.Incident, error)) error {
	ws, _, err := s.inIncident(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "number_invalid", "%q is not the id of a conflict", r.PathValue("id"))
	}
	in, err := do(r.Context(), ws.ID, id, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, toIncident(&in))
	return nil
}

// searchPeople answers who an incident may be assigned to.
func (s *Server) searchPeople(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	people, err := s.Incidents.People(r.Context(), ws.ID, r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	items := make([]map[string]string, 0, len(people))
	for _, p := range people {
		items = append(items, map[string]string{"userPrincipalName": p.UserPrincipalName, "displayName": p.AssignedTo, "objectId": p.ObjectID})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}
