package kernel

import (
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func dynamics() family {
	f := family{
		"member":     {bind: bindMember, min: 2, max: 2},
		"index":      {bind: bindIndex, min: 2, max: 2},
		"parse_json": {bind: bindParseJSON, min: 1, max: 1},
		"todynamic":  {bind: bindParseJSON, min: 1, max: 1}, "toobject": {bind: bindParseJSON, min: 1, max: 1}, "parsejson": {bind: bindParseJSON, min: 1, max: 1},
		"extract_json":    {bind: bindExtractJSON, min: 2, max: 3},
		"extractjson":     {bind: bindExtractJSON, min: 2, max: 3},
		"dynamic_to_json": {bind: bindDynamicToJSON, min: 1, max: 1},
		"treepath":        {bind: bindTreePath, min: 1, max: 1},
	}
	return f
}

// ParseDynamic is parse_json of a string: text that is not JSON is kept as the string it is.
func ParseDynamic(s string) any {
	t := strings.TrimSpace(s)
	if t == "" {
		return nil
	}
	switch t[0] {
	case '{', '[':
		if _, ok := column.ParseJSON(t); ok {
			return column.Raw(t)
		}
		return s
	}
	if v, ok := column.ParseJSON(t); ok {
		return v
	}
	return s
}

func bindParseJSON(s *site) (eval, schema.Type, error) {
	switch s.typ(0) {
	case schema.Dynamic:
		return func(args []*column.Vector, n int) *column.Vector { return spread(args[0], n) }, schema.Dynamic, nil
	case schema.String:
		return func(args []*column.Vector, n int) *column.Vector {
			a := texts(args[0], n)
			out := column.New(schema.Dynamic, n)
			for r := range n {
				out.AppendAny(ParseDynamic(a.at(r)))
			}
			return out
		}, schema.Dynamic, nil
	}
	return func(args []*column.Vector, n int) *column.Vector {
		return spread(Convert(args[0], schema.Dynamic), n)
	}, schema.Dynamic, nil
}

// bindMember binds d.name.
func bindMember(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		d, key := asAny(args[0], n), asTexts(args[1], n)
		out := column.New(schema.Dynamic, n)
		for r := range n {
			out.AppendAny(column.Member(d.at(r), key.at(r)))
		}
		return out
	}, schema.Dynamic, nil
}

// Element returns d[i] for an array, d["key"] for a bag; nil when there is no such place.
func Element(d, at any) any {
	switch k := at.(type) {
	case int64:
		list, ok := column.Resolve(d).([]any)
		if !ok {
			return nil
		}
		if k < 0 {
			k += int64(len(list))
		}
		if k < 0 || k >= int64(len(list)) {
			return nil
		}
		return list[k]
	case string:
		return column.Member(d, k)
	}
	return nil
}

func bindIndex(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		d := asAny(args[0], n)
		out := column.New(schema.Dynamic, n)
		for r := range n {
			out.AppendAny(Element(d.at(r), Box(args[1], rowOf(args[1], r, n))))
		}
		return out
	}, schema.Dynamic, nil
}

// pathStep is one step of a JSON path.
type pathStep struct {
	key   string
	index int64
	array bool
}

// parsePath reads a JSON path such as $.a['b'][0]; the leading $ may be missing.
func parsePath(p string) ([]pathStep, bool) {
	p = strings.TrimSpace(p)
	p = strings.TrimPrefix(p, "$")
	var steps []pathStep
	for p != "" {
		switch {
		case p[0] == '.':
			p = p[1:]
		case p[0] == '[':
			end := strings.IndexByte(p, ']')
			if end < 0 {
				return nil, false
			}
			in := strings.TrimSpace(p[1:end])
			if len(in) > 1 && (in[0] == '\'' || in[0] == '"') {
				q := in[0]
				stop := strings.Index(p, string(q)+"]")
				if stop < 2 {
					return nil, false
				}
				steps = append(steps, pathStep{key: p[strings.IndexByte(p, q)+1 : stop]})
				p = p[stop+2:]
				continue
			}
			i, err := strconv.ParseInt(in, 10, 32)
			if err != nil {
				return nil, false
			}
			steps = append(steps, pathStep{index: i, array: true})
			p = p[end+1:]
		default:
			end := strings.IndexAny(p, ".[")
			if end < 0 {
				end = len(p)
			}
			steps = append(steps, pathStep{key: p[:end]})
			p = p[end:]
		}
	}
	return steps, true
}

func follow(v any, steps []pathStep) any {
	for _, s := range steps {
		if s.array {
			v = Element(v, s.index)
		} else {
			v = column.Member(v, s.key)
		}
		if v == nil {
			return nil
		}
	}
	return v
}

// bindExtractJSON binds extract_json(path, json [, typeof]); the type is the caller's.
func bindExtractJSON(s *site) (eval, schema.Type, error) {
	t := s.ret
	if t == schema.Unknown {
		t = schema.String
	}
	return boxed(t, func(a []any) any {
		path, _ := a[0].(string)
		steps, ok := parsePath(path)
		if !ok {
			return nil
		}
		doc := a[1]
		if text, isText := doc.(string); isText {
			if doc, ok = column.ParseJSON(text); !ok {
				return nil
			}
		}
		return Unbox(follow(doc, steps), t)
	}), t, nil
}

func bindDynamicToJSON(*site) (eval, schema.Type, error) {
	return boxed(schema.String, func(a []any) any {
		if a[0] == nil {
			return ""
		}
		return string(column.AppendJSON(nil, sortKeys(column.Deep(a[0]))))
	}), schema.String, nil
}

// bindTreePath lists the paths of a dynamic's members.
func bindTreePath(*site) (eval, schema.Type, error) {
	return boxed(schema.Dynamic, func(a []any) any {
		var out []any
		seen := map[string]bool{}
		var walk func(v any, path string)
		walk = func(v any, path string) {
			switch x := v.(type) {
			case *column.Object:
				for i, k := range x.Keys {
					p := path + "['" + k + "']"
					if !seen[p] {
						seen[p] = true
						out = append(out, p)
					}
					walk(x.Values[i], p)
				}
			case []any:
				p := path + "[0]"
				if len(x) > 0 && !seen[p] {
					seen[p] = true
					out = append(out, p)
				}
				for _, e := range x {
					walk(e, p)
				}
			}
		}
		walk(column.Deep(a[0]), "")
		return out
	}), schema.Dynamic, nil
}
