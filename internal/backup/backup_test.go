package backup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vedette-siem/vedette/internal/backup"
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type server struct {
	dir string
	db  *meta.DB
	*store.Store
}

func open(t *testing.T, dir string) *server {
	t.Helper()
	s := &server{dir: dir}
	var err error
	if s.db, err = meta.Open(t.Context(), filepath.Join(dir, "state.db")); err != nil {
		t.Fatal(err)
	}
	if s.Store, err = store.Open(t.Context(), store.Options{Dir: dir, Manifest: s.db, SealRows: 300, SegmentBytes: 64 << 10, JournalBytes: 128 << 10}); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { s.close(t) }) })
	return s
}

func (s *server) close(t *testing.T) {
	t.Helper()
	if err := errors.Join(s.Store.Close(), s.db.Close()); err != nil {
		t.Error(err)
	}
}

// send stores row n, at position n of its source.
func (s *server) send(ctx context.Context, n int) error {
	r := store.Rows{Table: fmt.Sprintf("T%d_CL", n%3), Batch: &column.Batch{N: 1}, Cols: []schema.Column{
		{Name: "TimeGenerated", Type: schema.Datetime}, {Name: "N", Type: schema.Long}, {Name: fmt.Sprintf("C%d", n/100), Type: schema.String}, {Name: "_src", Type: schema.String}}}
	for i, v := range []any{column.FromTime(time.Date(2026, 3, 1, 0, 0, n*40, 0, time.UTC)), int64(n), "x", fmt.Sprintf("hub/test/0/%d/0", n)} {
		c := column.New(r.Cols[i].Type, 1)
		c.Append(v)
		r.Batch.Cols = append(r.Batch.Cols, c)
	}
	_, err := s.Append(ctx, store.Frame{Workspace: "soc", Tables: []store.Rows{r}, Covers: []store.Range{{Source: "hub/test", First: int64(n), Next: int64(n) + 1}}})
	return err
}

// numbers reads all rows' numbers.
func (s *server) numbers(t *testing.T) []int64 {
	t.Helper()
	snap := s.Snapshot("soc")
	defer snap.Close()
	var out []int64
	for k := range 3 {
		r, err := snap.Scan(t.Context(), store.ScanSpec{Table: fmt.Sprintf("T%d_CL", k), Columns: []string{"N"}})
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b.Cols[0].Ints...)
		}
		r.Close()
	}
	slices.Sort(out)
	return out
}

func (s *server) backup(t *testing.T, to string) backup.Result {
	t.Helper()
	res, err := backup.Make(t.Context(), backup.Options{Data: s.dir, To: to, Store: s.Store, State: s.db, Now: time.Now(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestBackupWhileRunning backs up a store that takes rows in, seals, merges and cuts its journal all the time. Each backup restores to
// exactly the rows before its position, and goes on from there.
func TestBackupWhileRunning(t *testing.T) {
	s, to := open(t, t.TempDir()), filepath.Join(t.TempDir(), "backups")
	if err := os.MkdirAll(filepath.Join(s.dir, "pki"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "pki", "key.pem"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			if err := s.send(ctx, n); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := errors.Join(s.SealAll(ctx), s.Compact(ctx)); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	var made []backup.Result
	for range 4 {
		time.Sleep(150 * time.Millisecond)
		made = append(made, s.backup(t, to))
	}
	stop()
	wg.Wait()
	var last int
	for i, res := range made {
		dir := filepath.Join(t.TempDir(), "restored")
		if _, _, err := backup.Restore(t.Context(), res.Path, dir, nil); err != nil {
			t.Fatal(err)
		}
		r := open(t, dir)
		next, _ := r.Next("soc", "hub/test", 0)
		got := r.numbers(t)
		if int(next) != len(got) || len(got) < last || len(got) == 0 {
			t.Errorf("backup %d has %d rows, and its source goes on at %d", i, len(got), next)
		}
		for k, n := range got {
			if int64(k) != n {
				t.Fatalf("backup %d: row %d is number %d", i, k, n)
			}
		}
		last = len(got)
		if err := r.send(t.Context(), int(next)); err != nil {
			t.Errorf("going on from backup %d: %v", i, err)
		}
		if rep, err := store.Verify(t.Context(), store.VerifyOptions{Dir: dir, Manifest: r.db}); err != nil || len(rep.Problems) > 0 {
			t.Errorf("backup %d: %+v %v", i, rep.Problems, err)
		}
		if raw, err := os.ReadFile(filepath.Join(dir, "pki", "key.pem")); err != nil || string(raw) != "secret" {
			t.Errorf("the keys: %q, %v", raw, err)
		}
	}
	t.Logf("appends waited %v", made[len(made)-1].Held)
}

func TestIncrementalPruneAndDamage(t *testing.T) {
	s, to := open(t, t.TempDir()), filepath.Join(t.TempDir(), "b")
	more := func(from int) {
		for n := from; n < from+50; n++ {
			if err := s.send(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	more(0)
	first := s.backup(t, to)
	second := s.backup(t, to)
	more(50)
	third := s.backup(t, to)
	if first.Copied == 0 || second.Copied != 0 || third.Copied == 0 || third.Parts != 6 {
		t.Errorf("copied %d, %d, %d bytes; the third has %d parts", first.Copied, second.Copied, third.Copied, third.Parts)
	}
	if n, err := backup.Prune(to, 1); n != 2 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	if names, err := backup.List(to); err != nil || len(names) != 1 || names[0] != filepath.Base(third.Path) {
		t.Errorf("left: %v %v", names, err)
	}
	dir := filepath.Join(t.TempDir(), "r")
	if _, _, err := backup.Restore(t.Context(), to, dir, nil); err != nil {
		t.Fatal(err)
	}
	if got := open(t, dir).numbers(t); len(got) != 100 {
		t.Errorf("%d rows", len(got))
	}
	if _, _, err := backup.Restore(t.Context(), to, dir, nil); fault.CodeOf(err) != "restore_target" {
		t.Errorf("onto a folder with data: %v", err)
	}
	// Any harmed file is found, and nothing is left of the attempt.
	var all []string
	if err := filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Base(path) != "backup.json" {
			all = append(all, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := slices.Clone(good)
		bad[len(bad)/2] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "x")
		if _, _, err := backup.Restore(t.Context(), to, target, nil); fault.CodeOf(err) != "backup_file" {
			t.Errorf("%s harmed: %v", path, err)
		}
		if left, _ := filepath.Glob(target + "*"); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 8 {
		t.Errorf("only %d files", len(all))
	}
}

func TestRefusals(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := backup.Make(t.Context(), backup.Options{Data: s.dir, To: filepath.Join(s.dir, "b"), Store: s.Store, State: s.db, Now: time.Now()})
	if fault.CodeOf(err) != "backup_inside" {
		t.Errorf("inside the data folder: %v", err)
	}
	if _, _, err := backup.Restore(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "x"), nil); fault.CodeOf(err) != "backup_missing" {
		t.Errorf("no backup: %v", err)
	}
	// An index that leads elsewhere.
	evil := t.TempDir()
	if err := os.WriteFile(filepath.Join(evil, "backup.json"), []byte(`{"version":1,"files":[{"path":"../../etc/passwd","target":"../x"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Restore(t.Context(), evil, filepath.Join(t.TempDir(), "x"), nil); fault.CodeOf(err) != "backup_index" {
		t.Errorf("a path that leads out: %v", err)
	}
	// A damaged part is told of, and the rest is backed up.
	for n := range 6 {
		if err := s.send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join(s.dir, "tables", "soc", "*", "*.parquet"))
	if err != nil || len(parts) != 3 {
		t.Fatal(parts, err)
	}
	if err := os.WriteFile(parts[1], []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := backup.Make(t.Context(), backup.Options{Data: s.dir, To: t.TempDir(), Store: s.Store, State: s.db, Now: time.Now()})
	if fault.CodeOf(err) != "backup_damaged" || res.Parts != 2 || len(res.Damaged) != 1 {
		t.Errorf("with a damaged part: %+v %v", res, err)
	}
}
