package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// nester works a top-nested out, group by group.
type nester struct {
	x    *runner
	n    *plan.TopNested
	all  *column.Batch
	keys []*column.Vector // of each level, over all
	out  *column.Batch
}

// topNested reads the input, which it keeps, and descends into the groups of each level.
func (x *runner) topNested(ctx context.Context, n *plan.TopNested) (Reader, error) {
	cols := n.Input.Cols()
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	s := &nester{x: x, n: n, out: column.NewBatch(0, typesOf(n.Cols())...)}
	var held int64
	if s.all, held, err = x.gather(ctx, "top-nested", in, typesOf(cols)); err != nil {
		return nil, err
	}
	for _, l := range n.Levels {
		k, err := x.compile(ctx, l.Key, places(cols))
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, kernel.Convert(k.column(s.all), l.Value.Type))
	}
	rows := make([]int, s.all.N)
	for i := range rows {
		rows[i] = i
	}
	if err := s.level(ctx, 0, rows, nil); err != nil {
		return nil, err
	}
	return &sliceReader{b: s.out, release: func() { x.mem.release(held) }}, nil
}

// level adds the rows of one group: its best values, each with what is below it, then what is left over.
func (s *nester) level(ctx context.Context, at int, rows []int, above []any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l := s.n.Levels[at]
	best, err := s.sub(ctx, l.Rows, l.Top, rows)
	if err != nil {
		return err
	}
	place := map[string]int{}
	for i := range best.N {
		place[string(kernel.AppendCell(nil, best.Cols[0], i))] = i
	}
	groups, rest := make([][]int, best.N), []int(nil)
	var buf []byte
	for _, r := range rows {
		buf = kernel.AppendCell(buf[:0], s.keys[at], r)
		if i, ok := place[string(buf)]; ok {
			groups[i] = append(groups[i], r)
		} else {
			rest = append(rest, r)
		}
	}
	for i, g := range groups {
		line := append(append([]any(nil), above...), best.Cols[0].Value(i), best.Cols[1].Value(i))
		if at == len(s.n.Levels)-1 {
			if err := s.emit(line); err != nil {
				return err
			}
		} else if err := s.level(ctx, at+1, g, line); err != nil {
			return err
		}
	}
	if l.Rest == nil || len(rest) == 0 {
		return nil
	}
	sum, err := s.sub(ctx, l.Rows, l.Rest, rest)
	if err != nil || sum.N == 0 {
		return err
	}
	name, err := s.x.constantOf(ctx, l.Other)
	if err != nil {
		return err
	}
	return s.emit(append(append([]any(nil), above...), name, sum.Cols[0].Value(0)))
}

// sub runs a sub-plan over some rows.
func (s *nester) sub(ctx context.Context, leaf *plan.GroupRows, n plan.Node, rows []int) (*column.Batch, error) {
	s.x.group[leaf] = s.all
	if len(rows) < s.all.N {
		s.x.group[leaf] = s.all.Gather(rows)
	}
	defer delete(s.x.group, leaf)
	r, err := s.x.open(ctx, n)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // read to its end
	b, held, err := s.x.gather(ctx, "top-nested", r, typesOf(n.Cols()))
	s.x.mem.release(held)
	return b, err
}

// emit adds a row; what a line lacks is null.
func (s *nester) emit(line []any) error {
	for k, v := range s.out.Cols {
		if k < len(line) {
			v.Append(line[k])
		} else {
			v.AppendNull()
		}
	}
	s.out.N++
	return s.x.mem.grow("top-nested", int64(48*len(s.out.Cols)))
}
