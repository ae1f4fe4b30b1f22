package exec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// maxTop is the largest number of rows for which a sort keeps only the best rows while it reads.
const maxTop = 100_000

// sorter orders rows by keys. NaN stands with the nulls, between them and the numbers.
type sorter struct {
	keys []*scalar
	spec []plan.SortKey
}

func (x *runner) newSorter(ctx context.Context, n *plan.Sort) (*sorter, error) {
	at := places(n.Input.Cols())
	s := &sorter{spec: n.Keys}
	for _, k := range n.Keys {
		c, err := x.compile(ctx, k.Expr, at)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, c)
	}
	return s, nil
}

// sort reads the whole input. With top >= 0 only that many first rows are kept at any time.
func (x *runner) sort(ctx context.Context, n *plan.Sort, top int64) (Reader, error) {
	s, err := x.newSorter(ctx, n)
	if err != nil {
		return nil, err
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	types := typesOf(n.Cols())
	if top < 0 {
		all, held, err := x.gather(ctx, "sort", in, types)
		if err != nil {
			return nil, err
		}
		order, err := s.order(ctx, all)
		if err != nil {
			return nil, err
		}
		return &orderReader{b: all, rows: order, release: func() { x.mem.release(held) }}, nil
	}
	best := column.NewBatch(0, types...)
	cut := func() error {
		order, err := s.order(ctx, best)
		if err != nil {
			return err
		}
		best = best.Gather(order[:min(int(top), len(order))])
		return nil
	}
	var held int64
	for {
		b, err := next(ctx, in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if top == 0 {
			continue
		}
		appendBatch(best, b)
		if best.N > max(int(top)*2, 2*batchRows) {
			if err := cut(); err != nil {
				return nil, err
			}
		}
		x.mem.release(held)
		held = batchBytes(best)
		if err := x.mem.grow("top", held); err != nil {
			return nil, err
		}
	}
	if err := cut(); err != nil {
		return nil, err
	}
	return &sliceReader{b: best, release: func() { x.mem.release(held) }}, nil
}

// order returns the rows of a batch in order. Rows that compare equal keep their places.
func (s *sorter) order(ctx context.Context, b *column.Batch) ([]int, error) {
	cols := make([]*column.Vector, len(s.keys))
	for i, k := range s.keys {
		cols[i] = k.column(b)
	}
	rows := make([]int, b.N)
	for i := range rows {
		rows[i] = i
	}
	steps, cancelled := 0, false
	slices.SortStableFunc(rows, func(i, j int) int {
		if cancelled {
			return 0
		}
		if steps++; steps&0xffff == 0 && ctx.Err() != nil {
			cancelled = true
		}
		for k, v := range cols {
			if c := compareKey(v, i, j, s.spec[k]); c != 0 {
				return c
			}
		}
		return 0
	})
	if cancelled {
		return nil, ctx.Err()
	}
	return rows, nil
}

func compareKey(v *column.Vector, i, j int, k plan.SortKey) int {
	a, b := rank(v, i), rank(v, j)
	if a != 0 || b != 0 {
		c := a - b // nulls after NaN after values
		if k.NullsFirst {
			c = -c
		}
		return c
	}
	c := kernel.CompareCells(v, i, v, j)
	if c < -1 || c > 1 {
		return 0
	}
	if k.Desc {
		c = -c
	}
	return c
}

// rank is 0 for a value, 1 for NaN, 2 for null.
func rank(v *column.Vector, i int) int {
	switch {
	case v.Null(i):
		return 2
	case v.Type == schema.Real && v.Floats[i] != v.Floats[i]:
		return 1
	}
	return 0
}

// orderReader hands out the rows of a batch in another order.
type orderReader struct {
	b       *column.Batch
	rows    []int
	release func()
}

func (r *orderReader) Next(context.Context) (*column.Batch, error) {
	if len(r.rows) == 0 {
		return nil, io.EOF
	}
	n := min(batchRows, len(r.rows))
	out := r.b.Gather(r.rows[:n])
	r.rows = r.rows[n:]
	return out, nil
}

func (r *orderReader) Close() error {
	if r.release != nil {
		r.release()
		r.release = nil
	}
	return nil
}
