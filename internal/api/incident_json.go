package api

import (
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/model"
)

// The shapes below carry the ARM property names, so that a script reads the same words here and there.

type incidentJSON struct {
	Name                  string         `json:"name"`
	IncidentNumber        int64          `json:"incidentNumber"`
	ProviderIncidentID    string         `json:"providerIncidentId"`
	ProviderName          string         `json:"providerName"`
	Title                 string         `json:"title"`
	Description           string         `json:"description,omitempty"`
	Summary               string         `json:"summary,omitempty"`
	Severity              string         `json:"severity"`
	Status                string         `json:"status"`
	Classification        string         `json:"classification,omitempty"`
	ClassificationReason  string         `json:"classificationReason,omitempty"`
	ClassificationComment string         `json:"classificationComment,omitempty"`
	Determination         string         `json:"determination,omitempty"` // the tenant's word
	Owner                 *model.Owner   `json:"owner"`
	Labels                []labelJSON    `json:"labels"`
	Created               string         `json:"createdTimeUtc"`
	Modified              string         `json:"lastModifiedTimeUtc"`
	FirstActivity         string         `json:"firstActivityTimeUtc,omitempty"`
	LastActivity          string         `json:"lastActivityTimeUtc,omitempty"`
	Closed                string         `json:"closedTimeUtc,omitempty"`
	ModifiedBy            string         `json:"modifiedBy,omitempty"`
	AdditionalData        additionalJSON `json:"additionalData"`
	RedirectTo            string         `json:"redirectTo,omitempty"`
	RedirectNumber        int64          `json:"redirectNumber,omitempty"` // of RedirectTo here
	EmptyReason           string         `json:"emptyReason,omitempty"`
	EmptyConnector        string         `json:"emptyConnector,omitempty"` // whose connection would fill it
	Tasks                 []model.Task   `json:"tasks,omitempty"`
	Sync                  model.Sync     `json:"sync"`
	ETag                  string         `json:"etag"`
}

type labelJSON struct {
	Name string `json:"labelName"`
	Type string `json:"labelType"` // User or AutoAssigned
}

type additionalJSON struct {
	Alerts      int      `json:"alertsCount"`
	Comments    int      `json:"commentsCount"`
	Products    []string `json:"alertProductNames"`
	Tactics     []string `json:"tactics"`
	ProviderURL string   `json:"providerIncidentUrl"`
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return column.FormatDatetime(column.FromTime(t))
}

func toIncident(i *model.Incident) incidentJSON {
	out := incidentJSON{
		Name: i.Name, IncidentNumber: i.Number, ProviderIncidentID: i.ProviderIncidentID, ProviderName: i.ProviderName,
		Title: i.Title, Description: i.Description, Summary: i.Summary, Severity: i.Severity, Status: i.Status,
		Classification: i.Classification, ClassificationReason: i.ClassificationReason, ClassificationComment: i.ClassificationNote,
		Labels: labelsOf(i), Created: stamp(i.Created), Modified: stamp(i.Modified), FirstActivity: stamp(i.FirstActivity),
		LastActivity: stamp(i.LastActivity), Closed: stamp(i.Closed), ModifiedBy: i.ModifiedBy, RedirectTo: i.RedirectTo,
		RedirectNumber: i.RedirectNumber, Tasks: i.Tasks, EmptyReason: i.EmptyReason, Sync: i.Sync, ETag: i.Etag,
		AdditionalData: additionalJSON{Alerts: i.AlertCount, Comments: i.CommentCount, Products: list(i.Products), Tactics: list(i.Tactics), ProviderURL: i.ProviderURL},
	}
	for _, d := range connector.Definitions() {
		if d.Product != "" && d.ReplacedBy == "" && slices.Contains(i.EmptyProducts, d.Product) {
			out.EmptyConnector = d.ID
		}
	}
	if i.Determination != "unknown" {
		out.Determination = i.Determination
	}
	if i.Owner != (model.Owner{}) {
		out.Owner = &i.Owner
	}
	return out
}

// list makes nil an empty JSON array.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

type alertJSON struct {
	ID            string   `json:"id"`
	SystemAlertID string   `json:"systemAlertId"`
	Title         string   `json:"title"`
	Description   string   `json:"description,omitempty"`
	Severity      string   `json:"severity"`
	Status        string   `json:"status"`
	Category      string   `json:"category"`
	ProductName   string   `json:"productName"`
	Created       string   `json:"createdTimeUtc"`
	First         string   `json:"firstActivityTimeUtc"`
	Last          string   `json:"lastActivityTimeUtc"`
	Tactics       []string `json:"tactics"`
	Techniques    []string `json:"techniques"`
	URL           string   `json:"url"`
	Entities      []any    `json:"entities"`
}

func toAlert(a *model.Alert) alertJSON {
	out := alertJSON{
		ID: a.ID, SystemAlertID: a.SystemAlertID, Title: a.Title, Description: a.Description, Severity: a.Severity, Status: a.Status,
		Category: a.Category, ProductName: a.ProductName, Created: stamp(a.Created), First: stamp(a.First), Last: stamp(a.Last),
		Tactics: list(a.Tactics), Techniques: list(a.Techniques), URL: a.URL, Entities: []any{},
	}
	for _, e := range a.Entities {
		out.Entities = append(out.Entities, e)
	}
	return out
}

func toAlerts(alerts []model.Alert) []alertJSON {
	out := make([]alertJSON, 0, len(alerts))
	for i := range alerts {
		out = append(out, toAlert(&alerts[i]))
	}
	return out
}
