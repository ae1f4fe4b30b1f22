package api

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/client"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/tables"
)

// tabled gives the server a store and the services over it, and n rows of T_CL.
func tabled(t *testing.T, s *Server, n int) {
	t.Helper()
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s.Store, err = store.Open(t.Context(), store.Options{Dir: dir, Manifest: db}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Store.Close() })
	s.Tables, s.Query = tables.New(db, s.Store, time.Now), query.New(query.Config{Store: s.Store})
	r := store.Rows{Table: "T_CL", Cols: []schema.Column{{Name: "Who", Type: schema.String}, {Name: "_src", Type: schema.String}}, Batch: &column.Batch{N: n}}
	for range 2 {
		v := column.New(schema.String, n)
		for range n {
			v.AppendString(strings.Repeat("x", 100))
		}
		r.Batch.Cols = append(r.Batch.Cols, v)
	}
	if _, err := s.Store.Append(t.Context(), store.Frame{Workspace: "w", Tables: []store.Rows{r}}); err != nil {
		t.Fatal(err)
	}
}

// audited returns the statuses and actors that SentinelAudit has of an operation.
func audited(t *testing.T, s *Server, operation string) (out []string) {
	t.Helper()
	snap := s.Store.Snapshot("w")
	defer snap.Close()
	r, err := snap.Scan(t.Context(), store.ScanSpec{Table: "SentinelAudit", Columns: []string{"OperationName", "Status", "SentinelResourceName", "ExtendedProperties"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		b, err := r.Next(t.Context())
		if err != nil {
			return out
		}
		for i := range b.N {
			if b.Cols[0].Strings[i] == operation {
				out = append(out, b.Cols[1].Strings[i]+" "+b.Cols[2].Strings[i]+" "+query.Text(b.Cols[3], i))
			}
		}
	}
}

// TestExport streams a table over the wire: whole with the number of its rows, or visibly cut, and recorded.
func TestExport(t *testing.T) {
	s := testServer(t)
	const n = 20_000
	tabled(t, s, n)
	fail := false
	h := s.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail {
			w = &failing{w, 300_000}
		}
		h.ServeHTTP(w, withActor(r, auth.Operator))
	}))
	defer srv.Close()
	c, err := client.URL(srv.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	rows, err := c.Download(t.Context(), "GET", "/api/w/soc/tables/T_CL/export?format=ndjson", nil, &buf, rowsTrailer)
	if err != nil || rows != "20000" || bytes.Count(buf.Bytes(), []byte("\n")) != n {
		t.Errorf("%s rows, %d bytes: %v", rows, buf.Len(), err)
	}
	got := strings.Join(audited(t, s, "Export rows"), "\n")
	for _, want := range []string{"Started T_CL", "Success T_CL", `"CallerName":"` + auth.Operator.Name, `"Rows":20000`, `"Format":"ndjson"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in the audit: %s", want, got)
		}
	}
	if _, err := c.Download(t.Context(), "GET", "/api/w/soc/tables/Nope/export", nil, io.Discard, rowsTrailer); fault.CodeOf(err) != "table_not_found" {
		t.Errorf("an unknown table: %v", err)
	}
	fail = true
	if _, err := c.Download(t.Context(), "GET", "/api/w/soc/tables/T_CL/export?format=csv", nil, io.Discard, rowsTrailer); fault.CodeOf(err) != "answer_cut" {
		t.Errorf("a cut answer: %v", err)
	}
	if got := strings.Join(audited(t, s, "Export rows"), "\n"); strings.Count(got, "Failure") != 2 {
		t.Errorf("failures are not in the audit: %s", got)
	}
	families, err := s.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			counted[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"vedette_exports_total ndjson success": 1, "vedette_exports_total parquet failure": 1, "vedette_exports_total csv failure": 1, "vedette_export_rows_total": n, "vedette_exports_running": 0,
	} {
		if have, ok := counted[name]; !ok || have != want {
			t.Errorf("%s is %v, want %v", name, have, want)
		}
	}
	if counted["vedette_export_bytes_total"] < float64(buf.Len()) {
		t.Errorf("%v bytes are counted, %d came", counted["vedette_export_bytes_total"], buf.Len())
	}
}

// failing stops taking the body after some bytes.
type failing struct {
	http.ResponseWriter
	left int
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return f.ResponseWriter.Write(p)
}

func (f *failing) Unwrap() http.ResponseWriter { return f.ResponseWriter }
