package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

type defenderGraph struct {
	accounts []msgraph.IdentityAccount
	aerr     error
	rows     []map[string]json.RawMessage
	herr     error
	answer   func(query string) []map[string]json.RawMessage
	queries  []string
}

func (g *defenderGraph) IdentityAccounts(_ context.Context, f func(msgraph.IdentityAccount) error) error {
	for _, a := range g.accounts {
		if err := f(a); err != nil {
			return err
		}
	}
	return g.aerr
}

func (g *defenderGraph) Hunt(_ context.Context, q, _ string, _ msgraph.Priority) ([]map[string]json.RawMessage, error) {
	g.queries = append(g.queries, q)
	if g.answer != nil {
		return g.answer(q), g.herr
	}
	return g.rows, g.herr
}

func row(t *testing.T, text string) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDefenderReadsBothLists(t *testing.T) {
	yes, no := true, false
	g := &defenderGraph{
		accounts: []msgraph.IdentityAccount{
			{ID: "1", DisplayName: "Ada", OnPremisesSID: "S-1-5-21-1", IsEnabled: &no, UserPrincipalName: "ada@x"},
			{ID: "2", DisplayName: "Cloud only"},
			{ID: "3", DisplayName: "New", OnPremisesSID: "S-1-5-21-3"},
		},
		rows: []map[string]json.RawMessage{
			row(t, `{"OnPremSid":"s-1-5-21-1","AccountName":"ada","AccountDomain":"CORP","IsAccountEnabled":1,"CreatedDateTime":"2024-02-03T04:05:06Z","Manager":"bo@x",
				"GroupMembership":["SOC","All"],"UserAccountControl":"[\"PasswordNeverExpires\"]","Tags":{},"AssignedRoles":"[]","Department":null}`),
			row(t, `{"OnPremSid":"S-1-5-21-9","AccountName":"left"}`),
		},
	}
	d := NewDefender(g, 0)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	d.now = func() time.Time { return now }
	b, err := d.Read(t.Context(), true)
	if err != nil || !b.Full || b.Warning != "" {
		t.Fatalf("%+v %v", b, err)
	}
	want := []model.Person{
		{ID: "S-1-5-21-1", SID: "S-1-5-21-1", SAMAccount: "ada", Domain: "CORP", DisplayName: "Ada", UPN: "ada@x", Enabled: &no, Created: time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC),
			Manager: "bo@x", Groups: []string{"SOC", "All"}, AccountControl: []string{"PasswordNeverExpires"}},
		{ID: "S-1-5-21-3", SID: "S-1-5-21-3", DisplayName: "New"},
	}
	if diff := cmp.Diff(want, b.People); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	// Later only what is new is asked for, with an overlap; what was known stays.
	now = now.Add(15 * time.Minute)
	g.rows, g.accounts[0].IsEnabled = nil, &yes
	if b, err = d.Read(t.Context(), false); err != nil || b.People[0].SAMAccount != "ada" || !*b.People[0].Enabled {
		t.Errorf("%+v %v", b, err)
	}
	// A quota that is used up stops nobody, and what is known is not asked for anew.
	now, g.herr = now.Add(15*time.Minute), fault.New(fault.Throttled, "graph_throttled", "slow down")
	if b, err = d.Read(t.Context(), true); err != nil || b.People[0].SAMAccount != "ada" || !strings.Contains(b.Warning, "2026-01-01T12:15:00Z") {
		t.Errorf("%+v %v", b, err)
	}
	if !strings.Contains(g.queries[2], "ago(75m)") {
		t.Errorf("asked %q", g.queries[2])
	}
	now, g.herr = now.Add(24*time.Hour), nil
	if _, err = d.Read(t.Context(), true); err != nil || !strings.Contains(g.queries[3], "ago(43200m)") {
		t.Errorf("asked %q, %v", g.queries[3], err)
	}
	if !strings.Contains(g.queries[0], "ago(43200m)") || !strings.Contains(g.queries[1], "ago(75m)") {
		t.Errorf("asked %q", g.queries)
	}
}

func TestDefenderWithOneListOnly(t *testing.T) {
	refused := fault.New(fault.Permission, "graph_permission", "no right")
	g := &defenderGraph{accounts: []msgraph.IdentityAccount{{OnPremisesSID: "S-1"}}, herr: refused}
	b, err := NewDefender(g, 0).Read(t.Context(), true)
	if err != nil || len(b.People) != 1 || !strings.Contains(b.Warning, "no right") {
		t.Errorf("without hunting: %+v %v", b, err)
	}
	g = &defenderGraph{rows: []map[string]json.RawMessage{row(t, `{"OnPremSid":"S-1"}`)}, aerr: refused}
	if b, err = NewDefender(g, 0).Read(t.Context(), true); err != nil || len(b.People) != 1 || !strings.Contains(b.Warning, "late") {
		t.Errorf("without accounts: %+v %v", b, err)
	}
	g = &defenderGraph{aerr: refused, herr: refused}
	if _, err = NewDefender(g, 0).Read(t.Context(), true); err == nil {
		t.Error("with neither: no error")
	}
	g = &defenderGraph{herr: fault.New(fault.Unavailable, "x", "down")}
	if _, err = NewDefender(g, 0).Read(t.Context(), true); err == nil {
		t.Error("a failure that passes: no error")
	}
}

// TestDefenderAsksInParts meets an answer that is cut.
func TestDefenderAsksInParts(t *testing.T) {
	cut := make([]map[string]json.RawMessage, msgraph.HuntingRows)
	g := &defenderGraph{}
	g.answer = func(q string) []map[string]json.RawMessage {
		if !strings.Contains(q, "hash(") {
			return cut
		}
		_, rest, _ := strings.Cut(q, "== ")
		n, _, _ := strings.Cut(rest, "\n")
		return []map[string]json.RawMessage{row(t, fmt.Sprintf(`{"OnPremSid":"S-%s"}`, n))}
	}
	d := NewDefender(g, 0)
	if err := d.hunt(t.Context()); err != nil || len(d.known) != 4 || len(g.queries) != 5 {
		t.Errorf("%d known by %d queries, %v", len(d.known), len(g.queries), err)
	}
}

func TestCells(t *testing.T) {
	for raw, want := range map[string][]string{
		`null`: nil, `{}`: nil, `""`: nil, `[]`: nil, `["a","b"]`: {"a", "b"}, `"[\"a\"]"`: {"a"}, `"a, b"`: {"a", "b"}, `[{"displayName":"x"},{"q":1},3]`: {"x"},
	} {
		if d := cmp.Diff(want, cellList(json.RawMessage(raw))); d != "" {
			t.Errorf("%s: %s", raw, d)
		}
	}
	for raw, want := range map[string]string{`1`: "true", `0`: "false", `true`: "true", `"False"`: "false", `{}`: "nil", `null`: "nil", `7`: "nil"} {
		got := "nil"
		if b := cellBool(json.RawMessage(raw)); b != nil {
			got = fmt.Sprint(*b)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", raw, got, want)
		}
	}
}
