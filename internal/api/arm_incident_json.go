package api

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// shownAlerts is how many alerts of an incident the Sentinel-compatible API shows. Everything else shows all.
const shownAlerts = 150

// armIncidentProperties are those of Microsoft.SecurityInsights/incidents, api-version 2025-09-01, and of the previews.
type armIncidentProperties struct {
	Title                 string          `json:"title"`
	Description           string          `json:"description"`
	Severity              string          `json:"severity"`
	Status                string          `json:"status"`
	Classification        string          `json:"classification,omitempty"`
	ClassificationReason  string          `json:"classificationReason,omitempty"`
	ClassificationComment string          `json:"classificationComment,omitempty"`
	Owner                 armOwner        `json:"owner"`
	Labels                []labelJSON     `json:"labels"`
	FirstActivity         *string         `json:"firstActivityTimeUtc"`
	LastActivity          *string         `json:"lastActivityTimeUtc"`
	Modified              *string         `json:"lastModifiedTimeUtc"`
	Created               *string         `json:"createdTimeUtc"`
	Number                int64           `json:"incidentNumber"`
	Additional            armIncidentMore `json:"additionalData"`
	Rules                 []string        `json:"relatedAnalyticRuleIds"`
	URL                   string          `json:"incidentUrl"`
	ProviderName          string          `json:"providerName"`
	ProviderID            string          `json:"providerIncidentId"`
}

type armOwner struct {
	ObjectID *string `json:"objectId"`
	Email    *string `json:"email"`
	Name     *string `json:"assignedTo"`
	UPN      *string `json:"userPrincipalName"`
	Type     *string `json:"ownerType"`
}

type armIncidentMore struct {
	Alerts int `json:"alertsCount"` // at most shownAlerts
	// AlertsText is "150+" when there are more alerts than shown; ProviderURL leads to all of them.
	AlertsText   string   `json:"alertsCountText,omitempty"`
	Bookmarks    int      `json:"bookmarksCount"`
	Comments     int      `json:"commentsCount"`
	Products     []string `json:"alertProductNames"`
	Tactics      []string `json:"tactics"`
	ProviderURL  string   `json:"providerIncidentUrl,omitempty"`
	MergedNumber string   `json:"mergedIncidentNumber,omitempty"`
	MergedURL    string   `json:"mergedIncidentUrl,omitempty"`
}

// textOf is null for an empty text, as Azure writes what is not set.
func textOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// timeOf is null for no time.
func timeOf(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := armTime(t)
	return &s
}

// armIncident is an incident as a resource.
func (s *Server) armIncident(ws *Workspace, in *model.Incident) armResource {
	a := ws.insights("incidents", in.Name)
	a.Etag = strconv.Quote(in.Etag)
	p := armIncidentProperties{
		Title: in.Title, Description: in.Description, Severity: in.Severity, Status: in.Status, Classification: in.Classification,
		ClassificationReason: in.ClassificationReason, ClassificationComment: in.ClassificationNote, Labels: labelsOf(in),
		FirstActivity: timeOf(in.FirstActivity), LastActivity: timeOf(in.LastActivity), Modified: timeOf(in.Modified), Created: timeOf(in.Created),
		Number: in.Number, Rules: []string{}, URL: s.Incidents.URL(*in), ProviderName: in.ProviderName, ProviderID: in.ProviderIncidentID,
		Additional: armIncidentMore{
			Alerts: min(in.AlertCount, shownAlerts), Comments: in.CommentCount, Products: list(in.Products), Tactics: list(in.Tactics), ProviderURL: in.ProviderURL,
		},
	}
	if o := in.Owner; o != (model.Owner{}) {
		p.Owner = armOwner{textOf(o.ObjectID), textOf(o.Email), textOf(o.AssignedTo), textOf(o.UserPrincipalName), textOf("User")}
		if o.ObjectID == "" {
			p.Owner.Type = textOf("Unknown")
		}
	}
	if in.AlertCount > shownAlerts {
		p.Additional.AlertsText = fmt.Sprint(shownAlerts, "+")
	}
	if in.RedirectNumber > 0 {
		p.Additional.MergedNumber = strconv.FormatInt(in.RedirectNumber, 10)
		p.Additional.MergedURL = s.Incidents.URL(model.Incident{Workspace: in.Workspace, Number: in.RedirectNumber})
	}
	for _, id := range in.RuleIDs {
		p.Rules = append(p.Rules, ws.insights("alertRules", id).ID)
	}
	a.Properties = p
	return a
}

// armAlert is an alert as an entity of kind SecurityAlert.
func armAlert(ws *Workspace, al *model.Alert) armResource {
	a := ws.insights("Entities", al.SystemAlertID)
	a.Kind = "SecurityAlert"
	a.Properties = map[string]any{
		"systemAlertId": al.SystemAlertID, "alertDisplayName": al.Title, "friendlyName": al.Title, "description": al.Description, "severity": al.Severity,
		"status": al.Status, "alertType": al.AlertType, "confidenceLevel": "Unknown", "vendorName": "Microsoft", "productName": al.ProductName,
		"productComponentName": al.ProviderName, "providerAlertId": al.VendorOriginalID, "compromisedEntity": al.CompromisedEntity, "alertLink": al.URL,
		"startTimeUtc": timeOf(al.First), "endTimeUtc": timeOf(al.Last), "processingEndTime": timeOf(al.Created), "timeGenerated": timeOf(al.Updated),
		"tactics": list(al.Tactics), "remediationSteps": list(al.RemediationSteps), "resourceIdentifiers": []any{},
		"additionalData": map[string]any{"AlertId": al.ID, "Techniques": list(al.Techniques)},
	}
	return a
}

// labelsOf are an incident's labels: people's and, as AutoAssigned, the tenant's.
func labelsOf(in *model.Incident) []labelJSON {
	out := make([]labelJSON, 0, len(in.Labels)+len(in.SystemLabels))
	for _, l := range slices.Concat(in.Labels, in.SystemLabels) {
		kind := "User"
		if len(out) >= len(in.Labels) || in.RedirectTo != "" && l == "Redirected" {
			kind = "AutoAssigned"
		}
		out = append(out, labelJSON{l, kind})
	}
	return out
}
