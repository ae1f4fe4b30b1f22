package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// conjunct is one part of a predicate and the columns it reads.
type conjunct struct {
	test  *scalar
	needs []int
}

type filterReader struct {
	in    Reader
	parts []conjunct
}

// filter tests the conjuncts one after the other, each only on the rows that are left.
func (x *runner) filter(ctx context.Context, n *plan.Filter) (Reader, error) {
	at := places(n.Input.Cols())
	r := &filterReader{}
	for _, e := range conjuncts(n.Pred, nil) {
		s, err := x.compile(ctx, e, at)
		if err != nil {
			return nil, err
		}
		ids := map[int]bool{}
		refs(e, ids)
		c := conjunct{test: s}
		for id := range ids {
			c.needs = append(c.needs, at[id])
		}
		r.parts = append(r.parts, c)
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	if !hasWindow(n.Pred) {
		r.in = sliced(in, n.Pred)
		return r, nil
	}
	defer in.Close()                        //nolint:errcheck // read to its end
	test, err := x.compile(ctx, n.Pred, at) // as a whole: no row may be missing when a neighbour is asked for
	if err != nil {
		return nil, err
	}
	r.parts = []conjunct{{test: test}}
	all, held, err := x.gather(ctx, "serialize", in, typesOf(n.Input.Cols()))
	if err != nil {
		return nil, err
	}
	return &sliceReader{b: r.apply(all), release: func() { x.mem.release(held) }}, nil
}

func conjuncts(e plan.Expr, into []plan.Expr) []plan.Expr {
	if c, ok := e.(*plan.Call); ok && c.Func == "and" {
		for _, a := range c.Args {
			into = conjuncts(a, into)
		}
		return into
	}
	return append(into, e)
}

func (r *filterReader) Next(ctx context.Context) (*column.Batch, error) {
	b, err := next(ctx, r.in)
	if err != nil {
		return nil, err
	}
	return r.apply(b), nil
}

func (r *filterReader) Close() error { return r.in.Close() }

func (r *filterReader) apply(b *column.Batch) *column.Batch {
	var rows []int // nil: all
	left := b.N
	for _, p := range r.parts {
		if left == 0 {
			break
		}
		part := b
		if rows != nil {
			part = &column.Batch{N: left, Cols: make([]*column.Vector, len(b.Cols))}
			for _, k := range p.needs {
				part.Cols[k] = b.Cols[k].Gather(rows)
			}
		}
		v := kernel.Convert(p.test.over(part), schema.Bool)
		one := v.Len() == 1
		var kept []int
		for i := range left {
			k := i
			if one {
				k = 0
			}
			if v.Bools[k] && !v.Null(k) {
				if rows != nil {
					kept = append(kept, rows[i])
				} else {
					kept = append(kept, i)
				}
			}
		}
		if len(kept) == left {
			continue
		}
		rows, left = kept, len(kept)
		if rows == nil {
			rows = []int{}
		}
	}
	if rows == nil {
		return b
	}
	return b.Gather(rows)
}

type projectReader struct {
	in     Reader
	items  []*scalar
	types  []schema.Type
	pieces *pieces // nil when no value grows
}

// project computes the items batch by batch; with window functions, over the whole input at once.
func (x *runner) project(ctx context.Context, n *plan.Project) (Reader, error) {
	at := places(n.Input.Cols())
	r := &projectReader{types: typesOf(n.Cols())}
	window := false
	for _, it := range n.Items {
		s, err := x.compile(ctx, it.Expr, at)
		if err != nil {
			return nil, err
		}
		if grows(it.Expr) {
			if r.pieces == nil {
				r.pieces = &pieces{mem: x.mem}
			}
			r.pieces.grow = append(r.pieces.grow, len(r.items))
		}
		r.items = append(r.items, s)
		window = window || hasWindow(it.Expr)
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	if !window {
		r.in = in
		return r, nil
	}
	defer in.Close() //nolint:errcheck // read to its end
	all, held, err := x.gather(ctx, "serialize", in, typesOf(n.Input.Cols()))
	if err != nil {
		return nil, err
	}
	return &sliceReader{b: r.apply(all), release: func() { x.mem.release(held) }}, nil
}

func hasWindow(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	if !ok {
		return false
	}
	if kernel.Window(c.Func) {
		return true
	}
	for _, a := range c.Args {
		if hasWindow(a) {
			return true
		}
	}
	return false
}

func (r *projectReader) Next(ctx context.Context) (*column.Batch, error) {
	if r.pieces != nil && r.pieces.rest != nil {
		return r.piece(ctx)
	}
	b, err := next(ctx, r.in)
	if err != nil {
		return nil, err
	}
	if r.pieces == nil || b.N == 0 {
		return r.apply(b), nil
	}
	r.pieces.rest = b
	return r.piece(ctx)
}

// piece computes a part of the batch at hand.
func (r *projectReader) piece(ctx context.Context) (*column.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := r.apply(r.pieces.next())
	return out, r.pieces.learn(out)
}

func (r *projectReader) Close() error { return r.in.Close() }

func (r *projectReader) apply(b *column.Batch) *column.Batch {
	out := &column.Batch{N: b.N, Cols: make([]*column.Vector, len(r.items))}
	for k, s := range r.items {
		out.Cols[k] = kernel.Convert(s.column(b), r.types[k])
	}
	return out
}
