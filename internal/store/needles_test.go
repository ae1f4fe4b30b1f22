package store_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/store"
)

// among is the test of a column for some texts.
func among(name string, texts ...string) store.Test {
	return store.Test{Column: name, Keep: func(values []string) []bool {
		keep := make([]bool, len(values))
		for i, v := range values {
			keep[i] = slices.Contains(texts, v)
		}
		return keep
	}}
}

// A scan with tests returns the rows that pass them, as they are; and no others of sealed row groups that hold few.
func TestScanLeavesOutWhatFailsTests(t *testing.T) {
	const rows = 20_000
	s := open(t, store.Options{})
	for part := range 2 {
		for first := part * rows; first < (part+1)*rows; first += 5000 {
			appendFrame(t, s, frame(events("T_CL", first, 5000)))
		}
		seal(t, s)
	}
	snap := s.Snapshot("soc")
	defer snap.Close()
	whole := map[string]string{} // by provenance
	cols := append([]string{"_src"}, slices.DeleteFunc(slices.Clone(allColumns), func(c string) bool { return c == "_src" })...)
	for _, line := range scan(t, snap, store.ScanSpec{Table: "T_CL", Columns: cols}) {
		for k, c := range line {
			if c == '|' {
				whole[line[:k]] = line
				break
			}
		}
	}
	if len(whole) != 2*rows {
		t.Fatalf("%d rows", len(whole))
	}
	read := func(tests ...store.Test) []string {
		return scan(t, snap, store.ScanSpec{Table: "T_CL", Columns: cols, Tests: tests})
	}
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, 2*rows-1), 0, 20, rapid.ID).Draw(t, "rows")
		var sources, want []string
		for _, k := range numbers {
			sources = append(sources, src(k))
		}
		tests := []store.Test{among("_src", sources...)}
		name := rapid.SampledFrom([]string{"-", "", "dc1.contoso.com", "nowhere"}).Draw(t, "name")
		if name != "-" {
			tests = append(tests, among("DeviceName", name))
		}
		for _, k := range numbers {
			device := ""
			if k%3 != 0 {
				device = fmt.Sprintf("dc%d.contoso.com", k%5)
			}
			if name == "-" || name == device {
				want = append(want, whole[src(k)])
			}
		}
		slices.Sort(want)
		if have := read(tests...); !slices.Equal(have, want) {
			t.Fatalf("%d rows, want %d:\n%q\n%q", len(have), len(want), have, want)
		}
	})
	if n := len(read(among("DeviceName", "dc1.contoso.com", ""))); n < 2*rows/3 || n > 2*rows {
		t.Errorf("%d rows of which many pass", n)
	}
	if have := read(among("DeviceName", "nowhere")); len(have) > 0 {
		t.Errorf("%d rows of a name that is nowhere", len(have))
	}
	if have := read(among("Missing", "x")); len(have) != 2*rows {
		t.Errorf("%d rows with a test of a column that is not read", len(have))
	}
}
