package eventhub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// session is one connected reading of all partitions of the hub.
type session struct {
	*Stream
	secret   string
	admin    *client
	consumer *client
	group    *errgroup.Group
	selected atomic.Pointer[[]string] // the ticked tables; a new pointer with every change
	replays  chan struct{}            // one is in it when there may be something to read again
	quality  *connector.Quality
	// retention is how long the hub keeps messages, a time.Duration; 0 when that is not known, or for ever.
	retention atomic.Int64
	losses    losses

	mu      sync.Mutex
	workers map[int32]*worker
}

const (
	commitEvery = 10 * time.Second
	// gapNotice is how long people are told of lost positions.
	gapNotice = time.Hour
)

// intake reads the partitions until ctx ends or the session must be set up anew.
func (s *Stream) intake(ctx context.Context, secret string, admin *client, parts []assignment, choice model.Connection) error {
	offsets := map[int32]kgo.Offset{}
	for _, a := range parts {
		offsets[a.id] = kgo.NewOffset().At(a.next)
	}
	consumer, err := s.dial(secret, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.cfg.Hub: offsets}))
	if err != nil {
		return err
	}
	defer consumer.Close()
	g, ctx := errgroup.WithContext(ctx)
	n := s.newSession(secret, admin, g, choice)
	n.consumer = consumer
	// Budget that messages hold which were never stored goes back when everybody has stopped.
	defer n.letGo()
	defer s.deps.Meter.ForgetLag(s.cfg.Workspace, s.source(0))
	n.learnRetention(ctx)
	for _, a := range parts {
		if err := n.add(ctx, a); err != nil {
			return errors.Join(err, stopped(g))
		}
	}
	g.Go(func() error { return n.poll(ctx) })
	g.Go(func() error { return n.follow(ctx) })
	g.Go(func() error { return n.probe(ctx, n.compare) })
	g.Go(func() error { return n.commit(ctx) })
	g.Go(func() error { return n.replayAll(ctx) })
	return g.Wait()
}

// newSession returns a session of the group's goroutines that reads nothing yet.
func (s *Stream) newSession(secret string, admin *client, g *errgroup.Group, choice model.Connection) *session {
	n := &session{Stream: s, secret: secret, admin: admin, group: g, workers: map[int32]*worker{}, replays: make(chan struct{}, 1)}
	n.selected.Store(tables(choice))
	n.quality = &connector.Quality{
		What: "event hub " + s.cfg.Hub, Source: "hub/" + s.cfg.Name, Stream: s.Name(), Limit: s.cfg.Bad, Logger: s.deps.Logger, Warn: n.warnOfBad,
		Pause: func(ctx context.Context, reason, text string) error {
			s.paused = true
			return s.deps.Pause(ctx, reason, text)
		},
	}
	if s.paused {
		n.quality.Free()
		s.paused = false
	}
	return n
}

// warnOfBad tells that many records are bad, or with no text that they are not.
func (n *session) warnOfBad(text string) {
	if text == "" {
		n.health.clear(slotBad)
		return
	}
	n.health.warn(slotBad, connector.ReasonBad, text)
}

// stopped ends a group whose set-up failed.
func stopped(g *errgroup.Group) error {
	g.Go(func() error { return errAgain })
	if err := g.Wait(); !errors.Is(err, errAgain) {
		return err
	}
	return nil
}

// add starts the worker of a partition.
func (n *session) add(ctx context.Context, a assignment) error {
	w, err := newWorker(ctx, n, a)
	if err != nil {
		return err
	}
	n.start(ctx, w)
	return nil
}

// start runs a worker in the session.
func (n *session) start(ctx context.Context, w *worker) {
	n.mu.Lock()
	n.workers[w.id] = w
	n.mu.Unlock()
	n.group.Go(func() error { return w.run(ctx) })
	w.nudge()
}

func (n *session) all() []*worker {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*worker, 0, len(n.workers))
	for _, w := range n.workers {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *worker) int { return int(a.id) - int(b.id) })
	return out
}

func (n *session) letGo() {
	for _, w := range n.all() {
		w.drop()
	}
}

// poll hands fetched messages to their workers.
func (n *session) poll(ctx context.Context) error {
	defer n.consumer.AllowRebalance() // a poll that ends forbids it too
	for {
		fetches := n.consumer.PollFetches(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fetches.IsClientClosed() {
			return errAgain
		}
		var failed error
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			large := tooLarge(p.Err)
			if p.Err != nil && large == nil {
				failed = fmt.Errorf("%w: partition %d: %w", errAgain, p.Partition, p.Err)
				return
			}
			if err := n.push(ctx, p); err != nil && failed == nil {
				failed = err
			}
			if large != nil {
				n.leaveOut(p.Partition, large.NextOffset)
			}
		})
		n.consumer.AllowRebalance()
		if failed == nil {
			if err := fetches.Err0(); err != nil && tooLarge(err) == nil {
				failed = fmt.Errorf("%w: %w", errAgain, err)
			}
		}
		if failed != nil {
			n.deps.Logger.InfoContext(ctx, "reading interrupted", "stream", n.Name(), "err", failed)
			return failed
		}
	}
}

// push waits for room in the budget and queues the messages.
func (n *session) push(ctx context.Context, p kgo.FetchTopicPartition) error {
	n.mu.Lock()
	w := n.workers[p.Partition]
	n.mu.Unlock()
	if w == nil || len(p.Records) == 0 || !w.mine() {
		return nil
	}
	c := chunk{msgs: messages(p.Records), high: p.HighWatermark}
	var err error
	if c.held, err = n.deps.Budget.Acquire(ctx, size(c.msgs)); err != nil {
		return err
	}
	w.queue(c)
	return nil
}

// leaveOut has the partition's worker pass over what is not unpacked, behind what is queued.
func (n *session) leaveOut(partition int32, until int64) {
	n.mu.Lock()
	w := n.workers[partition]
	n.mu.Unlock()
	if w != nil && w.mine() {
		w.queue(chunk{skip: until})
	}
}

func messages(records []*kgo.Record) []ingest.Message {
	out := make([]ingest.Message, len(records))
	for i, r := range records {
		out[i] = ingest.Message{Offset: r.Offset, Time: r.Timestamp, Value: r.Value}
	}
	return out
}

func size(msgs []ingest.Message) int64 {
	n := int64(0)
	for _, m := range msgs {
		n += int64(len(m.Value)) + 64
	}
	return n
}

// follow tells the workers when the choice of tables changes.
func (n *session) follow(ctx context.Context) error {
	for {
		choice, changed := n.deps.Watch()
		if !Wanted(choice) {
			return errAgain
		}
		if !slices.Equal(*n.selected.Load(), choice.Tables) {
			n.selected.Store(tables(choice))
			for _, w := range n.all() {
				w.nudge()
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// probe looks at the hub from time to time: whether it answers, and, by compare, how far behind the reading is and whether partitions came.
func (n *session) probe(ctx context.Context, compare func(context.Context, []assignment) error) error {
	t := time.NewTicker(n.cfg.Probe)
	defer t.Stop()
	began, asked := time.Now(), time.Now()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if time.Since(began) > gapNotice {
			n.health.clear(slotGap)
		}
		parts, err := n.plan(ctx, n.admin)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			n.health.fail(slotHub, err)
			continue
		}
		n.health.clear(slotHub)
		if time.Since(asked) > retentionEvery {
			asked = time.Now()
			n.learnRetention(ctx)
		}
		if err := compare(ctx, parts); err != nil {
			return err
		}
	}
}

// compare brings the session in line with what the hub says it has.
func (n *session) compare(ctx context.Context, parts []assignment) error {
	for _, a := range parts {
		n.mu.Lock()
		w := n.workers[a.id]
		n.mu.Unlock()
		switch {
		case w == nil:
			n.deps.Logger.InfoContext(ctx, "partition found", "stream", n.Name(), "partition", a.id)
			if err := n.add(ctx, a); err != nil {
				return err
			}
			n.consumer.AddConsumePartitions(map[string]map[int32]kgo.Offset{n.cfg.Hub: {a.id: kgo.NewOffset().At(a.next)}})
		case w.source != a.source:
			return fmt.Errorf("%w: partition %d was made anew", errAgain, a.id)
		default:
			w.measure(a.end)
		}
	}
	return nil
}

// commit tells the consumer group where the reading is. Nobody depends on it, so a failure is only logged.
func (n *session) commit(ctx context.Context) error {
	if n.cfg.ConsumerGroup == "" {
		return nil
	}
	adm := kadm.NewClient(n.admin.Client)
	t := time.NewTicker(commitEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		offsets := kadm.Offsets{}
		for _, w := range n.all() {
			offsets.AddOffset(n.cfg.Hub, w.id, w.position(), -1)
		}
		if err := adm.CommitAllOffsets(ctx, n.cfg.ConsumerGroup, offsets); err != nil && ctx.Err() == nil {
			n.deps.Logger.DebugContext(ctx, "group not told", "stream", n.Name(), "group", n.cfg.ConsumerGroup, "err", err)
		}
	}
}

// lagOf returns the lag of a partition that ends at end.
func lagOf(source string, id int32, next, end int64, newest time.Time) connector.Lag {
	l := connector.Lag{Source: source, Partition: id, Events: max(0, end-next)}
	if l.Events > 0 && !newest.IsZero() {
		l.Behind = max(0, time.Since(newest))
	}
	return l
}
