package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportFile gives a file its name only when the answer was whole.
func TestExportFile(t *testing.T) {
	whole := true
	s := &server{handler: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Vedette-Rows")
		if _, err := io.WriteString(w, "a,b\n1,2\n"); err != nil {
			t.Error(err)
		}
		if !whole {
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Vedette-Rows", "1")
	}}
	run := s.start(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "T.csv")
	whole = false
	if stdout, stderr, code := run("export", "table", "T", "--format", "csv", "-o", dir); code == 0 {
		t.Errorf("a cut answer: exit %d %s%s", code, stdout, stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	whole = true
	stdout, stderr, code := run("export", "table", "T", "--format", "csv", "-o", dir)
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "a,b\n1,2\n" || code != 0 || !strings.Contains(stdout, "1 rows") {
		t.Errorf("exit %d, %q %v: %s%s", code, raw, err, stdout, stderr)
	}
	if stdout, _, code := run("export", "query", "T", "--format", "csv", "-o", "-"); code != 0 || stdout != "a,b\n1,2\n" {
		t.Errorf("exit %d: %q", code, stdout)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v %v", left, err)
	}
}

// TestExportPerDay asks once for each day, cut at midnight, and keeps no file of a day without rows.
func TestExportPerDay(t *testing.T) {
	var asked []string
	s := &server{handler: func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Get("from")+" "+q.Get("to"))
		w.Header().Set("Trailer", "Vedette-Rows")
		if _, err := io.WriteString(w, q.Get("from")); err != nil {
			t.Error(err)
		}
		n := "2"
		if strings.HasPrefix(q.Get("from"), "2026-03-02") {
			n = "0"
		}
		w.Header().Set("Vedette-Rows", n)
	}}
	run := s.start(t)
	dir := filepath.Join(t.TempDir(), "archive")
	stdout, stderr, code := run("export", "table", "T", "--format", "csv", "--from", "2026-03-01T12:00:00Z", "--to", "2026-03-04", "--per-day", "-o", dir)
	if code != 0 || strings.Count(stdout, "2 rows") != 2 {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	want := []string{"2026-03-01T12:00:00Z 2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z 2026-03-03T00:00:00Z", "2026-03-03T00:00:00Z 2026-03-04T00:00:00Z"}
	if strings.Join(asked, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked %q", asked)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 || filepath.Base(files[0]) != "T-2026-03-01.csv" || filepath.Base(files[1]) != "T-2026-03-03.csv" {
		t.Errorf("files %v, %v", files, err)
	}
	for _, bad := range [][]string{{"--from", "2026-03-01"}, {"--from", "2026-03-01", "--to", "2026-03-02", "-o", "-"}, {"--from", "0001-01-02", "--to", "2026-03-02"}} {
		if _, stderr, code := run(append([]string{"export", "table", "T", "--per-day", "-o", dir}, bad...)...); code == 0 || !strings.Contains(stderr, "day") {
			t.Errorf("%v: exit %d, %s", bad, code, stderr)
		}
	}
}
