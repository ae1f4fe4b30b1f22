package simtenant

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestHuntingRunsTheListedPatterns(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	s.json(204, "POST", s.Control+"/resume", "")
	s.truth(2000)
	s.settle()
	run := func(q string) object {
		return s.json(200, "POST", "/v1.0/security/microsoft.graph.security.runHuntingQuery", `{"query":`+quote(q)+`}`)
	}
	truth := s.json(200, "GET", s.Control+"/truth", "")["events"].(object)
	want := truth["EmailEvents"].(float64)
	if got := run("EmailEvents | count")["results"].([]any)[0].(object)["Count"]; got != want {
		t.Errorf("count %v, want %v", got, want)
	}
	perHour := 0.0
	for _, r := range s.hunt("DeviceProcessEvents | summarize count() by bin(Timestamp, 1h)") {
		perHour += r["count_"].(float64)
		if r["Timestamp"].(string)[13:] != ":00:00.0000000Z" {
			t.Errorf("an hour begins at %v", r["Timestamp"])
		}
	}
	if perHour != truth["DeviceProcessEvents"] {
		t.Errorf("%v process events by the hour, want %v", perHour, truth["DeviceProcessEvents"])
	}
	for q, n := range map[string]int{"EmailEvents | take 3": 3, "DeviceInfo | limit 2": 2, "AlertInfo | top 4 by Timestamp": 4, "EmailEvents | where Timestamp > ago(30d) | where EmailDirection == 'Inbound' | take 5": 5,
		"DeviceProcessEvents | where Timestamp > ago(1s) and FileName =~ 'NOPE.exe'": 0, "EmailEvents | project Subject, Timestamp | take 1": 1, `print Test="ok"`: 1} {
		m := run(q)
		if got := len(m["results"].([]any)); got != n || len(m["schema"].([]any)) == 0 {
			t.Errorf("%s: %d rows and %d columns, want %d rows", q, got, len(m["schema"].([]any)), n)
		}
	}
	for _, bad := range []string{"Nope | count", "EmailEvents | join DeviceInfo on X", "EmailEvents | where Nope == 1", ""} {
		s.json(400, "POST", "/v1.0/security/runHuntingQuery", `{"Query":"`+bad+`"}`)
	}
	for span, ok := range map[string]bool{"P7D": true, "2026-01-01/2026-01-02": true, "PT1H/2026-01-02T00:00:00Z": true, "yesterday": false, "P": false, "P3": false} {
		status := map[bool]int{true: 200, false: 400}[ok]
		s.json(status, "POST", "/v1.0/security/runHuntingQuery", `{"Query":"EmailEvents | take 1","Timespan":"`+span+`"}`)
	}
	if m := s.json(200, "POST", "/v1.0/security/runHuntingQuery", `{"Query":"EmailEvents | count","Timespan":"2020-01-01/2020-01-02"}`); m["results"].([]any)[0].(object)["Count"] != 0.0 {
		t.Errorf("events of 2020: %v", m)
	}
}

func TestHuntingSeesWhatIsNeverExported(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	var schemas map[string][][2]string
	reference(t, "schemas-advancedhunting.json", &schemas)
	m := s.json(200, "POST", "/v1.0/security/runHuntingQuery", `{"Query":"IdentityInfo | take 1"}`)
	var have, want []string
	for _, c := range m["schema"].([]any) {
		have = append(have, c.(object)["name"].(string))
	}
	for _, c := range schemas["IdentityInfo"] {
		want = append(want, c[0])
	}
	if !slices.Equal(have, want) {
		t.Errorf("IdentityInfo has %v, want %v", have, want)
	}
	flaws := s.hunt("DeviceTvmSoftwareVulnerabilities | summarize Devices = dcount(DeviceId) by CveId, VulnerabilitySeverityLevel | order by Devices")
	if len(flaws) < 4 || flaws[0]["Devices"].(float64) < 5 {
		t.Errorf("vulnerabilities %v", flaws)
	}
	for _, r := range s.hunt("DeviceTvmSoftwareInventory | where EndOfSupportStatus == '' | take 3") {
		if empty, ok := r["EndOfSupportDate"].(object); !ok || len(empty) != 0 {
			t.Errorf("an empty time is %v, want {}", r["EndOfSupportDate"])
		}
	}
	if r := s.hunt("DeviceTvmSecureConfigurationAssessment | where IsApplicable == true | take 1"); r[0]["IsCompliant"] != 0.0 && r[0]["IsCompliant"] != 1.0 {
		t.Errorf("a truth value is %v", r[0]["IsCompliant"])
	}
	for table := range map[string]bool{"DeviceTvmSoftwareVulnerabilitiesKB": true, "DeviceTvmSecureConfigurationAssessmentKB": true, "IdentityAccountInfo": true} {
		if r := s.hunt(table + " | count"); r[0]["Count"].(float64) < 5 {
			t.Errorf("%s has %v rows", table, r[0]["Count"])
		}
	}
}

// TestHuntingAnswersEverySnapshotTable asks for each table that is never exported: it has rows, the same ones when it is asked again, and the
// columns that the catalogue of the product has.
func TestHuntingAnswersEverySnapshotTable(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	files, err := filepath.Glob("../../data/tables/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	tables := 0
	for _, name := range files {
		var def struct {
			Name    string
			Pulled  bool
			Columns []struct{ Name string }
		}
		raw, err := os.ReadFile(name)
		if err != nil || json.Unmarshal(raw, &def) != nil {
			t.Fatal(name, err)
		}
		if !def.Pulled {
			continue
		}
		tables++
		ask := func() (rows []byte, n int, columns []string) {
			m := s.json(200, "POST", "/v1.0/security/microsoft.graph.security.runHuntingQuery", `{"Query":`+quote(def.Name)+`}`)
			for _, c := range m["schema"].([]any) {
				columns = append(columns, c.(object)["name"].(string))
			}
			rows, err := json.Marshal(m["results"])
			if err != nil {
				t.Fatal(err)
			}
			return rows, len(m["results"].([]any)), columns
		}
		rows, n, columns := ask()
		if again, _, _ := ask(); n == 0 || !bytes.Equal(rows, again) {
			t.Errorf("%s has %d rows, the same again: %v", def.Name, n, bytes.Equal(rows, again))
		}
		for _, c := range def.Columns {
			switch c.Name {
			case "TenantId", "TimeGenerated", "Timestamp", "RowTimestamp", "SourceSystem", "Type":
				continue
			case "RelatedMitreTechniques", "RelatedMitreTactics": // newer than the tenant
				continue
			}
			if !strings.HasPrefix(c.Name, "_") && !slices.Contains(columns, c.Name) {
				t.Errorf("%s has no column %s", def.Name, c.Name)
			}
		}
	}
	if tables != 15 {
		t.Errorf("%d tables", tables)
	}
}

func TestHuntingHasItsLimits(t *testing.T) {
	t.Parallel()
	s := quiet(t)
	s.json(204, "POST", s.Control+"/modes", `{"huntCalls":3,"retryAfter":"true"}`)
	for i := range 4 {
		status, h, _ := s.call("POST", "/v1.0/security/runHuntingQuery", `{"Query":"print 1"}`)
		if want := map[bool]int{true: 200, false: 429}[i < 3]; status != want || status == 429 && h.Get("Retry-After") == "" {
			t.Errorf("call %d: %d, want %d", i+1, status, want)
		}
	}
	s.json(204, "POST", s.Control+"/modes", `{"huntCalls":1000,"huntCPU":"1ns","retryAfter":"false"}`)
	status, h, b := s.call("POST", "/v1.0/security/runHuntingQuery", `{"Query":"print 1"}`)
	if status != 429 || h.Get("Retry-After") != "" {
		t.Errorf("without processor time: %d %s", status, b)
	}
}
