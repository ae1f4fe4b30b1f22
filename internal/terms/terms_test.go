package terms

import (
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestOf(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []Term
	}{
		{"", nil},
		{"--", nil},
		{"user", []Term{{Text: "user"}}},
		{"-enc", []Term{{Text: "enc", Left: true}}},
		{`\Temp\a.exe`, []Term{{Text: "Temp", Left: true, Right: true}, {Text: "a", Left: true, Right: true}, {Text: "exe", Left: true}}},
		{"my_user ", []Term{{Text: "my", Right: true}, {Text: "user", Left: true, Right: true}}},
		{"über漢字", []Term{{Text: "über漢字"}}},
	} {
		if diff := cmp.Diff(tc.want, Of(tc.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.text, diff)
		}
	}
}

// What a value's terms are must not depend on who asks.
func TestAValueHasTheTermsOfTheSearchText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		got := map[Hash]bool{}
		var h Hasher
		for _, x := range h.Append(nil, 7, []byte(s)) {
			got[x] = true
		}
		if !got[HashValue(7, s)] {
			t.Fatalf("%q: no whole value", s)
		}
		for _, x := range Of(s) {
			if !got[HashTerm(7, x.Text)] {
				t.Fatalf("%q: no term %q", s, x.Text)
			}
		}
	})
}

// Runes that a comparison without case, tolower or toupper makes equal have one hash, and all or none belong to terms.
func TestFoldIsCoarserThanEveryChangeOfCase(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		for _, other := range []rune{unicode.ToLower(r), unicode.ToUpper(r)} {
			if HashValue(1, string(r)) != HashValue(1, string(other)) {
				t.Errorf("%q and %q have two hashes", r, other)
			}
			if r != '\u0345' && Is(r) != Is(other) { // see Of
				t.Errorf("%q and %q: only one belongs to terms", r, other)
			}
		}
	}
}

func TestColumnsAndKindsDiffer(t *testing.T) {
	if HashTerm(1, "a") == HashTerm(2, "a") || HashTerm(1, "a") == HashValue(1, "a") {
		t.Error("hashes of two columns, or of term and value, are the same")
	}
	if HashValue(1, "Straße") == HashValue(1, "strasse") || HashValue(1, "STRAßE") != HashValue(1, "straße") {
		t.Error("case folds one rune to one rune")
	}
}

// The hash is in files.
func TestHashNeverChanges(t *testing.T) {
	if a, b := HashTerm(100, "PowerShell"), HashValue(101, `C:\Windows\Ünïcödé`); a != goldenTerm || b != goldenValue {
		t.Errorf("hashes are %#x and %#x", uint64(a), uint64(b))
	}
}

func BenchmarkHasher(b *testing.B) {
	value := []byte(`"powershell.exe" -NoProfile -ExecutionPolicy Bypass -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA`)
	b.SetBytes(int64(len(value)))
	var h Hasher
	var to []Hash
	for b.Loop() {
		to = h.Append(to[:0], 100, value)
	}
}

const (
	goldenTerm  = Hash(0xa8e17a7e21d2a26d)
	goldenValue = Hash(0x61caddd7687f4fa9)
)
