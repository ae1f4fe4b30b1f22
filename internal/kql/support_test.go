package kql_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/data"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
)

var updateDocs = flag.Bool("update-docs", false, "rewrite docs/kql.md")

// operatorsThatRun are the tabular operators that become plan nodes; the rest bind and are refused by name when run.
const operatorsThatRun = "as, assert-schema, consume, count, datatable, distinct, extend, externaldata, facet, find, fork, getschema, invoke, join, let, limit, lookup, " +
	"make-series, materialize, mv-apply, mv-expand, order, parse, parse-kv, parse-where, partition, print, project, project-away, " +
	"project-keep, project-rename, project-reorder, range, render, sample, sample-distinct, scan, search, serialize, sort, summarize, " +
	"take, top, top-hitters, top-nested, union, where"

// TestSupportMatrix keeps docs/kql.md what the registries say.
func TestSupportMatrix(t *testing.T) {
	var b strings.Builder
	b.WriteString("# KQL support\n\nWritten by `go test ./internal/kql -run TestSupportMatrix -update-docs`; do not edit.\n\n" +
		"Every function, aggregate and plugin of the language binds: names, overloads and result types are checked, and `vedette kql check` answers\n" +
		"its columns. What stands under *binds only* is refused when run, by name and place. Nothing is ever answered approximately without a word,\n" +
		"but `dcount` and `percentile`, which the language itself defines as estimates; here they are exact.\n\n" +
		"## Tabular operators that run\n\n" + operatorsThatRun + "\n")
	plugins := append(exec.PluginNames(), "identity", "preview")
	for _, part := range []struct{ title, file string }{
		{"Scalar functions", "kql/functions.json"}, {"Aggregates", "kql/aggregates.json"}, {"Plugins", "kql/plugins.json"},
	} {
		raw, err := data.KQL.ReadFile(part.file)
		if err != nil {
			t.Fatal(err)
		}
		var symbols []struct {
			Name   string
			Hidden bool
		}
		if err := json.Unmarshal(raw, &symbols); err != nil {
			t.Fatal(err)
		}
		runs, binds := map[string]bool{}, map[string]bool{}
		for _, s := range symbols {
			switch {
			case s.Hidden:
			case exec.Runnable(s.Name), part.title == "Scalar functions" && bind.Expanded(s.Name), part.title == "Plugins" && slices.Contains(plugins, s.Name):
				runs[s.Name] = true
			default:
				binds[s.Name] = true
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%d run: %s\n\n%d bind only: %s\n", part.title, len(runs), names(runs), len(binds), names(binds))
	}
	b.WriteString("\n## Answered in another form than the service's\n\nThe rule behind these is not published. Each answers by a rule of its own, told in `docs/decisions`; the reference cases that hold\nthe service's figures are exceptions of the conformance test.\n\n" +
		"* `hash_combine`, `hash_many`: the number; that it is the same for the same values within a query holds.\n" +
		"* `series_periods_detect`, `series_periods_validate`: the scores; and with them what `series_decompose*` and `series_seasonal` find by themselves.\n" +
		"* `series_outliers` with percentiles of the caller's: the unit. The default ones are the service's.\n")
	b.WriteString(whereItRuns(t))
	path := "../../docs/kql.md"
	if *updateDocs {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(raw) != b.String() {
		t.Error("docs/kql.md is not what the registries say; run: go test ./internal/kql -run TestSupportMatrix -update-docs")
	}
}

func names(set map[string]bool) string {
	out := make([]string, 0, len(set))
	for n := range set {
		out = append(out, "`"+n+"`")
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}
