package duck

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/vedette-siem/vedette/internal/fault"
)

// instanceQueries is how many queries an instance runs before it is replaced: it remembers the metadata of every file.
const instanceQueries = 500

// Options configure a Pool. The zero value of a field takes the default named there.
type Options struct {
	Parts   string       // folder whose files queries may read; none when empty
	Temp    string       // folder for data that does not fit Memory; without it such queries fail
	Memory  int64        // bytes one query may hold; default 1 GiB
	Threads int          // threads of one query; default 2
	Queries int          // queries at a time; default 4. Further ones wait
	Logger  *slog.Logger // default: discard
}

// Pool keeps DuckDB instances and lends each to one query at a time. Safe for concurrent use.
type Pool struct {
	opts  Options
	slots chan struct{}
	live  atomic.Int64 // handles that DuckDB holds into Go

	mu     sync.Mutex
	idle   []*instance
	closed bool
}

// Open returns a pool; the first instance is opened by the first query.
func Open(o Options) (*Pool, error) {
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	if o.Threads <= 0 {
		o.Threads = 2
	}
	if o.Queries <= 0 {
		o.Queries = 4
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, dir := range []*string{&o.Parts, &o.Temp} {
		if *dir == "" {
			continue
		}
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return nil, fault.New(fault.Internal, "duck_open", "finding the folder %s: %w", *dir, err)
		}
		*dir = abs
	}
	return &Pool{opts: o, slots: make(chan struct{}, o.Queries)}, nil
}

// Close closes the idle instances. Queries that still run keep theirs until they are closed.
func (p *Pool) Close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, in := range idle {
		in.close()
	}
	return nil
}

// Handles counts the Go values that DuckDB still refers to. It is zero when no query is open and the pool is closed.
func (p *Pool) Handles() int64 { return p.live.Load() }

// Held returns how much memory the queries that run now may hold. It never waits.
func (p *Pool) Held() int64 { return int64(len(p.slots)) * p.opts.Memory }

// acquire waits for a slot and returns an instance that nobody else uses.
func (p *Pool) acquire(ctx context.Context) (*instance, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "query_cancelled", "the query waited for its turn: %w", context.Cause(ctx))
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.slots
		return nil, fault.New(fault.Unavailable, "duck_closed", "the query engine is shutting down")
	}
	if n := len(p.idle); n > 0 {
		in := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return in, nil
	}
	p.mu.Unlock()
	in, err := open(p.opts, &p.live)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return in, nil
}

// release takes an instance back, or closes it when its query failed.
func (p *Pool) release(in *instance, healthy bool) {
	in.query.Store(nil)
	in.used++
	p.mu.Lock()
	keep := healthy && !p.closed && in.used < instanceQueries
	if keep {
		p.idle = append(p.idle, in)
	}
	p.mu.Unlock()
	if !keep {
		in.close()
	}
	<-p.slots
}

// cancelled reports whether the context ended, as the error to give to the caller.
func cancelled(ctx context.Context) error {
	cause := context.Cause(ctx)
	if cause == nil {
		return nil
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "query_timeout", "the query ran longer than it may: %w", cause)
	}
	return fault.New(fault.Unavailable, "query_cancelled", "the query was cancelled: %w", cause)
}
