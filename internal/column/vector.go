// Package column holds rows as columns: the batch that intake builds, the store keeps and reads back, and queries run over.
//
// Times are ticks: a datetime counts 100 ns from 0001-01-01 UTC, a timespan is a length in 100 ns. A string is never null:
// the missing string is "". A batch belongs to one goroutine until it is handed on; after that nobody changes it.
package column

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/schema"
)

// Vector is one column of a batch. Exactly one value slice is in use, chosen by Type:
//
//	bool                           Bools
//	int, long, datetime, timespan  Ints (an int fits 32 bits)
//	real                           Floats
//	string                         Strings
//	dynamic, decimal, guid         Any (see Dynamic values; *apd.Decimal; uuid.UUID)
//
// Nulls is nil when no value is null; the value under a null is the zero value (nil in Any).
type Vector struct {
	Type    schema.Type
	Nulls   []bool
	Bools   []bool
	Ints    []int64
	Floats  []float64
	Strings []string
	Any     []any
}

// New returns an empty vector with room for n values.
func New(t schema.Type, n int) *Vector {
	v := &Vector{Type: t}
	switch kindOf(t) {
	case kindBool:
		v.Bools = make([]bool, 0, n)
	case kindInt:
		v.Ints = make([]int64, 0, n)
	case kindFloat:
		v.Floats = make([]float64, 0, n)
	case kindString:
		v.Strings = make([]string, 0, n)
	default:
		v.Any = make([]any, 0, n)
	}
	return v
}

// Make returns a vector of n zero values, none null (dynamic, decimal and guid: all null).
func Make(t schema.Type, n int) *Vector {
	v := &Vector{Type: t}
	switch kindOf(t) {
	case kindBool:
		v.Bools = make([]bool, n)
	case kindInt:
		v.Ints = make([]int64, n)
	case kindFloat:
		v.Floats = make([]float64, n)
	case kindString:
		v.Strings = make([]string, n)
	default:
		v.Any = make([]any, n)
		v.Nulls = slices.Repeat([]bool{true}, n)
	}
	return v
}

// Len returns the number of values.
func (v *Vector) Len() int {
	switch kindOf(v.Type) {
	case kindBool:
		return len(v.Bools)
	case kindInt:
		return len(v.Ints)
	case kindFloat:
		return len(v.Floats)
	case kindString:
		return len(v.Strings)
	}
	return len(v.Any)
}

// Null reports whether value i is null. A string never is.
func (v *Vector) Null(i int) bool { return v.Nulls != nil && v.Nulls[i] }

// AppendNull adds a null, or "" to a string vector.
func (v *Vector) AppendNull() {
	n := v.Len()
	switch kindOf(v.Type) {
	case kindBool:
		v.Bools = append(v.Bools, false)
	case kindInt:
		v.Ints = append(v.Ints, 0)
	case kindFloat:
		v.Floats = append(v.Floats, 0)
	case kindString:
		v.Strings = append(v.Strings, "")
		return
	default:
		v.Any = append(v.Any, nil)
	}
	if v.Nulls == nil {
		v.Nulls = make([]bool, n, max(cap(v.Ints), n+1))
	}
	v.Nulls = append(v.Nulls, true)
}

// valid keeps Nulls in step after a non-null value was appended.
func (v *Vector) valid() {
	if v.Nulls != nil {
		v.Nulls = append(v.Nulls, false)
	}
}

// AppendBool adds a bool.
func (v *Vector) AppendBool(b bool) { v.Bools = append(v.Bools, b); v.valid() }

// AppendInt adds an int, long, datetime or timespan (ticks).
func (v *Vector) AppendInt(i int64) { v.Ints = append(v.Ints, i); v.valid() }

// AppendFloat adds a real.
func (v *Vector) AppendFloat(f float64) { v.Floats = append(v.Floats, f); v.valid() }

// AppendString adds a string.
func (v *Vector) AppendString(s string) { v.Strings = append(v.Strings, s) }

// AppendAny adds a dynamic, decimal or guid; nil is null.
func (v *Vector) AppendAny(x any) {
	if x == nil {
		v.AppendNull()
		return
	}
	v.Any = append(v.Any, x)
	v.valid()
}

// Value returns value i boxed: nil, bool, int64, float64, string, or what Any holds. For tests, encoders and rare paths.
func (v *Vector) Value(i int) any {
	if v.Null(i) {
		return nil
	}
	switch kindOf(v.Type) {
	case kindBool:
		return v.Bools[i]
	case kindInt:
		return v.Ints[i]
	case kindFloat:
		return v.Floats[i]
	case kindString:
		return v.Strings[i]
	}
	return v.Any[i]
}

// Append adds a boxed value as Value returns it; nil is null.
func (v *Vector) Append(x any) {
	if x == nil {
		v.AppendNull()
		return
	}
	switch kindOf(v.Type) {
	case kindBool:
		v.AppendBool(x.(bool))
	case kindInt:
		v.AppendInt(x.(int64))
	case kindFloat:
		v.AppendFloat(x.(float64))
	case kindString:
		v.AppendString(x.(string))
	default:
		v.AppendAny(x)
	}
}

// Slice returns values [i, j) without copying them.
func (v *Vector) Slice(i, j int) *Vector {
	s := &Vector{Type: v.Type}
	if v.Nulls != nil {
		s.Nulls = v.Nulls[i:j]
	}
	switch kindOf(v.Type) {
	case kindBool:
		s.Bools = v.Bools[i:j]
	case kindInt:
		s.Ints = v.Ints[i:j]
	case kindFloat:
		s.Floats = v.Floats[i:j]
	case kindString:
		s.Strings = v.Strings[i:j]
	default:
		s.Any = v.Any[i:j]
	}
	return s
}

// Gather returns the values at the rows, in that order; a row of -1 gives null.
func (v *Vector) Gather(rows []int) *Vector {
	if out := v.gatherPlain(rows); out != nil {
		return out
	}
	out := New(v.Type, len(rows))
	for _, r := range rows {
		if r < 0 || v.Null(r) {
			out.AppendNull()
			continue
		}
		switch kindOf(v.Type) {
		case kindBool:
			out.AppendBool(v.Bools[r])
		case kindInt:
			out.AppendInt(v.Ints[r])
		case kindFloat:
			out.AppendFloat(v.Floats[r])
		case kindString:
			out.AppendString(v.Strings[r])
		default:
			out.AppendAny(v.Any[r])
		}
	}
	return out
}

// gatherPlain is Gather without a look at each value's type, where no value is a null; nil elsewhere.
func (v *Vector) gatherPlain(rows []int) *Vector {
	k := kindOf(v.Type)
	if v.Nulls != nil || k == kindAny {
		return nil
	}
	for _, r := range rows {
		if r < 0 {
			return nil
		}
	}
	out := &Vector{Type: v.Type}
	switch k {
	case kindBool:
		out.Bools = picked(v.Bools, rows)
	case kindInt:
		out.Ints = picked(v.Ints, rows)
	case kindFloat:
		out.Floats = picked(v.Floats, rows)
	default:
		out.Strings = picked(v.Strings, rows)
	}
	return out
}

func picked[T any](all []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = all[r]
	}
	return out
}

type kind uint8

const (
	kindAny kind = iota
	kindBool
	kindInt
	kindFloat
	kindString
)

func kindOf(t schema.Type) kind {
	switch t {
	case schema.Bool:
		return kindBool
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		return kindInt
	case schema.Real:
		return kindFloat
	case schema.String:
		return kindString
	}
	return kindAny
}
