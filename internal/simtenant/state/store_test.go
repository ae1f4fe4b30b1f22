package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func open(t *testing.T, dir string, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAKillLosesOnlyWhatNobodySaw(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, time.Now)
	var id int64
	if err := s.Update(func(tx *Tx) error {
		i := &Incident{Name: "one", Status: "active"}
		tx.AddIncident(i)
		id = i.ID
		tx.AddAlert(&Alert{ID: "da1", Incident: id})
		tx.Plan(tx.Now, "settle", id, "x")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(tx *Tx) error {
		i, _ := tx.Incident(id)
		i.Name = "lost"
		return errors.New("refused")
	}); err == nil {
		t.Fatal("the error was lost")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tenant.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, `{"Incidents":[{"ID":1,"Name":"torn"`...), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, time.Now)
	defer s.Close()
	i, ok := s.Incident(id)
	if !ok || i.Name != "one" || len(s.Incidents(0)) != 1 || len(s.Due(time.Now())) != 1 {
		t.Errorf("after the kill: %+v, %d incidents", i, len(s.Incidents(0)))
	}
	if b, _ := os.ReadFile(path); string(b) != string(whole) {
		t.Error("the torn tail is still there")
	}
}

func TestRewriteKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, time.Now)
	if err := s.Update(func(tx *Tx) error {
		tx.Meta().Seed = 4
		for range 5 {
			tx.AddIncident(&Incident{Name: "n", Tags: []string{"a"}})
		}
		tx.AddPlay(&Play{Story: "x"})
		tx.Changed(directory.Change{UPN: "a@b"})
		tx.Plan(time.Now(), "k", 1, "")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.j.rewrite(s.snapshot()); err != nil {
		t.Fatal(err)
	}
	want, plays, meta, changes := s.Incidents(0), s.Plays(), s.Meta(), s.Changes()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, time.Now)
	defer s.Close()
	if diff := cmp.Diff([]any{want, plays, meta, changes}, []any{s.Incidents(0), s.Plays(), s.Meta(), s.Changes()}); diff != "" {
		t.Error(diff)
	}
}

func TestListsLag(t *testing.T) {
	now := time.Now()
	s := open(t, t.TempDir(), func() time.Time { return now })
	defer s.Close()
	var id int64
	change := func(name string) {
		if err := s.Update(func(tx *Tx) error {
			if id == 0 {
				i := &Incident{}
				tx.AddIncident(i)
				id = i.ID
			}
			i, _ := tx.Incident(id)
			i.Name = name
			tx.Touch(i, "me")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(5 * time.Second)
	}
	name := func(lag time.Duration) string {
		if l := s.Incidents(lag); len(l) == 1 {
			return l[0].Name
		}
		return ""
	}
	change("a")
	change("b")
	for lag, want := range map[time.Duration]string{0: "b", 4 * time.Second: "b", 6 * time.Second: "a", 11 * time.Second: ""} {
		if got := name(lag); got != want {
			t.Errorf("lag %v: %q, want %q", lag, got, want)
		}
	}
}

func TestStampsAreTicksAndGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		s := Step(at)
		if s.After(at) && s.Sub(at) > 200 || at.Sub(s) > time.Second/300+200 {
			t.Fatalf("Step(%v) is %v", at, s)
		}
		n := nextStep(s)
		if d := n.Sub(s); d < 3_333_000 || d > 3_334_000 {
			t.Fatalf("the tick after %v is %v later", s, d)
		}
		if again := Step(n.Add(time.Microsecond)); !again.Equal(n) {
			t.Fatalf("%v is no tick: %v", n, again)
		}
	})
}
