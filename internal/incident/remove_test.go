package incident

import (
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// TestRemove: an incident that was made here goes, and its last row says so; the alert that it was made of stays, makes no
// second one, and goes on being read.
func TestRemove(t *testing.T) {
	s := service(t)
	s.now = func() time.Time { return start.Add(time.Hour) }
	s.mustRule(t, model.IncidentRule{ID: "a", Name: "Rule a", Enabled: true, Product: "P"})
	s.mustMerge(t, tenantIncident("27", 1, nil))
	s.mustMergeAlerts(t, tenantAlert("da1", "27", 2))
	list, err := s.List(t.Context(), ws, Filter{Sort: "number"})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d incidents, %v", len(list), err)
	}
	var tenants, made model.Incident
	for _, in := range list {
		if in.ProviderName == providerLocal {
			made = in
		} else {
			tenants = in
		}
	}
	if had, err := s.Remove(t.Context(), ws, tenants.Name, Actor{Name: "ana"}); had || fault.KindOf(err) != fault.Conflict || fault.CodeOf(err) != "incident_of_tenant" {
		t.Errorf("the tenant's: %v, %v", had, err)
	}
	for _, want := range []bool{true, false} {
		if had, err := s.Remove(t.Context(), ws, made.Name, Actor{Name: "ana"}); err != nil || had != want {
			t.Fatalf("%v, %v; want %v", had, err, want)
		}
	}
	if _, err := s.Get(t.Context(), ws, made.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("it is still there: %v", err)
	}
	if lines, err := s.db.Incidents().CountActivities(t.Context(), ws, made.Number); err != nil || lines != 0 {
		t.Errorf("its history: %v, %v", lines, err)
	}
	rows, err := s.db.Incidents().Events(t.Context(), ws, 100)
	if err != nil {
		t.Fatal(err)
	}
	last, err := decodeEvent(rows[len(rows)-1].Body)
	if err != nil {
		t.Fatal(err)
	}
	if in := last.Incident; in == nil || in.Number != made.Number || in.Status != "Closed" || in.Classification != "Undetermined" || !strings.Contains(in.ClassificationNote, "Deleted by ana") ||
		!in.Modified.After(made.Modified) || in.Closed.IsZero() {
		t.Errorf("its last row is %+v", in)
	}

	s.mustMergeAlerts(t, tenantAlert("da1", "27", 3))
	if list, err = s.List(t.Context(), ws, Filter{}); err != nil || len(list) != 1 || list[0].AlertCount != 1 {
		t.Errorf("%d incidents after a new version of the alert, %v", len(list), err)
	}
}
