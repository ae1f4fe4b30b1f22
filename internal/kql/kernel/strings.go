package kernel

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// textFunc lifts a function of one text.
func textFunc[R elem](t schema.Type, f func(string) R) def {
	return def{bind: func(*site) (eval, schema.Type, error) {
		return map1(t, asTexts, func(s string) (R, bool) { return f(s), true }), t, nil
	}, min: 1, max: 1}
}

func stringFunctions() family {
	return family{
		"strlen":       textFunc(schema.Long, func(s string) int64 { return int64(utf8.RuneCountInString(s)) }),
		"string_size":  textFunc(schema.Long, func(s string) int64 { return int64(len(s)) }),
		"toupper":      textFunc(schema.String, strings.ToUpper),
		"tolower":      textFunc(schema.String, strings.ToLower),
		"reverse":      textFunc(schema.String, reverseText),
		"isascii":      textFunc(schema.Bool, isASCII),
		"isutf8":       textFunc(schema.Bool, utf8.ValidString),
		"strcat":       {bind: bindConcat, min: 1, max: -1},
		"strcat_delim": {bind: bindConcatDelim, min: 2, max: -1},
		"strcmp": {bind: func(*site) (eval, schema.Type, error) {
			return map2(schema.Long, asTexts, asTexts, func(a, b string) (int64, bool) { return int64(strings.Compare(a, b)), true }), schema.Long, nil
		}, min: 2, max: 2},
		"strrep":    {bind: bindRepeatText, min: 2, max: 3},
		"substring": {bind: bindSubstring, min: 2, max: 3},
		"indexof":   {bind: bindIndexOf, min: 2, max: 5},
		"split":     {bind: bindSplit, min: 2, max: 3},
		"replace_string": {bind: func(*site) (eval, schema.Type, error) {
			return map3(schema.String, asTexts, asTexts, asTexts, func(s, from, to string) (string, bool) {
				if from == "" {
					return s, true
				}
				if len(to) > len(from) && len(s) > maxBuilt/len(to) {
					built("replace_string", len(s)+strings.Count(s, from)*(len(to)-len(from)))
				}
				return strings.ReplaceAll(s, from, to), true
			}), schema.String, nil
		}, min: 3, max: 3},
		"replace_strings":                {bind: bindReplaceStrings, min: 3, max: 3},
		"translate":                      {bind: bindTranslate, min: 3, max: 3},
		"countof":                        {bind: bindCountOf, min: 2, max: 3},
		"unicode_codepoints_from_string": {bind: bindCodepoints, min: 1, max: 1}, "to_utf8": {bind: bindCodepoints, min: 1, max: 1},
		"unicode_codepoints_to_string": {bind: bindFromCodepoints, min: 1, max: -1}, "make_string": {bind: bindFromCodepoints, min: 1, max: -1},
		"tohex": {bind: bindToHex, min: 1, max: 2},
	}
}

func reverseText(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func bindConcat(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		parts := make([]in[string], len(args))
		for i, a := range args {
			parts[i] = asTexts(a, n)
		}
		out := column.Make(schema.String, n)
		var buf []byte
		for r := range n {
			buf = buf[:0]
			for _, p := range parts {
				buf = append(buf, p.at(r)...)
				built("strcat", len(buf))
			}
			out.Strings[r] = string(buf)
		}
		return out
	}, schema.String, nil
}

func bindConcatDelim(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		parts := make([]in[string], len(args))
		for i, a := range args {
			parts[i] = asTexts(a, n)
		}
		out := column.Make(schema.String, n)
		for r := range n {
			var buf []byte
			for i, p := range parts[1:] {
				if i > 0 {
					buf = append(buf, parts[0].at(r)...)
				}
				buf = append(buf, p.at(r)...)
				built("strcat_delim", len(buf))
			}
			out.Strings[r] = string(buf)
		}
		return out
	}, schema.String, nil
}

// maxText bounds what functions that multiply text may build.
const maxText = 1 << 20

func bindRepeatText(s *site) (eval, schema.Type, error) {
	repeat := func(v string, k int64, delim string) (string, bool) {
		each := int64(len(v)) + int64(len(delim))
		switch {
		case k <= 0:
			return "", false
		case each == 0:
			return "", true
		case k > maxText/each:
			return "", false
		}
		parts := make([]string, k)
		for i := range parts {
			parts[i] = v
		}
		return strings.Join(parts, delim), true
	}
	if len(s.args) == 2 {
		return map2(schema.String, asTexts, asInts, func(v string, k int64) (string, bool) { return repeat(v, k, "") }), schema.String, nil
	}
	return map3(schema.String, asTexts, asInts, asTexts, repeat), schema.String, nil
}

// cut returns the runes [start, start+length) of s; a negative start counts from the end.
func cut(s string, start, length int64) string {
	if isASCII(s) {
		n := int64(len(s))
		if start < 0 {
			start = max(start+n, 0)
		}
		start = min(start, n)
		return s[start : start+min(max(length, 0), n-start)]
	}
	r := []rune(s)
	n := int64(len(r))
	if start < 0 {
		start = max(start+n, 0)
	}
	start = min(start, n)
	return string(r[start : start+min(max(length, 0), n-start)])
}

func bindSubstring(s *site) (eval, schema.Type, error) {
	if len(s.args) == 2 {
		return map2(schema.String, asTexts, asInts, func(v string, start int64) (string, bool) { return cut(v, start, 1<<40), true }), schema.String, nil
	}
	return map3(schema.String, asTexts, asInts, asInts, func(v string, start, length int64) (string, bool) {
		return cut(v, start, length), true
	}), schema.String, nil
}

// search holds the optional arguments of indexof and indexof_regex, positions in runes.
type search struct {
	text               string
	size               int64 // of the text, in runes
	start, length, nth int64
}

// place is a place in a text, in runes and in bytes.
type place struct {
	rune int64
	at   int
}

// forward moves a place on to a rune.
func (p *place) forward(text string, to int64) {
	for p.rune < to && p.at < len(text) {
		_, size := utf8.DecodeRuneInString(text[p.at:])
		p.at += size
		p.rune++
	}
}

// searchOf reads (text, start, length, occurrence).
func searchOf(text string, a []any) (w search, ok bool) {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	w = search{text: text, size: int64(utf8.RuneCountInString(text)), length: -1, nth: 1}
	for i, dst := range []*int64{&w.start, &w.length, &w.nth} {
		if i >= len(a) {
			break
		}
		v, isNumber := toLong(a[i])
		if !isNumber {
			return w, false
		}
		*dst = v
	}
	n := w.size
	if w.length < -1 || w.nth < 1 {
		return w, false
	}
	if w.start < 0 {
		w.start = max(w.start+n, 0)
	}
	w.start = min(w.start, n)
	return w, true
}

// find returns the place of the wanted occurrence, or -1. first gives the byte range of the first match in a text; the
// length bounds the look for each occurrence anew, and next says where the next look begins. The text is gone through once.
func (w search) find(first func(s string) []int, next func(at, size int64) int64) int64 {
	var from, end place
	from.forward(w.text, w.start)
	for k := int64(1); ; k++ {
		until := len(w.text)
		if w.length >= 0 && w.length < w.size-from.rune {
			end.forward(w.text, from.rune+w.length)
			until = end.at
		}
		text := w.text[from.at:until]
		m := first(text)
		if m == nil {
			return -1
		}
		at := from.rune + int64(utf8.RuneCountInString(text[:m[0]]))
		if k == w.nth {
			return at
		}
		to := next(at, int64(utf8.RuneCountInString(text[m[0]:m[1]])))
		if to > w.size {
			return -1
		}
		from.forward(w.text, to)
	}
}

func bindIndexOf(*site) (eval, schema.Type, error) {
	return boxed(schema.Long, func(a []any) any {
		w, ok := searchOf(Text(a[0]), a[2:])
		if !ok {
			return nil
		}
		lookup := Text(a[1])
		return w.find(func(s string) []int {
			i := strings.Index(s, lookup)
			if i < 0 {
				return nil
			}
			return []int{i, i + len(lookup)}
		}, func(at, _ int64) int64 { return at + 1 })
	}), schema.Long, nil
}

func bindSplit(s *site) (eval, schema.Type, error) {
	pick := len(s.args) == 3
	return func(args []*column.Vector, n int) *column.Vector {
		text, sep := asTexts(args[0], n), asTexts(args[1], n)
		out := column.New(schema.Dynamic, n)
		for r := range n {
			var parts []string
			if sep.at(r) == "" {
				parts = []string{text.at(r)}
			} else {
				parts = strings.Split(text.at(r), sep.at(r))
			}
			if pick {
				at, ok := toLong(Box(args[2], rowOf(args[2], r, n)))
				if !ok || at < 0 || at >= int64(len(parts)) {
					out.AppendAny([]any{""})
				} else {
					out.AppendAny([]any{parts[at]})
				}
				continue
			}
			list := make([]any, len(parts))
			for i, p := range parts {
				list[i] = p
			}
			out.AppendAny(list)
		}
		return out
	}, schema.Dynamic, nil
}

// bindReplaceStrings replaces one lookup after the other, each where none before it has replaced. A replacement that is not
// a string leaves the text as it is, and guards it from later lookups.
func bindReplaceStrings(*site) (eval, schema.Type, error) {
	return boxed(schema.String, func(a []any) any {
		from, okF := a[1].([]any)
		to, okT := a[2].([]any)
		if !okF || !okT || len(from) != len(to) {
			return ""
		}
		type piece struct {
			text string
			done bool
		}
		pieces := []piece{{text: Text(a[0])}}
		for k := range from {
			f := Text(from[k])
			if f == "" {
				continue
			}
			t, isText := column.Resolve(to[k]).(string)
			if !isText {
				t = f
			}
			var next []piece
			for _, p := range pieces {
				if p.done {
					next = append(next, p)
					continue
				}
				for i, part := range strings.Split(p.text, f) {
					if i > 0 {
						next = append(next, piece{t, true})
					}
					next = append(next, piece{text: part})
				}
			}
			pieces = next
		}
		var sb strings.Builder
		for _, p := range pieces {
			built("replace_strings", sb.Len()+len(p.text))
			sb.WriteString(p.text)
		}
		return sb.String()
	}), schema.String, nil
}

// bindTranslate binds translate(searchList, replacementList, text): the last replacement stands for the missing ones.
func bindTranslate(*site) (eval, schema.Type, error) {
	return map3(schema.String, asTexts, asTexts, asTexts, func(from, to, s string) (string, bool) {
		t := []rune(to)
		becomes := map[rune]rune{}
		for i, c := range []rune(from) {
			if _, known := becomes[c]; known {
				continue
			}
			switch {
			case len(t) == 0:
				becomes[c] = -1
			case i < len(t):
				becomes[c] = t[i]
			default:
				becomes[c] = t[len(t)-1]
			}
		}
		return strings.Map(func(r rune) rune {
			if c, known := becomes[r]; known {
				return c
			}
			return r
		}, s), true
	}), schema.String, nil
}

// bindCountOf binds countof(text, search [, 'normal' | 'regex']): occurrences of text may overlap, of a regex not.
func bindCountOf(s *site) (eval, schema.Type, error) {
	if kind, ok := s.text(2); ok && kind == "regex" {
		re, err := s.regexArg(1, nil)
		if err != nil {
			return nil, 0, err
		}
		return func(args []*column.Vector, n int) *column.Vector {
			text, res := asTexts(args[0], n), re(args, n)
			out := column.Make(schema.Long, n)
			for r := range n {
				if x := res.at(r); x != nil {
					out.Ints[r] = int64(len(x.FindAllStringIndex(text.at(r), -1)))
				}
			}
			return out
		}, schema.Long, nil
	}
	return map2(schema.Long, asTexts, asTexts, func(s, sub string) (int64, bool) {
		if sub == "" {
			return 0, true
		}
		var k int64
		for i := 0; ; {
			j := strings.Index(s[i:], sub)
			if j < 0 {
				return k, true
			}
			k++
			_, size := utf8.DecodeRuneInString(s[i+j:])
			i += j + size
		}
	}), schema.Long, nil
}

func bindCodepoints(*site) (eval, schema.Type, error) {
	return boxed(schema.Dynamic, func(a []any) any {
		out := []any{}
		for _, r := range Text(a[0]) {
			out = append(out, int64(r))
		}
		return out
	}), schema.Dynamic, nil
}

func bindFromCodepoints(*site) (eval, schema.Type, error) {
	return boxed(schema.String, func(a []any) any {
		var sb strings.Builder
		var add func(v any)
		add = func(v any) {
			v = column.Resolve(v)
			if list, ok := v.([]any); ok {
				for _, e := range list {
					add(e)
				}
				return
			}
			if k, ok := toLong(v); ok && k > 0 && k <= unicode.MaxRune {
				sb.WriteRune(rune(k))
			}
		}
		for _, v := range a {
			add(v)
		}
		return sb.String()
	}), schema.String, nil
}

// bindToHex prints two's complement: 32 bits for an int, 64 for a long.
func bindToHex(s *site) (eval, schema.Type, error) {
	narrow := s.typ(0) == schema.Int
	hex := func(v, width int64) (string, bool) {
		u := uint64(v)
		if narrow {
			u &= 0xffffffff
		}
		text := strconv.FormatUint(u, 16)
		if d := int(min(max(width, 0), 64)) - len(text); d > 0 {
			text = strings.Repeat("0", d) + text
		}
		return text, true
	}
	if len(s.args) == 1 {
		return map1(schema.String, asInts, func(v int64) (string, bool) { return hex(v, 0) }), schema.String, nil
	}
	return map2(schema.String, asInts, asInts, hex), schema.String, nil
}
