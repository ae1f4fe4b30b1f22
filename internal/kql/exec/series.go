package exec

import (
	"context"
	"math"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// maxSeries is the language's own limit of points in an array that make-series makes.
const maxSeries = 1 << 20

// points are the places of an axis: the first, the distance, and how many.
type points struct {
	t           schema.Type
	from, step  int64
	rfrom, rsep float64
	n           int
}

// at returns the place of a step that begins at row r of v; false when it is not on the axis.
func (p *points) at(v *column.Vector, r int) (int, bool) {
	if v.Null(r) {
		return 0, false
	}
	if p.t == schema.Real {
		k := math.Round((v.Floats[r] - p.rfrom) / p.rsep)
		return int(k), k >= 0 && k < float64(p.n)
	}
	k := (v.Ints[r] - p.from) / p.step
	return int(k), v.Ints[r] >= p.from && k < int64(p.n)
}

// axis writes the places out.
func (p *points) axis() []any {
	out := make([]any, p.n)
	for i := range out {
		switch p.t {
		case schema.Real:
			out[i] = p.rfrom + float64(i)*p.rsep
		case schema.Datetime:
			out[i] = column.Datetime(p.from + int64(i)*p.step)
		case schema.Timespan:
			out[i] = column.Timespan(p.from + int64(i)*p.step)
		default:
			out[i] = p.from + int64(i)*p.step
		}
	}
	return out
}

// makeSeries reads the summarized input and fills one array per key and value.
func (x *runner) makeSeries(ctx context.Context, n *plan.MakeSeries) (Reader, error) {
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	cols := n.Input.Cols()
	all, held, err := x.gather(ctx, "make-series", in, typesOf(cols))
	if err != nil {
		return nil, err
	}
	at := places(cols)
	bins := all.Cols[at[n.Bin.ID]]
	p, err := x.points(ctx, n, bins)
	if err != nil {
		return nil, err
	}
	g := newGroups(typesOf(n.Keys))
	kb := &column.Batch{N: all.N}
	for _, k := range n.Keys {
		kb.Cols = append(kb.Cols, all.Cols[at[k.ID]])
	}
	rows := g.assign(kb)
	if len(n.Keys) == 0 && n.NonEmpty {
		g.keys.N = 1
	}
	size := 16 * int64(p.n) * int64(g.keys.N) * int64(len(n.Values)+1)
	held += size
	if err := x.mem.grow("make-series", size); err != nil {
		return nil, err
	}
	out := &column.Batch{N: g.keys.N, Cols: g.keys.Cols}
	for _, v := range n.Values {
		var fill any
		if v.Default != nil {
			s, err := x.compile(ctx, v.Default, nil)
			if err != nil {
				return nil, err
			}
			fill = kernel.Box(kernel.Convert(s.column(&column.Batch{N: 1}), v.Col.Type), 0)
		}
		arrays, err := seriesArrays(ctx, p, all.Cols[at[v.Col.ID]], bins, rows, g.keys.N, fill)
		if err != nil {
			return nil, err
		}
		out.Cols = append(out.Cols, arrays)
	}
	axis := column.New(schema.Dynamic, out.N)
	shared := p.axis()
	for range out.N {
		axis.AppendAny(shared)
	}
	out.Cols = append(out.Cols, axis)
	return &sliceReader{b: out, release: func() { x.mem.release(held) }}, nil
}

func seriesArrays(ctx context.Context, p *points, v, bins *column.Vector, rows []int, groups int, fill any) (*column.Vector, error) {
	lists := make([][]any, groups)
	for g := range lists {
		if g%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		lists[g] = make([]any, p.n)
		for i := range lists[g] {
			lists[g][i] = fill
		}
	}
	for r, g := range rows {
		if i, ok := p.at(bins, r); ok {
			lists[g][i] = kernel.Box(v, r)
		}
	}
	out := column.New(schema.Dynamic, groups)
	for _, l := range lists {
		out.AppendAny(l)
	}
	return out, nil
}

// points finds the bounds: those written, else those of the steps that occur.
func (x *runner) points(ctx context.Context, n *plan.MakeSeries, bins *column.Vector) (*points, error) {
	p := &points{t: n.Bin.Type}
	bound := func(e plan.Expr) (*column.Vector, error) {
		if e == nil {
			return nil, nil
		}
		s, err := x.compile(ctx, e, nil)
		if err != nil {
			return nil, err
		}
		v := s.column(&column.Batch{N: 1})
		if v.Null(0) {
			return nil, fault.New(fault.Invalid, "make_series_bounds", "A bound or the step of make-series is null.")
		}
		return v, nil
	}
	from, err := bound(n.From)
	if err != nil {
		return nil, err
	}
	to, err := bound(n.To)
	if err != nil {
		return nil, err
	}
	step, err := bound(n.Step)
	if err != nil {
		return nil, err
	}
	if p.t == schema.Real {
		p.real(n, bins, from, to, step.Floats[0])
	} else {
		p.whole(n, bins, from, to, step.Ints[0])
	}
	switch {
	case p.n < 0:
		return nil, fault.New(fault.Invalid, "make_series_step", "The step of make-series must be greater than zero.")
	case p.n > maxSeries:
		return nil, fault.New(fault.TooLarge, "make_series_points", "make-series would make arrays of more than %d values. Use a larger step, or bounds closer together.", maxSeries)
	}
	return p, nil
}

// whole counts the places of whole numbers and times.
func (p *points) whole(n *plan.MakeSeries, bins, from, to *column.Vector, step int64) {
	if p.step = step; step <= 0 {
		p.n = -1
		return
	}
	least, most, any := int64(math.MaxInt64), int64(math.MinInt64), false
	for r, b := range bins.Ints {
		if !bins.Null(r) {
			least, most, any = min(least, b), max(most, b), true
		}
	}
	switch {
	case from != nil:
		p.from = from.Ints[0]
	case any:
		p.from = least
	default:
		return
	}
	end := p.from // the first tick behind the axis
	switch {
	case to != nil && n.Inclusive:
		end = to.Ints[0] + 1
	case to != nil:
		end = to.Ints[0]
	case any:
		end = most + 1
	}
	if end > p.from {
		p.n = int(min((end-p.from-1)/step+1, maxSeries+1))
	}
}

// real counts the places of reals.
func (p *points) real(n *plan.MakeSeries, bins, from, to *column.Vector, step float64) {
	if p.rsep = step; !(step > 0) || math.IsInf(step, 0) {
		p.n = -1
		return
	}
	least, most := math.Inf(1), math.Inf(-1)
	for r, b := range bins.Floats {
		if !bins.Null(r) && !math.IsNaN(b) && !math.IsInf(b, 0) {
			least, most = min(least, b), max(most, b)
		}
	}
	switch {
	case from != nil:
		p.rfrom = from.Floats[0]
	case most >= least:
		p.rfrom = least
	default:
		return
	}
	count := 0.0
	switch {
	case to != nil && n.Inclusive:
		count = math.Floor((to.Floats[0]-p.rfrom)/step) + 1
	case to != nil:
		count = math.Ceil((to.Floats[0] - p.rfrom) / step)
	case most >= least:
		count = math.Round((most-p.rfrom)/step) + 1
	}
	if count > 0 {
		p.n = int(min(count, maxSeries+1))
	}
}
