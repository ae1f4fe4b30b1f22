package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

const portal = "https://security.microsoft.com"

func incidentFields() []string {
	return []string{"assignedTo", "classification", "createdDateTime", "determination", "lastUpdateDateTime", "severity", "status"}
}

func incidentProperty(i *state.Incident) func(string) any {
	return func(f string) any {
		switch f {
		case "assignedTo":
			return orNull(i.AssignedTo)
		case "classification":
			return i.Classification
		case "createdDateTime":
			return i.Created
		case "determination":
			return i.Determination
		case "lastUpdateDateTime":
			return i.Updated
		case "severity":
			return i.Severity
		case "status":
			return i.Status
		}
		return nil
	}
}

type wireComment struct {
	Comment string `json:"comment"`
	By      string `json:"createdByDisplayName"`
	At      string `json:"createdDateTime"`
}

func wireComments(cs []state.Comment) []wireComment {
	out := []wireComment{}
	for _, c := range cs {
		out = append(out, wireComment{c.Text, c.By, hunt.Time(c.At)})
	}
	return out
}

func (s *Server) incidentURL(id int64) string {
	return fmt.Sprintf("%s/incidents/%d?tid=%s", portal, id, s.cfg.Dir.TenantID)
}

// wireIncident is the microsoft.graph.security.incident of i; status members added later are hidden unless the client asked for them.
func (s *Server) wireIncident(c *call, i *state.Incident) map[string]any {
	redirect := any(nil)
	if i.RedirectTo != 0 {
		redirect = strconv.FormatInt(i.RedirectTo, 10)
	}
	status := i.Status
	if status == "awaitingAction" && !c.unknownMembers() {
		status = "unknownFutureValue"
	}
	return map[string]any{
		"id": i.Key(), "tenantId": s.cfg.Dir.TenantID, "status": status, "incidentWebUrl": s.incidentURL(i.ID), "redirectIncidentId": redirect, "displayName": i.Name,
		"createdDateTime": stamp(i.Created), "lastUpdateDateTime": stamp(i.Updated), "assignedTo": orNull(i.AssignedTo), "classification": i.Classification, "determination": i.Determination,
		"severity": i.Severity, "customTags": append([]string{}, i.Tags...), "systemTags": append([]string{}, i.SystemTags...), "description": orNull(i.Description), "lastModifiedBy": i.ModifiedBy,
		"resolvingComment": orNull(i.ResolvingComment), "summary": orNull(i.Summary), "priorityScore": i.Priority, "comments": wireComments(i.Comments),
	}
}

// expanded is wireIncident with the alerts when the request asks for them. The alerts of Insider Risk Management are not shown.
func (s *Server) expanded(c *call, i *state.Incident) map[string]any {
	m := s.wireIncident(c, i)
	if strings.Contains(c.q.Get("$expand"), "alerts") {
		m["alerts"] = s.alertsOf(i)
	}
	return m
}

func (s *Server) alertsOf(i *state.Incident) []any {
	out := []any{}
	if i.Hidden {
		return out
	}
	for _, id := range i.Alerts {
		if a, ok := s.cfg.Store.Alert(id); ok {
			out = append(out, s.wireAlert(a))
		}
	}
	return out
}

func (s *Server) listIncidents(c *call) error {
	if e := c.q.Get("$expand"); e != "" && !strings.HasPrefix(e, "alerts") {
		return refuse("Parsing OData Select and Expand failed: Could not find a property named '" + e + "' on type 'microsoft.graph.security.incident'.")
	}
	m := s.cfg.Modes()
	return answer(c, listing[*state.Incident]{
		items: s.cfg.Store.Incidents(c.lag()), get: incidentProperty, filterable: incidentFields(), sortable: incidentFields(), newest: m.NewestBy, orderBy: m.OrderBy, top: 50, maxTop: 50,
		capMessage: "The limit of '%d' for Top query has been exceeded. The value from the incoming request is too large.", context: s.context("security/incidents"),
		view: func(i *state.Incident) any { return s.expanded(c, i) }, tieBreak: func(a, b *state.Incident) int { return cmp.Compare(b.ID, a.ID) },
		refused: func(rows []*state.Incident) bool {
			alerts := 0
			for _, i := range rows {
				alerts += len(i.Alerts)
			}
			return m.ExpandLimit > 0 && c.q.Has("$expand") && alerts > m.ExpandLimit
		},
	})
}

func (s *Server) countIncidents(c *call) error {
	c.w.Header().Set("Content-Type", "text/plain")
	_, err := io.WriteString(c.w, strconv.Itoa(len(s.cfg.Store.Incidents(c.lag()))))
	return err
}

func (s *Server) context(resource string) string {
	return s.cfg.GraphURL + "/v1.0/$metadata#" + resource
}

func incidentID(c *call) (int64, error) {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("incident %q: %w", c.r.PathValue("id"), desk.ErrNotFound)
	}
	return id, nil
}

func (s *Server) incident(c *call) (*state.Incident, error) {
	id, err := incidentID(c)
	if err != nil {
		return nil, err
	}
	i, ok := s.cfg.Store.Incident(id)
	if !ok {
		return nil, fmt.Errorf("incident %d: %w", id, desk.ErrNotFound)
	}
	return i, nil
}

func (s *Server) getIncident(c *call) error {
	i, err := s.incident(c)
	if err != nil {
		return err
	}
	m := s.expanded(c, i)
	m["@odata.context"] = s.context("security/incidents/$entity")
	return c.ok(m)
}

func (s *Server) incidentAlerts(c *call) error {
	i, err := s.incident(c)
	if err != nil {
		return err
	}
	return c.ok(page200{Context: s.context("security/incidents('" + i.Key() + "')/alerts"), Value: s.alertsOf(i)})
}

func (s *Server) patchIncident(c *call) error {
	id, err := incidentID(c)
	if err != nil {
		return err
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	change, err := desk.ParseChange(body)
	if err != nil {
		return err
	}
	change.Rules = s.cfg.Modes().rules()
	if err := s.cfg.Store.Update(func(tx *state.Tx) error { return desk.Patch(tx, s.cfg.Dir, id, change, s.cfg.App.Name) }); err != nil {
		return err
	}
	return s.getIncident(c)
}

// comment reads the text of an alertComment body.
func (c *call) comment() (string, error) {
	b, err := c.body()
	if err != nil {
		return "", err
	}
	var m struct {
		Comment *string `json:"comment"`
	}
	if json.Unmarshal(b, &m) != nil || m.Comment == nil {
		return "", refuse("The body must be an alertComment with the property 'comment'.")
	}
	return *m.Comment, nil
}

func (s *Server) postComment(c *call) error {
	id, err := incidentID(c)
	if err != nil {
		return err
	}
	text, err := c.comment()
	if err != nil {
		return err
	}
	stamps := s.cfg.Modes().CommentStamps
	err = s.cfg.Store.Update(func(tx *state.Tx) error { return desk.Comment(tx, id, text, s.cfg.App.Name, stamps) })
	if err != nil {
		return err
	}
	i, err := s.incident(c)
	if err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, map[string]any{"@odata.context": s.context("Collection(microsoft.graph.security.alertComment)"), "value": wireComments(i.Comments)})
	return nil
}
