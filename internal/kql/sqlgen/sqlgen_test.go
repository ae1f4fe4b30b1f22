package sqlgen

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const now = 638_000_000_000_000_000

var events = Table{
	Fields: []Field{
		{100, "TimeGenerated", schema.Datetime}, {101, "DeviceName", schema.String}, {102, "Isp", schema.String}, {103, "ISP", schema.String},
		{104, "Count", schema.Long}, {105, "Ok", schema.Bool}, {106, "AdditionalFields", schema.Dynamic}, {107, "Score", schema.Real},
	},
	Parts: []Part{
		{Path: "/p/a.parquet", Rows: 10, MinTime: now - 10*column.Day, MaxTime: now - 5*column.Day},
		{Path: "/p/b'c.parquet", Rows: 20, MinTime: now - 5*column.Day, MaxTime: now - column.Day},
		{Path: "/p/d.parquet", Rows: 40, MinTime: now - column.Day, MaxTime: now},
	},
	Tail: 0, Rows: 3,
}

func env() Env {
	return Env{
		Table: func(name string) (Table, bool) {
			switch name {
			case "Events":
				return events, true
			case "Empty":
				return Table{Tail: -1}, true
			}
			return Table{}, false
		},
		Constant: func(e plan.Expr) (any, bool) {
			c, ok := e.(*plan.Call)
			if ok && c.Func == "ago" {
				return now - c.Args[0].(*plan.Lit).Value.(int64), true
			}
			return nil, false
		},
		Computable: func(plan.Expr) bool { return true },
		EvalName:   func(t schema.Type) string { return "k_" + t.String() },
		TextsName:  "k_texts",
		Rows:       func(plan.Node) (int, bool) { return 1, true },
	}
}

// The columns of the scan in the tests, by name.
var (
	colTime    = &plan.Ref{ID: 1, T: schema.Datetime}
	colDevice  = &plan.Ref{ID: 2, T: schema.String}
	colCount   = &plan.Ref{ID: 3, T: schema.Long}
	colOk      = &plan.Ref{ID: 4, T: schema.Bool}
	colFields  = &plan.Ref{ID: 5, T: schema.Dynamic}
	colScore   = &plan.Ref{ID: 6, T: schema.Real}
	colUnknown = &plan.Ref{ID: 7, T: schema.String}
)

func scan() *plan.Scan {
	return &plan.Scan{Table: "Events",
		Out: []plan.Col{out(1, "Timestamp", schema.Datetime), out(2, "DeviceName", schema.String), out(3, "Count", schema.Long), out(4, "Ok", schema.Bool),
			out(5, "AdditionalFields", schema.Dynamic), out(6, "Score", schema.Real), out(7, `a"b; DROP TABLE x --`, schema.String)},
		Sources: []string{"TimeGenerated", "DeviceName", "Count", "Ok", "AdditionalFields", "Score", `a"b; DROP TABLE x --`}}
}

func call(t schema.Type, f string, args ...plan.Expr) *plan.Call {
	return &plan.Call{Func: f, Args: args, T: t}
}
func is(f string, args ...plan.Expr) *plan.Call { return call(schema.Bool, f, args...) }
func out(id int, name string, t schema.Type) plan.Col {
	return plan.Col{ID: id, Name: name, Type: t}
}
func str(s string) *plan.Lit { return &plan.Lit{T: schema.String, Value: s} }
func long(n int64) *plan.Lit { return &plan.Lit{T: schema.Long, Value: n} }
func ago(d int64) plan.Expr {
	return call(schema.Datetime, "ago", &plan.Lit{T: schema.Timespan, Value: d})
}
func where(in plan.Node, preds ...plan.Expr) plan.Node {
	for _, p := range preds {
		in = &plan.Filter{Input: in, Pred: p}
	}
	return in
}
func item(id int, name string, e plan.Expr) plan.Item {
	return plan.Item{Out: plan.Col{ID: id, Name: name, Type: e.Type()}, Expr: e}
}
func pass(refs ...*plan.Ref) []plan.Item {
	var items []plan.Item
	for _, r := range refs {
		items = append(items, item(r.ID, "", r))
	}
	return items
}
func sorted(in plan.Node, e plan.Expr) plan.Node {
	return &plan.Sort{Input: in, Keys: []plan.SortKey{{Expr: e, Desc: true}}}
}

func TestGolden(t *testing.T) {
	dynX := call(schema.Dynamic, "member", call(schema.Dynamic, "parse_json", colDevice), str("x"))
	for name, n := range map[string]plan.Node{
		"scan":       scan(),
		"scan-none":  &plan.Scan{Table: "Events"},
		"scan-empty": &plan.Scan{Table: "Empty", Out: []plan.Col{out(1, "a", schema.String), out(2, "b", schema.Long)}, Sources: []string{"a", "b"}},
		"time-prune": where(scan(), is(">", colTime, ago(column.Day*2)), is("<", colTime, ago(column.Day+1))),
		"time-prune-through-project": where(&plan.Project{Input: scan(), Items: []plan.Item{item(9, "t", colTime)}},
			is("between", &plan.Ref{ID: 9, T: schema.Datetime}, ago(column.Day*2), ago(0))),
		"time-not-pruned-below-limit": where(&plan.Limit{Input: sorted(scan(), colCount), N: long(5)}, is(">", colTime, ago(column.Hour))),
		"time-or":                     where(scan(), is("or", is("<", colTime, ago(6*column.Day)), is("and", is("==", colTime, ago(7*column.Day)), colOk))),
		"nulls":                       where(scan(), is("not", is("==", colCount, long(1))), is("!=", colCount, long(2)), is("==", colCount, colCount), is("not", is("==", colCount, colCount))),
		"lists":                       where(scan(), is("in", colDevice, str("a'b"), str("")), is("!in", colCount, long(1)), is("not", is("in", colCount, long(1)))),
		"strings":                     where(scan(), is("contains_cs", colDevice, str("'); DROP TABLE x; --")), is("!=", colDevice, str("nul\x00")), is("isempty", colUnknown)),
		"mixed":                       where(scan(), is("and", is("has", colDevice, str("x")), is("and", is(">", colCount, long(1)), is("matches regex", colDevice, str("^a"))))),
		"extend":                      &plan.Project{Input: scan(), Items: append(pass(colDevice), item(8, "b", call(schema.Long, "+", colCount, long(1))), item(9, "c", call(schema.Long, "iff", colOk, colCount, long(0))))},
		"dynamic-inlined": &plan.Aggregate{
			Input: where(&plan.Project{Input: scan(), Items: append(pass(colCount), item(8, "d", dynX))}, is("isnotempty", call(schema.String, "tostring", &plan.Ref{ID: 8, T: schema.Dynamic}))),
			Keys:  []plan.Item{item(9, "k", call(schema.String, "tostring", &plan.Ref{ID: 8, T: schema.Dynamic}))},
			Aggs:  []plan.Agg{{Func: "count", Out: []plan.Col{out(10, "count_", schema.Long)}}}},
		"summarize": &plan.Aggregate{Input: scan(), Keys: pass(colDevice), Aggs: []plan.Agg{
			{Func: "count", Out: []plan.Col{out(11, "count_", schema.Long)}},
			{Func: "countif", Args: []plan.Expr{is(">", colCount, long(3))}, Out: []plan.Col{out(12, "countif_", schema.Long)}},
			{Func: "sum", Args: []plan.Expr{colCount}, Out: []plan.Col{out(13, "sum_", schema.Long)}},
			{Func: "max", Args: []plan.Expr{colTime}, Out: []plan.Col{out(14, "max_", schema.Datetime)}}}},
		"bin": &plan.Aggregate{Input: scan(), Keys: []plan.Item{item(8, "t", call(schema.Datetime, "bin", colTime, &plan.Lit{T: schema.Timespan, Value: column.Hour}))}},
		"arg-max": &plan.Aggregate{Input: scan(), Keys: pass(colDevice, colOk), Aggs: []plan.Agg{
			{Func: "arg_max", Args: []plan.Expr{colTime, colCount, colFields}, Out: []plan.Col{out(11, "t", schema.Datetime), out(12, "c", schema.Long), out(13, "f", schema.Dynamic)}},
			{Func: "count", Out: []plan.Col{out(14, "n", schema.Long)}}}},
		"make-set": &plan.Limit{N: long(3), Input: sorted(&plan.Aggregate{Input: scan(), Keys: pass(colOk), Aggs: []plan.Agg{
			{Func: "make_set_if", Args: []plan.Expr{colDevice, is(">", colCount, long(1)), long(10)}, Out: []plan.Col{out(11, "set_", schema.Dynamic)}}}}, colOk)},
		"in-table": where(scan(), &plan.InTable{Func: "!in", X: colDevice, Input: &plan.Scan{Table: "Empty", Out: []plan.Col{out(31, "x", schema.String)}, Sources: []string{"x"}}}),
		"join": &plan.Join{Kind: plan.LeftOuter, Left: &plan.Project{Input: scan(), Items: pass(colDevice, colCount)},
			Right: &plan.Scan{Table: "Events", Out: []plan.Col{out(41, "d", schema.String), out(42, "c", schema.Long)}, Sources: []string{"DeviceName", "Count"}},
			On:    []plan.JoinKey{{Left: colDevice, Right: &plan.Ref{ID: 41, T: schema.String}}}, Out: []plan.Col{out(2, "d", schema.String), out(41, "d1", schema.String), out(42, "c", schema.Long)}},
		"distinct":     &plan.Aggregate{Input: scan(), Keys: pass(colDevice, colOk)},
		"top":          &plan.Limit{Input: sorted(scan(), colTime), N: long(10)},
		"sort-project": &plan.Project{Input: sorted(scan(), colDevice), Items: pass(colCount)},
		"union": where(&plan.Union{Legs: []plan.Node{where(scan(), is("==", colDevice, str("a"))), &plan.Project{Input: scan(), Items: pass(colTime, colDevice, colCount, colOk, colFields, colScore, colUnknown)}},
			Out: []plan.Col{out(21, "Timestamp", schema.Datetime), out(22, "DeviceName", schema.String), out(23, "Count", schema.Long), out(24, "Ok", schema.Bool), out(25, "AdditionalFields", schema.Dynamic), out(26, "Score", schema.Real), out(27, "x", schema.String)}},
			is(">=", &plan.Ref{ID: 21, T: schema.Datetime}, ago(column.Hour))),
	} {
		golden(t, name, n)
	}
}

// golden compares the statement of a plan with the file of the name.
func golden(t *testing.T, name string, n plan.Node) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		s, ok := Generate(n, env())
		if !ok {
			t.Fatal("no statement")
		}
		file := filepath.Join("testdata", name+".sql")
		got := s.SQL + "\n"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Error(d)
		}
	})
}

func TestLeftToExec(t *testing.T) {
	ref := func(e plan.Expr) plan.Node { return &plan.Project{Input: scan(), Items: []plan.Item{item(9, "x", e)}} }
	for name, n := range map[string]plan.Node{
		"unknown table":      &plan.Scan{Table: "Nothing"},
		"random":             ref(call(schema.Real, "rand")),
		"window":             ref(call(schema.Long, "row_number")),
		"subquery":           where(scan(), is("==", colCount, &plan.Scalar{Input: scan(), T: schema.Long})),
		"real key":           &plan.Aggregate{Input: scan(), Keys: pass(colScore)},
		"dynamic order":      sorted(scan(), colFields),
		"order of digests":   &plan.Aggregate{Input: scan(), Aggs: []plan.Agg{{Func: "tdigest", Args: []plan.Expr{colScore}, Out: []plan.Col{out(11, "t", schema.Dynamic)}}}},
		"two sorted lists":   &plan.Aggregate{Input: sorted(scan(), colTime), Aggs: []plan.Agg{{Func: "make_list_if", Args: []plan.Expr{colDevice, colOk}, Out: []plan.Col{out(11, "l", schema.Dynamic)}}}},
		"computed row limit": &plan.Limit{Input: scan(), N: colCount},
	} {
		t.Run(name, func(t *testing.T) {
			if s, ok := Generate(n, env()); ok {
				t.Errorf("generated %s", s.SQL)
			}
		})
	}
}

// A choice of rows must not be made twice: not even to find the first by time.
func TestTopOfAChoiceReadsOnce(t *testing.T) {
	top := &plan.Limit{Input: sorted(&plan.Limit{Input: scan(), N: long(5)}, colTime), N: long(2)}
	s, ok := Generate(top, env())
	if !ok || strings.Count(s.SQL, "read_parquet") != 1 {
		t.Errorf("got %v", s)
	}
}

func TestPruningCountsRows(t *testing.T) {
	s, ok := Generate(where(scan(), is(">", colTime, ago(column.Hour))), env())
	if !ok || s.Rows != 43 {
		t.Errorf("%d rows are read, not 43", s.Rows)
	}
}

func TestTimeBounds(t *testing.T) {
	lit := func(n int64) plan.Expr { return &plan.Lit{T: schema.Datetime, Value: n} }
	for _, c := range []struct {
		pred   plan.Expr
		lo, hi int64
	}{
		{is(">", colTime, lit(5)), 6, all.hi},
		{is("<", lit(5), colTime), 6, all.hi},
		{is("and", is(">=", colTime, lit(5)), is("<", colTime, lit(9))), 5, 8},
		{is("or", is("==", colTime, lit(5)), is("==", colTime, lit(9))), 5, 9},
		{is("or", is("==", colTime, lit(5)), colOk), all.lo, all.hi},
		{is("not", is("==", colTime, lit(5))), all.lo, all.hi},
		{is("between", colTime, lit(5), lit(7)), 5, 7},
		{is("between", lit(6), colTime, lit(7)), all.lo, 6},
		{is("==", colTime, &plan.Lit{T: schema.Datetime}), all.lo, all.hi},
		{is(">", colTime, lit(all.hi)), all.hi, all.hi},
		{is("and", is("==", colTime, lit(5)), is("==", colTime, lit(9))), 9, 5},
	} {
		if lo, hi := TimeBounds(c.pred, 1, env().Constant); lo != c.lo || hi != c.hi {
			t.Errorf("%+v: got %d..%d, want %d..%d", c.pred, lo, hi, c.lo, c.hi)
		}
	}
}

// FuzzQuote: whatever the text, it stays inside the constant.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "'", "''", "a'b", "\\'", "\x00", "\xff", "';--"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, ok := quote(s)
		if !ok {
			return
		}
		body := q[1 : len(q)-1]
		if q[0] != '\'' || q[len(q)-1] != '\'' || strings.Contains(strings.ReplaceAll(body, "''", ""), "'") || strings.ReplaceAll(body, "''", "'") != s {
			t.Errorf("%q became %s", s, q)
		}
	})
}
