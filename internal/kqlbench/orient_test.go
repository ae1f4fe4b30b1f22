package kqlbench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/query"
)

// orientDays of the month are two million rows.
const orientDays = 5

// orientHunts are twelve of the hunting queries.
var orientHunts = []string{"01", "02", "03", "05", "06", "10", "11", "12", "14", "16", "17", "21"}

// slice is some days of the month, for the same statement over DuckDB's own tables and over the files.
type slice struct {
	w        *world
	conn     mapping.Connection
	from, to int // days; to is not in it
}

// TestBenchOrientation prints the sum of the medians of twelve hunting queries over two million rows, beside DuckDB's own
// tables and DuckDB over the same files, and what a rare word costs there.
func TestBenchOrientation(t *testing.T) {
	w := full(t)
	conn := openEngine(t)
	last := &slice{w, conn, days - orientDays, days}
	last.copyTables(t, "last", "*")
	var sums [3]time.Duration
	t.Logf("%-20s %9s %9s %9s", "query", "ours ms", "native ms", "Parquet ms")
	for _, h := range hunts(t, "queries") {
		if !slices.Contains(orientHunts, h.name[:2]) {
			continue
		}
		m := last.medians(t, h, "last")
		for i := range sums {
			sums[i] += m[i]
		}
		t.Logf("%-20s %9.1f %9.1f %9.1f", h.name, ms(m[0]), ms(m[1]), ms(m[2]))
	}
	t.Logf("sum of %d medians over %d days: ours %.0f ms, DuckDB's own tables %.0f ms, DuckDB on the files %.0f ms", len(orientHunts), orientDays, ms(sums[0]), ms(sums[1]), ms(sums[2]))

	word := &slice{w, conn, needlePlace - orientDays/2, needlePlace + orientDays/2 + 1}
	word.copyTables(t, "word", "DeviceName, ProcessCommandLine, TimeGenerated", "DeviceProcessEvents")
	m := word.medians(t, hunt{
		kql: `DeviceProcessEvents | where ProcessCommandLine has "` + needleTerm + `" | project DeviceName, ProcessCommandLine`,
		sql: `SELECT DeviceName, ProcessCommandLine FROM {DeviceProcessEvents} WHERE regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{N}])` + needleTerm + `($|[^\p{L}\p{N}])')`,
	}, "word")
	t.Logf("a rare word in %d days: ours %.1f ms, DuckDB's own tables %.1f ms, DuckDB on the files %.1f ms", orientDays, ms(m[0]), ms(m[1]), ms(m[2]))
}

// openEngine opens DuckDB as the product does, apart from what keeps tables out.
func openEngine(t *testing.T) mapping.Connection {
	t.Helper()
	conn := openDuck(t)
	run(t, conn, "SET threads = 2")
	run(t, conn, "SET parquet_metadata_cache = true")
	run(t, conn, "SET preserve_insertion_order = false")
	return conn
}

// copyTables makes DuckDB's own tables of the days, all tables unless some are named.
func (s *slice) copyTables(t *testing.T, schema, columns string, names ...string) {
	t.Helper()
	run(t, s.conn, "CREATE SCHEMA "+schema)
	for _, table := range tables {
		if len(names) == 0 || slices.Contains(names, table.name) {
			run(t, s.conn, fmt.Sprintf("CREATE TABLE %s.%s AS SELECT %s FROM %s ORDER BY TimeGenerated", schema, table.name, columns, s.files(table.name)))
		}
	}
}

// files are those of the days, as a relation; of a file that has other days too, the rows.
func (s *slice) files(table string) string {
	snap := s.w.store.Snapshot(workspace)
	defer snap.Close()
	from, to := column.FromTime(now)+int64(s.from-days)*column.Day, column.FromTime(now)+int64(s.to-days)*column.Day
	var list []string
	within := true
	for i, p := range snap.Parts(table) {
		if p.MaxTime >= from && p.MinTime < to {
			list = append(list, s.w.files(table)[i])
			within = within && p.MinTime >= from && p.MaxTime < to
		}
	}
	relation := "read_parquet(['" + strings.Join(list, "', '") + "'])"
	if within {
		return relation
	}
	return fmt.Sprintf("(SELECT * FROM %s WHERE TimeGenerated >= %d AND TimeGenerated < %d)", relation, from, to)
}

// statement puts relations and times into SQL.
func (s *slice) statement(sql string, relation func(table string) string) string {
	for _, table := range tables {
		sql = strings.ReplaceAll(sql, "{"+table.name+"}", relation(table.name))
	}
	return s.w.statement(sql)
}

// medians are those of ours, of DuckDB's own tables and of DuckDB over the files, taken in turns.
func (s *slice) medians(t *testing.T, h hunt, schema string) [3]time.Duration {
	t.Helper()
	native := s.statement(h.sql, func(table string) string { return schema + "." + table })
	files := s.statement(h.sql, s.files)
	var all [3][]time.Duration
	for turn := range 8 { // the first is to warm up
		ours, rows := s.ours(t, h)
		a, n := drained(t, s.conn, native)
		b, k := drained(t, s.conn, files)
		if rows != n || rows != k {
			t.Fatalf("%s: %d rows, and %d and %d by SQL", h.name, rows, n, k)
		}
		if turn > 0 {
			for i, d := range []time.Duration{ours, a, b} {
				all[i] = append(all[i], d)
			}
		}
	}
	return [3]time.Duration{median(all[0]), median(all[1]), median(all[2])}
}

func (s *slice) ours(t *testing.T, h hunt) (time.Duration, int64) {
	t.Helper()
	start := time.Now()
	res, err := s.w.queries.Run(t.Context(), query.Request{Workspace: workspace, Text: h.kql, Actor: "bench", Timespan: query.Timespan{
		From: now.AddDate(0, 0, s.from-days), To: now.AddDate(0, 0, s.to-days),
	}})
	took := time.Since(start)
	if err == nil && res.Partial != nil {
		err = res.Partial
	}
	if err != nil {
		t.Fatalf("%s: %v", h.name, err)
	}
	return took, res.Tables[0].Rows
}

// drained runs SQL and takes its chunks over.
func drained(t *testing.T, conn mapping.Connection, sql string) (took time.Duration, rows int64) {
	t.Helper()
	start := time.Now()
	var r mapping.Result
	if mapping.Query(conn, sql, &r) == mapping.StateError {
		t.Fatal(mapping.ResultError(&r))
	}
	defer mapping.DestroyResult(&r)
	for {
		chunk := mapping.FetchChunk(r)
		if chunk.Ptr == nil {
			return time.Since(start), rows
		}
		rows += int64(mapping.DataChunkGetSize(chunk))
		mapping.DestroyDataChunk(&chunk)
	}
}
