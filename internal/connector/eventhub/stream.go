package eventhub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// errAgain ends a session that must be set up anew: the choice of tables became empty or ceased to be, or the hub's
// partitions are not what they were.
var errAgain = errors.New("the session is set up again")

const (
	againDelay  = time.Second      // between sessions
	planTimeout = 20 * time.Second // to learn about the hub
	secretEvery = 2 * time.Second  // how often a refused connection string is looked at
	secretRetry = 5 * time.Minute  // when it is tried again all the same
	hungUpRetry = 15 * time.Second // the same, when the refusal was not a clear one
	tokenRetry  = time.Minute      // the same, for a token: roles take minutes to be known
)

// Run reads the hub until ctx ends. While the workspace has ticked no table it only looks which tables the hub carries.
func (s *Stream) Run(ctx context.Context) error {
	for {
		secret, err := s.secret()
		if err == nil {
			err = s.session(ctx, secret)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errAgain):
			s.deps.Logger.DebugContext(ctx, "session ends", "stream", s.Name(), "err", err)
			if !sleep(ctx, againDelay) {
				return nil
			}
		case fault.KindOf(err) == fault.Unauthenticated:
			s.health.fail(slotHub, err)
			retry := secretRetry
			switch fault.CodeOf(err) {
			case hungUpCode:
				retry = hungUpRetry
			case tokenRefusedCode:
				retry = tokenRetry
			case "hub_token_expired", "sign_in_revoked":
				retry = againDelay
			}
			s.waitForSecret(ctx, secret, retry)
		default:
			return err
		}
	}
}

// waitForSecret returns when the connection string is another one, or after a while.
func (s *Stream) waitForSecret(ctx context.Context, old string, atMost time.Duration) {
	deadline := time.Now().Add(atMost)
	for time.Now().Before(deadline) && sleep(ctx, secretEvery) {
		if now, err := s.secret(); err == nil && now != old {
			return
		}
	}
}

// session connects and works until something must be set up anew.
func (s *Stream) session(ctx context.Context, secret string) error {
	admin, err := s.dial(secret)
	if err != nil {
		return err
	}
	defer admin.Close()
	parts, err := s.plan(ctx, admin)
	if err != nil {
		return err
	}
	if !s.cfg.Shared {
		s.announce(ctx, parts)
	}
	choice, changed := s.deps.Watch()
	if !Wanted(choice) {
		s.health.start(fmt.Sprintf("Event hub %s answers; no table is ticked, so nothing is stored.", s.cfg.Hub))
		return s.look(ctx, secret, parts, changed)
	}
	s.health.start(fmt.Sprintf("Reading event hub %s, %d partitions.", s.cfg.Hub, len(parts)))
	if s.cfg.Shared {
		return s.share(ctx, secret, admin, choice)
	}
	return s.intake(ctx, secret, admin, parts, choice)
}

// assignment is where the reading of a partition begins.
type assignment struct {
	id         int32
	generation int
	source     string
	start, end int64 // what the hub holds
	next       int64
	lost       lost // what it should hold, but does not
	anew       bool // the hub was made anew since
}

// lost is a range of positions that the hub dropped before they were read.
type lost struct{ from, to int64 }

// plan asks the store for positions and the hub for its partitions.
func (s *Stream) plan(ctx context.Context, c *client) ([]assignment, error) {
	ctx, cancel := context.WithTimeout(ctx, planTimeout)
	defer cancel()
	adm := kadm.NewClient(c.Client)
	topics, err := adm.ListTopics(ctx, s.cfg.Hub)
	if err == nil {
		err = topics[s.cfg.Hub].Err
	}
	if err != nil {
		return nil, s.explain(c, err)
	}
	var out []assignment
	for _, p := range topics[s.cfg.Hub].Partitions.Sorted() {
		if p.Err != nil {
			return nil, s.explain(c, p.Err)
		}
		// Positions before offsets: while messages are being stored, the other way round they could seem to be beyond the end.
		out = append(out, s.position(p.Partition))
	}
	if len(out) == 0 {
		return nil, s.explain(c, errors.New("it has no partitions"))
	}
	starts, err := adm.ListStartOffsets(ctx, s.cfg.Hub)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, s.explain(c, err)
	}
	ends, err := adm.ListEndOffsets(ctx, s.cfg.Hub)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, s.explain(c, err)
	}
	for i := range out {
		start, ok1 := starts.Lookup(s.cfg.Hub, out[i].id)
		end, ok2 := ends.Lookup(s.cfg.Hub, out[i].id)
		if !ok1 || !ok2 {
			return nil, s.explain(c, fmt.Errorf("partition %d has no offsets", out[i].id))
		}
		out[i].within(start.Offset, end.Offset)
		out[i].source = s.source(out[i].generation)
	}
	return out, nil
}

// position finds what the store has of a partition: the newest generation and its next position.
func (s *Stream) position(id int32) assignment {
	a := assignment{id: id, next: -1}
	for g := 0; ; g++ {
		next, ok := s.deps.Appender.Next(s.cfg.Workspace, s.source(g), id)
		if !ok {
			return a
		}
		a.generation, a.next = g, next
	}
}

// within fits the position to what the hub holds.
func (a *assignment) within(start, end int64) {
	a.start, a.end = start, end
	switch {
	case a.next < 0:
		a.next = start
	case a.next > end:
		// Offsets only go back when the hub is made anew; nothing of that one has been read.
		a.anew = true
		a.generation, a.next = a.generation+1, start
	case a.next < start:
		a.lost = lost{a.next, start}
		a.next = start
	}
}

// announce tells people what is not as it was when the reading stopped.
func (s *Stream) announce(ctx context.Context, parts []assignment) {
	for _, a := range parts {
		switch {
		case a.anew:
			s.deps.Logger.WarnContext(ctx, "hub made anew", "stream", s.Name(), "partition", a.id, "end", a.end)
			s.health.warn(slotGap, "hub_made_anew", fmt.Sprintf("Event hub %s, partition %d, ends at position %d, before the position that was to be read next: the hub was made anew. It is read from its beginning.", s.cfg.Hub, a.id, a.end))
		case a.lost.to > 0:
			s.deps.Logger.WarnContext(ctx, "positions lost", "stream", s.Name(), "partition", a.id, "from", a.lost.from, "to", a.lost.to)
			s.health.warn(slotGap, "positions_lost", fmt.Sprintf("Event hub %s, partition %d, no longer holds positions %d to %d: they were dropped before they could be read. Give the hub a longer retention, or look why the reading was behind.", s.cfg.Hub, a.id, a.lost.from, a.lost.to-1))
		}
	}
}

// tables returns the ticked tables of a choice as a set that can be compared by its pointer.
func tables(c model.Connection) *[]string { return &c.Tables }

// sleep waits, and returns false if ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
