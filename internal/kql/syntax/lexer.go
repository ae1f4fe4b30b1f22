package syntax

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexer splits a query text into tokens. It never fails: what it cannot read becomes a tokBad or an unfinished string,
// with a diagnostic.
type lexer struct {
	text  string
	at    int
	diags Diagnostics
	toks  []token
}

func (l *lexer) errorf(code string, s Span, format string, args ...any) {
	l.diags = append(l.diags, Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Start: s.Start, Length: s.End - s.Start})
}

// lex returns all tokens of the text, ending with one tokEOF.
func lex(text string) ([]token, Diagnostics) {
	l := &lexer{text: text, toks: make([]token, 0, len(text)/5+8)}
	for {
		newline := l.space()
		start := l.at
		if start >= len(text) {
			l.toks = append(l.toks, token{Kind: tokEOF, Span: Span{start, start}, newline: newline})
			return l.toks, l.diags
		}
		kind := l.next()
		l.toks = append(l.toks, token{Kind: kind, Text: text[start:l.at], Span: Span{start, l.at}, newline: newline})
	}
}

// space skips blanks and comments and reports whether a line break was among them.
func (l *lexer) space() bool {
	newline := l.at == 0
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case c == '\n' || c == '\r':
			newline = true
			l.at++
		case c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == 0x1a:
			l.at++
		case c == '/' && strings.HasPrefix(l.text[l.at:], "//"):
			if i := strings.IndexAny(l.text[l.at:], "\r\n"); i >= 0 {
				l.at += i
			} else {
				l.at = len(l.text)
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(l.text[l.at:])
			if !blank(r) {
				return newline
			}
			newline = newline || r == '\u2028' || r == '\u2029' || r == '\u0085'
			l.at += n
		default:
			return newline
		}
	}
	return newline
}

// blank reports whether a character beyond ASCII counts as white space: Unicode spaces and the invisible ones that
// copying from web pages leaves behind.
func blank(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff', '\u00ad', '\u180e':
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}

var punctuation = []string{
	"<-->", "-->", "<--", "]->", "<-[", "--", "]-", "-[",
	"<|", "<=", "<>", "<", ">=", ">", "==", "=~", "=>", "=", "!=", "!~", "..", ".",
	"|", "/", "%", "(", ")", "[", "]", "{", "}", ":", ",", ";", "+", "-", "*", "?", "@",
}

// bangWords are the negated operators; each is one token.
var bangWords = []string{
	"!between", "!contains_cs", "!contains", "!endswith_cs", "!endswith", "!hasprefix_cs", "!hasprefix",
	"!hassuffix_cs", "!hassuffix", "!has_cs", "!has", "!in~", "!in", "!startswith_cs", "!startswith",
}

func (l *lexer) next() tokenKind {
	rest := l.text[l.at:]
	c := rest[0]
	switch {
	case c == '"' || c == '\'':
		return l.quoted(l.at)
	case strings.HasPrefix(rest, "```") || strings.HasPrefix(rest, "~~~"):
		return l.fenced(l.at)
	case c == '@' && len(rest) > 1 && (rest[1] == '"' || rest[1] == '\''):
		return l.verbatim(l.at + 1)
	case (c == 'h' || c == 'H') && len(rest) > 1:
		switch {
		case rest[1] == '"' || rest[1] == '\'':
			return l.quoted(l.at + 1)
		case rest[1] == '@' && len(rest) > 2 && (rest[2] == '"' || rest[2] == '\''):
			return l.verbatim(l.at + 2)
		case strings.HasPrefix(rest[1:], "```") || strings.HasPrefix(rest[1:], "~~~"):
			return l.fenced(l.at + 1)
		}
		return l.word()
	case c >= '0' && c <= '9':
		return l.number()
	case c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return l.word()
	case c == '!':
		for _, w := range bangWords {
			if strings.HasPrefix(rest, w) && !wordAt(rest, len(w)) {
				l.at += len(w)
				return tokPunct
			}
		}
	case c == '#':
		if l.lineStart() {
			if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
				l.at += i
			} else {
				l.at = len(l.text)
			}
			return tokDirective
		}
	case c >= utf8.RuneSelf:
		r, n := utf8.DecodeRuneInString(rest)
		if unicode.IsLetter(r) {
			return l.word()
		}
		l.at += n
		l.errorf("KS002", Span{l.at - n, l.at}, "Unexpected: %c", r)
		return tokBad
	}
	for _, p := range punctuation {
		if !strings.HasPrefix(rest, p) {
			continue
		}
		l.at += len(p)
		return tokPunct
	}
	l.at++
	l.errorf("KS002", Span{l.at - 1, l.at}, "Unexpected: %c", c)
	return tokBad
}

func (l *lexer) lineStart() bool {
	return strings.TrimSpace(l.text[strings.LastIndexAny(l.text[:l.at], "\r\n")+1:l.at]) == ""
}

// wordAt reports whether s continues as a word at i.
func wordAt(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func (l *lexer) wordEnd(i int) int {
	for i < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[i:])
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		i += n
	}
	return i
}

func (l *lexer) word() tokenKind {
	start := l.at
	end := l.wordEnd(start)
	w := l.text[start:end]
	l.at = end
	if end < len(l.text) {
		switch l.text[end] {
		case '-':
			for _, h := range hyphenated[w] {
				if strings.HasPrefix(l.text[start:], h) && !wordAt(l.text[start:], len(h)) {
					l.at = start + len(h)
				}
			}
		case '~':
			if w == "in" {
				l.at++
			}
		case '.':
			if w == "hint" {
				l.hint()
			}
		case '(':
			if typedLiterals[w] {
				i := strings.IndexAny(l.text[end:], ")\r\n")
				switch {
				case i < 0:
					l.at = len(l.text)
				case l.text[end+i] == ')':
					l.at = end + i + 1
					return tokTyped
				default:
					l.at = end + i
				}
				l.errorf("KS001", Span{l.at, l.at}, "Missing: )")
				return tokTyped
			}
		}
	}
	return tokWord
}

// hint takes "hint.name" as one word where a value follows.
func (l *lexer) hint() {
	end := l.wordEnd(l.at + 1)
	if end > l.at+1 && strings.HasPrefix(strings.TrimLeft(l.text[end:], " \t\r\n"), "=") {
		l.at = end
	}
}

// number takes an integer, a real, a timespan with a unit, or a word that begins with a digit.
func (l *lexer) number() tokenKind {
	t := l.text
	i := l.at
	if t[i] == '0' && i+2 < len(t) && (t[i+1] == 'x' || t[i+1] == 'X') && hex(t[i+2]) {
		for i += 2; i < len(t) && hex(t[i]); i++ {
		}
		if !wordAt(t, i) {
			l.at = i
			return tokNumber
		}
		i = l.at
	}
	for i < len(t) && digit(t[i]) {
		i++
	}
	kind := tokNumber
	if i < len(t) && t[i] == '.' && !(i+1 < len(t) && t[i+1] == '.') && (!wordAt(t, i+1) || digit(t[i+1]) || exponent(t[i+1:]) > 0) {
		kind = tokReal
		for i++; i < len(t) && digit(t[i]); i++ {
		}
	}
	if i < len(t) {
		if n := exponent(t[i:]); n > 0 && !wordAt(t, i+n) {
			l.at = i + n
			return tokReal
		}
	}
	end := l.wordEnd(i)
	if end > i {
		if _, ok := spanUnits[t[i:end]]; ok {
			l.at = end
			return tokSpan
		}
		if kind == tokNumber {
			l.at = end
			return tokWord
		}
	}
	l.at = i
	return kind
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func hex(c byte) bool   { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// exponent returns the length of "e12", "E-3" at the start of s, or 0.
func exponent(s string) int {
	if s == "" || s[0]|0x20 != 'e' {
		return 0
	}
	i := 1
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	j := i
	for j < len(s) && digit(s[j]) {
		j++
	}
	if j == i {
		return 0
	}
	return j
}

// quoted takes '..' or ".." from its quote at i, up to the closing quote or the end of the line.
func (l *lexer) quoted(i int) tokenKind {
	q := l.text[i]
	for i++; i < len(l.text); i++ {
		switch c := l.text[i]; c {
		case q:
			l.at = i + 1
			return tokString
		case '\n', '\r':
			l.at = i
			l.errorf("KS001", Span{i, i}, "Missing: %c", q)
			return tokString
		case '\\':
			n := escape(l.text[i:])
			if n == 0 {
				l.at = i + 1
				l.errorf("KS001", Span{i, i + 1}, "Unknown escape sequence in a string; write \\\\ for a backslash, or @%c...%c for a text without escapes", q, q)
				l.skipQuoted(q)
				return tokString
			}
			i += n - 1
		}
	}
	l.at = len(l.text)
	l.errorf("KS001", Span{l.at, l.at}, "Missing: %c", q)
	return tokString
}

// skipQuoted goes on behind the closing quote, if there is one in the line.
func (l *lexer) skipQuoted(q byte) {
	for i := l.at; i < len(l.text) && l.text[i] != '\n'; i++ {
		switch l.text[i] {
		case '\\':
			i++
		case q:
			l.at = i + 1
			return
		}
	}
}

func (l *lexer) verbatim(i int) tokenKind {
	q := l.text[i]
	for i++; i < len(l.text); i++ {
		switch l.text[i] {
		case q:
			if i+1 < len(l.text) && l.text[i+1] == q {
				i++
				continue
			}
			l.at = i + 1
			return tokString
		case '\n', '\r':
			l.at = i
			l.errorf("KS001", Span{i, i}, "Missing: %c", q)
			return tokString
		}
	}
	l.at = len(l.text)
	l.errorf("KS001", Span{l.at, l.at}, "Missing: %c", q)
	return tokString
}

func (l *lexer) fenced(i int) tokenKind {
	f := l.text[i : i+3]
	if n := strings.Index(l.text[i+3:], f); n >= 0 {
		l.at = i + 6 + n
		return tokString
	}
	l.at = len(l.text)
	l.errorf("KS001", Span{l.at, l.at}, "Missing: %s", f)
	return tokString
}
