package kernel

import (
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func seriesFunctions() family {
	f := family{
		"series_sum":                 typedFunc(schema.Real, 1, 1, foldSeries(0, func(a, b float64) float64 { return a + b })),
		"series_product":             typedFunc(schema.Real, 1, 1, foldSeries(1, func(a, b float64) float64 { return a * b })),
		"series_magnitude":           typedFunc(schema.Real, 1, 1, seriesMagnitude),
		"series_dot_product":         typedFunc(schema.Real, 2, 2, seriesDot),
		"series_cosine_similarity":   typedFunc(schema.Real, 2, 4, seriesCosine),
		"series_pearson_correlation": typedFunc(schema.Real, 2, 2, seriesPearson),
		"series_stats":               dynamicFunc(1, 2, func(a []any) any { return statsOf(a).outputs() }),
		"series_stats_dynamic":       dynamicFunc(1, 2, func(a []any) any { return statsOf(a).bag() }),
		"series_fill_forward":        dynamicFunc(1, 2, fillSeries(1)),
		"series_fill_backward":       dynamicFunc(1, 2, fillSeries(-1)),
		"series_fill_const":          dynamicFunc(2, 3, fillConst),
		"series_fill_linear":         dynamicFunc(1, 4, fillLinear),
		"series_fir":                 dynamicFunc(2, 4, seriesFIR),
		"series_iir":                 dynamicFunc(3, 3, seriesIIR),
	}
	for name, op := range map[string]func(float64) float64{
		"abs": math.Abs, "sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan,
		"exp": math.Exp, "log": math.Log, "floor": math.Floor, "ceiling": math.Ceil,
	} {
		f["series_"+name] = dynamicFunc(1, 1, mapSeries(func(x float64) any { return op(x) }))
	}
	f["series_sign"] = dynamicFunc(1, 1, mapSeries(func(x float64) any {
		switch {
		case x > 0:
			return int64(1)
		case x < 0:
			return int64(-1)
		}
		return int64(0)
	}))
	for name, op := range map[string]string{"add": "+", "subtract": "-", "multiply": "*"} {
		inReal, whole := realArith(op), longArith(op)
		f["series_"+name] = dynamicFunc(2, 2, zipSeries(func(x, y any) any {
			if a, ok := x.(int64); ok {
				if b, ok := y.(int64); ok {
					v, _ := whole(a, b)
					return v
				}
			}
			a, _ := toReal(x)
			b, _ := toReal(y)
			return inReal(a, b)
		}))
	}
	for name, op := range map[string]func(a, b float64) float64{"divide": realArith("/"), "pow": math.Pow} {
		f["series_"+name] = dynamicFunc(2, 2, zipSeries(func(x, y any) any {
			a, _ := toReal(x)
			b, _ := toReal(y)
			return op(a, b)
		}))
	}
	for name, op := range map[string]string{"equals": "==", "not_equals": "!=", "less": "<", "less_equals": "<=", "greater": ">", "greater_equals": ">="} {
		test := holds(op)
		f["series_"+name] = dynamicFunc(2, 2, zipSeries(func(x, y any) any { return test(Compare(x, y)) }))
	}
	return f
}

// numbers reads a series as reals; missing and other values are NaN.
func numbers(v any) ([]float64, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]float64, len(list))
	for i, e := range list {
		out[i] = math.NaN()
		if e = column.Resolve(e); isNumber(e) {
			out[i], _ = toReal(e)
		}
	}
	return out, true
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}

func boxReals(v []float64) []any {
	out := make([]any, len(v))
	for i, x := range v {
		out[i] = x
	}
	return out
}

func mapSeries(f func(float64) any) func(a []any) any {
	return func(a []any) any {
		list, ok := a[0].([]any)
		if !ok {
			return nil
		}
		out := make([]any, len(list))
		for i, e := range list {
			if e = column.Resolve(e); isNumber(e) {
				x, _ := toReal(e)
				out[i] = f(x)
			}
		}
		return out
	}
}

// zipSeries combines two series element by element; a scalar stands for a series of itself. The longer decides the length.
func zipSeries(f func(x, y any) any) func(a []any) any {
	return func(a []any) any {
		x, okX := a[0].([]any)
		y, okY := a[1].([]any)
		switch {
		case okX && okY:
		case okX && isNumber(a[1]):
			y = slices.Repeat([]any{a[1]}, len(x))
		case okY && isNumber(a[0]):
			x = slices.Repeat([]any{a[0]}, len(y))
		default:
			return nil
		}
		out := make([]any, max(len(x), len(y)))
		for i := range min(len(x), len(y)) {
			if p, q := column.Resolve(x[i]), column.Resolve(y[i]); isNumber(p) && isNumber(q) {
				out[i] = f(p, q)
			}
		}
		return out
	}
}

func foldSeries(start float64, f func(a, b float64) float64) func(a []any) any {
	return func(a []any) any {
		v, ok := numbers(a[0])
		if !ok {
			return nil
		}
		sum := start
		for _, x := range v {
			if math.IsNaN(x) {
				return nil
			}
			sum = f(sum, x)
		}
		return sum
	}
}

func seriesMagnitude(a []any) any {
	v, ok := numbers(a[0])
	if !ok {
		return nil
	}
	return math.Sqrt(dot(v, v))
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range min(len(x), len(y)) {
		sum += x[i] * y[i]
	}
	return sum
}

// twoSeries reads two series of one length; a scalar stands for a series of itself.
func twoSeries(a []any) (x, y []float64, ok bool) {
	x, okX := numbers(a[0])
	y, okY := numbers(a[1])
	switch {
	case okX && isNumber(a[1]):
		f, _ := toReal(a[1])
		y, okY = slices.Repeat([]float64{f}, len(x)), true
	case okY && isNumber(a[0]):
		f, _ := toReal(a[0])
		x, okX = slices.Repeat([]float64{f}, len(y)), true
	}
	return x, y, okX && okY && len(x) == len(y)
}

func seriesDot(a []any) any {
	x, y, ok := twoSeries(a)
	if !ok {
		return nil
	}
	return dot(x, y)
}

func seriesCosine(a []any) any {
	x, y, ok := twoSeries(a)
	if !ok {
		return nil
	}
	mx, my := math.Sqrt(dot(x, x)), math.Sqrt(dot(y, y))
	return dot(x, y) / (mx * my)
}

func seriesPearson(a []any) any {
	x, y, ok := twoSeries(a)
	if !ok || len(x) == 0 {
		return nil
	}
	mx, my := mean(x), mean(y)
	var sxy, sxx, syy float64
	for i := range x {
		sxy += (x[i] - mx) * (y[i] - my)
		sxx += (x[i] - mx) * (x[i] - mx)
		syy += (y[i] - my) * (y[i] - my)
	}
	return sxy / math.Sqrt(sxx*syy)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// stats describes the numbers of a series.
type stats struct {
	some                 bool
	min, max             float64
	minAt, maxAt         int64
	avg, stdev, variance float64
	sum                  float64
	n                    int64
}

func statsOf(a []any) stats {
	v, ok := numbers(a[0])
	s := stats{}
	if !ok {
		return s
	}
	m, m2 := 0.0, 0.0
	for i, x := range v {
		if math.IsNaN(x) {
			continue
		}
		if !s.some || x < s.min {
			s.min, s.minAt = x, int64(i)
		}
		if !s.some || x > s.max {
			s.max, s.maxAt = x, int64(i)
		}
		s.some = true
		s.n++
		s.sum += x
		d := x - m
		m += d / float64(s.n)
		m2 += d * (x - m)
	}
	s.avg = m
	if s.n > 1 {
		s.variance = m2 / float64(s.n-1)
		s.stdev = math.Sqrt(s.variance)
	}
	return s
}

func (s stats) outputs() any {
	if !s.some {
		return make([]any, 7)
	}
	return []any{s.min, s.minAt, s.max, s.maxAt, s.avg, s.stdev, s.variance}
}

func (s stats) bag() any {
	if !s.some {
		return nil
	}
	return bagOf("min", s.min, "min_idx", s.minAt, "max", s.max, "max_idx", s.maxAt, "avg", s.avg, "stdev", s.stdev,
		"variance", s.variance, "sum", s.sum, "len", s.n)
}

// isMissing reports whether an element is the placeholder of a missing value: null, or what the caller names.
func isMissing(a []any, at int) func(v any) bool {
	if at < len(a) && a[at] != nil {
		return func(v any) bool { return Compare(v, a[at]) == 0 }
	}
	return func(v any) bool { return column.Resolve(v) == nil }
}

func fillSeries(step int) func(a []any) any {
	return func(a []any) any {
		list, ok := a[0].([]any)
		if !ok {
			return nil
		}
		missing := isMissing(a, 1)
		out := slices.Clone(list)
		from := 0
		if step < 0 {
			from = len(out) - 1
		}
		var last any
		some := false
		for i := from; i >= 0 && i < len(out); i += step {
			switch {
			case !missing(out[i]):
				last, some = out[i], true
			case some:
				out[i] = last
			}
		}
		return out
	}
}

func fillConst(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	missing := isMissing(a, 2)
	out := slices.Clone(list)
	for i, e := range out {
		if missing(e) {
			out[i] = a[1]
		}
	}
	return out
}

// fillLinear interpolates; the ends take the nearest value unless told not to, a series without values the constant.
func fillLinear(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	missing := isMissing(a, 1)
	edges := true
	if len(a) > 2 {
		edges, _ = toBool(a[2])
	}
	var known []int
	for i, e := range list {
		if !missing(e) && isNumber(column.Resolve(e)) {
			known = append(known, i)
		}
	}
	out := slices.Clone(list)
	if len(known) == 0 {
		if len(a) > 3 {
			for i := range out {
				out[i] = a[3]
			}
		}
		return out
	}
	at := func(i int) float64 { x, _ := toReal(list[i]); return x }
	for i, e := range list {
		if !missing(e) {
			continue
		}
		k, _ := slices.BinarySearch(known, i)
		switch {
		case k == 0 || k == len(known):
			if edges {
				out[i] = list[known[min(k, len(known)-1)]]
			}
		default:
			p, q := known[k-1], known[k]
			out[i] = at(p) + (at(q)-at(p))*float64(i-p)/float64(q-p)
		}
	}
	return out
}

// seriesFIR binds series_fir(series, filter [, normalize [, center]]).
func seriesFIR(a []any) any {
	x, okX := numbers(a[0])
	filter, okF := numbers(a[1])
	if !okX || !okF || len(filter) == 0 {
		return nil
	}
	sum := 0.0
	for _, c := range filter {
		sum += c
	}
	normalize := sum != 0 && !slices.ContainsFunc(filter, func(c float64) bool { return c < 0 })
	if len(a) > 2 {
		normalize, _ = toBool(a[2])
	}
	shift := 0
	if len(a) > 3 {
		if center, _ := toBool(a[3]); center {
			shift = len(filter) / 2
		}
	}
	worked("series_fir", len(x), len(filter))
	out := make([]any, len(x))
	for i := range x {
		v := 0.0
		for k, c := range filter {
			if j := i + shift - k; j >= 0 && j < len(x) {
				v += c * x[j]
			}
		}
		if normalize && sum != 0 {
			v /= sum
		}
		out[i] = v
	}
	return out
}

// seriesIIR binds series_iir(series, numerators, denominators).
func seriesIIR(a []any) any {
	x, okX := numbers(a[0])
	num, okN := numbers(a[1])
	den, okD := numbers(a[2])
	if !okX || !okN || !okD || len(den) == 0 || den[0] == 0 {
		return nil
	}
	worked("series_iir", len(x), len(num)+len(den))
	y := make([]float64, len(x))
	for i := range x {
		v := 0.0
		for k, c := range num {
			if i >= k {
				v += c * x[i-k]
			}
		}
		for k := 1; k < len(den); k++ {
			if i >= k {
				v -= den[k] * y[i-k]
			}
		}
		y[i] = v / den[0]
	}
	return boxReals(y)
}
