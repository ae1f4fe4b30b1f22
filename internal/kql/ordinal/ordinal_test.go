package ordinal

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTextsAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringN(0, 2, 8), rapid.Map(rapid.IntRange(1, 20_000), func(n int) string { return strings.Repeat("x", n) })), 0, 400).Draw(t, "keys")
		var table Texts
		want, order := map[string]int{}, []string{}
		for _, k := range keys {
			if have, ok := want[k]; !ok && table.Find(k) != -1 || ok && table.Find(k) != have {
				t.Fatalf("%q is number %d before it is added", k, table.Find(k))
			}
			buf := []byte(k)
			n, fresh := table.AddBytes(buf)
			for i := range buf {
				buf[i] = '!' // what was kept is a copy
			}
			have, ok := want[k]
			if !ok {
				have, want[k] = len(order), len(order)
				order = append(order, k)
			}
			if n != have || fresh == ok {
				t.Fatalf("%q is number %d (new: %v), want %d", k, n, fresh, have)
			}
		}
		if table.Len() != len(order) {
			t.Fatalf("%d keys, want %d", table.Len(), len(order))
		}
		for i, k := range order {
			if table.Key(i) != k || table.FindBytes([]byte(k)) != i {
				t.Fatalf("key %d is %q, found as %d; want %q", i, table.Key(i), table.Find(k), k)
			}
		}
	})
}

func TestIntsAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-50, 50)), 0, 1000).Draw(t, "keys")
		var table Ints
		want := map[int64]int{}
		for _, k := range keys {
			have, ok := want[k]
			if !ok {
				have = -1
			}
			if n := table.Find(k); n != have {
				t.Fatalf("%d is number %d before it is added, want %d", k, n, have)
			}
			if !ok {
				have, want[k] = len(want), len(want)
			}
			if n, fresh := table.Add(k); n != have || fresh == ok {
				t.Fatalf("%d is number %d (new: %v), want %d", k, n, fresh, have)
			}
		}
		if table.Len() != len(want) {
			t.Fatalf("%d keys, want %d", table.Len(), len(want))
		}
	})
}

// What a table says it holds is what bounds a query: it must not stay behind.
func TestSizeCountsWhatIsKept(t *testing.T) {
	var texts Texts
	for range 3 {
		texts.Add(strings.Repeat("a", 1<<20))
	}
	for i := range 1000 {
		texts.Add(strings.Repeat("b", i))
	}
	if least := int64(1<<20 + 1000*999/2); texts.Size() < least {
		t.Errorf("texts of %d bytes, said to be %d", least, texts.Size())
	}
	var ints Ints
	for i := range int64(1000) {
		ints.Add(i)
	}
	if ints.Size() < 16*1000 {
		t.Errorf("a thousand numbers in %d bytes", ints.Size())
	}
}
