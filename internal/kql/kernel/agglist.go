package kernel

import (
	"math"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// maxElements is how many elements a list or set holds when the query does not say.
const maxElements = 1_048_576

// list collects values in the order of their rows.
type list struct {
	nulls bool
	most  int
	v     [][]any
	size  int64
}

// limitArg reads the optional bound after the value.
func limitArg(s *aggSite) int {
	switch s.name {
	case "makeset", "makelist":
		if len(s.args) < 2 {
			return 128
		}
	}
	if len(s.args) < 2 {
		return maxElements
	}
	n, ok := s.args[1].Value.(int64)
	if !ok || n < 0 || n > math.MaxInt32 {
		return maxElements
	}
	return int(n)
}

func newList(nulls bool) func(*aggSite) (Aggregator, error) {
	return func(s *aggSite) (Aggregator, error) { return &list{nulls: nulls, most: limitArg(s)}, nil }
}

// element returns value r as an element of a dynamic, without parsing it.
func element(v *column.Vector, r int) any {
	if v.Type == schema.Dynamic {
		return v.Any[r]
	}
	return Box(v, r)
}

// sizeOf is about how many bytes a value keeps alive; of one that is larger than maxBuilt no more is counted.
func sizeOf(x any) int64 { return sizeUpTo(x, maxBuilt) }

func sizeUpTo(x any, most int64) int64 {
	switch x := x.(type) {
	case []any:
		sum := int64(40)
		for _, e := range x {
			if sum > most {
				break
			}
			sum += 16 + sizeUpTo(e, most-sum)
		}
		return sum
	case *column.Object:
		sum := int64(72)
		for i, k := range x.Keys {
			if sum > most {
				break
			}
			sum += 32 + int64(len(k)) + sizeUpTo(x.Values[i], most-sum)
		}
		return sum
	case string:
		return 32 + int64(len(x))
	case column.Raw:
		return 32 + int64(len(x))
	}
	return 32
}

func (a *list) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v = grown(a.v, total)
	v := args[0]
	for r, g := range groups[:n] {
		if v.Null(r) && !a.nulls || len(a.v[g]) >= a.most {
			continue
		}
		e := element(v, r)
		if v.Type == schema.Dynamic && !a.nulls {
			if elements, ok := column.Resolve(e).([]any); ok { // they count one by one
				elements = elements[:min(len(elements), a.most-len(a.v[g]))]
				a.v[g] = append(a.v[g], elements...)
				a.size += sizeOf(elements)
				continue
			}
		}
		a.v[g] = append(a.v[g], e)
		a.size += sizeOf(e)
	}
}

func (a *list) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	out := column.New(schema.Dynamic, total)
	for _, l := range a.v[:total] {
		if l == nil {
			l = []any{}
		}
		out.AppendAny(l)
	}
	return []*column.Vector{out}
}

func (a *list) Size() int64 { return a.size }

// set collects different values in the order of their first rows; the elements of an array count one by one.
type set struct {
	most int
	seen []map[string]struct{}
	v    [][]any
	size int64
	buf  []byte
}

func newSet(s *aggSite) (Aggregator, error) { return &set{most: limitArg(s)}, nil }

func (a *set) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v, a.seen = grown(a.v, total), grown(a.seen, total)
	v := args[0]
	for r, g := range groups[:n] {
		if v.Null(r) {
			continue
		}
		x := Box(v, r)
		if elements, ok := x.([]any); ok {
			for _, e := range elements {
				a.add(g, e)
			}
			continue
		}
		a.add(g, x)
	}
}

func (a *set) add(g int, x any) {
	if x == nil || len(a.v[g]) >= a.most {
		return
	}
	a.buf = AppendKey(a.buf[:0], x)
	if _, ok := a.seen[g][string(a.buf)]; ok {
		return
	}
	if a.seen[g] == nil {
		a.seen[g] = map[string]struct{}{}
	}
	a.seen[g][string(a.buf)] = struct{}{}
	a.v[g] = append(a.v[g], x)
	a.size += sizeOf(x) + int64(len(a.buf)) + 32
}

func (a *set) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	l := list{v: a.v}
	return l.Result(total)
}

func (a *set) Size() int64 { return a.size }

// bag merges property bags; the first value of a key stays.
type bag struct {
	most int
	v    []*column.ObjectBuilder
	n    []int
	size int64
}

func newBag(s *aggSite) (Aggregator, error) { return &bag{most: limitArg(s)}, nil }

func (a *bag) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v, a.n = grown(a.v, total), grown(a.n, total)
	v := args[0]
	for r, g := range groups[:n] {
		o, ok := Box(v, r).(*column.Object)
		if !ok {
			continue
		}
		if a.v[g] == nil {
			a.v[g] = column.NewObjectBuilder(len(o.Keys))
		}
		for i, k := range o.Keys {
			if a.n[g] < a.most && !a.v[g].Has(k) {
				a.v[g].Set(k, o.Values[i])
				a.n[g]++
				a.size += sizeOf(o.Values[i]) + int64(len(k)) + 16
			}
		}
	}
}

func (a *bag) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	out := column.New(schema.Dynamic, total)
	for _, b := range a.v[:total] {
		if b == nil {
			b = column.NewObjectBuilder(0)
		}
		out.AppendAny(b.Object())
	}
	return []*column.Vector{out}
}

func (a *bag) Size() int64 { return a.size }

// schemaOf describes the shapes that a dynamic column takes.
type schemaOf struct{ v []*shape }

// shape is what was seen at one place: scalar types, the members of bags, the elements of arrays.
type shape struct {
	types   []string
	members *column.ObjectBuilder // of *shape
	item    *shape
}

func newSchema(*aggSite) (Aggregator, error) { return &schemaOf{}, nil }

func (a *schemaOf) Add(groups []int, total int, args []*column.Vector, n int) {
	a.v = grown(a.v, total)
	for r, g := range groups[:n] {
		x := column.Deep(Box(args[0], r))
		if x == nil {
			continue
		}
		if a.v[g] == nil {
			a.v[g] = &shape{}
		}
		a.v[g].see(x)
	}
}

func (s *shape) see(x any) {
	switch x := x.(type) {
	case nil:
	case []any:
		if s.item == nil {
			s.item = &shape{}
		}
		for _, e := range x {
			s.item.see(e)
		}
	case *column.Object:
		if s.members == nil {
			s.members = column.NewObjectBuilder(len(x.Keys))
		}
		for i, k := range x.Keys {
			if !s.members.Has(k) {
				s.members.Set(k, &shape{})
			}
			m, _ := s.members.Object().Get(k)
			m.(*shape).see(x.Values[i])
		}
	default:
		name := typeName(x)
		if name == "real" {
			name = "double"
		}
		for _, t := range s.types {
			if t == name {
				return
			}
		}
		s.types = append(s.types, name)
	}
}

func (s *shape) value() any {
	var alternatives []any
	for _, t := range s.types {
		alternatives = append(alternatives, t)
	}
	if s.members != nil || s.item != nil {
		b := column.NewObjectBuilder(4)
		if s.members != nil {
			o := s.members.Object()
			for i, k := range o.Keys {
				b.Set(k, o.Values[i].(*shape).value())
			}
		}
		if s.item != nil {
			b.Set("`indexer`", s.item.value())
		}
		alternatives = append(alternatives, b.Object())
	}
	switch len(alternatives) {
	case 0:
		return nil
	case 1:
		return alternatives[0]
	}
	return alternatives
}

func (a *schemaOf) Result(total int) []*column.Vector {
	a.v = grown(a.v, total)
	out := column.New(schema.Dynamic, total)
	for _, s := range a.v[:total] {
		if s == nil {
			out.AppendNull()
			continue
		}
		out.AppendAny(s.value())
	}
	return []*column.Vector{out}
}

func (a *schemaOf) Size() int64 { return int64(256 * len(a.v)) }
