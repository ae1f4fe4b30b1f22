package kernel

import (
	"math"
	"slices"
)

func seriesDecompositions() family {
	return family{
		"series_seasonal":            dynamicFunc(1, 3, seriesSeasonal),
		"series_decompose":           dynamicFunc(1, 5, seriesDecompose),
		"series_decompose_forecast":  dynamicFunc(2, 5, seriesForecast),
		"series_decompose_anomalies": dynamicFunc(1, 7, seriesAnomalies),
	}
}

// phases repeats the median of each phase of a period over the length of a series, of its first known values. Missing values
// do not count; a phase without any is 0.
func phases(y []float64, period, known int) []float64 {
	out := make([]float64, len(y))
	var v []float64
	for phase := range min(period, len(y)) {
		v = v[:0]
		for i := phase; i < known; i += period {
			if !math.IsNaN(y[i]) {
				v = append(v, y[i])
			}
		}
		m := 0.0
		if len(v) > 0 {
			slices.Sort(v)
			m = v[len(v)/2]
			if len(v)%2 == 0 {
				m = (m + v[len(v)/2-1]) / 2
			}
		}
		for i := phase; i < len(out); i += period {
			out[i] = m
		}
	}
	return out
}

// seriesSeasonal binds series_seasonal(series [, period [, test points]]); a period of -1, or none, is found.
func seriesSeasonal(a []any) any {
	y, ok := numbers(a[0])
	period, test := int64(-1), int64(0)
	if len(a) > 1 {
		period, ok = orderedArg(a[1], ok)
	}
	if len(a) > 2 {
		test, ok = orderedArg(a[2], ok)
	}
	known := len(y) - int(test)
	if !ok || test < 0 || known < 1 || period > int64(known) {
		return nil
	}
	if period == -1 {
		period = int64(autoPeriod(filled(y[:known]), seasonalScore))
	}
	if period < 1 {
		return boxReals(make([]float64, len(y)))
	}
	return boxReals(phases(y, int(period), known))
}

func orderedArg(v any, ok bool) (int64, bool) {
	n, isNumber := toLong(v)
	return n, ok && isNumber
}

// seasonalScore is the least score of a period that is taken without being told.
const seasonalScore = 0.6

// filled replaces missing values by the mean.
func filled(y []float64) []float64 {
	out := slices.Clone(y)
	sum, n := 0.0, 0
	for _, v := range y {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	for i, v := range out {
		if math.IsNaN(v) {
			out[i] = sum / float64(max(n, 1))
		}
	}
	return out
}

// parts is a series taken apart: baseline = seasonal + trend, residual = series - baseline.
type parts struct{ baseline, seasonal, trend, residual []float64 }

// decomposition holds the options of the series_decompose family.
type decomposition struct {
	period    int64  // -1 finds it, 0 is none
	trend     string // avg, linefit or none
	test      int64  // points at the end that nothing is learned from
	threshold float64
}

// apart takes the season out first, as the phases' medians, then fits the trend to what is left; the season sums up to 0
// unless there is no trend to carry the level.
func (d decomposition) apart(y []float64) (parts, bool) {
	known := len(y) - int(d.test)
	if d.test < 0 || known < 1 || len(y) > maxRange || d.period < -1 {
		return parts{}, false
	}
	p := parts{make([]float64, len(y)), make([]float64, len(y)), make([]float64, len(y)), make([]float64, len(y))}
	period := int(min(d.period, int64(len(y))))
	if period == -1 {
		period = autoPeriod(filled(y[:known]), d.threshold)
	}
	if period > 1 && period <= known {
		p.seasonal = phases(y, period, known)
		if d.trend != "none" {
			level := mean(p.seasonal[:period])
			for i := range p.seasonal {
				p.seasonal[i] -= level
			}
		}
	}
	rest := make([]float64, known)
	for i := range rest {
		rest[i] = y[i] - p.seasonal[i]
	}
	rest = filled(rest)
	var l line
	switch d.trend {
	case "avg":
		l.intercept = mean(rest)
	case "linefit":
		l = fit(rest, 0)
	case "none":
	default:
		return parts{}, false
	}
	for i := range y {
		p.trend[i] = l.at(i)
		p.baseline[i] = p.trend[i] + p.seasonal[i]
		if p.residual[i] = y[i] - p.baseline[i]; math.IsNaN(p.residual[i]) {
			p.residual[i] = 0
		}
	}
	return p, true
}

// read takes the options from the arguments that follow; order names what stands where.
func (d *decomposition) read(a []any, order ...string) bool {
	for i, v := range a {
		if v == nil || i >= len(order) {
			continue
		}
		ok := true
		switch order[i] {
		case "period":
			d.period, ok = toLong(v)
		case "trend":
			d.trend = Text(v)
		case "test":
			d.test, ok = toLong(v)
		case "threshold":
			d.threshold, ok = toReal(v)
		}
		if !ok {
			return false
		}
	}
	return true
}

func seriesDecompose(a []any) any {
	y, ok := numbers(a[0])
	d := decomposition{period: -1, trend: "avg", threshold: seasonalScore}
	if !ok || !d.read(a[1:], "period", "trend", "test", "threshold") {
		return make([]any, 4)
	}
	p, ok := d.apart(y)
	if !ok {
		return make([]any, 4)
	}
	return []any{boxReals(p.baseline), boxReals(p.seasonal), boxReals(p.trend), boxReals(p.residual)}
}

// seriesForecast binds series_decompose_forecast(series, points [, period [, trend [, threshold]]]): the baseline, learned
// without the last points.
func seriesForecast(a []any) any {
	y, ok := numbers(a[0])
	d := decomposition{period: -1, trend: "linefit", threshold: seasonalScore}
	if !ok || !d.read(a[1:], "test", "period", "trend", "threshold") {
		return make([]any, 4)
	}
	p, ok := d.apart(y)
	if !ok {
		return make([]any, 4)
	}
	return []any{boxReals(p.baseline), boxReals(p.seasonal), boxReals(p.trend), boxReals(p.residual)}
}

// seriesAnomalies binds series_decompose_anomalies(series [, threshold [, period [, trend [, test points [, method [,
// seasonality threshold]]]]]]): Tukey's test over the residual.
func seriesAnomalies(a []any) any {
	y, ok := numbers(a[0])
	none := make([]any, 3)
	if !ok {
		return none
	}
	limit, method := 1.5, ""
	d := decomposition{period: -1, trend: "avg", threshold: seasonalScore}
	if len(a) > 1 && a[1] != nil {
		if limit, ok = toReal(a[1]); !ok {
			return none
		}
	}
	if len(a) > 5 {
		method = Text(a[5])
	}
	if len(a) > 2 && !d.read(a[2:], "period", "trend", "test", "", "threshold") {
		return none
	}
	p, ok := d.apart(y)
	f, okF := fenceOf(method, 10, 90)
	if !ok || !okF {
		return none
	}
	scores := f.scores(p.residual, p.residual[:len(y)-int(d.test)])
	flags := make([]any, len(scores))
	for i, s := range scores {
		switch {
		case s > limit:
			flags[i] = int64(1)
		case s < -limit:
			flags[i] = int64(-1)
		default:
			flags[i] = int64(0)
		}
	}
	return []any{flags, boxReals(scores), boxReals(p.baseline)}
}
