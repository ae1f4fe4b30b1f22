package kernel

import (
	"math"
	"math/big"
	"slices"

	"github.com/cockroachdb/apd/v3"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// sumLongs adds whole numbers and times, wrapping around. Of no rows the sum is 0.
type sumLongs struct {
	t schema.Type
	v []int64
}

func newSum(s *aggSite) (Aggregator, error) {
	switch s.args[0].Type {
	case schema.Int, schema.Long, schema.Bool:
		return &sumLongs{t: schema.Long}, nil
	case schema.Timespan:
		return &sumLongs{t: schema.Timespan}, nil
	case schema.Decimal:
		return &sumDecimals{}, nil
	}
	return &sumReals{}, nil
}

func (a *sumLongs) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v = grown(a.v, total)
	x := asInts(args[0], n)
	for r, g := range groups[:n] {
		if !x.null(r) {
			a.v[g] += x.at(r)
		}
	}
}

func (a *sumLongs) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	return []*column.Vector{{Type: a.t, Ints: a.v[:total]}}
}

func (a *sumLongs) Size() int64 { return int64(8 * cap(a.v)) }

type sumReals struct{ v []float64 }

func (a *sumReals) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v = grown(a.v, total)
	x := asReals(args[0], n)
	for r, g := range groups[:n] {
		if !x.null(r) {
			a.v[g] += x.at(r)
		}
	}
}

func (a *sumReals) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	return []*column.Vector{{Type: schema.Real, Floats: a.v[:total]}}
}

func (a *sumReals) Size() int64 { return int64(8 * cap(a.v)) }

type sumDecimals struct{ v []*apd.Decimal }

func (a *sumDecimals) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v = grown(a.v, total)
	x := anys(Convert(args[0], schema.Decimal), n)
	ctx := apd.BaseContext.WithPrecision(34)
	for r, g := range groups[:n] {
		d, ok := x.at(r).(*apd.Decimal)
		if !ok {
			continue
		}
		if a.v[g] == nil {
			a.v[g] = new(apd.Decimal)
		}
		_, _ = ctx.Add(a.v[g], a.v[g], d) // an overflow leaves an infinity, which prints as one
	}
}

func (a *sumDecimals) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	out := column.New(schema.Decimal, total)
	for _, d := range a.v[:total] {
		if d == nil {
			d = new(apd.Decimal)
		}
		out.AppendAny(d)
	}
	return []*column.Vector{out}
}

func (a *sumDecimals) Size() int64 { return int64(64 * cap(a.v)) }

// avg is the mean: of reals NaN for no rows, of times null.
type avg struct {
	t    schema.Type
	n    []int64
	real []float64
	hi   []big.Int // times, exact
}

func newAvg(s *aggSite) (Aggregator, error) {
	t := schema.Real
	if isTime(s.args[0].Type) {
		t = s.args[0].Type
	}
	if s.args[0].Type == schema.Decimal {
		t = schema.Decimal
	}
	return &avg{t: t}, nil
}

func (a *avg) Add(groups []int, total int, args []*column.Vector, n int) {
	a.n = grown(a.n, total)
	if isTime(a.t) {
		a.hi = grown(a.hi, total)
		x := ints(args[0], n)
		var one big.Int
		for r, g := range groups[:n] {
			if !x.null(r) {
				a.n[g]++
				a.hi[g].Add(&a.hi[g], one.SetInt64(x.at(r)))
			}
		}
		return
	}
	a.real = grown(a.real, total)
	x := asReals(args[0], n)
	for r, g := range groups[:n] {
		if !x.null(r) {
			a.n[g]++
			a.real[g] += x.at(r)
		}
	}
}

func (a *avg) Result(total int) []*column.Vector {
	a.n, a.real, a.hi = grown(a.n, total), grown(a.real, total), grown(a.hi, total)
	out := column.New(a.t, total)
	for g := range total {
		mean := a.real[g] / float64(a.n[g])
		switch {
		case isTime(a.t) && a.n[g] == 0:
			out.AppendNull()
		case isTime(a.t):
			out.AppendInt(new(big.Int).Quo(&a.hi[g], big.NewInt(a.n[g])).Int64())
		case a.t == schema.Decimal:
			out.Append(Unbox(mean, schema.Decimal))
		default:
			out.AppendFloat(mean)
		}
	}
	return []*column.Vector{out}
}

func (a *avg) Size() int64 { return int64(16*cap(a.n) + 40*cap(a.hi)) }

// moments computes the variance or its root by Welford's method. Fewer than two rows give 0.
type moments struct {
	sample, root bool
	n            []float64
	mean, m2     []float64
}

func newMoments(sample, root bool) func(*aggSite) (Aggregator, error) {
	return func(*aggSite) (Aggregator, error) { return &moments{sample: sample, root: root}, nil }
}

func (a *moments) Add(groups []int, total int, args []*column.Vector, n int) {
	a.n, a.mean, a.m2 = grown(a.n, total), grown(a.mean, total), grown(a.m2, total)
	x := asReals(args[0], n)
	for r, g := range groups[:n] {
		if x.null(r) {
			continue
		}
		a.n[g]++
		d := x.at(r) - a.mean[g]
		a.mean[g] += d / a.n[g]
		a.m2[g] += d * (x.at(r) - a.mean[g])
	}
}

func (a *moments) Result(total int) []*column.Vector {
	a.n, a.mean, a.m2 = grown(a.n, total), grown(a.mean, total), grown(a.m2, total)
	out := column.New(schema.Real, total)
	for g := range total {
		by := a.n[g]
		if a.sample {
			by--
		}
		v := 0.0
		if by > 0 {
			v = a.m2[g] / by
		}
		if a.root {
			v = math.Sqrt(v)
		}
		out.AppendFloat(v)
	}
	return []*column.Vector{out}
}

func (a *moments) Size() int64 { return int64(24 * cap(a.n)) }

// covariance of two columns; rows with a null in either are left out.
type covariance struct {
	sample    bool
	n         []float64
	mx, my, c []float64
}

func newCovariance(sample bool) func(*aggSite) (Aggregator, error) {
	return func(*aggSite) (Aggregator, error) { return &covariance{sample: sample}, nil }
}

func (a *covariance) Add(groups []int, total int, args []*column.Vector, n int) {
	a.n, a.mx, a.my, a.c = grown(a.n, total), grown(a.mx, total), grown(a.my, total), grown(a.c, total)
	x, y := asReals(args[0], n), asReals(args[1], n)
	for r, g := range groups[:n] {
		if x.null(r) || y.null(r) {
			continue
		}
		a.n[g]++
		dx := x.at(r) - a.mx[g]
		a.mx[g] += dx / a.n[g]
		a.my[g] += (y.at(r) - a.my[g]) / a.n[g]
		a.c[g] += dx * (y.at(r) - a.my[g])
	}
}

func (a *covariance) Result(total int) []*column.Vector {
	a.n, a.c = grown(a.n, total), grown(a.c, total)
	out := column.New(schema.Real, total)
	for g := range total {
		by := a.n[g]
		if a.sample {
			by--
		}
		if by > 0 {
			out.AppendFloat(a.c[g] / by)
		} else {
			out.AppendFloat(0)
		}
	}
	return []*column.Vector{out}
}

func (a *covariance) Size() int64 { return int64(32 * cap(a.n)) }

// percentiles keeps every value and picks by nearest rank: exact where the language allows an estimate.
type percentiles struct {
	t        schema.Type
	weighted bool
	array    bool
	ranks    []float64
	values   [][]float64
	ints     [][]int64 // when the values are whole
	weights  [][]float64
	size     int64
}

func newPercentiles(weighted, array bool) func(*aggSite) (Aggregator, error) {
	return func(s *aggSite) (Aggregator, error) {
		a := &percentiles{t: s.args[0].Type, weighted: weighted, array: array}
		first := 1
		if weighted {
			first = 2
		}
		for _, arg := range s.args[first:] {
			v := column.Resolve(arg.Value)
			if list, ok := v.([]any); ok {
				for _, e := range list {
					f, _ := toReal(e)
					a.ranks = append(a.ranks, f)
				}
				continue
			}
			f, _ := toReal(v)
			a.ranks = append(a.ranks, f)
		}
		if !a.whole() {
			a.t = schema.Real
		}
		return a, nil
	}
}

func (a *percentiles) whole() bool {
	return a.t == schema.Int || a.t == schema.Long || isTime(a.t)
}

func (a *percentiles) Add(groups []int, total int, args []*column.Vector, n int) {
	a.values, a.ints, a.weights = grown(a.values, total), grown(a.ints, total), grown(a.weights, total)
	var w in[float64]
	if a.weighted {
		w = asReals(args[1], n)
	}
	use := func(r int) bool {
		if a.weighted {
			if w.null(r) || !(w.at(r) > 0) {
				return false
			}
			a.weights[groups[r]] = append(a.weights[groups[r]], w.at(r))
		}
		a.size += 16
		return true
	}
	if a.whole() {
		x := ints(args[0], n)
		for r, g := range groups[:n] {
			if !x.null(r) && use(r) {
				a.ints[g] = append(a.ints[g], x.at(r))
			}
		}
		return
	}
	x := asReals(args[0], n)
	for r, g := range groups[:n] {
		if !x.null(r) && x.at(r) == x.at(r) && use(r) {
			a.values[g] = append(a.values[g], x.at(r))
		}
	}
}

func (a *percentiles) Result(total int) []*column.Vector {
	a.values, a.ints, a.weights = grown(a.values, total), grown(a.ints, total), grown(a.weights, total)
	outs := make([]*column.Vector, len(a.ranks))
	for i := range outs {
		outs[i] = column.New(a.t, total)
	}
	list := column.New(schema.Dynamic, total)
	for g := range total {
		var picks []any
		if a.whole() {
			picks = pick(a.ints[g], a.weights[g], a.ranks)
		} else {
			picks = pick(a.values[g], a.weights[g], a.ranks)
		}
		if a.array {
			for i, p := range picks {
				picks[i] = boxTime(p, a.t)
			}
			list.AppendAny(picks)
			continue
		}
		for i, p := range picks {
			outs[i].Append(p)
		}
	}
	if a.array {
		return []*column.Vector{list}
	}
	return outs
}

func boxTime(v any, t schema.Type) any {
	n, ok := v.(int64)
	switch {
	case ok && t == schema.Datetime:
		return column.Datetime(n)
	case ok && t == schema.Timespan:
		return column.Timespan(n)
	}
	return v
}

// pick returns the value at each nearest rank, nil without values.
func pick[T int64 | float64](values []T, weights, ranks []float64) []any {
	out := make([]any, len(ranks))
	if len(values) == 0 {
		return out
	}
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case values[i] < values[j]:
			return -1
		case values[i] > values[j]:
			return 1
		}
		return 0
	})
	sum := float64(len(values))
	if weights != nil {
		sum = 0
		for _, w := range weights {
			sum += w
		}
	}
	for k, p := range ranks {
		p = min(max(p, 0), 100)
		target := math.Ceil(p / 100 * sum)
		seen := 0.0
		at := order[len(order)-1]
		for _, i := range order {
			if weights != nil {
				seen += weights[i]
			} else {
				seen++
			}
			if seen >= target {
				at = i
				break
			}
		}
		out[k] = values[at]
	}
	return out
}

func (a *percentiles) Size() int64 { return a.size }
