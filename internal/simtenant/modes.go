package simtenant

import "github.com/vedette-siem/vedette/internal/simtenant/graph"

// modes returns the behaviour the seed drew, with what was forced by hand on top.
func (t *tenant) modes() graph.Modes {
	meta := t.store.Meta()
	m := graph.Drawn(meta.Seed)
	for k, v := range meta.Forced {
		if err := m.Set(k, v); err != nil { // it was checked when it was forced: an older version knew another
			t.cfg.Logger.Warn("a forced mode is passed over", "err", err)
		}
	}
	return m
}
