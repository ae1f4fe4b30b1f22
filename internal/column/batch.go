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

// Size estimates the memory the values take, in bytes.
func (b *Batch) Size() int64 {
	var n int64
	for _, c := range b.Cols {
		n += c.Size()
	}
	return n
}

// Size estimates the memory the values take, in bytes; a dynamic counts by its text, or 64 bytes once parsed.
func (v *Vector) Size() int64 {
	n := int64(len(v.Nulls) + len(v.Bools) + 8*len(v.Ints) + 8*len(v.Floats) + 16*len(v.Strings) + 16*len(v.Any))
	for _, s := range v.Strings {
		n += int64(len(s))
	}
	for _, x := range v.Any {
		if r, ok := x.(Raw); ok {
			n += int64(len(r))
		} else if x != nil {
			n += 64
		}
	}
	return n
}
