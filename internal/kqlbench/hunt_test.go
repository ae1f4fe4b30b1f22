package kqlbench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/kql/kqltest"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
)

//go:embed queries
var frozen embed.FS

// hunt is a query and the SQL that an expert would write for the same answer. Lines of the SQL that begin with -- say
// what the language leaves open: "-- ordered" when the order of the rows counts, "-- sets" when that of arrays does not.
type hunt struct {
	name, kql, sql string
	ordered, sets  bool
}

func hunts(t testing.TB, folder string) []hunt {
	t.Helper()
	files, err := frozen.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		raw, err := frozen.ReadFile(path.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var out []hunt
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".kql")
		if !ok {
			continue
		}
		h := hunt{name: name, kql: read(f.Name())}
		for line := range strings.Lines(read(name + ".sql")) {
			note, isNote := strings.CutPrefix(line, "-- ")
			h.ordered = h.ordered || isNote && strings.HasPrefix(note, "ordered")
			h.sets = h.sets || isNote && strings.HasPrefix(note, "sets")
			if !isNote {
				h.sql += line
			}
		}
		out = append(out, h)
	}
	return out
}

var placeholder = regexp.MustCompile(`\{(ago )?([A-Za-z0-9]+)\}`)

// statement puts files and times into the SQL: {Table} and {ago 7d}.
func (w *world) statement(sql string) string {
	return placeholder.ReplaceAllStringFunc(sql, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		if m[1] != "" {
			var n int64
			if _, err := fmt.Sscanf(m[2], "%dd", &n); err != nil {
				return s
			}
			return fmt.Sprint(column.FromTime(now) - n*column.Day)
		}
		if list := w.files(m[2]); len(list) > 0 {
			return "read_parquet(['" + strings.Join(list, "', '") + "'])"
		}
		return s
	})
}

// ours runs a query as a server does and drains it.
func (w *world) ours(ctx context.Context, kql string) (*query.Result, time.Duration, error) {
	start := time.Now()
	res, err := w.queries.Run(ctx, query.Request{Workspace: workspace, Text: kql, Actor: "bench"})
	took := time.Since(start)
	if err == nil && res.Partial != nil {
		err = res.Partial
	}
	return res, took, err
}

// theirs runs SQL and drains it chunk by chunk. With types the values are taken over too, for comparison.
func (w *world) theirs(ctx context.Context, sql string, types []schema.Type) (list [][]any, took time.Duration, err error) {
	start := time.Now()
	r, err := w.sql.Query(ctx, &duck.Query{SQL: sql, Types: types})
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return list, time.Since(start), nil
		}
		if err != nil {
			return nil, 0, err
		}
		if len(types) > 0 {
			list = append(list, boxed(b)...)
		}
	}
}

func boxed(b *column.Batch) [][]any {
	list := make([][]any, b.N)
	for i := range list {
		for _, v := range b.Cols {
			list[i] = append(list[i], v.Value(i))
		}
	}
	return list
}

// same fails unless query and SQL have the same answer, and returns its number of rows.
func (w *world) same(t testing.TB, h hunt) int {
	t.Helper()
	res, _, err := w.ours(t.Context(), h.kql)
	if err != nil {
		t.Fatalf("%s: %v", h.name, err)
	}
	var have [][]any
	for _, b := range res.Tables[0].Batches {
		have = append(have, boxed(b)...)
	}
	want, _, err := w.theirs(t.Context(), w.statement(h.sql), types(res.Tables[0].Cols))
	if err != nil {
		t.Fatalf("%s: the SQL: %v", h.name, err)
	}
	a, b := h.texts(have), h.texts(want)
	if len(a) != len(b) {
		t.Fatalf("%s: %d rows, and %d by SQL", h.name, len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("%s: row %d of %d is\n%s\nand by SQL\n%s", h.name, i, len(a), a[i], b[i])
		}
	}
	return len(a)
}

func types(cols []plan.Col) []schema.Type {
	var out []schema.Type
	for _, c := range cols {
		out = append(out, c.Type)
	}
	return out
}

// texts prints rows so that equal answers print equal.
func (h hunt) texts(list [][]any) []string {
	out := make([]string, len(list))
	for i, row := range list {
		var b []byte
		for _, v := range row {
			v = column.Deep(column.Resolve(v))
			if items, ok := v.([]any); ok && h.sets {
				slices.SortFunc(items, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
			b = append(column.AppendJSON(b, v), '|')
		}
		out[i] = string(b)
	}
	if !h.ordered {
		slices.Sort(out)
	}
	return out
}

// pair are the median times of a query and its SQL.
type pair struct{ ours, theirs time.Duration }

func (p pair) ratio() float64 { return float64(p.ours) / float64(p.theirs) }

// compare runs both in turns, so often after one turn to warm up.
func compare(t testing.TB, turns int, ours, theirs func() time.Duration) pair {
	t.Helper()
	var a, b []time.Duration
	ours()
	theirs()
	for i := range turns {
		if i%2 == 0 {
			a, b = append(a, ours()), append(b, theirs())
		} else {
			b, a = append(b, theirs()), append(a, ours())
		}
	}
	return pair{median(a), median(b)}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// computed measures what a hunt and its SQL compute, over all threads: what waiting for other work on the machine does not change.
func (w *world) computed(t testing.TB, h hunt, turns int) pair {
	t.Helper()
	sql := w.statement(h.sql)
	cost := func(f func() error) func() time.Duration {
		return func() time.Duration {
			before := kqltest.CPUTime()
			if err := f(); err != nil {
				t.Fatalf("%s: %v", h.name, err)
			}
			return kqltest.CPUTime() - before
		}
	}
	return compare(t, turns, cost(func() error {
		_, _, err := w.ours(t.Context(), h.kql)
		return err
	}), cost(func() error {
		_, _, err := w.theirs(t.Context(), sql, nil)
		return err
	}))
}

// against measures a hunt.
func (w *world) against(t testing.TB, h hunt, turns int) pair {
	t.Helper()
	sql := w.statement(h.sql)
	return compare(t, turns, func() time.Duration {
		_, took, err := w.ours(t.Context(), h.kql)
		if err != nil {
			t.Fatalf("%s: %v", h.name, err)
		}
		return took
	}, func() time.Duration {
		_, took, err := w.theirs(t.Context(), sql, nil)
		if err != nil {
			t.Fatalf("%s: the SQL: %v", h.name, err)
		}
		return took
	})
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
