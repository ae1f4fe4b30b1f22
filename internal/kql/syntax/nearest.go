package syntax

import (
	"maps"
	"slices"
	"strings"
)

// sorted lists the words of a set for a message.
func sorted(words map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(words)), ", ")
}

// nearest returns the word of the set that a typing slip could have turned into s, or "" if none or several are as near.
func nearest(s string, words map[string]bool) string { return Nearest(s, maps.Keys(words)) }

// Nearest returns the candidate within two edits of s (one for short words) that is nearer than all others, or "".
func Nearest(s string, candidates func(func(string) bool)) string {
	limit := 2
	if len(s) < 5 {
		limit = 1
	}
	best, found, tie := limit+1, "", false
	candidates(func(c string) bool {
		if c == s || len(c) > len(s)+limit || len(s) > len(c)+limit {
			return true
		}
		switch d := edits(s, c); {
		case d < best:
			best, found, tie = d, c, false
		case d == best && d <= limit:
			tie = true
		}
		return true
	})
	if tie {
		return ""
	}
	return found
}

// edits is the number of insertions, deletions, substitutions and swaps of neighbours between two words; a difference
// of case costs half as much as another letter, rounded down.
func edits(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = 2 * j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = 2 * i
		for j := 1; j <= len(b); j++ {
			cost := 2
			if a[i-1] == b[j-1] {
				cost = 0
			} else if lower(a[i-1]) == lower(b[j-1]) {
				cost = 1
			}
			cur[j] = min(prev[j]+2, cur[j-1]+2, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+2)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return (prev[len(b)] + 1) / 2
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 32
	}
	return c
}
