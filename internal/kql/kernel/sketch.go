package kernel

import (
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Sketches stand for sets and distributions between aggregations. Their form is private: an hll is an array of the hashes of
// its values, a tdigest an array of [value, weight] pairs. Both are exact.

func sketches() family {
	return family{
		"hll_merge":                 dynamicFunc(1, -1, mergeSets),
		"dcount_hll":                typedFunc(schema.Long, 1, 1, arrayLength),
		"tdigest_merge":             dynamicFunc(1, -1, mergeDigests),
		"merge_tdigest":             dynamicFunc(1, -1, mergeDigests),
		"percentile_tdigest":        {bind: bindPercentileDigest, min: 2, max: 3},
		"percentrank_tdigest":       typedFunc(schema.Real, 2, 2, func(a []any) any { return digestRank(a, true) }),
		"percentiles_array_tdigest": dynamicFunc(2, -1, percentilesDigest),
		"rank_tdigest":              typedFunc(schema.Real, 2, 2, func(a []any) any { return digestRank(a, false) }),
	}
}

func mergeSets(a []any) any {
	lists, some := arraysOf(a)
	if !some {
		return nil
	}
	return unique(lists, func(string) bool { return true })
}

func mergeDigests(a []any) any {
	lists, some := arraysOf(a)
	if !some {
		return nil
	}
	out := []any{}
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// arraysOf keeps the arguments that are arrays.
func arraysOf(a []any) (lists [][]any, some bool) {
	for _, v := range a {
		if l, ok := v.([]any); ok {
			lists = append(lists, l)
		}
	}
	return lists, len(lists) > 0
}

// digest takes a tdigest apart.
func digest(v any) (values, weights []float64, whole []int64, ok bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, nil, nil, false
	}
	isWhole := true
	for _, e := range list {
		pair, ok := column.Resolve(e).([]any)
		if !ok || len(pair) != 2 {
			return nil, nil, nil, false
		}
		x, okX := toReal(pair[0])
		w, okW := toReal(pair[1])
		if !okX || !okW {
			return nil, nil, nil, false
		}
		n, isInt := pair[0].(int64)
		isWhole = isWhole && isInt
		values, weights, whole = append(values, x), append(weights, w), append(whole, n)
	}
	if !isWhole {
		whole = nil
	}
	return values, weights, whole, true
}

func bindPercentileDigest(s *site) (eval, schema.Type, error) {
	t := s.ret
	if t == schema.Unknown {
		t = schema.Dynamic
	}
	return boxed(t, func(a []any) any {
		values, weights, whole, ok := digest(a[0])
		p, okP := toReal(a[1])
		if !ok || !okP {
			return nil
		}
		if whole != nil {
			return Unbox(pick(whole, weights, []float64{p})[0], t)
		}
		return Unbox(pick(values, weights, []float64{p})[0], t)
	}), t, nil
}

// percentilesDigest gives several percentiles, listed one by one or in an array.
func percentilesDigest(a []any) any {
	list := a[1:]
	if l, ok := a[1].([]any); ok {
		list = l
	}
	values, weights, whole, ok := digest(a[0])
	if !ok {
		return nil
	}
	var at []float64
	for _, p := range list {
		v, ok := toReal(column.Resolve(p))
		if !ok {
			return nil
		}
		at = append(at, v)
	}
	if whole != nil {
		return pick(whole, weights, at)
	}
	return pick(values, weights, at)
}

// digestRank counts the weight at or below a value; as a share of all, in percent, when asked.
func digestRank(a []any, percent bool) any {
	values, weights, _, ok := digest(a[0])
	x, okX := toReal(a[1])
	if !ok || !okX || len(values) == 0 {
		return nil
	}
	below, all := 0.0, 0.0
	for i, v := range values {
		all += weights[i]
		if v <= x {
			below += weights[i]
		}
	}
	if percent {
		return below / all * 100
	}
	return below
}

// sketchAgg builds hll and tdigest, and merges them; a group without values has none.
type sketchAgg struct {
	kind string
	v    [][]any
	seen []map[string]struct{}
	size int64
	buf  []byte
}

func newSketch(kind string) func(*aggSite) (Aggregator, error) {
	return func(*aggSite) (Aggregator, error) { return &sketchAgg{kind: kind}, nil }
}

func (a *sketchAgg) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v, a.seen = grown(a.v, total), grown(a.seen, total)
	for r, g := range groups[:n] {
		if args[0].Null(r) {
			continue
		}
		switch a.kind {
		case "hll":
			a.buf = AppendCell(a.buf[:0], args[0], r)
			a.add(g, int64(xxhash.Sum64(a.buf)))
		case "tdigest":
			w := any(int64(1))
			if len(args) > 1 {
				w = Box(args[1], r)
			}
			a.v[g] = append(a.v[g], []any{args[0].Value(r), w})
			a.size += 80
		default:
			list, _ := Box(args[0], r).([]any)
			for _, e := range list {
				if a.kind == "hll_merge" {
					a.add(g, e)
				} else {
					a.v[g] = append(a.v[g], e)
					a.size += 80
				}
			}
		}
	}
}

// add adds a hash once.
func (a *sketchAgg) add(g int, x any) {
	a.buf = AppendKey(a.buf[:0], x)
	if _, ok := a.seen[g][string(a.buf)]; ok {
		return
	}
	if a.seen[g] == nil {
		a.seen[g] = map[string]struct{}{}
	}
	a.seen[g][string(a.buf)] = struct{}{}
	a.v[g] = append(a.v[g], x)
	a.size += 80
}

func (a *sketchAgg) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	out := column.New(schema.Dynamic, total)
	for _, l := range a.v[:total] {
		if l == nil {
			out.AppendNull()
		} else {
			out.AppendAny(l)
		}
	}
	return []*column.Vector{out}
}

func (a *sketchAgg) Size() int64 { return a.size }

// distributions holds the beta distribution.
func distributions() family {
	three := func(f func(x, a, b float64) (float64, bool)) def {
		return def{bind: func(*site) (eval, schema.Type, error) {
			return map3(schema.Real, asReals, asReals, asReals, f), schema.Real, nil
		}, min: 3, max: 3}
	}
	return family{
		"beta_cdf": three(func(x, a, b float64) (float64, bool) {
			switch {
			case x < 0 || x > 1 || b <= 0:
				return math.NaN(), true
			case a <= 0: // all the mass lies at 0
				return 1, true
			}
			return betaRegularized(x, a, b), true
		}),
		"beta_pdf": three(func(x, a, b float64) (float64, bool) {
			if x < 0 || x > 1 || a <= 0 || b <= 0 {
				return math.NaN(), true
			}
			return math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) - logBeta(a, b)), true
		}),
		"beta_inv": three(func(p, a, b float64) (float64, bool) {
			if a <= 0 || b <= 0 {
				return math.NaN(), true
			}
			if !(p > 0 && p < 1) {
				return 0, false
			}
			lo, hi := 0.0, 1.0
			for range 200 {
				mid := (lo + hi) / 2
				if betaRegularized(mid, a, b) < p {
					lo = mid
				} else {
					hi = mid
				}
			}
			return (lo + hi) / 2, true
		}),
	}
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// betaRegularized is the regularized incomplete beta function, by its continued fraction.
func betaRegularized(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - betaRegularized(1-x, b, a)
	}
	front := math.Exp(a*math.Log(x)+b*math.Log1p(-x)-logBeta(a, b)) / a
	const tiny = 1e-300
	f, c, d := 1.0, 1.0, 0.0
	for i := range 400 {
		m := float64(i / 2)
		var num float64
		switch {
		case i == 0:
			num = 1
		case i%2 == 0:
			num = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			num = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 + num*d
		if math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		c = 1 + num/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < 1e-15 {
			break
		}
	}
	return front * (f - 1)
}
