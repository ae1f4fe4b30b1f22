package exec

import (
	"context"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// memory counts what the operators of one query hold. The interpreter of a query runs in one goroutine.
type memory struct {
	limit, used int64
	cover       func(int64) error // asked beyond covered; nil grants all
	covered     int64
}

// grow takes bytes for an operator, or says which one asked for too much.
func (m *memory) grow(operator string, bytes int64) error {
	m.used += bytes
	if m.used > m.limit {
		return fault.New(fault.TooLarge, "query_memory", "The query needs more than %d MB of memory in %q. Filter earlier, or keep fewer columns before it.", m.limit>>20, operator)
	}
	if m.cover != nil && m.used > m.covered {
		if err := m.cover(m.used); err != nil {
			return err
		}
		m.covered = m.used
	}
	return nil
}

func (m *memory) release(bytes int64) { m.used -= bytes }

// BatchBytes estimates what a batch holds.
func BatchBytes(b *column.Batch) int64 { return batchBytes(b) }

// batchBytes estimates what a batch holds.
func batchBytes(b *column.Batch) int64 {
	var sum int64
	for _, v := range b.Cols {
		sum += vectorBytes(v)
	}
	return sum
}

func vectorBytes(v *column.Vector) int64 {
	n := int64(v.Len())
	sum := int64(len(v.Nulls))
	switch v.Type {
	case schema.String:
		sum += 16 * n
		for _, s := range v.Strings {
			sum += int64(len(s))
		}
	case schema.Dynamic, schema.Decimal, schema.Guid:
		for _, x := range v.Any {
			sum += 16 + anyBytes(x)
		}
	case schema.Bool:
		sum += n
	default:
		sum += 8 * n
	}
	return sum
}

func anyBytes(x any) int64 {
	switch x := x.(type) {
	case nil:
		return 0
	case column.Raw:
		return 16 + int64(len(x))
	case string:
		return 16 + int64(len(x))
	case []any:
		sum := int64(24)
		for _, e := range x {
			sum += 16 + anyBytes(e)
		}
		return sum
	case *column.Object:
		sum := int64(56)
		for i, k := range x.Keys {
			sum += 32 + int64(len(k)) + anyBytes(x.Values[i])
		}
		return sum
	}
	return 16
}

// gather reads a reader to its end into one batch, charging the operator for it.
func (x *runner) gather(ctx context.Context, operator string, r Reader, types []schema.Type) (*column.Batch, int64, error) {
	out := column.NewBatch(0, types...)
	var held int64
	for {
		b, err := next(ctx, r)
		if errors.Is(err, io.EOF) {
			return out, held, nil
		}
		if err != nil {
			return nil, held, err
		}
		size := batchBytes(b)
		held += size
		if err := x.mem.grow(operator, size); err != nil {
			return nil, held, err
		}
		appendBatch(out, b)
	}
}

// next reads one batch unless the query was cancelled.
func next(ctx context.Context, r Reader) (*column.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.Next(ctx)
}

// appendBatch appends the rows of src to dst, whose vectors have the same types.
func appendBatch(dst, src *column.Batch) {
	for k, v := range src.Cols {
		appendVector(dst.Cols[k], v)
	}
	dst.N += src.N
}

func appendVector(dst, src *column.Vector) {
	n := dst.Len()
	switch src.Type {
	case schema.Bool:
		dst.Bools = append(dst.Bools, src.Bools...)
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		dst.Ints = append(dst.Ints, src.Ints...)
	case schema.Real:
		dst.Floats = append(dst.Floats, src.Floats...)
	case schema.String:
		dst.Strings = append(dst.Strings, src.Strings...)
		return
	default:
		dst.Any = append(dst.Any, src.Any...)
	}
	if dst.Nulls == nil && src.Nulls == nil {
		return
	}
	if dst.Nulls == nil {
		dst.Nulls = make([]bool, n)
	}
	if src.Nulls == nil {
		dst.Nulls = append(dst.Nulls, make([]bool, src.Len())...)
		return
	}
	dst.Nulls = append(dst.Nulls, src.Nulls...)
}

// sliceReader hands out one batch piece by piece.
type sliceReader struct {
	b       *column.Batch
	at      int
	release func()
}

func (r *sliceReader) Next(context.Context) (*column.Batch, error) {
	if r.at >= r.b.N {
		return nil, io.EOF
	}
	end := min(r.at+batchRows, r.b.N)
	out := r.b.Slice(r.at, end)
	r.at = end
	return out, nil
}

func (r *sliceReader) Close() error {
	if r.release != nil {
		r.release()
		r.release = nil
	}
	return nil
}
