package kernel

import (
	"math"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func logic() family {
	return family{
		"and": {bind: bindAnd, min: 1, max: -1}, "or": {bind: bindOr, min: 1, max: -1}, "not": {bind: bindNot, min: 1, max: 1},
		"iff": {bind: bindIff, min: 3, max: 3}, "iif": {bind: bindIff, min: 3, max: 3}, "case": {bind: bindCase, min: 1, max: -1},
		"coalesce": {bind: bindCoalesce, min: 1, max: -1},
		"isnull":   {bind: nullTest(true, false), min: 1, max: 1}, "isnotnull": {bind: nullTest(false, false), min: 1, max: 1}, "notnull": {bind: nullTest(false, false), min: 1, max: 1},
		"isempty": {bind: nullTest(true, true), min: 1, max: 1}, "isnotempty": {bind: nullTest(false, true), min: 1, max: 1}, "notempty": {bind: nullTest(false, true), min: 1, max: 1},
		"isnan":    {bind: realTest(math.IsNaN), min: 1, max: 1},
		"isinf":    {bind: realTest(func(f float64) bool { return math.IsInf(f, 0) }), min: 1, max: 1},
		"isfinite": {bind: realTest(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }), min: 1, max: 1},
		"max_of":   {bind: bindExtreme(1), min: 1, max: -1}, "min_of": {bind: bindExtreme(-1), min: 1, max: -1},
	}
}

// and is three-valued: false wins over null, null over true.
func and(a, b *column.Vector) *column.Vector {
	n := max(a.Len(), b.Len())
	x, y := bools(a, n), bools(b, n)
	out := newOutput[bool](schema.Bool, n)
	for r := range n {
		switch {
		case !x.null(r) && !x.at(r) || !y.null(r) && !y.at(r):
		case x.null(r) || y.null(r):
			out.setNull(r)
		default:
			out.v[r] = true
		}
	}
	return out.vec
}

// or is three-valued: true wins over null, null over false.
func or(a, b *column.Vector) *column.Vector {
	n := max(a.Len(), b.Len())
	x, y := bools(a, n), bools(b, n)
	out := newOutput[bool](schema.Bool, n)
	for r := range n {
		switch {
		case !x.null(r) && x.at(r) || !y.null(r) && y.at(r):
			out.v[r] = true
		case x.null(r) || y.null(r):
			out.setNull(r)
		}
	}
	return out.vec
}

func bindAnd(*site) (eval, schema.Type, error) { return folded(and), schema.Bool, nil }
func bindOr(*site) (eval, schema.Type, error)  { return folded(or), schema.Bool, nil }

func folded(f func(a, b *column.Vector) *column.Vector) eval {
	return func(args []*column.Vector, n int) *column.Vector {
		out := Convert(args[0], schema.Bool)
		for _, a := range args[1:] {
			out = f(out, Convert(a, schema.Bool))
		}
		return spread(out, n)
	}
}

func bindNot(*site) (eval, schema.Type, error) {
	return map1(schema.Bool, asBools, func(b bool) (bool, bool) { return !b, true }), schema.Bool, nil
}

// common is the type that the branches of iff, case and coalesce share.
func (s *site) common(from, step int) schema.Type {
	if s.ret != schema.Unknown {
		return s.ret
	}
	t := schema.Unknown
	for i := from; i < len(s.args); i += step {
		t = Widen(t, s.typ(i))
	}
	return t
}

// Widen returns the type both types convert to: the wider number, or dynamic when they have nothing in common.
func Widen(a, b schema.Type) schema.Type {
	switch {
	case a == b || b == schema.Unknown:
		return a
	case a == schema.Unknown:
		return b
	case a.Numeric() && b.Numeric():
		for _, t := range []schema.Type{schema.Decimal, schema.Real, schema.Long} {
			if a == t || b == t {
				return t
			}
		}
		return schema.Int
	}
	return schema.Dynamic
}

func bindIff(s *site) (eval, schema.Type, error) {
	t := s.common(1, 1)
	return func(args []*column.Vector, n int) *column.Vector {
		c := asBools(args[0], n)
		return choose(t, n, args[1:], func(r int) int {
			if !c.null(r) && c.at(r) {
				return 0
			}
			return 1
		})
	}, t, nil
}

// bindCase binds case(p1, v1, p2, v2, ..., else).
func bindCase(s *site) (eval, schema.Type, error) {
	k := len(s.args) / 2
	t := s.ret
	if t == schema.Unknown {
		for i, a := range s.args {
			if i%2 == 1 || i == len(s.args)-1 {
				t = Widen(t, a.Type)
			}
		}
	}
	hasElse := len(s.args)%2 == 1
	return func(args []*column.Vector, n int) *column.Vector {
		conds := make([]in[bool], k)
		var values []*column.Vector
		for i := range k {
			conds[i] = asBools(args[2*i], n)
			values = append(values, args[2*i+1])
		}
		if hasElse {
			values = append(values, args[len(args)-1])
		}
		return choose(t, n, values, func(r int) int {
			for i, c := range conds {
				if !c.null(r) && c.at(r) {
					return i
				}
			}
			if hasElse {
				return k
			}
			return -1
		})
	}, t, nil
}

func bindCoalesce(s *site) (eval, schema.Type, error) {
	t := s.common(0, 1)
	return func(args []*column.Vector, n int) *column.Vector {
		return choose(t, n, args, func(r int) int {
			for i, a := range args {
				k := rowOf(a, r, n)
				if !a.Null(k) && (a.Type != schema.String || a.Strings[k] != "") {
					return i
				}
			}
			return len(args) - 1
		})
	}, t, nil
}

// choose builds a vector by taking row r from the value that pick names; -1 is null.
func choose(t schema.Type, n int, values []*column.Vector, pick func(r int) int) *column.Vector {
	cast := make([]*column.Vector, len(values))
	for i, v := range values {
		cast[i] = Convert(v, t)
	}
	out := column.New(t, n)
	for r := range n {
		k := pick(r)
		if k < 0 {
			out.AppendNull()
			continue
		}
		appendFrom(out, cast[k], rowOf(cast[k], r, n))
	}
	return out
}

// appendFrom appends value i of a vector of the same type.
func appendFrom(dst, src *column.Vector, i int) {
	if src.Null(i) {
		dst.AppendNull()
		return
	}
	switch dst.Type {
	case schema.String:
		dst.AppendString(src.Strings[i])
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		dst.AppendInt(src.Ints[i])
	case schema.Real:
		dst.AppendFloat(src.Floats[i])
	case schema.Bool:
		dst.AppendBool(src.Bools[i])
	default:
		dst.AppendAny(src.Any[i])
	}
}

// nullTest binds isnull and isempty and their negations. A string is never null, but may be empty; a dynamic is empty when
// it is null or the empty string.
func nullTest(want, empty bool) binder {
	return func(*site) (eval, schema.Type, error) {
		return func(args []*column.Vector, n int) *column.Vector {
			v := args[0]
			out := column.Make(schema.Bool, n)
			for r := range n {
				i := rowOf(v, r, n)
				is := v.Null(i)
				switch v.Type {
				case schema.String:
					is = empty && v.Strings[i] == ""
				case schema.Dynamic:
					if !is {
						x := column.Resolve(v.Any[i])
						is = x == nil || empty && x == ""
					}
				}
				out.Bools[r] = is == want
			}
			return out
		}, schema.Bool, nil
	}
}

func realTest(test func(float64) bool) binder {
	return func(*site) (eval, schema.Type, error) {
		return map1(schema.Bool, asReals, func(f float64) (bool, bool) { return test(f), true }), schema.Bool, nil
	}
}

// bindExtreme binds max_of (sign 1) and min_of (sign -1): nulls are passed over.
func bindExtreme(sign int) binder {
	return func(s *site) (eval, schema.Type, error) {
		t := s.common(0, 1)
		return func(args []*column.Vector, n int) *column.Vector {
			cast := make([]*column.Vector, len(args))
			for i, a := range args {
				cast[i] = Convert(a, t)
			}
			return choose(t, n, cast, func(r int) int {
				best := -1
				for i, a := range cast {
					if a.Null(rowOf(a, r, n)) {
						continue
					}
					if best < 0 || CompareCells(a, rowOf(a, r, n), cast[best], rowOf(cast[best], r, n)) == sign {
						best = i
					}
				}
				return best
			})
		}, t, nil
	}
}

// CompareCells compares non-null values of two vectors of one type: -1, 0, 1, or 2 without an order (NaN).
func CompareCells(a *column.Vector, i int, b *column.Vector, j int) int {
	switch a.Type {
	case schema.String:
		switch {
		case a.Strings[i] < b.Strings[j]:
			return -1
		case a.Strings[i] > b.Strings[j]:
			return 1
		}
		return 0
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		switch {
		case a.Ints[i] < b.Ints[j]:
			return -1
		case a.Ints[i] > b.Ints[j]:
			return 1
		}
		return 0
	case schema.Real:
		return compareReals(a.Floats[i], b.Floats[j])
	case schema.Bool:
		return compareBools(a.Bools[i], b.Bools[j])
	}
	return Compare(a.Any[i], b.Any[j])
}
