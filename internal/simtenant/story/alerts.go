package story

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// source is a product that raises alerts, with its names in the Graph and in hunting.
type source struct {
	prefix, service, detection, product, huntService, huntDetection string
}

func sources(key string) source {
	return map[string]source{
		"mde":           {"da", "microsoftDefenderForEndpoint", "microsoftDefenderForEndpoint", "Microsoft Defender for Endpoint", "Microsoft Defender for Endpoint", "EDR"},
		"av":            {"da", "microsoftDefenderForEndpoint", "antivirus", "Microsoft Defender for Endpoint", "Microsoft Defender for Endpoint", "Antivirus"},
		"mdi":           {"aa", "microsoftDefenderForIdentity", "microsoftDefenderForIdentity", "Microsoft Defender for Identity", "Microsoft Defender for Identity", "Microsoft Defender for Identity"},
		"mdo":           {"fa", "microsoftDefenderForOffice365", "microsoftDefenderForOffice365", "Microsoft Defender for Office 365", "Microsoft Defender for Office 365", "Microsoft Defender for Office 365"},
		"mdca":          {"ca", "microsoftDefenderForCloudApps", "cloudAppSecurity", "Microsoft Defender for Cloud Apps", "Microsoft Cloud App Security", "Microsoft Cloud App Security"},
		"ipc":           {"ad", "azureAdIdentityProtection", "azureAdIdentityProtection", "AAD Identity Protection", "AAD Identity Protection", "AAD Identity Protection"},
		"xdr":           {"ra", "microsoft365Defender", "microsoft365Defender", "Microsoft Defender XDR", "Microsoft 365 Defender", "Microsoft 365 Defender"},
		"appgov":        {"ma", "microsoftAppGovernance", "appGovernanceDetection", "App Governance", "App Governance", "App Governance Detection"},
		"dlp":           {"dl", "dataLossPrevention", "microsoftDataLossPrevention", "Microsoft Data Loss Prevention", "Microsoft Data Loss Prevention", "Microsoft Data Loss Prevention"},
		"appgov-policy": {"ma", "microsoftAppGovernance", "appGovernancePolicy", "App Governance", "App Governance", "App Governance Policy"},
		"custom":        {"ea", "microsoft365Defender", "customDetection", "Microsoft Defender XDR", "Microsoft 365 Defender", "Custom detection"},
		"custom-mde":    {"ed", "microsoftDefenderForEndpoint", "customDetection", "Microsoft Defender for Endpoint", "Microsoft Defender for Endpoint", "Custom detection"},
		"irm":           {"ir", "microsoftInsiderRiskManagement", "microsoftInsiderRiskManagement", "Microsoft Purview Insider Risk Management", "Microsoft Purview Insider Risk Management", "Microsoft Purview Insider Risk Management"},
		"mdc":           {"dc", "microsoftDefenderForCloud", "microsoftDefenderForServers", "Microsoft Defender for Cloud", "Microsoft Defender for Cloud", "Microsoft Defender for Servers"},
	}[key]
}

// spec is what an alert says.
type spec struct {
	source, title, category, severity string
	techniques                        []string
	text, actions                     string
	actor, family                     string
	track                             string // "" is the main incident
	detection, huntDetection          string // when not those of the source
	details                           map[string]any
	loose                             bool // belongs to no incident
}

// raise has a product raise an alert some minutes after the newest clue.
func (s *scene) raise(sp spec, clues ...*clue) *state.Alert {
	src := sources(sp.source)
	src.detection, src.huntDetection = cmp.Or(sp.detection, src.detection), cmp.Or(sp.huntDetection, src.huntDetection)
	s.wait(40*time.Second, 4*time.Minute)
	at := state.Step(s.now)
	a := &state.Alert{
		Title: sp.title, Description: sp.text, Actions: sp.actions, Category: sp.category, Severity: sp.severity, Status: "new", Classification: "unknown", Determination: "unknown",
		ServiceSource: src.service, DetectionSource: src.detection, ProductName: src.product, DetectorID: s.detector(sp), Investigation: "unknown", Techniques: sp.techniques,
		Actor: sp.actor, Details: sp.details, Family: sp.family, Created: at, Updated: at,
	}
	a.ProviderID = s.alertID(sp.source)
	a.ID = src.prefix + a.ProviderID
	if sp.source == "mde" {
		a.Investigation = "queued"
	}
	track := sp.track
	if !s.split || track == "" {
		track = "main"
	}
	info := hunt.New("AlertInfo", s.now).Set("AlertId", a.ID).Set("Title", a.Title).Set("Category", a.Category).Set("Severity", capital(a.Severity)).Set("ServiceSource", src.huntService).
		Set("DetectionSource", src.huntDetection).Set("AttackTechniques", techniqueText(a.Techniques))
	s.see(info)
	for _, c := range clues {
		if !c.ev.At.IsZero() && (a.First.IsZero() || c.ev.At.Before(a.First)) {
			a.First = c.ev.At
		}
		if c.ev.At.After(a.Last) {
			a.Last = c.ev.At
		}
		a.Evidence = append(a.Evidence, c.finish(at))
		r := hunt.New("AlertEvidence", s.now).Set("AlertId", a.ID).Set("Title", a.Title).Set("Categories", []string{a.Category}).Set("AttackTechniques", techniqueText(a.Techniques)).
			Set("ServiceSource", src.huntService).Set("DetectionSource", src.huntDetection).Set("Severity", capital(a.Severity)).Set("EntityType", c.entity).Set("EvidenceRole", c.role)
		c.fill(r)
		s.see(r.Set("AdditionalFields", c.fields))
	}
	if a.First.IsZero() {
		a.First, a.Last = s.now, s.now
	}
	s.plan.Drops = append(s.plan.Drops, Drop{At: s.now, Track: track, Alert: a, Loose: sp.loose, Hidden: sp.source == "irm"})
	return a
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// techniqueText is the hunting form: a JSON array in a string, or an empty string.
func techniqueText(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return `["` + strings.Join(ids, `","`) + `"]`
}

func (s *scene) alertID(source string) string {
	switch source {
	case "mde", "av", "xdr", "custom", "custom-mde":
		sign := ""
		if s.d.Chance(0.5) {
			sign = "-"
		}
		return fmt.Sprintf("%d_%s%d", 621355968000000000+s.now.UnixNano()/100, sign, s.d.Int32())
	case "mdca":
		return s.d.Hex(12)
	case "ipc":
		return s.d.Hex(32)
	}
	return s.d.GUID()
}

func (s *scene) detector(sp spec) string {
	switch sp.source {
	case "mdca":
		return "MCAS_ALERT_" + strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(sp.title, " ", "_"), "-", "_"))
	case "ipc":
		return strings.ReplaceAll(sp.title, " ", "")
	}
	return dice.New(s.env.Seed, "detector", sp.title).GUID()
}
