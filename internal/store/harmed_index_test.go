package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/vedette-siem/vedette/internal/store"
)

// TestHarmedIndex harms the index of a part at many places. Verify finds every damage, and no query loses a row to it.
func TestHarmedIndex(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	base := open(t, store.Options{Logger: quiet})
	texts(t, base, words...)
	seal(t, base)
	state, err := base.opts.Manifest.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, base.Store)
	files, err := filepath.Glob(filepath.Join(base.opts.Dir, "tables", "*", "*", "*.terms"))
	if err != nil || len(files) != 1 {
		t.Fatalf("index files %v %v", files, err)
	}
	rel, err := filepath.Rel(base.opts.Dir, files[0])
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range harms(rng, len(good), tries()) {
		bad := h.do(good)
		if bytes.Equal(good, bad) {
			continue
		}
		t.Run(fmt.Sprintf("%s at %d", h.what, h.at), func(t *testing.T) {
			dir := t.TempDir()
			copyTree(t, base.opts.Dir, dir)
			m := copyOf(t, state)
			if err := os.WriteFile(filepath.Join(dir, rel), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: dir, Manifest: m})
			if err != nil || len(r.Problems) != 1 || r.Problems[0].Path != filepath.ToSlash(rel) {
				t.Errorf("verify found %+v, %v", r.Problems, err)
			}
			s := open(t, store.Options{Dir: dir, Manifest: m, Logger: quiet})
			for _, w := range words {
				if w != "" && !kept(t, s, whole(w)) {
					t.Errorf("the value %q is hidden", w)
				}
			}
		})
	}
}
