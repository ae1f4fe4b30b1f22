package eventhub

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// frameBytes is how many bytes of messages a worker puts into one frame.
const frameBytes = 8 << 20

// queuedHigh is how many bytes of one partition may wait to be stored before the hub is not asked for more of it, and queuedLow below
// which it is again. So a partition that is far behind leaves the room, and the one connection, to those that are not.
const (
	queuedHigh = 4 * frameBytes
	queuedLow  = frameBytes
)

// worker stores the messages of one partition in their order.
type worker struct {
	n      *session
	id     int32
	source string
	start  int64 // the hub's first position when the session began
	dec    *ingest.Decoder
	wake   chan struct{}

	// Where processes share the hub:
	shared   bool
	settling bool          // stores what is claimed already
	done     chan struct{} // closed when run has returned
	gone     atomic.Bool   // the partition went to another process
	own      sync.Mutex    // held while claiming
	claims   claims        // guarded by own

	// Of the worker's own goroutine:
	lost   lost
	passed lost      // what other processes claimed since this store's last position
	chosen *[]string // the choice of tables that want follows
	want   ingest.Selection

	mu     sync.Mutex
	next   int64
	end    int64 // the hub's end, as far as known
	newest time.Time
	chunks []chunk
	queued int64 // bytes of chunks
	paused bool  // the hub is not asked for more
	ticks  []model.Tick
}

// chunk is a run of fetched messages and the room they hold in the budget.
type chunk struct {
	msgs []ingest.Message
	held int64
	high int64 // the partition's end when they were fetched
	skip int64 // there are no messages: what is before this position is left out
}

func newWorker(ctx context.Context, n *session, a assignment) (*worker, error) {
	ticks, err := n.deps.Ticks.Ticks(ctx, n.cfg.Workspace, a.source, a.id)
	if err != nil {
		return nil, err
	}
	return &worker{
		n: n, id: a.id, source: a.source, start: a.start, dec: n.deps.Intake.Decoder(a.source, a.id), wake: make(chan struct{}, 1), done: make(chan struct{}),
		lost: a.lost, next: a.next, end: a.end, ticks: ticks,
	}, nil
}

// nudge makes the worker look for messages and for a changed choice.
func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *worker) queue(c chunk) {
	w.mu.Lock()
	w.chunks = append(w.chunks, c)
	w.queued += c.held
	pause := !w.paused && w.queued > queuedHigh
	w.paused = w.paused || pause
	w.mu.Unlock()
	if pause {
		w.n.consumer.PauseFetchPartitions(map[string][]int32{w.n.cfg.Hub: {w.id}})
	}
	w.nudge()
}

// mine reports whether the partition is this process's.
func (w *worker) mine() bool { return !w.gone.Load() }

// drop forgets what is queued.
func (w *worker) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.chunks {
		if c.skip == 0 {
			w.n.deps.Budget.Release(c.held)
		}
	}
	w.chunks, w.queued = nil, 0
}

// take returns queued messages for one frame, and the room they hold; or the position that comes after what is left out next.
func (w *worker) take() (msgs []ingest.Message, held, skip int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.chunks) > 0 && w.chunks[0].skip > 0 {
		skip = w.chunks[0].skip
		w.chunks = w.chunks[1:]
		return nil, 0, skip
	}
	for len(w.chunks) > 0 && w.chunks[0].skip == 0 && (held == 0 || held+w.chunks[0].held <= frameBytes) {
		c := w.chunks[0]
		w.chunks[0] = chunk{}
		w.chunks = w.chunks[1:]
		msgs, held, w.end = append(msgs, c.msgs...), held+c.held, max(w.end, c.high)
	}
	if w.queued -= held; w.paused && w.queued < queuedLow {
		w.paused = false
		w.n.consumer.ResumeFetchPartitions(map[string][]int32{w.n.cfg.Hub: {w.id}})
	}
	return msgs, held, 0
}

// position returns the position that is to be read next.
func (w *worker) position() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

// run stores what comes until ctx ends or the session must be set up anew.
func (w *worker) run(ctx context.Context) error {
	defer close(w.done)
	for {
		select {
		case <-w.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
		for {
			if !w.mine() {
				w.drop()
				return nil
			}
			if err := w.choose(ctx); err != nil {
				return err
			}
			msgs, held, skip := w.take()
			var err error
			switch {
			case skip > 0:
				err = w.leaveOut(ctx, skip)
			case len(msgs) > 0:
				err = w.storeOwn(ctx, msgs)
				w.n.deps.Budget.Release(held)
			}
			if errors.Is(err, errNotOurs) {
				w.drop()
				return nil
			}
			if err != nil {
				return err
			}
			if len(msgs) == 0 {
				break
			}
			w.measure(0)
		}
	}
}

// storeOwn claims the messages where processes share the hub, and stores them.
func (w *worker) storeOwn(ctx context.Context, msgs []ingest.Message) error {
	if w.shared {
		if msgs = from(msgs, w.position()); len(msgs) == 0 {
			return nil
		}
		if err := w.claim(ctx, msgs[len(msgs)-1].Offset+1); err != nil {
			return err
		}
	}
	return w.store(ctx, msgs)
}

// store makes a frame of the messages and has it appended, in parts if the store finds it too large.
func (w *worker) store(ctx context.Context, msgs []ingest.Message) error {
	next := w.position()
	all := len(msgs)
	msgs = from(msgs, next)
	if again := all - len(msgs); again > 0 {
		w.count(model.SourceUsage{Duplicates: int64(again)})
	}
	if len(msgs) == 0 {
		return nil
	}
	f, counts := w.dec.Decode(next, msgs, w.want)
	if err := w.n.quality.Observe(ctx, counts); err != nil {
		return err
	}
	err := w.append(ctx, f, counts, msgs)
	switch fault.KindOf(err) {
	case fault.TooLarge, fault.Invalid:
		if len(msgs) > 1 {
			half := len(msgs) / 2
			if err := w.store(ctx, msgs[:half]); err != nil {
				return err
			}
			return w.store(ctx, msgs[half:])
		}
		f, counts := w.dec.Discard(next, msgs[0], err.Error())
		return w.append(ctx, f, counts, msgs)
	default:
		return err
	}
}

// append stores the frame of the messages and moves the position on.
func (w *worker) append(ctx context.Context, f store.Frame, counts ingest.Counts, msgs []ingest.Message) error {
	if w.lost.to > 0 {
		g := store.Gap{Source: w.source, Partition: w.id, From: w.lost.from, To: w.lost.to, Reason: "retention"}
		f.Gaps = append([]store.Gap{g}, f.Gaps...)
		f.Tables = append(f.Tables, ingest.GapRows(f.Workspace, []store.Gap{g}, time.Now()))
	}
	if w.passed.to > 0 {
		f.Covers = append([]store.Range{{Source: w.source, Partition: w.id, First: w.passed.from, Next: w.passed.to}}, f.Covers...)
	}
	err := w.n.append(ctx, f)
	switch {
	case err == nil:
		w.n.deps.Meter.Add(w.n.cfg.Workspace, counts)
		last := msgs[len(msgs)-1]
		rows, dead, repeated, event := counts.Source()
		u := model.SourceUsage{Messages: int64(len(msgs)), Bytes: size(msgs) - 64*int64(len(msgs)), Rows: rows, Dead: dead, Duplicates: repeated, Sent: last.Time, Event: event, Tables: counts.Tables()}
		for _, g := range f.Gaps {
			u.Gaps += g.To - g.From
		}
		w.count(u)
		w.mu.Lock()
		w.next, w.newest = last.Offset+1, last.Time
		w.mu.Unlock()
		w.lost, w.passed = lost{}, lost{}
		return nil
	case errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrOverlap):
		stored, ok := w.n.deps.Appender.Next(w.n.cfg.Workspace, w.source, w.id)
		if !ok || stored <= w.position() {
			return errors.Join(errAgain, err)
		}
		w.mu.Lock()
		w.next = stored
		w.mu.Unlock()
		w.lost, w.passed = lost{}, lost{}
		return w.store(ctx, msgs)
	case errors.Is(err, store.ErrGap):
		return errors.Join(errAgain, err)
	}
	return err
}

// count tells the meter what the hub delivered.
func (w *worker) count(u model.SourceUsage) {
	u.Source = w.source
	w.n.deps.Meter.AddSource(w.n.cfg.Workspace, u)
}

// usageOfGap is what the meter is told of positions that are not there.
func usageOfGap(n int64) model.SourceUsage { return model.SourceUsage{Gaps: n} }

// from leaves out the messages before a position.
func from(msgs []ingest.Message, next int64) []ingest.Message {
	i, _ := slices.BinarySearchFunc(msgs, next, func(m ingest.Message, n int64) int {
		return int(min(1, max(-1, m.Offset-n)))
	})
	return msgs[i:]
}

// measure reports the lag; end is the hub's end if it has just been asked for it.
func (w *worker) measure(end int64) {
	w.mu.Lock()
	w.end = max(w.end, end)
	l := lagOf(w.source, w.id, w.next, w.end, w.newest)
	w.mu.Unlock()
	l.Retention = time.Duration(w.n.retention.Load())
	w.n.warnOfLoss(l)
	w.n.deps.Meter.SetLag(w.n.cfg.Workspace, l)
}
