package ueba

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// tenant answers what a test says about sensors.
type tenant struct {
	state string
	asked int
}

func (p *tenant) Prerequisites(context.Context) []Prerequisite {
	p.asked++
	return []Prerequisite{{ID: "identity-licence", State: Met}, {ID: "identity-sensor", State: p.state, Remedy: "Install a sensor."}}
}

func open(t *testing.T, dir string) *meta.DB {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func config(db *meta.DB) Config {
	return Config{Store: db, Encode: func(r model.Row) (string, error) {
		b, err := json.Marshal(r)
		return string(b), err
	}}
}

func service(t *testing.T, p Prober) (*Service, *meta.DB) {
	t.Helper()
	db := open(t, t.TempDir())
	s, err := New(t.Context(), config(db), Workspace{ID: "w", TenantID: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if p != nil {
		s.SetProber("w", p)
	}
	return s, db
}

func on(dirs ...string) Change {
	yes := true
	return Change{Enabled: &yes, Directories: &dirs}
}

func TestActiveDirectoryNeedsASensor(t *testing.T) {
	for _, tc := range []struct {
		name, state string
		prober      bool
		dirs        []string
		refused     string
	}{
		{"healthy", Met, true, []string{"ActiveDirectory"}, ""},
		{"none", NotMet, true, []string{"ActiveDirectory"}, "Install a sensor."},
		{"cannot be checked never blocks", Unknown, true, []string{"activedirectory"}, ""},
		{"Entra ID needs none", NotMet, true, []string{"AzureActiveDirectory"}, ""},
		{"both", NotMet, true, []string{"ActiveDirectory", "AzureActiveDirectory"}, "Install a sensor."},
		{"no tenant", Met, false, []string{"ActiveDirectory"}, "no tenant is configured"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p Prober
			if tc.prober {
				p = &tenant{state: tc.state}
			}
			s, _ := service(t, p)
			err := s.Set(t.Context(), "w", on(tc.dirs...), "ada")
			if tc.refused == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), tc.refused) {
				t.Fatalf("got %v, want a conflict that says %q", err, tc.refused)
			}
			v, err := s.Show(t.Context(), "w")
			if err != nil || v.Enabled || v.Directories[0].Selected || v.Directories[0].Refused == "" {
				t.Errorf("after a refusal: %+v, %v", v, err)
			}
		})
	}
}

func TestChoiceOutlivesTheProcess(t *testing.T) {
	p := &tenant{state: Met}
	s, db := service(t, p)
	if err := s.Set(t.Context(), "w", on("AzureActiveDirectory", "ActiveDirectory", "ActiveDirectory"), "ada"); err != nil {
		t.Fatal(err)
	}
	again, err := New(t.Context(), config(db), Workspace{ID: "w"})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := again.watch(again.workspaces["w"])
	if !c.Enabled || c.ChangedBy != "ada" || c.Version != 1 || cmp.Diff([]string{"ActiveDirectory", "AzureActiveDirectory"}, c.Directories) != "" {
		t.Errorf("read back %+v", c)
	}
	// What is on already is not checked again, and the same choice is no change.
	p.state = NotMet
	asked := p.asked
	if err := s.Set(t.Context(), "w", on("ActiveDirectory", "AzureActiveDirectory"), "bob"); err != nil || p.asked != asked {
		t.Errorf("repeating the choice: %v, asked %d times", err, p.asked-asked)
	}
	if c, _ := s.watch(s.workspaces["w"]); c.Version != 1 || c.ChangedBy != "ada" {
		t.Errorf("repeating the choice changed it: %+v", c)
	}
}

func TestStaleEtag(t *testing.T) {
	s, db := service(t, &tenant{state: Met})
	if err := s.Set(t.Context(), "w", on("AzureActiveDirectory"), "ada"); err != nil {
		t.Fatal(err)
	}
	c := on()
	c.Etag = `"0"`
	if err := s.Set(t.Context(), "w", c, "bob"); fault.CodeOf(err) != "etag_mismatch" {
		t.Errorf("stale etag: %v", err)
	}
	c.Etag = `"1"`
	if err := s.Set(t.Context(), "w", c, "bob"); err != nil {
		t.Error(err)
	}
	// Another process was faster.
	if err := db.SaveEntityBehavior(t.Context(), model.EntityBehavior{Workspace: "w", Version: 2}); fault.CodeOf(err) != "etag_mismatch" {
		t.Errorf("overtaken: %v", err)
	}
}

func TestUnknownNames(t *testing.T) {
	s, _ := service(t, &tenant{state: Met})
	if err := s.Set(t.Context(), "w", on("Okta"), "ada"); fault.CodeOf(err) != "ueba_unknown_name" {
		t.Error(err)
	}
	if err := s.Set(t.Context(), "w", Change{DataSources: &[]string{"x"}}, "ada"); fault.CodeOf(err) != "ueba_unknown_name" {
		t.Error(err)
	}
	if err := s.Set(t.Context(), "nope", on(), "ada"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

// TestSettings walks the settings of Resource Manager: none, EntityAnalytics, Ueba beside it, none.
func TestSettings(t *testing.T) {
	s, _ := service(t, &tenant{state: Met})
	ctx := t.Context()
	if _, _, err := s.PutSetting(ctx, "w", "Ueba", SettingChange{DataSources: []string{"SigninLogs"}}, "ada"); fault.CodeOf(err) != "ueba_off" {
		t.Errorf("data sources while off: %v", err)
	}
	v, created, err := s.PutSetting(ctx, "w", "entityanalytics", SettingChange{Kind: "EntityAnalytics", EntityProviders: []string{"AzureActiveDirectory"}}, "ada")
	if err != nil || !created || v.Kind != "EntityAnalytics" || v.Etag != `"1"` {
		t.Fatalf("%+v %v %v", v, created, err)
	}
	if _, created, err = s.PutSetting(ctx, "w", "EntityAnalytics", SettingChange{Etag: v.Etag, EntityProviders: []string{"ActiveDirectory"}}, "ada"); err != nil || created {
		t.Errorf("second put: %v %v", created, err)
	}
	if _, _, err := s.PutSetting(ctx, "w", "EntityAnalytics", SettingChange{Etag: v.Etag}, "ada"); fault.CodeOf(err) != "etag_mismatch" {
		t.Errorf("stale: %v", err)
	}
	if _, err := s.Setting("w", "Ueba"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Ueba without data sources: %v", err)
	}
	if _, created, err := s.PutSetting(ctx, "w", "Ueba", SettingChange{DataSources: []string{"SigninLogs", "auditlogs"}}, "ada"); err != nil || !created {
		t.Errorf("%v %v", created, err)
	}
	all, err := s.Settings("w")
	if err != nil || len(all) != 2 || cmp.Diff(map[string]any{"dataSources": []string{"AuditLogs", "SigninLogs"}}, all[1].Properties) != "" {
		t.Errorf("%+v %v", all, err)
	}
	if was, err := s.DeleteSetting(ctx, "w", "EntityAnalytics", "ada"); !was || err != nil {
		t.Errorf("delete: %v %v", was, err)
	}
	if was, err := s.DeleteSetting(ctx, "w", "EntityAnalytics", "ada"); was || err != nil {
		t.Errorf("delete again: %v %v", was, err)
	}
	if all, _ := s.Settings("w"); len(all) != 0 {
		t.Errorf("still %+v", all)
	}
	if _, err := s.Setting("w", "Nope"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}
