package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// expandReader makes a row per element. A wide array is handed on in pieces.
type expandReader struct {
	in     Reader
	items  []*scalar
	specs  []plan.ExpandItem
	from   []expandSource
	limit  int64
	pairs  bool
	b      *column.Batch
	vecs   []*column.Vector
	row    int
	elem   int
	lists  [][]any // of the row being expanded; nil before it is looked at
	longer int
}

// expandSource says where an output column comes from: an input column, an expanded item, or the index.
type expandSource struct {
	input, item int
	index       bool
}

func (x *runner) mvExpand(ctx context.Context, n *plan.MvExpand) (Reader, error) {
	at := places(n.Input.Cols())
	r := &expandReader{specs: n.Items, limit: n.Limit, pairs: n.ArrayPairs}
	byID := map[int]int{}
	for i, it := range n.Items {
		s, err := x.compile(ctx, it.Expr, at)
		if err != nil {
			return nil, err
		}
		r.items = append(r.items, s)
		byID[it.Out.ID] = i
	}
	for _, c := range n.Out {
		if i, ok := byID[c.ID]; ok {
			r.from = append(r.from, expandSource{input: -1, item: i})
		} else if n.Index != nil && c.ID == n.Index.ID {
			r.from = append(r.from, expandSource{input: -1, item: -1, index: true})
		} else {
			r.from = append(r.from, expandSource{input: at[c.ID], item: -1})
		}
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	r.in = sliced(in, plan.Exprs(n)...)
	return r, nil
}

func (r *expandReader) Close() error { return r.in.Close() }

func (r *expandReader) Next(ctx context.Context) (*column.Batch, error) {
	for {
		if r.b == nil || r.row >= r.b.N {
			b, err := next(ctx, r.in)
			if err != nil {
				return nil, err
			}
			r.b, r.row, r.elem, r.lists = b, 0, 0, nil
			r.vecs = make([]*column.Vector, len(r.items))
			for i, s := range r.items {
				r.vecs[i] = s.column(b)
			}
		}
		if out := r.expand(); out.N > 0 {
			return out, nil
		}
	}
}

// expand makes up to a batch of rows from where it stands.
func (r *expandReader) expand() *column.Batch {
	var rows []int
	cells := make([]*column.Vector, len(r.items))
	for i, it := range r.specs {
		cells[i] = column.New(it.Out.Type, batchRows)
	}
	index := column.New(schema.Long, batchRows)
	for r.row < r.b.N && len(rows) < batchRows {
		if r.lists == nil {
			r.look()
		}
		for ; r.elem < r.longer && len(rows) < batchRows; r.elem++ {
			rows = append(rows, r.row)
			index.AppendInt(int64(r.elem))
			for i, list := range r.lists {
				if r.elem < len(list) {
					cells[i].Append(r.cast(i, list[r.elem]))
				} else {
					cells[i].AppendNull()
				}
			}
		}
		if r.elem >= r.longer {
			r.row, r.elem, r.lists = r.row+1, 0, nil
		}
	}
	out := &column.Batch{N: len(rows), Cols: make([]*column.Vector, len(r.from))}
	for k, s := range r.from {
		switch {
		case s.index:
			out.Cols[k] = index
		case s.item >= 0:
			out.Cols[k] = cells[s.item]
		default:
			out.Cols[k] = r.b.Cols[s.input].Gather(rows)
		}
	}
	return out
}

// look lists the elements of every item of the row.
func (r *expandReader) look() {
	r.lists = make([][]any, len(r.items))
	r.longer = 0
	for i, v := range r.vecs {
		r.lists[i] = r.elements(kernel.Box(v, r.row))
		r.longer = max(r.longer, len(r.lists[i]))
	}
	if r.limit > 0 && int64(r.longer) > r.limit {
		r.longer = int(r.limit)
	}
}

// elements lists what a value expands to: array elements, the entries of a bag, else the value itself; null is one null.
func (r *expandReader) elements(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case *column.Object:
		out := make([]any, len(v.Keys))
		for i, k := range v.Keys {
			if r.pairs {
				out[i] = []any{k, v.Values[i]}
			} else {
				out[i] = &column.Object{Keys: []string{k}, Values: []any{v.Values[i]}}
			}
		}
		return out
	}
	return []any{v}
}

// cast converts an element to `to typeof(T)` and then to the column's type.
func (r *expandReader) cast(i int, v any) any {
	spec := r.specs[i]
	t := spec.T
	if t == schema.Unknown {
		t = spec.Out.Type
	}
	if t == schema.Dynamic {
		return v
	}
	v = kernel.Unbox(column.Resolve(v), t)
	if t == spec.Out.Type {
		return v
	}
	one := column.New(t, 1)
	one.Append(v)
	return kernel.Convert(one, spec.Out.Type).Value(0)
}
