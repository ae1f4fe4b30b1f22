package kernel

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func comparisons() family {
	f := family{}
	for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
		f[op] = def{bind: bindCompare, min: 2, max: 2}
	}
	f["between"] = def{bind: bindBetween, min: 3, max: 3}
	f["!between"] = def{bind: bindBetween, min: 3, max: 3}
	for _, op := range []string{"in", "!in", "in~", "!in~"} {
		f[op] = def{bind: bindIn, min: 2, max: -1}
	}
	return f
}

// unordered is what a comparison gives when NaN is involved or the values cannot be compared.
const unordered = 2

// holds says whether a comparison result satisfies an operator.
func holds(op string) func(c int) bool {
	switch op {
	case "==":
		return func(c int) bool { return c == 0 }
	case "!=":
		return func(c int) bool { return c != 0 }
	case "<":
		return func(c int) bool { return c == -1 }
	case "<=":
		return func(c int) bool { return c == -1 || c == 0 }
	case ">":
		return func(c int) bool { return c == 1 }
	}
	return func(c int) bool { return c == 1 || c == 0 }
}

// class is the common type under which two types are compared.
func class(a, b schema.Type) schema.Type {
	switch {
	case a == schema.Dynamic && b == schema.Dynamic:
		return schema.Dynamic
	case a == schema.Dynamic:
		return numericClass(b)
	case b == schema.Dynamic:
		return numericClass(a)
	case a == b:
		return a
	case a == schema.String:
		return b
	case b == schema.String:
		return a
	case a == schema.Decimal || b == schema.Decimal:
		return schema.Decimal
	case a == schema.Real || b == schema.Real:
		return schema.Real
	}
	return schema.Long
}

// numericClass makes a dynamic compare with a whole number by value: 1.5 is not 1.
func numericClass(t schema.Type) schema.Type {
	if t == schema.Int || t == schema.Long || t == schema.Real {
		return schema.Dynamic
	}
	return t
}

func bindCompare(s *site) (eval, schema.Type, error) {
	op := s.name
	test := holds(op)
	t := class(s.typ(0), s.typ(1))
	switch t {
	case schema.String:
		return compareWith(op, asTexts, textTest(op, test), op == "==" || op == "!="), schema.Bool, nil
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		r := func(v *column.Vector, n int) in[int64] {
			if v.Type == schema.String || v.Type == schema.Dynamic {
				v = Convert(v, t)
			}
			return asInts(v, n)
		}
		return compareWith(op, r, intTest(op), false), schema.Bool, nil
	case schema.Real:
		return compareWith(op, asReals, func(a, b float64) bool { return test(compareReals(a, b)) }, false), schema.Bool, nil
	case schema.Bool:
		return compareWith(op, asBools, func(a, b bool) bool { return test(compareBools(a, b)) }, false), schema.Bool, nil
	}
	r := func(v *column.Vector, n int) in[any] {
		if t == schema.Dynamic {
			return asAny(v, n)
		}
		return anys(Convert(v, t), n)
	}
	return compareWith(op, r, func(a, b any) bool { return test(Compare(a, b)) }, false), schema.Bool, nil
}

func textTest(op string, test func(order int) bool) func(a, b string) bool {
	switch op {
	case "==":
		return func(a, b string) bool { return a == b }
	case "!=":
		return func(a, b string) bool { return a != b }
	}
	return func(a, b string) bool { return test(strings.Compare(a, b)) }
}

func intTest(op string) func(a, b int64) bool {
	switch op {
	case "==":
		return func(a, b int64) bool { return a == b }
	case "!=":
		return func(a, b int64) bool { return a != b }
	case "<":
		return func(a, b int64) bool { return a < b }
	case "<=":
		return func(a, b int64) bool { return a <= b }
	case ">":
		return func(a, b int64) bool { return a > b }
	}
	return func(a, b int64) bool { return a >= b }
}

// compareWith lifts a test. With nulls: == and != are null when both sides are, and know that null is not a value; the
// orderings are null when either side is.
func compareWith[T any](op string, read reader[T], test func(a, b T) bool, strict bool) eval {
	equality := op == "==" || op == "!="
	return func(args []*column.Vector, n int) *column.Vector {
		a, b := read(args[0], n), read(args[1], n)
		out := newOutput[bool](schema.Bool, n)
		if strict || a.nulls == nil && b.nulls == nil {
			av, am, bv, bm := a.v, a.mask, b.v, b.mask // a call of at for each would not be inlined
			for r := range n {
				out.v[r] = test(av[r&am], bv[r&bm])
			}
			return out.vec
		}
		for r := range n {
			na, nb := a.null(r), b.null(r)
			switch {
			case !na && !nb:
				out.v[r] = test(a.at(r), b.at(r))
			case na && nb || !equality:
				out.setNull(r)
			default:
				out.v[r] = op == "!="
			}
		}
		return out.vec
	}
}

func compareReals(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return unordered
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Compare orders two dynamic (or decimal, or guid) values: -1, 0, 1, or 2 when they differ without an order. Numbers
// compare by value whatever their types; nil equals nil only.
func Compare(a, b any) int {
	a, b = column.Resolve(a), column.Resolve(b)
	switch x := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return compareBools(x, y)
		}
	case int64:
		switch y := b.(type) {
		case int64:
			return cmp.Compare(x, y)
		case float64:
			return compareReals(float64(x), y)
		case *apd.Decimal:
			return apd.New(x, 0).Cmp(y)
		}
	case float64:
		switch y := b.(type) {
		case int64:
			return compareReals(x, float64(y))
		case float64:
			return compareReals(x, y)
		}
	case *apd.Decimal:
		if y, ok := toDecimal(b); ok {
			return x.Cmp(y)
		}
	case column.Datetime:
		switch y := b.(type) {
		case column.Datetime:
			return cmp.Compare(x, y)
		case int64:
			return cmp.Compare(int64(x), y)
		}
	case column.Timespan:
		switch y := b.(type) {
		case column.Timespan:
			return cmp.Compare(x, y)
		case int64:
			return cmp.Compare(int64(x), y)
		}
	case uuid.UUID:
		if y, ok := b.(uuid.UUID); ok {
			return bytes.Compare(x[:], y[:])
		}
	case []any:
		if y, ok := b.([]any); ok && arraysEqual(x, y) {
			return 0
		}
	case *column.Object:
		if y, ok := b.(*column.Object); ok && bagsEqual(x, y) {
			return 0
		}
	}
	return unordered
}

func arraysEqual(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if Compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}

func bagsEqual(a, b *column.Object) bool {
	if len(a.Keys) != len(b.Keys) {
		return false
	}
	for i, k := range a.Keys {
		v, ok := b.Get(k)
		if !ok || Compare(a.Values[i], v) != 0 {
			return false
		}
	}
	return true
}

func bindBetween(s *site) (eval, schema.Type, error) {
	to := s.args[2]
	span := s.typ(0) == schema.Datetime && to.Type == schema.Timespan
	if span {
		to = Arg{Type: schema.Datetime}
	}
	low, _, err := bindCompare(&site{name: ">=", args: []Arg{s.args[0], s.args[1]}})
	if err != nil {
		return nil, 0, err
	}
	high, _, err := bindCompare(&site{name: "<=", args: []Arg{s.args[0], to}})
	if err != nil {
		return nil, 0, err
	}
	negated := s.name[0] == '!'
	return func(args []*column.Vector, n int) *column.Vector {
		last := args[2]
		if span {
			last = spanEnd(args[1], args[2], n)
		}
		out := and(low([]*column.Vector{args[0], args[1]}, n), high([]*column.Vector{args[0], last}, n))
		if negated {
			for i := range out.Bools {
				out.Bools[i] = !out.Bools[i] && !out.Null(i)
			}
		}
		return out
	}, schema.Bool, nil
}

func spanEnd(from, span *column.Vector, n int) *column.Vector {
	return map2(schema.Datetime, asInts, asInts, func(a, b int64) (int64, bool) { return a + b, true })([]*column.Vector{from, span}, n)
}

// bindIn binds x in (a, b, ...) and x in (dynamic array), with their negated and case-insensitive forms.
func bindIn(s *site) (eval, schema.Type, error) {
	fold := strings.HasSuffix(s.name, "~")
	negated := s.name[0] == '!'
	t := s.typ(0)
	if fold {
		t = schema.String
	}
	constant := true
	for _, a := range s.args[1:] {
		constant = constant && a.Const
		if t == schema.Dynamic && a.Type == schema.String {
			t = schema.String
		}
	}
	var fixed *ValueSet
	if constant {
		fixed = NewValueSet(t, fold)
		for _, a := range s.args[1:] {
			fixed.AddArg(a.Type, a.Value)
		}
	}
	return func(args []*column.Vector, n int) *column.Vector {
		x := Convert(args[0], t)
		xMask := maskOf(x, n)
		out := column.Make(schema.Bool, n)
		for r := range n {
			set := fixed
			if set == nil {
				set = NewValueSet(t, fold)
				for _, a := range args[1:] {
					set.AddArg(a.Type, a.Value(rowOf(a, r, n)))
				}
			}
			out.Bools[r] = set.Has(x, r&xMask) != negated
		}
		return out
	}, schema.Bool, nil
}

// ValueSet is a set of values of one type, for the in operators. Null is in no set.
type ValueSet struct {
	t     schema.Type
	fold  bool
	texts map[string]struct{}
	ints  map[int64]struct{}
}

// NewValueSet returns an empty set of values of the type; fold ignores the case of strings.
func NewValueSet(t schema.Type, fold bool) *ValueSet {
	return &ValueSet{t: t, fold: fold, texts: map[string]struct{}{}, ints: map[int64]struct{}{}}
}

// AddArg adds a value of a type; the elements of it, when it is a dynamic array.
func (s *ValueSet) AddArg(t schema.Type, v any) {
	if v == nil {
		return
	}
	if t == schema.Dynamic {
		v = column.Resolve(v)
		if list, ok := v.([]any); ok {
			for _, e := range list {
				s.addBoxed(column.Resolve(e))
			}
			return
		}
		s.addBoxed(v)
		return
	}
	switch t {
	case schema.Datetime:
		v = column.Datetime(v.(int64))
	case schema.Timespan:
		v = column.Timespan(v.(int64))
	}
	s.addBoxed(v)
}

func (s *ValueSet) addBoxed(v any) {
	if v == nil {
		return
	}
	v = Unbox(v, s.t)
	if v == nil {
		return
	}
	switch x := v.(type) {
	case string:
		if s.t == schema.String {
			if s.fold {
				x = Fold(x)
			}
			s.texts[x] = struct{}{}
			return
		}
	case int64:
		if s.t != schema.Dynamic {
			s.ints[x] = struct{}{}
			return
		}
	}
	s.texts[string(AppendKey(nil, v))] = struct{}{}
}

// Add adds every value of a vector.
func (s *ValueSet) Add(v *column.Vector) {
	for i := range v.Len() {
		if !v.Null(i) {
			s.AddArg(v.Type, v.Value(i))
		}
	}
}

// Has reports whether value i of a vector of the set's type is in the set.
func (s *ValueSet) Has(v *column.Vector, i int) bool {
	if v.Null(i) {
		return false
	}
	var ok bool
	switch s.t {
	case schema.String:
		x := v.Strings[i]
		if s.fold {
			x = Fold(x)
		}
		_, ok = s.texts[x]
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		_, ok = s.ints[v.Ints[i]]
	default:
		_, ok = s.texts[string(AppendKey(nil, v.Value(i)))]
	}
	return ok
}
