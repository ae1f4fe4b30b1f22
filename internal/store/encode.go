package store

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// stored is a column on its way into a block: a vector and the field it goes to.
type stored struct {
	id  int32
	vec *column.Vector
}

// encodeBlock builds a block of n rows. Fields must be distinct.
func encodeBlock(alloc memory.Allocator, n int, cols []stored) (*Block, error) {
	cols = slices.Clone(cols)
	slices.SortFunc(cols, func(a, b stored) int { return int(a.id) - int(b.id) })
	var shapes []shape
	var kept []stored
	texts := make([][]string, 0, len(cols))
	for _, c := range cols {
		s, strs, any := measure(c, n)
		if any {
			shapes, kept, texts = append(shapes, s), append(kept, c), append(texts, strs)
		}
	}
	b, err := newBlock(alloc, n, shapes)
	if err != nil {
		return nil, err
	}
	for i, c := range kept {
		b.cols[i].fill(c.vec, texts[i], n)
	}
	return b, nil
}

// measure finds the room a column needs; any is false when it holds nothing but nulls or "". Text comes back ready to copy.
func measure(c stored, n int) (s shape, text []string, any bool) {
	s = shape{id: c.id, phys: PhysicalOf(c.vec.Type)}
	nulls := 0
	for _, null := range c.vec.Nulls {
		if null {
			nulls++
		}
	}
	switch s.phys {
	case PhysText:
		text = c.vec.Strings
		for i, v := range text {
			if !utf8.ValidString(v) {
				text = slices.Clone(text)
				for k := i; k < n; k++ {
					text[k] = strings.ToValidUTF8(text[k], "\uFFFD")
				}
				break
			}
		}
		for _, v := range text {
			s.text += len(v)
		}
		return s, text, s.text > 0
	case PhysNullText:
		text = make([]string, n)
		nulls = 0
		var buf []byte
		for i, v := range c.vec.Any {
			if v == nil || c.vec.Null(i) {
				nulls++
				continue
			}
			text[i], buf = textOf(v, buf)
			s.text += len(text[i])
		}
	}
	s.nulls = nulls > 0
	return s, text, nulls < n
}

// textOf prints a dynamic, decimal or guid value as it is stored. buf is scratch room.
func textOf(v any, buf []byte) (string, []byte) {
	var s string
	switch v := v.(type) {
	case column.Raw:
		s = string(v)
	case *apd.Decimal:
		s = v.String()
	case uuid.UUID:
		s = v.String()
	default:
		buf = column.AppendJSON(buf[:0], v)
		s = string(buf)
	}
	return strings.ToValidUTF8(s, "\uFFFD"), buf
}

// fill copies a vector's values into the laid out column.
func (c *BlockColumn) fill(v *column.Vector, text []string, n int) {
	if c.Validity != nil {
		for i := range n {
			if !v.Null(i) && (c.Physical != PhysNullText || v.Any[i] != nil) {
				bitutil.SetBit(c.Validity, i)
			}
		}
	}
	switch c.Physical {
	case PhysBool:
		for i, x := range v.Bools {
			if x {
				bitutil.SetBit(c.Bits, i)
			}
		}
	case PhysInt:
		copy(c.Ints, v.Ints)
	case PhysFloat:
		copy(c.Floats, v.Floats)
	default:
		at := 0
		for i, s := range text {
			at += copy(c.Text[at:], s)
			c.Offsets[i+1] = int32(at)
		}
	}
}

// decodeColumn makes a vector of a column's rows [from, to) in Go memory; c nil gives nulls or "".
func decodeColumn(c *BlockColumn, t schema.Type, from, to int) *column.Vector {
	n := to - from
	if c == nil || c.Physical != PhysicalOf(t) {
		return emptyVector(t, n)
	}
	v := &column.Vector{Type: t}
	if c.Validity != nil {
		v.Nulls = make([]bool, n)
		for i := range n {
			v.Nulls[i] = !bitutil.BitIsSet(c.Validity, from+i)
		}
	}
	switch c.Physical {
	case PhysBool:
		v.Bools = make([]bool, n)
		for i := range n {
			v.Bools[i] = bitutil.BitIsSet(c.Bits, from+i)
		}
	case PhysInt:
		v.Ints = slices.Clone(c.Ints[from:to])
	case PhysFloat:
		v.Floats = slices.Clone(c.Floats[from:to])
	default:
		text := string(c.Text[c.Offsets[from]:c.Offsets[to]])
		base := c.Offsets[from]
		strs := make([]string, n)
		for i := range n {
			strs[i] = text[c.Offsets[from+i]-base : c.Offsets[from+i+1]-base]
		}
		if c.Physical == PhysText {
			v.Strings = strs
			break
		}
		v.Any = make([]any, n)
		for i, s := range strs {
			if v.Nulls == nil || !v.Nulls[i] {
				v.Any[i] = valueOf(t, s)
			}
		}
		nullMissing(v)
	}
	return v
}

// valueOf reads what textOf printed. Text that does not read back (it was changed by hand) is a null.
func valueOf(t schema.Type, s string) any {
	switch t {
	case schema.Decimal:
		if d, _, err := apd.NewFromString(s); err == nil {
			return d
		}
		return nil
	case schema.Guid:
		if u, err := uuid.Parse(s); err == nil {
			return u
		}
		return nil
	}
	return column.Raw(s)
}

// nullMissing marks the nil values of a vector as null.
func nullMissing(v *column.Vector) {
	for i, x := range v.Any {
		if x == nil {
			if v.Nulls == nil {
				v.Nulls = make([]bool, len(v.Any))
			}
			v.Nulls[i] = true
		}
	}
}

// emptyVector returns n nulls, or "".
func emptyVector(t schema.Type, n int) *column.Vector {
	v := column.Make(t, n)
	if t != schema.String && v.Nulls == nil {
		v.Nulls = slices.Repeat([]bool{true}, n)
	}
	return v
}

// mergeBlocks makes one block of the rows of all, in order.
func mergeBlocks(alloc memory.Allocator, blocks []*Block) (*Block, error) {
	rows := 0
	ids := map[int32]Physical{}
	for _, b := range blocks {
		rows += b.rows
		for _, c := range b.cols {
			ids[c.ID] = c.Physical
		}
	}
	shapes := make([]shape, 0, len(ids))
	for id, phys := range ids {
		s := shape{id: id, phys: phys}
		for _, b := range blocks {
			c, ok := b.Column(id)
			if !ok {
				s.nulls = s.nulls || phys != PhysText
				continue
			}
			s.nulls = s.nulls || c.Validity != nil
			s.text += len(c.Text)
		}
		shapes = append(shapes, s)
	}
	slices.SortFunc(shapes, func(a, b shape) int { return int(a.id) - int(b.id) })
	out, err := newBlock(alloc, rows, shapes)
	if err != nil {
		return nil, err
	}
	for i := range out.cols {
		out.cols[i].concat(blocks)
	}
	out.min, out.max, out.firstSeq, out.lastSeq = math.MaxInt64, math.MinInt64, math.MaxUint64, 0
	for _, b := range blocks {
		out.min, out.max = min(out.min, b.min), max(out.max, b.max)
		out.firstSeq, out.lastSeq = min(out.firstSeq, b.firstSeq), max(out.lastSeq, b.lastSeq)
	}
	return out, nil
}

// concat fills the laid out column from the same column of the blocks.
func (c *BlockColumn) concat(blocks []*Block) {
	row, at := 0, 0
	for _, b := range blocks {
		src, ok := b.Column(c.ID)
		if c.Validity != nil && ok {
			for i := range b.rows {
				if !src.Null(i) {
					bitutil.SetBit(c.Validity, row+i)
				}
			}
		}
		switch c.Physical {
		case PhysBool:
			for i := range b.rows {
				if ok && bitutil.BitIsSet(src.Bits, i) {
					bitutil.SetBit(c.Bits, row+i)
				}
			}
		case PhysInt:
			if ok {
				copy(c.Ints[row:], src.Ints)
			}
		case PhysFloat:
			if ok {
				copy(c.Floats[row:], src.Floats)
			}
		default:
			for i := range b.rows {
				c.Offsets[row+i+1] = int32(at)
				if ok {
					c.Offsets[row+i+1] += src.Offsets[i+1]
				}
			}
			if ok {
				at += copy(c.Text[at:], src.Text)
			}
		}
		row += b.rows
	}
}
