package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// IncidentName names an incident from its alerts, in the order they were raised, the way the correlation does.
func IncidentName(alerts []*state.Alert) string {
	if len(alerts) == 0 {
		return ""
	}
	var sources, categories []string
	users, devices := map[string]bool{}, map[string]bool{}
	for _, a := range alerts {
		if !slices.Contains(sources, a.ProductName) {
			sources = append(sources, a.ProductName)
		}
		if c := spaced(a.Category); !slices.Contains(categories, c) {
			categories = append(categories, c)
		}
		for _, e := range a.Evidence {
			switch e.Type {
			case "userEvidence":
				users[string(pick(e.Graph, "userPrincipalName"))] = true
			case "deviceEvidence":
				devices[string(pick(e.Graph, "deviceDnsName"))] = true
			}
		}
	}
	on := scope(len(devices), len(users))
	if len(alerts) == 1 {
		return alerts[0].Title + on
	}
	if len(categories) == 1 {
		return fmt.Sprintf("%s incident%s%s", categories[0], on, reportedBy(sources))
	}
	return fmt.Sprintf("Multi-stage incident involving %s & %s%s%s", categories[0], categories[len(categories)-1], on, reportedBy(sources))
}

func scope(devices, users int) string {
	switch {
	case devices == 1:
		return " on one endpoint"
	case devices > 1:
		return " on multiple endpoints"
	case users == 1:
		return " involving one user"
	case users > 1:
		return " involving multiple users"
	}
	return ""
}

func reportedBy(sources []string) string {
	if len(sources) > 1 {
		return " reported by multiple sources"
	}
	return ""
}

// spaced turns InitialAccess into Initial access.
func spaced(category string) string {
	var b strings.Builder
	for i, c := range category {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte(' ')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// pick returns the text of a string property of a JSON object without decoding all of it.
func pick(raw []byte, name string) []byte {
	_, rest, ok := strings.Cut(string(raw), `"`+name+`":"`)
	if !ok {
		return nil
	}
	v, _, _ := strings.Cut(rest, `"`)
	return []byte(v)
}

// Severity returns the highest severity among the alerts.
func Severity(alerts []*state.Alert) string {
	order := []string{"unknown", "informational", "low", "medium", "high"}
	best := 0
	for _, a := range alerts {
		best = max(best, slices.Index(order, a.Severity))
	}
	return order[best]
}
