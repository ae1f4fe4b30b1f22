package apptest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDemo follows the product's main job through the real binary: a tenant connected, its incidents and events kept and
// queried by command line, API and browser, an incident closed here closed there, nothing lost by kill -9.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	d := StartDemo(t, "--speed", "5")
	for _, step := range []struct {
		name string
		do   func(*testing.T, *Demo)
	}{
		{"data arrives", dataArrives}, {"command line", commandLine}, {"log analytics", logAnalytics}, {"closing goes to the tenant", closing},
		{"browser", browser}, {"kill and continue", killAndContinue}, {"stop", stop},
	} {
		t.Run(step.name, func(t *testing.T) {
			d.t = t
			step.do(t, d)
		})
	}
}

func stop(t *testing.T, d *Demo) {
	if err := d.Stop(); err != nil {
		t.Errorf("Ctrl-C ends with %v\n%s", err, d.Output())
	}
}

// count runs a query that ends in count and returns the number.
func count(t *testing.T, d *Demo, kql string) int {
	t.Helper()
	rows := d.Query(kql + " | count")
	if len(rows) != 1 {
		t.Fatalf("%s | count: %v", kql, rows)
	}
	return int(rows[0]["Count"].(float64))
}

func dataArrives(t *testing.T, d *Demo) {
	for _, table := range []string{"SecurityIncident", "SecurityAlert", "AlertInfo", "AlertEvidence", "DeviceProcessEvents", "EmailEvents", "IdentityLogonEvents", "CloudAppEvents"} {
		Eventually(t, time.Minute, table+" has rows", func() error {
			if n := count(t, d, table); n == 0 {
				return fmt.Errorf("%s is empty", table)
			}
			return nil
		})
	}
	Eventually(t, time.Minute, "an incident with entities", func() error {
		rows := d.Query(`SecurityAlert | where isnotempty(Entities) | extend n = array_length(parse_json(Entities)) | where n > 0 | take 1`)
		if len(rows) == 0 {
			return fmt.Errorf("no alert has entities")
		}
		return nil
	})
	was := count(t, d, `SecurityIncident | distinct IncidentNumber`)
	Eventually(t, 90*time.Second, "a new incident arrives live", func() error {
		if n := count(t, d, `SecurityIncident | distinct IncidentNumber`); n <= was {
			return fmt.Errorf("still %d", n)
		}
		return nil
	})
}

func commandLine(t *testing.T, d *Demo) {
	a := count(t, d, `SecurityIncident | where ProviderName == "Microsoft 365 Defender" | distinct IncidentNumber`)
	b := count(t, d, `SecurityIncident | where ProviderName == "Microsoft XDR" | distinct IncidentNumber`)
	if a == 0 || b < a {
		t.Errorf("the article's query finds %d incidents, the new name %d", a, b)
	}
	if rows := d.Query(`union DeviceProcessEvents, AlertInfo | extend Came = ingestion_time() | summarize n = count(), here = countif(Came <= now())`); len(rows) != 1 || rows[0]["n"] != rows[0]["here"] {
		t.Errorf("when rows came in: %v", rows)
	}
	if out := d.Run("query", "--format", "csv", "AlertInfo | summarize n = count() by ServiceSource | sort by n"); !strings.HasPrefix(out, "ServiceSource,n\n") {
		t.Errorf("csv: %q", out)
	}
	_, err := d.Try("query", "DeviceProcesEvents | take 1")
	if err == nil || !strings.Contains(err.Error(), "DeviceProcessEvents") || !strings.Contains(err.Error(), "line 1, column 1") {
		t.Errorf("a misspelt table should be placed and mended: %v", err)
	}
	var show struct {
		State  string
		Tables []struct {
			Name     string
			Selected bool
		}
	}
	if err := json.Unmarshal([]byte(d.Run("connector", "show", "defender-xdr", "--json")), &show); err != nil {
		t.Fatal(err)
	}
	if show.State != "connected" || len(show.Tables) < 21 {
		t.Errorf("connector show: %+v", show)
	}
	for _, args := range [][]string{{"kql", "explain", "AlertInfo | count"}, {"health"}, {"table", "list"}, {"connector", "list"}, {"user", "list"}} {
		if out := d.Run(args...); out == "" {
			t.Errorf("%v prints nothing", args)
		}
	}
}

// api is a client with a token of the demo's Reader.
type api struct {
	t     *testing.T
	d     *Demo
	http  *http.Client
	token string

	probes int
}

func newAPI(t *testing.T, d *Demo) *api {
	raw, err := os.ReadFile(d.Info.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	a := &api{t: t, d: d, http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: 30 * time.Second}}
	p := d.Info.Principals[0]
	resp, err := a.http.PostForm(d.Info.URL+"/"+d.Info.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {p.ClientID}, "client_secret": {p.ClientSecret}, "scope": {d.Info.URL + "/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.AccessToken == "" {
		t.Fatalf("no token: %s %v", resp.Status, err)
	}
	a.token = out.AccessToken
	return a
}

func (a *api) post(path, token, body string) (int, string) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.d.Info.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func logAnalytics(t *testing.T, d *Demo) {
	a := newAPI(t, d)
	path := "/v1/workspaces/" + d.Info.WorkspaceID + "/query"
	status, body := a.post(path, a.token, `{"query":"SecurityIncident | summarize n=count() by ProviderName","timespan":"P400D"}`)
	var out struct {
		Tables []struct {
			Name    string
			Columns []struct{ Name, Type string }
			Rows    [][]any
		}
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != http.StatusOK || len(out.Tables) != 1 || out.Tables[0].Name != "PrimaryResult" || len(out.Tables[0].Rows) == 0 {
		t.Errorf("query: %d %s", status, body)
	}
	for _, tc := range []struct {
		name, path, token, body string
		status                  int
		want                    string
	}{
		{"double version", "/v1" + path, a.token, `{"query":"print 1"}`, 200, "PrimaryResult"},
		{"bare path", strings.TrimPrefix(path, "/v1"), a.token, `{"query":"print 1"}`, 200, "PrimaryResult"},
		{"no token", path, "", `{"query":"print 1"}`, 401, "InvalidTokenError"},
		{"forged token", path, "x.y.z", `{"query":"print 1"}`, 401, "InvalidTokenError"},
		{"syntax", path, a.token, `{"query":"AlertInfo | wher x"}`, 400, "SyntaxError"},
		{"semantics", path, a.token, `{"query":"AlertInfo | where Nope == 1"}`, 400, "SemanticError"},
		{"not JSON", path, a.token, `{`, 400, "BadArgumentError"},
		{"bad timespan", path, a.token, `{"query":"print 1","timespan":"soon"}`, 400, "timespan"},
		{"other workspace", "/v1/workspaces/00000000-0000-0000-0000-000000000000/query", a.token, `{"query":"print 1"}`, 404, "WorkspaceNotFoundError"},
		{"reader may not write", "/api/w/" + d.Info.WorkspaceID + "/incidents/1/comments", a.token, `{"message":"x"}`, 403, "role_missing"},
	} {
		if status, body := a.post(tc.path, tc.token, tc.body); status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %s; want %d with %q", tc.name, status, body, tc.status, tc.want)
		}
	}
}

// tenantIncident reads an incident from the simulated portal.
func tenantIncident(d *Demo, id string) (map[string]any, error) {
	resp, err := http.Get(strings.TrimRight(d.Info.Simulator.Portal, "/") + "/api/incidents/" + id)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var out map[string]any
	return out, json.NewDecoder(resp.Body).Decode(&out)
}

func closing(t *testing.T, d *Demo) {
	var items []struct {
		IncidentNumber     int
		ProviderIncidentID string `json:"providerIncidentId"`
	}
	if err := json.Unmarshal([]byte(d.Run("incident", "list", "--status", "New", "--json", "--limit", "5")), &items); err != nil || len(items) == 0 {
		t.Fatalf("no new incident: %v", err)
	}
	i := items[len(items)-1]
	n := strconv.Itoa(i.IncidentNumber)
	if _, err := d.Try("incident", "update", n, "--status", "Closed"); err == nil {
		t.Error("closing without a classification should be refused")
	}
	d.Run("incident", "update", n, "--status", "Closed", "--classification", "TruePositive", "--reason", "SuspiciousActivity", "--comment", "closed by test")
	Eventually(t, time.Minute, "the tenant shows it resolved", func() error {
		in, err := tenantIncident(d, i.ProviderIncidentID)
		if err != nil {
			return err
		}
		if in["status"] != "resolved" || in["classification"] != "truePositive" {
			return fmt.Errorf("status %v, classification %v", in["status"], in["classification"])
		}
		return nil
	})
	Eventually(t, time.Minute, "the row and the sync state follow", func() error {
		rows := d.Query(`SecurityIncident | where IncidentNumber == ` + n + ` | summarize arg_max(LastModifiedTime, Status, Classification) by IncidentNumber`)
		var show struct{ Sync struct{ State string } }
		if err := json.Unmarshal([]byte(d.Run("incident", "show", n, "--json")), &show); err != nil {
			return err
		}
		if len(rows) != 1 || rows[0]["Status"] != "Closed" || show.Sync.State != "synced" {
			return fmt.Errorf("rows %v, sync %q", rows, show.Sync.State)
		}
		return nil
	})
}

func browser(t *testing.T, d *Demo) { browse(t, d, "daily") }

// truth is what the tenant says exists.
func truth(t *testing.T, d *Demo) map[string]int {
	t.Helper()
	resp, err := http.Get(strings.TrimRight(d.Info.Simulator.Control, "/") + "/truth")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct{ Events map[string]int }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Events
}

func killAndContinue(t *testing.T, d *Demo) {
	for range 3 {
		d.Kill()
		d.Start()
	}
	resp, err := http.Post(strings.TrimRight(d.Info.Simulator.Control, "/")+"/pause", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want := truth(t, d)
	if len(want) < 21 {
		t.Errorf("the tenant has events in %d tables only", len(want))
	}
	for table, n := range want {
		Eventually(t, 2*time.Minute, table+" is complete", func() error {
			if got := count(t, d, table); got != n {
				return fmt.Errorf("%d rows, the tenant has %d events", got, n)
			}
			return nil
		})
	}
}
