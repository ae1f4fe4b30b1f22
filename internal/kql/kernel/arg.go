package kernel

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// in reads one argument: n values, or one for all rows.
type in[T any] struct {
	v     []T
	nulls []bool
	mask  int
}

func (a in[T]) at(r int) T      { return a.v[r&a.mask] }
func (a in[T]) null(r int) bool { return a.nulls != nil && a.nulls[r&a.mask] }

func maskOf(v *column.Vector, n int) int {
	if n != 1 && v.Len() == 1 {
		return 0
	}
	return -1
}

func bools(v *column.Vector, n int) in[bool] { return in[bool]{v.Bools, v.Nulls, maskOf(v, n)} }
func ints(v *column.Vector, n int) in[int64] { return in[int64]{v.Ints, v.Nulls, maskOf(v, n)} }
func reals(v *column.Vector, n int) in[float64] {
	return in[float64]{v.Floats, v.Nulls, maskOf(v, n)}
}
func texts(v *column.Vector, n int) in[string] { return in[string]{v.Strings, nil, maskOf(v, n)} }
func anys(v *column.Vector, n int) in[any]     { return in[any]{v.Any, v.Nulls, maskOf(v, n)} }

// asInts reads an argument as whole numbers, converting what is not.
func asInts(v *column.Vector, n int) in[int64] {
	switch v.Type {
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		return ints(v, n)
	}
	return ints(Convert(v, schema.Long), n)
}

// asReals reads an argument as reals, converting what is not.
func asReals(v *column.Vector, n int) in[float64] {
	if v.Type != schema.Real {
		v = Convert(v, schema.Real)
	}
	return reals(v, n)
}

// asTexts reads an argument as strings, converting what is not as tostring does.
func asTexts(v *column.Vector, n int) in[string] {
	if v.Type != schema.String {
		v = Convert(v, schema.String)
	}
	return texts(v, n)
}

// asBools reads an argument as bools, converting what is not.
func asBools(v *column.Vector, n int) in[bool] {
	if v.Type != schema.Bool {
		v = Convert(v, schema.Bool)
	}
	return bools(v, n)
}

// asAny reads an argument as dynamic values, boxing what is not.
func asAny(v *column.Vector, n int) in[any] {
	if v.Type != schema.Dynamic {
		v = Convert(v, schema.Dynamic)
	}
	return anys(v, n)
}

// elem is the Go type behind a vector's slice.
type elem interface {
	bool | int64 | float64 | string
}

// output collects n results of a fixed-size type, in place.
type output[T elem] struct {
	vec *column.Vector
	v   []T
}

func newOutput[T elem](t schema.Type, n int) output[T] {
	vec := column.Make(t, n)
	var v []T
	switch p := any(&v).(type) {
	case *[]bool:
		*p = vec.Bools
	case *[]int64:
		*p = vec.Ints
	case *[]float64:
		*p = vec.Floats
	case *[]string:
		*p = vec.Strings
	}
	return output[T]{vec, v}
}

func (o *output[T]) setNull(r int) { setNull(o.vec, r) }

// setNull marks value r of a vector made with column.Make as null; strings stay "".
func setNull(v *column.Vector, r int) {
	if v.Type == schema.String {
		return
	}
	if v.Nulls == nil {
		v.Nulls = make([]bool, v.Len())
	}
	v.Nulls[r] = true
}

// reader gives typed access to an argument vector, converting when it must.
type reader[T any] func(v *column.Vector, n int) in[T]

// map1 lifts f over one argument: null gives null, and so does ok=false.
func map1[A any, R elem](t schema.Type, ra reader[A], f func(A) (R, bool)) eval {
	return func(args []*column.Vector, n int) *column.Vector {
		a := ra(args[0], n)
		out := newOutput[R](t, n)
		for r := range n {
			if a.null(r) {
				out.setNull(r)
			} else if v, ok := f(a.at(r)); ok {
				out.v[r] = v
			} else {
				out.setNull(r)
			}
		}
		return out.vec
	}
}

// map2 lifts f over two arguments: a null in either gives null, and so does ok=false.
func map2[A, B any, R elem](t schema.Type, ra reader[A], rb reader[B], f func(A, B) (R, bool)) eval {
	return func(args []*column.Vector, n int) *column.Vector {
		a, b := ra(args[0], n), rb(args[1], n)
		out := newOutput[R](t, n)
		if a.nulls == nil && b.nulls == nil {
			av, am, bv, bm := a.v, a.mask, b.v, b.mask // a call of at for each would not be inlined
			for r := range n {
				if v, ok := f(av[r&am], bv[r&bm]); ok {
					out.v[r] = v
				} else {
					out.setNull(r)
				}
			}
			return out.vec
		}
		for r := range n {
			if a.null(r) || b.null(r) {
				out.setNull(r)
			} else if v, ok := f(a.at(r), b.at(r)); ok {
				out.v[r] = v
			} else {
				out.setNull(r)
			}
		}
		return out.vec
	}
}

// map3 lifts f over three arguments.
func map3[A, B, C any, R elem](t schema.Type, ra reader[A], rb reader[B], rc reader[C], f func(A, B, C) (R, bool)) eval {
	return func(args []*column.Vector, n int) *column.Vector {
		a, b, c := ra(args[0], n), rb(args[1], n), rc(args[2], n)
		out := newOutput[R](t, n)
		for r := range n {
			if a.null(r) || b.null(r) || c.null(r) {
				out.setNull(r)
			} else if v, ok := f(a.at(r), b.at(r), c.at(r)); ok {
				out.v[r] = v
			} else {
				out.setNull(r)
			}
		}
		return out.vec
	}
}

// boxed lifts a function over boxed arguments whose result is boxed too; nil is null. For the rare and the dynamic.
// Dynamic arguments arrive resolved one level.
func boxed(t schema.Type, f func(a []any) any) eval {
	return func(args []*column.Vector, n int) *column.Vector {
		out := column.New(t, n)
		a := make([]any, len(args))
		for r := range n {
			for i, v := range args {
				a[i] = Box(v, rowOf(v, r, n))
			}
			out.Append(f(a))
		}
		return out
	}
}

func rowOf(v *column.Vector, r, n int) int {
	if n != 1 && v.Len() == 1 {
		return 0
	}
	return r
}

// Box returns value i of a vector as a dynamic value: Raw resolved, times in their dynamic types; nil for null.
func Box(v *column.Vector, i int) any {
	if v.Null(i) {
		return nil
	}
	switch v.Type {
	case schema.Datetime:
		return column.Datetime(v.Ints[i])
	case schema.Timespan:
		return column.Timespan(v.Ints[i])
	case schema.Dynamic:
		return column.Resolve(v.Any[i])
	}
	return v.Value(i)
}

// Unbox is the inverse of Box: a dynamic value becomes a plain value of the type, converted as toX does; nil when it cannot.
func Unbox(x any, t schema.Type) any {
	switch t {
	case schema.Dynamic, schema.Unknown:
		return x
	case schema.String:
		return Text(x)
	case schema.Bool:
		return nilUnless(toBool(x))
	case schema.Int:
		return nilUnless(toInt(x))
	case schema.Long:
		return nilUnless(toLong(x))
	case schema.Real:
		return nilUnless(toReal(x))
	case schema.Datetime:
		return nilUnless(toDatetime(x))
	case schema.Timespan:
		return nilUnless(toTimespan(x))
	case schema.Guid:
		return nilUnless(toGuid(x))
	case schema.Decimal:
		return nilUnless(toDecimal(x))
	}
	return nil
}

func nilUnless[T any](v T, ok bool) any {
	if !ok {
		return nil
	}
	return v
}

// typeName is what gettype calls a dynamic value.
func typeName(x any) string {
	switch x.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case int64:
		return "long"
	case float64:
		return "real"
	case string:
		return "string"
	case []any:
		return "array"
	case *column.Object:
		return "dictionary"
	case column.Datetime:
		return "datetime"
	case column.Timespan:
		return "timespan"
	case uuid.UUID:
		return "guid"
	case *apd.Decimal:
		return "decimal"
	}
	return "null"
}
