package desk

import (
	"errors"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
)

// ErrNotFound is returned for an incident or alert the tenant does not have.
var ErrNotFound = errors.New("not found")

// Merge moves everything but the comments of source into target, unless the rules of the correlation forbid it; it says whether it did.
func Merge(tx *state.Tx, source, target int64) bool {
	s, ok1 := tx.Incident(source)
	t, ok2 := tx.Incident(target)
	if !ok1 || !ok2 || source == target || !open(s) || !open(t) {
		return false
	}
	if s.AssignedTo != t.AssignedTo && s.AssignedTo != "" && t.AssignedTo != "" || s.Classification != t.Classification || s.Determination != t.Determination {
		return false
	}
	t.Alerts = append(t.Alerts, s.Alerts...)
	t.Tags = tags(append(t.Tags, s.Tags...))
	for _, id := range s.Alerts {
		if a, ok := tx.Alert(id); ok {
			a.Incident = target
			tx.TouchAlert(a)
		}
	}
	s.Alerts = []string{}
	s.Status, s.RedirectTo, s.Tags = "redirected", target, []string{}
	if !slices.Contains(s.SystemTags, "Redirected") {
		s.SystemTags = append(s.SystemTags, "Redirected")
	}
	Rename(tx, t)
	tx.Touch(s, Correlation)
	tx.Touch(t, Correlation)
	return true
}

func open(i *state.Incident) bool { return i.Status != "resolved" && i.Status != "redirected" }

// Rename gives the incident the name and severity that follow from its alerts.
func Rename(tx *state.Tx, i *state.Incident) {
	var alerts []*state.Alert
	for _, id := range i.Alerts {
		if a, ok := tx.Alert(id); ok {
			alerts = append(alerts, a)
		}
	}
	if len(alerts) == 0 {
		return
	}
	slices.SortStableFunc(alerts, func(a, b *state.Alert) int { return a.Created.Compare(b.Created) })
	i.Name, i.Severity = story.IncidentName(alerts), story.Severity(alerts)
	i.Priority = map[string]int{"high": 82, "medium": 54, "low": 31, "informational": 12}[i.Severity] + min(len(alerts), 15)
	i.Description = strings.TrimSpace(alerts[0].Description)
}
