package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var catalog = schema.NewStatic(
	&schema.Table{Name: "T", Columns: []schema.Column{
		{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "a", Type: schema.Long}, {Name: "b", Type: schema.Long}, {Name: "s", Type: schema.String}, {Name: "d", Type: schema.Dynamic}}},
	&schema.Table{Name: "U", Columns: []schema.Column{
		{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "a", Type: schema.Long}, {Name: "u", Type: schema.String}, {Name: "n", Type: schema.Real}}},
)

func compile(t *testing.T, text string) plan.Node {
	t.Helper()
	tree, diags := syntax.Parse(text)
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, text)
	}
	q, diags := bind.Bind(tree, bind.Env{Catalog: catalog})
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, text)
	}
	return plan.Prune(q.Results[0].Root)
}

// TestRules shows what each rule does: testdata has, for every query of a rule, the plan before and after. A query after a
// line `stays` is left alone.
func TestRules(t *testing.T) {
	for _, r := range All() {
		if r.Name == pruneColumns.Name || r.Name == providerName.Name || r.Name == pushFilter.Name {
			continue // tested in package plan
		}
		t.Run(r.Name, func(t *testing.T) {
			file := filepath.Join("testdata", r.Name+".txt")
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			changed, stayed := 0, 0
			for _, section := range strings.Split(string(raw), "\n----\n") {
				query, _, _ := strings.Cut(section, "\n==\n")
				query = strings.TrimSpace(query)
				if query == "" {
					continue
				}
				text, stays := strings.CutPrefix(query, "stays\n")
				before := compile(t, text)
				shown := plan.Print(before)
				after := r.Apply(before)
				if plan.Print(before) != shown {
					t.Errorf("the old plan was changed: %s", text)
				}
				if (after == before) != stays {
					t.Errorf("changed is %v: %s\n%s", after != before, text, plan.Print(after))
				}
				result := query + "\n==\n" + shown
				if stays {
					stayed++
				} else {
					changed++
					result += "=>\n" + plan.Print(after)
				}
				out.WriteString(result + "\n----\n")
			}
			if changed == 0 || stayed == 0 {
				t.Errorf("%d queries are changed and %d stay; there must be both", changed, stayed)
			}
			if *update {
				if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(raw), out.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNotesNameTheRules(t *testing.T) {
	q := &plan.Query{Results: []plan.Result{{Root: compile(t, "T | project x = a, s | where x > 1 and 1 == 1 | summarize count() by x")}}}
	Rewrite(q)
	got := strings.Join(q.Notes, "\n")
	for _, want := range []string{"push-filter", "fold-constants"} {
		if !strings.Contains(got, want+": ") {
			t.Errorf("the notes do not name %s:\n%s", want, got)
		}
	}
	if strings.Contains(got, "provider-name") || strings.Contains(got, "semi-join") {
		t.Errorf("the notes name a rule that did nothing:\n%s", got)
	}
}
