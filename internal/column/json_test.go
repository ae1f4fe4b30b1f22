package column

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseJSON(t *testing.T) {
	tests := []struct {
		name, in string
		want     any
		bad      bool
	}{
		{name: "null", in: " null ", want: nil},
		{name: "whole numbers are exact", in: "9223372036854775807", want: int64(math.MaxInt64)},
		{name: "beyond 64 bits is real", in: "9223372036854775808", want: float64(9223372036854775808)},
		{name: "fraction", in: "1.0", want: 1.0},
		{name: "minus", in: "-0.5e-2", want: -0.005},
		{name: "escapes", in: `"a\n\"\u00e9\ud83d\ude00\ud800x"`, want: "a\n\"é😀\uFFFDx"},
		{name: "last duplicate wins in the first's place", in: `{"a":1,"b":2,"a":3}`, want: &Object{Keys: []string{"a", "b"}, Values: []any{int64(3), int64(2)}}},
		{name: "nested", in: `[1,[],{},"x",true,false]`, want: []any{int64(1), []any{}, &Object{Keys: []string{}, Values: []any{}}, "x", true, false}},
		{name: "leading zero", in: "01", bad: true},
		{name: "trailing comma", in: "[1,]", bad: true},
		{name: "two values", in: "1 2", bad: true},
		{name: "control character", in: "\"a\nb\"", bad: true},
		{name: "empty", in: "", bad: true},
		{name: "single quotes", in: "{'a':1}", bad: true},
		{name: "too deep", in: strings.Repeat("[", 600) + strings.Repeat("]", 600), bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ParseJSON(tt.in)
			if ok == tt.bad {
				t.Fatalf("ok = %v", ok)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAppendJSON(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"raw keeps number text and order", Raw(` { "b" : 1.50, "a" : [ 1e3 , {} ] } `), `{"b":1.50,"a":[1e3,{}]}`},
		{"raw drops the earlier duplicate", Raw(`{"a":{"x":1,"x":2},"b":3,"a":{"y":[4]}}`), `{"a":{"y":[4]},"b":3}`},
		{"broken raw is a string", Raw(`{"a"`), `"{\"a\""`},
		{"real keeps a fraction", []any{1.0, 2.5, 1e20}, `[1.0,2.5,1E+20]`},
		{"not a number", []any{math.NaN(), math.Inf(-1)}, `["NaN","-Infinity"]`},
		{"times", []any{Datetime(637765920000000000), Timespan(Second)}, `["2022-01-01T00:00:00.0000000Z","00:00:01"]`},
		{"control characters", "a\x01\tb\"\\", `"a\u0001\tb\"\\"`},
		{"broken UTF-8", "a\xffb", `"a` + "\uFFFD" + `b"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendJSON(nil, tt.in)); got != tt.want {
				t.Errorf("got %s want %s", got, tt.want)
			}
		})
	}
}

func TestMember(t *testing.T) {
	v := Raw(`{"a":{"b":[1,2]},"c":"x","a":{"b":[3]}}`)
	a := Member(v, "a")
	if got := string(AppendJSON(nil, Member(a, "b"))); got != "[3]" {
		t.Errorf("a.b = %s", got)
	}
	if got := Member(v, "C"); got != nil {
		t.Errorf("keys are case-sensitive, got %v", got)
	}
	if got := Member(Raw(`[1]`), "a"); got != nil {
		t.Errorf("member of an array = %v", got)
	}
	if diff := cmp.Diff(Resolve(Raw("[1,[2]]")), any([]any{int64(1), Raw("[2]")})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Deep(Raw("[1,[2]]")), any([]any{int64(1), []any{int64(2)}})); diff != "" {
		t.Error(diff)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1,"a":[1.5,null]}`, `"\ud800"`, `[[[[]]]]`, "1e999", `{"":{}}`, "-", `"\u12`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := ParseJSON(s)
		if ok != json.Valid([]byte(s)) && strings.Count(s, "[")+strings.Count(s, "{") < maxJSONDepth {
			t.Fatalf("ParseJSON(%q) ok = %v, encoding/json says otherwise", s, ok)
		}
		out := AppendJSON(nil, Raw(s))
		if !json.Valid(out) {
			t.Fatalf("%q prints as %q", s, out)
		}
		if !ok {
			return
		}
		back, ok := ParseJSON(string(out))
		if !ok {
			t.Fatalf("%q does not read back", out)
		}
		if a, b := string(AppendJSON(nil, v)), string(AppendJSON(nil, back)); a != b && strings.ToValidUTF8(s, "") == s {
			t.Fatalf("%s != %s", a, b)
		}
		if o, isObject := v.(*Object); isObject {
			for i, k := range o.Keys {
				a, b := string(AppendJSON(nil, Deep(Member(Raw(s), k)))), string(AppendJSON(nil, o.Values[i]))
				if a != b {
					t.Fatalf("member %q: %s != %s", k, a, b)
				}
			}
		}
	})
}

func BenchmarkMemberOfBag(b *testing.B) {
	v := Raw(`{"ProcessName":"powershell.exe","CommandLine":"powershell -enc AAAA","Nested":{"a":[1,2,3]},"Last":"x"}`)
	b.ReportAllocs()
	for b.Loop() {
		if Member(v, "Last") == nil {
			b.Fatal("missing")
		}
	}
}

func BenchmarkMinifyBag(b *testing.B) {
	v := Raw(`{"ProcessName":"powershell.exe","CommandLine":"powershell -enc AAAA","Nested":{"a":[1,2,3]},"Last":"x"}`)
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = AppendJSON(dst[:0], v)
	}
}
