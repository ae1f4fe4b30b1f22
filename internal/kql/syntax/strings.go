package syntax

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// escape returns the length of the escape sequence at the start of s, which begins with a backslash; 0 if there is none.
func escape(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '\'', '"', '\\', 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return 2
	case 'u':
		return digits(s, 4)
	case 'U':
		return digits(s, 8)
	case 'x':
		return digits(s, 2)
	}
	n := 1
	for n < 4 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	if n == 1 {
		return 0
	}
	return n
}

func digits(s string, n int) int {
	if len(s) < 2+n {
		return 0
	}
	for i := 2; i < 2+n; i++ {
		if !hex(s[i]) {
			return 0
		}
	}
	return 2 + n
}

// Unquote returns the value of one string token in any of its forms, with or without the leading h.
func Unquote(tok string) string {
	if tok != "" && (tok[0] == 'h' || tok[0] == 'H') {
		tok = tok[1:]
	}
	switch {
	case strings.HasPrefix(tok, "```") || strings.HasPrefix(tok, "~~~"):
		tok = strings.TrimSuffix(tok[3:], tok[:3])
		return strings.ReplaceAll(tok, "\r\n", "\n")
	case strings.HasPrefix(tok, "@"):
		q := tok[1:2]
		return strings.ReplaceAll(strings.TrimSuffix(tok[2:], q), q+q, q)
	case tok == "":
		return ""
	}
	body := tok[1:]
	if len(tok) > 1 && tok[len(tok)-1] == tok[0] {
		body = tok[1 : len(tok)-1]
	}
	if !strings.Contains(body, `\`) {
		return body
	}
	var b strings.Builder
	for i := 0; i < len(body); {
		n := 0
		if body[i] == '\\' {
			n = escape(body[i:])
		}
		if n == 0 {
			b.WriteByte(body[i])
			i++
			continue
		}
		b.WriteString(unescape(body[i : i+n]))
		i += n
	}
	return b.String()
}

func unescape(s string) string {
	switch s[1] {
	case 'a':
		return "\a"
	case 'b':
		return "\b"
	case 'f':
		return "\f"
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case 'v':
		return "\v"
	case 'u', 'U', 'x':
		n, _ := strconv.ParseUint(s[2:], 16, 32)
		return string(rune(n))
	case '\'', '"', '\\':
		return s[1:]
	}
	n, _ := strconv.ParseUint(s[1:], 8, 32)
	return string(rune(n))
}

// Quote writes a string as a KQL literal in double quotes.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			b.WriteString(`\x`)
			b.WriteString(strconv.FormatInt(int64(r)+0x100, 16)[1:])
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	b.WriteByte('"')
	return b.String()
}
