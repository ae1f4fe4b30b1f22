package kql_test

import (
	"strings"
	"testing"
)

func TestTrap19Summarize(t *testing.T) {
	runTraps(t,
		trap{`datatable(x:long, s:string)[] | summarize count(), sum(x), dcount(x), max(x), make_list(x), avg(x), stdev(x)`, "0|0|0|-|[]|NaN|0.0"},
		trap{`datatable(x:long, s:string)[] | summarize count() by s`, ""},
		trap{`datatable(x:long, s:string)[1,"", long(null),"", 1,"a"] | summarize n = count() by x, s | sort by x asc, s asc`, "-||1; 1||1; 1|a|1"},
		trap{`datatable(x:long)[1,1,2] | summarize by x | sort by x asc`, "1; 2"},
	)
	runNames(t, trap{`datatable(x:long, s:string)[1,"a"] | summarize count(), max(x) by s, b = bin(x, 2)`, "s:string b:long count_:long max_x:long"})
}

func TestTrap20ArgMax(t *testing.T) {
	runTraps(t,
		trap{`datatable(k:string, x:long, v:string)["a",1,"old", "a",2,"new", "a",long(null),"none", "b",long(null),"only"] | summarize arg_max(x, v) by k | sort by k asc`, "a|2|new; b|-|only"},
		trap{`datatable(k:string, x:long, v:string)["a",1,"old", "a",2,"new"] | summarize arg_max(x, *) by k`, "a|2|new"},
	)
	runNames(t,
		trap{`datatable(k:string, x:long, v:string)[] | summarize arg_max(x, *) by k`, "k:string x:long v:string"},
		trap{`datatable(k:string, x:long, v:string)[] | summarize (top, what) = arg_max(x, v) by k`, "k:string top:long what:string"},
	)
}

func TestTrap21Collections(t *testing.T) {
	runTraps(t,
		trap{`datatable(s:string)["b", "", "a", "b"] | summarize make_list(s), make_set(s)`, `["b","","a","b"]|["b","","a"]`},
		trap{`datatable(x:long)[3, long(null), 1] | summarize make_list(x), make_list_with_nulls(x), make_list(x, 1)`, "[3,1]|[3,null,1]|[3]"},
		trap{`range x from 1 to 200 step 1 | summarize a = makelist(x), b = make_list(x) | project array_length(a), array_length(b)`, "128|200"},
		trap{`datatable(d:dynamic)[dynamic([1,2]), dynamic([2,3])] | summarize make_list(d), make_set(d)`, "[1,2,2,3]|[1,2,3]"},
	)
}

func TestTrap22DistinctCounts(t *testing.T) {
	runTraps(t,
		trap{`range x from 1 to 5000 step 1 | summarize dcount(x % 1000), dcount(x, 4), count_distinct(x)`, "1000|5000|5000"},
		trap{`datatable(s:string)["a", "", "A"] | summarize dcount(s)`, "3"},
	)
}

func TestTrap23Percentiles(t *testing.T) {
	runTraps(t, trap{`range x from 1 to 10 step 1 | summarize percentile(x, 50), percentile(x, 95), percentile(x, 0)`, "5|10|1"})
	runNames(t, trap{`range x from 1 to 10 step 1 | summarize percentiles(x, 50, 95.5)`, "percentile_x_50:long percentile_x_95_5:long"})
}

func TestTrap24TakeAny(t *testing.T) {
	runTraps(t, trap{`datatable(k:long, s:string, n:long)[1,"",long(null), 1,"x",5] | summarize take_any(s), take_any(n) by k`, "1|x|5"})
	runNames(t, trap{`datatable(k:long, s:string)[] | summarize take_any(*) by k`, "k:long s:string"})
}

func TestTrap25Deviations(t *testing.T) {
	runTraps(t,
		trap{`print x = 5 | summarize stdev(x), variance(x), stdevp(x)`, "0.0|0.0|0.0"},
		trap{`datatable(x:long)[2,4,4,4,5,5,7,9] | summarize stdevp(x), variance(x)`, "2.0|4.571428571428571"},
	)
}

func TestTrap26InnerUnique(t *testing.T) {
	runTraps(t,
		trap{`let L = datatable(k:long, v:string)[1,"a", 1,"b"]; let R = datatable(k:long, w:string)[1,"x", 1,"y"]; L | join R on k | count`, "2"},
		trap{`let L = datatable(k:long, v:string)[1,"a", 1,"b"]; let R = datatable(k:long, w:string)[1,"x", 1,"y"]; L | join kind=inner R on k | count`, "4"},
	)
}

func TestTrap27JoinColumns(t *testing.T) {
	const tables = `let L = datatable(k:long, a:string, a2:string)[]; let R = datatable(k:long, a:string, a2:string)[]; `
	runNames(t,
		trap{tables + `L | join kind=inner R on k`, "k:long a:string a2:string k1:long a1:string a21:string"},
		trap{tables + `L | join kind=leftanti R on k`, "k:long a:string a2:string"},
		trap{tables + `L | join kind=rightsemi R on k`, "k:long a:string a2:string"},
		trap{tables + `L | lookup R on k`, "k:long a:string a2:string a1:string a21:string"},
	)
	runTraps(t, trap{`datatable(k:long)[1] | join (datatable(k:string)["1"]) on k`, "!"})
}

func TestTrap28JoinNulls(t *testing.T) {
	runTraps(t,
		trap{`let T = datatable(k:long)[long(null), 1]; T | join kind=inner T on k | project k`, "1"},
		trap{`let T = datatable(k:string)["", "a"]; T | join kind=inner T on k | sort by k asc | project k`, "; a"},
		trap{`let T = datatable(k:long)[long(null), 1]; T | join kind=leftanti T on k | project k`, "-"},
	)
}

func TestTrap29Union(t *testing.T) {
	runNames(t,
		trap{`union (print x = 1), (print x = "a", y = 2)`, "x_long:long x_string:string y:long"},
		trap{`union kind=inner (print x = 1, z = 2), (print x = 3)`, "x:long"},
		trap{`union withsource=T (print x = 1), (print x = 2)`, "T:string x:long"},
	)
	runTraps(t,
		trap{`union (print x = 1), (print x = 1) | count`, "2"},
		trap{`union isfuzzy=true NoSuchTable, (print x = 1)`, "1"},
		trap{`union NoSuchTable, (print x = 1)`, "!NoSuchTable"},
	)
}

func TestTrap30Sorting(t *testing.T) {
	runTraps(t,
		trap{`datatable(x:long)[2, long(null), 3] | sort by x`, "3; 2; -"},
		trap{`datatable(x:long)[2, long(null), 3] | sort by x asc`, "-; 2; 3"},
		trap{`datatable(x:long)[2, long(null), 3] | sort by x asc nulls last`, "2; 3; -"},
		trap{`datatable(s:string)["b","A","a","B"] | sort by s asc`, "A; B; a; b"},
		trap{`datatable(x:long)[2, 9, 3] | top 2 by x`, "9; 3"},
	)
}

func TestTrap31Take(t *testing.T) {
	runTraps(t, trap{`range x from 1 to 100 step 1 | take 7 | count`, "7"}, trap{`range x from 1 to 5 step 1 | limit 0`, ""})
}

func TestTrap32Windows(t *testing.T) {
	runTraps(t,
		trap{`datatable(x:long)[3,1,2] | sort by x asc | extend n = row_number(), p = prev(x), q = next(x, 1, 99), c = row_cumsum(x)`, "1|1|-|2|1; 2|2|1|3|3; 3|3|2|99|6"},
		trap{`datatable(x:long)[3,1,2] | extend p = prev(x)`, "3|-; 1|3; 2|1"}, // rows in the order they are written; the service wants serialize
		trap{`datatable(x:long)[3,1,2] | serialize | where x > 1 | extend n = row_number(10)`, "3|10; 2|11"},
	)
}

func TestTrap33Scan(t *testing.T) {
	runTraps(t, trap{`range x from 1 to 5 step 1 | scan declare (sum:long = 0) with (step s: true => sum = x + s.sum;)`, "1|1; 2|3; 3|6; 4|10; 5|15"})
}

func TestTrap34MakeSeries(t *testing.T) {
	runTraps(t,
		trap{`datatable(t:datetime, v:long)[datetime(2020-01-01), 1, datetime(2020-01-03), 5] | make-series sum(v) on t from datetime(2020-01-01) to datetime(2020-01-05) step 1d`, `[1,0,5,0]|["2020-01-01T00:00:00.0000000Z","2020-01-02T00:00:00.0000000Z","2020-01-03T00:00:00.0000000Z","2020-01-04T00:00:00.0000000Z"]`},
		trap{`datatable(x:long)[1, 3] | make-series n = count() default=-1 on x from 1 to 4 step 1`, "[1,-1,1]|[1,2,3]"},
		trap{`datatable(x:long)[] | make-series kind=nonempty count() on x from 1 to 3 step 1`, "[0,0]|[1,2]"},
	)
}

func TestTrap35TopNested(t *testing.T) {
	runNames(t, trap{`datatable(a:string, x:long)["p",1] | top-nested 1 of a by sum(x)`, "a:string aggregated_a:long"})
	runTraps(t, trap{`datatable(a:string, b:string, x:long)["p","u",1, "p","v",5, "q","u",9] | top-nested 1 of a by s = sum(x), top-nested 1 of b by m = max(x)`, "q|9|u|9"})
}

func TestTrap36Let(t *testing.T) {
	runTraps(t,
		trap{`let f = (x:long, y:long = 10) { x + y }; print f(1), f(1, 2), f(y = 5, x = 1)`, "11|3|6"},
		trap{`let x = 1; let f = () { x }; let g = (x:long) { f() + x }; print g(5)`, "6"},
		trap{`let f = (T:(a:long)) { T | where a > 1 }; f(datatable(a:long, b:string)[1,"p", 2,"q"])`, "2|q"},
		trap{`let f = (T:(*)) { T | count }; f((range x from 1 to 3 step 1))`, "3"},
	)
}

func TestTrap37MaterializeAndToscalar(t *testing.T) {
	runTraps(t,
		trap{`let m = materialize(print r = rand()); m | union m | summarize dcount(r)`, "1"},
		trap{`print toscalar(datatable(x:long)[] | project x), toscalar(range x from 3 to 5 step 1 | sort by x asc)`, "-|3"},
	)
}

func TestTrap38Externaldata(t *testing.T) {
	runTraps(t, trap{`externaldata(a:string)["https://example.com/x.csv"] | count`, "!"})
}

func TestTrap39Parse(t *testing.T) {
	runTraps(t,
		trap{`print s = "a=1 b=x" | parse s with "a=" a:long " b=" b:long`, "a=1 b=x|-|-"},
		trap{`print s = "a=1 b=x" | parse kind=relaxed s with "a=" a:long " b=" b:long`, "a=1 b=x|1|-"},
		trap{`print s = "a=1 b=2" | parse s with "a=" a:long * "b=" b:string`, "a=1 b=2|1|2"},
		trap{`print s = "no" | parse-where s with "a=" a:long`, ""},
		trap{`print s = "x12y" | parse kind=regex s with "[a-z]" n:long "Y"`, "x12y|-"},
		trap{`print s = "x12y" | parse kind=regex flags=i s with "[a-z]" n:long "Y"`, "x12y|12"},
	)
}

func TestTrap40Parsers(t *testing.T) {
	runTraps(t,
		trap{`print parse_json("{'a'"), isnull(parse_json("{'a'")), parse_json('{"a":1}').a`, `{'a'|false|1`},
		trap{`print parse_url("https://u:p@h:8/p?k=v#f")["Query Parameters"].k, parse_url("https://h:8/").Port`, "v|8"},
		trap{`print parse_csv('a,"b,c"'), parse_version("1.2") < parse_version("1.10"), parse_xml("<a>1</a>").a`, `["a","b,c"]|true|1`},
	)
}

func TestTrap41Addresses(t *testing.T) {
	runTraps(t,
		trap{`print ipv4_is_match("192.168.1.1/24", "192.168.1.255/30"), ipv4_compare("1.2.3.4", "1.2.3.5"), ipv4_is_match("no", "1.2.3.4"), ipv4_is_private("10.0.0.1")`, "true|-1|-|true"},
		trap{`print has_ipv4("x 127.0.0.1", "127.0.0.1"), has_ipv4("54127.0.0.1", "127.0.0.1")`, "true|false"},
	)
}

func TestTrap42Geography(t *testing.T) {
	runTraps(t, trap{`print geo_info_from_ip_address("1.2.3.4"), geo_info_from_ip_address("no address")`, "-|-"})
}

func TestTrap43Series(t *testing.T) {
	runTraps(t, trap{`print s = dynamic([1,2,3,4]) | extend (r, slope, v, rv, i, f) = series_fit_line(s) | project r, slope, i`, "1.0|1.0|0.0"})
	runNames(t, trap{`print s = dynamic([1,2]) | project series_fit_line(s)`, "series_fit_line_s_rsquare:real series_fit_line_s_slope:real series_fit_line_s_variance:real series_fit_line_s_rvariance:real series_fit_line_s_interception:real series_fit_line_s_line_fit:dynamic"})
}

func TestTrap44Evaluate(t *testing.T) {
	runTraps(t,
		trap{`datatable(k:string, v:string, n:long)["a","x",1, "a","y",2] | evaluate pivot(v, sum(n))`, "a|1|2"},
		trap{`datatable(d:dynamic)[dynamic({"a":1,"b":"z"})] | evaluate bag_unpack(d)`, "1|z"},
		trap{`T | evaluate python(typeof(*), "")`, "!"},
	)
}

func TestTrap45Search(t *testing.T) {
	runTraps(t, trap{`let T = datatable(s:string, n:long)["some word",1, "wordy",2]; search in (T) "word" | project s`, "some word"})
}

func TestTrap46Names(t *testing.T) {
	runNames(t,
		trap{`datatable(t:datetime, s:string, x:long)[] | project bin(t, 1h), startofday(t), tostring(x), tolower(s), strcat(s, s), x + 1`, "t:datetime t1:datetime x:string Column1:string Column2:string Column3:long"},
		trap{`datatable(s:string, x:long)[] | summarize count(), dcount(s), countif(x > 1), make_set(s), make_list(s), max(x), avg(x)`, "count_:long dcount_s:long countif_:long set_s:dynamic list_s:dynamic max_x:long avg_x:real"},
		trap{`print 1, d = dynamic({"x":{"y":1}})`, "print_0:long d:dynamic"},
		trap{`print d = dynamic({"x":{"y":1}}) | project d.x.y`, "d_x_y:dynamic"},
	)
}

func TestTrap47Identifiers(t *testing.T) {
	runTraps(t,
		trap{`print a = 1, A = 2 | project A`, "2"},
		trap{`print TOLOWER("A")`, "!tolower"},
		trap{`print x = 5 | where x == "5"`, "5"},
		trap{`print t = now() | where t > "2020-01-01"`, "!"},
		trap{`print x = 5 | where x has "5"`, "!"},
		trap{`print iif(true, 1, 2), notempty("a"), parsejson("1")`, "1|true|1"},
		trap{`print ['a b'] = 1, x = 2 | project ["a b"], column_ifexists("y", 9)`, "1|9"},
		trap{`print ab = 1, ac = 2, b = 3 | project-away a*`, "3"},
	)
}

func TestTrap48Literals(t *testing.T) {
	runTraps(t,
		trap{"print 'a' \"b\" @'c\\d', h'secret', ```x\ny```, 1e3, 0x1F, 1h, guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "abc\\d|secret|x\ny|1000.0|31|01:00:00|74be27de-1e4e-49d9-b579-fe0b331d3642"},
		trap{"print\u00a01\u200b // a comment", "1"},
	)
}

func TestTrap48bSeveralStatements(t *testing.T) {
	if got := answer("print 1; print 2", false); got != "1; 2" {
		t.Errorf("two statements give %q", got)
	}
}

func TestTrap49Render(t *testing.T) {
	runTraps(t, trap{`range x from 1 to 2 step 1 | render columnchart with (title="t", kind=stacked)`, "1; 2"})
}

func TestTrap50Limits(t *testing.T) {
	got := answer("print "+strings.Repeat("(", 400)+"1"+strings.Repeat(")", 400), false)
	if !strings.HasPrefix(got, "!") {
		t.Errorf("400 brackets are taken: %s", got)
	}
}

func TestTrap51ServiceFunctions(t *testing.T) {
	runTraps(t,
		trap{`print current_database(), current_principal(), ingestion_time()`, "soc|somebody|-"},
		trap{`workspace("soc").SecurityIncident | count`, "!"},
		trap{`workspace("other").SecurityIncident | count`, "!other"},
		trap{`arg("").Resources | count`, "!"},
	)
}
