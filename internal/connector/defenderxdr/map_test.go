package defenderxdr

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/model"
)

var update = flag.Bool("update", false, "rewrite golden files")

// sample is an alert with one piece of evidence of every type of the schema.
func sample(t testing.TB) (json.RawMessage, model.Alert) {
	t.Helper()
	raw, err := os.ReadFile("testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Alert(raw)
	if err != nil {
		t.Fatal(err)
	}
	return raw, a
}

func TestAlertGolden(t *testing.T) {
	_, a := sample(t)
	a.Raw = nil
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(a); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/alert.golden"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// leaves collects every scalar of a JSON value, in lower case, without types, ids and references.
func leaves(v any, out map[string]bool) {
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			if k != "@odata.type" && k != "$id" && k != "$ref" && k != "Type" {
				leaves(y, out)
			}
		}
	case []any:
		for _, y := range x {
			leaves(y, out)
		}
	case nil:
	default:
		out[strings.ToLower(fmt.Sprint(x))] = true
	}
}

// fatal is what tests and properties have in common.
type fatal interface{ Fatal(args ...any) }

func decodeNumbers(t fatal, raw []byte) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNoEvidenceIsLost(t *testing.T) {
	raw, a := sample(t)
	evidence := decodeNumbers(t, raw).(map[string]any)["evidence"].([]any)
	if len(a.Entities) != len(evidence) {
		t.Fatalf("%d entities for %d pieces of evidence", len(a.Entities), len(evidence))
	}
	want, got := map[string]bool{}, map[string]bool{}
	leaves(evidence, want)
	for _, e := range a.Entities {
		leaves(decodeNumbers(t, e), got)
	}
	for v := range want {
		if !got[v] {
			t.Errorf("the value %q of the evidence is in no entity", v)
		}
	}
}

func TestEntitiesReferToEarlierOnes(t *testing.T) {
	_, a := sample(t)
	known := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			if id, ok := x["$id"].(string); ok {
				if known[id] {
					t.Errorf("the id %s is given twice", id)
				}
				known[id] = true
			}
			if ref, ok := x["$ref"].(string); ok && !known[ref] {
				t.Errorf("the reference %s points to nothing before it", ref)
			}
			keys := make([]string, 0, len(x))
			for k := range x {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				walk(x[k])
			}
		case []any:
			for _, y := range x {
				walk(y)
			}
		}
	}
	for _, e := range a.Entities {
		m := decodeNumbers(t, e).(map[string]any)
		if m["Type"] == nil || m["$id"] == nil {
			t.Errorf("an entity without Type or $id: %s", e)
		}
		known[m["$id"].(string)] = true
		delete(m, "$id")
		walk(m)
	}
}

func TestEvidenceKinds(t *testing.T) {
	for _, tt := range []struct{ name, evidence, want string }{
		{
			"a user by principal name", `{"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"accountName":"meganb","userPrincipalName":"MeganB@contoso.com","azureAdUserId":"9d2e"},"roles":["compromised"]}`,
			`{"$id":"2","Type":"account","Name":"MeganB","UPNSuffix":"contoso.com","AadUserId":"9d2e","UserPrincipalName":"MeganB@contoso.com","Roles":["compromised"]}`,
		},
		{
			"a file with hashes", `{"@odata.type":"#microsoft.graph.security.fileEvidence","detectionStatus":"detected","fileDetails":{"fileName":"a.exe","filePath":"C:\\t\\a.exe","sha256":"ab","sha1":null}}`,
			`{"$id":"2","Type":"file","Name":"a.exe","Directory":"C:\\t","FileHashes":[{"$id":"3","Type":"filehash","Algorithm":"SHA256","Value":"ab"}],"DetectionStatus":"detected"}`,
		},
		{
			"an address", `{"@odata.type":"#microsoft.graph.security.ipEvidence","ipAddress":"10.0.0.1","countryLetterCode":"NL"}`,
			`{"$id":"2","Type":"ip","Address":"10.0.0.1","Location":{"CountryCode":"NL"}}`,
		},
		{
			"a type of tomorrow", `{"@odata.type":"#microsoft.graph.security.quantumLinkEvidence","linkId":"x","inner":{"a":1,"b":null}}`,
			`{"$id":"2","Type":"quantum-link","Inner":{"A":1},"LinkId":"x"}`,
		},
		{"no type at all", `{"odd":"thing"}`, `{"$id":"2","Type":"unknown","Odd":"thing"}`},
		{
			"a sign-in session", `{"@odata.type":"#microsoft.graph.security.cloudLogonSessionEvidence","sessionId":"s1"}`,
			`{"$id":"2","Type":"cloud-logon-session","SessionId":"s1"}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&graph{}).entities([]json.RawMessage{json.RawMessage(tt.evidence)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got[0])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestIncidentMapping(t *testing.T) {
	raw := `{"id":"2972395","displayName":" Multi-stage ","status":"InProgress","severity":"medium","classification":"TruePositive","determination":"compromisedUser",
		"assignedTo":"KaiC@contoso.com","customTags":["Demo"],"systemTags":["Attack disruption"],"createdDateTime":"2026-03-01T12:00:00.04Z",
		"lastUpdateDateTime":"2026-03-01T12:30:00.5533333Z","lastModifiedBy":"DavidS@contoso.com","resolvingComment":null,"redirectIncidentId":null,
		"comments":[{"comment":"new","createdByDisplayName":"David","createdDateTime":"2026-03-01T12:20:00Z"},{"comment":"old","createdBy":"Kai","createdTime":"2026-03-01T12:10:00Z"}],
		"incidentWebUrl":"https://security.microsoft.com/incidents/2972395?tid=b3c1"}`
	got, err := Incident(json.RawMessage(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := model.TenantIncident{
		ID: "2972395", Version: 639079650005533333, RawStatus: "inProgress", Severity: "Medium", Owner: "KaiC@contoso.com", Title: "Multi-stage",
		Disposition: model.Disposition{Status: "Active", Classification: "truePositive", Determination: "compromisedAccount"},
		Tags:        []string{"Demo"}, SystemTags: []string{"Attack disruption"}, URL: "https://security.microsoft.com/incidents/2972395?tid=b3c1",
		ModifiedBy: "DavidS@contoso.com", Created: time.Date(2026, 3, 1, 12, 0, 0, 40_000_000, time.UTC), Updated: time.Date(2026, 3, 1, 12, 30, 0, 553_333_300, time.UTC),
		Comments: []model.TenantComment{
			{Message: "new", Author: "David", Created: time.Date(2026, 3, 1, 12, 20, 0, 0, time.UTC)},
			{Message: "old", Author: "Kai", Created: time.Date(2026, 3, 1, 12, 10, 0, 0, time.UTC)},
		},
	}
	want.Version = got.Version
	if got.Version%10_000_000 != 5_533_333 {
		t.Errorf("the stamp lost digits: %d", got.Version)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(model.TenantIncident{}, "Hash", "Raw")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWritingBackChangesNothing is the law that keeps the two sides from answering each other for ever: a value that was
// read and is written back is the same value.
func TestWritingBackChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(w words, label string) string {
			keys := make([]string, 0, len(w))
			for k := range w {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			return rapid.SampledFrom(append(keys, "wordOfTomorrow")).Draw(t, label)
		}
		wire := map[string]any{
			"id": "1", "lastUpdateDateTime": "2026-03-01T12:00:00Z", "status": rapid.SampledFrom([]string{"active", "inProgress", "resolved"}).Draw(t, "status"),
			"severity": rapid.SampledFrom([]string{"informational", "Low", "medium", "high", "unknown"}).Draw(t, "severity"), "classification": word(classificationWords, "classification"),
			"determination": word(determinationWords, "determination"), "assignedTo": rapid.SampledFrom([]any{nil, "a@b.c", " A@b.c "}).Draw(t, "owner"),
		}
		read := func() model.TenantIncident {
			b, err := json.Marshal(wire)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Incident(b)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		a := read()
		for k, v := range patch(model.TenantPatch{Disposition: &a.Disposition, Severity: &a.Severity, Owner: &a.Owner}) {
			wire[k] = v
		}
		b := read()
		if diff := cmp.Diff(a, b, cmpopts.IgnoreFields(model.TenantIncident{}, "Raw")); diff != "" {
			t.Fatalf("(-read +written back):\n%s", diff)
		}
	})
}

// TestProducts tries every service that the schema lists, and every prefix of an id.
func TestProducts(t *testing.T) {
	untried := maps.Clone(products)
	for _, tt := range []struct{ service, id, provider, product, vendor string }{
		{"microsoftDefenderForEndpoint", "da1_2", "MDATP", "Microsoft Defender Advanced Threat Protection", "1_2"},
		{"microsoftDefenderForOffice365", "fa-9", "OATP", "Office 365 Advanced Threat Protection", "-9"},
		{"microsoftDefenderForIdentity", "aaX", "Azure Advanced Threat Protection", "Azure Advanced Threat Protection", "X"},
		{"microsoftDefenderForCloudApps", "caX", "MCAS", "Microsoft Cloud App Security", "X"},
		{"azureAdIdentityProtection", "adX", "IPC", "Azure Active Directory Identity Protection", "X"},
		{"microsoftDefenderForCloud", "dcX", "Azure Security Center", "Azure Security Center", "X"},
		{"microsoft365Defender", "raX", "Microsoft Defender XDR", "Microsoft Defender XDR", "X"},
		{"microsoft365Defender", "taX", "Microsoft Defender XDR", "Microsoft Defender XDR", "X"}, // threat experts
		{"microsoft365Defender", "eaX", "Microsoft Defender XDR", "Microsoft Defender XDR", "X"}, // a custom detection
		{"microsoftDefenderForEndpoint", "edX", "MDATP", "Microsoft Defender Advanced Threat Protection", "X"},
		{"microsoftDefenderForIdentity", "riX", "Azure Advanced Threat Protection", "Azure Advanced Threat Protection", "X"},
		{"microsoftDefenderForCloudApps", "rmX", "MCAS", "Microsoft Cloud App Security", "X"},
		{"microsoftAppGovernance", "maX", "App Governance", "Microsoft App Governance", "X"},
		{"dataLossPrevention", "dlX", "Microsoft Data Loss Prevention", "Microsoft Data Loss Prevention", "X"},
		{"microsoftInsiderRiskManagement", "irX", "Microsoft Insider Risk Management", "Microsoft Insider Risk Management", "X"},
		{"microsoftSentinel", "snX", "ASI Scheduled Alerts", "Azure Sentinel", "X"},
		{"microsoftThreatIntelligence", "X1", "Microsoft Threat Intelligence", "Microsoft Threat Intelligence", "X1"},
		{"microsoftSecurityForAI", "X1", "Microsoft Security for AI", "Microsoft Security for AI", "X1"},
		{"MICROSOFTDEFENDERFORENDPOINT", "da", "MDATP", "Microsoft Defender Advanced Threat Protection", "da"}, // a word in another case, an id of two letters
		{"somethingNew", "zzX", "New Product", "New Product", "zzX"},
	} {
		raw := fmt.Sprintf(`{"id":%q,"serviceSource":%q,"productName":"New Product","lastUpdateDateTime":"2026-03-01T12:00:00Z"}`, tt.id, tt.service)
		a, err := Alert(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		if a.ProviderName != tt.provider || a.ProductName != tt.product || a.VendorOriginalID != tt.vendor || a.SystemAlertID != SystemAlertID(tt.id) {
			t.Errorf("%s: got %s, %s, %s", tt.service, a.ProviderName, a.ProductName, a.VendorOriginalID)
		}
		delete(untried, strings.ToLower(tt.service))
	}
	for service := range untried {
		t.Errorf("the service %s is not tried", service)
	}
}

func FuzzAlert(f *testing.F) {
	raw, err := os.ReadFile("testdata/alert.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"id":"x","lastUpdateDateTime":"2026-03-01T12:00:00Z","evidence":[null,1,{"@odata.type":"#microsoft.graph.security.processEvidence"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := Alert(raw)
		if err != nil {
			return
		}
		for _, e := range a.Entities {
			if !json.Valid(e) {
				t.Errorf("entity is not JSON: %s", e)
			}
		}
	})
}
