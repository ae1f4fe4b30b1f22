package simtenant

import (
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/graph"
)

// modes returns the behaviour the seed drew, with what was forced by hand on top.
func (t *tenant) modes() graph.Modes {
	meta := t.store.Meta()
	d := dice.New(meta.Seed, "modes")
	m := graph.Modes{OrderBy: d.Chance(0.5), NewestBy: dice.Pick(d, []string{"lastUpdateDateTime", "createdDateTime"}), CommentStamps: d.Chance(0.5)}
	if d.Chance(0.6) {
		m.Lag = d.Between(500*time.Millisecond, 8*time.Second).Truncate(100 * time.Millisecond)
	}
	more := dice.New(meta.Seed, "more modes")
	m.RetryAfter, m.HuntCalls, m.HuntCPU = more.Chance(0.6), 45, 150*time.Second // ten minutes an hour
	for k, v := range meta.Forced {
		force(&m, k, v)
	}
	return m
}

// force sets the mode named k; what is no value of it changes nothing.
func force(m *graph.Modes, k, v string) {
	number, err := strconv.ParseInt(v, 10, 64)
	length, isLength := time.ParseDuration(v)
	if isLength != nil && err == nil {
		length, isLength = time.Duration(number), nil
	}
	switch {
	case k == "orderby":
		m.OrderBy = v == "true"
	case k == "newestBy":
		m.NewestBy = v
	case k == "commentStamps":
		m.CommentStamps = v == "true"
	case k == "retryAfter":
		m.RetryAfter = v == "true"
	case k == "lag" && isLength == nil:
		m.Lag = length
	case k == "huntCPU" && isLength == nil:
		m.HuntCPU = length
	case k == "huntCalls" && err == nil:
		m.HuntCalls = int(number)
	}
}
