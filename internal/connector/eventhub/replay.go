package eventhub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// replay is the reading again of a range of one partition, for tables that were ticked after it had gone by.
type replay struct {
	w          *worker
	next, till int64
	ticks      []model.Tick
	known      bool // some of it was read before
}

// replaySource names the positions of one table's replay.
func replaySource(t model.Tick) string {
	return fmt.Sprintf("%s/%d/replay/%s/%d", t.Source, t.Partition, t.Table, t.N)
}

// replayNow makes the replays be looked at.
func (n *session) replayNow() {
	select {
	case n.replays <- struct{}{}:
	default:
	}
}

// replayAll reads again whatever there is to be read again, one range after the other.
func (n *session) replayAll(ctx context.Context) error {
	for {
		r, ok := n.nextReplay()
		n.deps.Meter.SetReplaying(n.cfg.Workspace, n.Name(), ok)
		if !ok {
			n.health.clear(slotReplay)
			select {
			case <-n.replays:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := n.replay(ctx, r)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil || errors.Is(err, errAgain):
		case errors.Is(err, store.ErrFailed), errors.Is(err, store.ErrClosed):
			return err
		default:
			n.deps.Logger.WarnContext(ctx, "reading again interrupted", "stream", n.Name(), "partition", r.w.id, "err", err)
			n.health.warn(slotReplay, "replay_interrupted", fmt.Sprintf("What event hub %s held of newly ticked tables is not all stored yet: %v", n.cfg.Hub, err))
			if !sleep(ctx, 5*time.Second) {
				return ctx.Err()
			}
		}
	}
}

// nextReplay finds a range that is not read again to its end, with all ticks that are at the same place in it.
func (n *session) nextReplay() (replay, bool) {
	for _, w := range n.all() {
		var all []replay
		for _, t := range w.openTicks() {
			next, known := n.deps.Appender.Next(n.cfg.Workspace, replaySource(t), t.Partition)
			if !known {
				next = t.From
			}
			if next >= t.Until {
				continue
			}
			i := slices.IndexFunc(all, func(r replay) bool { return r.next == next && r.till == t.Until && r.known == known })
			if i < 0 {
				all = append(all, replay{w: w, next: next, till: t.Until, known: known, ticks: []model.Tick{t}})
			} else {
				all[i].ticks = append(all[i].ticks, t)
			}
		}
		if len(all) > 0 {
			return slices.MinFunc(all, func(a, b replay) int { return cmp.Compare(a.next, b.next) }), true
		}
	}
	return replay{}, false
}

// openTicks returns the ticks of tables that are ticked now. A table that was unticked before its replay ended goes on
// with it when it is ticked again.
func (w *worker) openTicks() []model.Tick {
	w.mu.Lock()
	defer w.mu.Unlock()
	on := map[string]bool{}
	for _, t := range w.ticks {
		if t.Off < 0 {
			on[t.Table] = true
		}
	}
	var out []model.Tick
	for _, t := range w.ticks {
		if on[t.Table] && t.From < t.Until {
			out = append(out, t)
		}
	}
	return out
}

const (
	// idleReplay is how long a replay waits for messages that the hub should have.
	idleReplay = 10 * time.Second
	// idleTimes is how often it waits, while the hub answers other questions, before it believes that they are gone: a
	// client that cannot reach the hub is silent too.
	idleTimes = 3
)

// replay reads the range and stores the rows of its tables. It stops early, with errAgain, when the choice changes.
func (n *session) replay(ctx context.Context, r replay) error {
	offsets, err := kadm.NewClient(n.admin.Client).ListStartOffsets(ctx, n.cfg.Hub)
	if err == nil {
		err = offsets.Error()
	}
	if err != nil {
		return n.explain(n.admin, err)
	}
	start, ok := offsets.Lookup(n.cfg.Hub, r.w.id)
	if !ok {
		return errAgain
	}
	dec := n.deps.Intake.Decoder(r.w.source, r.w.id)
	if start.Offset >= r.till {
		return n.appendReplay(ctx, &r, dec, nil, r.till)
	}
	from := max(r.next, start.Offset)
	at := map[string]map[int32]kgo.Offset{n.cfg.Hub: {r.w.id: kgo.NewOffset().At(from)}}
	c, err := n.dial(n.secret, kgo.ConsumePartitions(at))
	if err != nil {
		return err
	}
	defer c.Close()
	chosen := n.selected.Load()
	idle := 0
	for r.next < r.till {
		if n.selected.Load() != chosen {
			return errAgain
		}
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
				return n.explain(c, err)
			}
			if _, err := n.plan(ctx, n.admin); err != nil || r.w.behindEnd(r.till) {
				idle = 0
				continue // the hub does not answer, or not yet
			}
			if idle++; idle < idleTimes {
				continue
			}
			n.deps.Logger.WarnContext(ctx, "positions not in the hub", "stream", n.Name(), "partition", r.w.id, "from", r.next, "to", r.till)
			return n.appendReplay(ctx, &r, dec, nil, r.till)
		}
		idle = 0
		if err := n.replayMessages(ctx, &r, dec, msgs); err != nil {
			return err
		}
	}
	return nil
}

// behindEnd reports whether the hub is not known to have had everything before a position.
func (w *worker) behindEnd(till int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end < till
}

// replayMessages stores what a fetch brought, within the budget.
func (n *session) replayMessages(ctx context.Context, r *replay, dec *ingest.Decoder, msgs []ingest.Message) error {
	release, err := n.deps.Budget.Backlog(ctx, size(msgs))
	if err != nil {
		return err
	}
	defer release()
	done := msgs[len(msgs)-1].Offset >= r.till-1
	end, _ := slices.BinarySearchFunc(msgs, r.till, func(m ingest.Message, at int64) int { return cmp.Compare(m.Offset, at) })
	msgs = msgs[:end]
	to := r.till
	if !done {
		to = msgs[len(msgs)-1].Offset + 1
	}
	return n.appendReplay(ctx, r, dec, msgs, to)
}

// appendReplay stores the rows of the messages and moves the replay of every table to the position.
func (n *session) appendReplay(ctx context.Context, r *replay, dec *ingest.Decoder, msgs []ingest.Message, to int64) error {
	var names []string
	for _, t := range r.ticks {
		names = append(names, t.Table)
	}
	f, counts := dec.Decode(r.next, msgs, ingest.Only(names...))
	return n.coverReplay(ctx, r, dec, msgs, to, f, counts)
}

func (n *session) coverReplay(ctx context.Context, r *replay, dec *ingest.Decoder, msgs []ingest.Message, to int64, f store.Frame, counts ingest.Counts) error {
	f.Covers, f.Gaps = nil, nil
	for _, t := range r.ticks {
		f.Covers = append(f.Covers, store.Range{Source: replaySource(t), Partition: t.Partition, First: r.next, Next: to})
	}
	err := n.append(ctx, f)
	switch kind := fault.KindOf(err); {
	case err == nil:
		n.deps.Meter.Add(n.cfg.Workspace, counts)
		r.next, r.known = to, true
		return nil
	case errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrOverlap), errors.Is(err, store.ErrGap):
		return errors.Join(errAgain, err)
	case (kind == fault.TooLarge || kind == fault.Invalid) && len(msgs) > 1:
		half := len(msgs) / 2
		if err := n.appendReplay(ctx, r, dec, msgs[:half], msgs[half-1].Offset+1); err != nil {
			return err
		}
		return n.appendReplay(ctx, r, dec, msgs[half:], to)
	case (kind == fault.TooLarge || kind == fault.Invalid) && len(msgs) == 1:
		f, counts := dec.Discard(msgs[0].Offset, msgs[0], err.Error())
		return n.coverReplay(ctx, r, dec, nil, to, f, counts)
	}
	return err
}
