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
