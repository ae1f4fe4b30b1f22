package kernel

import (
	"math"
	"testing"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// val is a typed value for a test: a plain Go value has its natural type.
type val struct {
	t schema.Type
	v any
}

func null(t schema.Type) val { return val{t, nil} }
func dyn(json string) val    { return val{schema.Dynamic, column.Raw(json)} }
func span(s string) val      { t, _ := column.ParseTimespan(s); return val{schema.Timespan, t} }
func dt(s string) val        { t, _ := column.ParseDatetime(s); return val{schema.Datetime, t} }
func int32of(n int64) val    { return val{schema.Int, n} }
func dec(s string) val       { d, _ := toDecimal(s); return val{schema.Decimal, d} }

func valueOf(x any) val {
	switch x := x.(type) {
	case val:
		return x
	case bool:
		return val{schema.Bool, x}
	case int:
		return val{schema.Long, int64(x)}
	case int64:
		return val{schema.Long, x}
	case float64:
		return val{schema.Real, x}
	case string:
		return val{schema.String, x}
	case uuid.UUID:
		return val{schema.Guid, x}
	}
	panic("no type for a test value")
}

// text prints a result so that types and nulls can be told apart.
func text(v *column.Vector, i int) string {
	if v.Null(i) {
		return "null"
	}
	switch v.Type {
	case schema.String:
		return "'" + v.Strings[i] + "'"
	case schema.Dynamic:
		return string(column.AppendJSON(nil, v.Any[i]))
	}
	return Text(Box(v, i))
}

// evaluate runs a function twice, with constant arguments and with columns of three rows, and wants the same from both.
func evaluate(t *testing.T, name string, args ...any) string {
	t.Helper()
	var consts, open []Arg
	var one, three []*column.Vector
	for _, a := range args {
		x := valueOf(a)
		consts = append(consts, Arg{Type: x.t, Const: true, Value: x.v})
		open = append(open, Arg{Type: x.t})
		v, w := column.New(x.t, 1), column.New(x.t, 3)
		v.Append(x.v)
		for range 3 {
			w.Append(x.v)
		}
		one, three = append(one, v), append(three, w)
	}
	env := Env{Now: column.Date(2024, 1, 2)}
	f, err := Bind(name, consts, schema.Unknown, env)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got := text(f.Eval(one, 1), 0)
	g, err := Bind(name, open, schema.Unknown, env)
	if err != nil {
		t.Fatalf("%s over columns: %v", name, err)
	}
	out := g.Eval(three, 3)
	if out.Len() != 3 || text(out, 2) != got {
		t.Errorf("%s: %s as constants, %s as columns", name, got, text(out, 2))
	}
	if mixed := f.Eval(one, 3); mixed.Len() != 3 || text(mixed, 1) != got {
		t.Errorf("%s: single values do not stand for three rows", name)
	}
	return got
}

type kernelCase struct {
	name string
	fn   string
	args []any
	want string
}

func runKernels(t *testing.T, cases []kernelCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.fn+" "+c.name, func(t *testing.T) {
			if got := evaluate(t, c.fn, c.args...); got != c.want {
				t.Errorf("%s(%v) = %s, want %s", c.fn, c.args, got, c.want)
			}
		})
	}
}

func args(a ...any) []any { return a }

func TestNullsInComparisons(t *testing.T) { // traps 1, 2
	long := null(schema.Long)
	runKernels(t, []kernelCase{
		{"null and value", "==", args(long, 1), "false"},
		{"null and value", "!=", args(long, 1), "true"},
		{"both null", "==", args(long, long), "null"},
		{"both null", "!=", args(long, long), "null"},
		{"null", "<", args(long, 1), "null"},
		{"null", ">=", args(1, long), "null"},
		{"empty strings are equal", "==", args("", ""), "true"},
		{"a string is never null", "isnull", args(""), "false"},
		{"empty", "isempty", args(""), "true"},
		{"null", "isempty", args(long), "true"},
		{"value", "isnotempty", args(0), "true"},
		{"dynamic null", "isnull", args(dyn("null")), "true"},
		{"false wins", "and", args(false, null(schema.Bool)), "false"},
		{"null", "and", args(true, null(schema.Bool)), "null"},
		{"true wins", "or", args(true, null(schema.Bool)), "true"},
		{"null", "or", args(false, null(schema.Bool)), "null"},
		{"null", "not", args(null(schema.Bool)), "null"},
		{"NaN is not itself", "==", args(math.NaN(), math.NaN()), "false"},
		{"null is in no set", "in", args(long, 1, 2), "false"},
		{"null is in no set", "!in", args(long, 1, 2), "true"},
		{"null passes over", "coalesce", args(long, null(schema.Long), 33), "33"},
		{"null condition is else", "iff", args(null(schema.Bool), 1, 2), "2"},
		{"first true", "case", args(false, "a", true, "b", "c"), "'b'"},
		{"nulls passed over", "max_of", args(long, 3, 2), "3"},
		{"reals", "min_of", args(1.5, 2.5), "1.5"},
		{"ends included", "between", args(3, 1, 3), "true"},
		{"outside", "!between", args(4, 1, 3), "true"},
		{"span as the end", "between", args(dt("2024-01-01 12:00"), dt("2024-01-01"), span("1d")), "true"},
	})
}

func TestStringOperators(t *testing.T) { // traps 3, 4, 5
	runKernels(t, []kernelCase{
		{"case counts", "==", args("a", "A"), "false"},
		{"case ignored", "=~", args("straße", "STRAßE"), "true"},
		{"Kelvin sign is not k", "=~", args("\u212a", "k"), "false"},
		{"ignored", "in~", args("B", "a", "b"), "true"},
		{"dynamic list", "in", args("b", dyn(`["a","b"]`)), "true"},
		{"numbers in a dynamic list", "in", args(2, dyn(`[1,2]`)), "true"},
		{"inside", "contains", args("PowerShell.exe", "shell"), "true"},
		{"case counts", "contains_cs", args("PowerShell.exe", "shell"), "false"},
		{"not inside", "!contains", args("abc", "d"), "true"},
		{"letters beyond ASCII", "contains", args("ÉCOLE", "école"), "true"},
		{"prefix", "startswith", args("Hello", "hE"), "true"},
		{"suffix", "endswith_cs", args("Hello", "LO"), "false"},
		{"whole term", "has", args("net user /add", "USER"), "true"},
		{"inside a term", "has", args("netuser", "user"), "false"},
		{"later occurrence counts", "has", args("users user", "user"), "true"},
		{"underscore splits terms", "has", args("my_user", "user"), "true"},
		{"digits belong to terms", "has", args("user1", "user"), "false"},
		{"letters beyond ASCII belong to terms", "has", args("éuser", "user"), "false"},
		{"several terms", "has", args("x a-b y", "a-b"), "true"},
		{"mark at the edge", "has", args("powershell -enc AAA", "-enc"), "true"},
		{"mark at the edge, term goes on", "has", args("powershell -encoded", "-enc"), "false"},
		{"prefix of a term", "hasprefix", args("a powershell", "power"), "true"},
		{"suffix of a term", "hassuffix", args("a powershell b", "shell"), "true"},
		{"negated", "!has", args("a b", "c"), "true"},
		{"any", "has_any", args("a b c", "x", "B"), "true"},
		{"any of a list", "has_any", args("a b c", dyn(`["x","y"]`)), "false"},
		{"all", "has_all", args("a b c", "a", "c"), "true"},
		{"not all", "has_all", args("a b c", "a", "d"), "false"},
		{"text of a dynamic", "has", args(dyn(`{"k":"evil.exe"}`), "evil"), "true"},
		{"regex", "matches regex", args("abc123", `^[a-c]+\d`), "true"},
	})
}

func TestNumbers(t *testing.T) { // traps 7, 8, 12
	runKernels(t, []kernelCase{
		{"whole", "/", args(1, 2), "0"},
		{"real", "/", args(1.0, 2), "0.5"},
		{"by zero", "/", args(1, 0), "null"},
		{"real by zero", "/", args(1.0, 0.0), "Infinity"},
		{"never negative", "%", args(-10, 4), "2"},
		{"least by minus one", "/", args(int64(math.MinInt64), -1), "-9223372036854775808"},
		{"wraps", "+", args(int64(math.MaxInt64), 1), "-9223372036854775808"},
		{"null", "+", args(null(schema.Long), 1), "null"},
		{"floor of real", "bin", args(4.5, 1), "4.0"},
		{"floor below zero", "bin", args(-5, 3), "-6"},
		{"size zero", "bin", args(5, 0), "null"},
		{"size below zero", "bin", args(5, -1), "null"},
		{"timespan", "bin", args(span("16d"), span("7d")), "14.00:00:00"},
		{"datetime", "bin", args(dt("1970-05-11 13:45:07"), span("1d")), "1970-05-11T00:00:00.0000000Z"},
		{"from an origin", "bin_at", args(6.5, 2.5, 7), "4.5"},
		{"from an origin", "bin_at", args(span("1h"), span("1d"), span("12h")), "-12:00:00"},
		{"half away from zero", "round", args(2.5), "3.0"},
		{"digits", "round", args(2.15, 1), "2.2"},
		{"least", "abs", args(int64(math.MinInt64)), "-9223372036854775808"},
		{"decimal", "+", args(dec("0.1"), dec("0.2")), "0.3"},
		{"long", "tohex", args(-256), "'ffffffffffffff00'"},
		{"int, padded", "tohex", args(int32of(-256), 8), "'ffffff00'"},
		{"bits", "binary_or", args(5, 3), "7"},
	})
}

func TestConversions(t *testing.T) { // trap 9
	runKernels(t, []kernelCase{
		{"not a number", "tolong", args("abc"), "null"},
		{"hexadecimal", "tolong", args("0x1F"), "31"},
		{"cut", "toint", args(2.9), "2"},
		{"too large", "toint", args(int64(1) << 40), "null"},
		{"too large a real", "tolong", args(1e300), "null"},
		{"not a number", "tolong", args(math.NaN()), "null"},
		{"null", "tostring", args(null(schema.Long)), "''"},
		{"bool", "tostring", args(true), "'true'"},
		{"datetime", "tostring", args(dt("2017-01-01")), "'2017-01-01T00:00:00.0000000Z'"},
		{"timespan", "tostring", args(span("1.5h")), "'01:30:00'"},
		{"dynamic string has no quotes", "tostring", args(dyn(`"x"`)), "'x'"},
		{"dynamic", "tostring", args(dyn(`{"a": [1, 2.50]}`)), `'{"a":[1,2.50]}'`},
		{"dynamic number", "tolong", args(dyn("7")), "7"},
		{"dynamic text", "tolong", args(dyn(`"7"`)), "7"},
		{"dynamic bag", "tolong", args(dyn(`{}`)), "null"},
		{"broken", "todatetime", args("x"), "null"},
		{"guid without dashes", "toguid", args("0123456789abcdef0123456789abcdef"), "01234567-89ab-cdef-0123-456789abcdef"},
		{"guid", "toguid", args("a string"), "null"},
		{"bool of number", "tobool", args(5), "true"},
		{"kind", "gettype", args(dyn("[1]")), "'array'"},
		{"kind", "gettype", args(1.5), "'real'"},
	})
}

func TestCalendar(t *testing.T) { // traps 10, 11, 13
	runKernels(t, []kernelCase{
		{"once a query", "ago", args(span("1d")), "2024-01-01T00:00:00.0000000Z"},
		{"difference", "-", args(dt("2024-01-02"), dt("2024-01-01")), "1.00:00:00"},
		{"ratio", "/", args(span("1d"), span("12h")), "2.0"},
		{"product", "*", args(span("1h"), 2), "02:00:00"},
		{"real product", "*", args(1.5, span("1h")), "01:30:00"},
		{"remainder", "%", args(dt("2024-01-01 10:30"), span("1h")), "00:30:00"},
		{"beyond the year 9999", "+", args(dt("9999-12-31"), span("2d")), "null"},
		{"Sunday", "startofweek", args(dt("2017-01-01 10:10:17")), "2017-01-01T00:00:00.0000000Z"},
		{"offset", "startofmonth", args(dt("2017-01-01 10:10:17"), -1), "2016-12-01T00:00:00.0000000Z"},
		{"last tick", "endofmonth", args(dt("2017-01-01"), 1), "2017-02-28T23:59:59.9999999Z"},
		{"a timespan", "dayofweek", args(dt("2015-12-14")), "1.00:00:00"},
		{"ISO", "week_of_year", args(dt("2017-01-01")), "52"},
		{"last day of a shorter month", "datetime_add", args("month", 1, dt("2024-01-31")), "2024-02-29T00:00:00.0000000Z"},
		{"boundaries", "datetime_diff", args("year", dt("2017-01-01"), dt("2000-12-31")), "17"},
		{"weeks begin on Sunday", "datetime_diff", args("week", dt("2017-10-29"), dt("2017-10-28")), "1"},
		{"hours", "datetime_diff", args("hour", dt("2017-10-31 01:00"), dt("2017-10-30 23:59")), "2"},
		{"part", "datetime_part", args("quarter", dt("2017-10-30")), "4"},
		{"unknown part", "datetime_part", args("era", dt("2017-10-30")), "null"},
		{"day of 30 February", "make_datetime", args(2024, 2, 30), "null"},
		{"fraction", "make_datetime", args(2017, 10, 1, 12, 11, 0.1234567), "2017-10-01T12:11:00.1234567Z"},
		{"letters", "format_datetime", args(dt("2017-01-29 09:00:05"), "yy-MM-dd [hh:mm:ss tt]"), "'17-01-29 [09:00:05 AM]'"},
		{"fraction", "format_datetime", args(dt("2017-12-14 02:03:04.12345"), "yyyy-M-d H:m:s.fffffff"), "'2017-12-14 2:3:4.1234500'"},
		{"letters", "format_timespan", args(span("29.09:00:05.12345"), "ddd.h:mm:ss [fffffff]"), "'029.9:00:05 [1234500]'"},
		{"milliseconds", "unixtime_milliseconds_todatetime", args(1546300800000), "2019-01-01T00:00:00.0000000Z"},
		{"zone", "datetime_utc_to_local", args(dt("2024-07-01 12:00"), "Europe/Berlin"), "2024-07-01T14:00:00.0000000Z"},
		{"no such zone", "datetime_utc_to_local", args(dt("2024-07-01 12:00"), "Nowhere/X"), "null"},
	})
}
