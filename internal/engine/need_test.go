package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

func lit(s string) plan.Expr { return &plan.Lit{T: schema.String, Value: s} }

func call(f string, t schema.Type, args ...plan.Expr) plan.Expr {
	return &plan.Call{Func: f, Args: args, T: t}
}

// predicates are all ways in which a text can be looked for in columns of the scan.
func predicates(ref func(string) plan.Expr, text string) []plan.Expr {
	b := schema.Bool
	member := func(name string) plan.Expr { return call("member", schema.Dynamic, ref("d"), lit(name)) }
	subjects := []plan.Expr{
		ref("s"), ref("FileName"), call("tolower", schema.String, ref("s")), call("toupper", schema.String, ref("S")),
		call("tostring", schema.String, ref("d")), call("tostring", schema.String, member("x")), call("tostring", schema.String, call("index", schema.Dynamic, member("arr"), &plan.Lit{T: schema.Long, Value: int64(2)})),
	}
	var out []plan.Expr
	for _, x := range subjects {
		for _, op := range []string{"==", "=~", "has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs", "startswith", "endswith", "contains", "contains_cs", "startswith_cs", "endswith_cs", "in", "in~", "has_any", "has_all"} {
			out = append(out, call(op, b, x, lit(text)))
		}
		list := &plan.Lit{T: schema.Dynamic, Value: column.Raw(`["no such thing","powershell","漢字"]`)}
		out = append(out, call("has_any", b, x, list), call("in", b, x, lit("no such thing"), lit(text)),
			call("or", b, call("has", b, x, lit(text)), call("==", b, ref("FileName"), lit("a"))),
			call("and", b, call("has", b, x, lit(text)), call("!=", b, ref("FileName"), lit("a"))),
			call("not", b, call("has", b, x, lit(text))))
	}
	return out
}

// What the index leaves out is never a row of the answer, whatever is asked and whichever engine reads.
func TestIndexChangesNoAnswer(t *testing.T) {
	w := newWorld(t, 3)
	for range 6 {
		w.add(t, 2, columns) // few values a part, so that most parts are left out
		w.seal(t)
	}
	w.add(t, 2, columns)
	plain, err := New(Options{Dir: w.engine.opts.Dir, GoRows: 1, NoIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := plain.Close(); err != nil {
			t.Error(err)
		}
	}()
	indexed := w.engine
	left, asked := 0, 0
	for i, text := range nasty[schema.String] {
		s := scanOf(1)
		ref := func(name string) plan.Expr {
			k := slices.Index(s.Sources, name)
			return &plan.Ref{ID: s.Out[k].ID, T: s.Out[k].Type}
		}
		for k, p := range predicates(ref, text.(string)) {
			if (i+k)%5 > 0 && !testing.Verbose() {
				continue
			}
			n := &plan.Filter{Input: s, Pred: p}
			mode := Go
			if (i+k)%25 == 0 {
				mode = DuckDB
			}
			w.engine = plain
			want, _, err := w.run(t.Context(), n, mode)
			if err != nil {
				t.Fatal(err)
			}
			w.engine = indexed
			got, _, err := w.run(t.Context(), n, mode)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := sorted(got), sorted(want); !slices.Equal(a, b) {
				t.Errorf("%s in %s: %d rows with the index, %d without", plan.Print(n), mode, len(a), len(b))
			}
			asked++
			if w.leavesOut(n) {
				left++
			}
		}
	}
	t.Logf("%d of %d predicates left out files", left, asked)
	if left < asked/4 {
		t.Errorf("only %d of %d predicates left out files", left, asked)
	}
}

func sorted(rows [][]any) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = fmt.Sprint(r...)
	}
	slices.Sort(out)
	return out
}

// leavesOut reports whether the index spares a filter over a scan a file.
func (w *world) leavesOut(n *plan.Filter) bool {
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	src := w.engine.Source(snap, Go, kernel.Env{Now: instant})
	src.look(n)
	for _, g := range src.narrowed(n.Input.(*plan.Scan)) {
		if len(g.RG) < g.Count {
			return true
		}
	}
	return false
}

var _ Snapshot = (*store.Snapshot)(nil)
