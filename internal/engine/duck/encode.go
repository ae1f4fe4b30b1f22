package duck

/*
#include <stdint.h>
#include <stddef.h>

// As duckdb.h declares it.
void duckdb_unsafe_vector_assign_string_element_len(void *vector, uint64_t index, const char *str, uint64_t len);

// vedette_duck_texts copies n strings, laid end to end in bytes, into the vector. One call from Go instead of n.
static void vedette_duck_texts(void *vector, const char *bytes, const int64_t *ends, uint64_t n) {
	int64_t from = 0;
	for (uint64_t i = 0; i < n; i++) {
		duckdb_unsafe_vector_assign_string_element_len(vector, i, bytes + from, (uint64_t)(ends[i] - from));
		from = ends[i];
	}
}
*/
import "C"

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/cockroachdb/apd/v3"
	mapping "github.com/duckdb/duckdb-go-bindings"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// encode copies all values of v, at most one chunk, into an engine vector of the type's physical form.
func encode(vec mapping.Vector, v *column.Vector) {
	n := v.Len()
	if n == 0 {
		return
	}
	if v.Nulls != nil {
		markNulls(vec, v.Nulls[:n])
	}
	data := mapping.VectorGetData(vec)
	switch physical(v.Type) {
	case mapping.TypeBoolean:
		copy(unsafe.Slice((*bool)(data), n), v.Bools)
	case mapping.TypeBigInt:
		copy(unsafe.Slice((*int64)(data), n), v.Ints)
	case mapping.TypeDouble:
		copy(unsafe.Slice((*float64)(data), n), v.Floats)
	default:
		encodeText(vec, v, n)
	}
}

func markNulls(vec mapping.Vector, null []bool) {
	var mask []uint64
	for i, is := range null {
		if !is {
			continue
		}
		if mask == nil {
			mask = writableMask(vec, len(null))
		}
		mask[i/64] &^= 1 << (i % 64)
	}
}

func encodeText(vec mapping.Vector, v *column.Vector, n int) {
	var buf []byte
	ends := make([]int64, n)
	if v.Type == schema.String {
		size := 0
		for _, s := range v.Strings {
			size += len(s)
		}
		buf = make([]byte, 0, size)
	}
	for i := range n {
		at := len(buf)
		if v.Type == schema.String {
			buf = append(buf, v.Strings[i]...)
		} else if !v.Null(i) {
			buf = appendText(buf, v.Any[i], v.Type)
		}
		if !utf8.Valid(buf[at:]) {
			// The engine would read past broken sequences.
			buf = append(buf[:at], strings.ToValidUTF8(string(buf[at:]), "\uFFFD")...)
		}
		ends[i] = int64(len(buf))
	}
	C.vedette_duck_texts(vec.Ptr, (*C.char)(unsafe.Pointer(unsafe.SliceData(buf))), (*C.int64_t)(unsafe.Pointer(&ends[0])), C.uint64_t(n))
}

// appendText writes a dynamic, decimal or guid value so that parseText reads the same one. typ tells a guid from a
// dynamic value that is a guid.
func appendText(dst []byte, x any, typ schema.Type) []byte {
	if typ != schema.Dynamic {
		switch x := x.(type) {
		case uuid.UUID:
			return append(dst, x.String()...)
		case *apd.Decimal:
			return append(dst, x.String()...)
		}
	}
	return column.AppendCarried(dst, x)
}

// assignTexts copies valid UTF-8 strings into a vector that has room for them.
func assignTexts(vec mapping.Vector, items []string) {
	size := 0
	for _, s := range items {
		size += len(s)
	}
	buf, ends := make([]byte, 0, size), make([]int64, len(items))
	for i, s := range items {
		buf = append(buf, s...)
		ends[i] = int64(len(buf))
	}
	C.vedette_duck_texts(vec.Ptr, (*C.char)(unsafe.Pointer(unsafe.SliceData(buf))), (*C.int64_t)(unsafe.Pointer(&ends[0])), C.uint64_t(len(items)))
}
