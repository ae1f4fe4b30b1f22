package api

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/rule"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// hubOf shows the content hub to the connectors.
type hubOf struct{ *content.Service }

func (h hubOf) Of(id string) (string, string) { s := content.Of(id); return s.ID, s.Title }
func (h hubOf) Installed(ws, id string) bool  { _, ok := h.Service.Installed(ws, id); return ok }
func (h hubOf) Install(ctx context.Context, ws, id, actor string) (string, error) {
	_, m, err := h.Service.Install(ctx, ws, id, actor)
	return m, err
}
func (h hubOf) Workbooks(string, string) []connector.Ref { return nil }
func (h hubOf) Rules(string, string) []connector.RuleRef { return nil }

// checks finds a licence and an administrator that is none.
type checks struct{}

func (checks) Check(context.Context, string, connector.Person) connector.Checks {
	return connector.Checks{Prerequisites: []connector.Prerequisite{{ID: "licence", State: connector.Met}, {ID: "administrator", State: connector.NotMet}}}
}
func (checks) Recheck(string) {}

// articleServer is a server with everything that the steps of the article need, but for a tenant.
func articleServer(t *testing.T) *Server {
	t.Helper()
	s := testServer(t)
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.Content, err = content.New(t.Context(), db, "w"); err != nil {
		t.Fatal(err)
	}
	if s.Rules, err = rule.New(t.Context(), db, "w"); err != nil {
		t.Fatal(err)
	}
	s.Connectors, err = connector.NewService(t.Context(), connector.Config{Connections: db, Rules: s.Rules, Solutions: hubOf{s.Content}, Prober: checks{}}, "w")
	if err != nil {
		t.Fatal(err)
	}
	if s.UEBA, err = ueba.New(t.Context(), ueba.Config{Store: db}, ueba.Workspace{ID: "w"}); err != nil {
		t.Fatal(err)
	}
	s.Content.InUse = s.Connectors.InUse
	s.Setup, s.Names = db, db
	s.SyncProgress = func(string) (time.Time, time.Duration) { return time.Time{}, 0 }
	s.Workspaces[0].SubscriptionID, s.Workspaces[0].ResourceGroup = "sub-1", "rg"
	return s
}

type step struct {
	name, method, path, body string
	status                   int
	want                     string
}

func walk(t *testing.T, s *Server, steps []step) {
	t.Helper()
	for _, tc := range steps {
		t.Run(tc.name, func(t *testing.T) {
			w := request(t, s, tc.method, tc.path, tc.body, func(r *http.Request) { *r = *withActor(r, auth.Operator) })
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%s %s: %d %s; want %d with %s", tc.method, tc.path, w.Code, w.Body, tc.status, tc.want)
			}
		})
	}
}

// TestArticleByAPI walks the steps of the article by the pages' API, with what each refuses.
func TestArticleByAPI(t *testing.T) {
	s := articleServer(t)
	const ws = "/api/w/soc"
	walk(t, s, []step{
		{"nothing is installed", "GET", ws + "/content", "", 200, `"installed":false`},
		{"nothing to hunt with", "GET", ws + "/hunting", "", 200, `{"items":[]}`},
		{"the gallery is empty", "GET", ws + "/connectors", "", 200, `{"items":[],"available":[{"id":"defender-xdr"`},
		{"set-up", "GET", ws + "/setup", "", 200, `{"done":false,"steps":[{"id":"solution"`},
		{"an unknown solution", "POST", ws + "/content/nope/install", "", 404, "solution_not_found"},
		{"install", "POST", ws + "/content/defender-xdr/install", "", 200, `"message":"Installed the solution Microsoft Defender XDR`},
		{"in the gallery", "GET", ws + "/connectors", "", 200, `{"items":[{"id":"defender-xdr"`},
		{"hunting queries", "GET", ws + "/hunting", "", 200, `"solution":"defender-xdr"`},
		{"a workbook", "GET", ws + "/workbooks/defender-xdr-overview", "", 200, `"tiles":[{`},
		{"templates", "GET", ws + "/rules", "", 200, `"kind":"Scheduled"`},
		{"a template cannot run", "PATCH", ws + "/rules/mass-download", `{"enabled":true}`, 409, "rule_scheduled"},
		{"rules are on", "GET", ws + "/connectors/defender-xdr", "", 200, `"incidentRules":{"enabled":6,"total":6}`},
		{"filter a rule", "PATCH", ws + "/rules/incidents-defender-identity", `{"severitiesFilter":["high"]}`, 200, `"severitiesFilter":["High"]`},
		{"a stale change", "PATCH", ws + "/rules/incidents-defender-identity", `{"enabled":false,"etag":"r1"}`, 412, "etag_mismatch"},
		{"connect", "POST", ws + "/connectors/defender-xdr/connect", `{"incidents":true,"turnOffIncidentRules":true}`, 200, `"incidentRules":{"enabled":0,"total":6}`},
		{"components follow", "GET", ws + "/connectors/defender-identity", "", 200, `"stateText":"Connected through Microsoft Defender XDR"`},
		{"a component cannot go first", "POST", ws + "/connectors/defender-identity/disconnect", `{}`, 409, "connected_through_xdr"},
		{"nor the solution", "DELETE", ws + "/content/defender-xdr", "", 409, "solution_in_use"},
		{"a table that is none", "PUT", ws + "/connectors/defender-xdr/tables", `{"tables":["Nope"]}`, 400, "table_not_streamed"},
		{"tables", "PUT", ws + "/connectors/defender-xdr/tables", `{"tables":["all"]}`, 200, `"exportGuide":{`},
		{"an unknown connector", "POST", ws + "/connectors/nope/connect", `{}`, 404, "connector_not_found"},
		{"Defender for Cloud", "POST", ws + "/connectors/defender-cloud/connect", `{}`, 200, `Installed the solution Microsoft Defender for Cloud`},
		{"the legacy one beside", "POST", ws + "/connectors/defender-cloud-legacy/connect", `{}`, 200, `connector disconnect defender-cloud-legacy`},
		{"told on the other's page too", "GET", ws + "/connectors/defender-cloud", "", 200, `connector disconnect defender-cloud-legacy`},
		{"disconnect", "POST", ws + "/connectors/defender-xdr/disconnect", `{}`, 200, `"message":"Stopped: `},
		{"remove", "DELETE", ws + "/content/defender-xdr", "", 200, `"message":"Removed the solution`},
	})
	s.queriedBy(t.Context(), "w")
	walk(t, s, []step{{"the first query is ticked off", "GET", ws + "/setup", "", 200, `"id":"query","title":"Run the first query","detail":"Incidents of Microsoft Defender XDR.","done":true`}})
}

// TestArticleByARM does the same as a program written for Sentinel would.
func TestArticleByARM(t *testing.T) {
	s := articleServer(t)
	const base = "/subscriptions/SUB-1/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/soc/providers/microsoft.securityinsights"
	const mtp = `{"kind":"MicrosoftThreatProtection","properties":{"tenantId":"t","dataTypes":{"incidents":{"state":"Enabled"}}}}`
	const pkg = "azuresentinel.azure-sentinel-solution-microsoft365defender"
	walk(t, s, []step{
		{"catalogue", "GET", base + "/contentProductPackages?api-version=2025-09-01", "", 200, `"displayName":"Microsoft Defender XDR"`},
		{"packaged content", "GET", base + "/contentProductPackages/" + pkg, "", 200, `"packagedContent":{`},
		{"nothing installed", "GET", base + "/contentPackages", "", 200, `{"value":[]}`},
		{"none to get", "GET", base + "/contentPackages/" + pkg, "", 404, "ResourceNotFound"},
		{"install", "PUT", base + "/contentPackages/" + pkg, `{"properties":{"contentId":"` + pkg + `","contentKind":"Solution","version":"1.0.0"}}`, 201, `"installedVersion":"1.0.0"`},
		{"install again", "PUT", base + "/contentPackages/" + pkg, `{"properties":{}}`, 200, pkg},
		{"requirements", "POST", base + "/dataConnectorsCheckRequirements", `{"kind":"MicrosoftThreatProtection","properties":{"tenantId":"t"}}`, 200, `{"authorizationState":"Invalid","licenseState":"Valid"}`},
		{"another tenant", "PUT", base + "/dataConnectors/my-xdr", strings.Replace(mtp, `"t"`, `"u"`, 1), 400, "tenant_mismatch"},
		{"an unknown kind", "PUT", base + "/dataConnectors/x", `{"kind":"Office365","properties":{}}`, 400, "kind_unknown"},
		{"alerts alone", "PUT", base + "/dataConnectors/my-xdr", `{"kind":"MicrosoftThreatProtection","properties":{"dataTypes":{"incidents":{"state":"Disabled"},"alerts":{"state":"Enabled"}}}}`, 400, "alerts_only"},
		{"none yet", "GET", base + "/dataConnectors", "", 200, `{"value":[]}`},
		{"connect", "PUT", base + "/dataConnectors/my-xdr", mtp, 201, `"name":"my-xdr"`},
		{"under its name", "GET", base + "/dataConnectors/MY-XDR", "", 200, `"dataTypes":{"alerts":{"state":"Enabled"},"incidents":{"state":"Enabled"}}`},
		{"stale", "PUT", base + "/dataConnectors/my-xdr", strings.Replace(mtp, "{", `{"etag":"\"0\"",`, 1), 412, "etag_mismatch"},
		{"again", "PUT", base + "/dataConnectors/my-xdr", mtp, 200, `"kind":"MicrosoftThreatProtection"`},
		{"a component beside", "PUT", base + "/dataConnectors/mde", `{"kind":"MicrosoftDefenderAdvancedThreatProtection","properties":{"dataTypes":{"alerts":{"state":"Enabled"}}}}`, 409, "connected_through_xdr"},
		{"the legacy one of one subscription", "PUT", base + "/dataConnectors/asc", `{"kind":"AzureSecurityCenter","properties":{"subscriptionId":"s","dataTypes":{"alerts":{"state":"Enabled"}}}}`, 400, "subscription_not_chosen"},
		{"the legacy one", "PUT", base + "/dataConnectors/asc", `{"kind":"AzureSecurityCenter","properties":{"dataTypes":{"alerts":{"state":"Enabled"}}}}`, 201, `"kind":"AzureSecurityCenter"`},
		{"and no more", "DELETE", base + "/dataConnectors/asc", "", 200, ""},
		{"rules are off", "GET", base + "/alertRules/incidents-defender-endpoint", "", 200, `"enabled":false`},
		{"a rule", "PUT", base + "/alertRules/mine", `{"kind":"MicrosoftSecurityIncidentCreation","properties":{"displayName":"Mine","enabled":true,"productFilter":"Microsoft Cloud App Security"}}`, 201, `"severitiesFilter":null`},
		{"a rule that cannot run", "PUT", base + "/alertRules/x", `{"kind":"Scheduled","properties":{}}`, 400, "kind_unknown"},
		{"delete the rule", "DELETE", base + "/alertRules/mine", "", 200, ""},
		{"twice", "DELETE", base + "/alertRules/mine", "", 204, ""},
		{"the solution is in use", "DELETE", base + "/contentPackages/" + pkg, "", 409, "solution_in_use"},
		{"disable", "PUT", base + "/dataConnectors/my-xdr", strings.Replace(mtp, "Enabled", "Disabled55", 1), 200, `"state":"Disabled"`},
		{"delete what is not connected", "DELETE", base + "/dataConnectors/my-xdr", "", 204, ""},
		{"remove", "DELETE", base + "/contentPackages/" + pkg, "", 200, ""},
		{"remove twice", "DELETE", base + "/contentPackages/" + pkg, "", 204, ""},
	})
}

// TestStrangersChangeNoSetting walks every route that changes a setting of a workspace: who does not belong to its tenant
// is refused by all of them, and may still read.
func TestStrangersChangeNoSetting(t *testing.T) {
	s := articleServer(t)
	s.Allowed = func(_ context.Context, _ string, who connector.Person) error {
		if who.TenantID != "t" {
			return fault.New(fault.Permission, "other_tenant", "not of this tenant")
		}
		return nil
	}
	guest := auth.Actor{Kind: "user", Name: "eve", Role: auth.Owner, TenantID: "u", ObjectID: "o"}
	refused := 0
	for _, r := range s.routes {
		if (r.action != auth.WriteConnectors && r.action != auth.WriteTables) || !strings.Contains(r.pattern, "{ws}") {
			continue
		}
		refused++
		method, path, _ := strings.Cut(r.pattern, " ")
		path = wild.ReplaceAllString(strings.NewReplacer("{ws}", "soc", "{sub}", "sub-1", "{rg}", "rg").Replace(path), "defender-xdr")
		w := request(t, s, method, path, "{}", func(r *http.Request) { *r = *withActor(r, guest) })
		var body errorBody
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusForbidden || body.Error.Code != "other_tenant" {
			t.Errorf("%s: %d %s", r.pattern, w.Code, w.Body)
		}
	}
	if refused < 15 {
		t.Errorf("only %d routes change a setting", refused)
	}
	w := request(t, s, "GET", "/api/w/soc/connectors", "", func(r *http.Request) { *r = *withActor(r, guest) })
	if w.Code != http.StatusOK {
		t.Errorf("reading: %d %s", w.Code, w.Body)
	}
}
