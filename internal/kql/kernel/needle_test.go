package kernel

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Wherever a needle begins its search, it finds what looking at every place finds.
func TestNeedleFindsTheFirstPlace(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aAbBzZ7 -é")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		h, s := text.Draw(t, "haystack"), rapid.StringOfN(rapid.RuneFrom([]rune("aAbBzZ7 -")), 1, 6, -1).Draw(t, "needle")
		if rapid.Bool().Draw(t, "inside") {
			at := rapid.IntRange(0, len(h)).Draw(t, "at")
			h = h[:at] + strings.ToUpper(s) + h[at:]
		}
		from := rapid.IntRange(0, len(h)).Draw(t, "from")
		want := -1
		for i := from; i+len(s) <= len(h) && want < 0; i++ {
			if strings.EqualFold(strings.ToValidUTF8(h[i:i+len(s)], "?"), s) {
				want = i
			}
		}
		n := newNeedle(s, true)
		if have := n.index(h, from); have != want {
			t.Fatalf("%q in %q from %d: %d, want %d", s, h, from, have, want)
		}
	})
}
