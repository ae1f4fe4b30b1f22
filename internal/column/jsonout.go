package column

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"
)

// ObjectBuilder makes an Object key by key in constant time each, the last value of a repeated key winning.
type ObjectBuilder struct {
	o     *Object
	index map[string]int // once there are many keys
}

// NewObjectBuilder returns a builder with room for n keys.
func NewObjectBuilder(n int) *ObjectBuilder {
	return &ObjectBuilder{o: &Object{Keys: make([]string, 0, n), Values: make([]any, 0, n)}}
}

// Has reports whether the key was set.
func (b *ObjectBuilder) Has(key string) bool { _, ok := b.find(key); return ok }

func (b *ObjectBuilder) find(key string) (int, bool) {
	if b.index != nil {
		i, ok := b.index[key]
		return i, ok
	}
	for i, k := range b.o.Keys {
		if k == key {
			return i, true
		}
	}
	return 0, false
}

// Set adds a key or replaces its value in place.
func (b *ObjectBuilder) Set(key string, v any) {
	if i, ok := b.find(key); ok {
		b.o.Values[i] = v
		return
	}
	b.o.Keys = append(b.o.Keys, key)
	b.o.Values = append(b.o.Values, v)
	if b.index != nil {
		b.index[key] = len(b.o.Keys) - 1
	} else if len(b.o.Keys) == 24 {
		b.index = make(map[string]int, 64)
		for i, k := range b.o.Keys {
			b.index[k] = i
		}
	}
}

// Object returns what was built; the builder is done.
func (b *ObjectBuilder) Object() *Object { return b.o }

// AppendJSON appends the JSON of a dynamic value, minified. Keys keep their order; Raw text keeps its number text; NaN and
// the infinities, datetimes, timespans, guids and decimals are strings.
func AppendJSON(dst []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, x)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			dst = append(dst, '"')
			dst = appendJSONReal(dst, x)
			return append(dst, '"')
		}
		return appendJSONReal(dst, x)
	case string:
		return appendQuoted(dst, x)
	case []any:
		dst = append(dst, '[')
		for i, e := range x {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case *Object:
		dst = append(dst, '{')
		for i, k := range x.Keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, k)
			dst = append(dst, ':')
			dst = AppendJSON(dst, x.Values[i])
		}
		return append(dst, '}')
	case Raw:
		m := minifier{jsonParser: jsonParser{s: string(x)}, dst: dst}
		if m.document() {
			return m.dst
		}
		return appendQuoted(dst, string(x))
	}
	return appendQuoted(dst, scalarText(v))
}

// scalarText is the text of the scalars that JSON has no form for.
func scalarText(v any) string {
	switch x := v.(type) {
	case Datetime:
		return FormatDatetime(int64(x))
	case Timespan:
		return FormatTimespan(int64(x))
	case uuid.UUID:
		return x.String()
	case *apd.Decimal:
		return x.Text('f')
	}
	return ""
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// minifier copies JSON text without white space and without values that a later duplicate key replaces.
type minifier struct {
	jsonParser
	dst []byte
}

func (m *minifier) document() bool {
	keep := len(m.dst)
	if m.copyValue(0) {
		m.space()
		if m.i == len(m.s) {
			return true
		}
	}
	m.dst = m.dst[:keep]
	return false
}

func (m *minifier) copyValue(depth int) bool {
	m.space()
	if m.i >= len(m.s) || depth >= maxJSONDepth {
		return false
	}
	start := m.i
	switch c := m.s[m.i]; {
	case c == '{':
		return m.copyObject(depth)
	case c == '[':
		return m.copyArray(depth)
	case c == '"':
		v, ok := m.str()
		if !ok {
			return false
		}
		m.dst = appendQuoted(m.dst, v.(string))
		return true
	case c == '-' || c >= '0' && c <= '9':
		if _, ok := m.numberEnd(); !ok {
			return false
		}
	case m.word("true"), m.word("false"), m.word("null"):
	default:
		return false
	}
	m.dst = append(m.dst, m.s[start:m.i]...)
	return true
}

func (m *minifier) copyArray(depth int) bool {
	m.i++
	m.dst = append(m.dst, '[')
	m.space()
	if m.i < len(m.s) && m.s[m.i] == ']' {
		m.i++
		m.dst = append(m.dst, ']')
		return true
	}
	for {
		if !m.copyValue(depth + 1) {
			return false
		}
		more, ok := m.next(']')
		if !ok {
			return false
		}
		if !more {
			m.dst = append(m.dst, ']')
			return true
		}
		m.dst = append(m.dst, ',')
	}
}

func (m *minifier) copyObject(depth int) bool {
	m.i++
	m.dst = append(m.dst, '{')
	m.space()
	if m.i < len(m.s) && m.s[m.i] == '}' {
		m.i++
		m.dst = append(m.dst, '}')
		return true
	}
	base := len(m.dst)
	b := NewObjectBuilder(8) // values are the ends of the copied members
	repeated := false
	type span struct {
		key      string
		from, to int
	}
	var spans []span
	for {
		from := len(m.dst)
		k, ok := m.key()
		if !ok {
			return false
		}
		m.dst = appendQuoted(m.dst, k)
		m.dst = append(m.dst, ':')
		if !m.copyValue(depth + 1) {
			return false
		}
		repeated = repeated || b.Has(k)
		b.Set(k, len(spans))
		spans = append(spans, span{k, from, len(m.dst)})
		more, ok := m.next('}')
		if !ok {
			return false
		}
		if !more {
			break
		}
		m.dst = append(m.dst, ',')
	}
	if repeated {
		text := append([]byte(nil), m.dst[base:]...)
		m.dst = m.dst[:base]
		o := b.Object()
		for i := range o.Keys {
			if i > 0 {
				m.dst = append(m.dst, ',')
			}
			s := spans[o.Values[i].(int)]
			m.dst = append(m.dst, text[s.from-base:s.to-base]...)
		}
	}
	m.dst = append(m.dst, '}')
	return true
}
