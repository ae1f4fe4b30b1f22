package manifest_test

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/store/manifest"
	"github.com/vedette-siem/vedette/internal/store/manifest/manifesttest"
)

func TestMemory(t *testing.T) {
	manifesttest.Run(t, func(*testing.T) manifesttest.Opener {
		m := manifest.NewMemory()
		return func(*testing.T) manifest.Manifest { return m }
	})
}
