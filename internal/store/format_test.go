package store_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/store"
)

// TestFormats opens a data folder that each released version wrote, with rows in parts and in the journal, reads all of it, and goes on
// writing. VEDETTE_WRITE_FIXTURE=FILE makes the fixture of this version.
func TestFormats(t *testing.T) {
	if file := os.Getenv("VEDETTE_WRITE_FIXTURE"); file != "" {
		writeFixture(t, file)
		return
	}
	fixtures, err := filepath.Glob(filepath.Join("testdata", "formats", "*.tar.gz"))
	if err != nil || len(fixtures) == 0 {
		t.Fatal(fixtures, err)
	}
	for _, f := range fixtures {
		t.Run(filepath.Base(f), func(t *testing.T) {
			dir := t.TempDir()
			untar(t, f, dir)
			s, db, err := openKilled(dir)
			if err != nil {
				t.Fatal(err)
			}
			ts := &testStore{Store: s}
			same(t, want(0, 60), rowsOf(t, ts, "T_CL", allColumns...))
			if next, ok := s.Next("soc", "hub/test", 0); next != 60 || !ok {
				t.Errorf("goes on at %d", next)
			}
			appendFrame(t, ts, covered(frame(events("T_CL", 60, 10)), 60, 70))
			if err := s.SealAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			same(t, want(0, 70), rowsOf(t, ts, "T_CL", allColumns...))
			closeStore(t, s)
			r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: dir, Manifest: db})
			if err := errors.Join(err, db.Close()); err != nil || len(r.Problems) > 0 {
				t.Errorf("%+v %v", r.Problems, err)
			}
		})
	}
}

// writeFixture makes a folder with 40 rows in a part and 20 in the journal.
func writeFixture(t *testing.T, file string) {
	dir := t.TempDir()
	s, db, err := openKilled(dir)
	if err != nil {
		t.Fatal(err)
	}
	ts := &testStore{Store: s}
	appendFrame(t, ts, covered(frame(events("T_CL", 0, 40)), 0, 40))
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendFrame(t, ts, covered(frame(events("T_CL", 40, 20)), 40, 60))
	closeStore(t, s)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(out)
	w := tar.NewWriter(z)
	if err := errors.Join(w.AddFS(os.DirFS(dir)), w.Close(), z.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
}

func untar(t *testing.T, file, dir string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(z)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || strings.Contains(h.Name, "..") {
			t.Fatal(h, err)
		}
		to := filepath.Join(dir, h.Name)
		if h.FileInfo().IsDir() {
			if err := os.MkdirAll(to, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		raw, err := io.ReadAll(r)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o700)
		}
		if err == nil {
			err = os.WriteFile(to, raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
