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

// TestHarmedJournal harms the journal at many places. The server starts, serves whole frames only, and records what it lost, unless that
// is the end, which a crash may have cut off as well.
func TestHarmedJournal(t *testing.T) {
	const frames, rows = 10, 20
	rng := rand.New(rand.NewPCG(3, 4))
	base := open(t, store.Options{})
	for k := range frames {
		appendFrame(t, base, covered(frame(events("T_CL", k*rows, rows)), k*rows, (k+1)*rows))
	}
	state, err := base.opts.Manifest.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, base.Store)
	segments, err := filepath.Glob(filepath.Join(base.opts.Dir, "journal", "*.journal"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	good, err := os.ReadFile(segments[0])
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
			if err := os.WriteFile(filepath.Join(dir, "journal", filepath.Base(segments[0])), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, store.Options{Dir: dir, Manifest: copyOf(t, state), Logger: quiet})
			got := map[string]bool{}
			for _, line := range rowsOf(t, s, "T_CL", allColumns...) {
				if got[line] {
					t.Errorf("twice: %s", line)
				}
				got[line] = true
			}
			tail := true
			for k := frames - 1; k >= 0; k-- {
				n := 0
				for _, line := range want(k*rows, rows) {
					if got[line] {
						n++
						delete(got, line)
					}
				}
				switch {
				case n == rows:
					tail = false
				case n > 0:
					t.Errorf("%d rows of frame %d", n, k)
				case !tail && len(rowsOf(t, s, store.GapTable)) == 0:
					t.Errorf("frame %d is lost without a record", k)
				}
			}
			if len(got) > 0 {
				t.Errorf("%d rows that were never stored", len(got))
			}
			next, _ := s.Next("soc", "hub/test", 0)
			if _, err := s.Append(t.Context(), covered(frame(events("T_CL", 1000, 1)), int(next), int(next)+1)); err != nil {
				t.Errorf("going on: %v", err)
			}
		})
	}
}
