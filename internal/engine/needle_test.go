package engine

import (
	"fmt"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// What the index finds in few row groups is read in Go; what is all over, or in too many rows, is not.
func TestNeedlesAreLeftToGo(t *testing.T) {
	const parts, rows = 9, 5
	w := newWorld(t, 1)
	for part := range parts {
		b := column.NewBatch(rows, schema.String, schema.Datetime, schema.String)
		b.N = rows
		for i := range rows {
			b.Cols[0].AppendString(fmt.Sprintf("hub/needle/%d/%d", part, i))
			b.Cols[1].AppendInt(instant - column.Day)
			b.Cols[2].AppendString(fmt.Sprintf("common row%d part%d", i, part))
		}
		if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{{Table: "T_CL", Batch: b, Cols: []schema.Column{
			{Name: store.SrcColumn, Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "s", Type: schema.String},
		}}}}); err != nil {
			t.Fatal(err)
		}
		w.seal(t)
	}
	ask := func(f, text string) (int, Mode) {
		s := &plan.Scan{Table: "T_CL", Out: []plan.Col{{ID: 1, Name: "s", Type: schema.String}}, Sources: []string{"s"}}
		got, st, err := w.run(t.Context(), &plan.Filter{Input: s, Pred: call(f, schema.Bool, &plan.Ref{ID: 1, T: schema.String}, lit(text))}, Auto)
		if err != nil {
			t.Fatal(err)
		}
		return len(got), st.Engine
	}
	for _, c := range []struct {
		f, text string
		most    int64 // NeedleRows
		rows    int
		engine  Mode
	}{
		{"has", "part2", 100, rows, Go},
		{"==", "common row1 part3", 100, 1, Go},
		{"has", "nowhere", 100, 0, Go},
		{"has", "common", 100, parts * rows, DuckDB},
		{"has", "part2", rows - 1, rows, DuckDB},
	} {
		w.engine.opts.NeedleRows = c.most
		if n, engine := ask(c.f, c.text); n != c.rows || engine != c.engine {
			t.Errorf("s %s %q, at most %d rows: %d rows by %s, want %d by %s", c.f, c.text, c.most, n, engine, c.rows, c.engine)
		}
	}
}
