package store

import (
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// encoded writes numbers as Parquet does: in runs of one number, and in packs of eight.
func encoded(t *rapid.T, numbers []uint32, width int) []byte {
	var out []byte
	for len(numbers) > 0 {
		n := rapid.IntRange(1, len(numbers)).Draw(t, "run")
		run := numbers[:n]
		if slices.Min(run) == slices.Max(run) {
			out = binary.AppendUvarint(out, uint64(n)<<1)
			out = append(out, binary.LittleEndian.AppendUint32(nil, run[0])[:(width+7)/8]...)
			numbers = numbers[n:]
			continue
		}
		if n = (n + 7) / 8 * 8; n >= len(numbers) {
			n = len(numbers)
		}
		packs := (n + 7) / 8
		out = binary.AppendUvarint(out, uint64(packs)<<1|1)
		bits := make([]byte, packs*width)
		for i, v := range numbers[:n] {
			for b := range width {
				if at := i*width + b; v>>b&1 == 1 {
					bits[at/8] |= 1 << (at % 8)
				}
			}
		}
		out, numbers = append(out, bits...), numbers[n:]
	}
	return out
}

func TestHybridReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 20).Draw(t, "width")
		most := uint32(1)<<width - 1
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Just(most), rapid.Uint32Range(0, most), rapid.Uint32Range(0, 1)), 1, 300).Draw(t, "numbers")
		raw := encoded(t, numbers, width)
		have, err := hybrid(nil, raw, width, len(numbers), int(most)+1)
		if err != nil || !slices.Equal(have, numbers) {
			t.Fatalf("%v (%v), want %v", have, err, numbers)
		}
		if _, err := hybrid(nil, raw, width, len(numbers), int(slices.Max(numbers))); err == nil {
			t.Fatal("a number beyond the dictionary was taken")
		}
		// The last pack may end where nobody reads on.
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		if have, err := hybrid(nil, raw[:cut], width, len(numbers), int(most)+1); err == nil && !slices.Equal(have, numbers) {
			t.Fatalf("of %d bytes %d made %v", len(raw), cut, have)
		}
	})
}

// Damaged pages are errors: nothing else.
func FuzzHybrid(f *testing.F) {
	f.Add([]byte{3, 0xff, 2, 1}, 1, 9, 2)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2}, 20, 1000, 1<<20)
	f.Fuzz(func(t *testing.T, data []byte, width, n, most int) {
		if n < 0 || n > 1<<16 {
			return
		}
		out, err := hybrid(nil, data, width, n, most)
		if err == nil && len(out) != n {
			t.Fatalf("%d numbers, want %d", len(out), n)
		}
		for _, v := range out {
			if err == nil && int(v) >= most {
				t.Fatalf("%d is not below %d", v, most)
			}
		}
		if texts, err := plainTexts(nil, data, n); err == nil && len(texts) != n {
			t.Fatalf("%d texts, want %d", len(texts), n)
		}
	})
}
