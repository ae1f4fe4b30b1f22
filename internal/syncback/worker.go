package syncback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// Clock tells the time of this side. It decides when to try again, never which value wins.
type Clock interface {
	Now() time.Time
}

// Job is an incident with something to send.
type Job struct {
	Number int64
	Person bool
}

// Store keeps the states of one workspace.
type Store interface {
	// Due returns incidents whose next attempt is due, those of people first, then the oldest, and when the next one after
	// them is due (zero: none is).
	Due(ctx context.Context, now time.Time, limit int) ([]Job, time.Time, error)
	// Load returns an incident's state.
	Load(ctx context.Context, number int64) (State, error)
	// Change applies f to an incident's state in one transaction and stores what it did: state, activities, conflicts, row.
	// Nothing is stored when f fails or its outcome is not Touched.
	Change(ctx context.Context, number int64, f func(*State) (Outcome, error)) (State, error)
}

// Remote is the tenant. Errors carry fault kinds: NotFound, Invalid (the value is refused for good), Throttled,
// Unavailable (the outcome of a write is unknown), Permission. An error may have a method RetryAfter() time.Duration.
type Remote interface {
	Get(ctx context.Context, id string, u Urgency) (model.TenantIncident, error)
	Patch(ctx context.Context, id string, p model.TenantPatch, u Urgency) (model.TenantIncident, error)
	Comment(ctx context.Context, id, text string, u Urgency) ([]model.TenantComment, error)
}

// Worker sends what waits. Run it once per workspace; Push and Refresh may be called beside it.
type Worker struct {
	Store  Store
	Remote Remote
	Clock  Clock
	Policy Policy
	Logger *slog.Logger
	// Report, if set, hears the result of every attempt: nil when it went well.
	Report func(err error)

	mu     sync.Mutex
	busy   map[int64]bool
	wake   chan struct{}
	closed time.Time // nothing is sent before it, but for one trial then: the tenant lets the app write nothing
	shut   bool
}

// lanes is how many incidents are sent at a time; the request limiter decides the pace.
const lanes = 4

// idle is the longest wait without a look at the outbox.
const idle = 30 * time.Second

// Wake makes Run look at the outbox at once.
func (w *Worker) Wake() {
	select {
	case w.waker() <- struct{}{}:
	default:
	}
}

func (w *Worker) waker() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake == nil {
		w.wake = make(chan struct{}, 1)
	}
	return w.wake
}

// claim takes an incident for this goroutine; release gives it back.
func (w *Worker) claim(number int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy == nil {
		w.busy = map[int64]bool{}
	}
	if w.busy[number] {
		return false
	}
	w.busy[number] = true
	return true
}

func (w *Worker) release(number int64) {
	w.mu.Lock()
	delete(w.busy, number)
	w.mu.Unlock()
}

// shutFor is how long nothing is sent after the tenant refused the app itself.
const shutFor = time.Minute

// allowance is how many incidents may be sent now, and when to look again when it is none. While the app itself is refused,
// one of them is tried at a time, so that what people changed waits without hammering the tenant.
func (w *Worker) allowance() (int, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch d := w.closed.Sub(w.Clock.Now()); {
	case !w.shut:
		return 4 * lanes, 0
	case d > 0:
		return 0, d
	}
	w.closed = w.Clock.Now().Add(shutFor)
	return 1, 0
}

// note learns from the result of an attempt whether the app may write at all.
func (w *Worker) note(err error) {
	k := fault.KindOf(err)
	refused := err != nil && (k == fault.Permission || k == fault.Unauthenticated)
	w.mu.Lock()
	switch {
	case refused:
		w.shut, w.closed = true, w.Clock.Now().Add(shutFor)
	case err == nil && w.shut:
		w.shut = false
		defer w.Wake()
	}
	w.mu.Unlock()
	if w.Report != nil {
		w.Report(err)
	}
}

// Run sends what is due until the context ends. A failed incident waits for its own backoff and never holds up another.
func (w *Worker) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, lanes)
	for {
		n, wait := w.allowance()
		jobs, next, err := w.due(ctx, n)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if !w.claim(j.Number) {
				continue
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				w.release(j.Number)
				return ctx.Err()
			}
			wg.Go(func() {
				defer func() { <-slots; w.release(j.Number); w.Wake() }()
				err := w.push(ctx, j.Number)
				if ctx.Err() == nil {
					w.note(err)
				}
			})
		}
		switch {
		case wait > 0:
		case !next.IsZero():
			wait = min(idle, max(next.Sub(w.Clock.Now()), 10*time.Millisecond))
		default:
			wait = idle
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-w.waker():
			t.Stop()
		case <-t.C:
		}
	}
}

func (w *Worker) due(ctx context.Context, limit int) ([]Job, time.Time, error) {
	if limit == 0 {
		return nil, time.Time{}, nil
	}
	jobs, next, err := w.Store.Due(ctx, w.Clock.Now(), limit)
	if err != nil {
		return nil, next, fmt.Errorf("reading the outbox: %w", err)
	}
	return jobs, next, nil
}

// Push sends one incident now. It does nothing while Run is at the same incident.
func (w *Worker) Push(ctx context.Context, number int64) error {
	if !w.claim(number) {
		return nil
	}
	defer w.release(number)
	return w.push(ctx, number)
}

// Refresh reads one incident by id and merges what it finds.
func (w *Worker) Refresh(ctx context.Context, number int64, u Urgency) (State, error) {
	st, err := w.Store.Load(ctx, number)
	if err != nil || st.RemoteID == "" {
		return st, err
	}
	return w.fetch(ctx, number, st.RemoteID, u)
}

func (w *Worker) fetch(ctx context.Context, number int64, id string, u Urgency) (State, error) {
	r, err := w.Remote.Get(ctx, id, u)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			_, e := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
				return s.Gone(w.Clock.Now()), nil
			})
			err = errors.Join(err, e)
		}
		return State{}, err
	}
	return w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
		return s.Merge(r, Fetched, w.Policy, w.Clock.Now()), nil
	})
}

// push is one attempt at an incident: read, merge, record, write, merge the answer. A failure is stored with the incident,
// where people see it, and is tried again later.
func (w *Worker) push(ctx context.Context, number int64) error {
	err := w.attempt(ctx, number)
	if err == nil || ctx.Err() != nil {
		return err
	}
	_, e := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
		s.Fail(err.Error(), w.Clock.Now().Add(delay(err, s.Outbox.Attempts)))
		return Outcome{Touched: true}, nil
	})
	w.Logger.WarnContext(ctx, "sending an incident's changes", "incident", number, "err", err)
	return errors.Join(err, e)
}

// delay is the wait before the next attempt: what the tenant asked for, else twice as long each time up to 5 minutes.
func delay(err error, attempts int) time.Duration {
	d := min(5*time.Second<<min(attempts, 6), 5*time.Minute)
	var after interface{ RetryAfter() time.Duration }
	if errors.As(err, &after) && after.RetryAfter() > 0 {
		return after.RetryAfter()
	}
	return d
}

func (w *Worker) attempt(ctx context.Context, number int64) error {
	st, err := w.Store.Load(ctx, number)
	if err != nil || !st.Waiting() {
		return err
	}
	u := urgency(st.Person())
	if st, err = w.fetch(ctx, number, st.RemoteID, u); err != nil {
		return err
	}
	if fields := st.Dirty(); len(fields) > 0 {
		if st, err = w.write(ctx, number, st, fields, u); err != nil {
			return err
		}
	}
	return w.comments(ctx, number, st, u)
}

// write sends the fields in one request. When the tenant refuses it, the incident may have been merged into another one
// meanwhile; if it was not, each field is sent alone, so that one refused value does not take the others with it.
func (w *Worker) write(ctx context.Context, number int64, st State, fields []Field, u Urgency) (State, error) {
	id := st.RemoteID
	err := w.send(ctx, number, id, fields, false, u)
	if err == nil || fault.KindOf(err) != fault.Invalid {
		return st, err
	}
	if st, err = w.fetch(ctx, number, id, u); err != nil {
		return st, err
	}
	for _, f := range fields {
		if !slices.Contains(st.Dirty(), f) {
			continue
		}
		if err := w.send(ctx, number, id, []Field{f}, true, u); err != nil {
			return st, err
		}
	}
	return st, nil
}

// send writes fields in one request. With last set, a refusal is final.
func (w *Worker) send(ctx context.Context, number int64, id string, fields []Field, last bool, u Urgency) error {
	var patch model.TenantPatch
	var sent map[Field]string
	_, err := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
		patch, sent = s.Attempt(fields, w.Clock.Now())
		return Outcome{Touched: true}, nil
	})
	if err != nil {
		return err
	}
	r, err := w.Remote.Patch(ctx, id, patch, u)
	if fault.KindOf(err) == fault.Invalid && err != nil {
		if !last {
			return err
		}
		_, e := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
			return Outcome{Touched: true, Clashes: s.Reject(sent, err.Error(), w.Clock.Now())}, nil
		})
		return e
	}
	if err != nil {
		return err
	}
	_, err = w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
		return s.Ack(r, sent, w.Policy, w.Clock.Now()), nil
	})
	return err
}
