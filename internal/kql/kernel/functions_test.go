package kernel

import (
	"math"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

func TestDynamicAccess(t *testing.T) { // trap 14
	bag := dyn(`{"a":{"b":[10,20]},"A":1}`)
	runKernels(t, []kernelCase{
		{"member", "member", args(bag, "a"), `{"b":[10,20]}`},
		{"missing", "member", args(bag, "x"), "null"},
		{"case counts", "member", args(bag, "A"), "1"},
		{"of an array", "member", args(dyn("[1]"), "a"), "null"},
		{"from the end", "index", args(dyn("[1,2,3]"), -1), "3"},
		{"beyond the end", "index", args(dyn("[1,2,3]"), 3), "null"},
		{"by key", "index", args(bag, "A"), "1"},
		{"broken text stays text", "parse_json", args("{'a'"), `"{'a'"`},
		{"identity", "parse_json", args(bag), `{"a":{"b":[10,20]},"A":1}`},
		{"scalar", "parse_json", args("12"), "12"},
		{"empty", "parse_json", args(""), "null"},
		{"by value", "==", args(dyn("1.0"), 1), "true"},
		{"text of a dynamic", "==", args(dyn(`"x"`), "x"), "true"},
		{"path", "extract_json", args("$.a.b[1]", `{"a":{"b":[10,20]}}`), "'20'"},
	})
}

func TestArraysAndBags(t *testing.T) { // trap 16
	arr := dyn("[1,2,3,4,5]")
	runKernels(t, []kernelCase{
		{"not an array", "array_length", args(dyn("{}")), "null"},
		{"from the end", "array_slice", args(arr, -3, -2), "[3,4]"},
		{"at places", "array_split", args(arr, dyn("[1,3]")), "[[1],[2,3],[4,5]]"},
		{"left", "array_rotate_left", args(arr, -2), "[4,5,1,2,3]"},
		{"fill", "array_shift_right", args(arr, 2, -1), "[-1,-1,1,2,3]"},
		{"numbers are conditions", "array_iff", args(dyn("[1,0,null]"), "yes", "no"), `["yes","no",null]`},
		{"nulls last", "array_sort_asc", args(dyn("[3,null,1]")), "[[1,3,null]]"},
		{"nulls first", "array_sort_desc", args(dyn("[3,null,1]"), false), "[[null,3,1]]"},
		{"with another", "array_sort_asc", args(dyn("[3,1,2]"), dyn(`["c","a","b"]`)), `[[1,2,3],["a","b","c"]]`},
		{"missing is null", "zip", args(dyn(`["A",1,1.5]`), dyn(`[{},"B"]`)), `[["A",{}],[1,"B"],[1.5,null]]`},
		{"leftmost wins", "bag_merge", args(dyn(`{"a":1}`), dyn(`{"a":2,"b":3}`)), `{"a":1,"b":3}`},
		{"path", "bag_has_key", args(dyn(`{"a":{"b":null}}`), "$.a.b"), "true"},
		{"keys", "bag_remove_keys", args(dyn(`{"a":1,"b":{"c":2,"d":3}}`), dyn(`["a","$.b.c"]`)), `{"b":{"d":3}}`},
		{"pairs", "bag_pack", args("k", 1, "n", null(schema.Long)), `{"k":1,"n":null}`},
		{"without the empty", "bag_pack_nonempty", args("k", "", "n", null(schema.Long), "x", 0), `{"x":0}`},
		{"each once", "set_union", args(dyn("[1,2,1]"), dyn("[2,3]")), "[1,2,3]"},
		{"common", "set_intersect", args(dyn("[1,2,3]"), dyn("[4,5]")), "[]"},
		{"rest", "set_difference", args(dyn("[1,2,3]"), dyn("[2]")), "[1,3]"},
		{"numbers by value", "set_has_element", args(dyn("[1,2]"), 2.0), "true"},
		{"delimiter", "strcat_array", args(dyn(`[1,"a"]`), "->"), "'1->a'"},
		{"counting", "range", args(1, 8, 3), "[1,4,7]"},
	})
}

func TestText(t *testing.T) {
	runKernels(t, []kernelCase{
		{"code points", "strlen", args("⒦⒰"), "2"},
		{"from the end", "substring", args("123456", -2, 2), "'56'"},
		{"beyond", "substring", args("abc", 5), "''"},
		{"letters beyond ASCII", "substring", args("añb", 1, 1), "'ñ'"},
		{"second", "indexof", args("abcdefgabcdefg", "cde", 1, 10, 2), "9"},
		{"window too short", "indexof", args("abcdefg", "cde", 1, 2), "-1"},
		{"counted from the end", "indexof", args("abcdefg", "cde", -5), "2"},
		{"all", "split", args("a_b", "_"), `["a","b"]`},
		{"one", "split", args("aaa_bbb_ccc", "_", 1), `["bbb"]`},
		{"group", "extract", args(`is (\d+)`, 1, "Number is 5"), "'5'"},
		{"no match", "extract", args(`(x)`, 1, "abc"), "''"},
		{"several groups", "extract_all", args(`(\w)(\d)`, "a1 b2"), `[["a","1"],["b","2"]]`},
		{"backslash digit", "replace_regex", args("Number is 1", `is (\d+)`, `was: \1`), "'Number was: 1'"},
		{"dollar stays", "replace_regex", args("a", "a", "$1"), "'$1'"},
		{"both ends", "trim", args(`--`, "--https://bing.com--"), "'https://bing.com'"},
		{"guarded", "replace_strings", args("This is", dyn(`["This","is"]`), dyn(`[1,"was"]`)), "'This was'"},
		{"anything", "strcat_delim", args("-", 1, "2", "A", span("1s")), "'1-2-A-00:00:01'"},
		{"repeated", "strrep", args("ab", 2, "."), "'ab.ab'"},
		{"nothing repeated without end", "strrep", args("", 1<<50), "''"},
		{"repeated without end", "strrep", args("a", 1<<50), "''"},
		{"overlapping", "countof", args("aaa", "aa"), "2"},
		{"invalid UTF-8", "base64_decode_tostring", args("/w=="), "''"},
		{"round", "base64_encode_tostring", args("Kusto"), "'S3VzdG8='"},
		{"lower case", "url_encode", args("https://a/ b"), "'https%3a%2f%2fa%2f+b'"},
		{"broken escape stays", "url_decode", args("a%2fb%zz+c%4"), "'a/b%zz c%4'"},
		{"text of the value", "hash_md5", args(dt("2020-01-01")), "'786c530672d1f8db31fee25ea8a9390b'"},
		{"text", "hash", args("World"), "1846988464401551951"},
		{"time", "hash", args(dt("2015-01-01")), "1380966698541616202"},
	})
}

func TestParsers(t *testing.T) { // trap 40
	runKernels(t, []kernelCase{
		{"all parts", "parse_url", args("scheme://user:pw@host:1234/path?k=v&k2=v2#frag"), `{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/path","Username":"user","Password":"pw","Query Parameters":{"k":"v","k2":"v2"},"Fragment":"frag"}`},
		{"windows", "parse_path", args(`C:\temp\file.txt:ads`), `{"Scheme":"","RootPath":"C:\\","DirectoryPath":"C:\\temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":"ads"}`},
		{"quotes", "parse_csv", args("aa,\"b,\"\"b\",cc\nx"), `["aa","b,\"b","cc"]`},
		{"parts", "parse_version", args("1.2.3"), "1000000020000000300000000"},
		{"not a version", "parse_version", args("1.x"), "null"},
		{"quotes", "parse_command_line", args(`echo "hello world!" a\\"b c"`, "windows"), `["echo","hello world!","a\\b c"]`},
	})
}

func TestAddresses(t *testing.T) { // trap 41
	runKernels(t, []kernelCase{
		{"shorter prefix", "ipv4_is_match", args("192.168.1.1/30", "192.168.1.255/24"), "true"},
		{"given prefix", "ipv4_is_match", args("192.168.1.1", "192.168.1.0", 31), "true"},
		{"not an address", "ipv4_is_match", args("x", "1.2.3.4"), "null"},
		{"order", "ipv4_compare", args("1.2.3.4", "1.2.3.5"), "-1"},
		{"private", "ipv4_is_private", args("172.31.0.1"), "true"},
		{"not private", "ipv4_is_private", args("172.32.0.1"), "false"},
		{"any", "ipv4_is_in_any_range", args("10.1.2.3", dyn(`["192.168.0.0/16","10.0.0.0/8"]`)), "true"},
		{"boundaries", "has_ipv4", args("05:04:54127.0.0.1 GET", "127.0.0.1"), "false"},
		{"prefix ends in a dot", "has_ipv4_prefix", args("x 127.0.0.1 y", "127.0"), "false"},
		{"number", "parse_ipv4", args("192.168.1.1/24"), "3232235776"},
		{"long form", "parse_ipv6_mask", args("fe80::85d:e82c:9446:7994/120", 124), "'fe80:0000:0000:0000:085d:e82c:9446:7900'"},
		{"masked", "format_ipv4_mask", args("192.168.1.1", 24), "'192.168.1.0/24'"},
		{"fewest networks", "ipv4_range_to_cidr_list", args("1.1.128.0", "1.1.140.255"), `["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]`},
		{"everything", "ipv4_range_to_cidr_list", args("0.0.0.0", "255.255.255.255"), `["0.0.0.0/0"]`},
		{"IPv4 in IPv6", "ipv6_is_match", args("::ffff:10.0.0.1", "10.0.0.1"), "true"},
	})
}

func TestPunycode(t *testing.T) {
	runKernels(t, []kernelCase{
		{"encode", "punycode_from_string", args("académie-française"), "'acadmie-franaise-npb1a'"},
		{"decode", "punycode_to_string", args("acadmie-franaise-npb1a"), "'académie-française'"},
		{"labels", "punycode_domain_from_string", args("xn--Ge-mia.Bulg.edu"), "'Gáe.Bulg.edu'"},
		{"broken", "punycode_to_string", args("a-!"), "''"},
	})
}

func TestSeries(t *testing.T) {
	runKernels(t, []kernelCase{
		{"whole stays whole", "series_subtract", args(dyn("[1,2]"), dyn("[4,2]")), "[-3,0]"},
		{"scalar", "series_multiply", args(dyn("[1,2.5]"), 2), "[2,5.0]"},
		{"shorter", "series_add", args(dyn("[1,2]"), dyn("[1]")), "[2,null]"},
		{"back", "series_fill_backward", args(dyn("[null,1,null]")), "[1,1,null]"},
		{"between", "series_fill_linear", args(dyn("[null,1,null,3]")), "[1,1,2.0,3]"},
		{"running mean", "series_fir", args(dyn("[1,2,3]"), dyn("[1,1]")), "[0.5,1.5,2.5]"},
		{"phases", "series_seasonal", args(dyn("[1,5,1,7,9,5]"), 2), "[1.0,5.0,1.0,5.0,1.0,5.0]"},
	})
}

func TestUnknownFunctions(t *testing.T) {
	if Known("no_such_function") || !Known("has_any") || KnownAggregate("nope") || !KnownAggregate("arg_max") {
		t.Error("Known is wrong")
	}
	if _, err := Bind("no_such_function", nil, schema.Unknown, Env{}); err == nil || !strings.Contains(err.Error(), "no_such_function") {
		t.Errorf("err = %v", err)
	}
	if _, err := Bind("strlen", nil, schema.Unknown, Env{}); err == nil {
		t.Error("strlen without arguments was bound")
	}
	if _, err := Bind("matches regex", []Arg{{Type: schema.String}, {Type: schema.String, Const: true, Value: "("}}, schema.Bool, Env{}); err == nil {
		t.Error("a broken constant pattern was bound")
	}
	if len(Names()) < 250 {
		t.Errorf("%d functions", len(Names()))
	}
}

// callWithEverything calls a function with every choice of up to three of the values, each beside a null; none may panic, but
// for a value that is too large.
func callWithEverything(t *testing.T, name string, values []val) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && fault.KindOf(err) == fault.TooLarge {
				return
			}
			t.Errorf("%s panics: %v", name, p)
		}
	}()
	k := len(values)
	for count := 0; count <= 3; count++ {
		if count == 3 {
			k = min(k, 6)
		}
		for pick := range intPow(k, count) {
			var sig []Arg
			var vecs []*column.Vector
			for p := pick; len(sig) < count; p /= k {
				x := values[p%k]
				v := column.New(x.t, 2)
				v.Append(x.v)
				v.Append(nil)
				sig, vecs = append(sig, Arg{Type: x.t}), append(vecs, v)
			}
			fn, err := Bind(name, sig, schema.Unknown, Env{})
			if err != nil {
				continue
			}
			if out := fn.Eval(vecs, 2); out.Len() != 2 || out.Type != fn.Type {
				t.Fatalf("%s of %v gave %d values of %s, want 2 of %s", name, sig, out.Len(), out.Type, fn.Type)
			}
		}
	}
}

func intPow(a, b int) int {
	out := 1
	for range b {
		out *= a
	}
	return out
}

func TestNoKernelPanics(t *testing.T) {
	values := []val{
		{schema.String, "a.b:c/d?e=% \xff"}, {schema.Dynamic, ParseDynamic(`[null,{"a":[]},1.5,"x"]`)}, {schema.Dynamic, ParseDynamic(`{"a":[1]}`)},
		{schema.Long, int64(math.MinInt64)}, {schema.Datetime, column.MaxDatetime}, {schema.Timespan, int64(math.MaxInt64)}, {schema.Real, math.Inf(1)},
		{schema.Bool, true}, {schema.Guid, uuid.UUID{1}}, dec("1e30"), {schema.Int, int64(-7)},
	}
	for _, name := range Names() {
		callWithEverything(t, name, values)
	}
}

func FuzzKernels(f *testing.F) {
	f.Add("a.b:c/d?e=%", `{"a":[1,{}]}`, int64(-3))
	f.Add("::ffff:1.2.3.4/33", "[null,1.5,\"x\"]", int64(1)<<62)
	f.Add("\xff(\\", "", int64(0))
	names := Names()
	f.Fuzz(func(t *testing.T, s, json string, n int64) {
		values := []val{{schema.String, s}, {schema.Dynamic, ParseDynamic(json)}, {schema.Long, n}, {schema.Real, float64(n) / 3}}
		for i := range 16 {
			callWithEverything(t, names[(int(uint64(n)%1000)+i*17+len(s))%len(names)], values)
		}
	})
}

func benchmarkOperator(b *testing.B, name, needle string) {
	v := column.Make(schema.String, 4096)
	for i := range v.Strings {
		v.Strings[i] = `"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -ExecutionPolicy Bypass -File C:\ProgramData\agent\run.ps1`
	}
	f, err := Bind(name, []Arg{{Type: schema.String}, {Type: schema.String, Const: true, Value: needle}}, schema.Bool, Env{})
	if err != nil {
		b.Fatal(err)
	}
	args := []*column.Vector{v, nil}
	b.SetBytes(int64(4096 * len(v.Strings[0])))
	for b.Loop() {
		f.Eval(args, 4096)
	}
}

func BenchmarkCommandLineHas(b *testing.B)      { benchmarkOperator(b, "has", "mimikatz") }
func BenchmarkCommandLineContains(b *testing.B) { benchmarkOperator(b, "contains", "mimikatz") }
func BenchmarkCommandLineRegex(b *testing.B) {
	benchmarkOperator(b, "matches regex", `(?i)mimi(katz|lib)`)
}
