package tables

import (
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

const (
	// maxStep is how far ahead of the trusted time the clock may be to be believed at once: a server that was off for a
	// weekend goes on as usual.
	maxStep = 72 * time.Hour
	// settleTime is how long a clock that is further ahead must run on evenly to be believed after all.
	settleTime = 24 * time.Hour
	// slack is the difference between the clock and the time that passed that counts as even.
	slack = 10 * time.Minute
)

// believe moves the trusted time on. wall is the clock now; ran is how long this process has run since the last look, by a
// clock that cannot be set, or 0 at its first. A clock that went back is believed at once, for less is deleted then. One that jumped far
// ahead is believed when it has run on evenly for a day of this server's running; until then the trusted time moves by what
// passed. waiting tells that it is so.
func believe(c model.RetentionClock, known bool, wall time.Time, ran time.Duration) (next model.RetentionClock, waiting bool) {
	if !known || wall.Before(c.Trusted) || wall.Sub(c.Trusted) <= maxStep {
		return model.RetentionClock{Trusted: wall, Wall: wall}, false
	}
	next = model.RetentionClock{Trusted: c.Trusted.Add(ran), Wall: wall, Settled: c.Settled}
	switch drift := wall.Sub(c.Wall) - ran; {
	case ran == 0: // how long it was off is not known
	case drift.Abs() > slack:
		next.Settled = 0
	default:
		next.Settled += ran
	}
	if next.Settled >= settleTime {
		return model.RetentionClock{Trusted: wall, Wall: wall}, false
	}
	return next, true
}
