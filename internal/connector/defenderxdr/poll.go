package defenderxdr

import "time"

// quickest is the shortest interval of polling, and busyFor is how long a sign of life makes it short.
const (
	quickest = 5 * time.Second
	busyFor  = 2 * time.Minute
)

// spare is the share of the hour's budget that must be left for polling faster than configured.
const spare = 0.5

// interval is the wait before the next poll: the configured one; a third of it while changes come in or somebody looks at
// incidents, as long as half of the request budget is left.
func (s *stream) interval() time.Duration {
	now := s.cfg.Clock.Now()
	s.mu.Lock()
	busy := now.Before(s.busy)
	s.mu.Unlock()
	if !busy && !s.cfg.watched(now) || s.cfg.Budget != nil && s.cfg.Budget() < spare {
		return s.cfg.Poll
	}
	return min(s.cfg.Poll, max(s.cfg.Poll/3, quickest))
}

// saw notes the newest stamp of merged rows: a newer one than before means that the tenant is busy.
func (s *stream) saw(newest int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if newest > s.newest {
		if s.newest > 0 {
			s.busy = s.cfg.Clock.Now().Add(busyFor)
		}
		s.newest = newest
	}
}

// watched reports whether somebody has looked at an incident lately.
func (cfg Config) watched(now time.Time) bool {
	at := cfg.looked.Load()
	return at != nil && now.Sub(*at) < busyFor
}
