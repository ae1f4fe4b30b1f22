package defenderxdr

import (
	"fmt"
	"sync"
	"time"
)

// lagMeter measures how late the tenant's lists show a change. A row that a live read shows and the one before did not,
// although it is stamped before that one, was at least so late. Safe for concurrent use.
type lagMeter struct {
	mu    sync.Mutex
	known map[string]int64 // newest stamp of an id that a live read has shown
	last  int64            // when the last complete live read began, by the tenant's clock
	worst time.Duration    // of the last day
	at    int64            // when it was that late
	found time.Duration    // by the read under way
}

// saw notes rows of a live read.
func (m *lagMeter) saw(rows []seenRow) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]int64{}
	}
	for _, r := range rows {
		if r.stamp <= m.known[r.id] {
			continue
		}
		m.known[r.id] = r.stamp
		if m.last > 0 {
			m.found = max(m.found, time.Duration(m.last-r.stamp)*100)
		}
	}
}

// done ends a live read that began at the time; rows stamped before oldest are not shown any more.
func (m *lagMeter) done(began, oldest int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.found > m.worst || began-m.at > int64(24*time.Hour/100) {
		m.worst, m.at = m.found, began
	}
	m.last, m.found = began, 0
	for id, stamp := range m.known {
		if stamp < oldest {
			delete(m.known, id)
		}
	}
}

func (m *lagMeter) lag() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.worst
}

// lagging says what to do when the tenant's lists are late enough to worry, "" when they are not.
func (s *stream) lagging() string {
	lag := s.lag.lag()
	if lag < s.cfg.Overlap/2 {
		return ""
	}
	return fmt.Sprintf("The tenant's list of %ss showed a change %s late; %s is allowed for. Set incidents.overlap to at least %s.",
		s.col.One, lag.Round(time.Second), s.cfg.Overlap, (2*lag).Round(time.Minute)+time.Minute)
}

// seenRow is a row of a list: what it is of, and its stamp in ticks.
type seenRow struct {
	id    string
	stamp int64
}

func newestOf(rows []seenRow) int64 {
	var out int64
	for _, r := range rows {
		out = max(out, r.stamp)
	}
	return out
}
