package content

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TestBundledQueriesFindStories runs every query that comes with the program over the simulated stories: each compiles,
// runs and finds something that happened.
func TestBundledQueriesFindStories(t *testing.T) {
	w := newWorld(t)
	for _, s := range Catalogue() {
		found := func(kind, id, query string) {
			t.Run(s.ID+"/"+kind+"/"+id, func(t *testing.T) {
				n := w.run(t, query)
				if n == 0 {
					t.Error("finds nothing in the stories")
				}
			})
		}
		for _, r := range s.Rules {
			found("rules", r.ID, r.Query)
		}
		for _, h := range s.Hunting {
			found("hunting", h.ID, h.Query)
		}
		for _, b := range s.Workbooks {
			for _, tile := range b.Tiles {
				found("workbooks", b.ID+"/"+tile.Title, tile.Query)
			}
		}
		for _, f := range s.Functions {
			found("functions", f.Name, cmp.Or(f.Example, f.Name))
		}
	}
}

// TestAlertEventsFindTheEvidence asks for the raw events of every alert of the stories: nineteen of twenty pieces of evidence
// that have rows are found in the table that holds them.
func TestAlertEventsFindTheEvidence(t *testing.T) {
	w := newWorld(t)
	found, all := 0, 0
	for _, a := range w.alerts {
		asked := map[string]int{}
		for _, e := range a.Evidence {
			if e.Table == "" {
				continue
			}
			if _, ok := asked[e.Table]; !ok {
				asked[e.Table] = w.run(t, `AlertEvents("`+a.ID+`") | where Table == "`+e.Table+`"`)
			}
			all++
			if asked[e.Table] > 0 {
				found++
			}
		}
	}
	if all < 100 || found*20 < all*19 {
		t.Errorf("%d of %d pieces of evidence have events", found, all)
	}
	if n := w.run(t, `AlertEvents("nothing")`); n != 0 {
		t.Errorf("an alert that is not there has %d events", n)
	}
}

var (
	technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	duration  = regexp.MustCompile(`^P(T\d+[MH]|\d+D)$`)
	slug      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// TestCatalogueHolds checks what every item must have, and that the solution of Defender XDR has what it promises.
func TestCatalogueHolds(t *testing.T) {
	seen := map[string]bool{}
	once := func(kind, id string) {
		if seen[kind+id] || !slug.MatchString(strings.ToLower(id)) {
			t.Errorf("%s %q is there twice or is no id", kind, id)
		}
		seen[kind+id] = true
	}
	for _, s := range Catalogue() {
		once("solution", s.ID)
		once("contentId", strings.NewReplacer(".", "-", "_", "-").Replace(s.ContentID))
		if s.Title == "" || s.Description == "" || s.Version == "" || len(s.Connectors) == 0 || len(s.Categories) == 0 {
			t.Errorf("%s lacks a title, description, version, connector or category", s.ID)
		}
		for _, r := range s.Rules {
			once("rule", r.ID)
			if !slices.Contains([]string{"High", "Medium", "Low", "Informational"}, r.Severity) || !duration.MatchString(r.QueryFrequency) || !duration.MatchString(r.QueryPeriod) {
				t.Errorf("rule %s: severity %s, frequency %s, period %s", r.ID, r.Severity, r.QueryFrequency, r.QueryPeriod)
			}
			checkMappings(t, r)
		}
		for _, h := range s.Hunting {
			once("hunting", h.ID)
			for _, x := range h.Techniques {
				if !technique.MatchString(x) {
					t.Errorf("%s: technique %s", h.ID, x)
				}
			}
		}
		for _, b := range s.Workbooks {
			once("workbook", b.ID)
			for _, tile := range b.Tiles {
				if tile.Width < 1 || tile.Width > 12 || !slices.Contains([]string{"number", "table", "bar", "column", "line", "area", "pie"}, tile.Visual) {
					t.Errorf("workbook %s, tile %s: %s, width %d", b.ID, tile.Title, tile.Visual, tile.Width)
				}
			}
		}
		for _, f := range s.Functions {
			once("function", f.Name)
		}
	}
	x, err := Find("azuresentinel.azure-sentinel-solution-microsoft365defender")
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Rules) < 8 || len(x.Hunting) < 15 || len(x.Workbooks) != 2 || len(x.Functions) == 0 || Of("defender-xdr") != x {
		t.Errorf("the solution has %d rules, %d hunting queries, %d workbooks, %d functions", len(x.Rules), len(x.Hunting), len(x.Workbooks), len(x.Functions))
	}
}

// checkMappings looks for the columns that a rule's entities are made of in its result.
func checkMappings(t *testing.T, r Rule) {
	t.Helper()
	got := kql.Check(r.Query, bind.Env{Catalog: schema.Builtin(), Runnable: exec.Runnable})
	for _, m := range r.EntityMappings {
		for _, f := range m.FieldMappings {
			if !slices.ContainsFunc(got.Columns, func(c [2]string) bool { return c[0] == f.ColumnName }) {
				t.Errorf("rule %s maps column %s, which its query does not give", r.ID, f.ColumnName)
			}
		}
	}
}
