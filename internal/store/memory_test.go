package store

import (
	"bytes"
	"testing"
)

func TestAllocator(t *testing.T) {
	a := newAllocator()
	var kept [][]byte
	for _, n := range []int{1, 100, 128<<10 - 1, 128 << 10, 1 << 20} {
		b := a.Allocate(n)
		if len(b) != n || bytes.Count(b, []byte{0}) != n {
			t.Fatalf("%d bytes, or not zero, for %d", len(b), n)
		}
		for i := range b {
			b[i] = byte(i)
		}
		for _, m := range []int{n / 2, 2 * n, 300 << 10, n} {
			if m < 1 {
				continue
			}
			if b = a.Reallocate(m, b); len(b) != m {
				t.Fatalf("%d bytes for %d", len(b), m)
			}
			if b[0] != 0 || m > 1 && len(b) > 1 && n > 3 && b[1] != 1 {
				t.Fatalf("the bytes changed when %d became %d", n, m)
			}
		}
		kept = append(kept, b)
	}
	for _, b := range kept {
		a.Free(b)
	}
}
