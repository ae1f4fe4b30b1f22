package kernel

import (
	"math"
	"slices"
)

func seriesOutliers() family {
	return family{"series_outliers": dynamicFunc(1, 6, outliersOf)}
}

// Tukey's fences. A score is how far beyond a percentile a value lies, in units that make 1.5 the mild fence: the distance
// between the percentiles for 25 and 75, and less the farther they lie apart. The unit of 10 and 90, the default, was taken
// from answers of the service; other pairs follow the power law through both.
const (
	normalRatio1090 = 1.9000311942057524 // distance of the percentiles 10 and 90 of a normal distribution, in that of 25 and 75
	unitRatio1090   = 2.7726056055079424
)

// fence is how Tukey's test is made.
type fence struct{ low, high, unit float64 }

// fenceOf makes a test: "tukey" between the percentiles 25 and 75, "ctukey" between others, 10 and 90 by default.
func fenceOf(kind string, low, high float64) (fence, bool) {
	switch kind {
	case "tukey":
		return fence{0.25, 0.75, 1}, true
	case "", "ctukey":
	default:
		return fence{}, false
	}
	if !(low >= 0 && low < high && high <= 100) {
		return fence{}, false
	}
	normal := func(p float64) float64 {
		p = min(max(p/100, 1e-6), 1-1e-6)
		return math.Sqrt2 * math.Erfinv(2*p-1)
	}
	ratio := (normal(high) - normal(low)) / (normal(75) - normal(25))
	return fence{low / 100, high / 100, math.Pow(ratio, math.Log(unitRatio1090)/math.Log(normalRatio1090))}, true
}

// scores tests v against the percentiles of known; NaN scores 0.
func (f fence) scores(v, known []float64) []float64 {
	sorted := slices.DeleteFunc(slices.Clone(known), math.IsNaN)
	slices.Sort(sorted)
	out := make([]float64, len(v))
	if len(sorted) == 0 {
		return out
	}
	low, high := quantile(sorted, f.low), quantile(sorted, f.high)
	unit := (high - low) / f.unit
	if unit == 0 {
		return out
	}
	for i, x := range v {
		switch {
		case x > high:
			out[i] = (x - high) / unit
		case x < low:
			out[i] = (x - low) / unit
		}
	}
	return out
}

// quantile interpolates between the two nearest of sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// outliersOf binds series_outliers(series [, kind [, ignore [, low [, high [, test points]]]]]).
func outliersOf(a []any) any {
	y, ok := numbers(a[0])
	if !ok {
		return nil
	}
	kind, low, high, test := "", 10.0, 90.0, int64(0)
	if len(a) > 1 {
		kind = Text(a[1])
	}
	if len(a) > 2 {
		if skip, ok := toReal(a[2]); ok {
			for i, v := range y {
				if v == skip {
					y[i] = math.NaN()
				}
			}
		}
	}
	if len(a) > 3 {
		if v, ok := toReal(a[3]); ok {
			low, high = v, 100-v
		}
	}
	if len(a) > 4 {
		if v, ok := toReal(a[4]); ok {
			high = v
		}
	}
	if len(a) > 5 {
		test, _ = toLong(a[5])
	}
	f, ok := fenceOf(kind, low, high)
	if !ok || test < 0 || int(test) > len(y) {
		return nil
	}
	return boxReals(f.scores(y, y[:len(y)-int(test)]))
}
