package column

import "github.com/vedette-siem/vedette/internal/schema"

// Batch is a run of rows: Cols[k] holds column k, every vector has N values. N counts even without columns.
type Batch struct {
	N    int
	Cols []*Vector
}

// NewBatch returns an empty batch with a vector per type and room for n rows.
func NewBatch(n int, types ...schema.Type) *Batch {
	b := &Batch{}
	for _, t := range types {
		b.Cols = append(b.Cols, New(t, n))
	}
	return b
}

// Slice returns rows [i, j) without copying them.
func (b *Batch) Slice(i, j int) *Batch {
	s := &Batch{N: j - i, Cols: make([]*Vector, len(b.Cols))}
	for k, c := range b.Cols {
		s.Cols[k] = c.Slice(i, j)
	}
	return s
}

// Gather returns the rows in the given order; -1 gives a row of nulls.
func (b *Batch) Gather(rows []int) *Batch {
	s := &Batch{N: len(rows), Cols: make([]*Vector, len(b.Cols))}
	for k, c := range b.Cols {
		s.Cols[k] = c.Gather(rows)
	}
	return s
}
