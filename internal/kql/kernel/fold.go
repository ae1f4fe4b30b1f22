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

// needle is a text to be looked for, prepared.
type needle struct {
	text  string // folded when fold
	fold  bool
	ascii bool // fold by bytes: no other rune folds to ASCII
	lower string
	a, b  byte // first byte in both cases
}

func newNeedle(s string, fold bool) needle {
	n := needle{text: s, fold: fold}
	if fold {
		n.ascii = isASCII(s)
		n.text = Fold(s)
		if n.ascii && s != "" {
			n.lower = strings.ToLower(s)
			n.a, n.b = n.lower[0], n.text[0]
		}
	}
	return n
}

// haystack prepares a text for index; positions are positions in what it returns.
func (n *needle) haystack(s string) string {
	if n.fold && !n.ascii {
		return Fold(s)
	}
	return s
}

// index returns the first occurrence at or after from in a prepared haystack, or -1.
func (n *needle) index(h string, from int) int {
	if !n.fold || !n.ascii || n.text == "" {
		i := strings.Index(h[from:], n.text)
		if i < 0 {
			return -1
		}
		return from + i
	}
	k := len(n.lower)
	for i := from; i+k <= len(h); i++ {
		if c := h[i]; c != n.a && c != n.b {
			if n.a == n.b || len(h)-i > 64 {
				j := n.firstByte(h[i:])
				if j < 0 {
					return -1
				}
				i += j
				if i+k > len(h) {
					return -1
				}
			} else {
				continue
			}
		}
		j := 1
		for j < k && lowerASCII(h[i+j]) == n.lower[j] {
			j++
		}
		if j == k {
			return i
		}
	}
	return -1
}

// firstByte finds the first byte of the needle in either case.
func (n *needle) firstByte(h string) int {
	if n.a == n.b {
		return strings.IndexByte(h, n.a)
	}
	for i := range len(h) {
		if c := h[i]; c == n.a || c == n.b {
			return i
		}
	}
	return -1
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
