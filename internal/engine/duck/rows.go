package duck

import (
	"context"
	"io"
	"time"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
)

// interruptEvery is how often a cancelled statement is told so: DuckDB forgets an interrupt that comes between tasks.
const interruptEvery = 10 * time.Millisecond

// watch interrupts the connection from the end of the context until Close.
func (r *Rows) watch() {
	r.stop = make(chan struct{})
	conn := r.in.conn
	r.watcher.Go(func() {
		select {
		case <-r.stop:
			return
		case <-r.ctx.Done():
		}
		for {
			mapping.Interrupt(conn)
			select {
			case <-r.stop:
				return
			case <-time.After(interruptEvery):
			}
		}
	})
}

// Next returns the next rows, at most one engine chunk, or io.EOF. At the end, and after an error, the instance is given
// back at once: whoever still holds the rows keeps nobody waiting.
func (r *Rows) Next(ctx context.Context) (*column.Batch, error) {
	b, err := r.next(ctx)
	if err != nil {
		_ = r.Close()
	}
	return b, err
}

func (r *Rows) next(ctx context.Context) (*column.Batch, error) {
	if r.closed {
		return nil, io.EOF
	}
	stop := context.AfterFunc(ctx, r.cancel)
	defer stop()
	if err := r.ended(ctx); err != nil {
		return nil, err
	}
	chunk := mapping.FetchChunk(r.res)
	if chunk.Ptr == nil {
		if msg := mapping.ResultError(&r.res); msg != "" {
			if err := r.ended(ctx); err != nil {
				return nil, err
			}
			return nil, r.wrap("running the statement", msg)
		}
		return nil, io.EOF
	}
	defer mapping.DestroyDataChunk(&chunk)
	n := int(mapping.DataChunkGetSize(chunk))
	b := &column.Batch{N: n, Cols: make([]*column.Vector, len(r.query.Types))}
	for i, t := range r.query.Types {
		b.Cols[i] = decode(mapping.DataChunkGetVector(chunk, mapping.IdxT(i)), n, t)
	}
	return b, nil
}

func (r *Rows) ended(ctx context.Context) error {
	err := cancelled(ctx)
	if err == nil {
		err = cancelled(r.ctx)
	}
	if err != nil {
		r.healthy = false
	}
	return err
}
