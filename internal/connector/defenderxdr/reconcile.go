package defenderxdr

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// recent is how long a closed incident is still read by id.
const recent = 7 * 24 * time.Hour

// reconciled is the checkpoint of reading by id: when it last went through.
type reconciled struct {
	Done time.Time `json:"done"`
}

// reconcile reads by id, at intervals that survive restarts, what is open or was changed lately. It repairs whatever the
// lists may have shown wrongly, and notices what has vanished.
func (w *writeBack) reconcile(ctx context.Context) {
	var last reconciled
	if body, err := w.cfg.Sink.Checkpoint(ctx, w.Name()); err != nil || body != "" && json.Unmarshal([]byte(body), &last) != nil {
		w.cfg.Logger.WarnContext(ctx, "reading when incidents were last reconciled", "err", err)
	}
	if last.Done.IsZero() {
		w.done(ctx, &last) // the first read is under way
	}
	for {
		wait := max(last.Done.Add(w.cfg.Reconcile).Sub(w.cfg.Clock.Now()), time.Second)
		t := time.NewTimer(min(wait, w.cfg.Reconcile))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		if w.cfg.Clock.Now().Before(last.Done.Add(w.cfg.Reconcile)) {
			continue
		}
		if err := w.readAll(ctx); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "reconciling incidents", "err", err)
		}
		if ctx.Err() == nil {
			w.done(ctx, &last)
		}
	}
}

// done notes that everything was read now.
func (w *writeBack) done(ctx context.Context, last *reconciled) {
	last.Done = w.cfg.Clock.Now()
	b, err := json.Marshal(last)
	if err == nil {
		err = w.cfg.Sink.PutCheckpoint(ctx, w.Name(), string(b))
	}
	if err != nil && ctx.Err() == nil {
		w.cfg.Logger.WarnContext(ctx, "keeping when incidents were reconciled", "err", err)
	}
}

// readAll reads by id what is open or was changed lately. One incident that cannot be read does not stop the others,
// unless the tenant as a whole does not answer.
func (w *writeBack) readAll(ctx context.Context) error {
	numbers, err := w.cfg.Sink.OpenIncidents(ctx, w.cfg.Clock.Now().Add(-recent))
	if err != nil {
		return fmt.Errorf("listing open incidents: %w", err)
	}
	failed := 0
	for _, n := range numbers {
		err := w.readOne(ctx, n)
		switch {
		case err == nil || fault.KindOf(err) == fault.NotFound:
			failed = 0
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			if failed++; failed >= stubborn {
				return err
			}
		}
	}
	return nil
}

// readOne reads an incident by id. A version that the lists should have shown by now is counted as a repair.
func (w *writeBack) readOne(ctx context.Context, n int64) error {
	before, err := w.cfg.Worker.Store.Load(ctx, n)
	if err != nil {
		return err
	}
	after, err := w.cfg.Worker.Refresh(ctx, n, syncback.Repair)
	if err == nil && after.Version > before.Version && w.cfg.Clock.Now().Sub(after.LastSeen) > 2*w.cfg.Overlap {
		w.repairs.Add(1)
		w.cfg.Logger.WarnContext(ctx, "an incident had changed and no list showed it; it is repaired", "incident", n, "changed", after.LastSeen)
	}
	return err
}
