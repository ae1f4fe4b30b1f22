package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// pieces make texts in which needles stand beside letters, marks and other characters, also such whose lower case is of ASCII.
var pieces = []string{"cert", "CERT", "util", "k", "K", "ſ", "i", "İ", "s", "-", "_", ".", " ", "é", "漢", "\u0345", "\n", "\x00", "7", "²", "aaaaaaaa", "0123456789abcdef", "exe", "EXE"}

func someText(rng *rand.Rand, most int) string {
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

// Searches that DuckDB makes without the interpreter find what the interpreter finds.
func TestSearchesAgree(t *testing.T) {
	w := newWorld(t, 1)
	rng := rand.New(rand.NewPCG(7, 7))
	const n = 6000
	rows := store.Rows{Table: "T_CL", Cols: []schema.Column{{Name: store.SrcColumn, Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "s", Type: schema.String}},
		Batch: column.NewBatch(n, schema.String, schema.Datetime, schema.String)}
	rows.Batch.N = n
	for i := range n {
		rows.Batch.Cols[0].AppendString(fmt.Sprint(i))
		rows.Batch.Cols[1].AppendInt(instant - int64(i))
		rows.Batch.Cols[2].AppendString(someText(rng, 14))
	}
	if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
		t.Fatal(err)
	}
	w.seal(t)
	scan := func() *plan.Scan {
		return &plan.Scan{Table: "T_CL", Sources: []string{"TimeGenerated", "s"}, Out: []plan.Col{{ID: 1, Name: "TimeGenerated", Type: schema.Datetime}, {ID: 2, Name: "s", Type: schema.String}}}
	}
	ops := []string{"has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs", "contains", "startswith", "endswith", "=~", "has_any", "has_all", "in~",
		"!has", "!has_cs", "!hasprefix", "!hassuffix_cs", "!contains", "!startswith", "!endswith", "!~", "!in~"}
	found := 0
	for range 400 {
		op := ops[rng.IntN(len(ops))]
		args := []plan.Expr{&plan.Ref{ID: 2, T: schema.String}}
		many := 1
		if strings.Contains(op, "_a") || strings.Contains(op, "in~") {
			many = 1 + rng.IntN(5)
		}
		for range many {
			args = append(args, &plan.Lit{T: schema.String, Value: someText(rng, 2)})
		}
		n := &plan.Filter{Input: scan(), Pred: &plan.Call{Func: op, T: schema.Bool, Args: args}}
		want, _, err := w.run(t.Context(), n, Go)
		if err != nil {
			t.Fatal(err)
		}
		got, st, err := w.run(t.Context(), n, DuckDB)
		if err != nil || st.Engine != DuckDB {
			t.Fatal(st.Engine, err)
		}
		if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
			t.Fatalf("%s (-Go +DuckDB)\n%s", plan.Print(n), d)
		}
		found += len(got)
	}
	if found == 0 {
		t.Fatal("nothing was ever found")
	}
}
