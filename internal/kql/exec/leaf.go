package exec

import (
	"context"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

func (x *runner) values(ctx context.Context, n *plan.Values) (Reader, error) {
	b := column.NewBatch(len(n.Rows), typesOf(n.Out)...)
	b.N = len(n.Rows)
	for i, row := range n.Rows {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for k, e := range row {
			if lit, ok := e.(*plan.Lit); ok && lit.T == n.Out[k].Type {
				b.Cols[k].Append(lit.Value)
				continue
			}
			s, err := x.compile(ctx, e, nil)
			if err != nil {
				return nil, err
			}
			v := kernel.Convert(s.column(&column.Batch{N: 1}), n.Out[k].Type)
			b.Cols[k].Append(v.Value(0))
		}
	}
	return &sliceReader{b: b}, nil
}

// rangeReader yields from, from+step, ... up to to, both for whole numbers (and times) and for reals.
type rangeReader struct {
	t              schema.Type
	from, to, step int64
	rfrom, rto     float64
	rstep          float64
	k              int64
	done           bool
}

func (x *runner) rangeOf(ctx context.Context, n *plan.Range) (Reader, error) {
	t := n.Out.Type
	stepType := t
	if t == schema.Datetime {
		stepType = schema.Timespan
	}
	var vals [3]any
	for i, e := range []plan.Expr{n.From, n.To, n.Step} {
		s, err := x.compile(ctx, e, nil)
		if err != nil {
			return nil, err
		}
		want := t
		if i == 2 {
			want = stepType
		}
		vals[i] = kernel.Convert(s.column(&column.Batch{N: 1}), want).Value(0)
	}
	r := &rangeReader{t: t}
	for _, v := range vals {
		r.done = r.done || v == nil
	}
	if r.done {
		return r, nil
	}
	switch t {
	case schema.Real:
		r.rfrom, r.rto, r.rstep = vals[0].(float64), vals[1].(float64), vals[2].(float64)
		r.done = r.rstep == 0
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		r.from, r.to, r.step = vals[0].(int64), vals[1].(int64), vals[2].(int64)
		r.done = r.step == 0
	default:
		return nil, fault.New(fault.Invalid, "range_type", "range cannot count values of type %s.", t)
	}
	return r, nil
}

func (r *rangeReader) Next(context.Context) (*column.Batch, error) {
	if r.done {
		return nil, io.EOF
	}
	v := column.New(r.t, batchRows)
	for v.Len() < batchRows && !r.done {
		if r.t == schema.Real {
			f := r.rfrom + float64(r.k)*r.rstep
			r.k++
			if r.rstep > 0 && f > r.rto || r.rstep < 0 && f < r.rto || f != f {
				r.done = true
				break
			}
			v.AppendFloat(f)
			continue
		}
		if r.step > 0 && r.from > r.to || r.step < 0 && r.from < r.to {
			r.done = true
			break
		}
		v.AppendInt(r.from)
		nextVal := r.from + r.step
		r.done = (nextVal > r.from) != (r.step > 0) // overflow
		r.from = nextVal
	}
	return &column.Batch{N: v.Len(), Cols: []*column.Vector{v}}, nil
}

func (r *rangeReader) Close() error { return nil }

// limitReader passes the first rows.
type limitReader struct {
	in   Reader
	left int64
}

func (x *runner) limit(ctx context.Context, n *plan.Limit) (Reader, error) {
	v, err := x.constantOf(ctx, n.N)
	if err != nil {
		return nil, err
	}
	count, ok := v.(int64)
	if !ok || count < 0 {
		return nil, fault.New(fault.Invalid, "limit_count", "The number of rows to take must be a whole number that is not negative.")
	}
	if s, ok := n.Input.(*plan.Sort); ok && count <= maxTop {
		return x.sort(ctx, s, count)
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	return &limitReader{in: in, left: count}, nil
}

func (r *limitReader) Next(ctx context.Context) (*column.Batch, error) {
	if r.left <= 0 {
		return nil, io.EOF
	}
	b, err := next(ctx, r.in)
	if err != nil {
		return nil, err
	}
	if int64(b.N) > r.left {
		b = b.Slice(0, int(r.left))
	}
	r.left -= int64(b.N)
	return b, nil
}

func (r *limitReader) Close() error { return r.in.Close() }

// unionReader reads its legs one after the other.
type unionReader struct {
	x     *runner
	leg   func(i int) plan.Node
	at, n int
	types []schema.Type
	cur   Reader
}

func (x *runner) union(n *plan.Union) (Reader, error) {
	return &unionReader{x: x, leg: func(i int) plan.Node { return n.Legs[i] }, n: len(n.Legs), types: typesOf(n.Out)}, nil
}

// wideUnion writes out one leg after the other, when its turn comes.
func (x *runner) wideUnion(n *plan.WideUnion) (Reader, error) {
	return &unionReader{x: x, leg: func(i int) plan.Node { return n.Leg(i) }, n: len(n.Legs), types: typesOf(n.Out)}, nil
}

func (r *unionReader) Next(ctx context.Context) (*column.Batch, error) {
	for {
		if r.cur == nil {
			if r.at == r.n {
				return nil, io.EOF
			}
			in, err := r.x.open(ctx, r.leg(r.at))
			if err != nil {
				return nil, err
			}
			r.cur = in
			r.at++
		}
		b, err := next(ctx, r.cur)
		if errors.Is(err, io.EOF) {
			if err := r.Close(); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		return conform(b, r.types), nil
	}
}

func (r *unionReader) Close() error {
	if r.cur == nil {
		return nil
	}
	err := r.cur.Close()
	r.cur = nil
	return err
}

// conform converts the columns of a batch to the types where they differ.
func conform(b *column.Batch, types []schema.Type) *column.Batch {
	for k, v := range b.Cols {
		if v.Type == types[k] {
			continue
		}
		out := &column.Batch{N: b.N}
		for j, w := range b.Cols {
			out.Cols = append(out.Cols, kernel.Convert(w, types[j]))
		}
		return out
	}
	return b
}

// shared is a materialized table: read once, handed out as often as it is used.
type shared struct {
	batches []*column.Batch
	err     error
	ofGroup bool // holds for the group at hand only
}

// materialize reads the input on first use and keeps it until the query ends.
func (x *runner) materialize(ctx context.Context, n *plan.Materialize) (Reader, error) {
	s := x.shared[n.ID]
	if s == nil {
		s = &shared{ofGroup: len(x.group) > 0 && dependsOnGroup(n.Input)}
		s.batches, s.err = x.keep(ctx, n.Input)
		x.shared[n.ID] = s
	}
	if s.err != nil {
		return nil, s.err
	}
	return &batchesReader{batches: s.batches}, nil
}

func (x *runner) keep(ctx context.Context, n plan.Node) ([]*column.Batch, error) {
	r, err := x.open(ctx, n)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // the rows are here already
	var out []*column.Batch
	for {
		b, err := next(ctx, r)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if err := x.mem.grow("materialize", batchBytes(b)); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
}

type batchesReader struct{ batches []*column.Batch }

func (r *batchesReader) Next(context.Context) (*column.Batch, error) {
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	return b, nil
}

func (r *batchesReader) Close() error { return nil }
