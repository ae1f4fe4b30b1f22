package kernel

import (
	"math"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// dynamicFunc lifts a function of boxed arguments with a dynamic result.
func dynamicFunc(least, most int, f func(a []any) any) def {
	return def{bind: func(*site) (eval, schema.Type, error) { return boxed(schema.Dynamic, f), schema.Dynamic, nil }, min: least, max: most}
}

// typedFunc lifts a function of boxed arguments with a result of a type.
func typedFunc(t schema.Type, least, most int, f func(a []any) any) def {
	return def{bind: func(*site) (eval, schema.Type, error) { return boxed(t, f), t, nil }, min: least, max: most}
}

// maxRange is how many elements range() makes at most.
const maxRange = 1_048_576

func arrays() family {
	f := family{
		"array_length":   typedFunc(schema.Long, 1, 1, arrayLength),
		"arraylength":    typedFunc(schema.Long, 1, 1, arrayLength),
		"array_concat":   dynamicFunc(1, -1, arrayConcat),
		"array_reverse":  dynamicFunc(1, 1, arrayReverse),
		"array_slice":    dynamicFunc(3, 3, arraySlice),
		"array_split":    dynamicFunc(2, 2, arraySplit),
		"array_sum":      typedFunc(schema.Real, 1, 1, arraySum),
		"array_index_of": typedFunc(schema.Long, 2, 5, arrayIndexOf),
		"array_iff":      dynamicFunc(3, 3, arrayIff), "array_iif": dynamicFunc(3, 3, arrayIff),
		"array_sort_asc":  dynamicFunc(1, -1, arraySort(false)),
		"array_sort_desc": dynamicFunc(1, -1, arraySort(true)),
		"strcat_array":    typedFunc(schema.String, 2, 2, concatArray), "array_strcat": typedFunc(schema.String, 2, 2, concatArray),
		"pack_array": {bind: bindPackArray, min: 0, max: -1},
		"zip":        dynamicFunc(2, 16, zipArrays),
		"repeat":     dynamicFunc(2, 2, repeatValue),
		"range":      {bind: bindRange, min: 2, max: 3},
	}
	for name, sign := range map[string]int64{"left": 1, "right": -1} {
		f["array_rotate_"+name] = dynamicFunc(2, 2, arrayRotate(sign))
		f["array_shift_"+name] = dynamicFunc(2, 3, arrayShift(sign))
	}
	return f
}

func arrayLength(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	return int64(len(list))
}

func arrayConcat(a []any) any {
	out := []any{}
	for _, v := range a {
		list, ok := v.([]any)
		switch {
		case ok:
			out = append(out, list...)
		case v == nil:
			return nil
		default:
			out = append(out, v)
		}
	}
	return out
}

func arrayReverse(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return a[0]
	}
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// arraySlice takes both ends inclusive; negative places count from the end.
func arraySlice(a []any) any {
	list, ok := a[0].([]any)
	from, okF := toLong(a[1])
	to, okT := toLong(a[2])
	if !ok || !okF || !okT {
		return nil
	}
	n := int64(len(list))
	if from < 0 {
		from = max(from+n, 0)
	}
	if to < 0 {
		to += n
	}
	to = min(to, n-1)
	if from > to {
		return []any{}
	}
	return list[from : to+1]
}

func arraySplit(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	var cuts []int64
	if at, ok := a[1].([]any); ok {
		for _, e := range at {
			k, ok := toLong(e)
			if !ok {
				return nil
			}
			cuts = append(cuts, k)
		}
	} else if k, ok := toLong(a[1]); ok {
		cuts = []int64{k}
	} else {
		return nil
	}
	n := int64(len(list))
	out := []any{}
	from := int64(0)
	for _, c := range cuts {
		if c < 0 {
			c = max(c+n, 0)
		}
		c = max(min(c, n), from)
		out = append(out, slices.Clone(list[from:c]))
		from = c
	}
	out = append(out, slices.Clone(list[from:]))
	for i, e := range out {
		if e.([]any) == nil {
			out[i] = []any{}
		}
	}
	return out
}

func arraySum(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	sum := 0.0
	for _, e := range list {
		switch x := column.Resolve(e).(type) {
		case nil:
		case int64, float64, bool:
			f, _ := toReal(x)
			sum += f
		default:
			return nil
		}
	}
	return sum
}

// arrayIndexOf binds array_index_of(array, value [, start [, length [, occurrence]]]).
func arrayIndexOf(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	n := int64(len(list))
	start, length, k := int64(0), int64(-1), int64(1)
	for i, dst := range []*int64{&start, &length, &k} {
		if i+2 < len(a) {
			v, ok := toLong(a[i+2])
			if !ok {
				return nil
			}
			*dst = v
		}
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	end := n
	if length >= 0 && length < n-start {
		end = start + length
	}
	for i := start; i < end; i++ {
		if Compare(list[i], a[1]) == 0 {
			if k--; k == 0 {
				return i
			}
		}
	}
	return int64(-1)
}

func arrayIff(a []any) any {
	conds, ok := a[0].([]any)
	if !ok {
		if b, isBool := a[0].(bool); isBool {
			conds = []any{b}
		} else {
			return nil
		}
	}
	branch := func(v any, i int) any {
		if list, ok := v.([]any); ok {
			if i < len(list) {
				return list[i]
			}
			return nil
		}
		return v
	}
	out := make([]any, len(conds))
	for i, c := range conds {
		switch x := column.Resolve(c).(type) {
		case bool, int64, float64:
			if b, _ := toBool(x); b {
				out[i] = branch(a[1], i)
			} else {
				out[i] = branch(a[2], i)
			}
		}
	}
	return out
}

// arraySort sorts the first array, and brings the others into its order; nulls stand last unless a final false says
// otherwise. The result is an array of the sorted arrays.
func arraySort(desc bool) func(a []any) any {
	return func(a []any) any {
		nullsLast := true
		if b, ok := a[len(a)-1].(bool); ok && len(a) > 1 {
			nullsLast = b
			a = a[:len(a)-1]
		}
		list, ok := a[0].([]any)
		if !ok {
			return make([]any, len(a))
		}
		keys := make([]any, len(list))
		order := make([]int, len(list))
		for i, e := range list {
			keys[i], order[i] = column.Resolve(e), i
		}
		slices.SortStableFunc(order, func(i, j int) int { return compareElements(keys[i], keys[j], desc, nullsLast) })
		out := make([]any, len(a))
		for k, v := range a {
			other, ok := v.([]any)
			if !ok || len(other) != len(list) {
				continue
			}
			sorted := make([]any, len(order))
			for i, at := range order {
				sorted[i] = other[at]
			}
			out[k] = sorted
		}
		return out
	}
}

func compareElements(x, y any, desc, nullsLast bool) int {
	if x == nil || y == nil {
		switch {
		case x == nil && y == nil:
			return 0
		case (x == nil) == nullsLast:
			return 1
		}
		return -1
	}
	c := Compare(x, y)
	switch {
	case c == unordered:
		return kindRank(x) - kindRank(y)
	case desc:
		return -c
	}
	return c
}

// kindRank orders values of types that do not compare.
func kindRank(v any) int {
	switch v.(type) {
	case bool:
		return 1
	case int64, float64:
		return 2
	case column.Datetime:
		return 3
	case column.Timespan:
		return 4
	case string:
		return 5
	case []any:
		return 6
	}
	return 7
}

func concatArray(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return ""
	}
	parts, delim, size := make([]string, len(list)), Text(a[1]), 0
	for i, e := range list {
		parts[i] = Text(e)
		size += len(parts[i]) + len(delim)
		built("strcat_array", size)
	}
	return strings.Join(parts, delim)
}

func bindPackArray(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		out := column.New(schema.Dynamic, n)
		for r := range n {
			list := make([]any, len(args))
			for i, v := range args {
				k := rowOf(v, r, n)
				if !v.Null(k) {
					list[i] = element(v, k)
				}
			}
			out.AppendAny(list)
		}
		return out
	}, schema.Dynamic, nil
}

func zipArrays(a []any) any {
	longest := 0
	lists := make([][]any, len(a))
	for i, v := range a {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		lists[i] = list
		longest = max(longest, len(list))
	}
	out := make([]any, longest)
	for k := range out {
		row := make([]any, len(lists))
		for i, l := range lists {
			if k < len(l) {
				row[i] = l[k]
			}
		}
		out[k] = row
	}
	return out
}

func repeatValue(a []any) any {
	k, ok := toLong(a[1])
	if !ok || k < 0 || k > maxRange {
		return nil
	}
	return slices.Repeat([]any{a[0]}, int(k))
}

// arrayRotate moves elements towards the front by k places (sign 1), or towards the end.
func arrayRotate(sign int64) func(a []any) any {
	return func(a []any) any {
		list, ok := a[0].([]any)
		k, okK := toLong(a[1])
		if !ok || !okK {
			return nil
		}
		n := int64(len(list))
		if n == 0 {
			return list
		}
		k = ((sign*k)%n + n) % n
		return append(slices.Clone(list[k:]), list[:k]...)
	}
}

func arrayShift(sign int64) func(a []any) any {
	return func(a []any) any {
		list, ok := a[0].([]any)
		k, okK := toLong(a[1])
		if !ok || !okK {
			return nil
		}
		var fill any
		if len(a) > 2 {
			fill = a[2]
		}
		k *= sign
		n := int64(len(list))
		out := make([]any, n)
		for i := range out {
			j := int64(i) + k
			if j >= 0 && j < n {
				out[i] = list[j]
			} else {
				out[i] = fill
			}
		}
		return out
	}
}

// bindRange binds range(from, to [, step]): an array, both ends included.
func bindRange(s *site) (eval, schema.Type, error) {
	t := s.typ(0)
	if t == schema.Int || t == schema.Long {
		if s.typ(1) == schema.Real || s.typ(2) == schema.Real {
			t = schema.Real
		}
	}
	return boxed(schema.Dynamic, func(a []any) any {
		if isTime(t) {
			from, ok1 := toLong(a[0])
			to, ok2 := toLong(a[1])
			step, ok3 := column.Hour, true
			if len(a) > 2 {
				step, ok3 = toLong(a[2])
			}
			if !ok1 || !ok2 || !ok3 || step == 0 {
				return nil
			}
			out := []any{}
			for v := from; (step > 0 && v <= to || step < 0 && v >= to) && len(out) < maxRange; v += step {
				if t == schema.Datetime {
					out = append(out, column.Datetime(v))
				} else {
					out = append(out, column.Timespan(v))
				}
				if (v+step > v) != (step > 0) {
					break
				}
			}
			return out
		}
		if t == schema.Real || t == schema.Decimal {
			from, ok1 := toReal(a[0])
			to, ok2 := toReal(a[1])
			step, ok3 := 1.0, true
			if len(a) > 2 {
				step, ok3 = toReal(a[2])
			}
			if !ok1 || !ok2 || !ok3 || step == 0 || math.IsNaN(from+to+step) {
				return nil
			}
			out := []any{}
			for i := 0; i < maxRange; i++ {
				v := from + float64(i)*step
				if step > 0 && v > to || step < 0 && v < to {
					break
				}
				out = append(out, v)
			}
			return out
		}
		from, ok1 := toLong(a[0])
		to, ok2 := toLong(a[1])
		step, ok3 := int64(1), true
		if len(a) > 2 {
			step, ok3 = toLong(a[2])
		}
		if !ok1 || !ok2 || !ok3 || step == 0 {
			return nil
		}
		out := []any{}
		for v := from; (step > 0 && v <= to || step < 0 && v >= to) && len(out) < maxRange; v += step {
			out = append(out, v)
			if (v+step > v) != (step > 0) {
				break
			}
		}
		return out
	}), schema.Dynamic, nil
}
