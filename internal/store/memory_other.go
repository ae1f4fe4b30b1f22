//go:build !unix

package store

import (
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
)

func newAllocator() memory.Allocator { return mallocator.NewMallocator() }
