package column

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestRealsInDynamicValues(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{40.764323000000005, "40.764323000000008"}, // digits that read back the same but are not the nearest
		{9.999999999999998, "9.999999999999999"},
		{50, "50.0"}, {0.1, "0.1"}, {-2.5, "-2.5"}, {1e-7, "1E-07"}, {1e21, "1E+21"}, {0, "0.0"}, {math.SmallestNonzeroFloat64, "7E-324"},
		{math.MaxFloat64, "1.7976931348623158E+308"},
	} {
		if got := string(AppendJSON(nil, c.f)); got != c.want {
			t.Errorf("%v is %s, want %s", c.f, got, c.want)
		}
	}
}

// TestRealsReadBack writes random reals in both forms.
func TestRealsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	short := 0
	const n = 200_000
	for range n {
		f := math.Float64frombits(r.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		for _, text := range []string{string(AppendJSON(nil, f)), FormatReal(f)} {
			if back, err := strconv.ParseFloat(text, 64); err != nil || back != f {
				t.Fatalf("%v is written %s, which reads %v", f, text, back)
			}
		}
		if len(AppendJSON(nil, f)) <= len(FormatReal(f)) {
			short++
		}
	}
	if short < n*99/100 {
		t.Errorf("only %d of %d are the shortest", short, n)
	}
}

func BenchmarkRealInDynamic(b *testing.B) {
	var buf []byte
	for b.Loop() {
		buf = AppendJSON(buf[:0], 40.764323000000005)
	}
}
