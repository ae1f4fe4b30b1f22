package msgraph

import "time"

// Health is what an answer says of the service as a whole.
type Health int

// The answers: the service works, it does not, or the answer says neither.
const (
	Up Health = iota
	Down
	Unclear
)

const (
	downAfter = 5                // failures in a row that mean the service is down
	firstTry  = 5 * time.Second  // wait before the first trial
	lastTry   = 60 * time.Second // the longest wait between trials
)

// breaker keeps requests from a service that is down, but for one at a time that tries. The zero value is closed.
type breaker struct {
	failures int
	next     time.Time // of the next trial
	wait     time.Duration
	trying   bool
}

// delay is how long a request must wait: nothing while the service works.
func (b *breaker) delay(now time.Time) time.Duration {
	switch {
	case b.failures < downAfter:
		return 0
	case b.trying:
		return lastTry // the trial's answer comes sooner and wakes the others
	}
	return max(0, b.next.Sub(now))
}

// sent notes that a request is on its way.
func (b *breaker) sent() { b.trying = b.failures >= downAfter }

func (b *breaker) answered(h Health, now time.Time) {
	trial := b.trying
	b.trying = false
	switch h {
	case Up:
		*b = breaker{}
	case Down:
		b.failures++
		if b.failures == downAfter || trial {
			b.wait = min(max(2*b.wait, firstTry), lastTry)
			b.next = now.Add(b.wait)
		}
	case Unclear:
	}
}

// Answered tells the limiter what the answer to a request that it let pass says of the service.
func (l *Limiter) Answered(h Health) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaker.answered(h, time.Now())
	l.dispatch()
}
