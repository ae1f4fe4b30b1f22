package meta

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
)

// closedState makes a state and returns its file and what it holds.
func closedState(t *testing.T) (path string, raw []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return path, raw
}

// TestDamagedStateIsNamed overwrites the state in two ways: it does not open, says that it is damaged and not that one may try again, and is
// left as it is.
func TestDamagedStateIsNamed(t *testing.T) {
	path, good := closedState(t)
	for name, at := range map[string][2]int{"header": {0, 100}, "schema": {100, 4096}} {
		t.Run(name, func(t *testing.T) {
			bad := bytes.Clone(good)
			for i := at[0]; i < at[1]; i++ {
				bad[i] = byte(i*31 + 7)
			}
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := Open(t.Context(), path)
			if err == nil {
				t.Fatal(errors.Join(errors.New("it opens"), db.Close()))
			}
			if fault.CodeOf(err) != "state_damaged" || fault.Retryable(err) {
				t.Errorf("got %v", err)
			}
			if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, bad) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}
