package inject_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/inject"
)

// TestMain is the program that the tests watch, when asked to be.
func TestMain(m *testing.M) {
	dir := os.Getenv("VEDETTE_INJECT_TEST")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := work(dir); err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(3)
	}
	os.Stdout.WriteString("done\n")
}

// work writes three files from goroutines of their own, one after the other.
func work(dir string) error {
	for _, name := range []string{"1.tmp", "2.tmp", "3.tmp"} {
		done := make(chan error)
		go func() { done <- one(filepath.Join(dir, name)) }()
		if err := <-done; err != nil {
			return err
		}
	}
	return nil
}

func one(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.WriteString("text")
	return errors.Join(err, f.Sync(), f.Close(), os.Rename(path, path[:len(path)-4]))
}

func run(t *testing.T, f inject.Fault) (string, inject.Result, []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	var lines []string
	r, err := inject.Run(ctx, inject.Program{
		Args: []string{os.Args[0]}, Env: append(os.Environ(), "VEDETTE_INJECT_TEST="+dir), Dir: dir, Fault: f, Line: func(l string) { lines = append(lines, l) },
	})
	if errors.Is(err, inject.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, r, lines
}

func left(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWatches(t *testing.T) {
	t.Parallel()
	_, r, lines := run(t, inject.Fault{})
	if r.Code != 0 || r.Hit != nil || !slices.Equal(lines, []string{"done"}) {
		t.Fatalf("%+v %q", r, lines)
	}
	var got []string
	sites := map[uint64]int{}
	for i, c := range r.Calls {
		if c.N != i+1 {
			t.Errorf("call %d has number %d", i, c.N)
		}
		got = append(got, c.Name+" "+c.Path)
		sites[c.Site]++
	}
	want := []string{"openat 1.tmp", "write 1.tmp", "fsync 1.tmp", "renameat 1.tmp", "openat 2.tmp", "write 2.tmp", "fsync 2.tmp", "renameat 2.tmp", "openat 3.tmp", "write 3.tmp", "fsync 3.tmp", "renameat 3.tmp"}
	if !slices.Equal(want, got) {
		t.Errorf("got %q", got)
	}
	if len(sites) != 4 {
		t.Errorf("%d sites, want 4", len(sites))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	nth := func(name string, n int) func(inject.Call) bool {
		seen := 0
		return func(c inject.Call) bool {
			if c.Name == name {
				seen++
			}
			return c.Name == name && seen == n
		}
	}
	cases := []struct {
		name   string
		fault  inject.Fault
		code   int
		stderr string
		left   []string
	}{
		{"kill before the second fsync", inject.Fault{At: nth("fsync", 2)}, -1, "", []string{"1", "2.tmp"}},
		{"the second write fails", inject.Fault{At: nth("write", 2), Errno: syscall.ENOSPC}, 3, "no space left on device", []string{"1", "2"}},
		{"a rename fails", inject.Fault{At: nth("renameat", 1), Errno: syscall.EIO}, 3, "input/output error", []string{"1.tmp"}},
		{"never", inject.Fault{At: nth("renameat", 9), Errno: syscall.EIO}, 0, "", []string{"1", "2", "3"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, r, _ := run(t, c.fault)
			if r.Code != c.code || (r.Hit == nil) != (c.code == 0) {
				t.Errorf("%+v", r)
			}
			if !strings.Contains(r.Stderr, c.stderr) {
				t.Errorf("it said %q", r.Stderr)
			}
			if got := left(t, dir); !slices.Equal(got, c.left) {
				t.Errorf("left %q, want %q", got, c.left)
			}
		})
	}
}

func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := inject.Run(ctx, inject.Program{Args: []string{"/bin/sleep", "600"}, Dir: t.TempDir()})
	if errors.Is(err, inject.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || r.Code != -1 {
		t.Errorf("%+v %v", r, err)
	}
}
