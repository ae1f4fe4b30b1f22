package meta

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpenMakesAPrivateFileAndReopens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a dir?#%", "state.db")
	for range 2 {
		db, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		var mode, sync, fk string
		for q, dst := range map[string]*string{"PRAGMA journal_mode": &mode, "PRAGMA synchronous": &sync, "PRAGMA foreign_keys": &fk} {
			if err := db.Write().QueryRow(q).Scan(dst); err != nil {
				t.Fatal(err)
			}
		}
		if mode != "wal" || sync != "2" || fk != "1" {
			t.Errorf("journal_mode %s, synchronous %s, foreign_keys %s; want wal, 2, 1", mode, sync, fk)
		}
		for _, f := range []string{path, path + "-wal"} {
			st, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			if st.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, want 0600", f, st.Mode())
			}
		}
		if _, err := db.Read().Exec("DELETE FROM manifest_counters"); err == nil {
			t.Error("the read handle accepted a write")
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
