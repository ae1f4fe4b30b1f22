// Package rule keeps the Microsoft incident creation rules of the workspaces: one per product out of the box, each a
// function of one alert. They make an incident of every alert that they match; package incident applies them in the
// transaction that stores the alert.
//
// A product whose alerts also come inside incidents of Defender XDR gives two incidents of one alert while its rule is on:
// that is what connecting Defender XDR turns them off for.
package rule

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// Kind is the kind of these rules in Microsoft.SecurityInsights/alertRules.
const Kind = "MicrosoftSecurityIncidentCreation"

// products are the products that a rule can filter by, with the id of the rule that each has out of the box. The names are
// those of SecurityAlert.ProductName and of the rules' productFilter.
var products = []struct{ name, id, title string }{
	{"Microsoft Defender Advanced Threat Protection", "incidents-defender-endpoint", "Microsoft Defender for Endpoint"},
	{"Azure Advanced Threat Protection", "incidents-defender-identity", "Microsoft Defender for Identity"},
	{"Office 365 Advanced Threat Protection", "incidents-defender-office365", "Microsoft Defender for Office 365"},
	{"Microsoft Cloud App Security", "incidents-defender-cloud-apps", "Microsoft Defender for Cloud Apps"},
	{"Azure Active Directory Identity Protection", "incidents-entra-id-protection", "Microsoft Entra ID Protection"},
	{"Azure Security Center", "incidents-defender-cloud", "Microsoft Defender for Cloud"},
}

// boxed are the rules that a fresh workspace has.
func boxed(ws string) []model.IncidentRule {
	var out []model.IncidentRule
	for _, p := range products {
		out = append(out, model.IncidentRule{
			Workspace: ws, ID: p.id, Name: "Create incidents based on " + p.title + " alerts", Enabled: true, Product: p.name, Template: p.id,
			Description: "Makes an incident of every alert of " + p.title + " that is connected on its own.",
		})
	}
	return out
}

// Match returns the first enabled rule that matches the alert: one alert makes one incident at most, however many match.
func Match(rules []model.IncidentRule, a model.Alert) (model.IncidentRule, bool) {
	for _, r := range rules {
		if r.Enabled && matches(r, a) {
			return r, true
		}
	}
	return model.IncidentRule{}, false
}

func matches(r model.IncidentRule, a model.Alert) bool {
	if r.Product != a.ProductName {
		return false
	}
	if r.Severities != nil && !slices.Contains(r.Severities, a.Severity) {
		return false
	}
	named := func(list []string) bool {
		return slices.ContainsFunc(list, func(t string) bool { return strings.Contains(strings.ToLower(a.Title), strings.ToLower(t)) })
	}
	return (r.Names == nil || named(r.Names)) && !named(r.Excludes)
}

// check brings a rule that people wrote into the words of the field, or says what is wrong with it.
func check(r *model.IncidentRule) error {
	if r.ID == "" || len(r.ID) > 100 {
		return fault.New(fault.Invalid, "rule_id", "a rule's id has 1 to 100 characters")
	}
	if r.Name == "" || len(r.Name) > 200 || len(r.Description) > 5000 {
		return fault.New(fault.Invalid, "rule_name", "the rule %s needs a display name of 1 to 200 characters, and a description of at most 5,000", r.ID)
	}
	i := slices.IndexFunc(products, func(p struct{ name, id, title string }) bool { return strings.EqualFold(p.name, r.Product) })
	if i < 0 {
		return fault.New(fault.Invalid, "rule_product", "the rule %s filters by the product %q; it can filter by: %s", r.ID, r.Product, strings.Join(Products(), ", "))
	}
	r.Product = products[i].name
	words := []string{"High", "Medium", "Low", "Informational"}
	for k, s := range r.Severities {
		j := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, s) })
		if j < 0 {
			return fault.New(fault.Invalid, "rule_severity", "the rule %s filters by the severity %q; use High, Medium, Low or Informational", r.ID, s)
		}
		r.Severities[k] = words[j]
	}
	for _, list := range []*[]string{&r.Severities, &r.Names, &r.Excludes} {
		if len(*list) == 0 {
			*list = nil
		}
		if len(*list) > 100 || slices.ContainsFunc(*list, func(s string) bool { return strings.TrimSpace(s) == "" || len(s) > 500 }) {
			return fault.New(fault.Invalid, "rule_filter", "a filter of the rule %s has more than 100 texts, or one that is blank or longer than 500 characters", r.ID)
		}
	}
	return nil
}

// Products are the names that a rule can filter by.
func Products() []string {
	var out []string
	for _, p := range products {
		out = append(out, p.name)
	}
	return out
}
