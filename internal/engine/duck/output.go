package duck

import (
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Output takes the values of one column of one chunk. Exactly one method that writes values is called.
type Output struct {
	vec     mapping.Vector
	typ     schema.Type
	n       int
	written bool
}

// Vector copies values of the column's type.
func (o *Output) Vector(v *column.Vector) error {
	if v.Type != o.typ || v.Len() != o.n {
		return fault.New(fault.Internal, "tail_block", "%d values of type %s where %d of type %s are meant", v.Len(), v.Type, o.n, o.typ)
	}
	encode(o.vec, v)
	o.written = true
	return nil
}

// Ints copies the values of an int, long, datetime or timespan column.
func (o *Output) Ints(v []int64) {
	copy(unsafe.Slice((*int64)(mapping.VectorGetData(o.vec)), o.n), v)
	o.written = true
}

// Floats copies the values of a real column.
func (o *Output) Floats(v []float64) {
	copy(unsafe.Slice((*float64)(mapping.VectorGetData(o.vec)), o.n), v)
	o.written = true
}

// Bits copies the values of a bool column from a bitmap, least significant bit first, starting at bit from.
func (o *Output) Bits(bitmap []byte, from int) {
	out := unsafe.Slice((*bool)(mapping.VectorGetData(o.vec)), o.n)
	for i := range out {
		out[i] = bitmap[(from+i)/8]&(1<<((from+i)%8)) != 0
	}
	o.written = true
}

// Text refers to the values of a text column: value i is all[offsets[i]:offsets[i+1]], valid UTF-8. Nothing is copied:
// all must be memory outside the Go heap that stays until the query is closed.
func (o *Output) Text(all []byte, offsets []int32) {
	out := unsafe.Slice((*text)(mapping.VectorGetData(o.vec)), o.n)
	for i := range out {
		v := all[offsets[i]:offsets[i+1]]
		t := &out[i]
		t.n = uint32(len(v))
		if len(v) <= inlineText {
			inline := (*[inlineText]byte)(unsafe.Pointer(&t.prefix))
			clear(inline[copy(inline[:], v):])
			continue
		}
		copy(t.prefix[:], v)
		t.ptr = unsafe.Pointer(unsafe.SliceData(v))
	}
	o.written = true
}

// Validity marks the values whose bit is 0 as null; the bitmap is as in Bits.
func (o *Output) Validity(bitmap []byte, from int) {
	var mask []uint64
	for i := range o.n {
		if bitmap[(from+i)/8]&(1<<((from+i)%8)) != 0 {
			continue
		}
		if mask == nil {
			mask = writableMask(o.vec, o.n)
		}
		mask[i/64] &^= 1 << (i % 64)
	}
}

// empty writes what a column without values holds.
func (o *Output) empty() {
	if o.typ == schema.String {
		clear(unsafe.Slice((*text)(mapping.VectorGetData(o.vec)), o.n))
		return
	}
	mask := writableMask(o.vec, o.n)
	for i := range o.n {
		mask[i/64] &^= 1 << (i % 64)
	}
}

func writableMask(vec mapping.Vector, n int) []uint64 {
	mapping.VectorEnsureValidityWritable(vec)
	return unsafe.Slice((*uint64)(mapping.VectorGetValidity(vec)), (n+63)/64)
}
