package exec_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
)

// sales is a table with a time, a key, and values.
const sales = `let S = datatable(t:datetime, k:string, v:long, r:real) [
  datetime(2024-01-01 01:00), "a", 1, 0.5,
  datetime(2024-01-01 23:00), "a", 2, 1.5,
  datetime(2024-01-03 00:00), "a", 5, 2.5,
  datetime(2024-01-02 12:00), "b", 7, 3.5,
  datetime(2024-01-05 00:00), "b", 9, 9.5
]; let Small = datatable(x:long, y:long) [1, 10, 2, 20, 2, 5, 3, 1, 3, 1];
`

func runCases(t *testing.T, prefix string, tests []struct{ name, query, want string }) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := exec.Collect(context.Background(), compile(t, prefix+tt.query), exec.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, table(res)); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", tt.query, diff)
			}
		})
	}
}

func TestMakeSeries(t *testing.T) {
	runCases(t, sales, []struct{ name, query, want string }{
		{"to is exclusive, gaps are 0", "S | make-series n=count() on t from datetime(2024-01-01) to datetime(2024-01-05) step 1d by k | project k, n", "a|[2,0,1,0]\nb|[0,1,0,0]\n"},
		{"bounds of the whole input", "S | make-series s=sum(v) on t step 1d by k | project k, s", "a|[3,0,5,0,0]\nb|[0,7,0,0,9]\n"},
		{"the axis", "S | make-series n=count() on t from datetime(2024-01-01) to datetime(2024-01-02) step 12h | project t", `["2024-01-01T00:00:00.0000000Z","2024-01-01T12:00:00.0000000Z"]` + "\n"},
		{"steps begin at from", "S | make-series n=count() on t from datetime(2024-01-01 12:00) to datetime(2024-01-03 12:00) step 1d | project n", "[1,2]\n"},
		{"a default of its own", "S | make-series n=avg(v) default=real(null), m=max(v) default=-1 on t from datetime(2024-01-03) to datetime(2024-01-05) step 1d | project n, m", "[5.0,null]|[5,-1]\n"},
		{"in range counts its end", "Small | make-series s=sum(y) on x in range(1, 3, 1) | project s, x", "[10,25,2]|[1,2,3]\n"},
		{"a real axis", "S | make-series n=count() on r from 0.5 to 3.0 step 1.0", "[1,1,1]|[0.5,1.5,2.5]\n"},
		{"a name for the axis", "Small | make-series n=count() on z=x from 1 to 3 step 1", "[1,2]|[1,2]\n"},
		{"an empty input is no row", "Small | where x > 9 | make-series n=count() on x from 1 to 3 step 1", ""},
		{"nonempty makes a row of defaults", "Small | where x > 9 | make-series kind=nonempty n=count() default=7 on x from 1 to 3 step 1", "[7,7]|[1,2]\n"},
		{"arithmetic over aggregates", "Small | make-series q=sum(y)/count() on x from 1 to 4 step 1", "[10,12,1]|[1,2,3]\n"},
		{"text as a value", "S | make-series k=take_any(k) on v from 1 to 4 step 1", `["a","a",null]|[1,2,3]` + "\n"},
	})
}

func TestTopNested(t *testing.T) {
	runCases(t, sales, []struct{ name, query, want string }{
		{"one level", "S | top-nested 1 of k by sum(v)", "b|16\n"},
		{"ascending", "S | top-nested 1 of k by sum(v) asc", "a|8\n"},
		{"the best within the best", "S | top-nested of k by sum(v), top-nested 1 of v by max(r)", "b|16|9|9.5\na|8|5|2.5\n"},
		{"what is left over", "S | top-nested 1 of v with others=-1 by max(r)", "9|9.5\n-1|3.5\n"},
		{"others below stay empty", "S | top-nested 1 of k with others='rest' by sum(v), top-nested 1 of v with others=0 by count()", "b|16|7|1\nb|16|0|1\nrest|8|-|-\n"},
		{"names", "S | top-nested 1 of key=k by total=sum(v) | project key, total", "b|16\n"},
	})
}

func TestSampling(t *testing.T) {
	runCases(t, sales, []struct{ name, query, want string }{
		{"as many rows as asked for", "S | sample 3 | count", "3\n"},
		{"no more than there are", "S | sample 30 | count", "5\n"},
		{"rows of the table", "S | sample 3 | join kind=leftanti S on v | count", "0\n"},
		{"distinct values", "S | sample-distinct 5 of k | order by k asc", "a\nb\n"},
		{"most frequent", "S | top-hitters 1 of k", "a|3\n"},
		{"heaviest", "S | top-hitters 1 of k by v", "b|16\n"},
		{"consume gives nothing", "S | consume", ""},
		{"assert-schema passes", "Small | assert-schema (x:long, y:long) | count", "5\n"},
		{"a window function in a condition sees dropped rows", "range x from 1 to 10000 step 1 | where prev(x) == 4096 and x > 1", "4097\n"},
	})
}

func TestPartition(t *testing.T) {
	runCases(t, sales, []struct{ name, query, want string }{
		{"a query of its own a value", "range n from 1 to 2 step 1 | partition by n { Small | where x == n | summarize m=max(y) }", "10\n20\n"},
		{"the value by toscalar", "range n from 2 to 3 step 1 | partition by n { Small | where x == toscalar(n) | count }", "2\n2\n"},
		{"native", "S | partition hint.strategy=native by k (top 1 by v | project k, v)", "a|5\nb|9\n"},
		{"shuffle", "S | partition hint.strategy=shuffle by k (summarize sum(v) by k)", "a|8\nb|16\n"},
		{"a name in each partition", "Small | partition by x (as P | extend share = 1.0 * y / toscalar(P | summarize sum(y)) | where x == 3) | project share", "0.5\n0.5\n"},
	})
}

func TestFind(t *testing.T) {
	runCases(t, `let A = view () { datatable(id:string, level:string, text:string, version:string) ["1", "Info", "t1", "v1", "1", "Error", "t2", "v1", "2", "Error", "t3", "v2"] };
let B = view () { datatable(id:string, level:string, text:string, event:string) ["3", "Info", "o1", "e1", "1", "Error", "o3", "e3"] };
`, []struct{ name, query, want string }{
		{"common columns, the rest in a bag", "find in (A, B) where id == '1' | order by text asc",
			"B|1|Error|o3|{\"event\":\"e3\"}\nA|1|Info|t1|{\"version\":\"v1\"}\nA|1|Error|t2|{\"version\":\"v1\"}\n"},
		{"chosen columns", "find in (A, B) where id == '1' and level == 'Error' project text, version, event, pack_all()",
			"A|t2|v1||{\"id\":\"1\",\"level\":\"Error\"}\nB|o3||e3|{\"id\":\"1\",\"level\":\"Error\"}\n"},
		{"a term in any column", "find withsource=from in (A, B) where 'e3' project id", "B|1\n"},
		{"a type of its own", "find in (A, B) where version == 'v2' project id:long", "A|2\n"},
	})
}

func TestScan(t *testing.T) {
	runCases(t, `let E = datatable(ts:timespan, e:string) [0m, "A", 1m, "Start", 2m, "B", 3m, "D", 4m, "Stop", 6m, "C", 8m, "Start", 11m, "E", 12m, "Stop"];
let L = datatable(ts:timespan, e:string) [0m, "A", 1m, "A", 2m, "B", 3m, "D", 32m, "B", 36m, "C", 38m, "D", 41m, "E", 75m, "A"];
`, []struct{ name, query, want string }{
		{"a running sum", "range x from 1 to 5 step 1 | scan declare (c:long=0) with (step s1: true => c = x + s1.c;)", "1|1\n2|3\n3|6\n4|10\n5|15\n"},
		{"sessions", "L | sort by ts asc | scan with_match_id=id declare (start:timespan) with (step s: true => start = iff(isnull(s.start), ts, s.start); step z output=none: ts - s.start > 30m;) | project start, id",
			"00:00:00|0\n00:00:00|0\n00:00:00|0\n00:00:00|0\n00:32:00|1\n00:32:00|1\n00:32:00|1\n00:32:00|1\n01:15:00|2\n"},
		{"between two events", "E | sort by ts asc | scan with_match_id=m with (step s1: e == 'Start'; step s2: e != 'Start' and e != 'Stop' and ts - s1.ts <= 5m; step s3: e == 'Stop' and ts - s1.ts <= 5m;)",
			"00:01:00|Start|0\n00:02:00|B|0\n00:03:00|D|0\n00:04:00|Stop|0\n00:08:00|Start|1\n00:11:00|E|1\n00:12:00|Stop|1\n"},
		{"a state for each group", "datatable(k:string, x:long) ['a', 1, 'b', 10, 'a', 2, 'b', 20] | scan partition by k declare (c:long=0) with (step s: true => c = x + s.c;) | project c", "1\n10\n3\n30\n"},
		{"the last of a series", "E | sort by ts asc | scan with (step s1: e == 'Start'; step s2 output=last: e != 'Start' and e != 'Stop'; step s3: e == 'Stop';) | project e", "Start\nD\nStop\nStart\nE\nStop\n"},
		{"the name of the step", "E | sort by ts asc | scan with_step_name=s with (step a: e == 'Start'; step z: e == 'Stop';) | project s", "a\nz\na\nz\n"},
	})
}

func TestParseKV(t *testing.T) {
	runCases(t, "", []struct{ name, query, want string }{
		{"delimiters", `print s="ThreadId:458745723, Machine:Node001, Text: The service is up, Level: Info" | parse-kv s as (Text:string, ThreadId:long, Machine:string) with (pair_delimiter=',', kv_delimiter=':') | project-away s`,
			"The service is up|458745723|Node001\n"},
		{"quotes around key and value", `print s='src=10.1 bytes=125 failure="connection aborted" "event time"=2021-01-01T10:00:54' | parse-kv s as (['event time']:datetime, src:string, bytes:long, failure:string) with (pair_delimiter=' ', kv_delimiter='=', quote='"') | project-away s`,
			"2021-01-01T10:00:54.0000000Z|10.1|125|connection aborted\n"},
		{"opening and closing quotes", `print s='a=(x y) b=2' | parse-kv s as (a:string, b:long) with (pair_delimiter=' ', kv_delimiter='=', quote='()') | project a, b`, "x y|2\n"},
		{"escapes", `print s='f="sent \\"bye\\"" t=1' | parse-kv s as (f:string, t:long) with (pair_delimiter=' ', kv_delimiter='=', quote='"', escape='\\') | project f, t`, "sent \"bye\"|1\n"},
		{"not greedy", `print s='name=John Doe phone=555 5555 city=New York' | parse-kv s as (name:string, phone:string, city:string) with (pair_delimiter=' ', kv_delimiter='=') | project-away s`, "John|555|New\n"},
		{"greedy", `print s='name=John Doe phone=555 5555 city=New York' | parse-kv s as (name:string, phone:string, city:string) with (pair_delimiter=' ', kv_delimiter='=', greedy=true) | project-away s`, "John Doe|555 5555|New York\n"},
		{"no delimiters", `print s="2021-01-01T10:00:34 [INFO] ThreadId:458745723, Machine:Node001, Text: Started" | parse-kv s as (Text:string, ThreadId:long, Machine:string) | project-away s`, "Started|458745723|Node001\n"},
		{"a regular expression", `print s='["url": 1, "id": 7]' | parse-kv s as (url:long, id:long) with (regex=@'"(\w+)":\s*(\d+)') | project url, id`, "1|7\n"},
		{"missing keys are empty", `print s='a=1' | parse-kv s as (a:long, b:string, c:long) with (pair_delimiter=' ', kv_delimiter='=') | project a, b, c`, "1||-\n"},
	})
}

// A statement that forks has a result for each branch.
func TestFork(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		want        []string
	}{
		{"branches", "Small | fork (count) big=(where y > 5 | project y | order by y asc)", []string{"5\n", "10\n20\n"}},
		{"facets", "Small | where x < 3 | facet by x with (project y | take 1)", []string{"10\n", "1|1\n2|2\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, diags := kql.Compile(sales+tt.query, bind.Env{Runnable: exec.Runnable})
			if q == nil {
				t.Fatal(diags)
			}
			var got []string
			for _, r := range q.Results {
				res, err := exec.Collect(context.Background(), r.Root, exec.Env{})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, table(res))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestExternalData(t *testing.T) {
	files := map[string]string{"https://h/a.csv": "ip,n\n10.0.0.1,5\n10.0.0.2,7\n", "https://h/b.txt": "10.0.0.9\n"}
	env := exec.Env{Fetch: func(_ context.Context, address string) ([]byte, error) {
		if body, ok := files[address]; ok {
			return []byte(body), nil
		}
		return nil, fault.New(fault.Permission, "fetch_not_allowed", "files of %s may not be read", address)
	}}
	for _, tt := range []struct{ name, query, want string }{
		{"a file", `externaldata(ip:string, n:long) [h@"https://h/a.csv"] with (format="csv", ignoreFirstRecord=True) | where n > 5`, "10.0.0.2|7\n"},
		{"several files", `externaldata(ip:string) ["https://h/b.txt", 'https://h/a.csv'] with (ignorefirstrecord=false) | count`, "4\n"},
		{"an address by name", `let u = "https://h/b.txt"; externaldata(ip:string) [u]`, "10.0.0.9\n"},
		{"in a condition", `let bad = externaldata(ip:string) ["https://h/b.txt"]; print a="10.0.0.9" | where a in (bad) | count`, "1\n"},
		{"not allowed", `externaldata(ip:string) ["https://x/b.txt"]`, "files of https://x/b.txt may not be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := exec.Collect(context.Background(), compile(t, tt.query), env)
			var got string
			if err != nil {
				got = err.Error()
			} else {
				got = table(res)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if _, err := exec.Collect(context.Background(), compile(t, `externaldata(ip:string) ["https://h/b.txt"]`), exec.Env{}); err == nil || !strings.Contains(err.Error(), "without a way to the outside") {
		t.Errorf("without a way: %v", err)
	}
}
