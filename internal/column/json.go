package column

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds how deep arrays and objects may nest; deeper text is not JSON to us.
const maxJSONDepth = 512

// ParseJSON reads one JSON value (RFC 8259, nothing but white space around it) as a dynamic value. A whole number within
// 64 bits becomes int64, any other number float64; of a repeated key the last value wins, in the place of the first.
// It returns false, and no value, for text that is not JSON or nests deeper than 512.
func ParseJSON(s string) (any, bool) {
	p := jsonParser{s: s}
	v, ok := p.document()
	if !ok {
		return nil, false
	}
	return v, true
}

// Resolve returns v as something that can be looked into: Raw text is parsed, its nested arrays and objects staying Raw
// until they are resolved in turn. Raw text that is not JSON is the string itself. Other values are returned as they are.
func Resolve(v any) any {
	r, ok := v.(Raw)
	if !ok {
		return v
	}
	p := jsonParser{s: string(r), lazy: true}
	out, ok := p.document()
	if !ok {
		return string(r)
	}
	return out
}

// Deep returns v with every Raw inside it parsed, so that it can be compared and hashed.
func Deep(v any) any {
	switch x := v.(type) {
	case Raw:
		out, ok := ParseJSON(string(x))
		if !ok {
			return string(x)
		}
		return out
	case []any:
		for i, e := range x {
			if needsDeep(e) {
				out := make([]any, len(x))
				copy(out, x[:i])
				for j := i; j < len(x); j++ {
					out[j] = Deep(x[j])
				}
				return out
			}
		}
	case *Object:
		for i, e := range x.Values {
			if needsDeep(e) {
				out := &Object{Keys: x.Keys, Values: make([]any, len(x.Values))}
				copy(out.Values, x.Values[:i])
				for j := i; j < len(x.Values); j++ {
					out.Values[j] = Deep(x.Values[j])
				}
				return out
			}
		}
	}
	return v
}

func needsDeep(v any) bool {
	switch x := v.(type) {
	case Raw:
		return true
	case []any:
		for _, e := range x {
			if needsDeep(e) {
				return true
			}
		}
	case *Object:
		for _, e := range x.Values {
			if needsDeep(e) {
				return true
			}
		}
	}
	return false
}

// Member returns the value of a key of a bag, and nil when v is not a bag or has no such key. It does not parse more of
// a Raw value than it must.
func Member(v any, key string) any {
	switch x := v.(type) {
	case *Object:
		out, _ := x.Get(key)
		return out
	case Raw:
		p := jsonParser{s: string(x), lazy: true}
		return p.member(key)
	}
	return nil
}

type jsonParser struct {
	s    string
	i    int
	lazy bool // nested composites stay Raw
	deep bool // the text is our own: it may nest as deep as values do
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *jsonParser) document() (any, bool) {
	v, ok := p.value(0)
	if !ok {
		return nil, false
	}
	p.space()
	return v, p.i == len(p.s)
}

// value parses the value at i. At depth > 0 a lazy parser only checks composites and returns their text.
func (p *jsonParser) value(depth int) (any, bool) {
	p.space()
	if p.i >= len(p.s) {
		return nil, false
	}
	switch c := p.s[p.i]; {
	case c == '{' || c == '[':
		if depth >= maxJSONDepth && !p.deep {
			return nil, false
		}
		if p.lazy && depth > 0 {
			start := p.i
			if !p.skip(depth) {
				return nil, false
			}
			return Raw(p.s[start:p.i]), true
		}
		if c == '{' {
			return p.object(depth)
		}
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	switch {
	case p.word("true"):
		return true, true
	case p.word("false"):
		return false, true
	case p.word("null"):
		return nil, true
	}
	return nil, false
}

func (p *jsonParser) word(w string) bool {
	if len(p.s)-p.i >= len(w) && p.s[p.i:p.i+len(w)] == w {
		p.i += len(w)
		return true
	}
	return false
}

func (p *jsonParser) array(depth int) (any, bool) {
	p.i++
	out := []any{}
	p.space()
	if p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		return out, true
	}
	for {
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		out = append(out, v)
		more, ok := p.next(']')
		if !ok {
			return nil, false
		}
		if !more {
			return out, true
		}
	}
}

// next consumes the comma or the closing byte after an element.
func (p *jsonParser) next(closer byte) (more, ok bool) {
	p.space()
	if p.i >= len(p.s) {
		return false, false
	}
	c := p.s[p.i]
	p.i++
	return c == ',', c == ',' || c == closer
}

// key consumes a key and its colon.
func (p *jsonParser) key() (string, bool) {
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		return "", false
	}
	k, ok := p.str()
	if !ok {
		return "", false
	}
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != ':' {
		return "", false
	}
	p.i++
	return k.(string), true
}

func (p *jsonParser) object(depth int) (any, bool) {
	p.i++
	b := NewObjectBuilder(0)
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '}' {
		p.i++
		return b.Object(), true
	}
	for {
		k, ok := p.key()
		if !ok {
			return nil, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		b.Set(k, v)
		more, ok := p.next('}')
		if !ok {
			return nil, false
		}
		if !more {
			return b.Object(), true
		}
	}
}

// member finds the last occurrence of a key in the object that is the whole text.
func (p *jsonParser) member(key string) any {
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != '{' {
		return nil
	}
	p.i++
	var found any
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '}' {
		return nil
	}
	for {
		k, ok := p.key()
		if !ok {
			return nil
		}
		if k == key {
			v, ok := p.value(1)
			if !ok {
				return nil
			}
			found = v
		} else if !p.skip(1) {
			return nil
		}
		more, ok := p.next('}')
		if !ok {
			return nil
		}
		if !more {
			return found
		}
	}
}

// skip checks the value at i without building it.
func (p *jsonParser) skip(depth int) bool {
	p.space()
	if p.i >= len(p.s) || depth >= maxJSONDepth {
		return false
	}
	var closer byte
	switch p.s[p.i] {
	case '{':
		closer = '}'
	case '[':
		closer = ']'
	case '"':
		_, ok := p.strEnd()
		return ok
	default:
		_, ok := p.value(depth)
		return ok
	}
	p.i++
	p.space()
	if p.i < len(p.s) && p.s[p.i] == closer {
		p.i++
		return true
	}
	for {
		if closer == '}' {
			p.space()
			if p.i >= len(p.s) || p.s[p.i] != '"' {
				return false
			}
			if _, ok := p.strEnd(); !ok {
				return false
			}
			p.space()
			if p.i >= len(p.s) || p.s[p.i] != ':' {
				return false
			}
			p.i++
		}
		if !p.skip(depth + 1) {
			return false
		}
		more, ok := p.next(closer)
		if !ok {
			return false
		}
		if !more {
			return true
		}
	}
}

// strEnd moves past the string at i, reporting whether it holds escapes; ok is false for a broken one.
func (p *jsonParser) strEnd() (escaped, ok bool) {
	i := p.i + 1
	for i < len(p.s) {
		switch c := p.s[i]; {
		case c == '"':
			p.i = i + 1
			return escaped, true
		case c == '\\':
			escaped = true
			if i+1 >= len(p.s) {
				return false, false
			}
			switch p.s[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if _, ok := hex4(p.s, i+2); !ok {
					return false, false
				}
				i += 6
			default:
				return false, false
			}
		case c < 0x20:
			return false, false
		default:
			i++
		}
	}
	return false, false
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

func (p *jsonParser) str() (any, bool) {
	start := p.i + 1
	escaped, ok := p.strEnd()
	if !ok {
		return nil, false
	}
	body := p.s[start : p.i-1]
	if !escaped {
		return body, true
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		c := body[i]
		if c != '\\' {
			out = append(out, c)
			i++
			continue
		}
		switch c = body[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(body, i+2)
			i += 4
			if utf16.IsSurrogate(r) {
				r = p.pair(body, &i, r)
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
		i += 2
	}
	return string(out), true
}

// pair joins a surrogate with the escape after it; i stands on the escape's last digits less two.
func (p *jsonParser) pair(body string, i *int, r rune) rune {
	n := *i + 2
	if n+6 <= len(body) && body[n] == '\\' && body[n+1] == 'u' {
		if lo, ok := hex4(body, n+2); ok {
			if d := utf16.DecodeRune(r, lo); d != utf8.RuneError {
				*i += 6
				return d
			}
		}
	}
	return utf8.RuneError
}

// numberEnd moves past the number at i; whole is true without fraction and exponent.
func (p *jsonParser) numberEnd() (whole, ok bool) {
	i := p.i
	digits := func() bool {
		start := i
		for i < len(p.s) && p.s[i] >= '0' && p.s[i] <= '9' {
			i++
		}
		return i > start
	}
	if p.s[i] == '-' {
		i++
	}
	first := i
	if !digits() || p.s[first] == '0' && i > first+1 {
		return false, false
	}
	whole = true
	if i < len(p.s) && p.s[i] == '.' {
		i++
		whole = false
		if !digits() {
			return false, false
		}
	}
	if i < len(p.s) && (p.s[i] == 'e' || p.s[i] == 'E') {
		i++
		whole = false
		if i < len(p.s) && (p.s[i] == '+' || p.s[i] == '-') {
			i++
		}
		if !digits() {
			return false, false
		}
	}
	p.i = i
	return whole, true
}

func (p *jsonParser) number() (any, bool) {
	start := p.i
	whole, ok := p.numberEnd()
	if !ok {
		return nil, false
	}
	text := p.s[start:p.i]
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, true
		}
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range gives an infinity, as it should
	return f, true
}
