package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Arrays expand alike whether the interpreter is asked for their elements or not.
func TestExpandedArraysAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	pieces := []string{"null", "true", "12", "-0", "1.50", `"x"`, `"a text of more than sixteen bytes"`, `"C:\\x\u0041"`, `{"Role":"a","Name":"n"}`, `{"Role": "a"}`, `{"Role":"a","Role":"b\n"}`, "[1,[]]", "{}", "nul"}
	w := newWorld(t, 1)
	piece := func() string { return pieces[rng.IntN(len(pieces))] }
	w.addJSON(t, rng, piece, func() string {
		parts := make([]string, rng.IntN(5))
		for k := range parts {
			parts[k] = piece()
		}
		return "[" + strings.Join(parts, ",") + "]"
	})
	in := []plan.Col{{ID: 1, Name: "TimeGenerated", Type: schema.Datetime}, {ID: 2, Name: "d", Type: schema.Dynamic}}
	d, e := &plan.Ref{ID: 2, T: schema.Dynamic}, plan.Col{ID: 3, Name: "e", Type: schema.Dynamic}
	index := plan.Col{ID: 4, Name: "i", Type: schema.Long}
	items := func(ts ...schema.Type) (out []plan.ExpandItem) {
		for k, typ := range ts {
			col := e
			if col.ID += 10 * k; typ != schema.Unknown {
				col.Type = typ
			}
			out = append(out, plan.ExpandItem{Expr: d, Out: col, T: typ})
		}
		return out
	}
	found := 0
	for _, sealed := range []bool{false, true} {
		if sealed {
			w.seal(t)
		}
		for _, limit := range []int64{0, 1, 3} {
			for _, it := range [][]plan.ExpandItem{items(schema.Unknown), items(schema.Dynamic, schema.Long), items(schema.String)} {
				x := &plan.MvExpand{Input: &plan.Scan{Table: "T_CL", Sources: []string{"TimeGenerated", "d"}, Out: in}, Items: it, Limit: limit, Index: &index}
				x.Out = append(x.Out, in...)
				for _, i := range it {
					x.Out = append(x.Out, i.Out)
				}
				x.Out = append(x.Out, index)
				found += w.agree(t, x)
				if it[0].Out.Type != schema.Dynamic {
					continue
				}
				role := &plan.Call{Func: "member", T: schema.Dynamic, Args: []plan.Expr{&plan.Ref{ID: 3, T: schema.Dynamic}, &plan.Lit{T: schema.String, Value: "Role"}}}
				w.agree(t, &plan.Aggregate{Input: x, Aggs: []plan.Agg{{Func: "count", Out: []plan.Col{{ID: 20, Name: "n", Type: schema.Long}}}}, Keys: []plan.Item{
					{Out: plan.Col{ID: 21, Name: "role", Type: schema.String}, Expr: &plan.Call{Func: "tostring", T: schema.String, Args: []plan.Expr{role}}},
					{Out: plan.Col{ID: 22, Name: "text", Type: schema.String}, Expr: &plan.Call{Func: "tostring", T: schema.String, Args: []plan.Expr{&plan.Ref{ID: 3, T: schema.Dynamic}}}}}})
			}
		}
	}
	if found == 0 {
		t.Fatal("no array was ever expanded")
	}
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	x := &plan.MvExpand{Input: &plan.Scan{Table: "T_CL", Sources: []string{"TimeGenerated", "d"}, Out: in}, Items: items(schema.Unknown), Out: append(in[:2:2], e)}
	if q, ok := w.engine.Source(snap, DuckDB, kernel.Env{Now: instant}).query(x); !ok || !strings.Contains(q.SQL, "k_list(0, ") {
		t.Error("the interpreter is asked for the elements of every array")
	}
}
