package sqlgen

import (
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// materializedTwice is a union of a materialized table with itself.
func materializedTwice(in plan.Node) plan.Node {
	leg := func(id int) plan.Node {
		m := &plan.Materialize{ID: 1, Input: in}
		for i, c := range in.Cols() {
			m.Out = append(m.Out, plan.Col{ID: id + i, Name: c.Name, Type: c.Type})
		}
		return m
	}
	u := &plan.Union{Legs: []plan.Node{leg(200), leg(300)}}
	for i, c := range in.Cols() {
		u.Out = append(u.Out, plan.Col{ID: 400 + i, Name: c.Name, Type: c.Type})
	}
	return u
}

// TestFinish: what SQL cannot hold is computed from the columns of the result, which carry what is needed.
func TestFinish(t *testing.T) {
	set := &plan.Aggregate{Input: scan(), Keys: pass(colDevice), Aggs: []plan.Agg{{Func: "make_set", Args: []plan.Expr{colDevice}, Out: []plan.Col{out(11, "set_", schema.Dynamic)}}}}
	for name, n := range map[string]plan.Node{
		"dynamic": &plan.Project{Input: scan(), Items: []plan.Item{item(9, "x", call(schema.Dynamic, "parse_json", colDevice)), item(10, "y", colCount)}},
		"array":   &plan.Project{Input: set, Items: []plan.Item{item(12, "n", call(schema.Long, "array_length", &plan.Ref{ID: 11, T: schema.Dynamic}))}},
	} {
		st, ok := Generate(n, env())
		if !ok {
			t.Errorf("%s: not generated", name)
			continue
		}
		if name == "dynamic" && len(st.Finish) != len(n.Cols()) {
			t.Errorf("%s: %d steps for %d columns", name, len(st.Finish), len(n.Cols()))
		}
		have := map[int]bool{}
		for _, c := range st.Cols {
			have[c.ID] = true
		}
		for _, e := range st.Finish {
			for _, r := range refs(e) {
				if !have[r.ID] {
					t.Errorf("%s: column %d is not in the result", name, r.ID)
				}
			}
		}
	}
	if st, _ := Generate(scan(), env()); st.Finish != nil {
		t.Error("a plain scan is finished")
	}
}

func TestConstantRows(t *testing.T) {
	cols := []plan.Col{out(20, "s", schema.String), out(21, "n", schema.Long)}
	st, ok := Generate(&plan.Values{Out: cols, Rows: [][]plan.Expr{
		{&plan.Lit{T: schema.String, Value: "it's"}, long(1)}, {&plan.Lit{T: schema.String, Value: ""}, &plan.Lit{T: schema.Long}},
	}}, env())
	if !ok || !strings.Contains(st.SQL, "'it''s'") || !strings.Contains(st.SQL, "UNION ALL") {
		t.Errorf("%v %v", st, ok)
	}
	if st, ok := Generate(&plan.Values{Out: cols}, env()); !ok || !strings.Contains(st.SQL, "WHERE false") {
		t.Errorf("no rows: %v %v", st, ok)
	}
}

// TestMaterialize: a table that gives the same rows every time may be written as often as it is used.
func TestMaterialize(t *testing.T) {
	if _, ok := Generate(materializedTwice(scan()), env()); !ok {
		t.Error("a materialized scan is left to exec")
	}
	if _, ok := Generate(materializedTwice(&plan.Project{Input: scan(), Items: []plan.Item{item(9, "r", call(schema.Real, "rand"))}}), env()); ok {
		t.Error("random values are made twice")
	}
}
