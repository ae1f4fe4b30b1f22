package incident

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

func (s *Service) mustRule(t *testing.T, r model.IncidentRule) {
	t.Helper()
	r.Workspace = ws
	if err := s.db.ChangeIncidents(t.Context(), func(ctx context.Context, tx meta.IncidentTx) error { return tx.PutRule(ctx, r) }); err != nil {
		t.Fatal(err)
	}
}

// TestRulesMakeOneIncidentPerAlert: a rule makes an incident of each new alert that it matches, once, keeps it in step with
// the alert, and the tenant's own incident of the same alert is the duplicate that people are warned of.
func TestRulesMakeOneIncidentPerAlert(t *testing.T) {
	s := service(t)
	s.now = func() time.Time { return start.Add(time.Hour) }
	for _, id := range []string{"a", "b"} { // two rules that match make one incident
		s.mustRule(t, model.IncidentRule{ID: id, Name: "Rule " + id, Enabled: true, Product: "P", Severities: []string{"High"}})
	}
	s.mustMerge(t, tenantIncident("27", 1, nil))
	low := tenantAlert("da2", "27", 2)
	low.Severity = "Low"
	old := tenantAlert("da3", "27", 3)
	old.Created = start.Add(-25 * time.Hour)
	s.mustMergeAlerts(t, tenantAlert("da1", "27", 2), low, old)
	s.mustMergeAlerts(t, tenantAlert("da1", "27", 3))

	list, err := s.List(t.Context(), ws, Filter{Sort: "number"})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d incidents, want the tenant's and one of a rule; %v", len(list), err)
	}
	in := list[0]
	if in.ProviderName != providerLocal {
		in = list[1]
	}
	if in.Title != "Alert da1" || in.Severity != "High" || in.Status != "New" || in.AlertCount != 1 || len(in.RuleIDs) != 1 || in.RuleIDs[0] != "a" || in.Sync.State != model.Local {
		t.Errorf("the rule's incident is %+v", in)
	}
	alerts, err := s.AlertPage(t.Context(), ws, in.Number, 10, 0)
	if err != nil || len(alerts) != 1 || !alerts[0].Updated.Equal(start.Add(3*time.Minute)) {
		t.Errorf("its alerts are %v, %v", alerts, err)
	}
	if beyond, err := s.AlertPage(t.Context(), ws, in.Number, 10, 5); err != nil || len(beyond) != 0 {
		t.Errorf("beyond its alerts: %v, %v", beyond, err)
	}
	if entities, err := s.Entities(t.Context(), ws, in.Number); err != nil || len(entities) == 0 {
		t.Errorf("its entities are %v, %v", entities, err)
	}
	if rules, err := s.db.Incidents().Rules(t.Context(), ws); err != nil || rules[0].Made != 1 || rules[1].Made != 0 {
		t.Errorf("the rules are %+v, %v", rules, err)
	}
	f := &flaky{}
	if err := s.Pump(f).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.sources(), " "); !strings.Contains(got, "alert/da1/2") {
		t.Errorf("rows %s: one alert has one row per version", got)
	}
}

// TestRulesWaitForTheConnector: an alert that is kept aside makes no incident before its product is connected.
func TestRulesWaitForTheConnector(t *testing.T) {
	s := service(t)
	s.now = func() time.Time { return start.Add(time.Hour) }
	s.mustRule(t, model.IncidentRule{ID: "a", Name: "Rule", Enabled: true, Product: "P"})
	if err := s.Hold(t.Context(), ws, map[string]string{Everything: "not connected"}); err != nil {
		t.Fatal(err)
	}
	s.mustMergeAlerts(t, tenantAlert("da1", "27", 2))
	if list, err := s.List(t.Context(), ws, Filter{}); err != nil || len(list) != 0 {
		t.Fatalf("kept aside, but %d incidents; %v", len(list), err)
	}
	if err := s.Hold(t.Context(), ws, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Release(t.Context(), ws); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.List(t.Context(), ws, Filter{}); err != nil || len(list) != 1 || list[0].AlertCount != 1 {
		t.Errorf("connected: %v, %v", list, err)
	}
}
