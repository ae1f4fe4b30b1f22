package ingest

import (
	"strings"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Transformer changes rows on their way into their table. Implementations are safe for concurrent use; they never fail: what they
// cannot change they return as it came.
type Transformer interface {
	// Apply returns what is to be stored of the rows, and how many of them are left out.
	Apply(rows store.Rows) (store.Rows, int64)
}

// recentRows is how many of the newest rows of a table are remembered as they came, so that people see what a transformation does.
const recentRows = 200

// transforms are the transformations of a workspace, and the newest rows that came to them. It is safe for concurrent use.
type transforms struct {
	mu     sync.RWMutex
	by     map[string]Transformer
	recent map[string][]store.Rows
}

// SetTransform sets the transformation of a table; nil takes it away. Frames that are made from now on follow it.
func (in *Intake) SetTransform(table string, t Transformer) {
	in.transforms.mu.Lock()
	defer in.transforms.mu.Unlock()
	if in.transforms.by == nil {
		in.transforms.by = map[string]Transformer{}
	}
	if t == nil {
		delete(in.transforms.by, table)
	} else {
		in.transforms.by[table] = t
	}
}

// Transform applies the transformation of the rows' table, if it has one.
func (in *Intake) Transform(rows store.Rows) (store.Rows, int64) {
	in.transforms.mu.RLock()
	t := in.transforms.by[rows.Table]
	in.transforms.mu.RUnlock()
	if t == nil || rows.Batch.N == 0 {
		return rows, 0
	}
	return t.Apply(rows)
}

// Recent returns up to 200 of the newest rows of a table as they came in since the start, before any transformation. The caller must
// not change them.
func (in *Intake) Recent(table string) []store.Rows {
	in.transforms.mu.RLock()
	defer in.transforms.mu.RUnlock()
	return append([]store.Rows(nil), in.transforms.recent[table]...)
}

// apply notes rows that came in and applies the table's transformation.
func (t *transforms) apply(rows store.Rows) (store.Rows, int64) {
	t.mu.Lock()
	t.remember(rows)
	tr := t.by[rows.Table]
	t.mu.Unlock()
	if tr == nil || rows.Batch.N == 0 {
		return rows, 0
	}
	return tr.Apply(rows)
}

func (t *transforms) remember(rows store.Rows) {
	if t.recent == nil {
		t.recent = map[string][]store.Rows{}
	}
	list := append(t.recent[rows.Table], store.Rows{Table: rows.Table, Cols: rows.Cols, Batch: newest(rows.Batch)})
	n := 0
	for _, r := range list {
		n += r.Batch.N
	}
	for len(list) > 1 && n-list[0].Batch.N >= recentRows {
		n -= list[0].Batch.N
		list = list[1:]
	}
	t.recent[strings.Clone(rows.Table)] = append([]store.Rows(nil), list...)
}

// newest copies the last rows of a batch, so that the messages they came in can be forgotten.
func newest(b *column.Batch) *column.Batch {
	last := b.Slice(max(0, b.N-recentRows), b.N)
	out := &column.Batch{N: last.N, Cols: make([]*column.Vector, len(last.Cols))}
	for i, v := range last.Cols {
		c := column.New(v.Type, last.N)
		for k := range last.N {
			switch x := v.Value(k).(type) {
			case string:
				c.AppendString(strings.Clone(x))
			case column.Raw:
				c.AppendAny(column.Raw(strings.Clone(string(x))))
			default:
				if v.Type == schema.String {
					c.AppendString("")
				} else {
					c.Append(x)
				}
			}
		}
		out.Cols[i] = c
	}
	return out
}
