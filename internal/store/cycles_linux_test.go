package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestStartsAndStopsLeakNothing opens, uses and closes a store 20 times: no goroutine, no open file and no temporary file is left. It is
// not parallel, so that nothing else opens files meanwhile.
func TestStartsAndStopsLeakNothing(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	n := 0
	cycle := func() {
		db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
		if err != nil {
			t.Fatal(err)
		}
		o := store.Options{Dir: dir, Manifest: db, Logger: quiet}
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		ts := &testStore{s, o}
		appendFrame(t, ts, covered(frame(events("T_CL", n, 30)), n, n+30))
		n += 30
		if n%60 == 0 {
			if err := s.SealAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, want(0, n), rowsOf(t, ts, "T_CL", allColumns...))
		closeStore(t, s)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	cycle() // what is made once per process is made now
	files, routines := openFiles(t), runtime.NumGoroutine()
	for range 18 {
		cycle()
	}
	// A goroutine that has nothing left to do may take a moment to end.
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > routines && time.Now().Before(end); {
		<-time.After(10 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > routines {
		t.Errorf("%d goroutines before, %d after", routines, now)
	}
	if now := openFiles(t); now > files {
		t.Errorf("%d open files before, %d after", files, now)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
	for _, pattern := range []string{"*.tmp", "*/*.tmp", "*/*/*/*.tmp", "state.db-*"} {
		if left, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(left) > 0 {
			t.Errorf("files are left: %v %v", left, err)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
