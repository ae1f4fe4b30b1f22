package sqlgen_test

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/schema"
)

// FuzzGenerate writes every part of whatever compiles as SQL: no panic, and nothing of the user's text stands outside a
// string constant.
func FuzzGenerate(f *testing.F) {
	for _, s := range []string{
		"T | where a > 1 and s has 'x' | extend b = d.k[0], tolower(s) | summarize n=count(), arg_max(a, *) by s, bin(t, 1h) | top 3 by n",
		"T | where s in ('a', 'b''c') or a between (1 .. 5) | distinct s, a | take 5", "T | join kind=leftouter (T | project a, s) on a | order by s asc nulls last",
		"union withsource=w T, (T | take 1) | where w == 'T' and s !in~ ('x')", "T | summarize make_set(s), percentile(r, 95), dcount(a), take_any(*) by bin(r, 0.5)",
		"T | where s matches regex '(?i)a\"b' or s startswith '--' | extend ['x\"y; DROP'] = strcat(s, ';') | project-away a", "T | where t > ago(1d) and isnotempty(tostring(d['a\\'b']))",
		"T | where s =~ 'a' and not(s contains 'b') | count", "T | top 10 by t | project s, a = a / 0, m = -9223372036854775808 % a", "T | where g == guid(00000000-0000-0000-0000-000000000000) or m == decimal(1.5)",
	} {
		f.Add(s)
	}
	env := bind.Env{Runnable: exec.Runnable, Catalog: schema.NewStatic(&schema.Table{Name: "T", Columns: []schema.Column{
		{Name: "a", Type: schema.Long}, {Name: "s", Type: schema.String}, {Name: "t", Type: schema.Datetime, Source: "TimeGenerated"}, {Name: "d", Type: schema.Dynamic},
		{Name: "r", Type: schema.Real}, {Name: "b", Type: schema.Bool}, {Name: "g", Type: schema.Guid}, {Name: "m", Type: schema.Decimal},
	}})}
	table := sqlgen.Table{Tail: 0, Rows: 3, Parts: []sqlgen.Part{{Path: "/p/it's.parquet", Rows: 10, MinTime: 1, MaxTime: 1 << 60}}, Fields: []sqlgen.Field{
		{100, "a", schema.Long}, {101, "s", schema.String}, {102, "TimeGenerated", schema.Datetime}, {103, "d", schema.Dynamic}, {104, "r", schema.Real}, {105, "b", schema.Bool},
		{106, "g", schema.Guid}, {107, "m", schema.Decimal},
	}}
	gen := sqlgen.Env{
		Table:      func(name string) (sqlgen.Table, bool) { return table, name == "T" },
		Constant:   func(plan.Expr) (any, bool) { return nil, false },
		Computable: func(plan.Expr) bool { return true },
		EvalName:   func(t schema.Type) string { return "k_" + t.String() },
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, _ := kql.Compile(text, env)
		if q == nil {
			return
		}
		for _, r := range q.Results {
			plan.Walk(r.Root, func(n plan.Node) {
				st, ok := sqlgen.Generate(n, gen)
				if !ok {
					return
				}
				if bad := outside(st.SQL); bad != "" {
					t.Fatalf("%q stands outside the constants of %s\nquery: %s", bad, st.SQL, text)
				}
			})
		}
	})
}

// outside returns what of a statement, its string constants left out, is not of the alphabet of generated SQL.
func outside(sql string) string {
	parts := strings.Split(sql, "'")
	if len(parts)%2 == 0 {
		return "an open constant"
	}
	for i := 0; i < len(parts); i += 2 { // a doubled quote makes an empty part between two constants
		for _, bad := range []string{"\"", ";", "--", "/*", "\\", "`"} {
			if strings.Contains(parts[i], bad) {
				return bad
			}
		}
	}
	return ""
}
