package kernel

import "math"

func seriesFits() family {
	return family{
		"series_fit_line":           dynamicFunc(1, 1, func(a []any) any { return fitOne(a).outputs() }),
		"series_fit_line_dynamic":   dynamicFunc(1, 1, func(a []any) any { return fitOne(a).bag() }),
		"series_fit_2lines_dynamic": dynamicFunc(1, 1, fitTwo),
	}
}

// line is a least-squares line over places 1, 2, ... of a series.
type line struct {
	ok                           bool
	rsquare, slope, intercept    float64
	variance, rvariance, squares float64
	first, n                     int
}

// fit fits a line to part of a series that begins at place first.
func fit(y []float64, first int) line {
	n := float64(len(y))
	l := line{ok: len(y) > 0, first: first, n: len(y)}
	if !l.ok {
		return l
	}
	mx, my := (n-1)/2, mean(y)
	var sxx, sxy, syy float64
	for i, v := range y {
		d := float64(i) - mx
		sxx += d * d
		sxy += d * (v - my)
		syy += (v - my) * (v - my)
	}
	if sxx > 0 {
		l.slope = sxy / sxx
	}
	l.intercept = my - l.slope*(mx+float64(first)+1)
	for i, v := range y {
		d := v - l.at(first+i)
		l.squares += d * d
	}
	if n > 1 {
		l.variance, l.rvariance = syy/(n-1), l.squares/(n-1)
	}
	l.rsquare = 1
	if syy > 0 {
		l.rsquare = 1 - l.squares/syy
	}
	return l
}

func (l line) at(i int) float64 { return l.intercept + l.slope*float64(i+1) }

func (l line) values() []any {
	out := make([]any, l.n)
	for i := range out {
		out[i] = l.at(l.first + i)
	}
	return out
}

func (l line) outputs() any {
	if !l.ok {
		return make([]any, 6)
	}
	return []any{l.rsquare, l.slope, l.variance, l.rvariance, l.intercept, l.values()}
}

func (l line) bag() any {
	if !l.ok {
		return nil
	}
	return bagOf("rsquare", l.rsquare, "slope", l.slope, "variance", l.variance, "rvariance", l.rvariance, "interception", l.intercept, "line_fit", l.values())
}

// cleanSeries reads a series that must hold numbers only.
func cleanSeries(a []any) ([]float64, bool) {
	y, ok := numbers(a[0])
	for _, v := range y {
		if math.IsNaN(v) {
			return nil, false
		}
	}
	return y, ok
}

func fitOne(a []any) line {
	y, ok := cleanSeries(a)
	if !ok {
		return line{}
	}
	return fit(y, 0)
}

// fitTwo splits the series where two lines leave the least squares.
func fitTwo(a []any) any {
	y, ok := cleanSeries(a)
	if !ok || len(y) < 2 || len(y) > 8192 {
		return nil
	}
	whole := fit(y, 0)
	best := -1
	var left, right line
	for k := 1; k < len(y); k++ {
		l, r := fit(y[:k], 0), fit(y[k:], k)
		if best < 0 || l.squares+r.squares < left.squares+right.squares {
			best, left, right = k, l, r
		}
	}
	squares := left.squares + right.squares
	rsquare := 1.0
	if whole.variance > 0 {
		rsquare = 1 - squares/(whole.variance*float64(len(y)-1))
	}
	return bagOf("rsquare", rsquare, "split_idx", int64(best), "variance", whole.variance, "rvariance", squares/float64(len(y)-1),
		"line_fit", append(left.values(), right.values()...),
		"right", right.side(), "left", left.side())
}

// side describes one of the two lines.
func (l line) side() any {
	return bagOf("rsquare", l.rsquare, "slope", l.slope, "interception", l.intercept, "variance", l.variance, "rvariance", l.rvariance)
}
