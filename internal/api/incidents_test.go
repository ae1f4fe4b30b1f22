package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// caller asks a server with incidents as a Responder.
type caller struct {
	t     *testing.T
	s     *Server
	token string
}

func newCaller(t *testing.T) *caller {
	t.Helper()
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := auth.LoadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	incidents := incident.New(db, nil)
	incidents.AddWorkspace(incident.Workspace{ID: "w", Name: "soc"})
	s := New(Config{
		Workspaces: []*Workspace{{ID: "w", Name: "soc", TenantID: "t"}}, Auth: auth.New(db.Auth(), keys, time.Now), Board: &health.Board{},
		Registry: prometheus.NewRegistry(), Hub: &Hub{}, PublicURL: "http://127.0.0.1:8080", Incidents: incidents, Preferences: db,
	})
	p, secret, err := s.Auth.AddPrincipal(t.Context(), "script", auth.Responder)
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, s: s}
	if c.token, err = s.Auth.IssueToken(t.Context(), "i", "t", p.ClientID, secret, "x/.default"); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var list []model.TenantIncident
	var alerts []model.Alert
	for i := range 3 {
		id := fmt.Sprint(27 + i)
		list = append(list, model.TenantIncident{
			ID: id, Version: int64(i + 1), Hash: id, Updated: at, Created: at.Add(time.Duration(i) * time.Minute), RawStatus: "active", Severity: "Low", Title: "Phish " + id,
			Disposition: model.Disposition{Status: "New", Classification: "unknown", Determination: "unknown"},
		})
		alerts = append(alerts, model.Alert{
			ID: "da" + id, SystemAlertID: "sys" + id, IncidentID: id, Title: "Alert", Updated: at, First: at, Last: at.Add(time.Hour), Hash: id,
			Entities: []json.RawMessage{json.RawMessage(`{"$id":"2","Type":"ip","Address":"203.0.113.7"}`)},
		})
	}
	if _, err := incidents.Sink("w").MergeIncidents(t.Context(), list, false); err != nil {
		t.Fatal(err)
	}
	if _, err := incidents.Sink("w").MergeAlerts(t.Context(), alerts, time.Time{}); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request and checks status and what the answer holds.
func (c *caller) ask(method, path, body string, status int, want ...string) string {
	c.t.Helper()
	w := request(c.t, c.s, method, "/api/w/soc"+path, body, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.token) })
	got := w.Body.String()
	if w.Code != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, got, status)
	}
	for _, x := range want {
		if !strings.Contains(got, x) {
			c.t.Errorf("%s %s: %s is missing in %s", method, path, x, got)
		}
	}
	return got
}

func TestIncidentRoutes(t *testing.T) {
	c := newCaller(t)
	c.ask("GET", "/incidents?severity=Low&sort=number", "", 200, `"total":3`, `"incidentNumber":1`)
	c.ask("GET", "/incidents/1?alerts=0", "", 200, `"alerts":[]`, `"alertsCount":1`, `"kind":"IP"`, `"incidents":3`)
	c.ask("GET", "/incidents/1/alerts?limit=1", "", 200, `"id":"da27"`)
	c.ask("GET", "/incidents/1/related?limit=1", "", 200, `"incidentNumber"`, `"shared":[{"id":1,"kind":"IP"`)
	c.ask("GET", "/entities?q=203.0", "", 200, `"alerts":3`, `"firstSeen":"2026-03-01T12:00:00Z"`)
	c.ask("GET", "/entities/1", "", 200, `"inIncidents":[{`, `"inAlerts":[{`)
	c.ask("GET", "/entities/99", "", 404, `"entity_not_found"`)
	c.ask("GET", "/incidents/1/report", "", 200, "# Incident 1: Phish 27")
	c.ask("GET", "/incidents/x", "", 400, `"number_invalid"`)
	c.ask("GET", "/incidents/1/alerts?limit=-1", "", 400, `"parameter_invalid"`)
}

// TestIncidentPages reads every list of an incident by pages of each size: each item once, in one order.
func TestIncidentPages(t *testing.T) {
	c := newCaller(t)
	at := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
	var alerts []model.Alert
	for i := range 24 {
		alerts = append(alerts, model.Alert{
			ID: fmt.Sprintf("da1-%02d", i), SystemAlertID: fmt.Sprint("s", i), IncidentID: "27", Title: fmt.Sprint("Alert ", i), Updated: at, First: at.Add(time.Duration(i/5) * time.Second), Last: at, Hash: fmt.Sprint(i),
			Entities: []json.RawMessage{json.RawMessage(fmt.Sprintf(`{"$id":"2","Type":"ip","Address":"10.0.0.%d"}`, i))},
		})
	}
	if _, err := c.s.Incidents.Sink("w").MergeAlerts(t.Context(), alerts, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		c.ask("POST", "/incidents/1/comments", fmt.Sprintf(`{"message":"note %d"}`, i), 200)
	}
	walk := func(path string, limit int) (out []string, total int) {
		for cursor := ""; ; {
			var page struct {
				Items []map[string]any
				Total int
				Next  string
			}
			if err := json.Unmarshal([]byte(c.ask("GET", fmt.Sprintf("%s&limit=%d&cursor=%s", path, limit, cursor), "", 200)), &page); err != nil {
				t.Fatal(err)
			}
			if len(page.Items) > limit {
				t.Fatalf("%s: %d items in a page of %d", path, len(page.Items), limit)
			}
			for _, it := range page.Items {
				out = append(out, fmt.Sprint(it["id"], it["label"], it["message"], it["kind"], it["after"]))
			}
			total = page.Total
			if cursor = page.Next; cursor == "" {
				return out, total
			}
		}
	}
	for _, tc := range []struct {
		path     string
		n, total int
	}{
		{"/incidents/1/alerts?", 25, 0}, {"/incidents/1/entities?", 25, 25}, {"/incidents/1/entities?q=10.0.0.1", 11, 11}, {"/incidents/1/entities?q=nothing", 0, 0},
		{"/incidents/1/comments?", 7, 7}, {"/incidents/1/history?", 33, 0}, {"/incidents/1/history?order=newest", 33, 0},
	} {
		whole, _ := walk(tc.path, 1000)
		if len(whole) != tc.n {
			t.Errorf("%s: %d items, want %d: %v", tc.path, len(whole), tc.n, whole)
		}
		for _, limit := range []int{1, 2, 7, 24, 25} {
			got, total := walk(tc.path, limit)
			if diff := cmp.Diff(whole, got); diff != "" || total != tc.total {
				t.Errorf("%s in pages of %d: %d in all (-whole +pages):\n%s", tc.path, limit, total, diff)
			}
		}
	}
	c.ask("GET", "/incidents/1?alerts=2&entities=3", "", 200, `"entitiesCount":25`, `"alertsCount":25`)
	for _, list := range []string{"alerts", "entities", "comments", "history"} {
		c.ask("GET", "/incidents/1/"+list+"?cursor=eA", "", 400, `"cursor_invalid"`)
		c.ask("GET", "/incidents/1/"+list+"?cursor=*", "", 400, `"cursor_invalid"`)
		c.ask("GET", "/incidents/99/"+list, "", 404, `"incident_not_found"`)
		c.ask("GET", "/incidents/1/"+list+"?limit=many", "", 400, `"parameter_invalid"`)
	}
	c.ask("GET", "/incidents/1/history?order=random", "", 400, `"parameter_invalid"`)
}

func TestPreferences(t *testing.T) {
	c := newCaller(t)
	c.ask("GET", "/preferences/incidents.views", "", 200, `{"value":null}`)
	c.ask("PUT", "/preferences/incidents.views", `{"value":[{"name":"mine","state":{"owner":"me"}}]}`, 204)
	c.ask("GET", "/preferences/incidents.views", "", 200, `{"value":[{"name":"mine","state":{"owner":"me"}}]}`)
	c.ask("PUT", "/preferences/incidents.views", `{}`, 400, `"value_missing"`)
	c.ask("PUT", "/preferences/incidents.views", `{"value":"`+strings.Repeat("x", maxPreference)+`"}`, 413, `"value_too_large"`)
	c.ask("PUT", "/preferences/Views", `{"value":1}`, 400, `"key_invalid"`)
	c.ask("GET", "/preferences/incidents.views", "", 200, `"mine"`)
	c.ask("PUT", "/preferences/incidents.views", `{"value":null}`, 204)
	c.ask("GET", "/preferences/incidents.views", "", 200, `{"value":null}`)
}

func TestIncidentChanges(t *testing.T) {
	c := newCaller(t)
	c.ask("PATCH", "/incidents/1", `{"status":"Closed","classification":"TruePositive","determination":"phishing","labels":{"add":["vip"]}}`, 200,
		`"status":"Closed"`, `"determination":"phishing"`, `"labelName":"vip"`, `"state":"pending"`, `"edits":[{"field":"disposition","state":"pending","actor":"script"`)
	c.ask("PATCH", "/incidents/1", `{"determination":"notMalicious"}`, 400, `"invalid_determination"`)
	c.ask("POST", "/incidents/bulk", `{"numbers":[2,3,99],"severity":"High","preview":true}`, 200, `"preview":true`, `"before":"Low","after":"High"`, `"incident_not_found"`)
	c.ask("GET", "/incidents/2", "", 200, `"severity":"Low"`)
	c.ask("POST", "/incidents/bulk", `{"numbers":[2,3],"severity":"High","comment":"campaign"}`, 200, `"severity":"High"`)
	c.ask("GET", "/incidents/2", "", 200, `"severity":"High"`, `"message":"campaign"`)
	c.ask("POST", "/incidents/bulk", `{"severity":"High"}`, 400, `"bulk_size"`)
	c.ask("POST", "/incidents/1/refused/retry", `{}`, 400, `"nothing_refused"`)
	c.ask("POST", "/incidents/1/refused/revert", `{"fields":["colour"]}`, 400, `"unknown_field"`)
	c.ask("POST", "/incidents/1/conflicts/9/keep", "", 404, `"conflict_not_found"`)
	var task struct{ Name string }
	if err := json.Unmarshal([]byte(c.ask("POST", "/incidents/1/tasks", `{"title":"call"}`, 200, `"status":"New"`)), &task); err != nil {
		t.Fatal(err)
	}
	c.ask("PATCH", "/incidents/1/tasks/"+task.Name, `{"status":"Completed"}`, 200, `"status":"Completed"`)
	c.ask("GET", "/incidents/1/tasks", "", 200, `"Completed"`)
	c.ask("DELETE", "/incidents/1/tasks/"+task.Name, "", 204)
	c.ask("GET", "/incidents/1/tasks", "", 200, `{"items":[]}`)
}
