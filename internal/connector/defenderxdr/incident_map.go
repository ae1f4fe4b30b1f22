package defenderxdr

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
)

// wireIncident is what is read of microsoft.graph.security.incident.
type wireIncident struct {
	ID                 string        `json:"id"`
	DisplayName        *string       `json:"displayName"`
	Description        *string       `json:"description"`
	Severity           string        `json:"severity"`
	Status             string        `json:"status"`
	Classification     *string       `json:"classification"`
	Determination      *string       `json:"determination"`
	AssignedTo         *string       `json:"assignedTo"`
	CustomTags         []string      `json:"customTags"`
	SystemTags         []string      `json:"systemTags"`
	Comments           []wireComment `json:"comments"`
	Created            string        `json:"createdDateTime"`
	Updated            string        `json:"lastUpdateDateTime"`
	ModifiedBy         *string       `json:"lastModifiedBy"`
	RedirectIncidentID *string       `json:"redirectIncidentId"`
	ResolvingComment   *string       `json:"resolvingComment"`
	Summary            *string       `json:"summary"`
	WebURL             string        `json:"incidentWebUrl"`
}

// wireComment has the names of the schema and those that the documents' examples show.
type wireComment struct {
	Comment     string `json:"comment"`
	DisplayName string `json:"createdByDisplayName"`
	CreatedBy   string `json:"createdBy"`
	DateTime    string `json:"createdDateTime"`
	CreatedTime string `json:"createdTime"`
}

// words maps the tenant's word, in lower case, to the workspace's or the canonical one.
type words map[string]string

func (w words) of(s, otherwise string) string {
	if v, ok := w[strings.ToLower(strings.TrimSpace(s))]; ok {
		return v
	}
	return otherwise
}

var (
	statusWords = words{
		"active": "New", "inprogress": "Active", "awaitingaction": "Active", "resolved": "Closed", "redirected": "Closed",
	}
	severityWords = words{
		"informational": "Informational", "low": "Low", "medium": "Medium", "high": "High", "unknown": "Informational",
	}
	classificationWords = words{
		"": "unknown", "unknown": "unknown", "truepositive": "truePositive", "falsepositive": "falsePositive",
		"informationalexpectedactivity": "informationalExpectedActivity", "benignpositive": "informationalExpectedActivity",
	}
	determinationWords = words{
		"": "unknown", "unknown": "unknown", "apt": "apt", "malware": "malware", "securitypersonnel": "securityPersonnel",
		"securitytesting": "securityTesting", "unwantedsoftware": "unwantedSoftware", "other": "other",
		"multistagedattack": "multiStagedAttack", "compromisedaccount": "compromisedAccount", "compromiseduser": "compromisedAccount",
		"phishing": "phishing", "malicioususeractivity": "maliciousUserActivity", "notmalicious": "notMalicious", "clean": "notMalicious",
		"notenoughdatatovalidate": "notEnoughDataToValidate", "insufficientdata": "notEnoughDataToValidate",
		"confirmedactivity": "confirmedActivity", "confirmeduseractivity": "confirmedActivity",
		"lineofbusinessapplication": "lineOfBusinessApplication",
	}
	rawStatusWords = words{
		"active": "active", "inprogress": "inProgress", "awaitingaction": "awaitingAction", "resolved": "resolved", "redirected": "redirected",
	}
	tenantStatus   = words{"new": "active", "active": "inProgress", "closed": "resolved"}
	tenantSeverity = words{"informational": "informational", "low": "low", "medium": "medium", "high": "high"}
)

// Incident reads one incident of the tenant. An error means that the row cannot be understood at all.
func Incident(raw json.RawMessage) (model.TenantIncident, error) {
	var w wireIncident
	if err := json.Unmarshal(raw, &w); err != nil {
		return model.TenantIncident{}, fmt.Errorf("reading an incident: %w", err)
	}
	updated, err := parseTime(w.Updated)
	if err != nil || w.ID == "" {
		return model.TenantIncident{}, fmt.Errorf("reading incident %q: lastUpdateDateTime is %q", w.ID, w.Updated)
	}
	created, err := parseTime(w.Created)
	if err != nil {
		created = updated
	}
	r := model.TenantIncident{
		ID: w.ID, Version: column.FromTime(updated), Updated: updated, Created: created,
		Disposition: model.Disposition{
			Status:         statusWords.of(w.Status, "Active"),
			Classification: classificationWords.of(deref(w.Classification), strings.TrimSpace(deref(w.Classification))),
			Determination:  determinationWords.of(deref(w.Determination), strings.TrimSpace(deref(w.Determination))),
			Comment:        strings.TrimSpace(deref(w.ResolvingComment)),
		},
		RawStatus: rawStatusWords.of(w.Status, w.Status), Severity: severityWords.of(w.Severity, "Informational"),
		Owner: strings.TrimSpace(deref(w.AssignedTo)), Title: strings.TrimSpace(deref(w.DisplayName)),
		Description: strings.TrimSpace(deref(w.Description)), Summary: deref(w.Summary),
		Tags: w.CustomTags, SystemTags: w.SystemTags, URL: w.WebURL, RedirectTo: deref(w.RedirectIncidentID),
		ModifiedBy: deref(w.ModifiedBy), Raw: raw,
	}
	if r.Title == "" {
		r.Title = "Incident " + r.ID
	}
	r.Automation = r.ModifiedBy != "" && !strings.Contains(r.ModifiedBy, "@")
	for _, c := range w.Comments {
		if tc, ok := c.comment(); ok {
			r.Comments = append(r.Comments, tc)
		}
	}
	r.Hash = contentHash(r)
	return r, nil
}

func (c wireComment) comment() (model.TenantComment, bool) {
	author := c.DisplayName
	if author == "" {
		author = c.CreatedBy
	}
	stamp := c.DateTime
	if stamp == "" {
		stamp = c.CreatedTime
	}
	at, err := parseTime(stamp)
	if err != nil {
		at = time.Time{}
	}
	return model.TenantComment{Message: c.Comment, Author: author, Created: at}, c.Comment != ""
}

// contentHash is over what is synchronised or shown, so that a list and a read by id of the same version agree.
func contentHash(r model.TenantIncident) string {
	r.Version, r.Updated, r.Raw, r.Hash = 0, time.Time{}, nil, ""
	b, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// patch writes a change in the tenant's words.
func patch(p model.TenantPatch) map[string]any {
	out := map[string]any{}
	if d := p.Disposition; d != nil {
		if !p.KeepStatus {
			out["status"] = tenantStatus.of(d.Status, "active")
		}
		out["classification"] = classificationWords.of(d.Classification, d.Classification) // words of tomorrow go back as they came
		out["determination"] = determinationWords.of(d.Determination, d.Determination)
		out["resolvingComment"] = orNull(d.Comment)
	}
	if p.Severity != nil {
		out["severity"] = tenantSeverity.of(*p.Severity, "informational")
	}
	if p.Owner != nil {
		out["assignedTo"] = orNull(*p.Owner)
	}
	if p.Title != nil {
		out["displayName"] = *p.Title
	}
	if p.Description != nil {
		out["description"] = *p.Description
	}
	if p.Tags != nil {
		tags := *p.Tags
		if tags == nil {
			tags = []string{}
		}
		out["customTags"] = tags
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// parseTime reads a time with up to 100 ns digits; more are cut off.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, err
	}
	return column.ToTime(column.FromTime(t.UTC())), nil
}
