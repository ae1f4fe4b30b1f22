package kqlbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// memory is a million rows in batches of 8,192: the columns i, g (of a thousand), r, s.
type memory struct{ batches []*column.Batch }

const memoryRows = 1_000_000

var memoryCols = []schema.Column{{Name: "i", Type: schema.Long}, {Name: "g", Type: schema.Long}, {Name: "r", Type: schema.Real}, {Name: "s", Type: schema.String}}

func newMemory() *memory {
	m := &memory{}
	for from := 0; from < memoryRows; from += 8192 {
		b := column.NewBatch(8192, schema.Long, schema.Long, schema.Real, schema.String)
		for i := from; i < min(from+8192, memoryRows); i++ {
			b.Cols[0].AppendInt(int64(i))
			b.Cols[1].AppendInt(int64(i * 7919 % 1000))
			b.Cols[2].AppendFloat(float64(i) / 3)
			b.Cols[3].AppendString(fmt.Sprintf("value %d of many", i*31%50_000))
			b.N++
		}
		m.batches = append(m.batches, b)
	}
	return m
}

// Open implements exec.Source: it takes scans only.
func (m *memory) Open(_ context.Context, n plan.Node) (exec.Reader, bool, error) {
	s, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	r := &memoryReader{batches: m.batches}
	for _, name := range s.Sources {
		for i, c := range memoryCols {
			if c.Name == name {
				r.cols = append(r.cols, i)
			}
		}
	}
	return r, true, nil
}

type memoryReader struct {
	batches []*column.Batch
	cols    []int
}

func (r *memoryReader) Next(context.Context) (*column.Batch, error) {
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	in := r.batches[0]
	r.batches = r.batches[1:]
	out := &column.Batch{N: in.N}
	for _, c := range r.cols {
		out.Cols = append(out.Cols, in.Cols[c])
	}
	return out, nil
}

func (r *memoryReader) Close() error { return nil }

// TestBenchExec prints what the interpreter alone takes over rows in memory, against DuckDB over a table in memory.
func TestBenchExec(t *testing.T) {
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures; run: BENCH=kql scripts/bench.sh")
	}
	db := openTable(t)
	m := newMemory()
	catalog := schema.NewStatic(&schema.Table{Name: "T", Columns: memoryCols})
	for _, c := range []struct{ name, kql, sql string }{
		{"filter", `T | where i % 10 == 3 and r > 1000 | count`, `SELECT count(*) FROM t WHERE i % 10 = 3 AND r > 1000`},
		{"filter text", `T | where s has "777" | count`, `SELECT count(*) FROM t WHERE regexp_matches(s, '(?i)(^|[^\p{L}\p{N}])777($|[^\p{L}\p{N}])')`},
		{"equal", `T | where s == "value 777 of many" | count`, `SELECT count(*) FROM t WHERE s = 'value 777 of many'`},
		{"sum by key", `T | summarize count(), sum(i), max(r) by g`, `SELECT g, count(*), sum(i), max(r) FROM t GROUP BY g`},
		{"count by text", `T | summarize count() by s | count`, `SELECT count(*) FROM (SELECT s, count(*) FROM t GROUP BY s)`},
		{"dcount", `T | summarize dcount(s) by g`, `SELECT g, count(DISTINCT s) FROM t GROUP BY g`},
		{"join", `T | join kind=inner (T | where i % 10 == 0 | project i, other = s) on i | summarize count(), max(r)`, `SELECT count(*), max(a.r) FROM t a JOIN (SELECT i, s FROM t WHERE i % 10 = 0) b ON a.i = b.i`},
		{"join on text", `T | join kind=leftsemi (T | where g == 7) on s | count`, `SELECT count(*) FROM t WHERE s IN (SELECT s FROM t WHERE g = 7)`},
	} {
		q, ds := kql.Compile(c.kql, bind.Env{Catalog: catalog, Runnable: exec.Runnable})
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		p := compare(t, 7, func() time.Duration {
			start := time.Now()
			r, err := exec.Run(t.Context(), q.Results[0].Root, exec.Env{Source: m})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close() //nolint:errcheck // read to the end below
			for {
				if _, err := r.Next(t.Context()); errors.Is(err, io.EOF) {
					return time.Since(start)
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}, func() time.Duration { return run(t, db, c.sql) })
		t.Logf("%-14s %8.1f ms, DuckDB %7.1f ms, ratio %.1f", c.name, ms(p.ours), ms(p.theirs), p.ratio())
	}
}

// openDuck opens a DuckDB in memory.
func openDuck(t *testing.T) mapping.Connection {
	t.Helper()
	var db mapping.Database
	var conn mapping.Connection
	if mapping.Open(":memory:", &db) == mapping.StateError || mapping.Connect(db, &conn) == mapping.StateError {
		t.Fatal("DuckDB does not open")
	}
	t.Cleanup(func() {
		mapping.Disconnect(&conn)
		mapping.Close(&db)
	})
	return conn
}

// openTable makes the same rows as a table of DuckDB with two threads.
func openTable(t *testing.T) mapping.Connection {
	t.Helper()
	conn := openDuck(t)
	run(t, conn, "SET threads = 2")
	run(t, conn, fmt.Sprintf("CREATE TABLE t AS SELECT i, i * 7919 %% 1000 AS g, CAST(i AS DOUBLE) / 3 AS r, 'value ' || (i * 31 %% 50000) || ' of many' AS s FROM range(%d) AS x(i)", memoryRows))
	return conn
}

func run(t *testing.T, conn mapping.Connection, sql string) time.Duration {
	t.Helper()
	start := time.Now()
	var r mapping.Result
	if mapping.Query(conn, sql, &r) == mapping.StateError {
		t.Fatal(mapping.ResultError(&r))
	}
	mapping.DestroyResult(&r)
	return time.Since(start)
}
