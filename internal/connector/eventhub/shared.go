package eventhub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/model"
)

// A hub that several processes share is divided among them by its consumer group, partition by partition. Each stores its
// part in its own store; claims (see there) keep the parts apart through kills, pauses and rebalances.

// sessionTimeout is after how long without a sign of life a process's partitions go to others, unless configured.
const sessionTimeout = 30 * time.Second

// rebalanceTimeout is how long a division of the group waits for a process that gives signs of life but does not take part: one whose
// store takes nothing.
const rebalanceTimeout = 5 * time.Minute

// claimTimeout bounds one claim, which waits while the group is divided anew. Its outcome is unknown then; the next session
// finds out.
const claimTimeout = 2 * time.Minute

// errNotOurs ends the work on a partition that went to another process.
var errNotOurs = errors.New("the partition went to another process")

// share reads the partitions that the group gives to this process until ctx ends or the session must be set up anew.
func (s *Stream) share(ctx context.Context, secret string, admin *client, choice model.Connection) error {
	g, ctx := errgroup.WithContext(ctx)
	n := s.newSession(secret, admin, g, choice)
	defer n.letGo()
	defer s.deps.Meter.ForgetLag(s.cfg.Workspace, s.source(0))
	n.learnRetention(ctx)
	if err := n.settle(ctx); err != nil {
		return errors.Join(err, stopped(g))
	}
	consumer, err := s.dial(secret, append(s.groupOptions(),
		kgo.AdjustFetchOffsetsFn(func(asked context.Context, given map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
			return n.assigned(asked, ctx, given)
		}),
		kgo.OnPartitionsRevoked(n.revoked), kgo.OnPartitionsLost(n.revoked))...)
	if err != nil {
		return errors.Join(err, stopped(g))
	}
	n.consumer = consumer
	g.Go(func() error {
		<-ctx.Done()
		consumer.CloseAllowingRebalance() // nothing is assigned after that
		return ctx.Err()
	})
	g.Go(func() error { return n.poll(ctx) })
	g.Go(func() error { return n.follow(ctx) })
	g.Go(func() error { return n.probe(ctx, n.watcher()) })
	return g.Wait()
}

// groupOptions are those of a member of the consumer group.
func (s *Stream) groupOptions() []kgo.Opt {
	session := cmp.Or(s.cfg.Session, sessionTimeout)
	return []kgo.Opt{
		kgo.ConsumerGroup(s.cfg.ConsumerGroup), kgo.ConsumeTopics(s.cfg.Hub), kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.DisableAutoCommit(),
		kgo.SessionTimeout(session), kgo.HeartbeatInterval(session / 10), kgo.RebalanceTimeout(rebalanceTimeout), kgo.BlockRebalanceOnPoll(),
	}
}

// committed returns the claims on the hub's partitions, and where the unclaimed begins; partitions that nobody claimed are
// not in it.
func (n *session) committed(ctx context.Context) (map[int32]claims, map[int32]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, planTimeout)
	defer cancel()
	offsets, err := kadm.NewClient(n.admin.Client).FetchOffsets(ctx, n.cfg.ConsumerGroup)
	if err == nil {
		err = offsets.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil, nil, nil // nobody joined it yet
	}
	if err != nil {
		return nil, nil, n.explain(n.admin, err)
	}
	by, at := map[int32]claims{}, map[int32]int64{}
	for id, o := range offsets[n.cfg.Hub] {
		if c, ok := parseClaims(o.Metadata); ok && o.At >= 0 {
			by[id], at[id] = c, o.At
		}
	}
	return by, at, nil
}

// assigned prepares the partitions that came to this process, and says where to read on. ctx ends with the next division of
// the group, working with the session.
func (n *session) assigned(ctx, working context.Context, given map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	by, at, err := n.committed(ctx)
	var parts []assignment
	if err == nil {
		parts, err = n.plan(ctx, n.admin) // after the claims, which must not seem to be beyond the end
	}
	if err != nil {
		n.health.fail(slotHub, err)
		return nil, err
	}
	out := map[int32]kgo.Offset{}
	var mine []assignment
	for _, a := range parts {
		if _, ok := given[n.cfg.Hub][a.id]; !ok {
			continue
		}
		a, passed := n.place(a, by, at)
		if err := n.take(ctx, working, a, by[a.id], passed); err != nil {
			return nil, err
		}
		mine = append(mine, a)
		out[a.id] = kgo.NewOffset().At(a.next)
	}
	n.announce(ctx, mine)
	n.deps.Logger.InfoContext(ctx, "partitions assigned", "stream", n.Name(), "group", n.cfg.ConsumerGroup, "count", len(mine))
	n.tellShare()
	return map[string]map[int32]kgo.Offset{n.cfg.Hub: out}, nil
}

// place finds where the reading of a partition begins: where nobody claimed, else where this store is. passed is what others
// claimed since this store's last position.
func (n *session) place(a assignment, by map[int32]claims, at map[int32]int64) (assignment, lost) {
	c, claimed := by[a.id]
	if !claimed {
		return a, lost{} // as alone
	}
	own := assignment{id: a.id, generation: c.Generation, next: at[a.id]}
	own.within(a.start, a.end)
	own.source = n.source(own.generation)
	next, known := n.deps.Appender.Next(n.cfg.Workspace, own.source, a.id)
	if known && !own.anew && next < at[a.id] {
		return own, lost{next, at[a.id]}
	}
	return own, lost{}
}

// take starts the worker of an assigned partition, when an earlier one has stored the last it claimed.
func (n *session) take(ctx, working context.Context, a assignment, c claims, passed lost) error {
	n.mu.Lock()
	old := n.workers[a.id]
	n.mu.Unlock()
	if old != nil {
		select {
		case <-old.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if passed.to > 0 { // it may have stored more since
			passed.from, _ = n.deps.Appender.Next(n.cfg.Workspace, a.source, a.id)
		}
	}
	w, err := newWorker(ctx, n, a)
	if err != nil {
		return err
	}
	if a.anew {
		c = claims{} // positions of a hub that is no more
	}
	c.Generation = a.generation
	w.shared, w.claims, w.passed, w.start = true, c, passed, a.next
	n.start(working, w)
	return nil
}

// revoked stops the work on partitions that go to other processes. When it returns, nothing more of them is claimed here.
func (n *session) revoked(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	for _, id := range gone[n.cfg.Hub] {
		n.mu.Lock()
		w := n.workers[id]
		n.mu.Unlock()
		if w == nil {
			continue
		}
		w.own.Lock() // waits for a claim that is under way
		w.gone.Store(true)
		w.own.Unlock()
		w.drop()
		w.nudge()
	}
	n.tellShare()
}

// tellShare tells people what part of the hub is read here.
func (n *session) tellShare() {
	var mine []int32
	for _, w := range n.all() {
		if w.mine() {
			mine = append(mine, w.id)
		}
	}
	n.health.is(fmt.Sprintf("Reading event hub %s with others of the group %s; %d partitions are this process's.", n.cfg.Hub, n.cfg.ConsumerGroup, len(mine)))
}

// claim makes the range up to a position this process's own. It fails when the partition is not, or when that is not known.
func (w *worker) claim(ctx context.Context, until int64) error {
	w.own.Lock()
	defer w.own.Unlock()
	if w.gone.Load() {
		return errNotOurs
	}
	next := w.claims.with(w.n.cfg.Node, w.position(), until)
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	text := next.text()
	with := kgo.PreCommitFnContext(ctx, func(r *kmsg.OffsetCommitRequest) error {
		for t := range r.Topics {
			for p := range r.Topics[t].Partitions {
				r.Topics[t].Partitions[p].Metadata = &text
			}
		}
		return nil
	})
	var failed error
	sent := false
	w.n.consumer.CommitOffsetsSync(with, map[string]map[int32]kgo.EpochOffset{w.n.cfg.Hub: {w.id: {Epoch: -1, Offset: until}}},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			failed = err
			if err == nil {
				failed, sent = commitError(resp)
			}
		})
	if failed == nil && !sent {
		failed = errors.New("the broker did not answer for the partition")
	}
	if failed != nil {
		return fmt.Errorf("%w: claiming positions of partition %d: %w", errAgain, w.id, failed)
	}
	w.claims = next
	return nil
}

// watcher returns what a probe compares: how far behind this process's partitions are, and whether the hub got more of them.
func (n *session) watcher() func(context.Context, []assignment) error {
	known := 0
	return func(_ context.Context, parts []assignment) error {
		if known > 0 && len(parts) != known {
			n.consumer.ForceMetadataRefresh() // the group learns of new partitions by it
		}
		known = len(parts)
		for _, w := range n.all() {
			i := slices.IndexFunc(parts, func(a assignment) bool { return a.id == w.id })
			switch {
			case !w.mine():
				n.deps.Meter.ForgetPartition(n.cfg.Workspace, w.source, w.id)
			case i >= 0:
				w.measure(parts[i].end)
			}
		}
		return nil
	}
}
