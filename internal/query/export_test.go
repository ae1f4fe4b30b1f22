package query

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/cockroachdb/apd/v3"
	mapping "github.com/duckdb/duckdb-go-bindings"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

var exportCols = []schema.Column{
	{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "Type", Type: schema.String}, {Name: "N", Type: schema.Long}, {Name: "Name", Type: schema.String}, {Name: "Flag", Type: schema.Bool}, {Name: "Score", Type: schema.Real},
	{Name: "Extra", Type: schema.Dynamic}, {Name: "Id", Type: schema.Guid}, {Name: "Span", Type: schema.Timespan}, {Name: "Small", Type: schema.Int}, {Name: "Exact", Type: schema.Decimal}, {Name: "At", Type: schema.Datetime},
}

var day = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

func exportStore(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Manifest: manifest.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := st.Define(t.Context(), "w", "T_CL", exportCols); err != nil {
		t.Fatal(err)
	}
	return st
}

// fill appends n rows of all types, a minute apart, every seventh value null.
func fill(t *testing.T, st *store.Store, first, n int) {
	t.Helper()
	r := store.Rows{Table: "T_CL", Cols: append(slices.Clone(exportCols), schema.Column{Name: store.SrcColumn, Type: schema.String}), Batch: &column.Batch{N: n}}
	for _, c := range r.Cols {
		r.Batch.Cols = append(r.Batch.Cols, column.New(c.Type, n))
	}
	for i := range n {
		k := first + i
		at := column.FromTime(day.Add(time.Duration(k)*time.Minute)) + int64(k%10)
		d, _, err := apd.NewFromString(fmt.Sprintf("%d.25", k))
		if err != nil {
			t.Fatal(err)
		}
		score := float64(k) / 8
		switch k % 50 {
		case 1:
			score = math.NaN()
		case 2:
			score = math.Inf(-1)
		}
		for c, v := range []any{at, "T_CL", int64(k) << 40, fmt.Sprintf("ä\"\n,%d", k), k%2 == 0, score, column.Raw(fmt.Sprintf(`{"k":%d,"l":[1.0,null]}`, k)), uuid.UUID{1, byte(k)}, int64(k)*column.Second + 1, int64(-k), d, at - 7, fmt.Sprintf("t/0/%d/0", k)} {
			if c >= 4 && c < 12 && (k+c)%7 == 0 {
				v = nil
			}
			r.Batch.Cols[c].Append(v)
		}
	}
	if _, err := st.Append(t.Context(), store.Frame{Workspace: "w", Tables: []store.Rows{r}}); err != nil {
		t.Fatal(err)
	}
}

// stored prints the rows of the table, sorted.
func stored(t *testing.T, st *store.Store) []string {
	t.Helper()
	snap := st.SnapshotWithCold("w")
	defer snap.Close()
	spec := store.ScanSpec{Table: "T_CL"}
	for _, c := range exportCols {
		spec.Columns = append(spec.Columns, c.Name)
	}
	r, err := snap.Scan(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for {
		b, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			out = append(out, string(AppendRow(nil, b, i, DynamicJSON)))
		}
	}
}

// TestExportRoundTrip exports from parts, the cold tier and the tail, and ingests the NDJSON into another store: the rows are the same.
func TestExportRoundTrip(t *testing.T) {
	st := exportStore(t)
	for _, from := range []int{0, 3000, 6000} {
		fill(t, st, from, 3000)
		if from < 6000 {
			if err := st.SealAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := st.Tier(t.Context(), "w", "T_CL", store.Cutoff{Time: column.FromTime(day.Add(24 * time.Hour)), Arrived: math.MaxInt64}); err != nil {
		t.Fatal(err)
	}
	want := stored(t, st)
	if len(want) != 9000 {
		t.Fatalf("%d rows", len(want))
	}
	s := New(Config{Store: st})
	out := filepath.Join(t.TempDir(), "t.ndjson")
	var buf bytes.Buffer
	n, err := s.Export(t.Context(), Export{Workspace: "w", Table: "T_CL", Format: "ndjson"}, &buf)
	if err != nil || n != 9000 {
		t.Fatalf("%d rows: %v", n, err)
	}
	if err := os.WriteFile(out, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again := exportStore(t)
	res, err := ingest.NewFiles(ingest.NewIntake("w", again.Catalog("w")), again, nil).Add(t.Context(), out, ingest.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if all, dead := res.Counts.Records(); all != 9000 || dead != 0 {
		t.Errorf("%d records, %d dead", all, dead)
	}
	if d := cmp.Diff(want, stored(t, again)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	tb, _ := again.Catalog("w").Table("T_CL")
	if _, ok := tb.Column("Score_string"); ok {
		t.Error("a number without a value became text")
	}
}

// TestExportFormats bounds an export by time, and reads Parquet by two programs.
func TestExportFormats(t *testing.T) {
	st := exportStore(t)
	fill(t, st, 0, 400)
	s := New(Config{Store: st})
	span := Timespan{From: day.Add(10 * time.Minute), To: day.Add(30 * time.Minute)}
	var text bytes.Buffer
	if n, err := s.Export(t.Context(), Export{Workspace: "w", Table: "T_CL", Format: "csv", Timespan: span}, &text); err != nil || n != 20 {
		t.Fatalf("%d rows: %v", n, err)
	}
	recs, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(recs) != 21 || recs[0][0] != "TimeGenerated" && !slices.Contains(recs[0], "TimeGenerated") {
		t.Errorf("%v %v", recs, err)
	}
	var pq bytes.Buffer
	if n, err := s.Export(t.Context(), Export{Workspace: "w", Table: "T_CL", Format: "parquet"}, &pq); err != nil || n != 400 {
		t.Fatalf("%d rows: %v", n, err)
	}
	r, err := file.NewParquetReader(bytes.NewReader(pq.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := fr.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer tbl.Release()
	types := map[string]string{}
	for _, f := range tbl.Schema().Fields() {
		kql, _ := f.Metadata.GetValue(kqlTypeKey)
		types[f.Name] = f.Type.String() + " " + kql
	}
	for name, want := range map[string]string{
		"TimeGenerated": "timestamp[us, tz=UTC] datetime", "N": "int64 long", "Name": "utf8 string", "Flag": "bool bool", "Score": "float64 real", "Extra": "utf8 dynamic",
		"Id": "utf8 guid", "Span": "int64 timespan", "Small": "int32 int", "Exact": "utf8 decimal",
	} {
		if types[name] != want {
			t.Errorf("%s is %q, want %q", name, types[name], want)
		}
	}
	if tbl.NumRows() != 400 {
		t.Errorf("%d rows", tbl.NumRows())
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := os.WriteFile(path, pq.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	inDuckDB(t, `SELECT CASE WHEN count(*) = 400 AND max(N) = 399::BIGINT << 40 AND count(Flag) = 343 AND min(TimeGenerated) = TIMESTAMPTZ '2026-03-14 00:00:00Z'
		AND count(*) FILTER (Extra::JSON->>'k' IS NULL) = 57 AND any_value(Name) LIKE 'ä%' AND max(Span) = 3990000001 THEN 1 ELSE error('other rows') END FROM read_parquet('`+path+`')`)
}

// inDuckDB runs a statement that fails when something is wrong.
func inDuckDB(t *testing.T, sql string) {
	t.Helper()
	var db mapping.Database
	var conn mapping.Connection
	var msg string
	if mapping.OpenExt("", &db, mapping.Config{}, &msg) == mapping.StateError {
		t.Fatal(msg)
	}
	defer mapping.Close(&db)
	if mapping.Connect(db, &conn) == mapping.StateError {
		t.Fatal("connecting")
	}
	defer mapping.Disconnect(&conn)
	var res mapping.Result
	state := mapping.Query(conn, sql, &res)
	defer mapping.DestroyResult(&res)
	if state == mapping.StateError {
		t.Error(mapping.ResultError(&res))
	}
}

// TestExportQuery streams more rows than a query may answer, and nothing of one that cannot begin.
func TestExportQuery(t *testing.T) {
	st := exportStore(t)
	fill(t, st, 0, 300)
	eng, err := engine.New(engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	s := New(Config{Store: st, Engine: eng, Limits: Limits{Timeout: time.Minute, Rows: 10, Bytes: 1 << 20, Memory: 1 << 28, Parallel: 1}})
	var out bytes.Buffer
	n, err := s.Export(t.Context(), Export{Workspace: "w", Text: "T_CL | where Small < -99 | project Small | sort by Small asc", Format: "ndjson"}, &out)
	if err != nil || n != 171 || !strings.HasPrefix(out.String(), `{"Small":-298}`+"\n") {
		t.Errorf("%d rows, %v: %.60s", n, err, out.String())
	}
	for text, code := range map[string]string{"T_CL | where Nope": "query_invalid", "": "export_what"} {
		out.Reset()
		if _, err := s.Export(t.Context(), Export{Workspace: "w", Text: text, Format: "parquet"}, &out); fault.CodeOf(err) != code || out.Len() > 0 {
			t.Errorf("%q: %v, %d bytes", text, err, out.Len())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Export(ctx, Export{Workspace: "w", Text: "range x from 1 to 100000000 step 1", Format: "csv", Progress: func(int64) { cancel() }}, io.Discard)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
