package bind

import (
	"slices"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

func TestSavedFunctions(t *testing.T) {
	env := Env{
		Catalog: schema.NewStatic(&schema.Table{Name: "T", Columns: []schema.Column{{Name: "A", Type: schema.Long}, {Name: "B", Type: schema.String}}}),
		Functions: map[string]string{
			"Top":   "(n:long=1) { T | where A > n }",
			"Twice": "() { Top(2) | project A }",
			"Wrong": "() { T | where Nope == 1 }",
			"Loop":  "() { Loop | take 1 }",
			"Torn":  "(((",
		},
	}
	for _, tc := range []struct{ name, query, code string }{
		{"called", "Top(3) | project A", ""},
		{"named without brackets", "Top | count", ""},
		{"of each other", "Twice | join kind=inner Top on A", ""},
		{"hidden by a name of the query", "let Top = 1; print Top", ""},
		{"finding inside", "Wrong | take 1", "KS142"},
		{"calls itself", "Loop", "query_too_deep"},
		{"text is no function", "Torn | take 1", "KS_saved"},
		{"argument of another type", "Top('x')", "KS107"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q, ds := syntax.Parse(tc.query)
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			_, ds = Bind(q, env)
			switch {
			case tc.code == "" && ds.HasErrors():
				t.Errorf("%v", ds)
			case tc.code != "" && !slices.ContainsFunc(ds, func(d syntax.Diagnostic) bool { return d.Code == tc.code }):
				t.Errorf("found %+v; want %s", ds, tc.code)
			}
			for _, d := range ds {
				if d.Start+d.Length > len(tc.query) {
					t.Errorf("%v is beyond the query's text", d)
				}
			}
		})
	}
}
