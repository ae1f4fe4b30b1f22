package column

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// same compares dynamic values by kind and value; text that is still to be parsed is parsed.
func same(a, b any) bool { return describe(Deep(a)) == describe(Deep(b)) }

// describe writes a value with the kind of every scalar in it.
func describe(v any) string {
	switch x := v.(type) {
	case []any:
		out := "["
		for _, e := range x {
			out += describe(e) + ","
		}
		return out + "]"
	case *Object:
		out := "{"
		for i, k := range x.Keys {
			out += fmt.Sprintf("%q:%s,", k, describe(x.Values[i]))
		}
		return out + "}"
	case float64:
		return fmt.Sprintf("real %x", math.Float64bits(x))
	case *apd.Decimal:
		return "decimal " + x.String()
	}
	return fmt.Sprintf("%T %q", v, fmt.Sprint(v))
}

func carriedValue(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.Int64(), func(i int64) any { return i }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }), rapid.SampledFrom([]any{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e20, 0.1}),
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.SampledFrom([]any{"\x01", "s", "d5", "", "a\x00b", "\u2028", strings.Repeat("x", 5000)}),
		rapid.Map(rapid.Int64(), func(i int64) any { return Datetime(i) }), rapid.Map(rapid.Int64(), func(i int64) any { return Timespan(i) }),
		rapid.Just[any](uuid.MustParse("0193e4a2-0000-7000-8000-00000000000a")),
		rapid.SampledFrom([]any{Raw(`{"a":[1,2.50,"x"],"b":null}`), Raw(`[]`), Raw("not json"), Raw("\x01[1]"), Raw(""), Raw(strings.Repeat("[", 400) + strings.Repeat("]", 400))}),
		rapid.Map(rapid.SampledFrom([]string{"1.50", "1E+3", "-0.0000001", "12345678901234567890.123456789"}), func(s string) any { d, _, _ := apd.NewFromString(s); return d }),
	)
	if depth == 0 {
		return scalar
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return carriedValue(depth - 1) })
	return rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any {
			if l == nil {
				return []any{}
			}
			return l
		}),
		rapid.Custom(func(t *rapid.T) any {
			b := NewObjectBuilder(2)
			for range rapid.IntRange(0, 3).Draw(t, "keys") {
				b.Set(rapid.String().Draw(t, "key"), inner.Draw(t, "value"))
			}
			return b.Object()
		}))
}

func TestCarriedValuesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := carriedValue(3).Draw(t, "value")
		text := string(AppendCarried(nil, v))
		if got := Carried(text); !same(v, got) {
			t.Fatalf("%#v became %#v by %q", v, got, text)
		}
	})
}

func TestDeepValuesAreCarried(t *testing.T) {
	v := any("x")
	for range 700 {
		v = []any{v}
	}
	if got := Carried(string(AppendCarried(nil, v))); !same(v, got) {
		t.Error("a value that nests deeper than JSON may came back as another one")
	}
}

func FuzzCarried(f *testing.F) {
	f.Add("\x01[\"d1\"]")
	f.Add("\x01\"zz\"")
	f.Fuzz(func(t *testing.T, s string) {
		v := Carried(s)
		if again := Carried(string(AppendCarried(nil, v))); !same(v, again) {
			t.Errorf("%#v became %#v", v, again)
		}
	})
}
