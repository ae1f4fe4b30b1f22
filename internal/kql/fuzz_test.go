package kql

import (
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Whatever the text: binding and rewriting neither panic nor hang, what compiles can be printed, and every reference in
// the plan is to a column of the node's input.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"T | where a > 1 and s has 'x' | extend b = d.k[0], tolower(s) | summarize n=count(), arg_max(a, *) by s, bin(t, 1h) | top 3 by n",
		"let f = (x:long, Q:(a:long), y:string='z') { Q | where a > x | extend y }; f(1, T) | join kind=leftouter (T | project a, s) on a",
		"let M = materialize(T | project s); union withsource=w M, T*, (M | take 1) | where w == 'T' and s in (M)",
		"T | mv-expand d to typeof(long), e = d.x | parse s with 'a' q:long 'b' * | project-rename z = a | project-reorder z, * desc",
		"T | mv-apply d on (summarize sum(tolong(d))) | evaluate bag_unpack(d) | project a, unknown | make-series count() on t step 1h",
		"T | as X | join (X | summarize max(t) by s) on s | serialize r = row_number() | where r > 1 | sort by t asc | lookup T on s",
		"search in (T) 'x' or a == 1 | render timechart with (series=s)", "find in (T) where a == 1 project s", "print iff(true, 1, 2.5), case(true, dynamic(1), 2), 1/0, -9223372036854775808",
		"datatable(a:long, s:string, t:datetime)[1, 'x', datetime(2020-01-01), 2, '', datetime(null)] | distinct *", "range x from 1 to 10 step 1 | where x between (2 .. 3) or x in (5, 6)",
		"let g = (n:long) { g(n) }; g(1)", "T | scan declare (k:long=0) with (step s1: true => k = s1.k + 1;)", "T | partition by s { T | where a == 1 } | fork (take 1) (count)",
	} {
		f.Add(s)
	}
	table := &schema.Table{Name: "T", Columns: []schema.Column{
		{Name: "a", Type: schema.Long}, {Name: "s", Type: schema.String}, {Name: "t", Type: schema.Datetime}, {Name: "d", Type: schema.Dynamic},
		{Name: "h", Type: schema.Datetime, Hidden: true, Source: "t"},
	}}
	env := bind.Env{Catalog: schema.NewStatic(table), Workspace: "w"}
	f.Fuzz(func(t *testing.T, text string) {
		start := kqltest.CPUTime()
		r := Check(text, env)
		if r.OK && !r.Syntax {
			t.Fatal("binds but does not parse")
		}
		q, ds := Compile(text, env)
		if d := kqltest.CPUTime() - start; d > 10*time.Second {
			t.Fatalf("compiling took %v", d)
		}
		if (q == nil) != ds.HasErrors() {
			t.Fatalf("plan and findings disagree: %v", ds)
		}
		if q == nil {
			return
		}
		for _, res := range q.Results {
			if s := plan.Print(res.Root); strings.Contains(s, "cannot be run yet") {
				t.Fatalf("a plan that cannot be run came without a finding:\n%s", s)
			}
			checkRefs(t, res.Root)
		}
		if out, _ := Format(text); out != "" {
			if again, _ := Format(out); again != out {
				t.Fatalf("formatting is not stable: %q then %q", out, again)
			}
		}
	})
}

// checkRefs fails on a reference that no input of the node gives.
func checkRefs(t *testing.T, root plan.Node) {
	t.Helper()
	plan.Walk(root, func(n plan.Node) {
		have := map[int]bool{}
		for _, in := range n.Inputs() {
			for _, c := range in.Cols() {
				have[c.ID] = true
			}
		}
		if m, ok := n.(*plan.Match); ok { // its steps also read what it declares, and the state of each other
			for _, c := range m.Declared {
				have[c.ID] = true
			}
			for _, s := range m.Steps {
				for _, c := range s.State {
					have[c.ID] = true
				}
			}
		}
		for _, e := range plan.Exprs(n) {
			plan.WalkExpr(e, func(e plan.Expr) {
				if r, ok := e.(*plan.Ref); ok && !have[r.ID] {
					t.Fatalf("%T refers to column %d, which its input does not have:\n%s", n, r.ID, plan.Print(root))
				}
			})
		}
	})
}
