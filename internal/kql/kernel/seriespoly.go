package kernel

import (
	"math"

	"github.com/vedette-siem/vedette/internal/column"
)

func seriesPolynomials() family {
	return family{
		"series_fit_2lines": dynamicFunc(1, 1, fitTwoOutputs),
		"series_fit_poly":   dynamicFunc(1, 3, fitPolynomial),
	}
}

// fitTwoOutputs gives what series_fit_2lines_dynamic gives as 15 outputs.
func fitTwoOutputs(a []any) any {
	bag, ok := fitTwo(a).(*column.Object)
	if !ok {
		return make([]any, 15)
	}
	var out []any
	for _, k := range []string{"rsquare", "split_idx", "variance", "rvariance", "line_fit"} {
		v, _ := bag.Get(k)
		out = append(out, v)
	}
	for _, side := range []string{"right", "left"} {
		part, _ := bag.Get(side)
		for _, k := range []string{"rsquare", "slope", "interception", "variance", "rvariance"} {
			out = append(out, column.Member(part, k))
		}
	}
	return out
}

// maxDegree is the highest degree of a fitted polynomial.
const maxDegree = 5

// fitPolynomial binds series_fit_poly(y [, x [, degree]]): least squares; the coefficients come highest power first. Without x
// the places 1, 2, ... are taken.
func fitPolynomial(a []any) any {
	none := make([]any, 5)
	y, ok := cleanSeries(a)
	if !ok || len(y) == 0 {
		return none
	}
	x, degree := make([]float64, len(y)), int64(1)
	for i := range x {
		x[i] = float64(i + 1)
	}
	if len(a) > 1 {
		list, isList := a[1].([]any)
		if !isList || len(list) != len(y) {
			return none
		}
		for i, e := range list {
			v, ok := axisValue(e)
			if !ok {
				return none
			}
			x[i] = v
		}
	}
	if len(a) > 2 {
		if degree, ok = toLong(a[2]); !ok || degree < 1 || degree > maxDegree {
			return none
		}
	}
	if len(y) <= int(degree) {
		return none
	}
	coefficients, ok := leastSquares(x, y, int(degree))
	if !ok {
		return none
	}
	fitted := make([]float64, len(y))
	my, squares, all := mean(y), 0.0, 0.0
	for i := range y {
		for _, c := range coefficients {
			fitted[i] = fitted[i]*x[i] + c
		}
		squares += (y[i] - fitted[i]) * (y[i] - fitted[i])
		all += (y[i] - my) * (y[i] - my)
	}
	n := float64(len(y) - 1)
	rsquare := 1.0
	if all > 0 {
		rsquare = 1 - squares/all
	}
	return []any{rsquare, boxReals(coefficients), all / n, squares / n, boxReals(fitted)}
}

// axisValue is a number, or a time in ticks.
func axisValue(v any) (float64, bool) {
	switch x := column.Resolve(v).(type) {
	case int64, float64:
		return toReal(x)
	case column.Datetime:
		return float64(x), true
	case column.Timespan:
		return float64(x), true
	case string:
		if t, ok := column.ParseDatetime(x); ok {
			return float64(t), true
		}
	}
	return 0, false
}

// leastSquares fits a polynomial, highest power first. It works on x moved to its mean and scaled to 1, where the normal
// equations are well conditioned, and then writes the polynomial out in x.
func leastSquares(x, y []float64, degree int) ([]float64, bool) {
	mx, size := mean(x), 0.0
	for _, v := range x {
		size = max(size, math.Abs(v-mx))
	}
	if size == 0 || math.IsInf(size, 0) || math.IsNaN(size) {
		return nil, false
	}
	n := degree + 1
	m := make([][]float64, n) // the normal equations, with their right side
	for i := range m {
		m[i] = make([]float64, n+1)
	}
	power := make([]float64, n)
	for k := range x {
		t, p := (x[k]-mx)/size, 1.0
		for i := range power {
			power[i] = p
			p *= t
		}
		for i := range n {
			for j := range n {
				m[i][j] += power[i] * power[j]
			}
			m[i][n] += power[i] * y[k]
		}
	}
	c, ok := solve(m)
	if !ok {
		return nil, false
	}
	out := []float64{c[degree]}
	for i := degree - 1; i >= 0; i-- { // Horner's scheme over polynomials: out * (x-mx)/size + c[i]
		next := make([]float64, len(out)+1)
		for k, v := range out {
			next[k] += v / size
			next[k+1] -= v / size * mx
		}
		next[len(out)] += c[i]
		out = next
	}
	return out, true
}

// solve solves linear equations, each with its right side last, by elimination with pivots.
func solve(m [][]float64) ([]float64, bool) {
	n := len(m)
	for i := range n {
		best := i
		for r := i + 1; r < n; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[best][i]) {
				best = r
			}
		}
		m[i], m[best] = m[best], m[i]
		if math.Abs(m[i][i]) < 1e-12 {
			return nil, false
		}
		for r := i + 1; r < n; r++ {
			f := m[r][i] / m[i][i]
			for k := i; k <= n; k++ {
				m[r][k] -= f * m[i][k]
			}
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = m[i][n]
		for k := i + 1; k < n; k++ {
			x[i] -= m[i][k] * x[k]
		}
		x[i] /= m[i][i]
	}
	return x, true
}
