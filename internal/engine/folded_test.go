package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// foldedAggregates are aggregates that SQL has no form for, with the types that are drawn for their argument. Those whose
// result depends on the order of additions get whole numbers that add up exactly.
var foldedAggregates = []struct {
	name  string
	types []schema.Type
	after []plan.Expr // constants
}{
	{"make_list", []schema.Type{schema.String, schema.Datetime, schema.Dynamic, schema.Real, schema.Long, schema.Guid}, nil},
	{"make_list_if", []schema.Type{schema.String, schema.Timespan}, nil},
	{"make_list_with_nulls", []schema.Type{schema.Long, schema.Dynamic}, nil},
	{"make_set", []schema.Type{schema.Datetime, schema.Dynamic, schema.Real, schema.Guid, schema.Decimal}, nil},
	{"count_distinct", []schema.Type{schema.Real, schema.Decimal}, nil},
	{"dcount", []schema.Type{schema.Decimal, schema.Real}, nil},
	{"min", []schema.Type{schema.Decimal, schema.Guid}, nil},
	{"max", []schema.Type{schema.Decimal}, nil},
	{"percentile", []schema.Type{schema.Long, schema.Datetime, schema.Timespan}, []plan.Expr{&plan.Lit{T: schema.Long, Value: int64(50)}}},
	{"binary_all_or", []schema.Type{schema.Long}, nil},
	{"binary_all_xor", []schema.Type{schema.Long}, nil},
}

// TestFoldedAggregatesAgree: aggregates over collected groups give what they give row by row.
func TestFoldedAggregatesAgree(t *testing.T) {
	w := newWorld(t, 43)
	w.mixed(t, 40)
	ran, taken := 0, 0
	repeat(t, 1, func(rt *rapid.T) {
		m := &maker{T: rt}
		in := m.node(m.pick(3, "depth"))
		a := &plan.Aggregate{Input: in}
		for range m.pick(3, "keys") {
			kt := one(m, []schema.Type{schema.Bool, schema.String, schema.Int, schema.Guid}, "key")
			a.Keys = append(a.Keys, plan.Item{Out: plan.Col{ID: m.fresh(), Name: "k", Type: kt}, Expr: m.expr(in.Cols(), kt, 1)})
		}
		for range 1 + m.pick(3, "aggregates") {
			f := one(m, foldedAggregates, "aggregate")
			at := one(m, f.types, "argument")
			g := plan.Agg{Func: f.name, Args: append([]plan.Expr{m.expr(in.Cols(), at, 1)}, f.after...)}
			out := schema.Dynamic
			switch f.name {
			case "count_distinct", "dcount", "binary_all_or", "binary_all_xor":
				out = schema.Long
			case "min", "max", "percentile":
				out = at
			case "make_list_if":
				g.Args = append(g.Args, m.predicate(in.Cols(), 1))
			}
			g.Out = []plan.Col{{ID: m.fresh(), Name: f.name, Type: out}}
			a.Aggs = append(a.Aggs, g)
		}
		if m.pick(2, "native beside") == 0 {
			a.Aggs = append(a.Aggs, plan.Agg{Func: "count", Out: []plan.Col{{ID: m.fresh(), Name: "n", Type: schema.Long}}})
		}
		want, _, wantErr := w.run(t.Context(), a, Go)
		got, _, err := w.run(t.Context(), a, DuckDB)
		if (wantErr != nil) != (err != nil) {
			rt.Fatalf("Go: %v\nDuckDB: %v\n%s", wantErr, err, describe(a))
		}
		if err != nil {
			return
		}
		ran++
		if w.taken(a) {
			taken++
		}
		if d := cmp.Diff(texts(asSets(want), false), texts(asSets(got), false)); d != "" {
			rt.Fatalf("-Go +DuckDB\n%.3000s\n%s", d, describe(a))
		}
	})
	t.Logf("%d plans, %d of them run by DuckDB as a whole", ran, taken)
	if taken*2 < ran {
		t.Errorf("DuckDB took only %d of %d plans", taken, ran)
	}
}

// TestListsKeepTheirOrder: make_list follows the order of the rows.
func TestListsKeepTheirOrder(t *testing.T) {
	w := days(t, 9)
	for text, want := range map[string]string{
		"T_CL | sort by n asc | summarize l = tostring(make_list(n))":                                               "[1,2,3,4,5,6,7,8,9]",
		"T_CL | sort by n desc | summarize l = tostring(make_list(name, 3))":                                        `["o'9","o'8","o'7"]`,
		"T_CL | sort by name desc | where n > 3 | summarize l = tostring(make_list(TimeGenerated - TimeGenerated))": `["00:00:00","00:00:00","00:00:00","00:00:00","00:00:00","00:00:00"]`,
		"T_CL | summarize arg_max(n, name) | project l = name":                                                      "o'9",
		"T_CL | where n > 99 | summarize arg_min(n, name), count() | project l = strcat(name, count_)":              "0",
	} {
		for _, mode := range []Mode{Go, DuckDB} {
			n := w.compile(t, text)
			got, _, err := w.run(t.Context(), n, mode)
			if err != nil || len(got) != 1 || got[0][0] != want {
				t.Errorf("%s: %v %v, want %s\n%s", mode, got, err, want, text)
			}
			if mode == DuckDB && !w.taken(n) {
				t.Errorf("DuckDB does not take %s", text)
			}
		}
	}
}
