package kernel

import (
	"math"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
)

func TestTransforms(t *testing.T) {
	for _, n := range []int{1, 2, 5, 8, 12, 30} { // of lengths by halves and of others
		var y []any
		for i := range n {
			y = append(y, math.Sin(float64(i*i))*10)
		}
		parts := transform([]any{y}, false).([]any)
		sum := 0.0
		for _, v := range y {
			sum += v.(float64)
		}
		if got := parts[0].([]any)[0].(float64); math.Abs(got-sum) > 1e-9 {
			t.Errorf("%d: the first coefficient is %v, the sum is %v", n, got, sum)
		}
		back := transform(parts, true).([]any)
		for i := range y {
			if d := math.Abs(back[0].([]any)[i].(float64) - y[i].(float64)); d > 1e-9 || math.Abs(back[1].([]any)[i].(float64)) > 1e-9 {
				t.Errorf("%d: value %d comes back %v off", n, i, d)
			}
		}
	}
}

func TestPolynomials(t *testing.T) {
	var x, y []any
	for i := range 40 {
		v := float64(i)/4 - 3
		x, y = append(x, v), append(y, 2*v*v*v-v+7)
	}
	out := fitPolynomial([]any{y, x, int64(3)}).([]any)
	if r := out[0].(float64); r < 1-1e-9 {
		t.Errorf("rsquare = %v", r)
	}
	for i, want := range []float64{2, 0, -1, 7} {
		if got := out[1].([]any)[i].(float64); math.Abs(got-want) > 1e-6 {
			t.Errorf("coefficient %d is %v, want %v", i, got, want)
		}
	}
	runKernels(t, []kernelCase{
		{"too few points", "series_fit_poly", args(dyn("[1]")), "[null,null,null,null,null]"},
		{"other lengths", "series_fit_poly", args(dyn("[1,2,3]"), dyn("[1,2]")), "[null,null,null,null,null]"},
	})
	two := fitTwoOutputs([]any{[]any{int64(1), int64(2), int64(3), int64(9), int64(8), int64(7)}}).([]any)
	if len(two) != 15 || two[1] != int64(3) || math.Abs(two[6].(float64)+1) > 1e-9 || math.Abs(two[11].(float64)-1) > 1e-9 {
		t.Errorf("two lines: %v", two)
	}
}

func TestOutliers(t *testing.T) {
	runKernels(t, []kernelCase{
		{"inside", "series_outliers", args(dyn("[1,2,3,4,5]"), "tukey"), "[-0.5,0.0,0.0,0.0,0.5]"},
		{"ignored", "series_outliers", args(dyn("[1,2,3,4,5,-9]"), "tukey", -9), "[-0.5,0.0,0.0,0.0,0.5,0.0]"},
		{"all the same", "series_outliers", args(dyn("[2,2,2]")), "[0.0,0.0,0.0]"},
		{"unknown test", "series_outliers", args(dyn("[1,2]"), "x"), "null"},
	})
	// The unit of the default test is that of the service: of a spread of 8.423430126715859 it is 3.0380917177626365.
	f, _ := fenceOf("ctukey", 10, 90)
	if got := 8.423430126715859 / f.unit; math.Abs(got-3.0380917177626365) > 1e-9 {
		t.Errorf("the unit is %v", got)
	}
}

// weekly is hourly data with a season of a day and of a week, a trend, and a spike.
func weekly(n int) []any {
	var out []any
	for i := range n {
		v := 10 + 3*math.Sin(2*math.Pi*float64(i)/24) + float64(i)/100
		if i/24%7 >= 5 {
			v -= 6
		}
		if i == 200 {
			v += 20
		}
		out = append(out, v)
	}
	return out
}

func TestPeriods(t *testing.T) {
	y := weekly(24 * 7 * 4)
	out := periodsDetect([]any{y, int64(4), int64(24 * 14), int64(2)}).([]any)
	if got := out[0].([]any); got[0] != 168.0 {
		t.Errorf("periods %v, want 168 first", got)
	}
	var daily []any
	for i := range 240 {
		daily = append(daily, math.Sin(2*math.Pi*float64(i)/24)+math.Sin(2*math.Pi*float64(i)/8)/2)
	}
	if got := periodsDetect([]any{daily, int64(2), int64(100), int64(3)}).([]any)[0].([]any); got[0] != 24.0 || got[1] != 0.0 {
		t.Errorf("periods %v, want 24 alone", got)
	}
	valid := periodsValidate([]any{y, int64(168), int64(100)}).([]any)
	if s := valid[1].([]any); s[0].(float64) < 0.8 || s[1] != 0.0 {
		t.Errorf("scores %v", s)
	}
	runKernels(t, []kernelCase{
		{"constant", "series_periods_detect", args(dyn("[1,1,1,1,1,1]"), 0, 3, 1), "[[0.0],[0.0]]"},
		{"found", "series_seasonal", args(dyn("[2,5,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1,2,3,4,3,2,1]")), "[1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0,2.0,3.0,4.0,3.0,2.0,1.0]"},
		{"not three times", "series_seasonal", args(dyn("[1,3,5,2,4,6,1,3,5,2,4,6]")), "[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"},
	})
}

func TestDecompositions(t *testing.T) {
	y := weekly(24 * 7 * 4)
	out := seriesDecompose([]any{y, int64(-1), "linefit"}).([]any)
	for i := range y {
		base, season, trend, rest := out[0].([]any)[i].(float64), out[1].([]any)[i].(float64), out[2].([]any)[i].(float64), out[3].([]any)[i].(float64)
		if math.Abs(base-season-trend) > 1e-9 || math.Abs(base+rest-y[i].(float64)) > 1e-9 {
			t.Fatalf("point %d does not add up", i)
		}
	}
	flags := seriesAnomalies([]any{y, 3.0, int64(-1), "linefit"}).([]any)[0].([]any)
	for i, f := range flags {
		if want := int64(0); i == 200 && f != int64(1) || i != 200 && f != want {
			t.Errorf("point %d has the flag %v", i, f)
		}
	}
	ahead := seriesForecast([]any{append(weekly(24*7*4), make([]any, 168)...), int64(168)}).([]any)[0].([]any)
	want := weekly(24 * 7 * 5)
	for i := 24 * 7 * 4; i < len(want); i++ {
		if d := math.Abs(ahead[i].(float64) - want[i].(float64)); d > 1.5 {
			t.Errorf("the forecast of point %d is %.2f off", i, d)
		}
	}
	if got := seriesDecompose([]any{"x"}).([]any); got[0] != nil {
		t.Errorf("of a text: %v", got)
	}
}

func TestNoSeason(t *testing.T) {
	out := seriesDecompose([]any{column.Resolve(column.Raw("[1,2,3,4]")), int64(0), "none"}).([]any)
	for i, v := range out[0].([]any) {
		if v != 0.0 {
			t.Errorf("baseline %d is %v", i, v)
		}
	}
}
