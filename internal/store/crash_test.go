package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// files lists the files of a data directory, but the indexes that lie beside their parts.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(dir, "tables"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if part, ok := strings.CutSuffix(path, ".terms"); ok {
			if _, err := os.Stat(part + ".parquet"); err == nil {
				return nil
			}
		}
		out = append(out, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// catchUp moves a manifest's epoch to that of the files, where it would be had it not been cloned.
func catchUp(t testing.TB, m manifest.Manifest, dir string) {
	t.Helper()
	last, err := journal.LastEpoch(filepath.Join(dir, "journal"))
	for e := uint64(0); e < last && err == nil; {
		e, err = m.Epoch(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cloneManifest copies what a manifest holds, but its epoch.
func cloneManifest(t testing.TB, m manifest.Manifest) manifest.Manifest {
	t.Helper()
	ctx := context.Background()
	st, err := m.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := manifest.NewMemory()
	for id, f := range st.Fields {
		if _, err := out.AddFields(ctx, id, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Commit(ctx, manifest.Change{Add: st.Parts, Sealed: st.Sealed, Positions: st.Positions, Trim: st.Trim}); err != nil {
		t.Fatal(err)
	}
	return out
}

// crashing is a manifest that shows the test every moment around a commit.
type crashing struct {
	manifest.Manifest
	at func(moment string)
}

func (c *crashing) Commit(ctx context.Context, ch manifest.Change) error {
	if c.at == nil {
		return c.Manifest.Commit(ctx, ch)
	}
	c.at("before the commit")
	err := c.Manifest.Commit(ctx, ch)
	c.at("after the commit")
	return err
}

// TestAnyHistory drives a store through appends, duplicates, seals, merges, starts and crashes at the moments that matter;
// after each crash every acknowledged row is there exactly once, and nothing else.
func TestAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dirs := []string{}
		fresh := func() string {
			dir, err := os.MkdirTemp("", "store")
			if err != nil {
				t.Fatal(err)
			}
			dirs = append(dirs, dir)
			return dir
		}
		defer func() {
			for _, d := range dirs {
				_ = os.RemoveAll(d)
			}
		}()
		m := &crashing{Manifest: manifest.NewMemory()}
		// Nothing is due in the background, so that a copy of the directory shows one moment.
		opts := store.Options{Dir: fresh(), Manifest: m, SegmentBytes: 6000, Alloc: newChecked(t)}
		reopen := func(o store.Options) *testStore {
			s, err := store.Open(context.Background(), o)
			if err != nil {
				rt.Fatal(err)
			}
			return &testStore{s, o}
		}
		s := reopen(opts)
		defer func() { closeStore(t, s.Store) }()
		next := 0
		tables := []string{"A_CL", "B_CL", "DeviceInfo"}
		counts := map[string][]string{}
		check := func(s *testStore, moment string) {
			for _, table := range tables {
				if len(counts[table]) == 0 {
					continue
				}
				want := slices.Sorted(slices.Values(counts[table]))
				if got := rowsOf(t, s, table, "_src", "N"); !slices.Equal(want, got) {
					rt.Fatalf("%s: table %s has %d rows, want %d\n%v\n%v", moment, table, len(got), len(want), got, want)
				}
			}
			if n, ok := s.Next("soc", "hub/test", 0); ok && n != int64(next) || !ok && next > 0 {
				rt.Fatalf("%s: next is %d, want %d", moment, n, next)
			}
		}
		crash := func(moment string, torn []byte) *testStore {
			o := opts
			o.Dir, o.Manifest = fresh(), &crashing{Manifest: cloneManifest(t, m.Manifest)}
			if err := os.CopyFS(o.Dir, os.DirFS(opts.Dir)); err != nil {
				t.Fatal(err)
			}
			catchUp(t, o.Manifest, o.Dir)
			if len(torn) > 0 {
				tear(t, o.Dir, torn)
			}
			c := reopen(o)
			check(c, moment)
			if got, want := len(files(t, o.Dir)), int(c.Stats().Parts); got != want {
				rt.Fatalf("%s: %d files for %d parts", moment, got, want)
			}
			return c
		}
		adopt := func(c *testStore) {
			closeStore(t, s.Store)
			s, opts, m = c, c.opts, c.opts.Manifest.(*crashing)
		}
		var last store.Frame
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				f := store.Frame{Workspace: "soc"}
				first := next
				for _, table := range rapid.SliceOfNDistinct(rapid.SampledFrom(tables), 1, 3, rapid.ID).Draw(rt, "tables") {
					n := rapid.IntRange(1, 12).Draw(rt, "rows")
					f.Tables = append(f.Tables, events(table, next, n))
					for i := range n {
						counts[table] = append(counts[table], fmt.Sprintf("%s|%d", src(next+i), next+i))
					}
					next += n
				}
				last = covered(f, first, next)
				appendFrame(t, s, last)
			},
			"append again": func(rt *rapid.T) {
				if next == 0 {
					return
				}
				if _, err := s.Append(context.Background(), last); !errors.Is(err, store.ErrDuplicate) {
					rt.Fatalf("the second time: %v", err)
				}
			},
			"seal": func(rt *rapid.T) {
				if err := s.SealAll(context.Background()); err != nil {
					rt.Fatal(err)
				}
			},
			"seal and crash": func(rt *rapid.T) {
				m.at = func(moment string) { closeStore(t, crash(moment+" of a seal", nil).Store) }
				if err := s.SealAll(context.Background()); err != nil {
					rt.Fatal(err)
				}
				m.at = nil
			},
			"merge and crash": func(rt *rapid.T) {
				m.at = func(moment string) { closeStore(t, crash(moment+" of a merge", nil).Store) }
				if err := s.Compact(context.Background()); err != nil {
					rt.Fatal(err)
				}
				m.at = nil
			},
			"crash": func(rt *rapid.T) {
				adopt(crash("a crash", rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(rt, "torn")))
			},
			"start": func(rt *rapid.T) {
				closeStore(t, s.Store)
				s = reopen(opts)
			},
			"": func(*rapid.T) { check(s, "running") },
		})
	})
}

// tear puts bytes at the end of the newest journal segment, as a write that was cut short would.
func tear(t testing.TB, dir string, bytes []byte) {
	t.Helper()
	segs, err := filepath.Glob(filepath.Join(dir, "journal", "*.journal"))
	if err != nil || len(segs) == 0 {
		t.Fatalf("no journal: %v", err)
	}
	f, err := os.OpenFile(slices.Max(segs), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(bytes)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedJournal flips a bit in the middle of a journal: the start goes on, what can be read is there, what is lost
// is recorded once, and the damaged file is set aside.
func TestDamagedJournal(t *testing.T) {
	m := manifest.NewMemory()
	o := store.Options{Dir: t.TempDir(), Manifest: m, Alloc: newChecked(t)}
	s := open(t, o)
	for i := range 20 {
		appendFrame(t, s, covered(frame(events("T_CL", i*10, 10)), i*10, i*10+10))
	}
	closeStore(t, s.Store)
	segs, err := filepath.Glob(filepath.Join(o.Dir, "journal", "*.journal"))
	if err != nil || len(segs) != 1 {
		t.Fatalf("%v, %v", segs, err)
	}
	raw, err := os.ReadFile(segs[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 8
	if err := os.WriteFile(segs[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: o.Dir, Manifest: m}); err != nil || len(r.Problems) != 1 || r.Problems[0].Path != "journal/"+filepath.Base(segs[0]) {
		t.Errorf("verify before the start: %+v, %v", r, err)
	}
	for range 3 {
		s = open(t, o)
		rows := rowsOf(t, s, "T_CL", "N")
		if len(rows) != 190 {
			t.Errorf("%d rows are left, want 190", len(rows))
		}
		gaps := rowsOf(t, s, store.GapTable, "Source", "From", "To")
		if len(gaps) != 2 {
			t.Errorf("gaps: %v", gaps)
		}
		if next, _ := s.Next("soc", "hub/test", 0); next != 200 {
			t.Errorf("next is %d", next)
		}
		closeStore(t, s.Store)
	}
	if _, err := os.Stat(segs[0] + ".bad"); err != nil {
		t.Errorf("the damaged file was not set aside: %v", err)
	}
}

func TestVerifyNamesDamagedFiles(t *testing.T) {
	m := manifest.NewMemory()
	o := store.Options{Dir: t.TempDir(), Manifest: m}
	s := open(t, o)
	appendFrame(t, s, frame(events("A_CL", 0, 100), events("B_CL", 0, 100), events("C_CL", 0, 100)))
	if err := s.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendFrame(t, s, frame(events("A_CL", 100, 7)))
	closeStore(t, s.Store)
	r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: o.Dir, Manifest: m})
	if err != nil || len(r.Problems) > 0 || r.Rows != 307 || r.Files != 3 {
		t.Fatalf("an intact store: %+v, %v", r, err)
	}
	var names []string
	for i, f := range files(t, o.Dir) {
		rel, err := filepath.Rel(o.Dir, f)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(rel))
		switch i {
		case 0:
			err = os.Remove(f)
		case 1:
			raw, rerr := os.ReadFile(f)
			raw[len(raw)/3] ^= 1
			err = errors.Join(rerr, os.WriteFile(f, raw, 0o600))
		case 2:
			err = os.WriteFile(filepath.Join(filepath.Dir(f), "stray.parquet"), nil, 0o600)
			names[2] = filepath.ToSlash(filepath.Dir(names[2])) + "/stray.parquet"
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err = store.Verify(t.Context(), store.VerifyOptions{Dir: o.Dir, Manifest: m})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.Path)
	}
	same(t, names, got)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
