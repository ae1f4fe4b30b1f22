package meta

import (
	"path/filepath"
	"testing"

	"github.com/vedette-siem/vedette/internal/store/manifest"
	"github.com/vedette-siem/vedette/internal/store/manifest/manifesttest"
)

func TestManifest(t *testing.T) {
	manifesttest.Run(t, func(t *testing.T) manifesttest.Opener {
		path := filepath.Join(t.TempDir(), "state.db")
		return func(t *testing.T) manifest.Manifest {
			db, err := Open(t.Context(), path)
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
