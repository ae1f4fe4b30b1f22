package kernel

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// within fails a test whose function does not end: a bound that is missing shows as hours, so that the time allowed is long.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("does not end")
	}
}

// TestEnds holds what would take time or memory without measure.
func TestEnds(t *testing.T) {
	nan, text := math.NaN(), strings.Repeat("a", 50_000)
	line := dyn(`{"type":"LineString","coordinates":[[-170,-80],[170,80]]}`)
	sliver := dyn(`{"type":"Polygon","coordinates":[[[0,0],[60,40],[60,40.000001],[0,0]]]}`)
	slim := dyn(`{"type":"Polygon","coordinates":[[[0,0],[1e-9,0],[0,80],[0,0]]]}`)
	zigzag := dyn(`{"type":"LineString","coordinates":[` + strings.Repeat("[-170,-80],[170,80],", 200) + `[0,0]]}`)
	within(t, func() {
		runKernels(t, []kernelCase{
			{"no tolerance", "geo_line_densify", args(line, nan), "null"},
			{"no tolerance of a ring", "geo_polygon_densify", args(sliver, nan), "null"},
			{"no tolerance to simplify by", "geo_line_simplify", args(line, nan), "null"},
			{"no tolerance of a buffer", "geo_line_buffer", args(line, 1000.0, nan), "null"},
			{"too many points", "geo_line_densify", args(zigzag, 0.1), "null"},
			{"too many corners", "geo_line_buffer", args(zigzag, 1_000_000.0, 0.1), "null"},
			{"too many cells along a side", "geo_polygon_to_s2cells", args(sliver, 30), "null"},
			{"too large a box", "geo_polygon_to_h3cells", args(sliver, 15), "null"},
			{"too slim a box", "geo_polygon_to_h3cells", args(slim, 9), "null"},
			{"the last of many", "indexof", args(text, "a", 0, -1, 50_000), "49999"},
			{"the last of many in a window", "indexof", args(text, "a", 0, 40_000, 50_000), "49999"},
			{"the last of many matches", "indexof_regex", args(text, "a", 0, -1, 50_000), "49999"},
			{"a window beyond the end", "indexof", args("añb", "b", 1, math.MaxInt64), "2"},
			{"letters beyond ASCII in a window", "indexof", args("ñañbñb", "b", 1, 3, 2), "5"},
			{"long lists", "translate", args(text, "b", text), "'" + strings.Repeat("b", len(text)) + "'"},
			{"the first of a letter counts", "translate", args("aab", "xy", "ab"), "'xy'"},
			{"a count beyond the end", "array_index_of", args(dyn("[1,2]"), 2, 1, math.MaxInt64), "1"},
			{"the end of time", "range", args(span("1d"), val{schema.Timespan, int64(math.MaxInt64)}, span("6000000d")), `["1.00:00:00","6000001.00:00:00"]`},
			{"too deep", "bag_set_key", args(dyn("{}"), "$"+strings.Repeat(".a", 100_000), 1), "null"},
		})
	})
}

func TestTooLarge(t *testing.T) {
	long := make([]any, maxRange)
	for name, a := range map[string][]val{
		"strcat_array":    {{schema.Dynamic, long}, {schema.String, strings.Repeat("-", 1000)}},
		"series_fir":      {{schema.Dynamic, long}, {schema.Dynamic, long}},
		"series_iir":      {{schema.Dynamic, long}, {schema.Dynamic, long}, {schema.Dynamic, []any{int64(1)}}},
		"bag_remove_keys": {{schema.Dynamic, &column.Object{Keys: make([]string, maxRange), Values: long}}, {schema.Dynamic, long}},
	} {
		func() {
			defer func() {
				if err, _ := recover().(error); fault.KindOf(err) != fault.TooLarge || !strings.Contains(err.Error(), name+"()") {
					t.Errorf("%s: %v", name, err)
				}
			}()
			var sig []Arg
			var vecs []*column.Vector
			for _, x := range a {
				v := column.New(x.t, 1)
				v.Append(x.v)
				sig, vecs = append(sig, Arg{Type: x.t}), append(vecs, v)
			}
			f, err := Bind(name, sig, schema.Unknown, Env{})
			if err != nil {
				t.Fatal(err)
			}
			f.Eval(vecs, 1)
		}()
	}
}
