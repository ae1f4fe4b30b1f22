package graph

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// huntCycle is what the time hunting may take is counted over.
const huntCycle = 15 * time.Minute

// huntQuota counts what hunting used. The zero value is ready; it is safe for concurrent use.
type huntQuota struct {
	mu    sync.Mutex
	calls []time.Time
	cycle time.Time
	used  time.Duration
}

// begin counts a call, or says in text why it is refused and when to come again.
func (q *huntQuota) begin(now time.Time, m Modes) (wait time.Duration, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	limit, cpu := m.HuntCalls, m.HuntCPU
	if c := now.Truncate(huntCycle); !c.Equal(q.cycle) {
		q.cycle, q.used = c, 0
	}
	for len(q.calls) > 0 && now.Sub(q.calls[0]) >= time.Minute {
		q.calls = q.calls[1:]
	}
	switch {
	case limit <= 0:
		return time.Minute, "Rate limit is exceeded."
	case len(q.calls) >= limit:
		return time.Minute - now.Sub(q.calls[len(q.calls)-limit]), fmt.Sprintf("Rate limit is exceeded. The maximum number of requests is %d per minute.", limit)
	case q.used >= cpu:
		return q.cycle.Add(huntCycle).Sub(now), "Exceeded the CPU resources allocated for advanced hunting in this cycle of 15 minutes."
	}
	q.calls = append(q.calls, now)
	return 0, ""
}

func (q *huntQuota) spend(now time.Time, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Truncate(huntCycle).Equal(q.cycle) {
		q.used += d
	}
}

// throttle answers 429; whether it says when to come again is a mode.
func (c *call) throttle(wait time.Duration, text string) {
	if c.s.cfg.Modes().RetryAfter {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	}
	c.fail(http.StatusTooManyRequests, "TooManyRequests", text)
}
