package ingest

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Key is the natural key of a row, of this process.
type Key uint64

var keySeed = maphash.MakeSeed()

// Keyer computes the keys of rows whose columns are these.
type Keyer struct{ cols []int } // places of time and key columns; -1 for one that is not there

// NewKeyer returns the keyer of rows of the table that have these columns.
func NewKeyer(table string, cols []string) Keyer {
	k := Keyer{cols: []int{slices.Index(cols, store.TimeColumn)}}
	for _, name := range schema.KeyOf(table).Columns {
		k.cols = append(k.cols, slices.Index(cols, name))
	}
	return k
}

// Key returns the key of row i. A column that is not there counts as empty.
func (k Keyer) Key(b *column.Batch, i int) Key {
	var h maphash.Hash
	h.SetSeed(keySeed)
	for _, c := range k.cols {
		if c >= 0 {
			writeValue(&h, b.Cols[c], i)
		}
		_ = h.WriteByte(0xFF) // never fails
	}
	return Key(h.Sum64())
}

// writeValue writes a value so that null, an empty string and zero of the same column differ only where rows of both ways do.
func writeValue(h *maphash.Hash, v *column.Vector, i int) {
	switch v.Type {
	case schema.String:
		_, _ = h.WriteString(v.Strings[i])
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		if v.Null(i) {
			return
		}
		var b [9]byte
		b[0] = 1
		for n := range 8 {
			b[n+1] = byte(v.Ints[i] >> (8 * n))
		}
		_, _ = h.Write(b[:])
	default:
		if x := v.Value(i); x != nil {
			_, _ = h.Write(column.AppendJSON(nil, x))
		}
	}
}

func names(cols []schema.Column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.Name
	}
	return out
}

// Repeats knows rows that were pulled from the tenant and may still come by the export. It is safe for concurrent use.
type Repeats struct {
	mu sync.RWMutex
	by map[string]map[Key]struct{}
}

// Add notes a pulled row.
func (r *Repeats) Add(table string, k Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[string]map[Key]struct{}{}
	}
	if r.by[table] == nil {
		r.by[table] = map[Key]struct{}{}
	}
	r.by[table][k] = struct{}{}
}

// drop returns the rows without those that were pulled before, and how many these are.
func (r *Repeats) drop(rows store.Rows) (store.Rows, int64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	known := r.by[rows.Table]
	if len(known) == 0 {
		return rows, 0
	}
	k := NewKeyer(rows.Table, names(rows.Cols))
	keep := make([]int, 0, rows.Batch.N)
	for i := range rows.Batch.N {
		if _, ok := known[k.Key(rows.Batch, i)]; !ok {
			keep = append(keep, i)
		}
	}
	n := rows.Batch.N - len(keep)
	if n > 0 {
		rows.Batch = rows.Batch.Gather(keep)
	}
	return rows, int64(n)
}
