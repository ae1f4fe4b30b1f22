package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Manifest: manifest.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFiles(t *testing.T) {
	a, b, c := record("AlertInfo", `{"AlertId":"a"}`), record("AlertInfo", `{"AlertId":"b"}`), record("AlertInfo", `{"AlertId":"c"}`)
	tests := []struct {
		name, content string
		rows, dead    int64
		messages      int64
	}{
		{"lines", a + "\r\n" + b + "\n\n" + c, 3, 0, 3},
		{"wrapped lines", `{"records":[` + a + "," + b + "]}\n" + `{"records":[` + c + "]}\n", 3, 0, 2},
		{"one document over many lines", "{\n \"records\": [\n" + a + ",\n" + b + "\n]}\n", 2, 0, 1},
		{"a list over many lines", "[\n" + a + ",\n" + b + "\n]", 2, 0, 1},
		{"gzip", zipped(t, a+"\n"+b+"\n"), 2, 0, 2},
		{"bad lines", a + "\nnonsense\n" + b, 2, 1, 3},
		{"a bad first line", `{"time":"20` + "\n" + a + "\n" + b, 2, 1, 3},
		{"a byte order mark", "\xEF\xBB\xBF" + a + "\n" + b, 2, 0, 2},
		{"empty", "", 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openStore(t)
			files := NewFiles(NewIntake("ws", s.Catalog("ws")), s, nil)
			path := writeFile(t, "events.json", tt.content)
			res, err := files.Add(t.Context(), path, Selected([]string{"AlertInfo"}), nil)
			if err != nil {
				t.Fatal(err)
			}
			got := res.Counts["AlertInfo"].Rows
			if got != tt.rows || res.Counts[""].Dead != tt.dead || res.Messages != tt.messages || res.Known {
				t.Errorf("got %+v, want %d rows, %d dead letters, %d messages", res, tt.rows, tt.dead, tt.messages)
			}
			// The same content under another name is known.
			again, err := files.Add(t.Context(), writeFile(t, "other.log", tt.content), Selected([]string{"AlertInfo"}), nil)
			if err != nil || again.Counts["AlertInfo"].Rows != 0 || again.Source != res.Source || again.Known != (tt.messages > 0) {
				t.Errorf("again: %+v, %v", again, err)
			}
			if n := s.Stats().AppendedRows; n != tt.rows+tt.dead {
				t.Errorf("the store has %d rows, want %d", n, tt.rows+tt.dead)
			}
		})
	}
}

// breaking is a store that fails after some frames.
type breaking struct {
	*store.Store
	left int
}

func (b *breaking) Append(ctx context.Context, f store.Frame) (uint64, error) {
	if b.left--; b.left < 0 {
		return 0, errors.New("stopped")
	}
	return b.Store.Append(ctx, f)
}

func TestStoppedFileGoesOn(t *testing.T) {
	var b strings.Builder
	pad := strings.Repeat("x", 1000)
	const lines = 20_000
	for i := range lines {
		fmt.Fprintln(&b, record("AlertInfo", fmt.Sprintf(`{"AlertId":"%d","Title":"%s"}`, i, pad)))
	}
	path := writeFile(t, "big.ndjson", b.String())
	s := openStore(t)
	files := NewFiles(NewIntake("ws", s.Catalog("ws")), &breaking{s, 1}, nil)
	if _, err := files.Add(t.Context(), path, Selected([]string{"AlertInfo"}), nil); err == nil {
		t.Fatal("the broken store went unnoticed")
	}
	part := s.Stats().AppendedRows
	var read int64
	res, err := NewFiles(NewIntake("ws", s.Catalog("ws")), s, nil).Add(t.Context(), path, Selected([]string{"AlertInfo"}), func(n int64, _ Counts) { read = n })
	if err != nil {
		t.Fatal(err)
	}
	if part == 0 || res.Counts["AlertInfo"].Rows+part != lines || s.Stats().AppendedRows != lines || read != int64(b.Len()) {
		t.Errorf("%d rows, then %d more, of %d; read %d bytes of %d", part, res.Counts["AlertInfo"].Rows, lines, read, b.Len())
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	s := openStore(t)
	files := NewFiles(NewIntake("ws", s.Catalog("ws")), s, nil)
	for name, path := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "none"), "a folder": t.TempDir(), "cut gzip": writeFile(t, "x.gz", zipped(t, strings.Repeat("abc", 1000))[:20]),
	} {
		if _, err := files.Add(t.Context(), path, Selection{}, nil); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
