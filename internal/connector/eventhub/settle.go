package eventhub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// commitError returns the error of a commit's answer, and whether it says anything.
func commitError(resp *kmsg.OffsetCommitResponse) (err error, answered bool) { //nolint:revive // both belong together
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			answered = true
			if e := kerr.ErrorForCode(p.ErrorCode); e != nil {
				return e, true
			}
		}
	}
	return nil, answered
}

// settle stores what this process claimed before it was stopped and did not store, whoever owns the partitions now.
func (n *session) settle(ctx context.Context) error {
	by, _, err := n.committed(ctx)
	if err != nil {
		return err
	}
	parts, err := n.plan(ctx, n.admin)
	if err != nil {
		return err
	}
	for _, a := range parts {
		c, ok := by[a.id]
		if !ok {
			continue
		}
		source := n.source(c.Generation)
		next, known := n.deps.Appender.Next(n.cfg.Workspace, source, a.id)
		if !known {
			next = -1
		}
		from, until, owed := c.debt(n.cfg.Node, next)
		if !owed || until > a.end { // beyond the end: of a hub that is no more
			continue
		}
		a.generation, a.source, a.next, a.lost, a.anew = c.Generation, source, from, lost{}, false
		w, err := newWorker(ctx, n, a)
		if err != nil {
			return err
		}
		if known && next < from {
			w.passed = lost{next, from}
		}
		w.shared, w.settling, w.start = true, true, from
		n.deps.Logger.InfoContext(ctx, "storing what was claimed", "stream", n.Name(), "partition", a.id, "from", from, "until", until)
		if err := n.settleOne(ctx, w, a.start, until); err != nil {
			return err
		}
	}
	return nil
}

// settleOne reads a range of a partition and stores it.
func (n *session) settleOne(ctx context.Context, w *worker, start, until int64) error {
	if err := w.choose(ctx); err != nil {
		return err
	}
	if start >= until {
		return w.pass(ctx, until, "retention")
	}
	if from := w.position(); start > from {
		w.lost = lost{from, start}
		w.next = start
	}
	c, err := n.dial(n.secret, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{n.cfg.Hub: {w.id: kgo.NewOffset().At(w.next)}}))
	if err != nil {
		return err
	}
	defer c.Close()
	idle := 0
	for w.position() < until {
		wait, cancel := context.WithTimeout(ctx, idleReplay)
		fetches := c.PollRecords(wait, 4000)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		msgs := messages(fetches.Records())
		jumped := c.jump(fetches, nil)
		if len(msgs) == 0 {
			if jumped {
				continue
			}
			if err := fetches.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("%w: %w", errAgain, n.explain(c, err))
			}
			if _, err := n.plan(ctx, n.admin); err != nil {
				return err
			}
			if idle++; idle >= idleTimes {
				return w.pass(ctx, until, "missing")
			}
			continue
		}
		idle = 0
		beyond := msgs[len(msgs)-1].Offset >= until
		end := slices.IndexFunc(msgs, func(m ingest.Message) bool { return m.Offset >= until })
		if end < 0 {
			end = len(msgs)
		}
		if err := n.settleMessages(ctx, w, msgs[:end]); err != nil {
			return err
		}
		if beyond && w.position() < until {
			return w.pass(ctx, until, "missing")
		}
	}
	return nil
}

// settleMessages stores messages within the budget.
func (n *session) settleMessages(ctx context.Context, w *worker, msgs []ingest.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	held, err := n.deps.Budget.Acquire(ctx, size(msgs))
	if err != nil {
		return err
	}
	defer n.deps.Budget.Release(held)
	return w.store(ctx, msgs)
}

// pass moves the position over a range that is not there to be read, and records the gap.
func (w *worker) pass(ctx context.Context, until int64, reason string) error {
	g := store.Gap{Source: w.source, Partition: w.id, From: w.position(), To: until, Reason: reason}
	// A frame cannot cover what it says is missing, so there are two. The range of the first makes sure that a second try records nothing twice.
	once := store.Range{Source: fmt.Sprintf("gap/%s/%d/%d", g.Source, g.Partition, g.From), Next: 1}
	err := w.n.append(ctx, store.Frame{Workspace: w.n.cfg.Workspace, Covers: []store.Range{once}, Gaps: []store.Gap{g}, Tables: []store.Rows{ingest.GapRows(w.n.cfg.Workspace, []store.Gap{g}, time.Now())}})
	if err != nil && !errors.Is(err, store.ErrDuplicate) {
		return err
	}
	f := store.Frame{Workspace: w.n.cfg.Workspace, Covers: []store.Range{{Source: w.source, Partition: w.id, First: g.From, Next: until}}}
	if w.passed.to > 0 {
		f.Covers = append([]store.Range{{Source: w.source, Partition: w.id, First: w.passed.from, Next: w.passed.to}}, f.Covers...)
	}
	if err := w.n.append(ctx, f); err != nil {
		return err
	}
	w.mu.Lock()
	w.next = until
	w.mu.Unlock()
	w.passed = lost{}
	w.count(usageOfGap(until - g.From))
	return nil
}
