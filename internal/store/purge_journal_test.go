package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// journalHolds reports whether a segment has the bytes.
func journalHolds(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "journal", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the journal: %v %v", files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(text)) {
			return true
		}
	}
	return false
}

// TestPurgeClearsTheJournal leaves no byte of what was purged in the journal, keeps the rows of other tables that only the journal
// held, and the positions.
func TestPurgeClearsTheJournal(t *testing.T) {
	s := open(t, store.Options{})
	appendFrame(t, s, covered(frame(events("T_CL", 0, 30), events("Other_CL", 0, 30)), 0, 30))
	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	if !journalHolds(t, s.opts.Dir, "dc2.contoso.com") {
		t.Fatal("the journal does not hold the rows: the test looks at nothing")
	}
	all := func(n int64) bool { return true }
	if _, err := s.Purge(t.Context(), "soc", "T_CL", byNumber(all), mark, yes); err != nil {
		t.Fatal(err)
	}
	if journalHolds(t, s.opts.Dir, "dc2.contoso.com") {
		t.Error("the journal still holds purged rows")
	}
	s = s.reopen(t)
	same(t, nil, rowsOf(t, s, "T_CL", allColumns...))
	same(t, want(0, 30), rowsOf(t, s, "Other_CL", allColumns...))
	if n, ok := s.Next("soc", "hub/test", 0); !ok || n != 30 {
		t.Errorf("the next position is %d %v, want 30", n, ok)
	}
	appendFrame(t, s, covered(frame(events("T_CL", 30, 5)), 30, 35))
	same(t, want(30, 5), rowsOf(t, s.reopen(t), "T_CL", allColumns...))
}

// TestPurgeKeepsThePositions cuts the journal only if the manifest took the positions over.
func TestPurgeKeepsThePositions(t *testing.T) {
	m := &trimless{Manifest: manifest.NewMemory()}
	s := open(t, store.Options{Manifest: m})
	appendFrame(t, s, covered(frame(events("T_CL", 0, 30)), 0, 30))
	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	m.refuse.Store(true)
	if _, err := s.Purge(t.Context(), "soc", "T_CL", byNumber(func(n int64) bool { return n == 3 }), mark, yes); err != nil {
		t.Fatal(err)
	}
	m.refuse.Store(false)
	if n, ok := s.reopen(t).Next("soc", "hub/test", 0); !ok || n != 30 {
		t.Errorf("the next position is %d %v, want 30", n, ok)
	}
}

// trimless refuses changes that let the journal be cut.
type trimless struct {
	manifest.Manifest
	refuse atomic.Bool
}

func (m *trimless) Commit(ctx context.Context, c manifest.Change) error {
	if m.refuse.Load() && c.Trim > 0 {
		return errors.New("no room for the list")
	}
	return m.Manifest.Commit(ctx, c)
}

// TestBackupWaitsForPurge lets sealing go on while a copy waits for a purge.
func TestBackupWaitsForPurge(t *testing.T) {
	s := open(t, store.Options{})
	appendFrame(t, s, frame(events("T_CL", 0, 30), events("Other_CL", 0, 30)))
	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	frozen := make(chan error, 1)
	sealed := make(chan error, 1)
	_, err = s.Purge(t.Context(), "soc", "T_CL", byNumber(func(n int64) bool { return n < 3 }), mark, func(store.Matched) error {
		go func() {
			f, err := s.Freeze(context.Background(), func(context.Context) error { return nil })
			if err == nil {
				err = f.Close()
			}
			frozen <- err
		}()
		time.Sleep(50 * time.Millisecond) // time to take what it can
		go func() { sealed <- s.SealAll(context.Background()) }()
		select {
		case err := <-sealed:
			return err
		case <-time.After(20 * time.Second):
			return errors.New("nothing is sealed while a copy waits")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-frozen; err != nil {
		t.Error(err)
	}
}
