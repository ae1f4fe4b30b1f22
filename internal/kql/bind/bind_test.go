package bind

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// tables is a small workspace: a device table with both names of its time, an incident table, and one of another shape.
func tables() schema.Catalog {
	cols := func(list ...any) []schema.Column {
		var out []schema.Column
		for i := 0; i < len(list); i += 2 {
			out = append(out, schema.Column{Name: list[i].(string), Type: list[i+1].(schema.Type)})
		}
		return out
	}
	events := &schema.Table{Name: "Events", Columns: cols("TimeGenerated", schema.Datetime, "Device", schema.String, "Port", schema.Int, "Bytes", schema.Long,
		"Score", schema.Real, "Blocked", schema.Bool, "Extra", schema.Dynamic, "Note", schema.String)}
	events.Columns = append(events.Columns, schema.Column{Name: "Timestamp", Type: schema.Datetime, Hidden: true, Source: "TimeGenerated"})
	hosts := &schema.Table{Name: "Hosts", Columns: cols("TimeGenerated", schema.Datetime, "Device", schema.String, "Owner", schema.String, "Port", schema.String)}
	hosts.Columns = append(hosts.Columns, schema.Column{Name: "Timestamp", Type: schema.Datetime, Hidden: true, Source: "TimeGenerated"})
	return schema.NewStatic(events, hosts)
}

// outcome binds a query and shows what the verb asks for: the columns, the plan, or the findings.
func outcome(t *testing.T, verb, query string) string {
	t.Helper()
	tree, ds := syntax.Parse(query)
	if ds.HasErrors() {
		t.Fatalf("does not parse: %v", ds)
	}
	q, ds := Bind(tree, Env{Catalog: tables(), Workspace: "soc"})
	var b strings.Builder
	if verb != "error" && ds.Has(syntax.Semantic) {
		return ds.Error()
	}
	switch verb {
	case "error":
		for _, d := range ds {
			fmt.Fprintln(&b, d)
			if d.Fix != "" {
				fmt.Fprintf(&b, "  fix: %s\n", d.Fix)
			}
		}
	case "columns":
		for _, r := range q.Results {
			var cols []string
			for _, c := range r.Root.Cols() {
				cols = append(cols, c.Name+":"+c.Type.String())
			}
			fmt.Fprintln(&b, strings.Join(cols, ", "))
		}
	case "plan":
		for _, r := range q.Results {
			b.WriteString(plan.Print(plan.Prune(r.Root)))
		}
	default:
		t.Fatalf("unknown verb %q", verb)
	}
	if q != nil {
		for _, n := range q.Notes {
			fmt.Fprintln(&b, "note:", n)
		}
	}
	return b.String()
}

func TestScripts(t *testing.T) { kqltest.RunScripts(t, "testdata", outcome) }

// Every built-in has signatures that were read whole.
func TestBuiltins(t *testing.T) {
	s := builtins()
	for kind, m := range map[string]map[string]*function{"function": s.functions, "aggregate": s.aggregates, "operator": s.operators} {
		for name, f := range m {
			for i := range f.sigs {
				sig := &f.sigs[i]
				if sig.rule == "" && sig.typ == schema.Unknown {
					t.Errorf("%s %s: no result in %q", kind, name, f.Sigs[i])
				}
				for _, p := range sig.params {
					if p.class == "" && len(p.types) == 0 && !p.typeLit {
						t.Errorf("%s %s: parameter without a type in %q", kind, name, f.Sigs[i])
					}
				}
			}
		}
	}
	if len(s.functions) < 429 || len(s.aggregates) < 61 || len(s.operators) < 55 {
		t.Errorf("%d functions, %d aggregates, %d operators", len(s.functions), len(s.aggregates), len(s.operators))
	}
}

// A chain of let statements that double each other is refused, not expanded.
func TestExpansionIsBounded(t *testing.T) {
	text := "let a0 = Events | take 1;\n"
	for i := 1; i < 40; i++ {
		text += fmt.Sprintf("let a%d = union a%d, a%d;\n", i, i-1, i-1)
	}
	tree, _ := syntax.Parse(text + "a39 | count")
	_, ds := Bind(tree, Env{Catalog: tables()})
	if !ds.Has(syntax.Semantic) || ds[0].Code != "query_too_large" {
		t.Errorf("got %v", ds)
	}
	text = "let a0 = 1 + toint(\"1\");\n"
	for i := 1; i < 60; i++ {
		text += fmt.Sprintf("let a%d = a%d + a%d;\n", i, i-1, i-1)
	}
	tree, _ = syntax.Parse(text + "print a59")
	if _, ds := Bind(tree, Env{}); !ds.Has(syntax.Semantic) || ds[0].Code != "query_too_large" {
		t.Errorf("doubled values: got %v", ds)
	}
	recursive, _ := syntax.Parse("let f = (n:long) { f(n) }; print f(1)")
	if _, ds := Bind(recursive, Env{}); !ds.Has(syntax.Semantic) {
		t.Error("a function that calls itself was accepted")
	}
}
