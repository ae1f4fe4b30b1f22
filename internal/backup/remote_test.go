package backup_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/fault"
)

// memory is a bucket in memory that counts what it is sent.
type memory struct {
	mu   sync.Mutex
	objs map[string][]byte
	puts map[string]int
	fail func(key string) error
}

func newMemory() *memory { return &memory{objs: map[string][]byte{}, puts: map[string]int{}} }

func (m *memory) String() string { return "memory://test" }

func (m *memory) Put(_ context.Context, key string, body io.ReadSeeker, size int64) error {
	raw, err := io.ReadAll(body)
	if err != nil || int64(len(raw)) != size {
		return fmt.Errorf("%d bytes of %d: %w", len(raw), size, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(key); err != nil {
			return err
		}
	}
	m.objs[key] = raw
	m.puts[key]++
	return nil
}

func (m *memory) Get(_ context.Context, key string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, ok := m.objs[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

func (m *memory) List(_ context.Context, prefix string) (map[string]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]int64{}
	for k, v := range m.objs {
		if strings.HasPrefix(k, prefix) {
			out[k] = int64(len(v))
		}
	}
	return out, nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objs, key)
	return nil
}

func (s *server) backupIn(t *testing.T, b backup.Bucket) (backup.Result, error) {
	t.Helper()
	return backup.MakeIn(t.Context(), backup.Options{Data: s.dir, Store: s.Store, State: s.db, Now: time.Now(), Version: "test"}, b)
}

// TestBucket backs up twice, sends each part once, restores both to the rows of their moments, and removes the older one.
func TestBucket(t *testing.T) {
	s, b := open(t, t.TempDir()), newMemory()
	add := func(from, to int) {
		for n := from; n < to; n++ {
			if err := s.send(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(0, 700)
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, err := s.backupIn(t, b)
	if err != nil || first.Copied == 0 || first.Parts == 0 {
		t.Fatalf("%+v %v", first, err)
	}
	add(700, 800) // in the journal only
	time.Sleep(2 * time.Millisecond)
	second, err := s.backupIn(t, b)
	if err != nil || second.Copied != 0 {
		t.Fatalf("%+v %v", second, err)
	}
	for key, n := range b.puts {
		if n != 1 {
			t.Errorf("%s was sent %d times", key, n)
		}
	}
	names, err := backup.ListIn(t.Context(), b)
	if err != nil || len(names) != 2 {
		t.Fatalf("%v %v", names, err)
	}
	for i, rows := range []int{700, 800} {
		dir := filepath.Join(t.TempDir(), "restored")
		if _, _, err := backup.RestoreFrom(t.Context(), b, names[i], dir, nil); err != nil {
			t.Fatal(err)
		}
		want := make([]int64, rows)
		for n := range want {
			want[n] = int64(n)
		}
		if d := cmp.Diff(want, open(t, dir).numbers(t)); d != "" {
			t.Errorf("restored (-want +got)\n%s", d)
		}
	}
	if n, err := backup.PruneIn(t.Context(), b, 1); n != 1 || err != nil {
		t.Errorf("%d removed: %v", n, err)
	}
	for key := range b.objs {
		if strings.HasPrefix(key, names[0]) {
			t.Errorf("%s is left", key)
		}
	}
	if from, _, err := backup.RestoreFrom(t.Context(), b, "", filepath.Join(t.TempDir(), "newest"), nil); err != nil || !strings.HasSuffix(from, names[1]) {
		t.Errorf("%s %v", from, err)
	}
}

// TestBucketFailures leaves nothing that looks like a backup when one is cut short, and restores no damaged object.
func TestBucketFailures(t *testing.T) {
	s, b := open(t, t.TempDir()), newMemory()
	for n := range 700 {
		if err := s.send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := 3
	b.fail = func(string) error {
		if left--; left < 0 {
			return io.ErrClosedPipe
		}
		return nil
	}
	if _, err := s.backupIn(t, b); err == nil {
		t.Error("a backup that was cut short counts")
	}
	if names, err := backup.ListIn(t.Context(), b); err != nil || len(names) > 0 {
		t.Errorf("%v %v", names, err)
	}
	if _, _, err := backup.RestoreFrom(t.Context(), b, "", t.TempDir(), nil); fault.CodeOf(err) != "backup_missing" {
		t.Errorf("%v", err)
	}
	b.fail = nil
	if _, err := s.backupIn(t, b); err != nil {
		t.Fatal(err)
	}
	for key, raw := range b.objs {
		if strings.HasPrefix(key, "parts/") {
			raw[len(raw)/2] ^= 1
			break
		}
	}
	dir := filepath.Join(t.TempDir(), "restored")
	if _, _, err := backup.RestoreFrom(t.Context(), b, "", dir, nil); fault.CodeOf(err) != "backup_file" {
		t.Errorf("a damaged object: %v", err)
	}
}
