package kernel

import (
	"math"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func realFunc(f func(float64) float64) def {
	return def{bind: func(*site) (eval, schema.Type, error) {
		return map1(schema.Real, asReals, func(x float64) (float64, bool) { return f(x), true }), schema.Real, nil
	}, min: 1, max: 1}
}

func realFunc2(f func(a, b float64) float64) def {
	return def{bind: func(*site) (eval, schema.Type, error) {
		return map2(schema.Real, asReals, asReals, func(a, b float64) (float64, bool) { return f(a, b), true }), schema.Real, nil
	}, min: 2, max: 2}
}

func mathematics() family {
	return family{
		"sqrt": realFunc(math.Sqrt), "exp": realFunc(math.Exp), "exp2": realFunc(math.Exp2), "exp10": realFunc(func(x float64) float64 { return math.Pow(10, x) }),
		"log": realFunc(math.Log), "log2": realFunc(math.Log2), "log10": realFunc(math.Log10), "ceiling": realFunc(math.Ceil),
		"sin": realFunc(math.Sin), "cos": realFunc(math.Cos), "tan": realFunc(math.Tan), "cot": realFunc(func(x float64) float64 { return 1 / math.Tan(x) }),
		"asin": realFunc(math.Asin), "acos": realFunc(math.Acos), "atan": realFunc(math.Atan), "atan2": realFunc2(math.Atan2), "pow": realFunc2(math.Pow),
		"degrees": realFunc(func(x float64) float64 { return x * 180 / math.Pi }), "radians": realFunc(func(x float64) float64 { return x * math.Pi / 180 }),
		"erf": realFunc(math.Erf), "erfc": realFunc(math.Erfc), "gamma": realFunc(math.Gamma),
		"loggamma": realFunc(func(x float64) float64 { v, _ := math.Lgamma(x); return v }),
		"pi": {bind: func(*site) (eval, schema.Type, error) {
			return func(_ []*column.Vector, n int) *column.Vector {
				out := column.Make(schema.Real, n)
				for i := range out.Floats {
					out.Floats[i] = math.Pi
				}
				return out
			}, schema.Real, nil
		}},
		"round":    {bind: bindRound, min: 1, max: 2},
		"rand":     {bind: bindRand, max: 1, volatile: true},
		"new_guid": {bind: bindNewGuid, volatile: true},
	}
}

// bindRound rounds half away from zero.
func bindRound(s *site) (eval, schema.Type, error) {
	if len(s.args) == 1 {
		return map1(schema.Real, asReals, func(x float64) (float64, bool) { return math.Round(x), true }), schema.Real, nil
	}
	return map2(schema.Real, asReals, asInts, func(x float64, digits int64) (float64, bool) {
		if digits > 300 || digits < -300 {
			return x, true
		}
		p := math.Pow(10, math.Abs(float64(digits)))
		if digits < 0 {
			return math.Round(x/p) * p, true
		}
		v := x * p
		if math.IsInf(v, 0) {
			return x, true
		}
		return math.Round(v) / p, true
	}), schema.Real, nil
}

// bindRand binds rand(): a real in [0, 1), and rand(n): a whole number below n.
func bindRand(s *site) (eval, schema.Type, error) {
	if len(s.args) == 0 {
		return func(_ []*column.Vector, n int) *column.Vector {
			out := column.Make(schema.Real, n)
			for i := range out.Floats {
				out.Floats[i] = rand.Float64() //nolint:gosec // rand() promises no secrets
			}
			return out
		}, schema.Real, nil
	}
	return map1(schema.Real, asInts, func(k int64) (float64, bool) {
		if k <= 1 {
			return rand.Float64(), true //nolint:gosec // as above
		}
		return float64(rand.Int64N(k)), true //nolint:gosec // as above
	}), schema.Real, nil
}

func bindNewGuid(*site) (eval, schema.Type, error) {
	return func(_ []*column.Vector, n int) *column.Vector {
		out := column.New(schema.Guid, n)
		for range n {
			out.AppendAny(uuid.New())
		}
		return out
	}, schema.Guid, nil
}
