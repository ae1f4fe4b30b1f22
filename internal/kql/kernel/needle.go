package kernel

import "strings"

// needle is a text to be looked for, prepared.
type needle struct {
	text  string // folded when fold
	fold  bool
	ascii bool // fold by bytes: no other rune folds to ASCII
	lower string
	at    int  // place of the byte that is looked for first
	a, b  byte // that byte in both cases
}

func newNeedle(s string, fold bool) needle {
	n := needle{text: s, fold: fold}
	if fold {
		n.ascii = isASCII(s)
		n.text = Fold(s)
		if n.ascii && s != "" {
			n.lower = strings.ToLower(s)
			n.at = rarest(n.lower)
			n.a, n.b = n.lower[n.at], n.text[n.at]
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
	last := len(h) - k + n.at // of the byte looked for
	lower, upper := -1, -1    // where it stands next in either case
	for i := from + n.at; i <= last; i++ {
		if lower < i {
			lower = byteFrom(h, i, n.a)
		}
		if upper < i {
			if upper = lower; n.a != n.b {
				upper = byteFrom(h, i, n.b)
			}
		}
		if i = min(lower, upper); i > last {
			return -1
		}
		start, j := i-n.at, 0
		for j < k && lowerASCII(h[start+j]) == n.lower[j] {
			j++
		}
		if j == k {
			return start
		}
	}
	return -1
}

// byteFrom returns where a byte first stands at or after i, the length of h when nowhere.
func byteFrom(h string, i int, c byte) int {
	if j := strings.IndexByte(h[i:], c); j >= 0 {
		return i + j
	}
	return len(h)
}

// commonLetters are those of command lines and paths, the most common first.
const commonLetters = "etaoinsrlcdmpuhgfybwvkxjqz"

// rarest returns the place of the byte of a needle, in lower case, that other texts are least likely to hold.
func rarest(lower string) int {
	best, place := -1, 0
	for i := range len(lower) {
		rank := 20
		switch c := lower[i]; {
		case c >= 'a' && c <= 'z':
			rank = strings.IndexByte(commonLetters, c)
		case c >= '0' && c <= '9':
			rank = 18 // one case to look for
		case strings.IndexByte(` ./\-":`, c) >= 0:
			rank = 8
		}
		if rank > best {
			best, place = rank, i
		}
	}
	return place
}
