package storebench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	mapping "github.com/duckdb/duckdb-go-bindings"
)

// TestBenchLayout prints what closed days cost when their rows are sorted by device instead of by time: on disk, and for the questions that are asked
// most. Both are written by DuckDB with row groups as large a part of a day as ours are of a busy one; by time, the row groups without the device are left out as
// the index of terms does.
func TestBenchLayout(t *testing.T) {
	const days, groups = 5, 8
	rows := measured(t, 300_000)
	in, work := t.TempDir(), t.TempDir()
	archive(t, in, rows, 5, time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC))
	perDay := rows / days
	group := max(2048, perDay/groups/2048*2048)
	setup := []string{
		fmt.Sprintf(`CREATE TABLE base AS SELECT *, row_number() OVER () - 1 AS n FROM (SELECT unnest(properties) FROM read_ndjson('%s/*.json'))`, in),
		fmt.Sprintf(`CREATE TABLE events AS SELECT * EXCLUDE (n), TIMESTAMP '2026-11-01' + to_microseconds((n * 86400000000 // %d)::BIGINT) AS TimeGenerated, n // %d AS day FROM base`, perDay, perDay),
		`DROP TABLE base`,
	}
	layouts := map[string]string{"by time": "TimeGenerated", "by device": "DeviceId, TimeGenerated"}
	names := []string{"by time", "by device"}
	for i, name := range names {
		order := layouts[name]
		for d := range days {
			setup = append(setup, fmt.Sprintf(`COPY (SELECT * EXCLUDE (day), (row_number() OVER (ORDER BY %[1]s) - 1) // %[2]d + 1000 * day AS rg FROM events WHERE day = %[3]d ORDER BY %[1]s) TO '%[4]s/%[5]d-%[3]d.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %[2]d)`,
				order, group, d, work, i))
		}
	}
	setup = append(setup, `CREATE TABLE devices AS SELECT DeviceId, count(*) AS n FROM events GROUP BY ALL`, `DROP TABLE events`)
	for i := range names {
		setup = append(setup, fmt.Sprintf(`CREATE VIEW v%d AS SELECT * FROM read_parquet('%s/%d-*.parquet')`, i, work, i))
	}
	db := openDuckDB(t, setup...)
	whole := db.value(t, "SELECT count(DISTINCT rg) FROM v0")
	for i, name := range names {
		s := int64(0)
		files, err := filepath.Glob(filepath.Join(work, fmt.Sprintf("%d-*.parquet", i)))
		if err != nil || len(files) != days {
			t.Fatal(files, err)
		}
		for _, f := range files {
			st, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			s += st.Size()
		}
		t.Logf("%-9s  %.1f B/row, %s row groups of %d rows", name, float64(s)/float64(rows), whole, group)
	}
	for _, who := range []struct{ name, pick string }{{"of few events", "n BETWEEN 5 AND 12"}, {"of a middling number", "n BETWEEN 100 AND 400"}, {"of most events", "n = (SELECT max(n) FROM devices)"}} {
		device := db.value(t, "SELECT DeviceId FROM devices WHERE "+who.pick+" ORDER BY n, DeviceId LIMIT 1")
		events := db.value(t, "SELECT n FROM devices WHERE DeviceId = '"+device+"'")
		for i, name := range names {
			in := fmt.Sprintf("SELECT list(DISTINCT rg) FROM v%d WHERE DeviceId = '%s'", i, device)
			list, n := db.value(t, fmt.Sprintf("SELECT list_aggregate((%s), 'string_agg', ',')", in)), db.value(t, fmt.Sprintf("SELECT len((%s))", in))
			q := fmt.Sprintf("SELECT count(*), max(ProcessCommandLine), max(InitiatingProcessCommandLine), max(FolderPath), max(AccountName), max(SHA256) FROM v%d WHERE DeviceId = '%s' AND rg IN (%s)", i, device, list)
			t.Logf("a device %s (%s), %-9s  %s of %s row groups, %s", who.name, events, name, n, whole, db.cost(t, q))
		}
	}
	for _, q := range []struct{ name, text string }{
		{"one hour, all devices", "SELECT count(*), max(ProcessCommandLine), max(FolderPath), max(SHA256) FROM v%d WHERE TimeGenerated BETWEEN TIMESTAMP '2026-11-03 10:00:00' AND TIMESTAMP '2026-11-03 11:00:00'"},
		{"newest 100 of all columns", "SELECT max(length(COLUMNS(* EXCLUDE (TimeGenerated, rg, ReportId))::VARCHAR)) FROM (SELECT * FROM v%d ORDER BY TimeGenerated DESC LIMIT 100)"},
		{"count by hour", "SELECT time_bucket(INTERVAL 1 HOUR, TimeGenerated), count(*) FROM v%d GROUP BY ALL"},
		{"count by file name", "SELECT FileName, count(*) FROM v%d GROUP BY ALL"},
	} {
		for i, name := range names {
			t.Logf("%s, %-9s  %s", q.name, name, db.cost(t, fmt.Sprintf(q.text, i)))
		}
	}
}

// duck is an open DuckDB of two threads.
type duck struct{ conn mapping.Connection }

func openDuckDB(t *testing.T, statements ...string) *duck {
	t.Helper()
	var db mapping.Database
	d := &duck{}
	if mapping.Open(":memory:", &db) == mapping.StateError || mapping.Connect(db, &d.conn) == mapping.StateError {
		t.Fatal("DuckDB does not open")
	}
	t.Cleanup(func() {
		mapping.Disconnect(&d.conn)
		mapping.Close(&db)
	})
	for _, s := range append([]string{"SET threads = 2", "SET autoload_known_extensions = false"}, statements...) {
		d.run(t, s, func(*mapping.Result) {})
	}
	return d
}

func (d *duck) run(t *testing.T, text string, look func(*mapping.Result)) {
	t.Helper()
	var r mapping.Result
	if mapping.Query(d.conn, text, &r) == mapping.StateError {
		t.Fatalf("%s: %s", text, mapping.ResultError(&r))
	}
	look(&r)
	mapping.DestroyResult(&r)
}

// value returns the first value of an answer, as text.
func (d *duck) value(t *testing.T, text string) (out string) {
	t.Helper()
	d.run(t, "SELECT ("+text+")::VARCHAR", func(r *mapping.Result) {
		chunk := mapping.FetchChunk(*r)
		defer mapping.DestroyDataChunk(&chunk)
		v := mapping.DataChunkGetVector(chunk, 0)
		out = mapping.StringTData((*mapping.StringT)(mapping.VectorGetData(v)))
	})
	return out
}

// cost tells the processor time of a statement, the middle one of seven.
func (d *duck) cost(t *testing.T, text string) string {
	t.Helper()
	var all []time.Duration
	for range 7 {
		cpu := ownCPU()
		d.run(t, text, func(*mapping.Result) {})
		all = append(all, ownCPU()-cpu)
	}
	slices.Sort(all)
	return fmt.Sprintf("%.1f ms of processor time", float64(all[3].Microseconds())/1000)
}
