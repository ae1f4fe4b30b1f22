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
	for k, v := range meta.Forced {
		switch k {
		case "orderby":
			m.OrderBy = v == "true"
		case "newestBy":
			m.NewestBy = v
		case "commentStamps":
			m.CommentStamps = v == "true"
		case "lag":
			if lag, err := time.ParseDuration(v); err == nil {
				m.Lag = lag
			} else if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				m.Lag = time.Duration(n)
			}
		}
	}
	return m
}
