package kernel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vedette-siem/vedette/internal/terms"
)

// foldRune maps a letter to its upper case, one rune to one rune, as an ordinal comparison that ignores case does. The
// dotless i and the long s stay what they are, and so does the Kelvin sign.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	if r == 'ı' || r == 'ſ' {
		return r
	}
	return unicode.ToUpper(r)
}

// Fold returns s such that two strings that differ only in case give the same.
func Fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'a' && c <= 'z' {
			return strings.Map(foldRune, s)
		}
	}
	return s
}

// EqualFold reports whether two strings differ in case at most.
func EqualFold(a, b string) bool {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			return Fold(a[i:]) == Fold(b[i:])
		}
		if x != y && lowerASCII(x) != lowerASCII(y) {
			return false
		}
	}
	return len(a) == len(b)
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// prefix, suffix and equal look at a prepared haystack.
func (n *needle) prefix(h string) bool {
	if len(h) < len(n.text) {
		return false
	}
	return n.equal(h[:len(n.text)])
}

func (n *needle) suffix(h string) bool {
	if len(h) < len(n.text) {
		return false
	}
	return n.equal(h[len(h)-len(n.text):])
}

func (n *needle) equal(h string) bool {
	if n.fold && n.ascii {
		return EqualFold(h, n.text)
	}
	return h == n.text
}

// term reports whether the needle stands in the haystack between term boundaries. A term is a run of letters and digits;
// left and right say which ends must be boundaries.
func (n *needle) term(h string, left, right bool) bool {
	for from := 0; ; {
		i := n.index(h, from)
		if i < 0 {
			return false
		}
		if (!left || boundary(h, i)) && (!right || boundary(h, i+len(n.text))) {
			return true
		}
		_, size := utf8.DecodeRuneInString(h[i:])
		from = i + max(size, 1)
		if from > len(h) {
			return false
		}
	}
}

// boundary reports whether no term continues across position i.
func boundary(s string, i int) bool {
	if i <= 0 || i >= len(s) {
		return true
	}
	var before, after rune
	if c := s[i-1]; c < utf8.RuneSelf {
		before = rune(c)
	} else {
		before, _ = utf8.DecodeLastRuneInString(s[:i])
	}
	if !termRune(before) {
		return true
	}
	if c := s[i]; c < utf8.RuneSelf {
		after = rune(c)
	} else {
		after, _ = utf8.DecodeRuneInString(s[i:])
	}
	return !termRune(after)
}

func termRune(r rune) bool { return terms.Is(r) }
