package graph

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/vedette-siem/vedette/internal/simtenant/desk"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

func alertFields() []string {
	return []string{"assignedTo", "classification", "createdDateTime", "determination", "lastUpdateDateTime", "severity", "status", "serviceSource", "incidentId"}
}

func alertProperty(a *state.Alert) func(string) any {
	return func(f string) any {
		switch f {
		case "assignedTo":
			return orNull(a.AssignedTo)
		case "classification":
			return a.Classification
		case "createdDateTime":
			return a.Created
		case "determination":
			return a.Determination
		case "lastUpdateDateTime":
			return a.Updated
		case "severity":
			return a.Severity
		case "status":
			return a.Status
		case "serviceSource":
			return a.ServiceSource
		case "incidentId":
			if a.Incident == 0 {
				return nil
			}
			return fmt.Sprint(a.Incident)
		}
		return nil
	}
}

// wireAlert is the microsoft.graph.security.alert of a.
func (s *Server) wireAlert(a *state.Alert) map[string]any {
	evidence := []any{}
	for _, e := range a.Evidence {
		evidence = append(evidence, e.Graph)
	}
	incident, incidentURL, details := any(nil), any(nil), any(nil)
	if a.Incident != 0 {
		incident, incidentURL = fmt.Sprint(a.Incident), s.incidentURL(a.Incident)
	}
	if a.Details != nil {
		details = a.Details
	}
	return map[string]any{
		"id": a.ID, "providerAlertId": a.ProviderID, "incidentId": incident, "status": a.Status, "severity": a.Severity, "classification": a.Classification,
		"determination": a.Determination, "serviceSource": a.ServiceSource, "detectionSource": a.DetectionSource, "productName": a.ProductName, "detectorId": orNull(a.DetectorID),
		"tenantId": s.cfg.Dir.TenantID, "title": a.Title, "description": a.Description, "recommendedActions": a.Actions, "category": a.Category, "categories": []string{a.Category},
		"assignedTo": orNull(a.AssignedTo), "alertWebUrl": portal + "/alerts/" + a.ID + "?tid=" + s.cfg.Dir.TenantID, "incidentWebUrl": incidentURL, "actorDisplayName": orNull(a.Actor),
		"threatDisplayName": orNull(a.Threat), "threatFamilyName": orNull(a.Family), "mitreTechniques": append([]string{}, a.Techniques...), "createdDateTime": stamp(a.Created),
		"lastUpdateDateTime": stamp(a.Updated), "resolvedDateTime": stamp(a.Resolved), "firstActivityDateTime": stamp(a.First), "lastActivityDateTime": stamp(a.Last),
		"systemTags": append([]string{}, a.SystemTags...), "alertPolicyId": orNull(a.PolicyID), "comments": wireComments(a.Comments), "evidence": evidence,
		"investigationState": a.Investigation, "additionalData": nil, "customDetails": details,
	}
}

// visible leaves out the alerts API users do not see.
func (s *Server) visible(alerts []*state.Alert) []*state.Alert {
	out := alerts[:0:0]
	for _, a := range alerts {
		if i, ok := s.cfg.Store.Incident(a.Incident); !ok || !i.Hidden {
			out = append(out, a)
		}
	}
	return out
}

func (s *Server) listAlerts(c *call) error {
	m := s.cfg.Modes()
	return answer(c, listing[*state.Alert]{
		items: s.visible(s.cfg.Store.Alerts(c.lag())), get: alertProperty, filterable: alertFields(), sortable: alertFields(), newest: m.NewestBy, orderBy: m.OrderBy, top: 100, maxTop: 999,
		capMessage: "The limit of '%d' for Top query has been exceeded. The value from the incoming request is too large.", context: s.context("security/alerts_v2"),
		view: func(a *state.Alert) any { return s.wireAlert(a) }, tieBreak: func(a, b *state.Alert) int { return cmp.Compare(b.ID, a.ID) },
	})
}

func (s *Server) alert(c *call) (*state.Alert, error) {
	id := c.r.PathValue("id")
	a, ok := s.cfg.Store.Alert(id)
	if !ok || len(s.visible([]*state.Alert{a})) == 0 {
		return nil, fmt.Errorf("alert %s: %w", id, desk.ErrNotFound)
	}
	return a, nil
}

func (s *Server) getAlert(c *call) error {
	a, err := s.alert(c)
	if err != nil {
		return err
	}
	m := s.wireAlert(a)
	m["@odata.context"] = s.context("security/alerts_v2/$entity")
	return c.ok(m)
}

func (s *Server) patchAlert(c *call) error {
	a, err := s.alert(c)
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
	if err := s.cfg.Store.Update(func(tx *state.Tx) error { return desk.PatchAlert(tx, s.cfg.Dir, a.ID, change) }); err != nil {
		return err
	}
	return s.getAlert(c)
}

func (s *Server) postAlertComment(c *call) error {
	a, err := s.alert(c)
	if err != nil {
		return err
	}
	text, err := c.comment()
	if err != nil {
		return err
	}
	if err := s.cfg.Store.Update(func(tx *state.Tx) error { return desk.CommentAlert(tx, a.ID, text, s.cfg.App.Name) }); err != nil {
		return err
	}
	if a, err = s.alert(c); err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, map[string]any{"@odata.context": s.context("Collection(microsoft.graph.security.alertComment)"), "value": wireComments(a.Comments)})
	return nil
}
