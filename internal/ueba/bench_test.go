package ueba

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// BenchmarkTake10000 stores a directory of 10,000 people with 20 groups each: the first time, and again without a change. The
// reference is the state database's commit: about 5 ms on a disk of its own.
func BenchmarkTake10000(b *testing.B) {
	people := make([]model.Person, 10_000)
	for i := range people {
		people[i] = model.Person{ID: fmt.Sprint(i), ObjectID: fmt.Sprint("o", i), SID: fmt.Sprint("S-1-5-21-1-2-3-", i), UPN: fmt.Sprintf("user%05d@contoso.com", i), DisplayName: "Somebody", Department: "Finance", Manager: "boss@contoso.com"}
		for g := range 20 {
			people[i].Groups = append(people[i].Groups, fmt.Sprintf("GG-Group-%03d", (i+g)%400))
		}
	}
	fresh := func(b *testing.B) *Service {
		b.Helper()
		db, err := meta.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		s, err := New(b.Context(), config(db), here)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	take := func(b *testing.B, s *Service) {
		b.Helper()
		if err := s.take(b.Context(), here, SourceEntra, Batch{Full: true, People: people}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := fresh(b)
			b.StartTimer()
			take(b, s)
		}
	})
	b.Run("again", func(b *testing.B) {
		s := fresh(b)
		take(b, s)
		for b.Loop() {
			take(b, s)
		}
	})
}
