package kernel

import (
	"math"

	"github.com/vedette-siem/vedette/internal/schema"
)

func hypothesisTests() family { return family{"welch_test": typedFunc(schema.Real, 6, 6, welchTest)} }

// welchTest binds welch_test(mean1, variance1, count1, mean2, variance2, count2): the probability, with both tails, that two
// samples whose variances differ come from populations of one mean.
func welchTest(a []any) any {
	var v [6]float64
	for i := range v {
		x, ok := toReal(a[i])
		if !ok {
			return nil
		}
		v[i] = x
	}
	m1, n1, m2, n2 := v[0], v[2], v[3], v[5]
	s1, s2 := v[1]/n1, v[4]/n2
	if n1 < 2 || n2 < 2 || v[1] < 0 || v[4] < 0 || s1+s2 == 0 {
		return nil
	}
	t := (m1 - m2) / math.Sqrt(s1+s2)
	freedom := (s1 + s2) * (s1 + s2) / (s1*s1/(n1-1) + s2*s2/(n2-1))
	return betaRegularized(freedom/(freedom+t*t), freedom/2, 0.5)
}
