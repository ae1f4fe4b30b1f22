package exec

import (
	"context"
	"errors"
	"io"
	"maps"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// applyReader runs a sub-plan for one group after the other.
type applyReader struct {
	x      *runner
	n      *plan.Apply
	all    *column.Batch
	rows   [][]int // of each group
	at     int
	cur    Reader
	source []source // right: the sub-plan's column, else the input's
	held   int64
}

// apply reads the input, which it keeps, and splits it into groups.
func (x *runner) apply(ctx context.Context, n *plan.Apply) (Reader, error) {
	cols := n.Input.Cols()
	keys, err := x.compileAll(ctx, n.By, places(cols))
	if err != nil {
		return nil, err
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	r := &applyReader{x: x, n: n}
	if r.all, r.held, err = x.gather(ctx, "mv-apply or partition", in, typesOf(cols)); err != nil {
		return nil, err
	}
	kb := &column.Batch{N: r.all.N}
	g := newGroups(nil)
	for _, k := range keys {
		v := k.column(r.all)
		kb.Cols = append(kb.Cols, v)
		g.keys.Cols = append(g.keys.Cols, column.New(v.Type, 0))
	}
	err = g.each(ctx, kb, func(row, group int) {
		if group == len(r.rows) {
			r.rows = append(r.rows, nil)
		}
		r.rows[group] = append(r.rows[group], row)
	})
	if err != nil {
		return nil, err
	}
	input, sub := places(cols), places(n.Sub.Cols())
	for _, c := range n.Out {
		if i, ok := sub[c.ID]; ok {
			r.source = append(r.source, source{right: true, col: i})
		} else if i, ok := input[c.ID]; ok {
			r.source = append(r.source, source{col: i})
		} else {
			return nil, fault.New(fault.Internal, "plan_column_missing", "The plan asks for column %d, which neither the table nor the sub-query has.", c.ID)
		}
	}
	return r, nil
}

func (r *applyReader) Next(ctx context.Context) (*column.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.at >= len(r.rows) {
			return nil, io.EOF
		}
		group := r.rows[r.at]
		if r.cur == nil {
			r.x.group[r.n.Rows] = r.all.Gather(group)
			maps.DeleteFunc(r.x.shared, func(_ int, s *shared) bool { return s.ofGroup })
			cur, err := r.x.open(ctx, r.n.Sub)
			if err != nil {
				return nil, err
			}
			r.cur = cur
		}
		b, err := r.cur.Next(ctx)
		if errors.Is(err, io.EOF) {
			if err := r.closeSub(); err != nil {
				return nil, err
			}
			r.at++
			continue
		}
		if err != nil {
			return nil, err
		}
		if b.N > 0 {
			return r.widen(b, group[0]), nil
		}
	}
}

// widen adds the input's columns, the same in every row, to the sub-plan's.
func (r *applyReader) widen(b *column.Batch, first int) *column.Batch {
	out := &column.Batch{N: b.N, Cols: make([]*column.Vector, len(r.source))}
	for k, s := range r.source {
		if s.right {
			out.Cols[k] = b.Cols[s.col]
		} else {
			out.Cols[k] = kernel.Spread(r.all.Cols[s.col].Slice(first, first+1), b.N)
		}
	}
	return out
}

func (r *applyReader) closeSub() error {
	if r.cur == nil {
		return nil
	}
	err := r.cur.Close()
	r.cur = nil
	return err
}

func (r *applyReader) Close() error {
	r.x.mem.release(r.held)
	r.held = 0
	return r.closeSub()
}

// groupRows hands out the rows of the group that is being worked on.
func (x *runner) groupRows(n *plan.GroupRows) (Reader, error) {
	b, ok := x.group[n]
	if !ok {
		return nil, fault.New(fault.Internal, "plan_group_missing", "The plan reads the rows of a group outside the operator that makes groups.")
	}
	return &sliceReader{b: b}, nil
}

// dependsOnGroup reports whether a plan reads the rows of a group, and so gives another answer for each.
func dependsOnGroup(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		if _, ok := n.(*plan.GroupRows); ok {
			found = true
		}
	})
	return found
}
