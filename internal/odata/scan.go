package odata

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind int

const (
	end kind = iota
	word
	literal
	open
	shut
	comma
	colon
)

type token struct {
	kind kind
	text string // of a word
	v    Value  // of a literal
	at   int
}

// scan cuts a filter into tokens. A word is a name, a path or a bare literal such as a number or a time.
func scan(s string) ([]token, error) {
	if len(s) > maxLength {
		return nil, invalid(maxLength, "the filter is longer than %d bytes", maxLength)
	}
	if !utf8.ValidString(s) {
		return nil, invalid(0, "the filter is no valid UTF-8")
	}
	var out []token
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '(':
			out = append(out, token{kind: open, at: i})
			i++
		case c == ')':
			out = append(out, token{kind: shut, at: i})
			i++
		case c == ',':
			out = append(out, token{kind: comma, at: i})
			i++
		case c == ':':
			out = append(out, token{kind: colon, at: i})
			i++
		case c == '\'':
			text, n, ok := quoted(s[i:])
			if !ok {
				return nil, invalid(i, "the text that begins here has no closing quote")
			}
			out = append(out, token{kind: literal, v: text, at: i})
			i += n
		default:
			n := bare(s[i:])
			if n == 0 {
				r, _ := utf8.DecodeRuneInString(s[i:])
				return nil, invalid(i, "%q does not belong here; texts stand in single quotes", r)
			}
			t, m, err := meaning(s[i:], n, i)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i += m
		}
	}
	return append(out, token{kind: end, at: len(s)}), nil
}

// quoted reads a text in single quotes; a quote inside is doubled.
func quoted(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}

// bare is the length of a name, path, number or time at the start of s. A colon belongs to it only inside a time.
func bare(s string) int {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("/_.-+$@", c) >= 0:
		case c == ':' && s[0] >= '0' && s[0] <= '9':
		default:
			return i
		}
	}
	return len(s)
}

// meaning tells what the n bytes at the start of s are. The older form datetime'...' is one literal.
func meaning(s string, n, at int) (token, int, error) {
	text := s[:n]
	if l := strings.ToLower(text); (l == "datetime" || l == "datetimeoffset" || l == "guid") && n < len(s) && s[n] == '\'' {
		v, m, ok := quoted(s[n:])
		if !ok {
			return token{}, 0, invalid(at, "the text that begins here has no closing quote")
		}
		if l == "guid" {
			return token{kind: literal, v: v, at: at}, n + m, nil
		}
		t, ok := parseTime(v)
		if !ok {
			return token{}, 0, invalid(at, "%q is no time; write 2026-03-01T12:00:00Z", v)
		}
		return token{kind: literal, v: t, at: at}, n + m, nil
	}
	switch strings.ToLower(text) {
	case "null":
		return token{kind: literal, at: at}, n, nil
	case "true", "false":
		return token{kind: literal, v: strings.EqualFold(text, "true"), at: at}, n, nil
	}
	if c := text[0]; c >= '0' && c <= '9' || c == '-' || c == '+' {
		if v, err := strconv.ParseInt(text, 10, 64); err == nil {
			return token{kind: literal, v: v, at: at}, n, nil
		}
		if t, ok := parseTime(text); ok {
			return token{kind: literal, v: t, at: at}, n, nil
		}
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			return token{kind: literal, v: v, at: at}, n, nil
		}
		if isGUID(text) {
			return token{kind: literal, v: text, at: at}, n, nil
		}
		return token{}, 0, invalid(at, "%q is neither a number nor a time", text)
	}
	if isGUID(text) {
		return token{kind: literal, v: text, at: at}, n, nil
	}
	return token{kind: word, text: text, at: at}, n, nil
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') {
			return false
		} else if !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return false
		}
	}
	return true
}
