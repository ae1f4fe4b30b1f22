package kernel

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func bags() family {
	pack := def{bind: bindPack, min: 0, max: -1}
	return family{
		"bag_pack_nonempty": pack, // bag_pack that leaves out what is null or empty
		"bag_pack":          pack, "pack": pack, "pack_dictionary": pack,
		"bag_keys":        dynamicFunc(1, 1, bagKeys),
		"bag_merge":       dynamicFunc(1, 64, bagMerge),
		"bag_has_key":     typedFunc(schema.Bool, 2, 2, bagHasKey),
		"bag_remove_keys": dynamicFunc(2, 2, bagRemoveKeys),
		"bag_set_key":     dynamicFunc(3, 3, bagSetKey),
		"bag_zip":         dynamicFunc(2, 2, bagZip),
		"set_union":       dynamicFunc(1, -1, setUnion),
		"set_intersect":   dynamicFunc(1, -1, setIntersect),
		"set_difference":  dynamicFunc(1, -1, setDifference),
		"set_has_element": typedFunc(schema.Bool, 2, 2, setHasElement),
		"set_equals":      typedFunc(schema.Bool, 2, 2, setEquals),
		"jaccard_index":   typedFunc(schema.Real, 2, 2, jaccardIndex),
	}
}

// bindPack binds bag_pack(key, value, ...).
func bindPack(s *site) (eval, schema.Type, error) {
	dense := s.name == "bag_pack_nonempty"
	return func(args []*column.Vector, n int) *column.Vector {
		out := column.New(schema.Dynamic, n)
		keys := make([]in[string], 0, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			keys = append(keys, asTexts(args[i], n))
		}
		for r := range n {
			b := column.NewObjectBuilder(len(keys))
			for i, k := range keys {
				v := args[2*i+1]
				at := rowOf(v, r, n)
				switch {
				case dense && (v.Null(at) || v.Type == schema.String && v.Strings[at] == ""):
				case v.Null(at):
					b.Set(k.at(r), nil)
				default:
					b.Set(k.at(r), element(v, at))
				}
			}
			out.AppendAny(b.Object())
		}
		return out
	}, schema.Dynamic, nil
}

func bagKeys(a []any) any {
	o, ok := a[0].(*column.Object)
	if !ok {
		return nil
	}
	out := make([]any, len(o.Keys))
	for i, k := range o.Keys {
		out[i] = k
	}
	return out
}

// bagMerge keeps the value of the first bag that has a key.
func bagMerge(a []any) any {
	b := column.NewObjectBuilder(8)
	some := false
	for _, v := range a {
		o, ok := v.(*column.Object)
		if !ok {
			continue
		}
		some = true
		for i, k := range o.Keys {
			if !b.Has(k) {
				b.Set(k, o.Values[i])
			}
		}
	}
	if !some {
		return nil
	}
	return b.Object()
}

// bagHasKey takes a key or a JSON path that begins with $.
func bagHasKey(a []any) any {
	o, ok := a[0].(*column.Object)
	if !ok {
		return nil
	}
	key := Text(a[1])
	if len(key) > 1 && key[0] == '$' && (key[1] == '.' || key[1] == '[') {
		steps, ok := parsePath(key)
		if !ok {
			return nil
		}
		return hasPath(o, steps)
	}
	_, has := o.Get(key)
	return has
}

func hasPath(v any, steps []pathStep) bool {
	for _, s := range steps {
		v = column.Resolve(v)
		if s.array {
			list, ok := v.([]any)
			if !ok || s.index < 0 || s.index >= int64(len(list)) {
				return false
			}
			v = list[s.index]
			continue
		}
		o, ok := v.(*column.Object)
		if !ok {
			return false
		}
		if v, ok = o.Get(s.key); !ok {
			return false
		}
	}
	return true
}

func bagRemoveKeys(a []any) any {
	o, ok := a[0].(*column.Object)
	list, okL := a[1].([]any)
	if !ok || !okL {
		return nil
	}
	worked("bag_remove_keys", len(o.Keys), len(list))
	var v any = o
	for _, e := range list {
		key := Text(e)
		if steps, ok := parsePath(key); ok && len(key) > 1 && key[0] == '$' {
			v = withoutPath(v, steps)
		} else {
			v = withoutPath(v, []pathStep{{key: key}})
		}
	}
	return v
}

// withoutPath returns a copy of the value that lacks what the path names.
func withoutPath(v any, steps []pathStep) any {
	if len(steps) == 0 {
		return v
	}
	s := steps[0]
	switch x := column.Resolve(v).(type) {
	case *column.Object:
		i := slices.Index(x.Keys, s.key)
		if i < 0 || s.array {
			return x
		}
		if len(steps) == 1 {
			return &column.Object{Keys: slices.Delete(slices.Clone(x.Keys), i, i+1), Values: slices.Delete(slices.Clone(x.Values), i, i+1)}
		}
		out := &column.Object{Keys: x.Keys, Values: slices.Clone(x.Values)}
		out.Values[i] = withoutPath(x.Values[i], steps[1:])
		return out
	case []any:
		if !s.array || s.index < 0 || s.index >= int64(len(x)) {
			return x
		}
		if len(steps) == 1 {
			return x
		}
		out := slices.Clone(x)
		out[s.index] = withoutPath(x[s.index], steps[1:])
		return out
	}
	return v
}

func bagSetKey(a []any) any {
	o, ok := a[0].(*column.Object)
	if !ok {
		return nil
	}
	key := Text(a[1])
	steps := []pathStep{{key: key}}
	if len(key) > 1 && key[0] == '$' {
		if steps, ok = parsePath(key); !ok || len(steps) > maxPath {
			return nil
		}
	}
	return withPath(o, steps, a[2])
}

// maxPath is how deep bag_set_key nests what it makes.
const maxPath = 256

// withPath returns a copy of the value in which the path leads to v.
func withPath(at any, steps []pathStep, v any) any {
	if len(steps) == 0 {
		return v
	}
	if steps[0].array {
		return at
	}
	out := &column.Object{}
	if o, ok := column.Resolve(at).(*column.Object); ok {
		out.Keys, out.Values = slices.Clone(o.Keys), slices.Clone(o.Values)
	}
	old, _ := out.Get(steps[0].key)
	out.Set(steps[0].key, withPath(old, steps[1:], v))
	return out
}

func bagZip(a []any) any {
	keys, okK := a[0].([]any)
	values, okV := a[1].([]any)
	if !okK || !okV {
		return nil
	}
	b := column.NewObjectBuilder(len(keys))
	for i, k := range keys {
		key, ok := column.Resolve(k).(string)
		if !ok {
			continue
		}
		var v any
		if i < len(values) {
			v = values[i]
		}
		b.Set(key, v)
	}
	return b.Object()
}

// keySet indexes the elements of an array.
func keySet(list []any) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, e := range list {
		out[string(AppendKey(nil, e))] = true
	}
	return out
}

// sets reads every argument as an array; ok is false when one is not.
func sets(a []any) ([][]any, bool) {
	out := make([][]any, len(a))
	for i, v := range a {
		list, ok := v.([]any)
		if !ok {
			return nil, false
		}
		out[i] = list
	}
	return out, true
}

// unique returns the elements that keep accepts, each once, in the order of their first place.
func unique(lists [][]any, keep func(key string) bool) any {
	seen := map[string]bool{}
	out := []any{}
	for _, l := range lists {
		for _, e := range l {
			k := string(AppendKey(nil, e))
			if !seen[k] && keep(k) {
				seen[k] = true
				out = append(out, e)
			}
		}
	}
	return out
}

func setUnion(a []any) any {
	lists, ok := sets(a)
	if !ok {
		return nil
	}
	return unique(lists, func(string) bool { return true })
}

func setIntersect(a []any) any {
	lists, ok := sets(a)
	if !ok {
		return nil
	}
	var others []map[string]bool
	for _, l := range lists[1:] {
		others = append(others, keySet(l))
	}
	return unique(lists[:1], func(k string) bool {
		for _, o := range others {
			if !o[k] {
				return false
			}
		}
		return true
	})
}

func setDifference(a []any) any {
	lists, ok := sets(a)
	if !ok {
		return nil
	}
	var others []map[string]bool
	for _, l := range lists[1:] {
		others = append(others, keySet(l))
	}
	return unique(lists[:1], func(k string) bool {
		for _, o := range others {
			if o[k] {
				return false
			}
		}
		return true
	})
}

func setHasElement(a []any) any {
	list, ok := a[0].([]any)
	if !ok {
		return nil
	}
	return slices.ContainsFunc(list, func(e any) bool { return Compare(e, a[1]) == 0 })
}

func setEquals(a []any) any {
	lists, ok := sets(a)
	if !ok {
		return nil
	}
	x, y := keySet(lists[0]), keySet(lists[1])
	if len(x) != len(y) {
		return false
	}
	for k := range x {
		if !y[k] {
			return false
		}
	}
	return true
}

func jaccardIndex(a []any) any {
	lists, ok := sets(a)
	if !ok {
		return nil
	}
	x, y := keySet(lists[0]), keySet(lists[1])
	both := 0
	for k := range x {
		if y[k] {
			both++
		}
	}
	all := len(x) + len(y) - both
	if all == 0 {
		return 0.0
	}
	return float64(both) / float64(all)
}
