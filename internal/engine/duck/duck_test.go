package duck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newPool(t testing.TB, o Options) *Pool {
	t.Helper()
	if o.Parts == "" {
		o.Parts = t.TempDir()
	}
	p, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		if n := p.Handles(); n != 0 {
			t.Errorf("%d handles are left", n)
		}
	})
	return p
}

func readAll(ctx context.Context, p *Pool, q *Query) ([][]any, error) {
	r, err := p.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var rows [][]any
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range b.N {
			var row []any
			for _, c := range b.Cols {
				row = append(row, c.Value(i))
			}
			rows = append(rows, row)
		}
	}
}

// everyType is one column per type with nulls, empty and extreme values.
func everyType(n int) *Relation {
	types := []schema.Type{schema.Bool, schema.Int, schema.Long, schema.Real, schema.String, schema.Datetime, schema.Timespan, schema.Dynamic, schema.Decimal, schema.Guid}
	rel := &Relation{Types: types}
	for i := range types {
		rel.Names = append(rel.Names, fmt.Sprintf("f%d", i))
	}
	dec, _, _ := apd.NewFromString("-12.50")
	values := [][]any{
		{true, int64(math.MinInt32), int64(math.MinInt64), math.Inf(-1), "", int64(0), int64(math.MinInt64), column.Raw(`{"b":1,"a":[1.0,null]}`), dec, uuid.Must(uuid.Parse("0193e4a2-0000-7000-8000-000000000001"))},
		{nil, nil, nil, nil, "", nil, nil, nil, nil, nil},
		{false, int64(math.MaxInt32), int64(math.MaxInt64), math.SmallestNonzeroFloat64, "twelve bytes", column.MaxDatetime, int64(math.MaxInt64), column.Raw(`"x"`), apd.New(0, 0), uuid.Nil},
		{true, int64(7), int64(7), 0.1, "a longer string, with ünïcödé 漢字 🙂 and a NUL \x00.", int64(1), int64(-1), column.Raw(`[]`), apd.New(5, 3), uuid.Nil},
	}
	for len(rel.Blocks) == 0 || rel.rows() < n {
		b := column.NewBatch(n, types...)
		for i := 0; i < 3000 && rel.rows()+b.N < n; i++ {
			for c, v := range values[(rel.rows()+i)%len(values)] {
				b.Cols[c].Append(v)
			}
			b.N++
		}
		rel.Blocks = append(rel.Blocks, BatchBlock{b})
	}
	return rel
}

func TestTailReturnsEveryValue(t *testing.T) {
	p := newPool(t, Options{})
	rel := everyType(4)
	got, err := readAll(t.Context(), p, &Query{SQL: "SELECT f0,f1,f2,f3,f4,f5,f6,f7,f8,f9 FROM tail(0)", Types: rel.Types, Relations: []*Relation{rel}})
	if err != nil {
		t.Fatal(err)
	}
	var want [][]any
	b := rel.Blocks[0].(BatchBlock).Batch
	for i := range b.N {
		var row []any
		for _, c := range b.Cols {
			row = append(row, c.Value(i))
		}
		want = append(want, row)
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b *apd.Decimal) bool { return a.Cmp(b) == 0 })); d != "" {
		t.Error(d)
	}
}

func TestTailIsRescannable(t *testing.T) {
	p := newPool(t, Options{})
	rel := everyType(20000)
	const n = 20000
	for range 5 {
		got, err := readAll(t.Context(), p, &Query{
			SQL: `WITH t AS (SELECT * FROM tail(0)) SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM t WHERE f2 = 7),
				(SELECT max(f4) FROM t), (SELECT count(*) FROM t a JOIN (SELECT DISTINCT f4 FROM t) b ON a.f4 = b.f4)`,
			Types: []schema.Type{schema.Long, schema.Long, schema.String, schema.Long}, Relations: []*Relation{rel},
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([][]any{{int64(n), int64(n / 4), "twelve bytes", int64(n)}}, got); d != "" {
			t.Fatal(d)
		}
	}
}

func TestEvalComputesEveryType(t *testing.T) {
	p := newPool(t, Options{})
	rel := everyType(10000)
	for c, typ := range rel.Types {
		q := &Query{Types: []schema.Type{typ, typ}, Relations: []*Relation{rel}}
		q.Evals = []*Eval{{Args: []schema.Type{typ}, Result: typ, New: func() (Func, error) {
			return func(args *column.Batch) (*column.Vector, error) { return args.Cols[0], nil }, nil
		}}}
		q.SQL = fmt.Sprintf("SELECT f%d, %s(0, f%d) FROM tail(0)", c, EvalName(typ), c)
		got, err := readAll(t.Context(), p, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 10000 {
			t.Fatalf("%s: %d rows", typ, len(got))
		}
		for _, row := range got {
			if d := cmp.Diff(row[0], row[1], cmp.Comparer(func(a, b *apd.Decimal) bool { return a.Cmp(b) == 0 })); d != "" {
				t.Fatalf("%s: %s", typ, d)
			}
		}
	}
}

func TestCallbackFailuresReachTheCaller(t *testing.T) {
	p := newPool(t, Options{})
	boom := fault.New(fault.Invalid, "boom", "this value cannot be computed")
	for name, f := range map[string]Func{
		"error": func(*column.Batch) (*column.Vector, error) { return nil, boom },
		"panic": func(*column.Batch) (*column.Vector, error) { panic("at the disco") },
		"short": func(*column.Batch) (*column.Vector, error) { return column.Make(schema.Bool, 1), nil },
	} {
		t.Run(name, func(t *testing.T) {
			q := &Query{SQL: "SELECT count(*) FROM tail(0) WHERE k_bool(0, f1)", Types: []schema.Type{schema.Long}, Relations: []*Relation{everyType(3)},
				Evals: []*Eval{{Args: []schema.Type{schema.Int}, Result: schema.Bool, New: func() (Func, error) { return f, nil }}}}
			_, err := readAll(t.Context(), p, q)
			if err == nil {
				t.Fatal("no error")
			}
			if name == "error" && !errors.Is(err, boom) {
				t.Errorf("the error lost its type: %v", err)
			}
		})
	}
	if _, err := readAll(t.Context(), p, &Query{SQL: "SELECT count(*) FROM tail(7)", Types: []schema.Type{schema.Long}}); err == nil {
		t.Error("an unknown relation was read")
	}
}

func TestOnlySelectRuns(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(other, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPool(t, Options{Parts: dir})
	for _, sql := range []string{
		"COPY (SELECT 1) TO '" + dir + "/x.parquet'",
		"ATTACH '" + dir + "/x.db'",
		"PRAGMA database_size",
		"PRAGMA table_info('x')",
		"SET threads = 1",
		"CREATE TABLE x(a INT)",
		"INSERT INTO x VALUES (1)",
		"EXPORT DATABASE '" + dir + "/e'",
		"INSTALL httpfs",
		"LOAD httpfs",
		"CALL pragma_version()",
		"EXPLAIN SELECT 1",
		"SELECT 1; SELECT 2",
		"SELECT 1; DROP TABLE x",
		"",
		"SELECT * FROM '" + other + "'",
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_text('" + dir + "/../secret')",
		"SELECT * FROM glob('/etc/*')",
		"SELECT * FROM read_csv('https://example.com/x.csv')",
	} {
		if rows, err := readAll(t.Context(), p, &Query{SQL: sql}); err == nil {
			t.Errorf("%q ran and gave %d rows", sql, len(rows))
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("files were written: %v", files)
	}
	if _, err := readAll(t.Context(), p, &Query{SQL: "SELECT 1::BIGINT", Types: []schema.Type{schema.Long}}); err != nil {
		t.Errorf("the pool does not recover: %v", err)
	}
}

func TestParametersAreData(t *testing.T) {
	p := newPool(t, Options{})
	for _, s := range []string{"", "'", "''", "\\'", "'; DROP TABLE x; --", "\"", "$1", "?", "a\x00b", "\n", "漢字"} {
		got, err := readAll(t.Context(), p, &Query{SQL: "SELECT $1::VARCHAR, $2::BIGINT", Params: []any{s, int64(math.MinInt64)}, Types: []schema.Type{schema.String, schema.Long}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([][]any{{s, int64(math.MinInt64)}}, got); d != "" {
			t.Error(d)
		}
	}
}

const endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 8"

func TestCancelInterrupts(t *testing.T) {
	p := newPool(t, Options{})
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var at time.Time
		timer := time.AfterFunc(100*time.Millisecond, func() { at = time.Now(); cancel() })
		_, err := readAll(ctx, p, &Query{SQL: endless, Types: []schema.Type{schema.Long}})
		timer.Stop()
		if took := time.Since(at); took > time.Second {
			t.Errorf("cancelling took %s", took)
		}
		if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := readAll(ctx, p, &Query{SQL: endless, Types: []schema.Type{schema.Long}})
	if fault.CodeOf(err) != "query_timeout" {
		t.Errorf("got %v", err)
	}
}

func TestEarlyCloseReleasesEverything(t *testing.T) {
	p := newPool(t, Options{Queries: 1})
	rel := everyType(50000)
	for range 3 {
		r, err := p.Query(t.Context(), &Query{SQL: "SELECT f4 FROM tail(0)", Types: []schema.Type{schema.String}, Relations: []*Relation{rel}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := p.Query(ctx, &Query{SQL: "SELECT 1"}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a second query did not wait: %v", err)
		}
		cancel()
		r.Close()
		r.Close()
	}
}

func TestMemoryLimit(t *testing.T) {
	sql := "SELECT count(*) FROM (SELECT DISTINCT md5(range::VARCHAR) FROM range(3000000))"
	p := newPool(t, Options{Memory: 64 << 20})
	_, err := readAll(t.Context(), p, &Query{SQL: sql, Types: []schema.Type{schema.Long}})
	if fault.CodeOf(err) != "query_memory" {
		t.Errorf("without a temporary folder: %v", err)
	}
	dir := t.TempDir()
	p = newPool(t, Options{Memory: 64 << 20, Temp: dir})
	got, err := readAll(t.Context(), p, &Query{SQL: sql, Types: []schema.Type{schema.Long}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]any{{int64(3000000)}}, got); d != "" {
		t.Error(d)
	}
}

func TestQuoteKeepsText(t *testing.T) {
	if got := quote("it's\x00"); got != "'it''s'" {
		t.Error(got)
	}
	if strings.Contains(quote("a'b"), "a'b") {
		t.Error("a quote is not doubled")
	}
}

// TestTexts: a list of texts per row comes back element by element, with nulls, empty lists and odd text.
func TestTexts(t *testing.T) {
	p := newPool(t, Options{})
	long := strings.Repeat("é", 500_000)
	rel := &Relation{Names: []string{"n"}, Types: []schema.Type{schema.Long}}
	v := column.New(schema.Long, 5000)
	for i := range 5000 {
		v.Append(int64(i))
	}
	rel.Blocks = []Block{BatchBlock{&column.Batch{N: 5000, Cols: []*column.Vector{v}}}}
	q := &Query{
		SQL: "SELECT n, unnest(k_texts(0, n)) AS e FROM tail(0) ORDER BY n", Types: []schema.Type{schema.Long, schema.Dynamic}, Relations: []*Relation{rel},
		Evals: []*Eval{{Args: []schema.Type{schema.Long}, Texts: func(b *column.Batch) (*Texts, error) {
			out := &Texts{}
			for _, n := range b.Cols[0].Ints {
				switch n % 1000 {
				case 1:
					out.AddValue(schema.Dynamic, "a\x00b\xff")
					out.AddValue(schema.Dynamic, nil)
					out.AddValue(schema.Dynamic, column.Datetime(n))
				case 2:
					out.Add(long)
				}
				out.EndRow()
			}
			return out, nil
		}}},
	}
	rows, err := readAll(t.Context(), p, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 20 {
		t.Fatalf("%d rows, not 20", len(rows))
	}
	want := [][]any{{int64(1), column.Raw("\"a\\u0000b\uFFFD\"")}, {int64(1), nil}, {int64(1), column.Datetime(1)}, {int64(2), column.Raw(long)}}
	if d := cmp.Diff(want, rows[:4]); d != "" {
		t.Errorf("%.2000s", d)
	}
	q.Evals[0].Texts = func(*column.Batch) (*Texts, error) { return nil, errors.New("no") }
	if _, err := readAll(t.Context(), p, q); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("the error of an evaluator came as %v", err)
	}
}
