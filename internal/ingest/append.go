package ingest

import (
	"context"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// AppendHalves stores a frame that covers no positions, its tables' rows by halves where the store finds them too many.
func AppendHalves(ctx context.Context, to interface {
	Append(ctx context.Context, f store.Frame) (uint64, error)
}, f store.Frame) error {
	_, err := to.Append(ctx, f)
	if fault.KindOf(err) != fault.TooLarge {
		return err
	}
	a, b := f, f
	a.Tables, b.Tables = nil, nil
	whole := true
	for _, t := range f.Tables {
		half := t.Batch.N / 2
		x, y := t, t
		x.Batch, y.Batch = t.Batch.Slice(0, half), t.Batch.Slice(half, t.Batch.N)
		a.Tables, b.Tables = append(a.Tables, x), append(b.Tables, y)
		whole = whole && half == 0
	}
	if whole {
		return err
	}
	if err := AppendHalves(ctx, to, a); err != nil {
		return err
	}
	return AppendHalves(ctx, to, b)
}
