package duck

import (
	"strings"
	"unsafe"

	"github.com/cockroachdb/apd/v3"
	mapping "github.com/duckdb/duckdb-go-bindings"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// physical is the engine's type of a KQL type.
func physical(t schema.Type) mapping.Type {
	switch t {
	case schema.Bool:
		return mapping.TypeBoolean
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		return mapping.TypeBigInt
	case schema.Real:
		return mapping.TypeDouble
	}
	return mapping.TypeVarchar
}

// inlineText is the length up to which DuckDB keeps a string in place.
const inlineText = 12

// text is a string as DuckDB lays it out: short ones inline, longer ones behind a pointer.
type text struct {
	n      uint32
	prefix [4]byte
	ptr    unsafe.Pointer
}

// bytes is valid as long as the vector is.
func (t *text) bytes() []byte {
	if t.n <= inlineText {
		return unsafe.Slice((*byte)(unsafe.Pointer(&t.prefix)), t.n)
	}
	return unsafe.Slice((*byte)(t.ptr), t.n)
}

// decode copies n values out of a flat engine vector.
func decode(vec mapping.Vector, n int, t schema.Type) *column.Vector {
	out := &column.Vector{Type: t}
	data := mapping.VectorGetData(vec)
	out.Nulls = nulls(mapping.VectorGetValidity(vec), n)
	switch physical(t) {
	case mapping.TypeBoolean:
		out.Bools = make([]bool, n)
		for i, b := range unsafe.Slice((*uint8)(data), n) {
			out.Bools[i] = b != 0 && !out.Null(i)
		}
		return out
	case mapping.TypeBigInt:
		out.Ints = append(make([]int64, 0, n), unsafe.Slice((*int64)(data), n)...)
		for i, null := range out.Nulls {
			if null {
				out.Ints[i] = 0
			}
		}
		return out
	case mapping.TypeDouble:
		out.Floats = append(make([]float64, 0, n), unsafe.Slice((*float64)(data), n)...)
		for i, null := range out.Nulls {
			if null {
				out.Floats[i] = 0
			}
		}
		return out
	}
	strs := decodeText(unsafe.Slice((*text)(data), n), out.Nulls)
	if t == schema.String {
		out.Strings, out.Nulls = strs, nil
		return out
	}
	parseText(out, strs)
	return out
}

// nulls spreads a validity mask, or returns nil when nothing is null.
func nulls(mask unsafe.Pointer, n int) []bool {
	if mask == nil {
		return nil
	}
	var out []bool
	for w, bits := range unsafe.Slice((*uint64)(mask), (n+63)/64) {
		if bits == ^uint64(0) {
			continue
		}
		for i := w * 64; i < min(n, w*64+64); i++ {
			if bits&(1<<(i%64)) == 0 {
				if out == nil {
					out = make([]bool, n)
				}
				out[i] = true
			}
		}
	}
	return out
}

// decodeText copies the strings with one allocation for all their bytes; a null gives "".
func decodeText(in []text, null []bool) []string {
	size := 0
	for i := range in {
		if null == nil || !null[i] {
			size += int(in[i].n)
		}
	}
	var all strings.Builder
	all.Grow(size)
	for i := range in {
		if null == nil || !null[i] {
			all.Write(in[i].bytes())
		}
	}
	rest := all.String()
	out := make([]string, len(in))
	for i := range in {
		if null == nil || !null[i] {
			out[i], rest = rest[:in[i].n], rest[in[i].n:]
		}
	}
	return out
}

// parseText fills a dynamic, decimal or guid vector from its stored text. Text that does not read back is a null, as
// when the store reads it.
func parseText(out *column.Vector, strs []string) {
	out.Any = make([]any, len(strs))
	for i, s := range strs {
		if out.Null(i) {
			continue
		}
		switch out.Type {
		case schema.Decimal:
			if d, _, err := apd.NewFromString(s); err == nil {
				out.Any[i] = d
			}
		case schema.Guid:
			if id, err := uuid.Parse(s); err == nil {
				out.Any[i] = id
			}
		default:
			out.Any[i] = column.Carried(s)
		}
		if out.Any[i] == nil {
			if out.Nulls == nil {
				out.Nulls = make([]bool, len(strs))
			}
			out.Nulls[i] = true
		}
	}
}
