package api

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// TestTables drives the page's API and its twin in Resource Manager.
func TestTables(t *testing.T) {
	s := testServer(t)
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.Store, err = store.Open(t.Context(), store.Options{Dir: dir, Manifest: db}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Store.Close() })
	s.Tables = tables.New(db, s.Store, time.Now)
	s.Workspaces[0].SubscriptionID, s.Workspaces[0].ResourceGroup = "sub-1", "RG"
	const page, arm = "/api/w/soc/tables", "/Subscriptions/SUB-1/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/SOC/Tables"
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"list", "GET", page, "", 200, `"default":{"retentionDays":90,"totalRetentionDays":90}`},
		{"preview", "PATCH", page + "/DeviceEvents", `{"preview":true,"retentionDays":30}`, 200, `"retentionDays":30`},
		{"a preview changes nothing", "GET", page + "/DeviceEvents", "", 200, `"retentionDays":90,"retentionDefault":true`},
		{"set", "PATCH", page + "/DeviceEvents", `{"retentionDays":180,"totalRetentionDays":4383}`, 200, `"totalRetentionDays":4383`},
		{"back to the default", "PATCH", page + "/DeviceEvents", `{"retentionDays":null}`, 200, `"retentionDays":90,"retentionDefault":true`},
		{"nothing", "PATCH", page + "/DeviceEvents", `{}`, 400, "change_empty"},
		{"zero", "PATCH", page + "/DeviceEvents", `{"retentionDays":0}`, 400, "0 days is no retention"},
		{"unknown table", "PATCH", page + "/Nope", `{"retentionDays":30}`, 404, "table_not_found"},
		{"unknown plan", "PATCH", page + "/DeviceEvents", `{"plan":"Gold"}`, 400, "plan_unknown"},
		{"default of all", "PATCH", page, `{"retentionDays":120}`, 200, `"retentionDays":120`},
		{"it holds", "GET", page + "/DeviceInfo", "", 200, `"retentionDays":120,"retentionDefault":true`},
		{"arm get", "GET", arm + "/DeviceInfo?api-version=2025-07-01", "", 200, `"retentionInDays":120,"totalRetentionInDays":120,"archiveRetentionInDays":0,"retentionInDaysAsDefault":true`},
		{"arm patch", "PATCH", arm + "/DeviceInfo", `{"properties":{"plan":"basic","totalRetentionInDays":365}}`, 200, `"plan":"Basic","retentionInDays":30,"totalRetentionInDays":365,"archiveRetentionInDays":335`},
		{"arm put resets", "PUT", arm + "/DeviceInfo", `{"properties":{"plan":"Analytics"}}`, 200, `"plan":"Analytics","retentionInDays":120`},
		{"arm create", "PUT", arm + "/My_CL", `{"properties":{"totalRetentionInDays":200,"schema":{"name":"My_CL","columns":[{"name":"TimeGenerated","type":"dateTime"},{"name":"Count","type":"int"}]}}}`, 201, `"name":"Count","type":"int"`},
		{"arm add a column", "PATCH", arm + "/My_CL", `{"properties":{"schema":{"name":"My_CL","columns":[{"name":"Who","type":"string"}]}}}`, 200, `"name":"Who","type":"string"`},
		{"arm type conflict", "PATCH", arm + "/My_CL", `{"properties":{"schema":{"name":"My_CL","columns":[{"name":"Count","type":"string"}]}}}`, 409, "column_type"},
		{"arm bad name", "PUT", arm + "/Mine", `{"properties":{"schema":{"name":"Mine","columns":[{"name":"A","type":"int"}]}}}`, 400, "ends in _CL"},
		{"arm list", "GET", arm, "", 200, `"tableType":"CustomLog"`},
		{"elsewhere", "GET", strings.Replace(arm, "SUB-1", "sub-2", 1), "", 404, "ResourceNotFound"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := request(t, s, tc.method, tc.path, tc.body, func(r *http.Request) { *r = *withActor(r, auth.Operator) })
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%d %s; want %d with %s", w.Code, w.Body, tc.status, tc.want)
			}
		})
	}
}
