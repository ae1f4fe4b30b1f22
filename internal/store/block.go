package store

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/vedette-siem/vedette/internal/schema"
)

// Physical is how the values of a column are held in blocks and parts.
type Physical uint8

// The physical types. Text is a string column, never null; JSONText holds dynamic, decimal and guid values as text, with nulls.
const (
	PhysBool Physical = iota + 1
	PhysInt
	PhysFloat
	PhysText
	PhysNullText
)

// PhysicalOf returns the physical type of a KQL type.
func PhysicalOf(t schema.Type) Physical {
	switch t {
	case schema.Bool:
		return PhysBool
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		return PhysInt
	case schema.Real:
		return PhysFloat
	case schema.String:
		return PhysText
	}
	return PhysNullText
}

// Block is a run of unsealed rows of one table, column by column, in one piece of memory outside the Go heap. It is
// immutable. Columns that hold nothing but nulls or "" are left out. It belongs to whoever retained it.
//
// The memory is also the form that the journal writes:
//
//	rows u32 | columns u32 | column directory, 32 bytes each | buffers, each at a multiple of 8
//	directory entry: field id u32 | physical u8 | 3 zero bytes | validity u32 | first u32 | second u32 | second length u32 | 8 zero bytes
//
// validity is the offset of a bitmap (1 is a value) or 0; first is the values, or n+1 offsets of 4 bytes for text; second is the text.
type Block struct {
	mem      []byte
	alloc    memory.Allocator
	refs     atomic.Int64
	rows     int
	cols     []BlockColumn
	min, max int64 // TimeGenerated
	firstSeq uint64
	lastSeq  uint64
}

// BlockColumn gives the values of a column as views of the block's memory: do not change them, do not keep them longer
// than the block.
type BlockColumn struct {
	ID       int32
	Physical Physical
	Validity []byte // bitmap, least significant bit first, 1 is a value; nil when there are no nulls
	Bits     []byte // PhysBool, a bitmap
	Ints     []int64
	Floats   []float64
	Offsets  []int32 // PhysText, PhysNullText: value i is Text[Offsets[i]:Offsets[i+1]], valid UTF-8
	Text     []byte
}

const (
	blockHead  = 8
	entryBytes = 32
	// maxBlock keeps offsets within 32 bits.
	maxBlock = 1 << 30
)

// Rows returns the number of rows.
func (b *Block) Rows() int { return b.rows }

// Bytes returns the size in memory.
func (b *Block) Bytes() int64 { return int64(len(b.mem)) }

// MinTime and MaxTime bound TimeGenerated, in ticks.
func (b *Block) MinTime() int64 { return b.min }

// MaxTime is described at MinTime.
func (b *Block) MaxTime() int64 { return b.max }

// Columns returns the columns that hold something, by ascending field id.
func (b *Block) Columns() []BlockColumn { return b.cols }

// Column returns the column with the field id; false means that all its values are null or "".
func (b *Block) Column(id int32) (*BlockColumn, bool) {
	i, ok := slices.BinarySearchFunc(b.cols, id, func(c BlockColumn, id int32) int { return int(c.ID) - int(id) })
	if !ok {
		return nil, false
	}
	return &b.cols[i], true
}

// Null reports whether value i is null.
func (c *BlockColumn) Null(i int) bool { return c.Validity != nil && !bitutil.BitIsSet(c.Validity, i) }

// Value returns the bytes of text value i.
func (c *BlockColumn) Value(i int) []byte { return c.Text[c.Offsets[i]:c.Offsets[i+1]] }

// Retain adds a holder.
func (b *Block) Retain() { b.refs.Add(1) }

// Release ends one holder's use; the last one frees the memory.
func (b *Block) Release() {
	n := b.refs.Add(-1)
	if n > 0 {
		return
	}
	if n < 0 {
		panic("store: a block was released twice")
	}
	mem := b.mem
	b.mem, b.cols = nil, nil
	b.alloc.Free(mem)
}

// Array returns a column as an Arrow array over the block's memory.
func (c *BlockColumn) Array(rows int) arrow.Array {
	var dt arrow.DataType
	bufs := []*memory.Buffer{nil}
	nulls := 0
	if c.Validity != nil {
		bufs[0] = memory.NewBufferBytes(c.Validity)
		nulls = array.UnknownNullCount
	}
	switch c.Physical {
	case PhysBool:
		dt, bufs = arrow.FixedWidthTypes.Boolean, append(bufs, memory.NewBufferBytes(c.Bits))
	case PhysInt:
		dt, bufs = arrow.PrimitiveTypes.Int64, append(bufs, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(c.Ints)))
	case PhysFloat:
		dt, bufs = arrow.PrimitiveTypes.Float64, append(bufs, memory.NewBufferBytes(arrow.Float64Traits.CastToBytes(c.Floats)))
	default:
		dt = arrow.BinaryTypes.String
		bufs = append(bufs, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.Offsets)), memory.NewBufferBytes(c.Text))
	}
	data := array.NewData(dt, rows, bufs, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// shape says how much room a column needs, before a block is laid out.
type shape struct {
	id    int32
	phys  Physical
	nulls bool
	text  int // bytes of text
}

// newBlock lays out a block of zero values with one holder, in memory that the allocator gives zeroed. Shapes must be in the order of their ids.
func newBlock(alloc memory.Allocator, rows int, shapes []shape) (*Block, error) {
	size := blockHead + entryBytes*len(shapes)
	dir := make([][4]int, len(shapes)) // validity, first, second, second length
	for i, s := range shapes {
		place := func(n int) int {
			at := size
			size += (n + 7) &^ 7
			return at
		}
		if s.nulls {
			dir[i][0] = place((rows + 7) / 8)
		}
		switch s.phys {
		case PhysBool:
			dir[i][1] = place((rows + 7) / 8)
		case PhysInt, PhysFloat:
			dir[i][1] = place(8 * rows)
		default:
			dir[i][1] = place(4 * (rows + 1))
			dir[i][2], dir[i][3] = place(s.text), s.text
		}
		if size > maxBlock {
			return nil, errBlockSize
		}
	}
	mem := alloc.Allocate(size) // zeros: to write them again would touch every page twice
	putU32(mem, 0, rows)
	putU32(mem, 4, len(shapes))
	for i, s := range shapes {
		e := blockHead + entryBytes*i
		putU32(mem, e, int(s.id))
		mem[e+4] = byte(s.phys)
		for k, v := range dir[i] {
			putU32(mem, e+8+4*k, v)
		}
	}
	b, err := viewBlock(alloc, mem)
	if err != nil {
		panic(err) // laid out above
	}
	return b, nil
}

var (
	errBlockSize = errors.New("more than 1 GB of rows of one table at once")
	errBlock     = errors.New("the block is damaged")
)

// copyBlock makes a block of bytes that newBlock once laid out.
func copyBlock(alloc memory.Allocator, raw []byte) (*Block, error) {
	if len(raw) > maxBlock {
		return nil, errBlockSize
	}
	mem := alloc.Allocate(len(raw))
	copy(mem, raw)
	b, err := viewBlock(alloc, mem)
	if err == nil {
		err = b.check()
	}
	if err != nil {
		alloc.Free(mem)
		return nil, err
	}
	return b, nil
}

// viewBlock reads the directory. It checks every bound, since the bytes may come from a file; check looks at the offsets.
func viewBlock(alloc memory.Allocator, mem []byte) (*Block, error) {
	if len(mem) < blockHead {
		return nil, errBlock
	}
	rows, n := getU32(mem, 0), getU32(mem, 4)
	if n > (len(mem)-blockHead)/entryBytes || rows > maxBlock {
		return nil, errBlock
	}
	b := &Block{mem: mem, alloc: alloc, rows: rows, cols: make([]BlockColumn, n), min: math.MaxInt64, max: math.MinInt64}
	b.refs.Store(1)
	span := func(at, size int) ([]byte, error) {
		if at < blockHead+entryBytes*n || at%8 != 0 || size < 0 || at > len(mem) || size > len(mem)-at {
			return nil, errBlock
		}
		return mem[at : at+size : at+size], nil
	}
	for i := range b.cols {
		c := &b.cols[i]
		e := blockHead + entryBytes*i
		c.ID, c.Physical = int32(getU32(mem, e)), Physical(mem[e+4])
		if i > 0 && b.cols[i-1].ID >= c.ID {
			return nil, fmt.Errorf("%w: field %d is out of order", errBlock, c.ID)
		}
		var err error
		if at := getU32(mem, e+8); at != 0 {
			if c.Validity, err = span(at, (rows+7)/8); err != nil {
				return nil, err
			}
		}
		first := getU32(mem, e+12)
		var v []byte
		switch c.Physical {
		case PhysBool:
			c.Bits, err = span(first, (rows+7)/8)
		case PhysInt:
			v, err = span(first, 8*rows)
			c.Ints = view[int64](v)
		case PhysFloat:
			v, err = span(first, 8*rows)
			c.Floats = view[float64](v)
		case PhysText, PhysNullText:
			if v, err = span(first, 4*(rows+1)); err == nil {
				c.Offsets = view[int32](v)
				c.Text, err = span(getU32(mem, e+16), getU32(mem, e+20))
			}
		default:
			err = errBlock
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// check makes sure that no text offset leads outside the text.
func (b *Block) check() error {
	for _, c := range b.cols {
		if c.Offsets == nil {
			continue
		}
		last := int32(0)
		for _, o := range c.Offsets {
			if o < last {
				return fmt.Errorf("%w: the offsets of field %d go back", errBlock, c.ID)
			}
			last = o
		}
		if c.Offsets[0] != 0 || int(last) != len(c.Text) {
			return fmt.Errorf("%w: the offsets of field %d miss its text", errBlock, c.ID)
		}
	}
	return nil
}

// bound sets the block's time range from its time column.
func (b *Block) bound(timeField int32) error {
	c, ok := b.Column(timeField)
	if !ok || c.Physical != PhysInt || c.Validity != nil {
		return fmt.Errorf("%w: it has no time column", errBlock)
	}
	for _, t := range c.Ints {
		b.min, b.max = min(b.min, t), max(b.max, t)
	}
	return nil
}

// view casts 8-aligned bytes to values. Blocks are little-endian like every platform this program is built for.
func view[T int64 | float64 | int32](b []byte) []T {
	var z T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(z)))
}

func putU32(mem []byte, at, v int) { *(*uint32)(unsafe.Pointer(&mem[at])) = uint32(v) }

func getU32(mem []byte, at int) int { return int(*(*uint32)(unsafe.Pointer(&mem[at]))) }
