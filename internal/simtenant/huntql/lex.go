package huntql

import (
	"strings"
	"time"
	"unicode"
)

type kind byte

const (
	end kind = iota
	word
	text
	number
	span
	sign
)

type token struct {
	kind kind
	s    string // of a text: its value
	d    time.Duration
	at   int // where it begins
}

// lex cuts a query into tokens; comments are dropped.
func lex(q string) ([]token, error) {
	var out []token
	for i := 0; i < len(q); {
		c, had, began := q[i], len(out), i
		switch {
		case unicode.IsSpace(rune(c)):
			i++
		case strings.HasPrefix(q[i:], "//"):
			for i < len(q) && q[i] != '\n' {
				i++
			}
		case c == '"' || c == '\'' || c == '@' && i+1 < len(q) && (q[i+1] == '"' || q[i+1] == '\''):
			s, n, err := quoted(q[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, token{kind: text, s: s})
			i += n
		case isDigit(c):
			t, n := numeral(q[i:])
			out = append(out, t)
			i += n
		case isLetter(c):
			n := 1
			for i+n < len(q) && (isLetter(q[i+n]) || isDigit(q[i+n])) {
				n++
			}
			for _, dashed := range []string{"project-away", "project-keep"} {
				if strings.HasPrefix(q[i:], dashed) {
					n = len(dashed)
				}
			}
			w := q[i : i+n]
			if i+n < len(q) && q[i+n] == '~' && w == "in" {
				n++
				w = "in~"
			}
			out = append(out, token{kind: word, s: w})
			i += n
		default:
			n := 1
			for _, op := range []string{"==", "!=", "=~", "!~", "<=", ">=", ".."} {
				if strings.HasPrefix(q[i:], op) {
					n = 2
				}
			}
			for _, op := range []string{"!contains", "!startswith", "!endswith", "!has", "!in~", "!in"} {
				if strings.HasPrefix(q[i:], op) {
					n = len(op)
					break
				}
			}
			if n == 1 && !strings.ContainsRune("|,();:.<>+-*/%=[]", rune(c)) {
				return nil, refuse("Syntax error: unexpected character '%c'.", c)
			}
			out = append(out, token{kind: sign, s: q[i : i+n]})
			i += n
		}
		if len(out) > had {
			out[had].at = began
		}
	}
	return append(out, token{at: len(q)}), nil
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func quoted(q string) (string, int, error) {
	i, verbatim := 0, q[0] == '@'
	if verbatim {
		i = 1
	}
	mark := q[i]
	var b strings.Builder
	for i++; i < len(q); i++ {
		switch {
		case q[i] == mark && verbatim && i+1 < len(q) && q[i+1] == mark:
			i++
			b.WriteByte(mark)
		case q[i] == mark:
			return b.String(), i + 1, nil
		case q[i] == '\\' && !verbatim && i+1 < len(q):
			i++
			b.WriteByte(map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}[q[i]] | notEscaped(q[i]))
		default:
			b.WriteByte(q[i])
		}
	}
	return "", 0, refuse("Syntax error: a string is not closed.")
}

// notEscaped is the character itself unless it stands for a control character.
func notEscaped(c byte) byte {
	if c == 'n' || c == 't' || c == 'r' {
		return 0
	}
	return c
}

func numeral(q string) (token, int) {
	n := 0
	for n < len(q) && (isDigit(q[n]) || q[n] == '.' && n+1 < len(q) && isDigit(q[n+1])) {
		n++
	}
	digits, unit := q[:n], n
	for unit < len(q) && (isLetter(q[unit])) {
		unit++
	}
	length, ok := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond}[q[n:unit]]
	if !ok {
		return token{kind: number, s: digits}, n
	}
	f, _ := toFloat(digits)
	return token{kind: span, s: q[:unit], d: time.Duration(f * float64(length))}, unit
}
