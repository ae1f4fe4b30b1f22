package api

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// TestUEBASettings drives the page's API and its twins in Resource Manager, whose paths come in any case.
func TestUEBASettings(t *testing.T) {
	s := testServer(t)
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.UEBA, err = ueba.New(t.Context(), ueba.Config{Store: db}, ueba.Workspace{ID: "w"}); err != nil {
		t.Fatal(err)
	}
	s.Workspaces[0].SubscriptionID, s.Workspaces[0].ResourceGroup = "sub-1", "RG"
	const settings = "/Subscriptions/SUB-1/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/SOC/providers/microsoft.securityinsights/settings"
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"off", "GET", "/api/w/soc/ueba", "", 200, `"enabled":false`},
		{"no settings yet", "GET", settings + "?api-version=2025-10-01-preview", "", 200, `{"value":[]}`},
		{"none to read", "GET", settings + "/EntityAnalytics", "", 404, "setting_not_found"},
		{"AD without a tenant", "PUT", "/api/w/soc/ueba", `{"enabled":true,"directories":["ActiveDirectory"]}`, 409, "no tenant is configured"},
		{"put", "PUT", settings + "/EntityAnalytics", `{"kind":"EntityAnalytics","properties":{"entityProviders":["AzureActiveDirectory"],"x":1}}`, 201, `"id":"/subscriptions/sub-1/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/soc/providers/Microsoft.SecurityInsights/settings/EntityAnalytics"`},
		{"put again", "PUT", settings + "/entityanalytics/", `{"etag":"\"1\"","properties":{"entityProviders":["AzureActiveDirectory"]}}`, 200, `"etag":"\"1\""`},
		{"stale", "PUT", settings + "/EntityAnalytics", `{"etag":"\"7\"","properties":{}}`, 412, "etag_mismatch"},
		{"not an object", "PUT", settings + "/EntityAnalytics", `[]`, 400, "body_invalid"},
		{"the page sees it", "GET", "/api/w/soc/ueba", "", 200, `"enabled":true`},
		{"elsewhere", "GET", strings.Replace(settings, "SUB-1", "sub-2", 1), "", 404, "ResourceNotFound"},
		{"unknown name", "PUT", "/api/w/soc/ueba", `{"directories":["Okta"]}`, 400, "ueba_unknown_name"},
		{"delete", "DELETE", settings + "/EntityAnalytics", "", 200, ""},
		{"delete nothing", "DELETE", settings + "/EntityAnalytics", "", 204, ""},
		{"check", "POST", "/api/w/soc/ueba/check", "", 200, `"state":"off"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := func(r *http.Request) { *r = *withActor(r, auth.Operator) }
			w := request(t, s, tc.method, tc.path, tc.body, r)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%d %s; want %d with %s", w.Code, w.Body, tc.status, tc.want)
			}
		})
	}
}
