package exec

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/ordinal"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// groups numbers the distinct keys in the order of their first row.
type groups struct {
	keys  *column.Batch // one row per group
	bytes int64         // of the values in keys
	texts ordinal.Texts // texts of a single key column, the encoded cells of several
	ints  ordinal.Ints  // numbers of a single key column
	id    []int         // group of a number of texts
	idInt []int         // group of a number of ints
	buf   []byte
}

func newGroups(types []schema.Type) *groups {
	return &groups{keys: column.NewBatch(0, types...)}
}

// size is how many bytes the groups hold.
func (g *groups) size() int64 {
	return g.bytes + g.texts.Size() + g.ints.Size() + int64(8*(cap(g.id)+cap(g.idInt)))
}

// assign returns the group of every row of the key columns.
func (g *groups) assign(keys *column.Batch) []int {
	out := make([]int, keys.N)
	if len(keys.Cols) == 0 {
		if g.keys.N == 0 && keys.N > 0 {
			g.keys.N = 1
		}
		return out
	}
	if v := keys.Cols[0]; len(keys.Cols) == 1 && v.Nulls == nil {
		switch v.Type {
		case schema.String:
			for r, s := range v.Strings {
				n, fresh := g.texts.Add(s)
				if fresh {
					g.keys.Cols[0].AppendString(g.texts.Key(n)) // the batch need not stay for it
					g.keys.N++
					g.bytes += 16
					g.id = append(g.id, g.keys.N-1)
				}
				out[r] = g.id[n]
			}
			return out
		case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
			for r, value := range v.Ints {
				out[r] = g.number(value, keys, r)
			}
			return out
		}
	}
	for r := range out {
		out[r] = g.slow(keys, r)
	}
	return out
}

// each assigns the rows of a large batch piece by piece, so that a cancelled query ends in between.
func (g *groups) each(ctx context.Context, keys *column.Batch, f func(row, group int)) error {
	const piece = 4 * batchRows
	for from := 0; from < keys.N; from += piece {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i, group := range g.assign(keys.Slice(from, min(from+piece, keys.N))) {
			f(from+i, group)
		}
	}
	return nil
}

// slow finds the group of a row by its encoded key. A single whole-number key without null shares the fast map.
func (g *groups) slow(keys *column.Batch, r int) int {
	if v := keys.Cols[0]; len(keys.Cols) == 1 && !v.Null(r) {
		switch v.Type {
		case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
			return g.number(v.Ints[r], keys, r)
		}
	}
	g.buf = g.buf[:0]
	for _, v := range keys.Cols {
		g.buf = kernel.AppendCell(g.buf, v, r)
	}
	n, fresh := g.texts.AddBytes(g.buf)
	if fresh {
		g.id = append(g.id, g.add(keys, r))
	}
	return g.id[n]
}

// number finds the group of a whole number, which row r has.
func (g *groups) number(value int64, keys *column.Batch, r int) int {
	n, fresh := g.ints.Add(value)
	if fresh {
		g.idInt = append(g.idInt, g.add(keys, r))
	}
	return g.idInt[n]
}

func (g *groups) add(keys *column.Batch, r int) int {
	for k, v := range keys.Cols {
		dst := g.keys.Cols[k]
		if v.Type == schema.String {
			dst.AppendString(strings.Clone(v.Strings[r])) // the batch need not stay for it
			g.bytes += int64(len(v.Strings[r]))
		} else {
			dst.Append(v.Value(r))
		}
		g.bytes += 48
	}
	g.keys.N++
	return g.keys.N - 1
}

// aggCall is one aggregate at work.
type aggCall struct {
	agg  kernel.Aggregator
	args []*scalar
}

func (x *runner) aggregate(ctx context.Context, n *plan.Aggregate) (Reader, error) {
	at := places(n.Input.Cols())
	var keys []*scalar
	keyTypes := make([]schema.Type, len(n.Keys))
	for i, it := range n.Keys {
		s, err := x.compile(ctx, it.Expr, at)
		if err != nil {
			return nil, err
		}
		keys = append(keys, s)
		keyTypes[i] = it.Out.Type
	}
	calls := make([]aggCall, len(n.Aggs))
	for i, a := range n.Aggs {
		args, err := x.compileAll(ctx, a.Args, at)
		if err != nil {
			return nil, err
		}
		sig := make([]kernel.Arg, len(args))
		for k, s := range args {
			sig[k] = kernel.Arg{Type: s.typ}
			if s.value != nil {
				sig[k].Const, sig[k].Value = true, s.value.Value(0)
			}
		}
		agg, err := kernel.BindAggregate(a.Func, sig, typesOf(a.Out))
		if err != nil {
			return nil, err
		}
		calls[i] = aggCall{agg, args}
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	g := newGroups(keyTypes)
	held, err := x.consume(ctx, sliced(in, plan.Exprs(n)...), g, keys, calls)
	if err != nil {
		return nil, err
	}
	if len(n.Keys) == 0 {
		g.keys.N = 1
	}
	out := &column.Batch{N: g.keys.N, Cols: g.keys.Cols}
	for i, c := range calls {
		for k, v := range c.agg.Result(out.N) {
			out.Cols = append(out.Cols, kernel.Convert(v, n.Aggs[i].Out[k].Type))
		}
	}
	return &sliceReader{b: out, release: func() { x.mem.release(held) }}, nil
}

// consume feeds every row of the input to the aggregates.
func (x *runner) consume(ctx context.Context, in Reader, g *groups, keys []*scalar, calls []aggCall) (held int64, err error) {
	for {
		b, err := next(ctx, in)
		if errors.Is(err, io.EOF) {
			return held, nil
		}
		if err != nil {
			return held, err
		}
		if b.N == 0 {
			continue
		}
		kb := &column.Batch{N: b.N, Cols: make([]*column.Vector, len(keys))}
		for i, k := range keys {
			kb.Cols[i] = kernel.Convert(k.column(b), g.keys.Cols[i].Type)
		}
		rows := g.assign(kb)
		now := g.size()
		for _, c := range calls {
			args := make([]*column.Vector, len(c.args))
			for i, a := range c.args {
				args[i] = a.column(b)
			}
			c.agg.Add(rows, g.keys.N, args, b.N)
			now += c.agg.Size()
		}
		if err := x.mem.grow("summarize", now-held); err != nil {
			return now, err
		}
		held = now
	}
}
