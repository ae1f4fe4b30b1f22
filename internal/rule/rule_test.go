package rule

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

func TestMatch(t *testing.T) {
	const mcas = "Microsoft Cloud App Security"
	alert := model.Alert{ProductName: mcas, Severity: "Medium", Title: "Impossible travel activity"}
	for _, tc := range []struct {
		name string
		rule model.IncidentRule
		want bool
	}{
		{"product alone", model.IncidentRule{Enabled: true, Product: mcas}, true},
		{"off", model.IncidentRule{Product: mcas}, false},
		{"another product", model.IncidentRule{Enabled: true, Product: "Azure Security Center"}, false},
		{"severity", model.IncidentRule{Enabled: true, Product: mcas, Severities: []string{"High", "Medium"}}, true},
		{"another severity", model.IncidentRule{Enabled: true, Product: mcas, Severities: []string{"High"}}, false},
		{"name contains, in any case", model.IncidentRule{Enabled: true, Product: mcas, Names: []string{"x", "TRAVEL"}}, true},
		{"name does not contain", model.IncidentRule{Enabled: true, Product: mcas, Names: []string{"inbox"}}, false},
		{"excluded", model.IncidentRule{Enabled: true, Product: mcas, Names: []string{"travel"}, Excludes: []string{"impossible"}}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, got := Match([]model.IncidentRule{tc.rule}, alert); got != tc.want {
				t.Errorf("matches: %v, want %v", got, tc.want)
			}
		})
	}
	two := []model.IncidentRule{{ID: "a", Enabled: true, Product: mcas}, {ID: "b", Enabled: true, Product: mcas}}
	if r, ok := Match(two, alert); !ok || r.ID != "a" {
		t.Errorf("two rules match: %q", r.ID)
	}
}

func open(t *testing.T) *meta.DB {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestRulesOutOfTheBox(t *testing.T) {
	db := open(t)
	if err := db.SaveConnection(t.Context(), model.Connection{Workspace: "old", Connector: "defender-xdr", Incidents: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second start makes none again
		s, err := New(t.Context(), db, "w", "old")
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.List(t.Context(), "w")
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		if _, err := s.Delete(t.Context(), "w", all[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(t.Context(), db, "w", "old")
	if err != nil {
		t.Fatal(err)
	}
	if on, all, err := s.Count(t.Context(), "w", ""); err != nil || all != len(Products())-2 || on != all {
		t.Errorf("%d of %d rules are on after two were deleted, %v", on, all, err)
	}
	if on, all, err := s.Count(t.Context(), "old", ""); err != nil || all != len(Products()) || on != 0 {
		t.Errorf("a workspace that was connected before has %d of %d rules on, %v", on, all, err)
	}
	if on, all, err := s.Count(t.Context(), "w", "Office 365 Advanced Threat Protection"); err != nil || on != 1 || all != 1 {
		t.Errorf("of one product: %d of %d, %v", on, all, err)
	}
	if err := s.TurnOff(t.Context(), "w", "ann"); err != nil {
		t.Fatal(err)
	}
	if on, _, err := s.Count(t.Context(), "w", ""); err != nil || on != 0 {
		t.Errorf("turned off: %d are on, %v", on, err)
	}
}

func TestSetAndPut(t *testing.T) {
	s, err := New(t.Context(), open(t), "w")
	if err != nil {
		t.Fatal(err)
	}
	const id = "incidents-defender-cloud-apps"
	before, err := s.Get(t.Context(), "w", "INCIDENTS-defender-cloud-apps")
	if err != nil {
		t.Fatal(err)
	}
	off, high := false, []string{"high"}
	got, err := s.Set(t.Context(), "w", id, Change{Enabled: &off, Severities: &high, ETag: `"` + ETag(before) + `"`}, "ann")
	if err != nil || got.Enabled || !cmp.Equal(got.Severities, []string{"High"}) || got.ModifiedBy != "ann" || got.Name != before.Name {
		t.Fatalf("%+v %v", got, err)
	}
	if stored, err := s.Get(t.Context(), "w", id); err != nil || !cmp.Equal(stored, got) {
		t.Errorf("stored (-want +got):\n%s%v", cmp.Diff(got, stored), err)
	}
	for _, tc := range []struct {
		name   string
		change Change
		code   string
	}{
		{"stale etag", Change{Enabled: &off, ETag: ETag(before)}, "etag_mismatch"},
		{"a severity that is none", Change{Severities: &[]string{"Critical"}}, "rule_severity"},
		{"a blank name filter", Change{Names: &[]string{" "}}, "rule_filter"},
		{"no name", Change{Name: new(string)}, "rule_name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := s.Set(t.Context(), "w", id, tc.change, "ann"); fault.CodeOf(err) != tc.code {
				t.Errorf("%v; want %s", err, tc.code)
			}
		})
	}
	if _, err := s.Get(t.Context(), "w", "nope"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such rule: %v", err)
	}
	mine := model.IncidentRule{Workspace: "w", ID: "mine", Name: "Mine", Enabled: true, Product: "azure security center"}
	for _, fresh := range []bool{true, false} {
		r, made, err := s.Put(t.Context(), mine, "", "bob")
		if err != nil || made != fresh || r.Product != "Azure Security Center" {
			t.Errorf("made %v: %+v %v", made, r, err)
		}
	}
	if _, _, err := s.Put(t.Context(), model.IncidentRule{Workspace: "w", ID: "x", Name: "X", Product: "Nothing"}, "", "bob"); fault.CodeOf(err) != "rule_product" {
		t.Errorf("an unknown product: %v", err)
	}
	for _, want := range []bool{true, false} {
		if had, err := s.Delete(t.Context(), "w", "mine"); err != nil || had != want {
			t.Errorf("deleted %v, %v", had, err)
		}
	}
}
