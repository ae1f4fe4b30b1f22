package duck

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// jsonPieces are elements of arrays: plain ones, ones that are written in another way than they are read, and broken ones.
var jsonPieces = []string{"null", "true", "false", "0", "-0", "12", "-7", "123456789012345678", "1234567890123456789", "12345678901234567890", "1.50", "1e3", "-0.5", "01", "-", "nul",
	`""`, `"short"`, `"a text of more than sixteen bytes, which is not inline"`, `"é漢\u00e9"`, `"C:\\x\/"`, `"\ud800"`, "\"\x01\"", "\"\x7f\u2028<&>\"", `"open`, `"'; DROP"`,
	"{}", "[]", `{"a":1,"a":1.50,"b":[null,"\u0041"]}`, `{"a": 1}`, `[[1,2],[]]`, `{"a"}`, `{"a":}`, "[1,]", "]", ",", " 1", strings.Repeat("[", 60) + strings.Repeat("]", 60), strings.Repeat("[", 70) + strings.Repeat("]", 70), ""}

func someArray(rng *rand.Rand) string {
	parts := make([]string, rng.IntN(5))
	for i := range parts {
		parts[i] = jsonPieces[rng.IntN(len(jsonPieces))]
		if i > 0 && rng.IntN(3) > 0 {
			parts[i] = jsonPieces[[]int{0, 1, 5, 7, 16, 17, 18, 26, 27, 28}[rng.IntN(10)]]
		}
	}
	text := "[" + strings.Join(parts, ",") + "]"
	switch rng.IntN(20) {
	case 0:
		return text[:rng.IntN(len(text))]
	case 1:
		return text + jsonPieces[rng.IntN(len(jsonPieces))]
	case 2:
		return strings.Join(parts, ",")
	}
	return text
}

// interpreted is what the interpreter makes of a text's elements; false when it is no array.
func interpreted(v any, limit int) ([]string, bool) {
	list, ok := column.Resolve(v).([]any)
	if v == nil {
		list, ok = []any{nil}, true
	}
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	var out []string
	for _, e := range list {
		if e == nil {
			out = append(out, "<null>")
			continue
		}
		out = append(out, string(column.AppendCarried(nil, e)))
	}
	return out, ok
}

// lists returns what the function makes of each value; "<other>" where it leaves it to the interpreter.
func lists(t *testing.T, values []any, limit int) [][]string {
	t.Helper()
	n, d := column.New(schema.Long, len(values)), column.New(schema.Dynamic, len(values))
	for i, v := range values {
		n.AppendInt(int64(i))
		d.AppendAny(v)
	}
	rel := &Relation{Names: []string{"n", "d"}, Types: []schema.Type{schema.Long, schema.Dynamic}, Blocks: []Block{BatchBlock{&column.Batch{N: len(values), Cols: []*column.Vector{n, d}}}}}
	rows, err := readAll(t.Context(), newPool(t, Options{}), &Query{
		SQL:   fmt.Sprintf("SELECT n, i, coalesce(e, '<null>') AS e FROM (SELECT n, unnest(l) AS e, unnest(range(len(l))) AS i FROM (SELECT n, coalesce(k_list(%d, d), ['<other>']) AS l FROM tail(0))) ORDER BY n, i", limit),
		Types: []schema.Type{schema.Long, schema.Long, schema.String}, Relations: []*Relation{rel},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]string, len(values))
	for _, r := range rows {
		out[r[0].(int64)] = append(out[r[0].(int64)], r[2].(string))
	}
	return out
}

// What the function reads of an array is byte by byte what the interpreter writes.
func TestListsAreThoseOfTheInterpreter(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	values := make([]any, 20_000)
	for i := range values {
		if rng.IntN(20) > 0 {
			values[i] = column.Raw(someArray(rng))
		}
	}
	for _, limit := range []int{0, 1, 2} {
		read, left := 0, 0
		for i, got := range lists(t, values, limit) {
			if len(got) == 1 && got[0] == "<other>" {
				left++
				continue
			}
			read++
			want, ok := interpreted(values[i], limit)
			if !ok {
				t.Fatalf("%q is no array to the interpreter, but %q", values[i], got)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%q (-interpreter +function)\n%s", values[i], d)
			}
		}
		if read < 5000 || left < 5000 {
			t.Errorf("%d arrays were read and %d left", read, left)
		}
	}
}

func TestPlainListsAreRead(t *testing.T) {
	wide := "[" + strings.Repeat(`{"k":"v"},`, 9_999) + "1]"
	for text, n := range map[string]int{`[]`: 0, `[null]`: 1, `[1,"two",true,{"a":[1.50,"\\"]}]`: 4, wide: 10_000} {
		got := lists(t, []any{column.Raw(text)}, 0)[0]
		want, _ := interpreted(column.Raw(text), 0)
		if d := cmp.Diff(want, got); d != "" || len(got) != n {
			t.Errorf("%.60q: %d elements\n%.2000s", text, len(got), d)
		}
	}
	for _, text := range []string{"", "1", `{"a":1}`, "[1.5]", `["\\"]`, "[1] ", "[ 1]", "[1", "[1,]", "\x01[\"s\"]"} {
		if got := lists(t, []any{column.Raw(text)}, 0)[0]; len(got) != 1 || got[0] != "<other>" {
			t.Errorf("%q was read as %q", text, got)
		}
	}
}
