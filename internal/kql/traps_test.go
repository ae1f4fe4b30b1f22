package kql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// The points of the language where other engines go wrong, a test for each. The number is that of the list in
// docs/decisions/0037-points-settled.md, where those that the documents leave open are settled.

// trap is a query with its answer: rows parted by "; ", cells by "|", null "-". An answer that begins with "!" is part of
// the finding that refuses the query.
type trap struct{ query, want string }

// answer runs a query and prints its columns' names when asked, then its rows.
func answer(text string, names bool) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	run := exec.Env{Now: column.Date(2024, 5, 17) + 13*column.Hour, Database: "soc", Principal: "somebody"}
	q, diags := kql.Compile(text, bind.Env{
		Catalog: schema.Builtin(), Database: "soc", Workspace: "soc", Cluster: "https://vedette.test", Runnable: exec.Runnable,
		Discover: func(n *plan.Plugin) (*plan.Held, error) { return exec.Discover(ctx, n, run) },
	})
	if q == nil || diags.HasErrors() {
		return "!" + diags.Error()
	}
	var out []string
	for _, result := range q.Results {
		res, err := exec.Collect(ctx, result.Root, run)
		if err != nil {
			return "!" + err.Error()
		}
		if names {
			var cols []string
			for _, c := range res.Cols {
				cols = append(cols, c.Name+":"+c.Type.String())
			}
			out = append(out, strings.Join(cols, " "))
			continue
		}
		out = append(out, rowsOf(res)...)
	}
	return strings.Join(out, "; ")
}

// rowsOf prints each row, its cells parted by "|".
func rowsOf(res *exec.Result) []string {
	var out []string
	for _, b := range res.Batches {
		for r := range b.N {
			var cells []string
			for _, v := range b.Cols {
				if v.Null(r) {
					cells = append(cells, "-")
				} else {
					cells = append(cells, kernel.Text(kernel.Box(v, r)))
				}
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	return out
}

func runTraps(t *testing.T, traps ...trap) {
	t.Helper()
	for _, c := range traps {
		got := answer(c.query, false)
		if part, refused := strings.CutPrefix(c.want, "!"); refused {
			if !strings.HasPrefix(got, "!") || !strings.Contains(got, part) {
				t.Errorf("%s\n is %s\nwant a finding with %q", c.query, got, part)
			}
		} else if got != c.want {
			t.Errorf("%s\n  is %s\nwant %s", c.query, got, c.want)
		}
	}
}

// runNames compares the names and types of the columns instead of the rows.
func runNames(t *testing.T, traps ...trap) {
	t.Helper()
	for _, c := range traps {
		if got := answer(c.query, true); got != c.want {
			t.Errorf("%s\n  is %s\nwant %s", c.query, got, c.want)
		}
	}
}

func TestTrap01NullAndEmptyString(t *testing.T) {
	runTraps(t,
		trap{`print isnull(""), isempty(""), isempty(long(null)), isnull(long(null))`, "false|true|true|true"},
		trap{`let L = datatable(k:long)[1,2]; let R = datatable(k:long, s:string, n:long)[1,"x",7]; L | join kind=leftouter R on k | order by k asc | project k, s, n, isempty(s)`, "1|x|7|false; 2||-|true"},
	)
}

func TestTrap02EqualityWithNull(t *testing.T) {
	runTraps(t,
		trap{`print n = long(null) | project n == 1, n != 1, n == long(null), n != long(null), n < 1`, "false|true|-|-|-"},
		trap{`datatable(n:long)[1, long(null), 3] | where n != 1`, "-; 3"},
		trap{`datatable(n:long)[1, long(null), 3] | where not(n < 2)`, "3"},
		trap{`datatable(s:string)["a", ""] | where s !contains "a"`, ""},
	)
}

func TestTrap03StringEquality(t *testing.T) {
	runTraps(t,
		trap{`print "A" == "a", "A" =~ "a", "A" != "a", "A" !~ "a", "A" in ("a"), "A" in~ ("a", "b")`, "false|true|true|false|false|true"},
		trap{`print "b" in (dynamic(["a","b"])), 2 in (dynamic([1,2]))`, "true|true"},
		trap{`let T = datatable(s:string, x:long)["a",1]; datatable(v:string)["a","b"] | where v in (T)`, "a"},
	)
}

func TestTrap04Substrings(t *testing.T) {
	runTraps(t,
		trap{`print "a%b_c" contains "%B_", "abc" contains "a_c", "abc" contains_cs "B", "abc" startswith "AB", "abc" endswith_cs "bc", "abc" !contains "b"`, "true|false|false|true|true|false"},
		trap{`datatable(s:string)["abc","xyz"] | where s notcontains "b"`, "xyz"},
	)
}

func TestTrap05Terms(t *testing.T) {
	runTraps(t,
		trap{`print "North-America" has "america", "NorthAmerica" has "america", "a_b" has "a", "x1y" has "x1", "x1y" has "x"`, "true|false|true|false|false"},
		trap{`print "some a-b thing" has "a-b", "some a-bc" has "a-b", "é1" has "é1", "naïve" has "na"`, "true|false|true|false"},
		trap{`print "power shell" has_any ("shell", "x"), "power shell" has_all ("shell", "x"), "powershell" hasprefix "pow", "powershell" hassuffix "shell", "PS" has_cs "ps"`, "true|false|true|true|false"},
		trap{`print "a b" has_any (dynamic(["c","b"])), "anything" has ""`, "true|true"},
	)
}

func TestTrap06Regex(t *testing.T) {
	runTraps(t,
		trap{`print "AbC" matches regex "b", "AbC" matches regex "(?i)B", extract("([0-9]+)", 1, "a12b"), extract("x", 0, "abc"), extract("([0-9]+)", 1, "a12b", typeof(long))`, "true|true|12||12"},
		trap{`print extract("x(y)", 1, "abc", typeof(long)), replace_regex("a1", "([0-9])", "<\\1>"), replace_regex("a1", "1", "$0")`, "-|a<1>|a$0"},
		trap{`print "a" matches regex "(?=a)"`, "!regular expression"},
	)
}

func TestTrap07Numbers(t *testing.T) {
	runTraps(t,
		trap{`print 1/2, 1.0/2, -10 % 4, 10 % -4, -7/2, 1/0, 1.0/0, 0.0/0, 5 % 0`, "0|0.5|2|2|-3|-|Infinity|NaN|-"},
		trap{`print gettype(1), gettype(1.5), gettype(int(1)), gettype(1e3), 0x1F`, "long|real|int|real|31"},
		trap{`print 9223372036854775807 + 1`, "-9223372036854775808"},
	)
}

func TestTrap08Reals(t *testing.T) {
	runTraps(t,
		trap{`print isnan(real(nan)), isinf(real(+inf)), isfinite(1.0), isfinite(real(nan)), real(nan) == real(nan)`, "true|true|true|false|false"},
		trap{`datatable(x:real)[1, real(nan), real(null), real(-inf)] | sort by x asc`, "-; NaN; -Infinity; 1.0"},
		trap{`datatable(x:real)[1, real(nan), real(null), real(-inf)] | sort by x desc`, "1.0; -Infinity; NaN; -"},
	)
}

func TestTrap09Conversions(t *testing.T) {
	runTraps(t,
		trap{`print toint("x"), tolong("12 "), toreal("1e3"), tobool("TRUE"), todatetime("no"), toguid("no")`, "-|12|1000.0|true|-|-"},
		trap{`print tostring(long(null)), tostring(true), tostring(1.0), tostring(datetime(2017-01-01)), tostring(1d), tostring(dynamic("a"))`, "|true|1.0|2017-01-01T00:00:00.0000000Z|1.00:00:00|a"},
		trap{`print toint(3.9), tolong(-3.9), toint(9999999999)`, "3|-3|-"},
	)
}

func TestTrap10Datetimes(t *testing.T) {
	runTraps(t,
		trap{`print datetime(0001-01-01), datetime(9999-12-31 23:59:59.9999999), datetime(2020-01-01) + 1tick`, "0001-01-01T00:00:00.0000000Z|9999-12-31T23:59:59.9999999Z|2020-01-01T00:00:00.0000001Z"},
		trap{`print now() == now(), now() - ago(1h)`, "true|01:00:00"},
		trap{`print datetime(1600-02-29 00:00:00.0000001) > datetime(1600-02-29)`, "true"},
	)
}

func TestTrap11Timespans(t *testing.T) {
	runTraps(t,
		trap{`print 1.5h, time(1.02:03:04), 1tick, 1d / 1h, 2h * 1.5, datetime(2020-01-02) - datetime(2020-01-01), -1s`, "01:30:00|1.02:03:04|00:00:00.0000001|24.0|03:00:00|1.00:00:00|-00:00:01"},
		trap{`print gettype(1d / 1h), gettype(1d * 2)`, "real|timespan"},
	)
}

func TestTrap12Bins(t *testing.T) {
	runTraps(t,
		trap{`print bin(4.5, 1), bin(-4, 3), bin(7, 0), bin(7, -2), bin(7, long(null)), floor(7, 5)`, "4.0|-6|-|-|-|5"},
		trap{`print bin(datetime(2024-05-17 13:14:15), 1h), bin(datetime(2024-05-17), 7d), dayofweek(bin(datetime(2024-05-17), 7d))`, "2024-05-17T13:00:00.0000000Z|2024-05-13T00:00:00.0000000Z|1.00:00:00"},
		trap{`print bin_at(6.5, 2.5, 7), bin_at(datetime(2024-05-17), 7d, datetime(2024-05-12)), bin(1h, 7m)`, "4.5|2024-05-12T00:00:00.0000000Z|00:56:00"},
	)
}

func TestTrap13Calendar(t *testing.T) {
	runTraps(t,
		trap{`print startofweek(datetime(2024-05-17)), endofweek(datetime(2024-05-17)), startofmonth(datetime(2024-05-17), -1), dayofweek(datetime(2024-05-17))`, "2024-05-12T00:00:00.0000000Z|2024-05-18T23:59:59.9999999Z|2024-04-01T00:00:00.0000000Z|5.00:00:00"},
		trap{`print week_of_year(datetime(2021-01-03)), week_of_year(datetime(2021-01-04)), datetime_diff("day", datetime(2024-05-17 00:01), datetime(2024-05-16 23:59)), datetime_diff("week", datetime(2017-10-29), datetime(2017-10-28))`, "53|1|1|1.0"},
		trap{`print gettype(datetime_part("day", now())), gettype(dayofweek(now()))`, "long|timespan"},
	)
}

func TestTrap14DynamicAccess(t *testing.T) {
	runTraps(t,
		trap{`print d = dynamic({"a":{"b":[1,2,3]},"A":"x"}) | project d.a.b[0], d["a"]["b"][-1], d.A, d.nothing, isnull(d.nothing), tostring(d.A), d.a.b[9]`, "1|3|x|-|true|x|-"},
		trap{`print d = dynamic({"n":"5"}) | where d.n == "5" | project toint(d.n)`, "5"},
		trap{`print s = "{}" | project s.x`, "!"},
	)
}

func TestTrap15DynamicTypes(t *testing.T) {
	runTraps(t,
		trap{`print d = dynamic({}) | summarize count() by d`, "!"},
		trap{`print d = dynamic({}) | sort by d`, "!"},
		trap{`print gettype(dynamic(1)), gettype(dynamic(1.5)), gettype(dynamic(true)), gettype(dynamic([1])), gettype(dynamic({})), gettype(dynamic(null)), gettype(dynamic("a"))`, "long|real|bool|array|dictionary|null|string"},
		trap{`print tostring(dynamic(datetime(2020-01-01))), tostring(pack_array(1d))`, `2020-01-01T00:00:00.0000000Z|["1.00:00:00"]`},
	)
}

func TestTrap16ArraysAndBags(t *testing.T) {
	runTraps(t,
		trap{`print array_sort_asc(dynamic([3,null,1])), array_slice(dynamic([1,2,3,4]), -2, -1), array_length(dynamic({})), strcat_array(dynamic([1,2]), "-")`, "[1,3,null]|[3,4]|-|1-2"},
		trap{`print bag_merge(dynamic({"a":1}), dynamic({"a":2,"b":3})), pack_all()`, `{"a":1,"b":3}|{}`},
		trap{`print a = 1, b = "" | project pack_all(), pack_all(true)`, `{"a":1,"b":""}|{"a":1}`},
		trap{`print x = bag_merge(dynamic({"a":1}), dynamic({"a":2,"b":3})) | project x`, `{"a":1,"b":3}`},
	)
}

func TestTrap17MvExpand(t *testing.T) {
	runTraps(t,
		trap{`datatable(k:long, d:dynamic)[1, dynamic([10,20]), 2, dynamic(null), 3, dynamic([]), 4, dynamic(5)] | mv-expand d | project k, d`, "1|10; 1|20; 2|-; 4|5"},
		trap{`print a = dynamic([1,2,3]), b = dynamic(["x"]) | mv-expand a, b`, "1|x; 2|-; 3|-"},
		trap{`print d = dynamic({"a":1,"b":2}) | mv-expand d`, `{"a":1}; {"b":2}`},
		trap{`print d = dynamic({"a":1}) | mv-expand bagexpansion=array d`, `["a",1]`},
		trap{`print d = dynamic(["7","x"]) | mv-expand with_itemindex=i d to typeof(long)`, "7|0; -|1"},
	)
}

func TestTrap18MvApply(t *testing.T) {
	runTraps(t,
		trap{`datatable(k:string, d:dynamic)["a", dynamic([3,9,5]), "b", dynamic([1])] | mv-apply x = d to typeof(long) on (top 2 by x | project x, twice = 2 * x) | project k, x, twice`, "a|9|18; a|5|10; b|1|2"},
		trap{`print k = 2, d = dynamic([1,2,3]) | mv-apply d to typeof(long) on (where d > k | summarize s = sum(d)) | project s`, "3"},
	)
}
