package kernel

import (
	"math"
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func arithmetic() family {
	f := family{"neg": {bind: bindNegate, min: 1, max: 1}, "abs": {bind: bindAbs, min: 1, max: 1}, "sign": {bind: bindSign, min: 1, max: 1}}
	for _, op := range []string{"+", "-", "*", "/", "%"} {
		f[op] = def{bind: bindArith, min: 2, max: 2}
	}
	f["bin"] = def{bind: bindBin, min: 2, max: 2}
	f["floor"] = def{bind: bindBin, min: 1, max: 2}
	f["bin_at"] = def{bind: bindBinAt, min: 3, max: 3}
	return f
}

func isTime(t schema.Type) bool { return t == schema.Datetime || t == schema.Timespan }

// arithType is the type of a op b, and the type in which it is computed: Long for ticks.
func arithType(op string, a, b schema.Type) (result, compute schema.Type) {
	if a == schema.Dynamic {
		a = dynamicAs(b)
	}
	if b == schema.Dynamic {
		b = dynamicAs(a)
	}
	switch {
	case a == schema.String || b == schema.String || a == schema.Bool || b == schema.Bool || a == schema.Guid || b == schema.Guid:
		return schema.Unknown, schema.Unknown
	case isTime(a) && isTime(b):
		switch {
		case op == "/":
			return schema.Real, schema.Real
		case op == "-" && a == schema.Datetime && b == schema.Datetime:
			return schema.Timespan, schema.Long
		case op == "%":
			return schema.Timespan, schema.Long
		case op == "*":
			return schema.Unknown, schema.Unknown
		case a == schema.Datetime || b == schema.Datetime:
			return schema.Datetime, schema.Long
		}
		return schema.Timespan, schema.Long
	case isTime(a) || isTime(b):
		t, other := a, b
		if isTime(b) {
			t, other = b, a
		}
		if op != "*" && op != "/" || t == schema.Datetime {
			return t, schema.Long
		}
		if other == schema.Real || other == schema.Decimal {
			return schema.Timespan, schema.Real
		}
		return schema.Timespan, schema.Long
	case a == schema.Decimal || b == schema.Decimal:
		return schema.Decimal, schema.Decimal
	case a == schema.Real || b == schema.Real:
		return schema.Real, schema.Real
	case a == schema.Int && b == schema.Int:
		return schema.Int, schema.Int
	}
	return schema.Long, schema.Long
}

func dynamicAs(t schema.Type) schema.Type {
	if t == schema.Dynamic || t == schema.Int {
		return schema.Long
	}
	return t
}

func bindArith(s *site) (eval, schema.Type, error) {
	result, compute := arithType(s.name, s.typ(0), s.typ(1))
	if result == schema.Unknown {
		return nil, 0, s.badType(0)
	}
	if s.ret.Numeric() && result.Numeric() {
		if s.ret == schema.Long && result == schema.Int {
			result, compute = schema.Long, schema.Long
		}
	}
	switch compute {
	case schema.Decimal:
		return decimalArith(s.name), schema.Decimal, nil
	case schema.Real:
		f := realArith(s.name)
		if result == schema.Timespan {
			return map2(result, asReals, asReals, func(a, b float64) (int64, bool) { return realToLong(math.Round(f(a, b))) }), result, nil
		}
		return map2(result, asReals, asReals, func(a, b float64) (float64, bool) { return f(a, b), true }), result, nil
	}
	f := longArith(s.name)
	switch result {
	case schema.Int:
		return map2(result, asInts, asInts, func(a, b int64) (int64, bool) { v, ok := f(a, b); return int64(int32(v)), ok }), result, nil
	case schema.Datetime:
		return map2(result, asInts, asInts, func(a, b int64) (int64, bool) {
			v, ok := f(a, b)
			return v, ok && v >= 0 && v <= column.MaxDatetime
		}), result, nil
	}
	return map2(result, asInts, asInts, f), result, nil
}

// longArith wraps around on overflow; division by zero is null; the remainder is never negative.
func longArith(op string) func(a, b int64) (int64, bool) {
	switch op {
	case "+":
		return func(a, b int64) (int64, bool) { return a + b, true }
	case "-":
		return func(a, b int64) (int64, bool) { return a - b, true }
	case "*":
		return func(a, b int64) (int64, bool) { return a * b, true }
	case "/":
		return func(a, b int64) (int64, bool) {
			if b == 0 {
				return 0, false
			}
			return a / b, true
		}
	}
	return func(a, b int64) (int64, bool) {
		if b == 0 {
			return 0, false
		}
		m := a % b
		if m < 0 {
			if b < 0 {
				b = -b
			}
			m += b
		}
		return m, true
	}
}

func realArith(op string) func(a, b float64) float64 {
	switch op {
	case "+":
		return func(a, b float64) float64 { return a + b }
	case "-":
		return func(a, b float64) float64 { return a - b }
	case "*":
		return func(a, b float64) float64 { return a * b }
	case "/":
		return func(a, b float64) float64 { return a / b }
	}
	return func(a, b float64) float64 {
		m := math.Mod(a, b)
		if m < 0 {
			m += math.Abs(b)
		}
		return m
	}
}

func decimalArith(op string) eval {
	return boxed(schema.Decimal, func(args []any) any {
		a, okA := toDecimal(args[0])
		b, okB := toDecimal(args[1])
		if !okA || !okB {
			return nil
		}
		ctx := apd.BaseContext.WithPrecision(34)
		out := new(apd.Decimal)
		var err error
		switch op {
		case "+":
			_, err = ctx.Add(out, a, b)
		case "-":
			_, err = ctx.Sub(out, a, b)
		case "*":
			_, err = ctx.Mul(out, a, b)
		case "/":
			if b.IsZero() {
				return nil
			}
			_, err = ctx.Quo(out, a, b)
		default:
			if b.IsZero() {
				return nil
			}
			if _, err = ctx.Rem(out, a, b); err == nil && out.Negative && !out.IsZero() {
				_, err = ctx.Add(out, out, new(apd.Decimal).Abs(b))
			}
		}
		if err != nil || out.Form != apd.Finite {
			return nil
		}
		out.Reduce(out)
		return out
	})
}

func bindNegate(s *site) (eval, schema.Type, error) {
	switch t := s.typ(0); t {
	case schema.Int, schema.Long, schema.Timespan:
		return map1(t, ints, func(a int64) (int64, bool) { return -a, true }), t, nil
	case schema.Decimal:
		return boxed(t, func(a []any) any {
			d, ok := a[0].(*apd.Decimal)
			if !ok {
				return nil
			}
			return new(apd.Decimal).Neg(d)
		}), t, nil
	}
	return map1(schema.Real, asReals, func(a float64) (float64, bool) { return -a, true }), schema.Real, nil
}

func bindAbs(s *site) (eval, schema.Type, error) {
	switch t := s.typ(0); t {
	case schema.Int, schema.Long, schema.Timespan:
		return map1(t, ints, func(a int64) (int64, bool) {
			if a < 0 {
				a = -a
			}
			return a, true
		}), t, nil
	case schema.Decimal:
		return boxed(t, func(a []any) any {
			d, ok := a[0].(*apd.Decimal)
			if !ok {
				return nil
			}
			return new(apd.Decimal).Abs(d)
		}), t, nil
	}
	return map1(schema.Real, asReals, func(a float64) (float64, bool) { return math.Abs(a), true }), schema.Real, nil
}

func bindSign(*site) (eval, schema.Type, error) {
	return map1(schema.Real, asReals, func(a float64) (float64, bool) {
		switch {
		case a > 0:
			return 1, true
		case a < 0:
			return -1, true
		}
		return a, true
	}), schema.Real, nil
}

// floorTo rounds down to a multiple of size; a size that is not positive gives nothing.
func floorTo(a, size int64) (int64, bool) {
	if size <= 0 {
		return 0, false
	}
	m := a % size
	if m < 0 {
		m += size
	}
	return a - m, true
}

func floorReal(a, size float64) (float64, bool) {
	if !(size > 0) {
		return 0, false
	}
	return math.Floor(a/size) * size, true
}

func bindBin(s *site) (eval, schema.Type, error) {
	if len(s.args) == 1 {
		return map1(schema.Real, asReals, func(a float64) (float64, bool) { return math.Floor(a), true }), schema.Real, nil
	}
	a, b := s.typ(0), s.typ(1)
	switch {
	case a == schema.Decimal || b == schema.Decimal:
		return boxed(schema.Decimal, decimalBin), schema.Decimal, nil
	case isTime(a):
		return map2(a, asInts, asInts, floorTo), a, nil
	case a == schema.Real || b == schema.Real || a == schema.Dynamic:
		return map2(schema.Real, asReals, asReals, floorReal), schema.Real, nil
	case a == schema.Int && b == schema.Int:
		return map2(a, asInts, asInts, floorTo), a, nil
	case a == schema.String || a == schema.Bool || a == schema.Guid:
		return nil, 0, s.badType(0)
	}
	return map2(schema.Long, asInts, asInts, floorTo), schema.Long, nil
}

func decimalBin(args []any) any {
	a, okA := toDecimal(args[0])
	b, okB := toDecimal(args[1])
	if !okA || !okB || b.Sign() <= 0 {
		return nil
	}
	ctx := apd.BaseContext.WithPrecision(34)
	var q apd.Decimal
	if _, err := ctx.Quo(&q, a, b); err != nil {
		return nil
	}
	if _, err := ctx.Floor(&q, &q); err != nil {
		return nil
	}
	out := new(apd.Decimal)
	if _, err := ctx.Mul(out, &q, b); err != nil {
		return nil
	}
	return out
}

// bindBinAt binds bin_at(value, size, origin): bins counted from the origin.
func bindBinAt(s *site) (eval, schema.Type, error) {
	t := s.typ(0)
	if t == schema.Real || s.typ(1) == schema.Real || s.typ(2) == schema.Real || t == schema.Decimal {
		return map3(schema.Real, asReals, asReals, asReals, func(a, size, at float64) (float64, bool) {
			v, ok := floorReal(a-at, size)
			return v + at, ok
		}), schema.Real, nil
	}
	if t != schema.Int && t != schema.Long && !isTime(t) {
		return nil, 0, s.badType(0)
	}
	return map3(t, asInts, asInts, asInts, func(a, size, at int64) (int64, bool) {
		v, ok := floorTo(a-at, size)
		return v + at, ok
	}), t, nil
}

// binaries are the functions on bits.
func binaries() family {
	two := func(f func(a, b int64) int64) def {
		return def{bind: func(*site) (eval, schema.Type, error) {
			return map2(schema.Long, asInts, asInts, func(a, b int64) (int64, bool) { return f(a, b), true }), schema.Long, nil
		}, min: 2, max: 2}
	}
	one := func(f func(a int64) int64) def {
		return def{bind: func(*site) (eval, schema.Type, error) {
			return map1(schema.Long, asInts, func(a int64) (int64, bool) { return f(a), true }), schema.Long, nil
		}, min: 1, max: 1}
	}
	return family{
		"binary_and":         two(func(a, b int64) int64 { return a & b }),
		"binary_or":          two(func(a, b int64) int64 { return a | b }),
		"binary_xor":         two(func(a, b int64) int64 { return a ^ b }),
		"binary_shift_left":  two(func(a, b int64) int64 { return a << (uint64(b) & 63) }),
		"binary_shift_right": two(func(a, b int64) int64 { return a >> (uint64(b) & 63) }),
		"binary_not":         one(func(a int64) int64 { return ^a }),
		"bitset_count_ones":  one(func(a int64) int64 { return int64(bits.OnesCount64(uint64(a))) }),
	}
}
