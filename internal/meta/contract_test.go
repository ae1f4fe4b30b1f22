package meta_test

import (
	"path/filepath"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/meta/metatest"
)

// TestContract holds SQLite against the contract of the state.
func TestContract(t *testing.T) {
	metatest.Run(t, func(t *testing.T) metatest.Opener {
		path := filepath.Join(t.TempDir(), "state.db")
		return func(t *testing.T) *meta.DB {
			db, err := meta.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			return db
		}
	})
}
