// Package memory shares one budget of bytes out over what needs much: records on their way in, rows that are not in files yet, and
// queries.
//
// Intake comes first. It waits for room, in the order of asking, and never drops anything. Unsealed rows are there already: they are
// only told of, and what they hold beyond their share is taken from queries, whose operators then get an error that says so. The
// engine of queries has a share of its own, in equal pieces, and spills to disk beyond a piece.
package memory

import (
	"context"
	"fmt"
	"sync"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Use is what memory is used for.
type Use int

// The uses.
const (
	Intake  Use = iota // records between the wire and the store
	Tail               // rows that are not in files yet
	Queries            // operators of queries
	Engine             // the query engine's own
	uses
)

func (u Use) String() string { return [...]string{"intake", "tail", "queries", "engine"}[u] }

// Stat is the state of one use. Peak is the most that was held at once.
type Stat struct {
	Use               Use
	Share, Held, Peak int64
	Waited, Refused   int64 // requests that had to wait, or got nothing
}

// Broker shares a budget. It is safe for concurrent use.
type Broker struct {
	limit int64

	mu      sync.Mutex
	stats   [uses]Stat
	watched [uses]func() int64
	line    []*waiter // for intake, in the order of asking
}

type waiter struct {
	n     int64
	ready chan struct{} // closed when n is taken
}

const (
	mb = 1 << 20
	// MinLimit is the smallest budget.
	MinLimit = 256 * mb
	// What intake and unsealed rows get at most: more makes neither faster.
	maxIntake, maxTail = 48 * mb, 128 * mb
)

// New returns the broker of a budget; less than MinLimit counts as that. Intake gets a sixteenth and unsealed rows an eighth, up to 48 and
// 128 MB, with as much again for rows that come faster than they are sealed. Of the rest, half is the engine's.
func New(limit int64) *Broker {
	b := &Broker{limit: max(limit, MinLimit)}
	intake, tail := min(b.limit/16, maxIntake), min(b.limit/8, maxTail)
	rest := b.limit - intake - 2*tail
	for u, n := range map[Use]int64{Intake: intake, Tail: tail, Queries: rest - rest/2, Engine: rest / 2} {
		b.stats[u] = Stat{Use: u, Share: n}
	}
	return b
}

// Limit returns the whole budget.
func (b *Broker) Limit() int64 { return b.limit }

// Share returns what a use may hold. Of Tail it is what rows should hold; they may hold twice that.
func (b *Broker) Share(u Use) int64 { return b.stats[u].Share }

// Acquire waits until intake may hold n more bytes, and returns what must be given to Release: all of the share if n is more.
func (b *Broker) Acquire(ctx context.Context, n int64) (int64, error) {
	b.mu.Lock()
	s := &b.stats[Intake]
	n = min(n, s.Share)
	if len(b.line) == 0 && s.Held+n <= s.Share {
		b.hold(Intake, n)
		b.mu.Unlock()
		return n, nil
	}
	s.Waited++
	w := &waiter{n: n, ready: make(chan struct{})}
	b.line = append(b.line, w)
	b.mu.Unlock()
	select {
	case <-w.ready:
		return n, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.ready: // it came at the same moment
		b.give(Intake, n)
	default:
		for i, x := range b.line {
			if x == w {
				b.line = append(b.line[:i:i], b.line[i+1:]...)
				break
			}
		}
	}
	b.serve()
	return 0, fmt.Errorf("waiting for memory for records: %w", ctx.Err())
}

// Release gives back what Acquire returned.
func (b *Broker) Release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.give(Intake, n)
	b.serve()
}

// serve lets those go on who wait and for whom there is room now. The caller holds mu.
func (b *Broker) serve() {
	s := &b.stats[Intake]
	for len(b.line) > 0 && s.Held+b.line[0].n <= s.Share {
		b.hold(Intake, b.line[0].n)
		close(b.line[0].ready)
		b.line = b.line[1:]
	}
}

func (b *Broker) hold(u Use, n int64) {
	s := &b.stats[u]
	s.Held += n
	s.Peak = max(s.Peak, s.Held)
}

func (b *Broker) give(u Use, n int64) {
	if b.stats[u].Held -= n; b.stats[u].Held < 0 {
		panic(fmt.Sprintf("memory: %d bytes more are released for %s than were taken", -b.stats[u].Held, u))
	}
}

// Watch asks held for how much a use holds that is not asked for here: Tail or Engine. held must not block.
func (b *Broker) Watch(u Use, held func() int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watched[u] = held
}

// look asks for what is watched. The caller holds mu.
func (b *Broker) look() {
	for u, held := range b.watched {
		if held != nil {
			s := &b.stats[u]
			s.Held = held()
			s.Peak = max(s.Peak, s.Held)
		}
	}
}

// Stats returns the state of all uses.
func (b *Broker) Stats() []Stat {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
	return append([]Stat(nil), b.stats[:]...)
}

// step is how much a lease takes at once at least: the operators of a query ask often for little.
const step = 1 * mb

// Lease is what one query holds. It is safe for concurrent use; Close gives everything back.
type Lease struct {
	b    *Broker
	mu   sync.Mutex
	held int64
}

// Query returns the lease of a query.
func (b *Broker) Query() *Lease { return &Lease{b: b} }

// Cover makes sure that the lease holds n bytes in all. It does not wait: others would have to end first.
func (l *Lease) Cover(n int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n <= l.held {
		return nil
	}
	if err := l.b.take((n - l.held + step - 1) / step * step); err != nil {
		return err
	}
	l.held += (n - l.held + step - 1) / step * step
	return nil
}

// take gives a query n more bytes at once or not at all.
func (b *Broker) take(n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
	s := &b.stats[Queries]
	room := s.Share - max(0, b.stats[Tail].Held-b.stats[Tail].Share)
	if s.Held+n > room {
		s.Refused++
		return fault.New(fault.Throttled, "query_memory_busy", "All queries together may hold %d MB of memory, and %d MB are taken. Ask again when others have ended, or filter earlier.", room/mb, s.Held/mb)
	}
	b.hold(Queries, n)
	return nil
}

// Close gives everything back. It may be called twice.
func (l *Lease) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	l.b.give(Queries, l.held)
	l.held = 0
}
