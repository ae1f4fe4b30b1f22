package sqlgen

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TestGoldenLists: operators of which the interpreter does one step per value and SQL the rest.
func TestGoldenLists(t *testing.T) {
	narrow := &plan.Project{Input: scan(), Items: pass(colTime, colDevice, colFields)}
	element, index := out(11, "e", schema.Long), out(12, "i", schema.Long)
	host, port := out(13, "host", schema.String), out(14, "port", schema.Long)
	values := &plan.Values{Out: []plan.Col{out(20, "d", schema.Dynamic)}, Rows: [][]plan.Expr{{&plan.Lit{T: schema.Dynamic}}}}
	for name, n := range map[string]plan.Node{
		"mv-expand": where(&plan.MvExpand{Input: sorted(narrow, colTime), Items: []plan.ExpandItem{{Expr: colFields, Out: element, T: schema.Long}}, Index: &index,
			Out: []plan.Col{out(1, "Timestamp", schema.Datetime), element, index}}, is(">", &plan.Ref{ID: 11, T: schema.Long}, long(1))),
		"parse": &plan.Parse{Input: narrow, X: colDevice, Kind: "simple", Where: true, Steps: []plan.ParseStep{{Out: &host}, {Literal: ":"}, {Out: &port}},
			Out: []plan.Col{out(1, "Timestamp", schema.Datetime), host, port}},
		"parse-kv": &plan.ParseKV{Input: narrow, X: colDevice, Keys: []plan.Col{host, port}, Out: []plan.Col{host, port}},
		"rows":     &plan.Project{Input: values, Items: pass(&plan.Ref{ID: 20, T: schema.Dynamic})},
		"external": &plan.Aggregate{Input: &plan.External{Out: []plan.Col{out(21, "a", schema.String), out(22, "b", schema.Long)}}, Keys: pass(&plan.Ref{ID: 22, T: schema.Long})},
		"computed-dynamics": &plan.Union{Out: []plan.Col{out(30, "x", schema.Dynamic)}, Legs: []plan.Node{
			&plan.Project{Input: scan(), Items: []plan.Item{item(15, "x", call(schema.Dynamic, "parse_json", colDevice))}},
			&plan.Project{Input: scan(), Items: []plan.Item{{Out: out(16, "x", schema.Dynamic), Expr: colFields}}}}},
	} {
		golden(t, name, n)
	}
}

// TestGoldenFolded: aggregates that only the interpreter computes get their groups as lists, in the order of the rows where
// that counts.
func TestGoldenFolded(t *testing.T) {
	agg := func(f string, args ...plan.Expr) []plan.Agg {
		return []plan.Agg{{Func: f, Args: args, Out: []plan.Col{out(11, "x", schema.Dynamic)}}}
	}
	for name, n := range map[string]plan.Node{
		"fold-ordered":   &plan.Aggregate{Input: sorted(scan(), colTime), Keys: pass(colDevice), Aggs: agg("make_list", colFields, long(5))},
		"fold-unordered": &plan.Aggregate{Input: scan(), Keys: pass(colDevice), Aggs: agg("make_set_if", colTime, colOk)},
		"arg-max-of-all": &plan.Aggregate{Input: scan(), Aggs: []plan.Agg{{Func: "arg_max", Args: []plan.Expr{colTime, colDevice}, Out: []plan.Col{out(11, "t", schema.Datetime), out(12, "d", schema.String)}}}},
	} {
		golden(t, name, n)
	}
}

// TestGoldenTwice: what is read twice and may differ from reading to reading is computed once.
func TestGoldenTwice(t *testing.T) {
	some := &plan.Limit{Input: &plan.Project{Input: scan(), Items: pass(colTime, colDevice, colCount)}, N: long(5)}
	set := &plan.Aggregate{Input: scan(), Aggs: []plan.Agg{{Func: "make_set", Args: []plan.Expr{colDevice}, Out: []plan.Col{out(11, "set_", schema.Dynamic)}}}}
	for name, n := range map[string]plan.Node{
		"materialized-twice": materializedTwice(some),
		"choice-twice": &plan.Aggregate{Input: some, Keys: pass(colDevice), Aggs: []plan.Agg{
			{Func: "arg_max", Args: []plan.Expr{colTime, colCount}, Out: []plan.Col{out(11, "t", schema.Datetime), out(12, "c", schema.Long)}}}},
		"array-below": where(set, is(">", call(schema.Long, "array_length", &plan.Ref{ID: 11, T: schema.Dynamic}), long(1))),
	} {
		golden(t, name, n)
	}
}
