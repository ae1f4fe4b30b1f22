package defenderxdr

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/model"
)

// wireAlert is what is read of microsoft.graph.security.alert.
type wireAlert struct {
	ID                 string            `json:"id"`
	ProviderAlertID    string            `json:"providerAlertId"`
	IncidentID         *string           `json:"incidentId"`
	Status             string            `json:"status"`
	Severity           string            `json:"severity"`
	Classification     *string           `json:"classification"`
	Determination      *string           `json:"determination"`
	ServiceSource      string            `json:"serviceSource"`
	DetectionSource    string            `json:"detectionSource"`
	ProductName        string            `json:"productName"`
	DetectorID         *string           `json:"detectorId"`
	PolicyID           *string           `json:"alertPolicyId"`
	Title              string            `json:"title"`
	Description        *string           `json:"description"`
	RecommendedActions *string           `json:"recommendedActions"`
	Category           *string           `json:"category"`
	Categories         []string          `json:"categories"`
	AssignedTo         *string           `json:"assignedTo"`
	WebURL             string            `json:"alertWebUrl"`
	ActorDisplayName   *string           `json:"actorDisplayName"`
	ThreatDisplayName  *string           `json:"threatDisplayName"`
	ThreatFamilyName   *string           `json:"threatFamilyName"`
	InvestigationState *string           `json:"investigationState"`
	MitreTechniques    []string          `json:"mitreTechniques"`
	SystemTags         []string          `json:"systemTags"`
	CustomDetails      json.RawMessage   `json:"customDetails"`
	AdditionalData     json.RawMessage   `json:"additionalData"`
	Created            string            `json:"createdDateTime"`
	Updated            string            `json:"lastUpdateDateTime"`
	Resolved           *string           `json:"resolvedDateTime"`
	First              string            `json:"firstActivityDateTime"`
	Last               string            `json:"lastActivityDateTime"`
	Evidence           []json.RawMessage `json:"evidence"`
}

// product is how the workspace names the product behind a service.
type product struct{ provider, name string }

var products = map[string]product{
	"microsoftdefenderforendpoint":   {"MDATP", "Microsoft Defender Advanced Threat Protection"},
	"microsoftdefenderforoffice365":  {"OATP", "Office 365 Advanced Threat Protection"},
	"microsoftdefenderforidentity":   {"Azure Advanced Threat Protection", "Azure Advanced Threat Protection"},
	"microsoftdefenderforcloudapps":  {"MCAS", "Microsoft Cloud App Security"},
	"azureadidentityprotection":      {"IPC", "Azure Active Directory Identity Protection"},
	"microsoftdefenderforcloud":      {"Azure Security Center", "Azure Security Center"},
	"microsoft365defender":           {"Microsoft Defender XDR", "Microsoft Defender XDR"},
	"microsoftsentinel":              {"ASI Scheduled Alerts", "Azure Sentinel"},
	"datalossprevention":             {"Microsoft Data Loss Prevention", "Microsoft Data Loss Prevention"},
	"microsoftinsiderriskmanagement": {"Microsoft Insider Risk Management", "Microsoft Insider Risk Management"},
	"microsoftappgovernance":         {"App Governance", "Microsoft App Governance"},
	"microsoftthreatintelligence":    {"Microsoft Threat Intelligence", "Microsoft Threat Intelligence"},
	"microsoftsecurityforai":         {"Microsoft Security for AI", "Microsoft Security for AI"},
}

// prefixes are the two letters that the tenant puts before the provider's own alert id.
var prefixes = []string{"ra", "ta", "ea", "fa", "da", "ed", "aa", "ri", "ca", "ma", "rm", "ad", "dl", "dc", "sn", "ir"}

// tactics are the ATT&CK tactics, by lower-case name; an alert's category may be something else (Malware, Ransomware).
var tactics = words{
	"reconnaissance": "Reconnaissance", "resourcedevelopment": "ResourceDevelopment", "initialaccess": "InitialAccess",
	"execution": "Execution", "persistence": "Persistence", "privilegeescalation": "PrivilegeEscalation",
	"defenseevasion": "DefenseEvasion", "credentialaccess": "CredentialAccess", "discovery": "Discovery",
	"lateralmovement": "LateralMovement", "collection": "Collection", "commandandcontrol": "CommandAndControl",
	"exfiltration": "Exfiltration", "impact": "Impact", "preattack": "PreAttack",
	"impairprocesscontrol": "ImpairProcessControl", "inhibitresponsefunction": "InhibitResponseFunction",
}

var alertStatusWords = words{"new": "New", "inprogress": "InProgress", "resolved": "Resolved", "dismissed": "Dismissed"}

// alertSpace is the namespace of SystemAlertId.
var alertSpace = uuid.MustParse("5f1b8f0e-3f4b-4f55-9c8e-0d6f1c1f7a52")

// SystemAlertID returns the workspace's GUID of an alert: always the same for the same id.
func SystemAlertID(id string) string { return uuid.NewSHA1(alertSpace, []byte(id)).String() }

// Alert reads one alert of the tenant with all its evidence.
func Alert(raw json.RawMessage) (model.Alert, error) {
	var w wireAlert
	if err := json.Unmarshal(raw, &w); err != nil {
		return model.Alert{}, fmt.Errorf("reading an alert: %w", err)
	}
	updated, err := parseTime(w.Updated)
	if err != nil || w.ID == "" {
		return model.Alert{}, fmt.Errorf("reading alert %q: lastUpdateDateTime is %q", w.ID, w.Updated)
	}
	at := func(s string) time.Time {
		t, err := parseTime(s)
		if err != nil {
			return time.Time{}
		}
		return t
	}
	p, known := products[strings.ToLower(w.ServiceSource)]
	if !known {
		p = product{w.ProductName, w.ProductName}
		if p.name == "" {
			p = product{w.ServiceSource, w.ServiceSource}
		}
	}
	a := model.Alert{
		ID: w.ID, SystemAlertID: SystemAlertID(w.ID), VendorOriginalID: vendorID(w.ID), IncidentID: deref(w.IncidentID),
		Title: w.Title, Description: deref(w.Description), Severity: severityWords.of(w.Severity, "Informational"),
		Status: alertStatusWords.of(w.Status, "Unknown"), Category: deref(w.Category), ProviderName: p.provider, ProductName: p.name,
		AlertType: deref(w.DetectorID), URL: w.WebURL, Created: at(w.Created), First: at(w.First), Last: at(w.Last), Updated: updated,
		Resolved: at(deref(w.Resolved)), Hash: alertHash(raw), Raw: raw,
	}
	if a.AlertType == "" {
		a.AlertType = deref(w.PolicyID)
	}
	for _, c := range append([]string{a.Category}, w.Categories...) {
		for part := range strings.SplitSeq(c, ",") {
			if t := tactics.of(part, ""); t != "" && !slices.Contains(a.Tactics, t) {
				a.Tactics = append(a.Tactics, t)
			}
		}
	}
	for _, t := range w.MitreTechniques {
		if t = strings.ToUpper(strings.TrimSpace(t)); t != "" && !slices.Contains(a.Techniques, t) {
			a.Techniques = append(a.Techniques, t)
		}
	}
	for line := range strings.SplitSeq(deref(w.RecommendedActions), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			a.RemediationSteps = append(a.RemediationSteps, line)
		}
	}
	g := &graph{}
	if a.Entities, err = g.entities(w.Evidence); err != nil {
		return model.Alert{}, fmt.Errorf("reading the evidence of alert %s: %w", w.ID, err)
	}
	a.CompromisedEntity = compromised(strings.ToLower(w.ServiceSource), g)
	a.Extended = extended(w)
	return a, nil
}

// vendorID is the provider's own id: the tenant's without its two letters.
func vendorID(id string) string {
	if len(id) > 2 && slices.Contains(prefixes, id[:2]) {
		return id[2:]
	}
	return id
}

// compromised is the entity that a product names as the victim.
func compromised(service string, g *graph) string {
	switch service {
	case "microsoftdefenderforidentity":
		return "CompromisedEntity"
	case "azureadidentityprotection":
		return g.upn
	case "microsoftdefenderforendpoint":
		return g.host
	}
	for _, s := range []string{g.host, g.upn, g.mailbox} {
		if s != "" {
			return s
		}
	}
	return ""
}

// extended is the bag of what has no column of its own.
func extended(w wireAlert) json.RawMessage {
	var o object
	o.text("Category", deref(w.Category))
	o.text("IncidentId", deref(w.IncidentID))
	o.text("ProviderAlertId", w.ProviderAlertID)
	o.text("ServiceSource", w.ServiceSource)
	o.text("DetectionSource", w.DetectionSource)
	o.text("ProductName", w.ProductName)
	o.text("AlertPolicyId", deref(w.PolicyID))
	o.text("AssignedTo", deref(w.AssignedTo))
	o.text("Classification", deref(w.Classification))
	o.text("Determination", deref(w.Determination))
	o.text("ActorDisplayName", deref(w.ActorDisplayName))
	o.text("ThreatDisplayName", deref(w.ThreatDisplayName))
	o.text("ThreatFamilyName", deref(w.ThreatFamilyName))
	if !strings.EqualFold(w.ServiceSource, "microsoftDefenderForOffice365") {
		o.text("InvestigationState", deref(w.InvestigationState))
	}
	o.text("LastUpdateDateTime", w.Updated)
	o.text("ResolvedDateTime", deref(w.Resolved))
	if len(w.SystemTags) > 0 {
		o.set("SystemTags", w.SystemTags)
	}
	for _, bag := range []struct {
		key string
		raw json.RawMessage
	}{{"CustomDetails", w.CustomDetails}, {"AdditionalData", w.AdditionalData}} {
		if s := string(bag.raw); s != "" && s != "null" && s != "{}" {
			o.set(bag.key, bag.raw)
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		return json.RawMessage("{}")
	}
	return b
}

// alertHash is over the whole alert but its stamp and annotations.
func alertHash(raw json.RawMessage) string {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	for k := range m {
		if strings.HasPrefix(k, "@") || k == "lastUpdateDateTime" {
			delete(m, k)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}
