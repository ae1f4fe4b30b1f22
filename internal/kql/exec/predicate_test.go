package exec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TestPredicate tests rows as a filter does, and refuses what a row alone does not decide.
func TestPredicate(t *testing.T) {
	cat := schema.NewStatic(
		&schema.Table{Name: "T", Columns: []schema.Column{{Name: "s", Type: schema.String}, {Name: "k", Type: schema.Long}, {Name: "at", Type: schema.Datetime, Source: "TimeGenerated", Hidden: true}}},
		&schema.Table{Name: "U", Columns: []schema.Column{{Name: "s", Type: schema.String}}},
	)
	rows := map[string][]any{"s": {"ada", "Bob", "", "eve"}, "k": {int64(1), int64(2), nil, int64(4)}, "TimeGenerated": {int64(0), column.Day, 2 * column.Day, 3 * column.Day}}
	const refused = "predicate_not_pure"
	for _, tt := range []struct {
		where string
		want  []bool
		code  string
	}{
		{"s =~ 'ADA'", []bool{true, false, false, false}, ""},
		{"k > 1", []bool{false, true, false, true}, ""},
		{"not(k > 1)", []bool{true, false, false, false}, ""},
		{"k > 1 and s == 'eve' or isempty(s)", []bool{false, false, true, true}, ""},
		{"at < ago(1d)", []bool{true, false, false, false}, ""},
		{"true", []bool{true, true, true, true}, ""},
		{"k == 1) or (k == 4", []bool{true, false, false, true}, ""},
		{"k == 1) | where (s == 'ada'", []bool{true, false, false, false}, ""},
		{"k == 1) | project s | where (s == 'ada'", []bool{true, false, false, false}, ""},
		{"k == 1) | extend s = 'eve' | where (s == 'eve'", nil, refused},
		{"s in ((U | project s))", nil, refused},
		{"k == toscalar(U | count)", nil, refused},
		{"rand() > 0.5", nil, refused},
		{"k > 0) | take 1 | where (true", nil, refused},
		{"k > 0) | union U | where (true", nil, refused},
		{"k > 0) | summarize k = max(k) | where (true", nil, refused},
	} {
		t.Run(tt.where, func(t *testing.T) {
			q, ds := kql.Compile("T | where ("+tt.where+")", bind.Env{Catalog: cat, Runnable: exec.Runnable})
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			p, err := exec.NewPredicate(t.Context(), q.Results[0].Root, exec.Env{Now: 2 * column.Day})
			if tt.code != "" {
				if fault.CodeOf(err) != tt.code {
					t.Fatalf("%v, want %s", err, tt.code)
				}
				return
			}
			if err != nil || p.Table != "T" {
				t.Fatal(p, err)
			}
			b := &column.Batch{N: 4}
			for _, c := range p.Columns {
				v := column.New(c.Type, 4)
				for _, x := range rows[c.Name] {
					v.Append(x)
				}
				b.Cols = append(b.Cols, v)
			}
			got, err := p.Match(b)
			if d := cmp.Diff(tt.want, got); d != "" || err != nil {
				t.Error(d, err)
			}
		})
	}
}
