package directory

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	simdir "github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// TestTheSamePeopleByBothWays follows one tenant through Microsoft Entra ID and its domain controller at once: everybody is
// one person with what both know.
func TestTheSamePeopleByBothWays(t *testing.T) {
	s := startSamba(t)
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	b, err := ueba.New(t.Context(), ueba.Config{Store: db, Encode: func(r model.Row) (string, error) {
		raw, err := json.Marshal(r)
		return string(raw), err
	}}, ueba.Workspace{ID: "w", TenantID: "t"})
	must(t, err)
	l, err := NewLDAP(s.plain)
	must(t, err)
	b.Add("w", NewEntra(entraOf(s.dir), 0))
	b.Add("w", l)
	on, dirs := true, []string{model.ActiveDirectory, model.AzureActiveDirectory}
	must(t, b.Set(t.Context(), "w", ueba.Change{Enabled: &on, Directories: &dirs}, "ada")) // a domain controller needs no sensor

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	deadline := time.Now().Add(30 * time.Second)
	for {
		v, err := b.Show(t.Context(), "w")
		must(t, err)
		if v.Directories[0].State == "connected" && v.Directories[1].State == "connected" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not connected: %+v", v)
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	must(t, <-done)

	waiting, err := db.Incidents().Events(t.Context(), "w", 1<<20)
	must(t, err)
	newest := map[string]map[string]any{}
	for _, e := range waiting {
		var r model.Row
		must(t, json.Unmarshal([]byte(e.Body), &r))
		sid, _ := r.Values["AccountSID"].(string)
		newest[sid] = r.Values
	}
	hybrid := 0
	for _, u := range s.dir.Users {
		if u.SID == "" || u.ObjectID == "" {
			continue
		}
		hybrid++
		v := newest[u.SID]
		if v["AccountObjectId"] != u.ObjectID || v["SourceSystem"] != "Hybrid" || v["OnPremisesDistinguishedName"] != u.DN || v["UserAccountControl"] == nil || v["UserType"] != "Member" {
			t.Errorf("%s: %v", u.UPN, v)
		}
	}
	if hybrid < 60 {
		t.Errorf("%d people in both", hybrid)
	}
}

// entraOf is what Microsoft Graph would say of a directory's users.
func entraOf(dir *simdir.Directory) *entraGraph {
	g := &entraGraph{changes: map[string][]msgraph.GroupChange{"": nil}}
	for _, u := range dir.Users {
		if u.ObjectID != "" {
			g.users = append(g.users, msgraph.DirectoryUser{ID: u.ObjectID, UserPrincipalName: u.UPN, DisplayName: u.Name, OnPremisesSID: u.SID, UserType: "Member"})
		}
	}
	return g
}
