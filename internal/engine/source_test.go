package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// compile makes the plan of a text over the world as it is now.
func (w *world) compile(t testing.TB, text string) plan.Node {
	t.Helper()
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	q, diags := kql.Compile(text, bind.Env{Catalog: snap.Catalog()})
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return q.Results[0].Root
}

// days stores a row for each of the last n days before the instant, some sealed and the youngest not.
func days(t testing.TB, n int) *world {
	w := newWorld(t, 3)
	for d := n; d > 0; d-- {
		rows := store.Rows{Table: "T_CL", Batch: column.NewBatch(1, schema.String, schema.Datetime, schema.Long, schema.String)}
		rows.Cols = []schema.Column{{Name: store.SrcColumn, Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "n", Type: schema.Long}, {Name: "name", Type: schema.String}}
		for i, v := range []any{fmt.Sprintf("day/%d", d), instant - int64(d)*column.Day, int64(d), fmt.Sprintf("o'%d", d)} {
			rows.Batch.Cols[i].Append(v)
		}
		rows.Batch.N = 1
		if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
			t.Fatal(err)
		}
		if d > 1 {
			w.seal(t)
		}
	}
	return w
}

func TestResultsOverPartsAndTail(t *testing.T) {
	w := days(t, 4)
	for text, want := range map[string][][]any{
		"T_CL | count": {{int64(4)}},
		"T_CL | where TimeGenerated > ago(2d) | project n":                                              {{int64(1)}},
		"T_CL | where TimeGenerated between (ago(3d) .. ago(2d)) | sort by n asc | project n":           {{int64(2)}, {int64(3)}},
		"T_CL | top 2 by TimeGenerated | project name":                                                  {{"o'1"}, {"o'2"}},
		"T_CL | summarize sum(n), max(name), dcount(n), countif(n > 2)":                                 {{int64(10), "o'4", int64(4), int64(2)}},
		"T_CL | where name == \"o'3\" | project n":                                                      {{int64(3)}},
		"T_CL | where n !in (1, 2, 3) | project n, _ItemId":                                             {{int64(4), store.ItemID("day/4")}},
		"T_CL | summarize arg_max(n, name) by x = n % 2 | project name | sort by name asc":              {{"o'3"}, {"o'4"}},
		"T_CL | where n in ((T_CL | where n > 2 | project n)) | count":                                  {{int64(2)}},
		"T_CL | join kind=leftanti (T_CL | where n > 1) on n | project n":                               {{int64(1)}},
		"T_CL | where name has \"o\" and n > toscalar(T_CL | summarize avg(n)) | summarize make_set(n)": nil,
		"T_CL | where Timestamp < ago(3d) | project Timestamp":                                          {{instant - 4*column.Day}},
		"print x = 1":           {{int64(1)}},
		"T_CL | where n > 1000": nil,
	} {
		for _, mode := range []Mode{Go, DuckDB, Auto} {
			t.Run(text+" "+string(mode), func(t *testing.T) {
				got, _, err := w.run(t.Context(), w.compile(t, text), mode)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(text, "make_set") {
					want, got = [][]any{{[]any{int64(3), int64(4)}}}, asSets(got)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

func TestStatsSayWhatWasRead(t *testing.T) {
	w := days(t, 5)
	for _, c := range []struct {
		text string
		mode Mode
		want Stats
	}{
		{"T_CL | where TimeGenerated > ago(36h) | project n", DuckDB, Stats{Engine: DuckDB, ScannedRows: 1}},
		{"T_CL | where TimeGenerated > ago(36h) | project n", Go, Stats{Engine: Go, ScannedRows: 1}},
		{"T_CL | where TimeGenerated < ago(36h) | summarize make_list(n)", DuckDB, Stats{Engine: DuckDB, ScannedRows: 5}},
		{"T_CL | where TimeGenerated between (ago(74h) .. ago(70h)) | project n", DuckDB, Stats{Engine: DuckDB, ScannedRows: 2}}, // the day's part, and the tail
		{"T_CL | count", Auto, Stats{Engine: DuckDB, ScannedRows: 5}},                                                            // the test engine leaves one row to Go
		{"print 1", DuckDB, Stats{Engine: Go}},
	} {
		_, got, err := w.run(t.Context(), w.compile(t, c.text), c.mode)
		if err != nil {
			t.Fatal(err)
		}
		if got.Engine != c.want.Engine || got.ScannedRows != c.want.ScannedRows {
			t.Errorf("%s, %s: got %+v, want %+v", c.text, c.mode, got, c.want)
		}
	}
}

// TestTextIsNeverSQL: names and constants of users cannot become statements.
func TestTextIsNeverSQL(t *testing.T) {
	w := newWorld(t, 5)
	w.mixed(t, 20)
	evil := []string{"'); DROP TABLE x; --", "' OR '1'='1", "\\'; --", "$1", "?", `"; COPY (SELECT 1) TO 'x'; --`, "{}", "%s", "a\x00' OR true --"}
	for _, s := range evil {
		lit := &plan.Lit{T: schema.String, Value: s}
		for _, f := range []string{"==", "contains_cs", "in", "has", "startswith_cs"} {
			n := &plan.Filter{Input: scanOf(1), Pred: &plan.Call{Func: f, T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: 6, T: schema.String}, lit}}}
			rows, _, err := w.run(t.Context(), n, DuckDB)
			if err != nil || len(rows) != 0 {
				t.Errorf("%s %q: %d rows, %v", f, s, len(rows), err)
			}
		}
		// A column of that name, and a table of it.
		scan := &plan.Scan{Table: "T_CL", Out: []plan.Col{{ID: 1, Name: s, Type: schema.String}}, Sources: []string{`odd "name"; DROP TABLE x --`}}
		if rows, _, err := w.run(t.Context(), scan, DuckDB); err != nil || len(rows) != 81 {
			t.Errorf("%q: %d rows, %v", s, len(rows), err)
		}
		scan = &plan.Scan{Table: s, Out: []plan.Col{{ID: 1, Name: "x", Type: schema.String}}, Sources: []string{s}}
		if rows, _, err := w.run(t.Context(), scan, DuckDB); err == nil && len(rows) != 0 {
			t.Errorf("a table named %q has %d rows", s, len(rows))
		}
	}
}

func TestCancelReachesDuckDB(t *testing.T) {
	w := newWorld(t, 6)
	for range 5 {
		w.add(t, 4000, columns[:6])
	}
	// Every pair of rows: far longer than anybody waits.
	left, right := scanOf(1), scanOf(101)
	j := &plan.Join{Kind: plan.Inner, Left: left, Right: right, On: []plan.JoinKey{{Left: &plan.Ref{ID: 2, T: schema.Bool}, Right: &plan.Ref{ID: 102, T: schema.Bool}}},
		Out: []plan.Col{left.Out[0], right.Out[0]}}
	n := &plan.Aggregate{Input: j, Keys: []plan.Item{{Out: plan.Col{ID: 300, Type: schema.Datetime}, Expr: &plan.Ref{ID: 1, T: schema.Datetime}}},
		Aggs: []plan.Agg{{Func: "dcount", Args: []plan.Expr{&plan.Ref{ID: 101, T: schema.Datetime}}, Out: []plan.Col{{ID: 301, Type: schema.Long}}}}}
	if !w.taken(n) {
		t.Fatal("the plan does not run in DuckDB")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var at time.Time
	timer := time.AfterFunc(200*time.Millisecond, func() { at = time.Now(); cancel() })
	defer timer.Stop()
	_, _, err := w.run(ctx, n, DuckDB)
	if took := time.Since(at); took > time.Second {
		t.Errorf("stopping took %s", took)
	}
	if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if rows, _, err := w.run(t.Context(), &plan.Limit{Input: scanOf(1), N: &plan.Lit{T: schema.Long, Value: int64(3)}}, DuckDB); err != nil || len(rows) != 3 {
		t.Errorf("afterwards: %d rows, %v", len(rows), err)
	}
}

// TestSnapshotsStayStill: queries see the rows of their snapshot while others append, seal and read.
func TestSnapshotsStayStill(t *testing.T) {
	w := newWorld(t, 9)
	w.add(t, 100, columns)
	count := &plan.Aggregate{Input: scanOf(1), Aggs: []plan.Agg{
		{Func: "count", Out: []plan.Col{{ID: 200, Type: schema.Long}}},
		{Func: "dcount", Args: []plan.Expr{&plan.Ref{ID: 1 + len(columns) + 1, T: schema.String}}, Out: []plan.Col{{ID: 201, Type: schema.Long}}},
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for k := range 3 {
		wg.Go(func() {
			last := int64(0)
			for ctx.Err() == nil {
				rows, _, err := w.run(t.Context(), count, []Mode{DuckDB, Go, Auto}[k])
				if err != nil {
					t.Error(err)
					return
				}
				n := rows[0][0].(int64)
				if n < last || n%100 != 0 || rows[0][1] != rows[0][0] {
					t.Errorf("saw %v after %d", rows[0], last)
				}
				last = n
			}
		})
	}
	for range 15 {
		w.add(t, 100, columns)
		w.seal(t)
		w.add(t, 100, columns[:5])
	}
	cancel()
	wg.Wait()
}

// TestEarlyCloseLetsGo: a reader that is closed early leaves nothing behind; the world checks handles when it ends.
func TestEarlyCloseLetsGo(t *testing.T) {
	w := newWorld(t, 10)
	for range 4 {
		w.add(t, 5000, columns)
	}
	for _, mode := range []Mode{Go, DuckDB} {
		snap := w.store.Snapshot("ws")
		r, err := exec.Run(t.Context(), scanOf(1), exec.Env{Source: w.engine.Source(snap, mode, kernel.Env{Now: instant}), Now: instant})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after Close: %v", mode, err)
		}
		snap.Close()
	}
}

// TestChoicesAreLegal: where the language leaves a row to the engine, both take one that is allowed.
func TestChoicesAreLegal(t *testing.T) {
	w := newWorld(t, 12)
	w.mixed(t, 100)
	rows, _, err := w.run(t.Context(), scanOf(1), Go)
	if err != nil {
		t.Fatal(err)
	}
	ref := func(i int) *plan.Ref { return &plan.Ref{ID: 1 + i, T: columns[i].Type} }
	var outs []plan.Col
	var args []plan.Expr
	for i, c := range append([]int{3}, 0, 1, 2, 4, 5, 6, 9) { // the extreme of column l, then others
		args = append(args, ref(c))
		outs = append(outs, plan.Col{ID: 200 + i, Type: columns[c].Type})
	}
	for _, f := range []string{"arg_max", "arg_min"} {
		n := &plan.Aggregate{Input: scanOf(1), Keys: []plan.Item{{Out: plan.Col{ID: 100, Type: schema.String}, Expr: ref(5)}}, Aggs: []plan.Agg{
			{Func: f, Args: args, Out: outs}, {Func: "count", Out: []plan.Col{{ID: 300, Type: schema.Long}}}}}
		if !w.taken(n) {
			t.Errorf("DuckDB does not take %s", f)
		}
		for _, mode := range []Mode{Go, DuckDB} {
			got, _, err := w.run(t.Context(), n, mode)
			if err != nil {
				t.Fatal(err)
			}
			best, count, seen := map[any]any{}, map[any]int64{}, map[string]bool{}
			for _, r := range rows {
				k, v := r[5], r[3]
				count[k]++
				if b, ok := best[k]; !ok || b == nil || v != nil && (f == "arg_max") == (v.(int64) > b.(int64)) && v != b {
					best[k] = v
				}
				seen[text([]any{k, v, r[0], r[1], r[2], r[4], r[5], r[6], r[9]})] = true
			}
			if len(got) != len(best) {
				t.Errorf("%s, %s: %d groups, not %d", f, mode, len(got), len(best))
			}
			for _, r := range got {
				if r[1] != best[r[0]] || r[9] != count[r[0]] || !seen[text(r[:9])] {
					t.Errorf("%s, %s: row %s is not one of the group's best, %v", f, mode, text(r), best[r[0]])
				}
			}
		}
	}
}

// TestQueriesDoNotWaitForEachOther: with one instance, a plan that needs several statements gets them one after another.
func TestQueriesDoNotWaitForEachOther(t *testing.T) {
	w := newWorld(t, 13)
	w.mixed(t, 50)
	w.engine.pool.Close()
	pool, err := duck.Open(duck.Options{Parts: w.engine.opts.Dir + "/tables", Queries: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.engine.pool = pool
	plans := []plan.Node{
		w.compile(t, "T_CL | mv-expand d | join kind=inner (T_CL | mv-expand d | summarize make_set(s) by l) on l | count"),
		w.compile(t, "union (T_CL | mv-expand d), (T_CL | mv-expand d) | where l in ((T_CL | mv-expand d | project l)) | count"),
		w.compile(t, "let m = materialize(T_CL | mv-expand d); m | where l > toscalar(m | summarize avg(l)) | join kind=leftouter m on l | count"),
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for _, n := range plans {
		wg.Go(func() {
			for range 3 {
				if _, _, err := w.run(ctx, n, DuckDB); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestStatementsBeyondDuckDB: what DuckDB does not accept, Auto runs in Go.
func TestStatementsBeyondDuckDB(t *testing.T) {
	w := newWorld(t, 14)
	w.mixed(t, 10)
	var pred plan.Expr = &plan.Call{Func: "==", T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: 6, T: schema.String}, &plan.Lit{T: schema.String, Value: "a"}}}
	for range 3000 {
		pred = &plan.Call{Func: "not", Args: []plan.Expr{pred}, T: schema.Bool}
	}
	n := &plan.Filter{Input: scanOf(1), Pred: pred}
	want, _, err := w.run(t.Context(), n, Go)
	if err != nil || len(want) == 0 {
		t.Fatalf("%d rows, %v", len(want), err)
	}
	if _, _, err := w.run(t.Context(), n, DuckDB); fault.CodeOf(err) != duck.CodeFailed {
		t.Errorf("DuckDB alone: %v", err)
	}
	got, _, err := w.run(t.Context(), n, Auto)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(texts(want, false), texts(got, false)); d != "" {
		t.Error(d)
	}
}

// TestFoldersOfAnyName: a data directory behind a link works, and one that looks like a pattern is read in Go.
func TestFoldersOfAnyName(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(dir+"/real it's", 0o700), os.Mkdir(dir+"/a[1]*b", 0o700), os.Mkdir(dir+"/a1xb", 0o700), os.Symlink(dir+"/real it's", dir+"/link")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Mode{"link": DuckDB, "a[1]*b": Go} {
		w := newWorldIn(t, 16, filepath.Join(dir, name))
		w.add(t, 100, columns)
		w.seal(t)
		rows, st, err := w.run(t.Context(), scanOf(1), DuckDB)
		if err != nil || len(rows) != 100 || st.Engine != want {
			t.Errorf("%s: %d rows by %s, %v", name, len(rows), st.Engine, err)
		}
	}
}
