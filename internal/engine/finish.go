package engine

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
)

// finish puts the last step of a statement that SQL cannot hold the results of on top of its rows. What DuckDB cannot run is
// run in Go as a whole, so the fallback is already finished.
func (s *Source) finish(r *lateRows, st *sqlgen.Statement) (exec.Reader, error) {
	if st.Finish == nil {
		return r, nil
	}
	at := map[int]int{}
	for i, c := range st.Cols {
		at[c.ID] = i
	}
	out := &finishedRows{rows: r}
	for _, e := range st.Finish {
		x, err := compile(e, at, s.env)
		if err != nil {
			return nil, err
		}
		out.exprs, out.types = append(out.exprs, x), append(out.types, plan.Col{Type: e.Type()})
	}
	return out, nil
}

// finishedRows computes columns from those of its input.
type finishedRows struct {
	rows  *lateRows
	exprs []*expression
	types []plan.Col
}

// Next implements exec.Reader.
func (r *finishedRows) Next(ctx context.Context) (*column.Batch, error) {
	b, err := r.rows.Next(ctx)
	if err != nil || r.rows.fell {
		return b, err
	}
	out := &column.Batch{N: b.N, Cols: make([]*column.Vector, len(r.exprs))}
	for i, x := range r.exprs {
		out.Cols[i] = x.exactly(b, r.types[i].Type)
	}
	return out, nil
}

// Close implements exec.Reader.
func (r *finishedRows) Close() error { return r.rows.Close() }
