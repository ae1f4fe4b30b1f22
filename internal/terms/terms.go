// Package terms holds what the language and the store must agree on about text: what a term is, and which texts differ in
// case only. The store's index keeps hashes of terms and whole values; a query may leave out what the index excludes only
// because both sides split and fold alike.
package terms

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// Is reports whether a rune belongs to a term. A term is a longest run of letters and numbers.
func Is(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// Term is a term of a search text. Left and Right say whether it surely ends there in every text that contains the search
// text: what is outside the search text may go on with letters.
type Term struct {
	Text        string
	Left, Right bool
}

// Of returns the terms of a text in their order. It leaves out those with an iota: the combining iota, which is no letter,
// has a letter for its upper case, so that what is a term would depend on the comparison.
func Of(s string) []Term {
	var out []Term
	for from := 0; from < len(s); {
		i := strings.IndexFunc(s[from:], Is)
		if i < 0 {
			break
		}
		i += from
		end := len(s)
		if k := strings.IndexFunc(s[i:], func(r rune) bool { return !Is(r) }); k >= 0 {
			end = i + k
		}
		if t := s[i:end]; !strings.ContainsAny(t, "\u0399\u03b9\u0345\u1fbe") {
			out = append(out, Term{Text: t, Left: i > 0, Right: end < len(s)})
		}
		from = end
	}
	return out
}

// Hash names a term or a whole value of a column: XXH3 of the text without its case, seeded by column and kind. It is kept
// in index files: its definition never changes.
type Hash uint64

const (
	ofTerm = 1
	whole  = 2
)

func seed(field int32, kind uint64) uint64 { return uint64(uint32(field))<<2 | kind }

// upper is what a byte of ASCII folds to; inTerm says which belong to terms.
var upper, inTerm = func() (up [256]byte, in [256]bool) {
	for c := range up {
		up[c] = byte(c)
		if c >= 'a' && c <= 'z' {
			up[c] = byte(c) - 'a' + 'A'
		}
		in[c] = c < utf8.RuneSelf && Is(rune(c))
	}
	return up, in
}()

// fold takes the case from a rune beyond ASCII. It is coarser than every comparison of the language: what is equal to one of
// them, or turns into the other by tolower or toupper, becomes the same.
func fold(r rune) rune { return unicode.ToUpper(unicode.ToLower(unicode.ToUpper(r))) }

// Hasher hashes texts. It is not safe for concurrent use; the zero value is ready.
type Hasher struct{ buf []byte }

// Append appends the hashes of all terms of a column's value, and of the value itself; one may come more than once.
func (h *Hasher) Append(to []Hash, field int32, value []byte) []Hash {
	buf := h.buf[:0]
	terms, begin := seed(field, ofTerm), -1
	for i := 0; i < len(value); {
		c := value[i]
		is := inTerm[c]
		at := len(buf)
		if c < utf8.RuneSelf {
			buf = append(buf, upper[c])
			i++
		} else {
			r, size := utf8.DecodeRune(value[i:])
			is = Is(r)
			buf = utf8.AppendRune(buf, fold(r))
			i += size
		}
		if is != (begin >= 0) {
			if is {
				begin = at
				continue
			}
			to = append(to, Hash(xxh3.HashSeed(buf[begin:at], terms)))
			begin = -1
		}
	}
	if begin >= 0 {
		to = append(to, Hash(xxh3.HashSeed(buf[begin:], terms)))
	}
	h.buf = buf
	return append(to, Hash(xxh3.HashSeed(buf, seed(field, whole))))
}

func hash(s string, seed uint64) Hash {
	buf := make([]byte, 0, len(s))
	for _, r := range s {
		if r < utf8.RuneSelf {
			buf = append(buf, upper[r])
		} else {
			buf = utf8.AppendRune(buf, fold(r))
		}
	}
	return Hash(xxh3.HashSeed(buf, seed))
}

// HashTerm returns the hash of a term of a column.
func HashTerm(field int32, term string) Hash { return hash(term, seed(field, ofTerm)) }

// HashValue returns the hash of a column's value.
func HashValue(field int32, value string) Hash { return hash(value, seed(field, whole)) }
