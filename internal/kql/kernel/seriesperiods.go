package kernel

import (
	"cmp"
	"math"
	"slices"
)

func seriesPeriods() family {
	return family{
		"series_periods_detect":   dynamicFunc(4, 4, periodsDetect),
		"series_periods_validate": dynamicFunc(2, 17, periodsValidate),
	}
}

// correlation measures how a series repeats: its autocorrelation after the trend is taken out, each lag by the mean of what
// overlaps. It is nil when the series is constant.
func correlation(y []float64, lags int) []float64 {
	n := len(y)
	l := fit(y, 0)
	flat, all := make([]float64, n), 0.0
	for i, v := range y {
		flat[i] = v - l.at(i)
		all += flat[i] * flat[i]
	}
	if all <= 1e-12*float64(n)*max(1, l.variance) {
		return nil
	}
	size := 1
	for size < 2*n {
		size *= 2
	}
	x := make([]complex128, size)
	for i, v := range flat {
		x[i] = complex(v, 0)
	}
	x = radix2(x, false)
	for i, v := range x {
		x[i] = complex(real(v)*real(v)+imag(v)*imag(v), 0)
	}
	x = radix2(x, true)
	out := make([]float64, min(lags+1, n))
	for k := range out {
		out[k] = real(x[k]) / float64(size) / float64(n-k) / (all / float64(n))
	}
	return out
}

// significant is the least score of a period that counts.
const significant = 0.1

// periodScore is how well a lag fits as a period, 0 to 1: its correlation, if it stands on a hill that counts.
func periodScore(acf []float64, k int) float64 {
	if k < 2 || k+1 >= len(acf) || acf[k] < significant || acf[k] < acf[k-1] || acf[k] < acf[k+1] {
		return 0
	}
	return min(acf[k], 1)
}

type period struct {
	lag   int
	score float64
}

// periodsOf finds the periods between two lengths, best first. After the best a period counts if it is shorter than those
// before it, and if it repeats almost as well where it is a part of one: a longer one says nothing new, a part of a pattern
// is no pattern.
func periodsOf(y []float64, least, most int) []period {
	most = min(most, len(y)/2)
	acf := correlation(y, most+1)
	var all, found []period
	for k := max(least, 2); k <= most; k++ {
		if s := periodScore(acf, k); s > 0 {
			all = append(all, period{k, s})
		}
	}
	slices.SortStableFunc(all, func(a, b period) int { return cmp.Compare(b.score, a.score) })
	for _, p := range all {
		if !slices.ContainsFunc(found, func(better period) bool {
			return p.lag > better.lag || better.lag%p.lag == 0 && p.score < partScore*better.score
		}) {
			found = append(found, p)
		}
	}
	return found
}

// partScore is how well a part of a period must repeat, in the score of the whole.
const partScore = 0.7

// autoPeriod is the period that series_seasonal and series_decompose take by themselves: of at least three repetitions.
// 0 is none.
func autoPeriod(y []float64, threshold float64) int {
	for _, p := range periodsOf(y, 4, len(y)/3) {
		if p.score >= threshold {
			return p.lag
		}
	}
	return 0
}

// periodsDetect binds series_periods_detect(series, least, most, how many): missing periods are 0.
func periodsDetect(a []any) any {
	y, ok := cleanSeries(a)
	least, okL := toReal(a[1])
	most, okM := toReal(a[2])
	n, okN := toLong(a[3])
	if !ok || !okL || !okM || !okN || n < 1 || n > 1024 || len(y) < 4 || len(y) > maxRange {
		return make([]any, 2)
	}
	periods, scores := make([]float64, n), make([]float64, n)
	for i, p := range periodsOf(y, int(math.Ceil(min(max(least, 0), 1e9))), int(min(max(most, 0), 1e9))) {
		if i < int(n) {
			periods[i], scores[i] = float64(p.lag), p.score
		}
	}
	return []any{boxReals(periods), boxReals(scores)}
}

// periodsValidate binds series_periods_validate(series, period, ...).
func periodsValidate(a []any) any {
	y, ok := cleanSeries(a)
	if !ok || len(y) < 4 || len(y) > maxRange {
		return make([]any, 2)
	}
	acf := correlation(y, len(y)/2+1)
	var periods, scores []float64
	for _, p := range a[1:] {
		v, ok := toReal(p)
		if !ok {
			return make([]any, 2)
		}
		score := 0.0
		if v >= 2 && v <= float64(len(y))/2 {
			score = periodScore(acf, int(math.Round(v)))
		}
		periods, scores = append(periods, v), append(scores, score)
	}
	return []any{boxReals(periods), boxReals(scores)}
}
