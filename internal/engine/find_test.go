package engine

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// pieces make texts in which needles stand beside letters, marks and other characters, also such whose lower case is of ASCII.
var pieces = []string{"cert", "CERT", "util", "k", "K", "ſ", "i", "İ", "s", "-", "_", ".", " ", "é", "漢", "\u0345", "\n", "\x00", "7", "²", "aaaaaaaa", "0123456789abcdef", "exe", "EXE"}

func someText(rng *rand.Rand, most int) string {
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

// textWorld stores n rows of random text, and returns a scan of TimeGenerated, column 1, and the text, column 2.
func textWorld(t *testing.T, rng *rand.Rand, n int) (*world, func() *plan.Scan) {
	t.Helper()
	w := newWorld(t, 1)
	rows := store.Rows{Table: "T_CL", Cols: []schema.Column{{Name: store.SrcColumn, Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "s", Type: schema.String}},
		Batch: column.NewBatch(n, schema.String, schema.Datetime, schema.String)}
	rows.Batch.N = n
	for i := range n {
		rows.Batch.Cols[0].AppendString(fmt.Sprint(i))
		rows.Batch.Cols[1].AppendInt(instant - int64(i))
		rows.Batch.Cols[2].AppendString(someText(rng, 14))
	}
	if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
		t.Fatal(err)
	}
	w.seal(t)
	return w, func() *plan.Scan {
		return &plan.Scan{Table: "T_CL", Sources: []string{"TimeGenerated", "s"}, Out: []plan.Col{{ID: 1, Name: "TimeGenerated", Type: schema.Datetime}, {ID: 2, Name: "s", Type: schema.String}}}
	}
}

// agree fails unless both engines have the same rows, and returns how many.
func (w *world) agree(t *testing.T, n plan.Node) int {
	t.Helper()
	want, _, err := w.run(t.Context(), n, Go)
	if err != nil {
		t.Fatal(err)
	}
	got, st, err := w.run(t.Context(), n, DuckDB)
	if err != nil || st.Engine != DuckDB {
		t.Fatal(st.Engine, err)
	}
	if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
		t.Fatalf("%s (-Go +DuckDB)\n%s", plan.Print(n), d)
	}
	return len(got)
}

// Searches that DuckDB makes without the interpreter find what the interpreter finds.
func TestSearchesAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	w, scan := textWorld(t, rng, 3000)
	ops := []string{"has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs", "contains", "startswith", "endswith", "=~", "has_any", "has_all", "in~",
		"!has", "!has_cs", "!hasprefix", "!hassuffix_cs", "!contains", "!startswith", "!endswith", "!~", "!in~"}
	found := 0
	for range 150 {
		op := ops[rng.IntN(len(ops))]
		args := []plan.Expr{&plan.Ref{ID: 2, T: schema.String}}
		many := 1
		if strings.Contains(op, "_a") || strings.Contains(op, "in~") {
			many = 1 + rng.IntN(5)
		}
		for range many {
			args = append(args, &plan.Lit{T: schema.String, Value: someText(rng, 2)})
		}
		found += w.agree(t, &plan.Filter{Input: scan(), Pred: &plan.Call{Func: op, T: schema.Bool, Args: args}})
	}
	if found == 0 {
		t.Fatal("nothing was ever found")
	}
}

// Both matchers of regular expressions mean the same by a pattern.
func TestPatternsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	w, scan := textWorld(t, rng, 3000)
	bits := []string{"cert", "util", "k", "s", "i", `\w`, `\d`, `\W+`, `[^a]`, `[a-f0-9]{2,}`, ".", ".*", `\b`, "^", "$", "(exe|k)", "(c|ce)(r?)", "x*", `\s`, `\.`, "[[:alpha:]]+", `(?i)K`, "(?s).", "(?m)^", "(?U)a+"}
	found := 0
	for range 120 {
		p := ""
		if rng.IntN(3) == 0 {
			p = "(?i)"
		}
		for range 1 + rng.IntN(4) {
			p += bits[rng.IntN(len(bits))]
		}
		text, pattern := &plan.Ref{ID: 2, T: schema.String}, &plan.Lit{T: schema.String, Value: p}
		re, err := regexp.Compile(p)
		if err != nil {
			continue
		}
		found += w.agree(t, &plan.Filter{Input: scan(), Pred: &plan.Call{Func: "matches regex", T: schema.Bool, Args: []plan.Expr{text, pattern}}})
		group := &plan.Lit{T: schema.Long, Value: int64(rng.IntN(re.NumSubexp() + 2))}
		w.agree(t, &plan.Project{Input: scan(), Items: []plan.Item{{Out: plan.Col{ID: 9, Name: "x", Type: schema.String}, Expr: &plan.Call{Func: "extract", T: schema.String, Args: []plan.Expr{pattern, group, text}}}}})
	}
	if found == 0 {
		t.Fatal("nothing was ever found")
	}
}

// Times that are moved, also out of the calendar, and the time between two.
func TestMovedTimesAgree(t *testing.T) {
	w := newWorld(t, 3)
	w.mixed(t, 200)
	at, other := &plan.Ref{ID: 8, T: schema.Datetime}, &plan.Ref{ID: 1, T: schema.Datetime}
	for _, by := range append(nasty[schema.Timespan], -column.Day, int64(column.MaxDatetime), int64(column.MaxDatetime+1), int64(-column.MaxDatetime)) {
		span := &plan.Lit{T: schema.Timespan, Value: by}
		for _, e := range []*plan.Call{
			{Func: "+", T: schema.Datetime, Args: []plan.Expr{at, span}}, {Func: "+", T: schema.Datetime, Args: []plan.Expr{span, at}}, {Func: "-", T: schema.Datetime, Args: []plan.Expr{at, span}},
			{Func: "-", T: schema.Timespan, Args: []plan.Expr{at, other}}, {Func: "between", T: schema.Bool, Args: []plan.Expr{at, other, &plan.Call{Func: "+", T: schema.Datetime, Args: []plan.Expr{other, span}}}},
		} {
			w.agree(t, &plan.Project{Input: scanOf(1), Items: []plan.Item{{Out: plan.Col{ID: 90, Name: "x", Type: e.T}, Expr: e}}})
			if e.T == schema.Bool {
				w.agree(t, &plan.Filter{Input: scanOf(1), Pred: e})
			}
		}
	}
}

// Values inside JSON are read alike: nested, repeated, of every kind, plain or not.
func TestPathsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	keys := []string{"a", "b", "A", "x y", "é", `q\"`, `\u0061`}
	var value func(depth int) string
	value = func(depth int) string {
		kinds := 14
		if depth > 2 {
			kinds = 12
		}
		switch rng.IntN(kinds) {
		case 12:
			parts := make([]string, rng.IntN(4))
			for i := range parts {
				parts[i] = `"` + keys[rng.IntN(len(keys))] + `":` + value(depth+1)
			}
			return "{" + strings.Join(parts, ",") + "}"
		case 13:
			return "[" + value(depth+1) + "," + value(depth+1) + "]"
		}
		return []string{"null", "true", "false", "0", "-0", "12", "-123456789012345678", "12345678901234567890", "1.50", `"plain text of more than sixteen bytes"`, `"é\u00e9\n\""`, `"C:\\x\/\t\""`}[rng.IntN(12)]
	}
	w := newWorld(t, 1)
	w.addJSON(t, rng, func() string { return value(0) }, func() string {
		text := "{"
		for k := range 1 + rng.IntN(4) {
			if k > 0 {
				text += ","
			}
			text += `"` + keys[rng.IntN(len(keys))] + `":` + value(0)
		}
		return text + "}"
	})
	lit := func(s string) plan.Expr { return &plan.Lit{T: schema.String, Value: s} }
	for _, sealed := range []bool{false, true} {
		if sealed {
			w.seal(t)
		}
		for _, path := range [][]string{{"a"}, {"a", "b"}, {"b", "a", "A"}, {"x y"}, {"é", "a"}, {"none"}, {""}} {
			scan := &plan.Scan{Table: "T_CL", Sources: []string{"d"}, Out: []plan.Col{{ID: 2, Name: "d", Type: schema.Dynamic}}}
			var e plan.Expr = &plan.Ref{ID: 2, T: schema.Dynamic}
			for i, k := range path {
				e = &plan.Call{Func: []string{"member", "index"}[i%2], T: schema.Dynamic, Args: []plan.Expr{e, lit(k)}}
			}
			e = &plan.Call{Func: "tostring", T: schema.String, Args: []plan.Expr{e}}
			w.agree(t, &plan.Project{Input: scan, Items: []plan.Item{{Out: plan.Col{ID: 2, Name: "d", Type: schema.Dynamic}, Expr: &plan.Ref{ID: 2, T: schema.Dynamic}}, {Out: plan.Col{ID: 9, Name: "x", Type: schema.String}, Expr: e}}})
		}
	}
}

// The forms that need no interpreter are those that are written.
func TestNativeFormsAreUsed(t *testing.T) {
	w := newWorld(t, 1)
	w.add(t, 10, columns)
	s, d := &plan.Ref{ID: 6, T: schema.String}, &plan.Ref{ID: 10, T: schema.Dynamic}
	lit := func(v string) plan.Expr { return &plan.Lit{T: schema.String, Value: v} }
	for want, e := range map[string]plan.Expr{
		"k_find(": &plan.Call{Func: "has", T: schema.Bool, Args: []plan.Expr{s, lit("term")}},
		"lower(":  &plan.Call{Func: "in~", T: schema.Bool, Args: []plan.Expr{s, lit("a"), lit("b")}},
		"regexp_": &plan.Call{Func: "matches regex", T: schema.Bool, Args: []plan.Expr{s, lit("a+b")}},
		"k_path(": &plan.Call{Func: "==", T: schema.Bool, Args: []plan.Expr{&plan.Call{Func: "tostring", T: schema.String, Args: []plan.Expr{&plan.Call{Func: "member", T: schema.Dynamic, Args: []plan.Expr{d, lit("x")}}}}, lit("a")}},
	} {
		snap := w.store.Snapshot("ws")
		q, ok := w.engine.Source(snap, DuckDB, kernel.Env{Now: instant}).query(&plan.Filter{Input: scanOf(1), Pred: e})
		snap.Close()
		if !ok || !strings.Contains(q.SQL, want) {
			t.Errorf("%s is not in the statement", want)
		}
	}
}
