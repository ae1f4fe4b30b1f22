package apptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestArticleByCommandLine follows the how-to article by command line against the simulated tenant, from a fresh workspace to the last
// query: what every step does and what it refuses, with the machine cut off in the middle of each step that changes something.
func TestArticleByCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	d := StartDemo(t, "--fresh", "--speed", "5")
	for _, step := range []struct {
		name string
		do   func(*testing.T, *Demo)
	}{
		{"a fresh workspace", freshWorkspace}, {"who may connect", whoMayConnect}, {"install the solution", installSolution},
		{"one product on its own", oneProduct}, {"connect incidents and alerts", connectIncidents}, {"Defender for Cloud", defenderForCloud},
		{"connect entities", connectEntities}, {"connect events", connectEvents}, {"events of an incident", eventsOfIncident}, {"query", articleQueries}, {"disconnect", disconnectXDR},
	} {
		if !t.Run(step.name, func(t *testing.T) { d.t = t; step.do(t, d) }) {
			return // every step builds on the ones before
		}
	}
}

// cutOff runs a command, cuts the power at several moments of it, each time starts everything again, and at last lets the
// command get through.
func cutOff(t *testing.T, d *Demo, args ...string) string {
	t.Helper()
	for _, after := range []time.Duration{25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond} {
		done := make(chan struct{})
		go func() { defer close(done); _, _ = d.Try(args...) }() // whether it got through is open: that is the point
		<-time.After(after)
		d.Kill()
		<-done
		d.Start()
	}
	return d.Run(args...)
}

// refused runs a command that must fail and say so with the words.
func refused(t *testing.T, d *Demo, words string, args ...string) {
	t.Helper()
	if _, err := d.Try(args...); err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("vedette %s: %v; want it refused with %q", strings.Join(args, " "), err, words)
	}
}

// connectorState is what the journey reads of `connector show --json`.
type connectorState struct {
	State, StateText, Message     string
	Prerequisites, AppPermissions []struct{ ID, State, Remedy, Command string }
	Components                    []struct{ ID, State string }
	IncidentRules                 struct{ Enabled, Total int }
	Tables                        []struct {
		Name               string
		Selected, Exported bool
		LastSeen           string
		Rows               int64
	}
	ExportGuide struct{ Path string }
}

func showConnector(t *testing.T, d *Demo, id string) connectorState {
	t.Helper()
	var v connectorState
	decode(t, d.Run("connector", "show", id, "--json"), &v)
	return v
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func prerequisite(t *testing.T, v connectorState, id string) (state, remedy string) {
	t.Helper()
	for _, p := range v.Prerequisites {
		if p.ID == id {
			return p.State, p.Remedy + " " + p.Command
		}
	}
	t.Fatalf("no prerequisite %s in %+v", id, v.Prerequisites)
	return "", ""
}

func freshWorkspace(t *testing.T, d *Demo) {
	var items []struct{ ID string }
	if decode(t, d.Run("connector", "list", "--json"), &items); len(items) != 0 {
		t.Errorf("the gallery has %+v before a solution is installed", items)
	}
	v := showConnector(t, d, "defender-xdr")
	if v.State != "notConnected" || v.IncidentRules.Total != 6 || v.IncidentRules.Enabled != 6 || len(v.AppPermissions) == 0 || !strings.Contains(v.ExportGuide.Path, "Streaming API") {
		t.Errorf("%+v", v)
	}
	for id, want := range map[string]string{"licence": "met", "tenant": "met", "workspace": "met", "administrator": "unknown", "membership": "unknown", "solution": "notMet"} {
		if state, _ := prerequisite(t, v, id); state != want {
			t.Errorf("prerequisite %s is %s, want %s", id, state, want)
		}
	}
	refused(t, d, "no solution", "content", "install", "nope")
	refused(t, d, "no connector", "connector", "connect", "nope")
	refused(t, d, "not installed", "content", "remove", "defender-xdr")
	refused(t, d, "name what to connect", "connector", "connect", "defender-xdr")
}

func whoMayConnect(t *testing.T, d *Demo) {
	tenant := openTenant(t, d)
	people := map[string]string{
		"administrator": tenant.member("194ae4cb-b126-40b2-bd5b-6091b380977d", "62e90394-69f5-4237-9190-012177145e10"),
		"eligible":      tenant.eligible("194ae4cb-b126-40b2-bd5b-6091b380977d", "62e90394-69f5-4237-9190-012177145e10"),
		"guest":         tenant.guest(),
	}
	for name, want := range map[string]struct{ state, remedy string }{"administrator": {"met", ""}, "eligible": {"notMet", "activate it"}, "guest": {"notMet", ""}} {
		if people[name] == "" {
			t.Errorf("the simulated tenant has no %s", name)
			continue
		}
		p := signIn(t, d, name, "Contributor")
		d.Run("user", "link", "--name", name, "--tenant", d.Info.TenantID, "--object", people[name])
		var v connectorState
		p.call("GET", "/connectors/defender-xdr", nil, 200, &v)
		if state, remedy := prerequisite(t, v, "administrator"); state != want.state || !strings.Contains(remedy, want.remedy) {
			t.Errorf("%s: administrator is %s: %s", name, state, remedy)
		}
		if name == "guest" {
			p.call("POST", "/connectors/defender-xdr/connect", map[string]any{"incidents": true}, 403, nil)
			p.call("POST", "/content/defender-xdr/install", nil, 403, nil)
		}
	}
	p := signIn(t, d, "stranger", "Contributor")
	d.Run("user", "link", "--name", "stranger", "--tenant", "22222222-2222-4222-8222-222222222222", "--object", "33333333-3333-4333-8333-333333333333")
	p.call("PUT", "/connectors/defender-xdr/tables", map[string]any{"tables": []string{"all"}}, 403, nil)
	reader := signIn(t, d, "reader", "Reader")
	reader.call("POST", "/content/defender-xdr/install", nil, 403, nil)
	var v connectorState
	reader.call("GET", "/connectors/defender-xdr", nil, 200, &v)
	if state, remedy := prerequisite(t, v, "workspace"); state != "notMet" || !strings.Contains(remedy, "--role Contributor") {
		t.Errorf("a reader: workspace is %s: %s", state, remedy)
	}
	refused(t, d, "GUID", "user", "link", "--name", "reader", "--tenant", "x", "--object", "y")
}

func installSolution(t *testing.T, d *Demo) {
	out := cutOff(t, d, "content", "install", "defender-xdr")
	if !strings.Contains(out, "Installed the solution Microsoft Defender XDR") && !strings.Contains(out, "is installed already") {
		t.Errorf("%s", out)
	}
	if state, _ := prerequisite(t, showConnector(t, d, "defender-xdr"), "solution"); state != "met" {
		t.Errorf("the prerequisite is %s", state)
	}
	var items []struct{ ID string }
	if decode(t, d.Run("connector", "list", "--json"), &items); len(items) != 1 || items[0].ID != "defender-xdr" {
		t.Errorf("the gallery has %+v", items)
	}
}

func oneProduct(t *testing.T, d *Demo) {
	out := cutOff(t, d, "connector", "connect", "defender-endpoint")
	if !strings.Contains(out, "Microsoft Defender for Endpoint: ") {
		t.Errorf("%s", out)
	}
	Eventually(t, time.Minute, "an incident of a rule", func() error {
		if count(t, d, `SecurityIncident | where ProviderName == "Azure Sentinel" | where array_length(AlertIds) == 1 and array_length(RelatedAnalyticRuleIds) == 1`) == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
	if n := count(t, d, `SecurityAlert | where ProductName != "Microsoft Defender Advanced Threat Protection"`); n != 0 {
		t.Errorf("%d alerts of products that are not connected", n)
	}
	if n := count(t, d, `SecurityIncident | where ProviderName == "Microsoft XDR"`); n != 0 {
		t.Errorf("%d incidents of Defender XDR, which is not connected", n)
	}
	if n := count(t, d, `SecurityIncident | where ProviderName == "Azure Sentinel" | extend Alert = tostring(AlertIds[0]) | summarize Incidents = dcount(IncidentNumber) by Alert | where Incidents > 1`); n != 0 {
		t.Errorf("%d alerts made more than one incident", n)
	}
	d.Run("rule", "disable", "incidents-defender-endpoint")
	var r struct {
		Enabled   bool
		Incidents int
	}
	if decode(t, d.Run("rule", "enable", "incidents-defender-endpoint", "--severity", "High", "--json"), &r); !r.Enabled || r.Incidents == 0 {
		t.Errorf("the rule is %+v", r)
	}
	refused(t, d, "Critical", "rule", "enable", "incidents-defender-endpoint", "--severity", "Critical")
	refused(t, d, "does not run scheduled rules", "rule", "enable", "mass-download")
}

func connectIncidents(t *testing.T, d *Demo) {
	cutOff(t, d, "connector", "connect", "defender-xdr", "--incidents", "--keep-incident-rules")
	if v := showConnector(t, d, "defender-xdr"); v.IncidentRules.Enabled == 0 {
		t.Errorf("the box was left unmarked, but the rules are %+v", v.IncidentRules)
	}
	Eventually(t, time.Minute, "incidents of Defender XDR", func() error {
		if count(t, d, `SecurityIncident | where ProviderName == "Microsoft 365 Defender"`) == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
	// One alert in two incidents: what the box warns of.
	Eventually(t, time.Minute, "a duplicate", func() error {
		n := count(t, d, `SecurityIncident | mv-expand Alert = AlertIds to typeof(string) | summarize Providers = dcount(ProviderName) by Alert | where Providers > 1`)
		if n == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
	cutOff(t, d, "connector", "connect", "defender-xdr", "--incidents")
	v := showConnector(t, d, "defender-xdr")
	if v.IncidentRules.Enabled != 0 || len(v.Components) != 5 {
		t.Errorf("%+v", v)
	}
	for _, c := range v.Components {
		if c.State != "connectedThroughXDR" {
			t.Errorf("%s is %s", c.ID, c.State)
		}
	}
	refused(t, d, "connector disconnect defender-xdr --incidents", "connector", "disconnect", "defender-endpoint")
	refused(t, d, "Disconnect it first", "content", "remove", "defender-xdr")
	Eventually(t, time.Minute, "alerts of every product but Defender for Cloud", func() error {
		rows := d.Query(`SecurityAlert | distinct ProductName`)
		var names []string
		for _, r := range rows {
			names = append(names, r["ProductName"].(string))
		}
		if slices.Contains(names, "Azure Security Center") {
			t.Fatalf("alerts of Defender for Cloud are shown: %v", names)
		}
		if len(names) < 5 {
			return fmt.Errorf("only %v", names)
		}
		return nil
	})
	if n := count(t, d, `SecurityAlert | summarize Ids = dcount(SystemAlertId) by VendorOriginalId, ProductName | where Ids > 1`); n != 0 {
		t.Errorf("%d alerts that came both ways are two", n)
	}
}

// emptyOf finds incidents that say that the connector would fill them.
func emptyOf(t *testing.T, d *Demo, connector string) []string {
	t.Helper()
	var list []struct {
		IncidentNumber int
		AdditionalData struct{ AlertsCount int }
	}
	decode(t, d.Run("incident", "list", "--json", "--limit", "2000"), &list)
	var out []string
	for _, in := range list {
		if in.AdditionalData.AlertsCount > 0 {
			continue
		}
		var one struct{ EmptyReason, EmptyConnector string }
		number := fmt.Sprint(in.IncidentNumber)
		if decode(t, d.Run("incident", "show", number, "--json"), &one); one.EmptyConnector == connector && strings.Contains(one.EmptyReason, "connector connect "+connector) {
			out = append(out, number)
		}
		if len(out) == 3 {
			break
		}
	}
	return out
}

func defenderForCloud(t *testing.T, d *Demo) {
	var empty []string
	Eventually(t, time.Minute, "an incident that is empty without Defender for Cloud", func() error {
		if empty = emptyOf(t, d, "defender-cloud"); len(empty) == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
	// Either connector fills them; both together warn of duplicates until the legacy one is gone.
	warned := func(want bool) {
		t.Helper()
		for _, id := range []string{"defender-cloud", "defender-cloud-legacy"} {
			if got := strings.Contains(d.Run("connector", "show", id), "vedette connector disconnect defender-cloud-legacy"); got != want {
				t.Errorf("the page of %s warns of duplicates: %v, want %v", id, got, want)
			}
		}
	}
	cutOff(t, d, "connector", "connect", "defender-cloud-legacy")
	warned(false)
	filledByCloud(t, d, empty)
	cutOff(t, d, "connector", "connect", "defender-cloud")
	warned(true)
	cutOff(t, d, "connector", "disconnect", "defender-cloud-legacy")
	warned(false)
	filledByCloud(t, d, empty)
	Eventually(t, 30*time.Second, "rows of Defender for Cloud", func() error {
		if count(t, d, `SecurityAlert | where ProductName == "Azure Security Center"`) == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
}

// filledByCloud checks that incidents which were empty without Defender for Cloud have their alerts and entities.
func filledByCloud(t *testing.T, d *Demo, empty []string) {
	t.Helper()
	for _, number := range empty {
		var in struct {
			AdditionalData struct{ AlertsCount int }
			EmptyReason    string
			Entities       []any
		}
		if decode(t, d.Run("incident", "show", number, "--json"), &in); in.AdditionalData.AlertsCount == 0 || in.EmptyReason != "" || len(in.Entities) == 0 {
			t.Errorf("incident %s is still empty: %+v", number, in)
		}
	}
}

func connectEvents(t *testing.T, d *Demo) {
	refused(t, d, "does not stream a table", "connector", "connect", "defender-xdr", "--tables", "SecurityEvent")
	d.Run("connector", "connect", "defender-xdr", "--tables", "AlertInfo")
	cutOff(t, d, "connector", "connect", "defender-xdr", "--tables", "all")
	Eventually(t, time.Minute, "rows of what the hub held before", func() error {
		if count(t, d, "DeviceProcessEvents") == 0 {
			return fmt.Errorf("none")
		}
		return nil
	})
	for _, tb := range showConnector(t, d, "defender-xdr").Tables {
		if !tb.Selected {
			t.Errorf("%s is not ticked", tb.Name)
		}
		if tb.Name == "DeviceProcessEvents" && (!tb.Exported || tb.LastSeen == "" || tb.Rows == 0) {
			t.Errorf("%+v", tb)
		}
	}
}

func articleQueries(t *testing.T, d *Demo) {
	if n := count(t, d, `SecurityIncident | where ProviderName == "Microsoft 365 Defender"`); n == 0 {
		t.Error("the article's query finds nothing")
	}
	var sol struct {
		HuntingQueries, AnalyticsRules []struct{ ID, Query string }
		Functions                      []struct{ Name, Parameters string }
	}
	decode(t, d.Run("content", "show", "defender-xdr", "--json"), &sol)
	if len(sol.HuntingQueries) < 15 || len(sol.AnalyticsRules) < 8 || len(sol.Functions) == 0 {
		t.Fatalf("the solution has %d queries, %d rules, %d functions", len(sol.HuntingQueries), len(sol.AnalyticsRules), len(sol.Functions))
	}
	found := 0
	for _, q := range append(sol.HuntingQueries, sol.AnalyticsRules...) {
		if rows := d.Query(q.Query); len(rows) > 0 {
			found++
		}
	}
	if found < 5 {
		t.Errorf("only %d queries of the solution find something", found)
	}
	for _, f := range sol.Functions {
		if first, _, _ := strings.Cut(f.Parameters, ","); first != "" && !strings.Contains(first, "=") {
			continue // it wants an argument that only its caller knows
		}
		d.Query(f.Name + " | take 1")
	}
	p := signIn(t, d, "ada", "Contributor")
	var setup struct {
		Steps []struct {
			ID   string
			Done bool
		}
	}
	p.call("GET", "/setup", nil, 200, &setup)
	for _, s := range setup.Steps {
		if !s.Done {
			t.Errorf("the step %s is not ticked off", s.ID)
		}
	}
}

func disconnectXDR(t *testing.T, d *Demo) {
	before := count(t, d, "SecurityIncident | distinct IncidentNumber")
	out := cutOff(t, d, "connector", "disconnect", "defender-xdr")
	if !strings.Contains(out, "Stopped: ") || !strings.Contains(out, "Kept: ") {
		t.Errorf("%s", out)
	}
	if v := showConnector(t, d, "defender-xdr"); v.State != "notConnected" {
		t.Errorf("state is %s", v.State)
	}
	if after := count(t, d, "SecurityIncident | distinct IncidentNumber"); after < before {
		t.Errorf("%d incidents became %d", before, after)
	}
	if out := d.Run("content", "remove", "defender-xdr"); !strings.Contains(out, "stay") {
		t.Errorf("%s", out)
	}
	refused(t, d, "LatestIncidents", "query", "LatestIncidents | take 1")
}
