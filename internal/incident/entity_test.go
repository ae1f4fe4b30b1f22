package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// withEntities returns an alert that tells of the entities.
func withEntities(id, incident string, v int64, entities ...string) model.Alert {
	a := tenantAlert(id, incident, v)
	a.Hash = strings.Join(entities, "|") + incident
	a.Entities = nil
	for i, e := range entities {
		a.Entities = append(a.Entities, json.RawMessage(strings.Replace(e, "{", fmt.Sprintf(`{"$id":"%d",`, i+2), 1)))
	}
	return a
}

func (s *Service) mustMergeAlerts(t testing.TB, alerts ...model.Alert) {
	t.Helper()
	if _, err := s.Sink(ws).MergeAlerts(t.Context(), alerts, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

const (
	byAAD  = `{"Type":"account","AadUserId":"9d2e","DisplayName":"Megan"}`
	bySID  = `{"Type":"account","Sid":"S-1-5-21-1-2-3-500","Name":"meganb","NTDomain":"CONTOSO"}`
	byBoth = `{"Type":"account","Name":"meganb","UPNSuffix":"contoso.com","AadUserId":"9D2E","Sid":"S-1-5-21-1-2-3-500"}`
	anIP   = `{"Type":"ip","Address":"203.0.113.7"}`
)

func TestOneEntityPerRealThing(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("1", 1, nil), tenantIncident("2", 1, nil), tenantIncident("3", 1, nil))
	s.mustMergeAlerts(t, withEntities("a1", "1", 1, byAAD, anIP), withEntities("a2", "2", 2, bySID, anIP))
	find := func() []string {
		list, err := s.FindEntities(t.Context(), ws, EntityFilter{Kind: "Account"})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range list {
			out = append(out, fmt.Sprintf("%s in %d", e.Label, e.Incidents))
		}
		return out
	}
	if diff := cmp.Diff([]string{"Megan in 1", `CONTOSO\meganb in 1`}, find()); diff != "" {
		t.Errorf("before an alert gives both names (-want +got):\n%s", diff)
	}
	s.mustMergeAlerts(t, withEntities("a3", "3", 3, byBoth))
	if diff := cmp.Diff([]string{"meganb@contoso.com in 3"}, find()); diff != "" {
		t.Errorf("after an alert gave both names (-want +got):\n%s", diff)
	}
	list, err := s.FindEntities(t.Context(), ws, EntityFilter{Text: "meganb@"})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	e, err := s.Entity(t.Context(), ws, list[0].ID+2) // the number that was given up leads to the one that stayed
	if err != nil || e.ID != list[0].ID || len(e.InAlerts) != 3 || len(e.InIncidents) != 3 {
		t.Errorf("entity %d with %d alerts in %d incidents, %v", e.ID, len(e.InAlerts), len(e.InIncidents), err)
	}
	if !e.FirstSeen.Before(e.LastSeen) {
		t.Errorf("first seen %s, last seen %s", e.FirstSeen, e.LastSeen)
	}
	if _, err := s.Entity(t.Context(), ws, 999); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown entity: %v", err)
	}
}

func TestRelatedIncidents(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("1", 1, nil), tenantIncident("2", 1, nil), tenantIncident("3", 1, nil), tenantIncident("4", 1, nil))
	s.mustMergeAlerts(t, withEntities("a1", "1", 1, byBoth, anIP), withEntities("a2", "2", 2, anIP), withEntities("a3", "3", 3, byAAD, anIP),
		withEntities("a4", "4", 4, `{"Type":"url","Url":"https://example.com"}`))
	got := func() (out []string) {
		list, err := s.Related(t.Context(), ws, 1, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			shared := []string{}
			for _, e := range r.Shared {
				shared = append(shared, e.Label)
			}
			out = append(out, r.ProviderIncidentID+": "+strings.Join(shared, ", "))
		}
		return out
	}
	if diff := cmp.Diff([]string{"3: meganb@contoso.com, 203.0.113.7", "2: 203.0.113.7"}, got()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	moved := withEntities("a3", "4", 9, byAAD, anIP)
	s.mustMergeAlerts(t, moved)
	if diff := cmp.Diff([]string{"4: meganb@contoso.com, 203.0.113.7", "2: 203.0.113.7"}, got()); diff != "" {
		t.Errorf("after an alert has moved (-want +got):\n%s", diff)
	}
	entities, err := s.Entities(t.Context(), ws, 3)
	if err != nil || len(entities) != 0 {
		t.Errorf("the incident that lost its alert still has %d entities, %v", len(entities), err)
	}
}

func TestAlertsOfAnOlderVersionAreIndexed(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("1", 1, nil))
	s.mustMergeAlerts(t, withEntities("a1", "1", 1, anIP))
	for _, stmt := range []string{"DELETE FROM entities", "DELETE FROM entity_keys", "DELETE FROM entity_links", "UPDATE incident_alerts SET indexed = 0"} {
		if _, err := s.db.Write().ExecContext(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.indexAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Entities(t.Context(), ws, 1); err != nil || len(list) != 1 || list[0].Label != "203.0.113.7" {
		t.Errorf("%+v %v", list, err)
	}
}

// TestEntitiesDoNotDependOnTheOrderOfAlerts checks the index against what it means: entities are the connected parts of
// the names that alerts give together, whatever comes first and however often.
func TestEntitiesDoNotDependOnTheOrderOfAlerts(t *testing.T) {
	s := service(t)
	space := 0
	rapid.Check(t, func(rt *rapid.T) {
		space++
		type account struct{ aad, sid, upn int }
		accounts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) account {
			return account{rapid.IntRange(0, 3).Draw(t, "aad"), rapid.IntRange(0, 3).Draw(t, "sid"), rapid.IntRange(0, 3).Draw(t, "upn")}
		}), 1, 6).Draw(rt, "accounts")
		names := func(a account) (out []string) {
			for _, n := range []struct {
				kind string
				n    int
			}{{"aad", a.aad}, {"sid", a.sid}, {"upn", a.upn}} {
				if n.n > 0 {
					out = append(out, fmt.Sprintf("%s%d-%d", n.kind, space, n.n))
				}
			}
			return out
		}
		var alerts []model.Alert
		for i, a := range accounts {
			m := map[string]any{"Type": "account"}
			for _, n := range names(a) {
				switch n[:3] {
				case "aad":
					m["AadUserId"] = n
				case "sid":
					m["Sid"] = "S-1-5-21-" + n
				default:
					m["Name"], m["UPNSuffix"] = n, "example.com"
				}
			}
			b, err := json.Marshal(m)
			if err != nil {
				rt.Fatal(err)
			}
			if len(names(a)) > 0 {
				alerts = append(alerts, withEntities(fmt.Sprintf("s%d-%d", space, i), "", 1, string(b)))
			}
		}
		if _, err := s.Sink(ws).MergeAlerts(t.Context(), rapid.Permutation(alerts).Draw(rt, "order"), time.Time{}); err != nil {
			rt.Fatal(err)
		}
		var parts [][]string
		for _, a := range accounts {
			part := names(a)
			parts = slices.DeleteFunc(parts, func(p []string) bool {
				if slices.ContainsFunc(p, func(n string) bool { return slices.Contains(part, n) }) {
					part = append(part, p...)
					return true
				}
				return false
			})
			if len(part) > 0 {
				parts = append(parts, part)
			}
		}
		var n int
		if err := s.db.Read().NewSelect().Table("entity_links").ColumnExpr("count(DISTINCT entity)").Where("alert LIKE ?", fmt.Sprintf("s%d-%%", space)).Scan(t.Context(), &n); err != nil {
			rt.Fatal(err)
		}
		if n != len(parts) {
			rt.Fatalf("%d entities for %d real accounts: %v", n, len(parts), parts)
		}
	})
}
