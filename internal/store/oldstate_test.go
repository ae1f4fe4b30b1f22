package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// TestOlderState puts an older copy of the state database into a folder: of before the last start, or of the same run, with the journal cut
// since. The files that it does not list are set aside and told of, never removed; what it knows is served, what the journal holds too, no row
// is there twice, and a gap record says what is lost.
func TestOlderState(t *testing.T) {
	for _, sameRun := range []bool{false, true} {
		name := map[bool]string{true: "of the same run", false: "of an earlier run"}[sameRun]
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			copyOf := filepath.Join(t.TempDir(), "state.db")
			var told []store.Problem
			start := func() (*testStore, *meta.DB) {
				db, err := meta.Open(t.Context(), filepath.Join(dir, "state.db"))
				if err != nil {
					t.Fatal(err)
				}
				told = nil
				o := store.Options{Dir: dir, Manifest: db, Logger: quiet, Damaged: func(p store.Problem) { told = append(told, p) }}
				s, err := store.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				return &testStore{s, o}, db
			}
			stop := func(s *testStore, db *meta.DB) {
				closeStore(t, s.Store)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s, db := start()
			appendFrame(t, s, covered(frame(events("T_CL", 0, 40)), 0, 40))
			if err := s.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.CopyTo(t.Context(), copyOf); err != nil {
				t.Fatal(err)
			}
			if !sameRun {
				stop(s, db)
				s, db = start()
			}
			appendFrame(t, s, covered(frame(events("T_CL", 40, 30)), 40, 70))
			if err := s.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			appendFrame(t, s, covered(frame(events("T_CL", 70, 10)), 70, 80))
			stop(s, db)
			for _, name := range []string{"state.db", "state.db-wal", "state.db-shm"} {
				if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			if err := os.Rename(copyOf, filepath.Join(dir, "state.db")); err != nil {
				t.Fatal(err)
			}
			s, db = start()
			defer func() { stop(s, db) }()
			rows := rowsOf(t, s, "T_CL", allColumns...)
			if unique := slices.Compact(slices.Clone(rows)); len(unique) != len(rows) {
				t.Errorf("%d of %d rows are there twice", len(rows)-len(unique), len(rows))
			}
			all := append(want(0, 40), want(70, 10)...)
			slices.Sort(all)
			same(t, all, rows)
			if len(told) != 1 || !strings.Contains(told[0].Reason, "older") {
				t.Errorf("told %+v", told)
			} else if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(told[0].Path)) + ".bad"); err != nil {
				t.Error(err)
			}
			if gaps := rowsOf(t, s, store.GapTable, "Source", "From", "To"); !slices.Contains(gaps, "hub/test|40|70") {
				t.Errorf("the loss is not recorded: %v", gaps)
			}
		})
	}
}
