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
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// byNumber chooses rows by their N.
func byNumber(choose func(n int64) bool) store.RowFilter {
	return store.RowFilter{Columns: []schema.Column{{Name: "Missing", Type: schema.String}, {Name: "N", Type: schema.Long}}, Match: func(b *column.Batch) ([]bool, error) {
		hits := make([]bool, b.N)
		for i, n := range b.Cols[1].Ints {
			hits[i] = choose(n)
		}
		return hits, nil
	}}
}

func yes(store.Matched) error { return nil }

func withCold(t *testing.T, s *testStore) []string {
	t.Helper()
	snap := s.SnapshotWithCold("soc")
	defer snap.Close()
	return scan(t, snap, store.ScanSpec{Table: "T_CL", Columns: allColumns})
}

// without leaves out the printed rows with an N that is chosen.
func without(t *testing.T, rows []string, choose func(n int64) bool) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(rows), func(line string) bool { return choose(mustInt(t, strings.Split(line, "|")[1])) })
}

// filesOf lists the files of parts and their indexes.
func filesOf(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, tier := range []string{"tables", "cold"} {
		err := filepath.WalkDir(filepath.Join(dir, tier), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				out = append(out, path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return out
}

// TestPurge removes rows from both tiers and from the tail; nothing else goes, and no file with them stays.
func TestPurge(t *testing.T) {
	s := open(t, store.Options{})
	sealDays(t, s, 6)
	if _, _, err := s.Tier(t.Context(), "soc", "T_CL", cutBefore(3)); err != nil {
		t.Fatal(err)
	}
	appendFrame(t, s, frame(dated(6))) // stays in the tail
	appendFrame(t, s, frame(events("Other_CL", 0, 30)))
	chosen := func(n int64) bool { return n >= 10 && n < 20 || n%7 == 0 && n >= 40 } // all of a cold day, some of hot ones
	all := withCold(t, s)
	left := without(t, all, chosen)
	if len(all) != 70 || len(left) != 70-10-4 {
		t.Fatalf("%d rows, %d to stay", len(all), len(left))
	}
	before := filesOf(t, s.opts.Dir)
	held := s.SnapshotWithCold("soc")

	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	f := byNumber(chosen)
	m, err := s.Match(t.Context(), "soc", "T_CL", f, mark)
	if err != nil || m.Rows != 14 || m.Parts != 4 || m.From >= m.To {
		t.Fatalf("%+v %v", m, err)
	}
	same(t, all, withCold(t, s))
	if _, err := s.Purge(t.Context(), "soc", "T_CL", f, mark, func(store.Matched) error { return errors.New("no") }); err == nil || err.Error() != "no" {
		t.Errorf("refused: %v", err)
	}
	same(t, all, withCold(t, s))
	got, err := s.Purge(t.Context(), "soc", "T_CL", f, mark, yes)
	if err != nil || got != m {
		t.Fatalf("%+v %v, want %+v", got, err, m)
	}
	same(t, left, withCold(t, s))
	same(t, all, scan(t, held, store.ScanSpec{Table: "T_CL", Columns: allColumns}))
	held.Close()
	same(t, want(0, 30), rowsOf(t, s, "Other_CL", allColumns...))

	// The files that held them are gone with their indexes, the others are as they were.
	listed := map[string]bool{}
	snap := s.SnapshotWithCold("soc")
	for _, p := range snap.Parts("T_CL") {
		listed[snap.Path(p)] = true
	}
	snap.Close()
	kept := 0
	for _, file := range filesOf(t, s.opts.Dir) {
		part := strings.TrimSuffix(file, filepath.Ext(file)) + ".parquet"
		if strings.Contains(file, "T_CL") && !listed[part] {
			t.Errorf("%s is left", file)
		}
		if slices.Contains(before, file) && filepath.Ext(file) == ".parquet" {
			kept++
		}
	}
	if kept != 6-3 {
		t.Errorf("%d files stay as they were, want 3", kept)
	}
	s = s.reopen(t)
	same(t, left, withCold(t, s))
	if m, err := s.Match(t.Context(), "soc", "T_CL", f, mark); err != nil || m.Rows != 0 {
		t.Errorf("afterwards %+v match: %v", m, err)
	}
	r, err := store.Verify(t.Context(), store.VerifyOptions{Dir: s.opts.Dir, Manifest: s.opts.Manifest})
	if err != nil && fault.CodeOf(err) != "data_dir_locked" || len(r.Problems) > 0 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestPurgeSeesRows gives a filter the values that a query reads, of every type.
func TestPurgeSeesRows(t *testing.T) {
	s := open(t, store.Options{})
	r := events("T_CL", 0, 40)
	appendFrame(t, s, frame(r))
	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	var f store.RowFilter
	for _, name := range allColumns {
		c := schema.Column{Name: name, Type: schema.String} // _ItemId
		if i := slices.IndexFunc(r.Cols, func(c schema.Column) bool { return c.Name == name }); i >= 0 {
			c.Type = r.Cols[i].Type
		}
		f.Columns = append(f.Columns, c)
	}
	var seen []string
	f.Match = func(b *column.Batch) ([]bool, error) {
		for i := range b.N {
			var line []string
			for _, c := range b.Cols {
				line = append(line, fmt.Sprint(c.Value(i)))
			}
			seen = append(seen, strings.Join(line, "|"))
		}
		return make([]bool, b.N), nil
	}
	if m, err := s.Match(t.Context(), "soc", "T_CL", f, mark); err != nil || m != (store.Matched{}) {
		t.Errorf("%+v %v", m, err)
	}
	slices.Sort(seen)
	same(t, rowsOf(t, s, "T_CL", allColumns...), seen)
}

// TestPurgeLeavesWhatCameLater is bound to the moment of the count.
func TestPurgeLeavesWhatCameLater(t *testing.T) {
	now := start
	s := open(t, store.Options{Now: func() (at time.Time) { return now }})
	appendFrame(t, s, frame(events("T_CL", 0, 40)))
	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	even := byNumber(func(n int64) bool { return n%2 == 0 })
	counted, err := s.Match(t.Context(), "soc", "T_CL", even, mark)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	appendFrame(t, s, frame(events("T_CL", 40, 40)))
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := s.Purge(t.Context(), "soc", "T_CL", even, mark, yes)
	if err != nil || m.Rows != 20 || m.Sum != counted.Sum {
		t.Fatalf("%+v %v, counted %+v", m, err, counted)
	}
	same(t, without(t, want(0, 80), func(n int64) bool { return n < 40 && n%2 == 0 }), rowsOf(t, s, "T_CL", allColumns...))
}

// breaking lets a commit of a removal fail, or copies the data folder around it.
type breaking struct {
	manifest.Manifest
	around func(commit func() error) error
}

func (b *breaking) Commit(ctx context.Context, c manifest.Change) error {
	commit := func() error { return b.Manifest.Commit(ctx, c) }
	if len(c.Remove) == 0 || b.around == nil {
		return commit()
	}
	return b.around(commit)
}

// TestPurgeIsWhole opens what a kill just before and just after the change of the part list leaves: all rows, or none of those chosen.
func TestPurgeIsWhole(t *testing.T) {
	m := manifest.NewMemory()
	b := &breaking{Manifest: m}
	s := open(t, store.Options{Manifest: b})
	sealDays(t, s, 4)
	all := withCold(t, s)
	odd := func(n int64) bool { return n%2 == 1 }
	mark, err := s.Mark(t.Context(), "soc", "T_CL")
	if err != nil {
		t.Fatal(err)
	}
	b.around = func(func() error) error { return errors.New("no room for the list") }
	before := filesOf(t, s.opts.Dir)
	if _, err := s.Purge(t.Context(), "soc", "T_CL", byNumber(odd), mark, yes); fault.CodeOf(err) != "purge" {
		t.Errorf("a change that fails: %v", err)
	}
	same(t, all, withCold(t, s))
	same(t, before, filesOf(t, s.opts.Dir))

	copies := [2]string{t.TempDir(), t.TempDir()}
	lists := [2]*manifest.Memory{}
	keep := func(i int) {
		for _, dir := range []string{"tables", "journal"} {
			if err := os.CopyFS(filepath.Join(copies[i], dir), os.DirFS(filepath.Join(s.opts.Dir, dir))); err != nil {
				t.Error(err)
			}
		}
		lists[i] = cloned(t, m)
		catchUp(t, lists[i], copies[i])
	}
	b.around = func(commit func() error) error {
		keep(0)
		err := commit()
		keep(1)
		return err
	}
	if _, err := s.Purge(t.Context(), "soc", "T_CL", byNumber(odd), mark, yes); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{all, without(t, all, odd)} {
		again := open(t, store.Options{Dir: copies[i], Manifest: lists[i]})
		same(t, want, withCold(t, again))
		snap := again.Snapshot("soc")
		if files := filesOf(t, copies[i]); len(files) > 2*len(snap.Parts("T_CL")) {
			t.Errorf("files are left: %v", files)
		}
		snap.Close()
	}
}

// cloned copies a manifest as it is.
func cloned(t *testing.T, m *manifest.Memory) *manifest.Memory {
	t.Helper()
	st, err := m.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := manifest.NewMemory()
	if err := out.Commit(t.Context(), manifest.Change{Add: st.Parts, Sealed: st.Sealed, Positions: st.Positions, Trim: st.Trim}); err != nil {
		t.Fatal(err)
	}
	for id, fs := range st.Fields {
		if _, err := out.AddFields(t.Context(), id, fs); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestPurgeOfDamage removes nothing when a file cannot be read, and has it looked at.
func TestPurgeOfDamage(t *testing.T) {
	s := open(t, store.Options{})
	sealDays(t, s, 2)
	snap := s.Snapshot("soc")
	file := snap.Path(snap.Parts("T_CL")[0])
	snap.Close()
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	_, err := s.Purge(t.Context(), "soc", "T_CL", byNumber(func(int64) bool { return true }), column.MaxDatetime, yes)
	if fault.CodeOf(err) != "part_read" {
		t.Errorf("%v", err)
	}
}
