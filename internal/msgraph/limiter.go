package msgraph

import (
	"container/heap"
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"
)

// Priority orders requests that wait for the limiter.
type Priority int

// The priorities, the most urgent first. A part of the budget is kept for the first two.
const (
	UserWrite Priority = iota // somebody waits for it, or their edit does
	SyncWrite                 // a change made by automation
	Inbound                   // polling
	Reconcile                 // repairs
)

// Limits is the budget of one app in one tenant. The zero value means 50 a minute and 1,500 an hour.
type Limits struct {
	PerMinute, PerHour int
	// Raise is how many times the budget the pace may grow to while requests wait and the service does not object; up to 1
	// it never grows beyond the budget.
	Raise float64
}

// AlertLimits and OtherLimits are the budgets of alerts and of everything else. The service documents 150 a minute for
// alerts and far more for the directory.
var (
	AlertLimits = Limits{PerMinute: 150, PerHour: 6000}
	OtherLimits = Limits{PerMinute: 300, PerHour: 10000}
)

func (l Limits) orDefault() Limits {
	if l.PerMinute <= 0 {
		l.PerMinute = 50
	}
	if l.PerHour <= 0 {
		l.PerHour = 1500
	}
	l.Raise = max(l.Raise, 1)
	return l
}

// Limiter paces the requests of one app to one tenant, whichever stream makes them.
//
// In any minute it lets at most PerMinute requests pass, in any hour at most PerHour. The hour is also a token bucket of a
// fifth of the budget that refills with the other four, so that a long first read slows down to a steady pace instead of
// coming to a stop; what was sent an hour ago may be sent again, so that the whole budget is used for as long as it takes.
// Polling leaves 30 % of the minute and of the bucket to writes, and the last part of the hour. An answer 429 closes the gate for everybody, halves the pace, and the pace comes back by 5 %
// a minute, and may grow beyond the budget as far as Raise allows. After five answers in a row that the service is down, one request at a time tries whether it still is, at
// growing intervals, and the others wait. Safe for concurrent use; it starts no goroutine.
type Limiter struct {
	mu      sync.Mutex
	limits  Limits
	sent    []time.Time // within the last minute, oldest first
	hour    []slot      // requests of the last hour, oldest first
	used    int         // their sum
	tokens  float64     // of the hour's bucket
	filled  time.Time
	factor  float64 // pace, 1 is the whole budget
	since   time.Time
	closed  time.Time // gate
	waiting queue
	seq     int
	timer   *time.Timer
	breaker breaker
}

// slot is how many requests passed in a part of the hour.
type slot struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

const slotWidth = 30 * time.Second

// limiterState is what survives a restart.
type limiterState struct {
	Sent   []time.Time `json:"sent"`
	Hour   []slot      `json:"hour,omitempty"`
	Tokens float64     `json:"tokens"`
	Filled time.Time   `json:"filled"`
	Factor float64     `json:"factor"`
	Closed time.Time   `json:"closed,omitzero"`
}

// NewLimiter returns a limiter with the whole budget, or with what is left of it when state holds an earlier State.
func NewLimiter(limits Limits, state string) *Limiter {
	now := time.Now()
	l := &Limiter{limits: limits.orDefault(), factor: 1, since: now, filled: now}
	l.tokens = l.burst()
	var kept limiterState
	if state != "" && json.Unmarshal([]byte(state), &kept) == nil && !kept.Filled.IsZero() && !kept.Filled.After(now) {
		l.sent, l.tokens, l.filled, l.closed = kept.Sent, min(kept.Tokens, l.burst()), kept.Filled, kept.Closed
		for _, s := range kept.Hour {
			l.hour, l.used = append(l.hour, s), l.used+s.N
		}
		if kept.Factor > 0 {
			l.factor = min(kept.Factor, l.limits.Raise)
		}
		if l.closed.Sub(now) > time.Hour {
			l.closed = now.Add(time.Hour)
		}
	}
	return l
}

// State returns what NewLimiter needs to go on after a restart.
func (l *Limiter) State() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance(time.Now())
	b, err := json.Marshal(limiterState{Sent: l.sent, Hour: l.hour, Tokens: l.tokens, Filled: l.filled, Factor: l.factor, Closed: l.closed})
	if err != nil {
		return ""
	}
	return string(b)
}

// Stats tells how the budget stands.
type Stats struct {
	MinuteLeft, HourLeft int
	Pace                 float64
	ClosedUntil          time.Time // zero when the gate is open
	Down                 bool      // the service does not answer; one request at a time tries
	HourShare            float64   // of the hour's budget that is left, 0 to 1
	Waiting              int
}

// Stats returns how the budget stands now.
func (l *Limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.advance(now)
	left := max(0, l.perHour()-float64(l.used))
	s := Stats{
		MinuteLeft: max(0, l.perMinute()-len(l.sent)), HourLeft: int(max(0, min(l.tokens, left))), Pace: l.factor, Waiting: len(l.waiting),
		HourShare: max(0, min(1, l.tokens/l.burst(), 2*left/l.perHour())), // half of the hour is plenty
	}
	if l.closed.After(now) {
		s.ClosedUntil = l.closed
	}
	s.Down = l.breaker.failures >= downAfter
	return s
}

// Wait returns when the request may be sent, or with the context's error.
func (l *Limiter) Wait(ctx context.Context, p Priority) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	w := &waiter{priority: p, seq: l.seq, ready: make(chan struct{})}
	l.seq++
	heap.Push(&l.waiting, w)
	l.dispatch()
	l.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		if w.index >= 0 {
			heap.Remove(&l.waiting, w.index)
		}
		return ctx.Err()
	}
}

// Throttled closes the gate for as long as the service asked, with up to 10 % more, and halves the pace.
func (l *Limiter) Throttled(wait time.Duration) {
	wait = min(max(wait, time.Second), time.Hour)
	wait += time.Duration(rand.Float64() * 0.1 * float64(wait)) //nolint:gosec // jitter needs no secrecy
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.advance(now)
	if until := now.Add(wait); until.After(l.closed) {
		l.closed = until
	}
	l.factor, l.since = max(l.factor/2, 0.05), now
	l.dispatch()
}

func (l *Limiter) burst() float64 { return float64(l.limits.PerHour) / 5 }

// perHour is the most that may pass in any hour; a halved pace is below it by itself.
func (l *Limiter) perHour() float64 { return float64(l.limits.PerHour) * max(1, l.factor) }

// refill is how many tokens an hour brings.
func (l *Limiter) refill() float64 { return float64(l.limits.PerHour) * 0.8 * l.factor }

func (l *Limiter) perMinute() int { return max(1, int(float64(l.limits.PerMinute)*l.factor)) }

// advance brings the buckets to the moment. Called with mu held.
func (l *Limiter) advance(now time.Time) {
	if whole := now.Sub(l.since).Truncate(time.Minute); whole > 0 {
		most := 1.0
		if len(l.waiting) > 0 { // only who needs more finds out whether there is more
			most = l.limits.Raise
		}
		if next := l.factor + 0.05*whole.Minutes(); l.factor < most {
			l.factor = min(most, next)
		}
		l.since = l.since.Add(whole)
	}
	if d := now.Sub(l.filled); d > 0 {
		l.tokens = min(l.burst(), l.tokens+d.Hours()*l.refill())
		l.filled = now
	}
	for len(l.hour) > 0 && now.Sub(l.hour[0].At) >= time.Hour+slotWidth {
		n := l.hour[0].N
		l.hour, l.used = l.hour[1:], l.used-n
		if l.factor >= 1 {
			l.tokens = min(l.burst(), l.tokens+max(0, float64(n)-slotWidth.Hours()*l.refill()))
		}
	}
	cut := 0
	for cut < len(l.sent) && now.Sub(l.sent[cut]) >= time.Minute {
		cut++
	}
	l.sent = l.sent[cut:]
}

// dispatch lets pass who may, in order of priority, and sets the timer for the next. Called with mu held.
func (l *Limiter) dispatch() {
	now := time.Now()
	l.advance(now)
	for len(l.waiting) > 0 {
		if d := l.delay(now, l.waiting[0].priority); d > 0 {
			l.arm(d)
			return
		}
		w := heap.Pop(&l.waiting).(*waiter)
		l.sent = append(l.sent, now)
		l.count(now)
		l.breaker.sent()
		close(w.ready)
	}
}

// count notes a request that passes. Called with mu held.
func (l *Limiter) count(now time.Time) {
	l.tokens--
	l.used++
	if at := now.Truncate(slotWidth); len(l.hour) > 0 && l.hour[len(l.hour)-1].At.Equal(at) {
		l.hour[len(l.hour)-1].N++
	} else {
		l.hour = append(l.hour, slot{at, 1})
	}
}

// tail is the part of the hour's budget that a priority leaves to those before it.
func tail(p Priority) float64 {
	switch p {
	case Inbound:
		return 0.03
	case Reconcile:
		return 0.06
	}
	return 0
}

// delay is how long a request of the priority must still wait.
func (l *Limiter) delay(now time.Time, p Priority) time.Duration {
	if d := max(l.closed.Sub(now), l.breaker.delay(now)); d > 0 {
		return d
	}
	reserve := 0.0
	if p >= Inbound {
		reserve = 0.3
	}
	var d time.Duration
	allowed := max(1, int(float64(l.perMinute())*(1-reserve)))
	if over := len(l.sent) - allowed; over >= 0 {
		d = time.Minute - now.Sub(l.sent[over])
	}
	if missing := 1 + l.burst()*reserve - l.tokens; missing > 0 {
		d = max(d, time.Duration(missing/l.refill()*float64(time.Hour))+time.Millisecond)
	}
	if over := float64(l.used) - l.perHour()*(1-tail(p)); over > -1 && len(l.hour) > 0 { // until enough of it is an hour ago
		free := 0.0
		for _, s := range l.hour {
			if free += float64(s.N); free >= over+1 {
				d = max(d, time.Hour+slotWidth-now.Sub(s.At)+time.Millisecond)
				break
			}
		}
	} else if n := len(l.hour); d > 0 && n > 0 { // what was sent an hour ago may bring tokens sooner
		d = min(d, max(time.Hour+slotWidth-now.Sub(l.hour[0].At), time.Millisecond))
	}
	return d
}

func (l *Limiter) arm(d time.Duration) {
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(d, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.dispatch()
	})
}

type waiter struct {
	priority Priority
	seq      int
	index    int
	ready    chan struct{}
}

// queue is a heap of waiters, the most urgent and then the longest waiting first.
type queue []*waiter

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].priority != q[j].priority {
		return q[i].priority < q[j].priority
	}
	return q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is for package heap.
func (q *queue) Push(x any) {
	w := x.(*waiter)
	w.index = len(*q)
	*q = append(*q, w)
}

// Pop is for package heap.
func (q *queue) Pop() any {
	old := *q
	w := old[len(old)-1]
	*q = old[:len(old)-1]
	w.index = -1
	return w
}
