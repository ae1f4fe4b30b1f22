package engine

import (
	"context"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/exec"
)

// lateRows starts its statement with the first row that is asked for. A plan may open several readers before it reads
// any; were each to hold an instance meanwhile, queries could wait for each other without end.
type lateRows struct {
	ctx      context.Context // of the whole query, which outlives the call that opens it
	pool     *duck.Pool
	query    *duck.Query
	source   *Source
	given    []given                     // rows that must be there first
	fallback func() (exec.Reader, error) // runs the same in Go; nil to fail instead
	rows     exec.Reader
	collects bool // groups are collected in memory, which Go can do without
	done     bool
	fell     bool // the rows are the fallback's
}

// Next implements exec.Reader.
func (r *lateRows) Next(ctx context.Context) (*column.Batch, error) {
	if r.done {
		return nil, io.EOF
	}
	if r.rows == nil {
		rows, err := r.start()
		if err != nil {
			r.done = true
			return nil, err
		}
		r.rows, r.query = rows, nil
	}
	return r.rows.Next(ctx)
}

// start runs the statement. One that DuckDB does not accept, for its own limits on the size of statements perhaps, is no
// reason to refuse the query.
func (r *lateRows) start() (exec.Reader, error) {
	for _, g := range r.given {
		if err := r.source.compute(r.ctx, g); err != nil {
			return nil, err
		}
	}
	rows, err := r.pool.Query(r.ctx, r.query)
	if err == nil {
		return rows, nil
	}
	if code := fault.CodeOf(err); r.fallback != nil && (code == duck.CodeRefused || code == duck.CodeFailed || code == "query_memory" && r.collects) {
		r.fell = true
		return r.fallback()
	}
	return nil, err
}

// Close implements exec.Reader.
func (r *lateRows) Close() error {
	r.done = true
	if r.rows == nil {
		return nil
	}
	return r.rows.Close()
}
