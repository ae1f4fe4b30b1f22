package kql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/help"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/schema"
)

// whereItRuns tells for every construct of the language what runs it, and why. Operators are asked with their examples.
func whereItRuns(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n## What runs each construct\n\n" +
		"A query over stored rows runs in DuckDB as far as it is exact there; what is above runs in Go. *SQL*: DuckDB's own operators, for the types where they are proven to\n" +
		"mean the same; for others as the next. *per value*: DuckDB calls our function for each chunk of rows. *per group*: DuckDB collects the rows of each\n" +
		"group, our aggregate folds them. *Go*: the rows leave DuckDB. *before*: it is worked out while the query is compiled. The differential test holds them all to one answer.\n")
	for _, kind := range []string{"statement", "operator", "scalar operator", "function", "aggregate", "plugin"} {
		fmt.Fprintf(&b, "\n### %ss\n\n| %s | runs | why |\n|---|---|---|\n", strings.ToUpper(kind[:1])+kind[1:], kind)
		for _, e := range help.All(kind) {
			runs, why := runs(t, kind, e)
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.ReplaceAll(e.Name, "|", "\\|"), runs, why)
		}
	}
	return b.String()
}

func runs(t *testing.T, kind string, e help.Entry) (how, why string) {
	if why := bind.Refusals()[kind][e.Name]; why != "" {
		return "refused", why
	}
	switch kind {
	case "statement":
		return "before", ""
	case "plugin":
		return "Go", "an algorithm over all rows"
	case "operator":
		return operatorRuns(t, e)
	case "aggregate":
		switch {
		case sqlgen.NativeAggregate(e.Name):
			return "SQL", ""
		case sqlgen.Folded(e.Name):
			return "per group", "SQL has no form of exactly this"
		}
		return "Go", "what it picks or estimates depends on how rows come together"
	}
	switch {
	case kernel.Window(e.Name):
		return "Go", "it looks at other rows"
	case e.Name == "rand" || e.Name == "new_guid":
		return "Go", "it gives another value every time"
	case sqlgen.Native(e.Name):
		return "SQL", ""
	case kernel.Known(e.Name):
		return "per value", ""
	}
	return "before", ""
}

// operatorRuns looks at the plan of an operator's example.
func operatorRuns(t *testing.T, e help.Entry) (how, why string) {
	run := exec.Env{Source: nasty{}, Now: 1}
	q, ds := kql.Compile(e.Query, bind.Env{Catalog: schema.Builtin(), Database: "soc", Workspace: "soc", Runnable: exec.Runnable, Discover: func(n *plan.Plugin) (*plan.Held, error) {
		return exec.Discover(t.Context(), n, run)
	}})
	if q == nil {
		t.Fatalf("%s: %v\n%s", e.Name, ds, e.Query)
	}
	env := sqlgen.Env{
		Table:      func(string) (sqlgen.Table, bool) { return sqlgen.Table{Tail: -1}, true },
		Constant:   func(plan.Expr) (any, bool) { return nil, false },
		Computable: func(plan.Expr) bool { return true },
		EvalName:   func(schema.Type) string { return "k" },
		TextsName:  "k",
		Rows:       func(plan.Node) (int, bool) { return 0, true },
	}
	how = "SQL"
	for _, r := range q.Results {
		// The engine reads the table inside toscalar first and puts its value there.
		root := plan.Replace(r.Root, func(e plan.Expr) plan.Expr {
			if s, ok := e.(*plan.Scalar); ok {
				return &plan.Lit{T: s.T}
			}
			return nil
		})
		st, ok := sqlgen.Generate(root, env)
		if !ok {
			return "Go", blocked(root, env)
		}
		for _, ev := range st.Evals {
			if ev.Lists != nil {
				how, why = "per value", "SQL does the rest"
			}
		}
	}
	return how, why
}

// blocked tells why a plan stays in Go.
func blocked(root plan.Node, env sqlgen.Env) (why string) {
	plan.Walk(root, func(n plan.Node) {
		if _, ok := sqlgen.Generate(n, env); ok || why != "" {
			return
		}
		switch n.(type) {
		case *plan.MakeSeries:
			why = "it lays groups out along an axis"
		case *plan.Match:
			why = "it steps through the rows in order"
		case *plan.GroupRows:
			why = "it is a query of its own for each group"
		case *plan.Plugin:
			why = "it is an algorithm over all rows"
		case *plan.Project, *plan.Filter:
			why = "it looks at other rows, or gives another value every time"
		case *plan.Limit:
			why = "it takes a share of the rows, or none"
		default:
			why = "it is not written as SQL"
		}
	})
	return why
}
