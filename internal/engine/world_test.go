package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// instant is now() in every test.
const instant = 638_000_000_000_000_000

// columns of the test table, one per type at least. Two differ only in case.
var columns = []schema.Column{
	{Name: "TimeGenerated", Type: schema.Datetime},
	{Name: "b", Type: schema.Bool}, {Name: "i", Type: schema.Int}, {Name: "l", Type: schema.Long}, {Name: "r", Type: schema.Real},
	{Name: "s", Type: schema.String}, {Name: "S", Type: schema.String}, {Name: "t", Type: schema.Datetime}, {Name: "ts", Type: schema.Timespan},
	{Name: "d", Type: schema.Dynamic}, {Name: "dec", Type: schema.Decimal}, {Name: "g", Type: schema.Guid}, {Name: "FileName", Type: schema.String},
	{Name: `odd "name"; DROP TABLE x --`, Type: schema.String},
}

// nasty values by type. nil is null.
var nasty = map[schema.Type][]any{
	schema.Bool:     {nil, true, false},
	schema.Int:      {nil, int64(0), int64(1), int64(-1), int64(7), int64(math.MaxInt32), int64(math.MinInt32)},
	schema.Long:     {nil, int64(0), int64(1), int64(-1), int64(7), int64(3), int64(math.MaxInt64), int64(math.MinInt64), int64(1) << 53, int64(math.MaxInt64 - 1)},
	schema.Real:     {nil, 0.0, math.Copysign(0, -1), 1.0, -1.5, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 1e15},
	schema.String:   {"", "a", "A", "b", "powershell.exe -enc AAAA", "PowerShell.EXE", "ünïcödé", "ÜNÏCÖDÉ", "K", "k", "\u212a", "ſ", "İ", "it's", "100%_\\", "a\x00b", "漢字", "🙂", "x-y_z.exe", " ", "null", "true", "12", "-7", "1.5", "12 bytes xxxx", "ß", "SS", "C:\\Windows\\System32\\cmd.exe", `{"x":"p\"q","n":2}`, "[1,2]"},
	schema.Datetime: {nil, int64(0), column.MaxDatetime, int64(instant), int64(instant - column.Hour), int64(instant + 1)},
	schema.Timespan: {nil, int64(0), int64(1), int64(-1), column.Day, int64(math.MaxInt64), int64(math.MinInt64)},
	schema.Dynamic: {nil, column.Raw(`{"x":"a","n":1,"arr":[1,2.50,"z"],"o":{"y":true}}`), column.Raw(`[1,"two",null]`), column.Raw(`"text"`), column.Raw(`12`), column.Raw(`1.0`),
		column.Raw(`true`), column.Raw(`{}`), column.Raw(`[]`), column.Raw(`{"X":"a"}`), column.Raw(`{"x":null}`), column.Raw(`{"x":"2023-01-01T00:00:00Z"}`)},
	schema.Decimal: {nil, decimal("0"), decimal("1.50"), decimal("-12345678901234567890.123456789")},
	schema.Guid:    {nil, uuid.Nil, uuid.MustParse("0193e4a2-0000-7000-8000-00000000000a")},
}

func decimal(s string) *apd.Decimal {
	d, _, err := apd.NewFromString(s)
	if err != nil {
		panic(err)
	}
	return d
}

// world is a store with rows of the test table in parts and in the tail.
type world struct {
	store  *store.Store
	engine *Engine
	rng    *rand.Rand
	next   int64
}

func newWorld(t testing.TB, seed uint64) *world {
	t.Helper()
	return newWorldIn(t, seed, t.TempDir())
}

func newWorldIn(t testing.TB, seed uint64, dir string) *world {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Manifest: manifest.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Dir: dir, GoRows: 1, ReduceRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(e.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if n := e.pool.Handles(); n != 0 {
			t.Errorf("DuckDB still holds %d handles", n)
		}
	})
	return &world{store: s, engine: e, rng: rand.New(rand.NewPCG(seed, 1))}
}

// value draws a value that a column of the name may hold.
func (w *world) value(c schema.Column) any {
	if c.Name == "TimeGenerated" {
		return instant - w.rng.Int64N(10*column.Day)
	}
	list := nasty[c.Type]
	return list[w.rng.IntN(len(list))]
}

// add appends n rows of some of the columns.
func (w *world) add(t testing.TB, n int, cols []schema.Column) {
	t.Helper()
	rows := store.Rows{Table: "T_CL", Batch: &column.Batch{N: n}}
	for _, c := range append([]schema.Column{{Name: store.SrcColumn, Type: schema.String}}, cols...) {
		v := column.New(c.Type, n)
		for i := range n {
			if c.Name == store.SrcColumn {
				v.Append(fmt.Sprintf("test/%d", w.next+int64(i)))
			} else {
				v.Append(w.value(c))
			}
		}
		rows.Cols, rows.Batch.Cols = append(rows.Cols, c), append(rows.Batch.Cols, v)
	}
	w.next += int64(n)
	if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) seal(t testing.TB) {
	t.Helper()
	if err := w.store.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// mixed fills the world with parts of different columns and a tail.
func (w *world) mixed(t testing.TB, rows int) {
	w.add(t, rows, columns[:6])
	w.seal(t)
	w.add(t, rows, columns)
	w.seal(t)
	w.add(t, rows, columns[:9])
	w.add(t, 1, columns)
	w.add(t, rows, columns)
}

// scanOf returns a scan of all columns with ids from the given one on.
func scanOf(id int) *plan.Scan {
	s := &plan.Scan{Table: "T_CL"}
	for i, c := range columns {
		s.Out = append(s.Out, plan.Col{ID: id + i, Name: c.Name, Type: c.Type})
		s.Sources = append(s.Sources, c.Name)
	}
	for i, name := range []string{"TimeGenerated", "_ItemId", "NeverSeen"} {
		typ := schema.String
		if i == 0 {
			typ = schema.Datetime
		}
		if name == "NeverSeen" {
			continue // the store knows only columns of its catalogue
		}
		s.Out = append(s.Out, plan.Col{ID: id + len(columns) + i, Name: "x" + name, Type: typ})
		s.Sources = append(s.Sources, name)
	}
	return s
}

// run collects a plan's rows, boxed, with one engine.
func (w *world) run(ctx context.Context, n plan.Node, mode Mode) (rows [][]any, st Stats, err error) {
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	src := w.engine.Source(snap, mode, kernel.Env{Now: instant})
	r, err := exec.Run(ctx, n, exec.Env{Source: src, Now: instant})
	if err != nil {
		return nil, src.Stats(), err
	}
	defer r.Close()
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, src.Stats(), nil
		}
		if err != nil {
			return nil, src.Stats(), err
		}
		for i := range b.N {
			row := make([]any, len(b.Cols))
			for c, v := range b.Cols {
				row[c] = v.Value(i)
			}
			rows = append(rows, row)
		}
	}
}

// taken reports whether DuckDB takes the whole node.
func (w *world) taken(n plan.Node) bool {
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	_, ok := w.engine.Source(snap, DuckDB, kernel.Env{Now: instant}).query(n)
	return ok
}

// text prints a row so that equal rows print equal and others do not.
func text(row []any) string {
	var out []byte
	for _, v := range row {
		switch v := column.Deep(v).(type) {
		case nil:
			out = append(out, "null"...)
		case string:
			out = fmt.Appendf(out, "%q", v)
		case float64:
			if v == 0 {
				v = math.Abs(v) // which zero stands for a group is free
			}
			out = fmt.Appendf(out, "%v", v)
		case int64, bool:
			out = fmt.Appendf(out, "%v", v)
		case *apd.Decimal:
			out = append(out, v.String()...)
		case uuid.UUID:
			out = append(out, v.String()...)
		default:
			out = append(column.AppendCarried(append(out, "dynamic "...), v), ' ')
		}
		out = append(out, '|')
	}
	return string(out)
}

func texts(rows [][]any, sorted bool) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = text(r)
	}
	if !sorted {
		slices.Sort(out)
	}
	return out
}

// asSets sorts the elements of every array: what make_set makes has no order.
func asSets(rows [][]any) [][]any {
	for _, row := range rows {
		for i, v := range row {
			if list, ok := column.Deep(v).([]any); ok {
				sorted := slices.Clone(list)
				for k, e := range sorted {
					if f, ok := e.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
						sorted[k] = int64(f) // which of equal values came first, 1 or 1.0, 0 or -0, is free
					}
				}
				slices.SortFunc(sorted, func(a, b any) int { return strings.Compare(text([]any{a}), text([]any{b})) })
				row[i] = sorted
			}
		}
	}
	return rows
}

// addJSON stores 2,000 rows of T_CL whose column d holds JSON: mostly a whole text, and now and then nothing, another value or a text that is
// cut off.
func (w *world) addJSON(t *testing.T, rng *rand.Rand, other, whole func() string) {
	t.Helper()
	const n = 2000
	rows := store.Rows{Table: "T_CL", Cols: []schema.Column{{Name: store.SrcColumn, Type: schema.String}, {Name: "TimeGenerated", Type: schema.Datetime}, {Name: "d", Type: schema.Dynamic}},
		Batch: column.NewBatch(n, schema.String, schema.Datetime, schema.Dynamic)}
	rows.Batch.N = n
	for i := range n {
		rows.Batch.Cols[0].AppendString(fmt.Sprint(i))
		rows.Batch.Cols[1].AppendInt(instant - int64(i))
		d, text := rows.Batch.Cols[2], whole()
		switch rng.IntN(10) {
		case 0:
			d.AppendNull()
		case 1:
			d.AppendAny(column.Raw(other()))
		case 2:
			d.AppendAny(column.Raw(text[:rng.IntN(len(text))]))
		default:
			d.AppendAny(column.Raw(text))
		}
	}
	if _, err := w.store.Append(t.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
		t.Fatal(err)
	}
}
