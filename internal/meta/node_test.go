package meta

import (
	"path/filepath"
	"regexp"
	"testing"
)

func TestNodeIDIsMadeOnce(t *testing.T) {
	open := func(file string) (*DB, string) {
		db, err := Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		id, err := db.NodeID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return db, id
	}
	file := filepath.Join(t.TempDir(), "state.db")
	db, first := open(file)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, again := open(file)
	defer db.Close()
	other, third := open(filepath.Join(t.TempDir(), "state.db"))
	defer other.Close()
	if first != again || first == third || !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(first) {
		t.Errorf("ids %q, %q, %q", first, again, third)
	}
}
