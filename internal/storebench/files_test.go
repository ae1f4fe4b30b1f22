package storebench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/apptest"
)

// measured skips a test that measures, unless it is asked for, and returns the number of rows to measure with.
func measured(t *testing.T, rows int) int {
	t.Helper()
	if os.Getenv("VEDETTE_BENCH") == "" {
		t.Skip("measures for minutes; run: BENCH=store scripts/bench.sh")
	}
	if n, err := strconv.Atoi(os.Getenv("VEDETTE_BENCH_DIVISOR")); err == nil && n > 0 {
		rows /= n
	}
	return rows
}

// TestBenchFiles prints what it costs to take files in, durable and queryable, and what they take on disk, against DuckDB.
func TestBenchFiles(t *testing.T) {
	rows := measured(t, 500_000)
	in, work := t.TempDir(), t.TempDir()
	size := archive(t, in, rows, 5, time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC))
	t.Logf("%d process events, %d B of JSON each", rows, size/int64(rows))

	// The reference: DuckDB reads the records, takes each member into a column and writes a file; nothing of it is durable or indexed before its end.
	began, cpu := time.Now(), ownCPU()
	duckdb(t, fmt.Sprintf(`COPY (SELECT unnest(properties) FROM read_ndjson('%s/*.json')) TO '%s/reference.parquet' (FORMAT parquet, COMPRESSION zstd)`, in, work))
	refCPU, refWall := ownCPU()-cpu, time.Since(began)
	ref := float64(rows) / refCPU.Seconds()
	t.Logf("reference   DuckDB, NDJSON to one Parquet file: %.0f rows per CPU-second, %.0f rows/s", ref, float64(rows)/refWall.Seconds())

	data := filepath.Join(work, "data")
	cmd := exec.Command(apptest.Binary(t), "ingest", "--data", data, in)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began = time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	wall, used := time.Since(began), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	ours := float64(rows) / used.Seconds()
	t.Logf("files       %.0f rows per CPU-second (%.2f of the reference), %.0f rows/s, highest RSS %d MB", ours, ours/ref, float64(rows)/wall.Seconds(), maxRSS(cmd.ProcessState)>>20)

	// The same rows by DuckDB: what is in the parts, all columns, in one file.
	duckdb(t, fmt.Sprintf(`COPY (SELECT * FROM read_parquet(%s) ORDER BY TimeGenerated) TO '%s/same.parquet' (FORMAT parquet, COMPRESSION zstd)`, list(parts(t, data, "DeviceProcessEvents")), work))
	same, err := os.Stat(filepath.Join(work, "same.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	s := sizes(t, filepath.Join(data, "tables"))
	all := sizes(t, data)
	t.Logf("disk        parts %.1f B/row, %.2f of the same rows by DuckDB with zstd; index %.1f B/row, %.2f of them; all files %.2f", float64(s[".parquet"])/float64(rows), float64(s[".parquet"])/float64(same.Size()),
		float64(s[".terms"])/float64(rows), float64(s[".terms"])/float64(same.Size()), float64(all[""])/float64(same.Size()))
}
