// Package exec runs plans: a columnar interpreter that covers the whole language and is the meaning of it.
package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// Reader yields a result batch by batch. Not safe for concurrent use.
type Reader interface {
	// Next returns the next batch, whose columns stand in the order of the node's Cols, or io.EOF after the last.
	// A batch may be empty. It stays valid after the next call.
	Next(ctx context.Context) (*column.Batch, error)
	// Close releases what the reader holds; it may be called early and twice.
	Close() error
}

// Source runs the nodes that exec does not run itself: scans always, larger subtrees if an engine takes them.
type Source interface {
	// Open returns a reader for the node, or ok=false to leave the node to exec (never for a Scan).
	Open(ctx context.Context, n plan.Node) (r Reader, ok bool, err error)
}
