//go:build unix

package store

import (
	"fmt"
	"syscall"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

// mapFrom is the size from which memory comes straight from the system. The C allocator would keep what is freed, and a tail
// comes and goes by hundreds of megabytes.
const mapFrom = 128 << 10

// offHeap is an allocator outside the Go heap that gives large blocks back to the system at once.
type offHeap struct{ small *mallocator.Mallocator }

func newAllocator() memory.Allocator { return offHeap{mallocator.NewMallocator()} }

// Allocate implements memory.Allocator. The bytes are zero.
func (a offHeap) Allocate(n int) []byte {
	if n < mapFrom {
		return a.small.Allocate(n)
	}
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("store: the system gives no %d bytes of memory: %v", n, err)) // as the Go allocator would
	}
	return b
}

// Reallocate implements memory.Allocator.
func (a offHeap) Reallocate(n int, b []byte) []byte {
	if n < mapFrom && cap(b) < mapFrom {
		return a.small.Reallocate(n, b)
	}
	if cap(b) >= mapFrom && n <= cap(b) && n >= mapFrom {
		return b[:n]
	}
	out := a.Allocate(n)
	copy(out, b)
	a.Free(b)
	return out
}

// Free implements memory.Allocator.
func (a offHeap) Free(b []byte) {
	if cap(b) < mapFrom {
		a.small.Free(b)
		return
	}
	if err := syscall.Munmap(b[:cap(b)]); err != nil {
		panic(fmt.Sprintf("store: freeing memory that was not allocated: %v", err))
	}
}
