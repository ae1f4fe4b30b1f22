package graph

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
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

// rate counts requests. The zero value is ready; it is safe for concurrent use.
type rate struct {
	mu    sync.Mutex
	calls []time.Time // of the last hour
}

// take counts a request unless there were too many; 0 is any number. It returns how long to wait.
func (r *rate) take(now time.Time, perMinute, perHour int) (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if perMinute == 0 && perHour == 0 {
		r.calls = nil
		return 0, true
	}
	for len(r.calls) > 0 && now.Sub(r.calls[0]) >= time.Hour {
		r.calls = r.calls[1:]
	}
	for _, x := range []struct {
		limit int
		of    time.Duration
	}{{perHour, time.Hour}, {perMinute, time.Minute}} {
		if n := len(r.calls); x.limit > 0 && n >= x.limit {
			if wait := x.of - now.Sub(r.calls[n-x.limit]); wait > 0 {
				return wait, false
			}
		}
	}
	r.calls = append(r.calls, now)
	return 0, true
}

// overQuota refuses a request of a family that had too many; hunting has limits of its own.
func (c *call) overQuota() bool {
	if c.r.Context().Value(undisturbed{}) != nil {
		return false
	}
	m, now := c.s.cfg.Modes(), c.s.cfg.Now()
	wait, ok := time.Duration(0), true
	switch path := c.r.URL.Path; {
	case strings.HasPrefix(path, "/v1.0/security/incidents"):
		wait, ok = c.s.incidents.take(now, m.IncidentsPerMinute, m.IncidentsPerHour)
	case strings.HasPrefix(path, "/v1.0/security/alerts_v2"):
		wait, ok = c.s.alerts.take(now, m.AlertsPerMinute, 0)
	}
	if !ok {
		c.throttle(wait, "Too many requests: the quota of this resource is used up.")
	}
	return !ok
}

// throttle answers 429; whether it says when to come again is a mode.
func (c *call) throttle(wait time.Duration, text string) {
	if c.s.cfg.Modes().RetryAfter {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	}
	c.fail(http.StatusTooManyRequests, "TooManyRequests", text)
}
