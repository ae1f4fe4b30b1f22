package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	benchRows = 400_000
	benchText = 20 // text columns beside the named ones
)

// benchWorld stores process events over four days, in parts of a hundred thousand rows, and a small tail.
func benchWorld(b *testing.B) *world {
	b.Helper()
	w := newWorld(b, 1)
	cols := []schema.Column{{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "DeviceName", Type: schema.String}, {Name: "FileName", Type: schema.String},
		{Name: "ProcessCommandLine", Type: schema.String}, {Name: "ProcessId", Type: schema.Long}, {Name: "AdditionalFields", Type: schema.Dynamic}}
	for i := range benchText {
		cols = append(cols, schema.Column{Name: fmt.Sprintf("Text%d", i), Type: schema.String})
	}
	files := []string{"powershell.exe", "cmd.exe", "svchost.exe", "chrome.exe", "msedge.exe", "rundll32.exe"}
	for from := 0; from < benchRows; from += 10_000 {
		n := 10_000
		rows := store.Rows{Table: "T_CL", Batch: column.NewBatch(n, schema.String)}
		rows.Cols = []schema.Column{{Name: store.SrcColumn, Type: schema.String}}
		rows.Batch.N = n
		for _, c := range cols {
			rows.Cols, rows.Batch.Cols = append(rows.Cols, c), append(rows.Batch.Cols, column.New(c.Type, n))
		}
		for k := from; k < from+n; k++ {
			v := rows.Batch.Cols
			v[0].AppendString(fmt.Sprintf("hub/events/%d/%d", k%4, k))
			v[1].AppendInt(instant - 4*column.Day + int64(k)*(4*column.Day/benchRows))
			v[2].AppendString(fmt.Sprintf("device-%04d.contoso.example", k*7919%500))
			v[3].AppendString(files[k*31%len(files)])
			v[4].AppendString(fmt.Sprintf(`"C:\Windows\System32\%s" -NoProfile -Command "& {Invoke-Task -Id %d -Token %x}"`, files[k*31%len(files)], k%1000, k*2654435761))
			v[5].AppendInt(int64(k % 32768))
			v[6].AppendAny(column.Raw(fmt.Sprintf(`{"SignatureStatus":"Valid","Score":%d,"Parent":{"Name":"explorer.exe"}}`, k%100)))
			for i := range benchText {
				v[7+i].AppendString(fmt.Sprintf("value %d of column %d", k%(1000*(i+1)), i))
			}
		}
		if _, err := w.store.Append(b.Context(), store.Frame{Workspace: "ws", Tables: []store.Rows{rows}}); err != nil {
			b.Fatal(err)
		}
		if (from+n)%100_000 == 0 && from+n < benchRows {
			w.seal(b)
		}
	}
	w.seal(b)
	return w
}

// rareTerm is in one command line.
var rareTerm = fmt.Sprintf("%x", 123_456*2654435761)

// benchScan reads the named columns, and the others when wide.
func benchScan(wide bool) *plan.Scan {
	s := &plan.Scan{Table: "T_CL", Sources: []string{"TimeGenerated", "DeviceName", "FileName", "ProcessCommandLine", "ProcessId", "AdditionalFields"}}
	types := []schema.Type{schema.Datetime, schema.String, schema.String, schema.String, schema.Long, schema.Dynamic}
	for i := range benchText {
		if wide {
			s.Sources, types = append(s.Sources, fmt.Sprintf("Text%d", i)), append(types, schema.String)
		}
	}
	for i, name := range s.Sources {
		s.Out = append(s.Out, plan.Col{ID: i + 1, Name: name, Type: types[i]})
	}
	return s
}

// BenchmarkAgainstSQL runs plans through DuckDB and, on the same files, the SQL a person would write; ratio is ours by theirs.
func BenchmarkAgainstSQL(b *testing.B) {
	w := benchWorld(b)
	at, device, file := &plan.Ref{ID: 1, T: schema.Datetime}, &plan.Ref{ID: 2, T: schema.String}, &plan.Ref{ID: 3, T: schema.String}
	command := &plan.Ref{ID: 4, T: schema.String}
	call := func(t schema.Type, f string, args ...plan.Expr) plan.Expr {
		return &plan.Call{Func: f, Args: args, T: t}
	}
	lit := func(t schema.Type, v any) plan.Expr { return &plan.Lit{T: t, Value: v} }
	count := []plan.Agg{{Func: "count", Out: []plan.Col{{ID: 100, Name: "n", Type: schema.Long}}}}
	hour := call(schema.Datetime, "bin", at, lit(schema.Timespan, column.Hour))
	status := call(schema.String, "tostring", call(schema.Dynamic, "member", &plan.Ref{ID: 6, T: schema.Dynamic}, lit(schema.String, "SignatureStatus")))
	day := lit(schema.Datetime, instant-column.Day)
	item := func(e plan.Expr) []plan.Item {
		return []plan.Item{{Out: plan.Col{ID: 101, Name: "k", Type: e.Type()}, Expr: e}}
	}
	for _, c := range []struct {
		name string
		node plan.Node
		sql  string
	}{
		{"count", &plan.Aggregate{Input: &plan.Scan{Table: "T_CL"}, Aggs: count}, "SELECT count(*) FROM T"},
		{"count one day", &plan.Aggregate{Input: &plan.Filter{Input: benchScan(false), Pred: call(schema.Bool, ">", at, day)}, Aggs: count},
			fmt.Sprintf("SELECT count(*) FROM T WHERE TimeGenerated > %d", instant-column.Day)},
		{"equal", &plan.Aggregate{Input: &plan.Filter{Input: benchScan(false), Pred: call(schema.Bool, "==", device, lit(schema.String, "device-0042.contoso.example"))}, Aggs: count},
			"SELECT count(*) FROM T WHERE DeviceName = 'device-0042.contoso.example'"},
		{"group by two", &plan.Aggregate{Input: benchScan(false), Keys: append(item(device), plan.Item{Out: plan.Col{ID: 102, Name: "f", Type: schema.String}, Expr: file}), Aggs: count},
			"SELECT DeviceName, FileName, count(*) FROM T GROUP BY ALL"},
		{"count by hour", &plan.Aggregate{Input: benchScan(false), Keys: item(hour), Aggs: count},
			"SELECT TimeGenerated - TimeGenerated % 36000000000 AS h, count(*) FROM T GROUP BY ALL"},
		{"has", &plan.Aggregate{Input: &plan.Filter{Input: benchScan(false), Pred: call(schema.Bool, "has", command, lit(schema.String, "rundll32"))}, Aggs: count},
			`SELECT count(*) FROM T WHERE regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{N}])rundll32($|[^\p{L}\p{N}])')`},
		{"rare term", &plan.Aggregate{Input: &plan.Filter{Input: benchScan(false), Pred: call(schema.Bool, "has", command, lit(schema.String, rareTerm))}, Aggs: count},
			"SELECT count(*) FROM T WHERE regexp_matches(ProcessCommandLine, '(?i)(^|[^\\p{L}\\p{N}])" + rareTerm + "($|[^\\p{L}\\p{N}])')"},
		{"absent value", &plan.Aggregate{Input: &plan.Filter{Input: benchScan(false), Pred: call(schema.Bool, "==", device, lit(schema.String, "device-9999.contoso.example"))}, Aggs: count},
			"SELECT count(*) FROM T WHERE DeviceName = 'device-9999.contoso.example'"},
		{"contains", &plan.Aggregate{Input: &plan.Filter{Input: benchScan(false), Pred: call(schema.Bool, "contains", command, lit(schema.String, "Task -Id 77"))}, Aggs: count},
			"SELECT count(*) FROM T WHERE contains(lower(ProcessCommandLine), 'task -id 77')"},
		{"dynamic member", &plan.Aggregate{Input: benchScan(false), Keys: item(status), Aggs: count},
			"SELECT AdditionalFields::JSON->>'$.SignatureStatus' AS k, count(*) FROM T GROUP BY ALL"},
		{"top 100 wide", &plan.Limit{Input: &plan.Sort{Input: benchScan(true), Keys: []plan.SortKey{{Expr: at, Desc: true}}}, N: lit(schema.Long, int64(100))},
			"SELECT * FROM T ORDER BY TimeGenerated DESC LIMIT 100"},
	} {
		b.Run(c.name, func(b *testing.B) {
			sql := strings.ReplaceAll(c.sql, "FROM T", "FROM "+w.files(b))
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				if _, st, err := w.run(b.Context(), c.node, DuckDB); err != nil || st.Engine != DuckDB {
					b.Fatal(st.Engine, err)
				}
				ours += time.Since(start)
				start = time.Now()
				if err := w.drain(b.Context(), sql); err != nil {
					b.Fatal(err)
				}
				theirs += time.Since(start)
			}
			b.ReportMetric(float64(ours.Microseconds())/1000/float64(b.N), "ours-ms")
			b.ReportMetric(float64(theirs.Microseconds())/1000/float64(b.N), "sql-ms")
			b.ReportMetric(float64(ours)/float64(theirs), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// files is a read_parquet call over the parts, by column name.
func (w *world) files(t testing.TB) string {
	snap := w.store.Snapshot("ws")
	defer snap.Close()
	var list []string
	for _, p := range snap.Parts("T_CL") {
		list = append(list, "'"+filepath.Join(w.engine.opts.Dir, p.Path)+"'")
	}
	if len(snap.Tail("T_CL")) > 0 {
		t.Fatal("the comparison reads parts only")
	}
	return "read_parquet([" + strings.Join(list, ", ") + "])"
}

func (w *world) drain(ctx context.Context, sql string) error {
	r, err := w.engine.pool.Query(ctx, &duck.Query{SQL: sql})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if _, err := r.Next(ctx); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// BenchmarkModes compares the engines on small tables, to place the limit below which Auto stays in Go.
func BenchmarkModes(b *testing.B) {
	for _, rows := range []int{100, 1000, 4000, 16000} {
		for _, sealed := range []bool{false, true} {
			w := newWorld(b, 1)
			for from := 0; from < rows; from += 4000 {
				w.add(b, min(4000, rows-from), columns[:7])
			}
			if sealed {
				w.seal(b)
			}
			s := &plan.Scan{Table: "T_CL"}
			for i, c := range columns[:7] {
				s.Out, s.Sources = append(s.Out, plan.Col{ID: i + 1, Name: c.Name, Type: c.Type}), append(s.Sources, c.Name)
			}
			n := &plan.Filter{Input: s, Pred: &plan.Call{Func: "has", T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: 6, T: schema.String}, &plan.Lit{T: schema.String, Value: "powershell"}}}}
			for _, mode := range []Mode{Go, DuckDB} {
				b.Run(fmt.Sprintf("%d rows sealed=%v %s", rows, sealed, mode), func(b *testing.B) {
					for b.Loop() {
						if _, _, err := w.run(b.Context(), n, mode); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
