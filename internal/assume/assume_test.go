package assume

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/simtenant"
)

var updateDocs = flag.Bool("update-docs", false, "write docs/assumptions.md")

// tenant starts a simulated tenant and returns a client of it, and what sets its modes.
func tenant(t *testing.T) (*msgraph.Client, func(modes string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan simtenant.Info, 1), make(chan error, 1)
	cfg := simtenant.Config{
		Dir: t.TempDir(), Seed: 7, Size: simtenant.Size{People: 40, Devices: 50, Incidents: 120, Span: 30 * 24 * time.Hour, Events: 2000},
		Ready: func(i simtenant.Info) { ready <- i },
	}
	go func() { done <- simtenant.Run(ctx, cfg) }()
	var info simtenant.Info
	select {
	case info = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(info.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := msgraph.New(msgraph.Config{
		TenantID: info.TenantID, Cloud: "custom", Authority: info.Token, Graph: info.Graph, CAFile: info.CAFile, ClientID: info.ClientID, ClientSecretFile: secret,
		Limiter: msgraph.NewLimiter(msgraph.Limits{PerMinute: 6000, PerHour: 600000}, ""), OtherLimiter: msgraph.NewLimiter(msgraph.Limits{PerMinute: 6000, PerHour: 600000}, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, func(modes string) {
		t.Helper()
		resp, err := http.Post(strings.TrimRight(info.Control, "/")+"/modes", "application/json", strings.NewReader(modes))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode >= 300 {
			t.Fatalf("setting modes %s: %s", modes, resp.Status)
		}
	}
}

func findings(t *testing.T, tn Tenant) map[string]Finding {
	t.Helper()
	rep, err := Run(t.Context(), tn)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Finding{}
	for _, f := range rep.Findings {
		out[f.ID] = f
	}
	if len(out) != len(list) {
		t.Fatalf("%d findings about %d assumptions", len(out), len(list))
	}
	return out
}

// bent changes answers of a tenant on their way.
type bent struct {
	Tenant
	look func(path string, q url.Values, a *msgraph.Answer)
	hunt func(query string, a *msgraph.Answer)
}

func (b bent) Look(ctx context.Context, path string, q url.Values) (msgraph.Answer, error) {
	a, err := b.Tenant.Look(ctx, path, q)
	if err == nil && b.look != nil {
		b.look(path, q, &a)
	}
	return a, err
}

func (b bent) LookHunting(ctx context.Context, body map[string]any) (msgraph.Answer, error) {
	a, err := b.Tenant.LookHunting(ctx, body)
	if err == nil && b.hunt != nil {
		q, _ := body["Query"].(string)
		b.hunt(q, &a)
	}
	return a, err
}

// swap replaces text in the answers to paths with the beginning.
func swap(prefix, old, new string) func(string, url.Values, *msgraph.Answer) {
	return func(path string, _ url.Values, a *msgraph.Answer) {
		if strings.HasPrefix(path, prefix) {
			a.Body = bytes.ReplaceAll(a.Body, []byte(old), []byte(new))
		}
	}
}

// TestTheSimulatedTenantHoldsThem tests the simulated tenant, and that every test notices a tenant that is otherwise.
func TestTheSimulatedTenantHoldsThem(t *testing.T) {
	c, modes := tenant(t)
	modes(`{"orderby":"true","newestBy":"lastUpdateDateTime","lag":"0s","expandLimit":"0","huntCalls":100000,"huntCPU":"1h"}`)
	first := findings(t, c)
	for i := 0; i < 100 && first["alerts-hunting-id"].State != Holds; i++ { // its events are still being made
		time.Sleep(200 * time.Millisecond)
		first = findings(t, c)
	}
	for _, a := range list {
		f := first[a.ID]
		switch {
		case a.test == nil && f.State != Untested, a.test != nil && f.State != Holds:
			t.Errorf("%s: %s: %s", a.ID, f.State, f.Seen)
		case strings.Contains(f.Seen, "@") && strings.Contains(f.Seen, "contoso"):
			t.Errorf("%s tells of the tenant's data: %s", a.ID, f.Seen)
		}
	}
	modes(`{"orderby":"false","newestBy":"createdDateTime"}`)
	other := findings(t, c)
	for id, says := range map[string][2]string{"incidents-orderby": {"honoured", "ignored"}, "incidents-order": {"lastUpdateDateTime", "createdDateTime"}} {
		if !strings.Contains(first[id].Seen, says[0]) || !strings.Contains(other[id].Seen, says[1]) {
			t.Errorf("%s: %q, then %q", id, first[id].Seen, other[id].Seen)
		}
	}

	bodyOf := func(prefix, body string, status int) func(string, url.Values, *msgraph.Answer) {
		return func(path string, _ url.Values, a *msgraph.Answer) {
			if strings.HasPrefix(path, prefix) {
				a.Status, a.Body = status, []byte(body)
			}
		}
	}
	huntSwap := func(old, new string) func(string, *msgraph.Answer) {
		return func(_ string, a *msgraph.Answer) { a.Body = bytes.ReplaceAll(a.Body, []byte(old), []byte(new)) }
	}
	for _, tc := range []struct {
		id   string
		bend bent
		want State
	}{
		{"organization", bent{look: bodyOf("/organization", `{"value":[{"id":"other"}]}`, 200)}, Differs},
		{"organization", bent{look: bodyOf("/organization", `{"error":{"code":"Authorization_RequestDenied"}}`, 403)}, Unclear},
		{"error-shape", bent{look: bodyOf("/security/incidents/", `{"error":"no"}`, 404)}, Differs},
		{"error-shape", bent{look: bodyOf("/security/incidents/", `{}`, 400)}, Differs},
		{"date-header", bent{look: func(_ string, _ url.Values, a *msgraph.Answer) { a.Header = http.Header{} }}, Differs},
		{"incidents-window", bent{look: swap("/security/incidents", `"lastUpdateDateTime":"20`, `"lastUpdateDateTime":"21`)}, Differs},
		{"incidents-top", bent{look: func(_ string, q url.Values, a *msgraph.Answer) {
			if q.Get("$top") == "51" {
				a.Status, a.Body = 200, []byte(`{"value":[]}`)
			}
		}}, Differs},
		{"incidents-count", bent{look: swap("/security/incidents", `"@odata.count":`, `"@odata.count":1,"x":`)}, Differs},
		{"incidents-count", bent{look: swap("/security/incidents", `"@odata.count":`, `"x":`)}, Differs},
		{"incidents-pages", bent{look: func(path string, q url.Values, a *msgraph.Answer) {
			if strings.Contains(path, "skiptoken") {
				again, err := c.Look(t.Context(), "/security/incidents", url.Values{"$top": {"50"}})
				if err != nil {
					t.Error(err)
				}
				a.Body = again.Body
			}
		}}, Differs},
		{"incidents-orderby", bent{look: func(_ string, q url.Values, a *msgraph.Answer) {
			if q.Get("$orderby") != "" {
				a.Status, a.Body = 400, []byte(`{"error":{"code":"BadRequest"}}`)
			}
		}}, Differs},
		{"incidents-order", bent{look: func(_ string, q url.Values, a *msgraph.Answer) {
			var m struct {
				Value []json.RawMessage `json:"value"`
			}
			if q.Get("$count") != "" && json.Unmarshal(a.Body, &m) == nil && len(m.Value) > 3 {
				m.Value[0], m.Value[2], m.Value[1] = m.Value[2], m.Value[0], m.Value[len(m.Value)-1]
				a.Body, _ = json.Marshal(m)
			}
		}}, Differs},
		{"incidents-fields", bent{look: swap("/security/incidents", `"summary":`, `"digest":`)}, Differs},
		{"incidents-status", bent{look: swap("/security/incidents", `"status":"active"`, `"status":"onFire"`)}, Differs},
		{"incidents-redirect", bent{look: swap("/security/incidents", `"redirectIncidentId":"`, `"x":"`)}, Differs},
		{"incidents-comments", bent{look: swap("/security/incidents", `"createdByDisplayName":`, `"createdBy":`)}, Differs},
		{"incidents-expand", bent{look: func(_ string, q url.Values, a *msgraph.Answer) {
			if q.Get("$expand") == "alerts" {
				a.Status = 500
			}
		}}, Differs},
		{"alerts-window", bent{look: func(path string, q url.Values, a *msgraph.Answer) {
			if strings.HasPrefix(path, "/security/alerts_v2") && strings.Contains(q.Get("$filter"), " ge ") {
				a.Body = []byte(`{"value":[]}`)
			}
		}}, Differs},
		{"alerts-incident", bent{look: swap("/security/alerts_v2", `"incidentId":`, `"x":`)}, Differs},
		{"alerts-evidence", bent{look: swap("/security/alerts_v2", `#microsoft.graph.security.`, `#other.`)}, Differs},
		{"alerts-hunting-id", bent{hunt: func(q string, a *msgraph.Answer) {
			if strings.HasPrefix(q, "AlertInfo | where") {
				a.Body = []byte(`{"schema":[],"results":[]}`)
			}
		}}, Differs},
		{"hunting-body", bent{hunt: func(q string, a *msgraph.Answer) { a.Status = 400 }}, Differs},
		{"hunting-schema", bent{hunt: huntSwap(`"name":`, `"Name":`)}, Differs},
		{"hunting-refusal", bent{hunt: func(_ string, a *msgraph.Answer) { a.Status, a.Body = 200, []byte(`{"results":[]}`) }}, Differs},
		{"hunting-bool", bent{hunt: huntSwap(`"IsAccountEnabled":1`, `"IsAccountEnabled":"yes"`)}, Differs},
		{"identity-info", bent{hunt: huntSwap(`OnPremSid`, `Sid`)}, Differs},
		{"users-manager", bent{look: bodyOf("/users", `{"error":{"code":"Request_BadRequest"}}`, 400)}, Differs},
		{"groups-delta", bent{look: swap("", `@odata.deltaLink`, `x`)}, Differs},
		{"groups-delta", bent{look: swap("", `members@delta`, `members`)}, Unclear},
		{"role-members", bent{look: swap("/directoryRoles/", `"@odata.type"`, `"x"`)}, Differs},
		{"sensors", bent{look: swap("/security/identities/sensors", `"healthStatus"`, `"x"`)}, Differs},
		{"sensors", bent{look: bodyOf("/security/identities/sensors", `{"value":[]}`, 200)}, Unclear},
		{"identity-accounts", bent{look: swap("/security/identities", `"onPremisesSecurityIdentifier"`, `"x"`)}, Differs},
		{"identity-accounts", bent{look: bodyOf("/security/identities/identityAccounts", `<html>`, 502)}, Unclear},
	} {
		tc.bend.Tenant = c
		for _, a := range list {
			if a.ID != tc.id {
				continue
			}
			token, err := c.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r := &run{Tenant: tc.bend, now: time.Now(), token: token}
			if got, seen := r.judge(t.Context(), a); got != tc.want {
				t.Errorf("%s: %s (%s); want %s", tc.id, got, seen, tc.want)
			}
		}
	}
}

// TestTheListIsSound checks ids and the document.
func TestTheListIsSound(t *testing.T) {
	seen := map[string]bool{}
	var b strings.Builder
	b.WriteString("# What is taken for granted about the tenant\n\nWritten by `go test ./internal/assume -run TestTheListIsSound -update-docs`; do not edit.\n\n" +
		"The documents of Microsoft Graph and Defender XDR leave questions open. This is how Vedette and its simulated tenant answer them, and what would go wrong otherwise.\n" +
		"`vedette connector probe` tests them against a connected tenant with about thirty requests that change nothing, and prints what it saw without the tenant's data.\n" +
		"An answer that differs here is worth a report.\n")
	area := ""
	for _, a := range list {
		if a.ID == "" || seen[a.ID] || a.Text == "" || a.Relies == "" || (a.test == nil) == (a.Why == "") {
			t.Errorf("%q is used twice, or says too little or too much", a.ID)
		}
		seen[a.ID] = true
		if a.Area != area {
			area = a.Area
			b.WriteString("\n## " + area + "\n\n| id | assumed | if not | tested by the probe |\n|---|---|---|---|\n")
		}
		tested := "yes"
		if a.Why != "" {
			tested = "no: " + a.Why
		}
		b.WriteString("| `" + a.ID + "` | " + a.Text + " | " + a.Relies + " | " + tested + " |\n")
	}
	file := filepath.Join("..", "..", "docs", "assumptions.md")
	if *updateDocs {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || string(have) != b.String() {
		t.Errorf("docs/assumptions.md is not what the list says (%v); run with -update-docs", err)
	}
}
