package syntax

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql/kqltest"
)

// seeds touch every statement, operator and form of expression.
var seeds = []string{
	"T | where a == 1 and b has 'x' or not(c) | extend d = a.b['c'][0], (e, f) = g(a) | project-away x*, ['y z']",
	"let x = 5d; let f = (a:long, T:(*), U:(c:string), d:string='x') { let q = a; T | where c > q }; f(1, T, U) | count as n",
	"let v = view () { print 1 }; union withsource=s isfuzzy=true v, T*, (U | take 5), database('d').W",
	"datatable(a:string, b:dynamic)['x', dynamic({\"k\": [1, -2.5, null, true]}), \"y\", dynamic(null)]",
	"T | join kind=inner hint.strategy=broadcast (U) on a, $left.b == $right.c | lookup V on a",
	"T | summarize hint.strategy=shuffle n=count(), (p, q)=percentiles(x, 5, 95) by bin(t, 1h), k = tolower(z)",
	"T | evaluate python(typeof(*, x:long), 'code') | evaluate r(typeof(a:string), '')", "T | mv-expand with_itemindex=i a to typeof(long), b limit 5 | mv-apply c=d on (where c > 1 | top 1 by c)",
	"T | parse kind=regex flags=Ui x with * 'a' b:long 'c' d | parse-where y with e | parse-kv z as (k:string) with (pair_delimiter=',')",
	"T | make-series n=count() default=0 on t from ago(1d) to now() step 1h by k | render timechart with (title='x', series=a, b)",
	"T | make-series avg(x) on t in range(1, 10, 1) | top-nested 3 of a with others='o' by count(), top-nested of b by max(c) desc",
	"T | scan with_match_id=m declare (s:long=0) with (step s1: a == 1 => s = 1; step s2 output=none: s1.a < b;)",
	"search kind=case_sensitive in (T, U*) 'x' and (a:'y' or not('z')) | sort by a asc, b desc nulls first",
	"find withsource=s in (T) where a == 1 project b, c:string, pack(*)",
	"range x from 1 to 10 step 2 | partition by x (top 1 by x) | fork a=(take 1) (count) | facet by x with (take 1)",
	"T | evaluate hint.distribution=single pivot(a, count(), b) : (*, c:long) | invoke f(1) | reduce by x with threshold=0.5",
	"externaldata(a:string,)[h@'https://x' ';y'] with (format='csv', ignoreFirstRecord=true) | as hint.materialized=true q | serialize r = row_number()",
	"print a = 1 + 2 * -3, b = 'x' 'y' \"z\", c = @'\\d', d = ```raw```, e = datetime(2020-01-01), g = 1.5h, h = 0x1F, i = typeof(string), a between (1 .. 2)",
	"set notruncation; declare query_parameters(p:long = 1); restrict access to (T, database('x').*); T | where x in (U) and y !in~ ('a') | getschema",
	"declare pattern p = (a:string)[b:string] { ('x').['y'] = { T }; }; alias database d = cluster('c').database('e'); T",
	"T | make-graph a --> b with N on c | graph-match (x)-[e*1..3]->(y) where x.a == 1 project z = y.b | top-hitters 3 of z by n",
	"macro-expand isfuzzy=true entity_group [database('x')] as X (X.T | take 1)",
	"// c\nT | where x == 'a' // d\n| project first, | ) ] } ; ;; let = (", "T | where (((((", "print 'abc", "print dynamic({a:1})", "#crl", "a.b.c(", "datetime(",
}

// Whatever the text: the tokens stand in order, none is empty but the last, and between them are blanks and comments only.
func FuzzLex(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		toks, ds := lex(text)
		at := 0
		for i, k := range toks {
			last := i == len(toks)-1
			if k.Start < at || k.End < k.Start || k.End > len(text) || (k.Kind == tokEOF) != last || !last && k.Text != text[k.Start:k.End] || !last && k.Start == k.End {
				t.Fatalf("token %d of %d is out of place: %+v", i, len(toks), k)
			}
			if gap, _ := lex(text[at:k.Start]); len(gap) != 1 {
				t.Fatalf("%q before token %d is not blank", text[at:k.Start], i)
			}
			at = k.End
		}
		for _, d := range ds {
			if d.Start < 0 || d.Length < 0 || d.Start+d.Length > len(text) {
				t.Fatalf("a finding outside the text: %+v", d)
			}
		}
	})
}

// Whatever the text: no panic, no hang, and findings within the text.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := kqltest.CPUTime()
		q, ds := Parse(text)
		if d := kqltest.CPUTime() - start; d > 5*time.Second {
			t.Fatalf("parsing took %v", d)
		}
		if q == nil || q.Start != 0 || q.End != len(text) {
			t.Fatalf("the tree is not that of the whole text: %+v", q)
		}
		for _, d := range ds {
			if len(text) <= MaxText && (d.Start < 0 || d.Length < 0 || d.Start+d.Length > len(text) || d.Line < 1 || d.Col < 1) {
				t.Fatalf("a finding outside the text: %+v", d)
			}
		}
		_ = Print(q) // of a broken tree too
	})
}

// What parses is printed as a text that means the same and prints as itself.
func FuzzPrint(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if q, ds := Parse(text); len(ds) == 0 {
			roundTrip(t, q)
		}
	})
}

func roundTrip(t *testing.T, q *Query) {
	t.Helper()
	text := Print(q)
	if len(text) > MaxText {
		return
	}
	again, ds := Parse(text)
	if len(ds) > 0 {
		t.Fatalf("the printed text does not parse: %v\n%s", ds, text)
	}
	if d := cmp.Diff(text, Print(again)); d != "" {
		t.Fatalf("printing is not stable (-first +second)\n%s", d)
	}
	if d := cmp.Diff(q.Stmts, again.Stmts, ignorePlaces); d != "" {
		t.Fatalf("the printed text means something else (-was +is)\n%s\n%s", d, text)
	}
}

// ignorePlaces compares trees without the places in the text, and strings by value.
var ignorePlaces = cmp.Options{
	cmp.Comparer(func(a, b Span) bool { return true }),
	cmp.Comparer(func(a, b String) bool { return a.Value == b.Value }),
}

func TestPrintRoundTrip(t *testing.T) {
	for _, s := range seeds[:21] {
		q, ds := Parse(s)
		if len(ds) > 0 {
			t.Errorf("%s: %v", s, ds)
			continue
		}
		roundTrip(t, q)
	}
}

// Nesting and length are limited, with one clear finding and in no time.
func TestLimits(t *testing.T) {
	cases := []struct{ name, text, code string }{
		{"too long", "print '" + strings.Repeat("x", MaxText) + "'", "query_too_long"},
		{"brackets", "print " + strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000), "query_too_deep"},
		{"open brackets", "print " + strings.Repeat("(", 30000), "query_too_deep"},
		{"calls", "print " + strings.Repeat("f(", 20000), "query_too_deep"},
		{"arrays", "print dynamic(" + strings.Repeat("[", 20000), "query_too_deep"},
		{"functions", "let f = " + strings.Repeat("() { let g = ", 2000), "query_too_deep"},
		{"sub-queries", "T" + strings.Repeat(" | mv-apply x on (where y", 2000), "query_too_deep"},
		{"pipes", "T" + strings.Repeat("|count", 9000), "query_too_deep"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, ds := Parse(c.text)
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %v", d)
			}
			found := 0
			for _, d := range ds {
				if d.Code == c.code {
					found++
				}
			}
			if found != 1 {
				t.Errorf("found %d findings %s among %v", found, c.code, ds[:min(len(ds), 3)])
			}
		})
	}
	if _, ds := Parse("print " + strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200)); len(ds) > 0 {
		t.Errorf("200 levels are too deep: %v", ds[0])
	}
}
