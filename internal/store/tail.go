package store

import (
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
)

// mergeRows is the size up to which unsealed blocks are merged.
const mergeRows = 8192

// push adds a block to a table's tail, which owns it from here. The caller holds change and mu.
func (s *Store) push(t *table, b *Block, timeField int32, now time.Time) {
	t.active = append(slices.Clip(t.active), b)
	if t.since.IsZero() {
		t.since = now
	}
	s.tail.Add(b.Bytes())
	t.seen.block(b, timeField, column.FromTime(now)/column.Hour)
}

// compactTail merges small blocks at the end of a table's tail, so that it has few. Each row is copied about
// log2(mergeRows) times at worst. The caller holds change.
func (s *Store) compactTail(t *table) {
	n := len(t.active)
	rows, from := 0, n
	for i := n - 1; i >= 0; i-- {
		r := t.active[i].rows
		if rows > 0 && (r > 2*rows || r >= mergeRows || rows+r > 2*mergeRows) {
			break
		}
		if r >= mergeRows {
			break
		}
		rows, from = rows+r, i
	}
	if n-from < 2 {
		return
	}
	old := t.active[from:]
	merged, err := mergeBlocks(s.opts.Alloc, old)
	if err != nil {
		return // too large together: they stay apart
	}
	list := append(slices.Clone(t.active[:from]), merged)
	delta := merged.Bytes()
	for _, b := range old {
		delta -= b.Bytes()
	}
	s.mu.Lock()
	t.active = list
	s.mu.Unlock()
	s.tail.Add(delta)
	for _, b := range old {
		b.Release()
	}
}
