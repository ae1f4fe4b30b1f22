package store_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/vedette-siem/vedette/internal/store"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// told counts the positions that each change of the manifest carries.
type told struct {
	manifest.Manifest
	mu    sync.Mutex
	sizes []int
}

func (m *told) Commit(ctx context.Context, c manifest.Change) error {
	if c.Trim > 0 {
		m.mu.Lock()
		m.sizes = append(m.sizes, len(c.Positions))
		m.mu.Unlock()
	}
	return m.Manifest.Commit(ctx, c)
}

func (m *told) take() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.sizes
	m.sizes = nil
	return out
}

// The manifest hears of positions that moved, not of all that there ever were: a storage account has one for each hour of each table.
func TestManifestHearsOfMovedPositions(t *testing.T) {
	m := &told{Manifest: manifest.NewMemory()}
	s := open(t, store.Options{Manifest: m, SegmentBytes: 1}) // every frame begins a segment
	const partitions = 2000
	want := map[int32]int64{}
	row := 0
	move := func(partition int32, next int64) {
		t.Helper()
		f := frame(events("T_CL", row, 1))
		f.Covers = []store.Range{{Source: "blob/account", Partition: partition, First: want[partition], Next: next}}
		appendFrame(t, s, f)
		want[partition] = next
		row++
	}
	settle := func() (most int) {
		t.Helper()
		if err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range m.take() {
			most = max(most, n)
		}
		return most
	}
	for i := range partitions / 100 {
		f := frame(events("T_CL", row, 1))
		row++
		for k := range 100 {
			p := int32(i*100 + k)
			f.Covers = append(f.Covers, store.Range{Source: "blob/account", Partition: p, First: 0, Next: 10})
			want[p] = 10
		}
		appendFrame(t, s, f)
	}
	move(7, 20)
	if n := settle(); n == 0 {
		t.Fatal("the journal was not cut, so this test says nothing")
	}
	for range 3 {
		move(7, want[7]+10)
		move(8, want[8]+10)
		if n := settle(); n < 1 || n > 10 {
			t.Errorf("the manifest was told of %d positions after two moved", n)
		}
	}
	move(9, 30) // only in the journal
	s = s.reopen(t)
	if got := s.Positions("soc", "blob/account"); !maps.Equal(got, want) {
		t.Errorf("%d positions after a start, want %d", len(got), len(want))
	}
	move(7, want[7]+10)
	settle()
	s = s.reopen(t)
	if got := s.Positions("soc", "blob/account"); !maps.Equal(got, want) {
		t.Errorf("positions after a second start: %s", fmt.Sprint(got[7], got[8], got[9]))
	}
	if got := s.Sources("soc"); len(got) != 1 {
		t.Errorf("sources %v", got)
	}
}
