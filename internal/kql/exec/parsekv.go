package exec

import (
	"context"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// kvReader adds the values of keys to every row.
type kvReader struct {
	in   Reader
	text *scalar
	n    *plan.ParseKV
	re   *regexp.Regexp
	key  map[string]int
	from []int // output column: input place, or -1-key
}

func (x *runner) parseKV(ctx context.Context, n *plan.ParseKV) (Reader, error) {
	at := places(n.Input.Cols())
	text, err := x.compile(ctx, n.X, at)
	if err != nil {
		return nil, err
	}
	r, err := newKV(n)
	if err != nil {
		return nil, err
	}
	r.text = text
	ids := map[int]int{}
	for i, c := range n.Keys {
		ids[c.ID] = i
	}
	for _, c := range n.Out {
		if i, ok := ids[c.ID]; ok {
			r.from = append(r.from, -1-i)
		} else {
			r.from = append(r.from, at[c.ID])
		}
	}
	if r.in, err = x.open(ctx, n.Input); err != nil {
		return nil, err
	}
	return r, nil
}

// newKV prepares the search for keys, without an input.
func newKV(n *plan.ParseKV) (r *kvReader, err error) {
	r = &kvReader{n: n, key: map[string]int{}}
	if n.Regex != "" {
		if r.re, err = regexp.Compile(n.Regex); err != nil || r.re.NumSubexp() != 2 {
			return nil, fault.New(fault.Invalid, "regex_invalid", "The regular expression of parse-kv must be valid and have exactly two groups, one for the key and one for the value.")
		}
	}
	for i, c := range n.Keys {
		r.key[c.Name] = i
	}
	return r, nil
}

func (r *kvReader) Close() error { return r.in.Close() }

func (r *kvReader) Next(ctx context.Context) (*column.Batch, error) {
	b, err := next(ctx, r.in)
	if err != nil {
		return nil, err
	}
	v := kernel.Convert(r.text.column(b), schema.String)
	cells := make([]*column.Vector, len(r.n.Keys))
	for i, c := range r.n.Keys {
		cells[i] = column.New(c.Type, b.N)
	}
	values := make([]any, len(cells))
	for row := range b.N {
		r.values(v.Strings[row], values)
		for i, x := range values {
			cells[i].Append(x)
		}
	}
	out := &column.Batch{N: b.N, Cols: make([]*column.Vector, len(r.from))}
	for k, f := range r.from {
		if f < 0 {
			out.Cols[k] = cells[-1-f]
		} else {
			out.Cols[k] = b.Cols[f]
		}
	}
	return out, nil
}

// values fills in the value of each key, nil for one that the text does not have.
func (r *kvReader) values(s string, into []any) {
	clear(into)
	found := make([]bool, len(into))
	r.pairs(s, func(key, value string) {
		i, ok := r.key[strings.TrimSpace(key)]
		if !ok || found[i] {
			return
		}
		found[i] = true
		if value = strings.TrimSpace(value); r.n.Keys[i].Type == schema.Dynamic {
			into[i] = kernel.ParseDynamic(value)
		} else {
			into[i] = kernel.Unbox(value, r.n.Keys[i].Type)
		}
	})
}

// pairs calls found for every pair of the text.
func (r *kvReader) pairs(s string, found func(key, value string)) {
	switch {
	case r.re != nil:
		for _, m := range r.re.FindAllStringSubmatch(s, -1) {
			found(m[1], m[2])
		}
	case r.n.Pair != "" || r.n.KV != "":
		r.delimited(s, found)
	default:
		r.loose(s, found)
	}
}

// quoted reads a quoted text at the start of s: its inside, and how long it is with its quotes.
func (r *kvReader) quoted(s string) (inside string, n int, ok bool) {
	for _, q := range r.n.Quotes {
		open, size := utf8.DecodeRuneInString(q)
		closing := open
		if len(q) > size {
			closing, _ = utf8.DecodeRuneInString(q[size:])
		}
		if first, w := utf8.DecodeRuneInString(s); s != "" && first == open {
			var b strings.Builder
			for i := w; i < len(s); {
				c, cw := utf8.DecodeRuneInString(s[i:])
				if r.escape(c) && i+cw < len(s) {
					_, nw := utf8.DecodeRuneInString(s[i+cw:])
					b.WriteString(s[i+cw : i+cw+nw])
					i += cw + nw
					continue
				}
				if c == closing {
					return b.String(), i + cw, true
				}
				b.WriteString(s[i : i+cw])
				i += cw
			}
		}
	}
	return "", 0, false
}

func (r *kvReader) escape(c rune) bool {
	for _, e := range r.n.Escapes {
		if x, _ := utf8.DecodeRuneInString(e); x == c {
			return true
		}
	}
	return false
}

// delimited reads key, delimiter, value, delimiter, and so on.
func (r *kvReader) delimited(s string, found func(key, value string)) {
	for s != "" {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		key, n, ok := r.quoted(s)
		if ok {
			s = s[n:]
			i := strings.Index(s, r.n.KV)
			if i < 0 {
				return
			}
			s = s[i+len(r.n.KV):]
		} else {
			i := strings.Index(s, r.n.KV)
			if i < 0 {
				return
			}
			if j := strings.Index(s, r.n.Pair); r.n.Pair != "" && j >= 0 && j < i {
				s = s[j+len(r.n.Pair):] // a word that is no key
				continue
			}
			key, s = s[:i], s[i+len(r.n.KV):]
		}
		trimmed := strings.TrimLeftFunc(s, unicode.IsSpace)
		if value, n, ok := r.quoted(trimmed); ok {
			found(key, value)
			s = trimmed[n:]
			if i := strings.Index(s, r.n.Pair); i >= 0 {
				s = s[i+len(r.n.Pair):]
				continue
			}
			return
		}
		end := r.valueEnd(s)
		found(key, s[:end])
		s = s[min(len(s), end+len(r.n.Pair)):]
	}
}

// valueEnd is where an unquoted value ends: at the next delimiter, or for the greedy at one that a key follows.
func (r *kvReader) valueEnd(s string) int {
	if r.n.Pair == "" {
		return len(s)
	}
	for at := 0; ; {
		i := strings.Index(s[at:], r.n.Pair)
		if i < 0 {
			return len(s)
		}
		i += at
		if !r.n.Greedy {
			return i
		}
		rest := s[i+len(r.n.Pair):]
		for key := range r.key {
			if strings.HasPrefix(rest, key+r.n.KV) {
				return i
			}
		}
		at = i + len(r.n.Pair)
	}
}

// loose takes any character that is no letter or digit as a delimiter: the word behind a key is its value.
func (r *kvReader) loose(s string, found func(key, value string)) {
	word := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
	for s != "" {
		if key := r.keyAt(s); key != "" {
			s = s[len(key):]
			for s != "" {
				c, w := utf8.DecodeRuneInString(s)
				if value, n, ok := r.quoted(s); ok {
					found(key, value)
					s = s[n:]
					break
				}
				if word(c) {
					n := strings.IndexFunc(s, func(c rune) bool { return !word(c) })
					if n < 0 {
						n = len(s)
					}
					found(key, s[:n])
					s = s[n:]
					break
				}
				s = s[w:]
			}
			continue
		}
		c, w := utf8.DecodeRuneInString(s)
		if word(c) {
			if w = strings.IndexFunc(s, func(c rune) bool { return !word(c) }); w < 0 {
				return
			}
		}
		s = s[w:]
	}
}

// keyAt is the longest key asked for that stands at the start of s as a whole word.
func (r *kvReader) keyAt(s string) string {
	best := ""
	for key := range r.key {
		if len(key) > len(best) && strings.HasPrefix(s, key) {
			if c, w := utf8.DecodeRuneInString(s[len(key):]); w == 0 || !unicode.IsLetter(c) && !unicode.IsDigit(c) {
				best = key
			}
		}
	}
	return best
}
