package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/state"
	"github.com/vedette-siem/vedette/internal/simtenant/story"
)

// ErrNotFound is returned for an incident or alert the tenant does not have.
var ErrNotFound = errors.New("not found")

// Unmergeable says why the rules of the correlation forbid to merge source into target, "" if they do not.
func Unmergeable(tx *state.Tx, source, target int64) string {
	s, ok1 := tx.Incident(source)
	t, ok2 := tx.Incident(target)
	switch {
	case !ok1 || !ok2:
		return "One of the incidents does not exist."
	case source == target:
		return "An incident cannot be merged with itself."
	case !open(s) || !open(t):
		return fmt.Sprintf("Incidents %d and %d cannot be merged: one of them is closed.", source, target)
	case s.AssignedTo != t.AssignedTo && s.AssignedTo != "" && t.AssignedTo != "":
		return fmt.Sprintf("Incidents %d and %d cannot be merged: they are assigned to different people.", source, target)
	case s.Classification != t.Classification || s.Determination != t.Determination:
		return fmt.Sprintf("Incidents %d and %d cannot be merged: they are classified differently.", source, target)
	}
	return ""
}

// Merge moves everything but the comments of source into target, unless the rules of the correlation forbid it; it says whether it did.
func Merge(tx *state.Tx, source, target int64) bool { return merge(tx, source, target, Correlation) }

// MergeBy is Merge by a person, who is told why when it is forbidden.
func MergeBy(tx *state.Tx, source, target int64, by string) error {
	if why := Unmergeable(tx, source, target); why != "" {
		return refuse("%s", why)
	}
	merge(tx, source, target, by)
	return nil
}

func merge(tx *state.Tx, source, target int64, by string) bool {
	if Unmergeable(tx, source, target) != "" {
		return false
	}
	s, _ := tx.Incident(source)
	t, _ := tx.Incident(target)
	t.Alerts = append(t.Alerts, s.Alerts...)
	t.Tags = tags(append(t.Tags, s.Tags...))
	t.Hidden = t.Hidden && s.Hidden
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
	tx.Touch(s, by)
	tx.Touch(t, by)
	return true
}

// Move takes alerts out of their incidents and puts them into target, or into a new incident when target is 0. It returns the incident they are in.
// Every alert belongs to an incident: one that loses its last alert is closed.
func Move(tx *state.Tx, alerts []string, target int64, by string) (int64, error) {
	if len(alerts) == 0 {
		return 0, refuse("Name at least one alert.")
	}
	for _, id := range alerts {
		if _, ok := tx.Alert(id); !ok {
			return 0, fmt.Errorf("alert %s: %w", id, ErrNotFound)
		}
	}
	t, ok := tx.Incident(target)
	switch {
	case target == 0:
		t = &state.Incident{Status: "active", Classification: "unknown", Determination: "unknown", Created: tx.Now, Updated: tx.Now, ModifiedBy: by, Tags: []string{}, SystemTags: []string{}, Live: true}
		tx.AddIncident(t)
	case !ok:
		return 0, fmt.Errorf("incident %d: %w", target, ErrNotFound)
	case !open(t):
		return 0, refuse("Alerts cannot be moved into incident %d: it is closed.", target)
	}
	for _, id := range alerts {
		a, _ := tx.Alert(id)
		if a.Incident == t.ID {
			continue
		}
		if from, ok := tx.Incident(a.Incident); ok {
			from.Alerts = slices.DeleteFunc(slices.Clone(from.Alerts), func(x string) bool { return x == id })
			if len(from.Alerts) == 0 && open(from) {
				from.Status, from.Resolved = "resolved", tx.Now
			}
			Rename(tx, from)
			tx.Touch(from, by)
		}
		a.Incident = t.ID
		t.Alerts = append(t.Alerts, id)
		tx.TouchAlert(a)
	}
	Rename(tx, t)
	tx.Touch(t, by)
	return t.ID, nil
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
