package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// smallDisk mounts a file system of some bytes in memory.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("no small file system can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillDisk writes a file until the disk takes no more.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		if _, err := f.Write(chunk); errors.Is(err, syscall.ENOSPC) {
			chunk = chunk[:len(chunk)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// become waits for a condition, for long.
func become(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestReallyFullDisk fills the disk to its last block: intake stops, state and own rows are written and queries answer; with room again
// all goes on by itself, and every acknowledged row is there once.
func TestReallyFullDisk(t *testing.T) {
	dir := smallDisk(t, "128m")
	db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.OnFailure(func(err error) { t.Errorf("a full disk counts as one that failed: %v", err) })
	s := open(t, store.Options{Dir: dir, Manifest: db, MinFree: 8 << 20, Reserve: 16 << 20, Fatal: func(err error) { t.Errorf("fatal: %v", err) }})
	become(t, "space is reserved", func() bool { return s.Stats().Reserved == 16<<20 })
	if st, err := os.Stat(filepath.Join(dir, "reserve")); err != nil || st.Sys().(*syscall.Stat_t).Blocks*512 < 16<<20 {
		t.Fatalf("the reserve has no blocks: %v", err)
	}
	n := 0
	add := func(own bool) error {
		f := covered(frame(events("T_CL", n, 10)), n, n+10)
		f.Own = own
		_, err := s.Append(context.Background(), f)
		if err == nil {
			n += 10
		}
		return err
	}
	for range 50 {
		if err := add(false); err != nil {
			t.Fatal(err)
		}
	}

	ballast := filepath.Join(dir, "ballast")
	fillDisk(t, ballast)
	if err := add(false); fault.CodeOf(err) != "disk_full" {
		t.Errorf("intake into a full disk: %v", err)
	}
	if _, full := s.Space(); !full {
		t.Error("the store does not say that the disk is full")
	}
	become(t, "the reserve is freed", func() bool { return s.Stats().Reserved == 0 })
	if err := add(true); err != nil {
		t.Errorf("an own row: %v", err)
	}
	if err := add(false); fault.CodeOf(err) != "disk_full" {
		t.Errorf("intake took the reserve: %v", err)
	}
	for i := range 50 {
		if _, _, err := db.WorkspaceIDs(t.Context(), "ws"+string(rune('a'+i%26)), "", ""); err != nil {
			t.Fatalf("the state cannot be changed: %v", err)
		}
	}
	same(t, want(0, n), rowsOf(t, s, "T_CL", allColumns...))
	if err := s.SealAll(t.Context()); err != nil {
		t.Errorf("sealing with the reserve: %v", err)
	}

	fillDisk(t, ballast) // the reserve too
	// There may be room in the last block of the journal.
	for range 200 {
		if err := add(true); err != nil {
			if fault.CodeOf(err) != "disk_full" {
				t.Errorf("without a byte: %v", err)
			}
			break
		}
	}
	same(t, want(0, n), rowsOf(t, s, "T_CL", allColumns...))

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	become(t, "intake goes on", func() bool { return add(false) == nil })
	become(t, "space is reserved again", func() bool { return s.Stats().Reserved == 16<<20 })
	same(t, want(0, n), rowsOf(t, s.reopen(t), "T_CL", allColumns...))
}

// TestOwnRowsFindTheReserve frees the reserve at the very write that finds the disk full, before anybody looked.
func TestOwnRowsFindTheReserve(t *testing.T) {
	dir := smallDisk(t, "128m")
	s := open(t, store.Options{Dir: dir, Reserve: 16 << 20})
	become(t, "space is reserved", func() bool { return s.Stats().Reserved > 0 })
	appendFrame(t, s, frame(events("T_CL", 0, 10)))
	fillDisk(t, filepath.Join(dir, "ballast"))
	f := frame(events("T_CL", 10, 3000))
	f.Own = true
	if _, err := s.Append(t.Context(), f); err != nil {
		t.Errorf("%v", err)
	}
	same(t, want(0, 3010), rowsOf(t, s, "T_CL", allColumns...))
}
