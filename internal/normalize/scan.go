package normalize

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The scanner finds where JSON values begin and end. It is lenient about what is inside them: every value that is used is
// checked on its way into a column.

// space returns the first index at or after i that is not white space.
func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skip returns the index after the value that starts at i, or false if the text ends before the value does.
func skip(s string, i int) (int, bool) {
	if i >= len(s) {
		return i, false
	}
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	start := i
	for i < len(s) {
		switch s[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t', ':', '"', '{', '[':
			return i, i > start
		}
		i++
	}
	return i, i > start
}

func skipString(s string, i int) (int, bool) {
	for i++; i < len(s); {
		q := strings.IndexByte(s[i:], '"')
		if q < 0 {
			return len(s), false
		}
		q += i
		back := 0
		for back < q && s[q-1-back] == '\\' {
			back++
		}
		// A run of backslashes cannot reach past the opening quote, which is no backslash.
		if back%2 == 0 {
			return q + 1, true
		}
		i = q + 1
	}
	return i, false
}

func skipNested(s string, i int) (int, bool) {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			end, ok := skipString(s, i)
			if !ok {
				return end, false
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return i, false
}

// pair is a member of an object: key and value in their JSON text, the key without its quotes.
type pair struct{ key, val string }

// members appends the members of the object that starts at i, and returns the index after it. False means that the text
// is not an object.
func members(s string, i int, out []pair) ([]pair, int, bool) {
	if i >= len(s) || s[i] != '{' {
		return out, i, false
	}
	i = space(s, i+1)
	if i < len(s) && s[i] == '}' {
		return out, i + 1, true
	}
	for {
		if i >= len(s) || s[i] != '"' {
			return out, i, false
		}
		end, ok := skipString(s, i)
		if !ok {
			return out, end, false
		}
		key := s[i+1 : end-1]
		i = space(s, end)
		if i >= len(s) || s[i] != ':' {
			return out, i, false
		}
		i = space(s, i+1)
		end, ok = skip(s, i)
		if !ok {
			return out, end, false
		}
		out = append(out, pair{key, s[i:end]})
		i = space(s, end)
		if i >= len(s) {
			return out, i, false
		}
		switch s[i] {
		case ',':
			i = space(s, i+1)
		case '}':
			return out, i + 1, true
		default:
			return out, i, false
		}
	}
}

// scalar reports whether the text is a JSON number, true, false or null.
func scalar(s string) bool {
	return s == "null" || s == "true" || s == "false" || number(s)
}

// number reports whether the whole text is a JSON number.
func number(s string) bool {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	n := digits(s)
	if n == 0 || s[0] == '0' && n > 1 {
		return false
	}
	s = s[n:]
	if s != "" && s[0] == '.' {
		n = digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n = digits(s)
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// unescape appends the text of a JSON string without its quotes. An escape that JSON does not know is kept as it stands,
// half a surrogate pair becomes U+FFFD.
func unescape(dst []byte, s string) []byte {
	for {
		b := strings.IndexByte(s, '\\')
		if b < 0 || b+1 >= len(s) {
			return append(dst, s...)
		}
		dst = append(dst, s[:b]...)
		c := s[b+1]
		s = s[b+2:]
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, ok := hex4(s)
			if !ok {
				dst = append(dst, '\\', 'u')
				continue
			}
			s = s[4:]
			if utf16.IsSurrogate(r) {
				low := utf8.RuneError
				if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
					if x, ok := hex4(s[2:]); ok {
						low = utf16.DecodeRune(r, x)
					}
				}
				if low != utf8.RuneError {
					s = s[6:]
				}
				r = low
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, '\\', c)
		}
	}
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
