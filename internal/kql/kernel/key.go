package kernel

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// AppendKey appends bytes that are equal for equal dynamic values and different for others: numbers by value (1 and 1.0
// are one), bags without regard to the order of keys. For grouping, joining and sets.
func AppendKey(dst []byte, v any) []byte {
	switch x := column.Resolve(v).(type) {
	case nil:
		return append(dst, 'z')
	case bool:
		if x {
			return append(dst, 't')
		}
		return append(dst, 'f')
	case int64:
		return binary.BigEndian.AppendUint64(append(dst, 'i'), uint64(x))
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return binary.BigEndian.AppendUint64(append(dst, 'i'), uint64(int64(x)))
		}
		return binary.BigEndian.AppendUint64(append(dst, 'r'), math.Float64bits(x))
	case string:
		dst = binary.AppendUvarint(append(dst, 's'), uint64(len(x)))
		return append(dst, x...)
	case column.Datetime:
		return binary.BigEndian.AppendUint64(append(dst, 'd'), uint64(x))
	case column.Timespan:
		return binary.BigEndian.AppendUint64(append(dst, 'p'), uint64(x))
	case uuid.UUID:
		return append(append(dst, 'g'), x[:]...)
	case *apd.Decimal:
		var r apd.Decimal
		r.Reduce(x)
		s := r.String()
		dst = binary.AppendUvarint(append(dst, 'n'), uint64(len(s)))
		return append(dst, s...)
	case []any:
		dst = binary.AppendUvarint(append(dst, '['), uint64(len(x)))
		for _, e := range x {
			dst = AppendKey(dst, e)
		}
		return dst
	case *column.Object:
		dst = binary.AppendUvarint(append(dst, '{'), uint64(len(x.Keys)))
		order := make([]int, len(x.Keys))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int {
			if x.Keys[a] < x.Keys[b] {
				return -1
			}
			return 1
		})
		for _, i := range order {
			dst = AppendKey(dst, x.Keys[i])
			dst = AppendKey(dst, x.Values[i])
		}
		return dst
	}
	return append(dst, '?')
}

// AppendCell appends the key of value i of a vector. Values of vectors of one type can be compared by it.
func AppendCell(dst []byte, v *column.Vector, i int) []byte {
	if v.Null(i) {
		return append(dst, 0)
	}
	switch v.Type {
	case schema.String:
		dst = binary.AppendUvarint(append(dst, 1), uint64(len(v.Strings[i])))
		return append(dst, v.Strings[i]...)
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		return binary.BigEndian.AppendUint64(append(dst, 1), uint64(v.Ints[i]))
	case schema.Real:
		f := v.Floats[i]
		if f == 0 {
			f = 0 // -0 is 0
		}
		return binary.BigEndian.AppendUint64(append(dst, 1), math.Float64bits(f))
	case schema.Bool:
		if v.Bools[i] {
			return append(dst, 1, 1)
		}
		return append(dst, 1, 0)
	}
	return AppendKey(append(dst, 1), v.Any[i])
}

// sortKeys returns a dynamic value whose bags have their keys in order.
func sortKeys(v any) any {
	switch x := v.(type) {
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = sortKeys(e)
		}
		return out
	case *column.Object:
		keys := slices.Clone(x.Keys)
		slices.Sort(keys)
		out := &column.Object{Keys: keys, Values: make([]any, len(keys))}
		for i, k := range keys {
			e, _ := x.Get(k)
			out.Values[i] = sortKeys(e)
		}
		return out
	}
	return v
}
