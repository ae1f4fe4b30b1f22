package kernel

import (
	"regexp"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// matches holds the string operators.
func matches() family {
	f := family{}
	tests := map[string]func(n *needle, h string) bool{
		"has":        func(n *needle, h string) bool { return n.term(h, true, true) },
		"hasprefix":  func(n *needle, h string) bool { return n.term(h, true, false) },
		"hassuffix":  func(n *needle, h string) bool { return n.term(h, false, true) },
		"contains":   func(n *needle, h string) bool { return n.index(h, 0) >= 0 },
		"startswith": (*needle).prefix,
		"endswith":   (*needle).suffix,
	}
	for name, test := range tests {
		for _, cs := range []bool{false, true} {
			op := name
			if cs {
				op += "_cs"
			}
			f[op] = def{bind: bindNeedle(test, !cs, false), min: 2, max: 2}
			f["!"+op] = def{bind: bindNeedle(test, !cs, true), min: 2, max: 2}
		}
	}
	f["=~"] = def{bind: bindNeedle((*needle).equal, true, false), min: 2, max: 2}
	f["!~"] = def{bind: bindNeedle((*needle).equal, true, true), min: 2, max: 2}
	f["notcontains"], f["notcontains_cs"] = f["!contains"], f["!contains_cs"]
	f["has_any"] = def{bind: bindTerms(false), min: 2, max: -1}
	f["has_all"] = def{bind: bindTerms(true), min: 2, max: -1}
	f["matches regex"] = def{bind: bindMatchesRegex, min: 2, max: 2}
	f["has_any_index"] = def{bind: bindHasAnyIndex, min: 2, max: 2}
	return f
}

// bindNeedle binds a test of a text against one other text, which is prepared once when it is constant.
func bindNeedle(test func(n *needle, h string) bool, fold, negated bool) binder {
	return func(s *site) (eval, schema.Type, error) {
		fixed, isFixed := s.text(1)
		prepared := newNeedle(fixed, fold)
		return func(args []*column.Vector, n int) *column.Vector {
			h := asTexts(args[0], n)
			out := column.Make(schema.Bool, n)
			if isFixed {
				for r := range n {
					out.Bools[r] = test(&prepared, prepared.haystack(h.at(r))) != negated
				}
				return out
			}
			x := asTexts(args[1], n)
			var nd needle
			last, some := "", false
			for r := range n {
				if t := x.at(r); !some || t != last {
					nd, last, some = newNeedle(t, fold), t, true
				}
				out.Bools[r] = test(&nd, nd.haystack(h.at(r))) != negated
			}
			return out
		}, schema.Bool, nil
	}
}

// Terms is a list of terms for has_any and has_all.
type Terms struct {
	needles []needle
	all     bool
}

// NewTerms returns an empty list; all asks for every term, else one is enough.
func NewTerms(all bool) *Terms { return &Terms{all: all} }

// AddArg adds a value of a type as text; the elements of it, when it is a dynamic array.
func (t *Terms) AddArg(typ schema.Type, v any) {
	if v == nil {
		return
	}
	if typ == schema.Dynamic {
		if list, ok := column.Resolve(v).([]any); ok {
			for _, e := range list {
				t.needles = append(t.needles, newNeedle(Text(e), true))
			}
			return
		}
	}
	switch typ {
	case schema.Datetime:
		v = column.Datetime(v.(int64))
	case schema.Timespan:
		v = column.Timespan(v.(int64))
	}
	t.needles = append(t.needles, newNeedle(Text(v), true))
}

// Add adds every value of a vector.
func (t *Terms) Add(v *column.Vector) {
	for i := range v.Len() {
		t.AddArg(v.Type, v.Value(i))
	}
}

// Match reports whether the text has one of the terms, or all of them.
func (t *Terms) Match(s string) bool {
	for i := range t.needles {
		n := &t.needles[i]
		if n.term(n.haystack(s), true, true) != t.all {
			return !t.all
		}
	}
	return t.all && len(t.needles) > 0
}

func bindTerms(all bool) binder {
	return func(s *site) (eval, schema.Type, error) {
		var fixed *Terms
		if s.constFrom(1) {
			fixed = NewTerms(all)
			for _, a := range s.args[1:] {
				fixed.AddArg(a.Type, a.Value)
			}
		}
		return func(args []*column.Vector, n int) *column.Vector {
			h := asTexts(args[0], n)
			out := column.Make(schema.Bool, n)
			for r := range n {
				t := fixed
				if t == nil {
					t = NewTerms(all)
					for _, a := range args[1:] {
						t.AddArg(a.Type, a.Value(rowOf(a, r, n)))
					}
				}
				out.Bools[r] = t.Match(h.at(r))
			}
			return out
		}, schema.Bool, nil
	}
}

// constFrom reports whether all arguments from i on are constants.
func (s *site) constFrom(i int) bool {
	for _, a := range s.args[i:] {
		if !a.Const {
			return false
		}
	}
	return true
}

// bindHasAnyIndex binds has_any_index(text, array): the place of the first term found, or -1.
func bindHasAnyIndex(*site) (eval, schema.Type, error) {
	return boxed(schema.Long, func(a []any) any {
		list, ok := column.Resolve(a[1]).([]any)
		if !ok {
			return nil
		}
		text := Text(a[0])
		for i, e := range list {
			n := newNeedle(Text(e), true)
			if n.term(n.haystack(text), true, true) {
				return int64(i)
			}
		}
		return int64(-1)
	}), schema.Long, nil
}

// compileRegex compiles a pattern of the RE2 family.
func compileRegex(pattern string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fault.New(fault.Invalid, "regex_invalid", "The regular expression %q is not valid: %s.", pattern, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

// regexes gives the compiled pattern of a row: one when the argument is constant, else compiled when it changes.
// A pattern that does not compile is nil.
type regexes struct {
	fixed *regexp.Regexp
	pat   in[string]
	last  string
	re    *regexp.Regexp
	some  bool
}

func (x *regexes) at(r int) *regexp.Regexp {
	if x.fixed != nil {
		return x.fixed
	}
	if p := x.pat.at(r); !x.some || p != x.last {
		x.re, _ = compileRegex(p)
		x.last, x.some = p, true
	}
	return x.re
}

// regexArg prepares argument i as a pattern; wrap turns the pattern into the one to compile.
func (s *site) regexArg(i int, wrap func(string) string) (func(args []*column.Vector, n int) *regexes, error) {
	if wrap == nil {
		wrap = func(p string) string { return p }
	}
	if p, ok := s.text(i); ok {
		re, err := compileRegex(wrap(p))
		if err != nil {
			return nil, err
		}
		return func([]*column.Vector, int) *regexes { return &regexes{fixed: re} }, nil
	}
	return func(args []*column.Vector, n int) *regexes {
		pat := asTexts(args[i], n)
		wrapped := make([]string, len(pat.v))
		for k, p := range pat.v {
			wrapped[k] = wrap(p)
		}
		pat.v = wrapped
		return &regexes{pat: pat}
	}, nil
}

func bindMatchesRegex(s *site) (eval, schema.Type, error) {
	re, err := s.regexArg(1, nil)
	if err != nil {
		return nil, 0, err
	}
	return func(args []*column.Vector, n int) *column.Vector {
		h, res := asTexts(args[0], n), re(args, n)
		out := column.Make(schema.Bool, n)
		for r := range n {
			x := res.at(r)
			out.Bools[r] = x != nil && x.MatchString(h.at(r))
		}
		return out
	}, schema.Bool, nil
}
