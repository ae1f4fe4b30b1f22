package kql_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/help"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Every construct of the language either runs, which its example shows, or is refused by name with the reason on record.
func TestEveryConstructRunsOrIsRefused(t *testing.T) {
	now := column.Date(2026, 6, 1)
	run := exec.Env{Source: nasty{now}, Now: now, Database: "soc", Principal: "somebody", Fetch: func(context.Context, string) ([]byte, error) { return []byte("x\n"), nil }}
	var ran, refused int
	for _, kind := range help.Kinds() {
		t.Run(kind, func(t *testing.T) {
			for _, e := range help.All(kind) {
				q, ds := kql.Compile(e.Query, bind.Env{Catalog: schema.Builtin(), Database: "soc", Workspace: "soc", Runnable: exec.Runnable, Discover: func(n *plan.Plugin) (*plan.Held, error) {
					return exec.Discover(t.Context(), n, run)
				}})
				if why := bind.Refusals()[kind][e.Name]; why != "" {
					refused++
					if q != nil || ds.Has(syntax.Syntax) || ds.Has(syntax.Semantic) || !strings.Contains(ds.Error(), why) {
						t.Errorf("%s is to be refused: %s; the findings are: %v\n%s", e.Name, why, ds, e.Query)
					}
					continue
				}
				if q == nil {
					t.Errorf("%s: %v\n%s", e.Name, ds, e.Query)
					continue
				}
				for _, r := range q.Results {
					if _, err := exec.Collect(t.Context(), r.Root, run); err != nil {
						t.Errorf("%s: %v\n%s", e.Name, err, e.Query)
					}
				}
				ran++
			}
		})
	}
	t.Logf("%d constructs run, %d are refused by name", ran, refused)
}

// The list has every symbol of the language, and what is refused is on it.
func TestEveryConstructIsOnTheList(t *testing.T) {
	need := func(kind string, names ...string) {
		for _, n := range names {
			if _, ok := help.About(kind, n); !ok {
				t.Errorf("nothing is told about the %s %s", kind, n)
			}
		}
	}
	symbols := func(raw []byte) []string {
		var list []struct{ Name string }
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, s := range list {
			out = append(out, s.Name)
		}
		return out
	}
	kinds := map[string]string{"functions": "function", "aggregates": "aggregate", "plugins": "plugin"}
	for file, kind := range map[string]string{"functions": "function", "aggregates": "aggregate", "plugins": "plugin", "operators": "scalar operator"} {
		raw, err := data.KQL.ReadFile("kql/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		need(kind, symbols(raw)...)
	}
	need("operator", syntax.OperatorNames()...)
	need("statement", "alias database", "declare pattern", "declare query_parameters", "let", "restrict access to", "set")
	for kind, m := range bind.Refusals() {
		for name := range m {
			if !strings.Contains(name, " ") || kind == "scalar operator" { // others are forms of a construct that runs
				need(kind, name)
			}
		}
	}
	raw := kqltest.Builtins(t)
	var official map[string]json.RawMessage
	if err := json.Unmarshal(raw, &official); err != nil {
		t.Fatal(err)
	}
	for file, kind := range kinds {
		need(kind, symbols(official[file])...)
	}
	if n := len(symbols(official["operators"])); n != len(help.All("scalar operator")) {
		t.Errorf("the language has %d operators between values, the list %d", n, len(help.All("scalar operator")))
	}
}
