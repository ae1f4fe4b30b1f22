package engine

import (
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/store"
)

// tailBlock lets DuckDB read an unsealed block in place. fields are the ids of the relation's columns, in order.
type tailBlock struct {
	block  *store.Block
	fields []int32
}

// Rows is the number of rows.
func (b tailBlock) Rows() int { return b.block.Rows() }

// Fill hands over values without copying text: blocks lie outside the Go heap, and the snapshot holds them.
func (b tailBlock) Fill(out *duck.Output, col, from, to int) error {
	c, ok := b.block.Column(b.fields[col])
	if !ok {
		return nil
	}
	switch c.Physical {
	case store.PhysBool:
		out.Bits(c.Bits, from)
	case store.PhysInt:
		out.Ints(c.Ints[from:to])
	case store.PhysFloat:
		out.Floats(c.Floats[from:to])
	default:
		out.Text(c.Text, c.Offsets[from:to+1])
	}
	if c.Validity != nil {
		out.Validity(c.Validity, from)
	}
	return nil
}

var _ duck.Block = tailBlock{}
