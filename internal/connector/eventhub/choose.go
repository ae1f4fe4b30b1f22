package eventhub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// choose follows the choice of tables. From the position that is next, rows of the newly ticked tables are stored and
// those of unticked ones are not; that this is so is kept before the first frame that relies on it.
func (w *worker) choose(ctx context.Context) error {
	chosen := w.n.selected.Load()
	if chosen == w.chosen {
		return nil
	}
	w.mu.Lock()
	changed := retick(w.ticks, *chosen, model.Tick{Source: w.source, Partition: w.id, From: w.start, Until: w.next})
	w.mu.Unlock()
	if w.shared {
		// What went by was partly others', who chose for themselves.
		for i, t := range changed {
			if t.Off < 0 {
				changed[i].From = t.Until
			}
		}
	}
	for len(changed) > 0 {
		err := w.n.deps.Ticks.SaveTicks(ctx, w.n.cfg.Workspace, changed)
		if err == nil {
			w.n.health.clear(slotState)
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.n.health.fail(slotState, fmt.Errorf("the choice of tables is not kept yet: %w", err))
		if !sleep(ctx, time.Second) {
			return ctx.Err()
		}
	}
	w.mu.Lock()
	w.ticks = mergeTicks(w.ticks, changed)
	w.mu.Unlock()
	w.chosen, w.want = chosen, ingest.Selected(*chosen)
	w.n.replayNow()
	return nil
}

// retick returns the ticks that change when these tables are chosen at a position, which at.Until is; at.From is the
// first position that a table ticked for the first time can have.
func retick(ticks []model.Tick, chosen []string, at model.Tick) []model.Tick {
	last := map[string]model.Tick{}
	for _, t := range ticks {
		if t.N > last[t.Table].N {
			last[t.Table] = t
		}
	}
	var changed []model.Tick
	for _, table := range chosen {
		t := last[table]
		switch {
		case t.N == 0:
			changed = append(changed, model.Tick{Source: at.Source, Partition: at.Partition, Table: table, N: 1, From: min(at.From, at.Until), Until: at.Until, Off: -1})
		case t.Off >= 0:
			changed = append(changed, model.Tick{Source: at.Source, Partition: at.Partition, Table: table, N: t.N + 1, From: t.Off, Until: at.Until, Off: -1})
		}
	}
	for table, t := range last {
		if t.Off < 0 && !slices.Contains(chosen, table) {
			t.Off = at.Until
			changed = append(changed, t)
		}
	}
	return changed
}

// mergeTicks replaces ticks of the same table and number, and adds the others.
func mergeTicks(ticks, changed []model.Tick) []model.Tick {
	out := slices.Clone(ticks)
	for _, c := range changed {
		i := slices.IndexFunc(out, func(t model.Tick) bool { return t.Table == c.Table && t.N == c.N })
		if i < 0 {
			out = append(out, c)
		} else {
			out[i] = c
		}
	}
	return out
}
