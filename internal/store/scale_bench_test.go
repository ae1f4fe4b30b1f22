package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// listed returns a manifest with so many parts of one table, an hour each.
func listed(b *testing.B, parts int) *manifest.Memory {
	b.Helper()
	m := manifest.NewMemory()
	var c manifest.Change
	for i := range parts {
		at := column.FromTime(start) - int64(i)*column.Hour
		c.Add = append(c.Add, manifest.Part{
			ID: int64(i + 1), Workspace: "soc", Table: "T_CL", Path: fmt.Sprintf("tables/soc/T_CL/%d.parquet", i), Rows: 100_000, Bytes: 10 << 20, MinTime: at, MaxTime: at + column.Hour - 1,
			Hours: []manifest.HourRows{{Hour: at / column.Hour, Rows: 100_000}},
		})
	}
	if err := m.Commit(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkPlan10000 takes a snapshot of a table of 10,000 files and lists them by time.
func BenchmarkPlan10000(b *testing.B) {
	s, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Manifest: listed(b, 10_000), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		snap := s.Snapshot("soc")
		if n := len(snap.Parts("T_CL")); n != 10_000 {
			b.Fatal(n)
		}
		snap.Close()
	}
}

// BenchmarkDropDay removes a day of 24 files from a table of 2,400.
func BenchmarkDropDay(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, err := store.Open(b.Context(), store.Options{Dir: b.TempDir(), Manifest: listed(b, 2400), Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return start }})
		if err != nil {
			b.Fatal(err)
		}
		cut := store.Cutoff{Time: column.FromTime(start) - (2400-24)*column.Hour + column.Hour, Arrived: 1 << 62}
		b.StartTimer()
		if a, err := s.Expire(b.Context(), "soc", "T_CL", cut); err != nil || a.Parts != 24 {
			b.Fatal(a.Parts, err)
		}
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
}

// BenchmarkOpen opens a store of 1,000 parts and a gigabyte of journal, all of whose rows are unsealed.
func BenchmarkOpen(b *testing.B) {
	o := store.Options{
		Dir: b.TempDir(), Manifest: manifest.NewMemory(), Logger: slog.New(slog.DiscardHandler),
		SealRows: 1 << 40, SealBytes: 1 << 40, SealAge: 100 * time.Hour, TailBytes: 1 << 40, MaxTailBytes: 1 << 40, JournalBytes: 1 << 40,
	}
	s := open(b, o)
	o = s.opts
	for i := range 1000 {
		appendFrame(b, s, frame(events(fmt.Sprintf("T%d_CL", i%500), i*10, 10)))
		if i%500 == 499 {
			if err := s.SealAll(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	rows := processEvents(0, 10_000)
	for s.Stats().JournalBytes < 1<<30 {
		appendFrame(b, s, frame(rows))
	}
	parts := s.Stats().Parts
	closeStore(b, s.Store)
	for b.Loop() {
		again, err := store.Open(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if n := again.Stats().Parts; n != parts {
			b.Fatalf("%d parts, want %d", n, parts)
		}
		closeStore(b, again)
		b.StartTimer()
	}
	b.ReportMetric(float64(parts), "parts")
}
