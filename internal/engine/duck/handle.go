package duck

/*
#include <stdlib.h>
*/
import "C"

import (
	"runtime/cgo"
	"sync/atomic"
	"unsafe"
)

// held is a Go value that DuckDB refers to by a pointer to C memory.
type held struct {
	value any
	live  *atomic.Int64
}

// hold makes a pointer that DuckDB may keep. Exactly one drop must follow.
func hold(live *atomic.Int64, value any) unsafe.Pointer {
	p := C.malloc(C.size_t(unsafe.Sizeof(uintptr(0))))
	*(*uintptr)(p) = uintptr(cgo.NewHandle(held{value, live}))
	live.Add(1)
	return p
}

// take returns the value behind a pointer made by hold.
func take[T any](p unsafe.Pointer) T {
	return cgo.Handle(*(*uintptr)(p)).Value().(held).value.(T)
}

// drop frees a pointer made by hold.
func drop(p unsafe.Pointer) {
	h := cgo.Handle(*(*uintptr)(p))
	live := h.Value().(held).live
	h.Delete()
	C.free(p)
	live.Add(-1)
}
