package desk

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

func tenant(t *testing.T) (*state.Store, *directory.Directory) {
	t.Helper()
	s, err := state.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, directory.New(1, directory.Size{People: 20, Devices: 20})
}

func TestEveryChangeLeavesALegalIncident(t *testing.T) {
	s, dir := tenant(t)
	var id int64
	if err := s.Update(func(tx *state.Tx) error {
		i := &state.Incident{Status: "active", Classification: "unknown", Determination: "unknown"}
		tx.AddIncident(i)
		id = i.ID
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		value := func(name string, choices ...string) Value {
			return Value{Set: rapid.Bool().Draw(t, name+" set"), Null: rapid.IntRange(0, 5).Draw(t, name+" null") == 0, Text: rapid.SampledFrom(choices).Draw(t, name)}
		}
		c := Change{
			Status:         value("status", "active", "RESOLVED", " inProgress", "closed"),
			Classification: value("classification", "TruePositive", "falsepositive", "informationalExpectedActivity", "unknown", "x"),
			Determination:  value("determination", "malware", "Clean", "securityTesting", "other", "notMalicious", "apt", "x"),
			AssignedTo:     value("owner", " Nobody@contoso.com ", "", dir.People[3].UPN), HasTags: rapid.Bool().Draw(t, "tags"), Tags: rapid.SliceOf(rapid.SampledFrom([]string{"a", " A", "b", ""})).Draw(t, "list"),
		}
		before, _ := s.Incident(id)
		err := s.Update(func(tx *state.Tx) error { return Patch(tx, dir, id, c, "me") })
		after, _ := s.Incident(id)
		if err != nil {
			if bad := (*BadRequest)(nil); !errors.As(err, &bad) || after != before {
				t.Fatalf("refused with %v, changed %v", err, after != before)
			}
			return
		}
		if after.Determination != "unknown" && !slices.Contains(legal(after.Classification), after.Determination) {
			t.Fatalf("%s with %s", after.Classification, after.Determination)
		}
		if !after.Updated.After(before.Updated) || after.ModifiedBy != "me" {
			t.Fatalf("stamp %v after %v", after.Updated, before.Updated)
		}
		if len(tags(after.Tags)) != len(after.Tags) || (after.Status == "resolved") == after.Resolved.IsZero() {
			t.Fatalf("%+v", after)
		}
	})
}

func TestMergeRules(t *testing.T) {
	s, _ := tenant(t)
	make2 := func(a, b state.Incident) (int64, int64) {
		if err := s.Update(func(tx *state.Tx) error {
			tx.AddIncident(&a)
			tx.AddIncident(&b)
			tx.AddAlert(&state.Alert{ID: a.Key(), Incident: a.ID, Title: "x", Severity: "low"})
			ai, _ := tx.Incident(a.ID)
			ai.Alerts = []string{a.Key()}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return a.ID, b.ID
	}
	for name, c := range map[string]struct {
		a, b state.Incident
		want bool
	}{
		"both open":            {state.Incident{Status: "active", Tags: []string{"t"}, Comments: []state.Comment{{Text: "c"}}}, state.Incident{Status: "inProgress", AssignedTo: "x"}, true},
		"one closed":           {state.Incident{Status: "resolved"}, state.Incident{Status: "active"}, false},
		"other assignee":       {state.Incident{Status: "active", AssignedTo: "y"}, state.Incident{Status: "active", AssignedTo: "x"}, false},
		"other classification": {state.Incident{Status: "active", Classification: "truePositive"}, state.Incident{Status: "active"}, false},
	} {
		source, target := make2(c.a, c.b)
		got := false
		if err := s.Update(func(tx *state.Tx) error { got = Merge(tx, source, target); return nil }); err != nil {
			t.Fatal(err)
		}
		a, _ := s.Incident(source)
		b, _ := s.Incident(target)
		if got != c.want || (a.Status == "redirected") != c.want {
			t.Errorf("%s: merged %v, source is %s", name, got, a.Status)
		}
		if c.want && (len(a.Alerts) != 0 || len(b.Alerts) != 1 || len(a.Comments) != 1 || len(b.Comments) != 0 || !slices.Contains(b.Tags, "t") || a.RedirectTo != target) {
			t.Errorf("%s: %+v into %+v", name, a, b)
		}
	}
}
