package defenderxdr

import (
	"context"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// begin asks how much there is and starts the history at the tenant's present.
func (s *stream) begin(ctx context.Context, cp *checkpoint) error {
	page, err := s.cfg.Graph.List(ctx, s.col, time.Time{}, s.cfg.Clock.Now().Add(24*time.Hour), 1, msgraph.Inbound)
	if serverFault(err) {
		if s.failed++; s.failed >= stubborn { // something in the list breaks it: begin without knowing how much there is
			page, err = &msgraph.Page{}, nil
		}
	}
	if err != nil {
		return err
	}
	s.failed = 0
	s.clock(page.Date)
	if page.Count > 0 && s.name == "incidents" {
		if err := s.cfg.Sink.Reserve(ctx, page.Count); err != nil {
			return err
		}
	}
	now := s.serverNow()
	next := s.afresh(checkpoint{Watermark: now, Check: now + int64((s.cfg.Overlap+time.Minute)/100)}, now)
	if err := s.commit(ctx, next); err != nil {
		return err
	}
	*cp = next
	return nil
}

// afresh makes the history be read from the time downwards.
func (s *stream) afresh(cp checkpoint, from int64) checkpoint {
	cp.Top, cp.Floor, cp.Width = from, from-int64(s.cfg.History/100), column.Day
	return cp
}

// verify compares how many objects the tenant has with how many are here, once the index must have caught up with the
// first read, and from then on at the interval of reconciliation. When some are missing, the history is read again. It
// also tries again what was put aside.
func (s *stream) verify(ctx context.Context, cp *checkpoint) error {
	now := s.serverNow()
	if now < cp.Check {
		return nil
	}
	page, err := s.cfg.Graph.List(ctx, s.col, time.Time{}, s.cfg.Clock.Now().Add(24*time.Hour), 1, msgraph.Reconcile)
	if serverFault(err) {
		page, err = &msgraph.Page{}, nil // something in the list breaks it
	}
	if err != nil {
		return err
	}
	ids, err := s.cfg.Sink.Quarantined(ctx, s.name)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.alone(ctx, id, "", time.Time{}, nil); err != nil {
			return err
		}
	}
	here, err := s.cfg.Sink.Count(ctx, s.name)
	if err != nil {
		return err
	}
	next := *cp
	next.Check = now + int64(s.cfg.Reconcile/100)
	switch missing := page.Count - here - len(ids); {
	case missing <= 0:
		next.Missing = 0
	case missing == cp.Missing: // reading again has not helped: the tenant counts what it does not list
	default:
		next.Missing = missing
		s.cfg.Logger.WarnContext(ctx, "objects of the tenant are missing here; its history is read again", "stream", s.name, "tenant", page.Count, "here", here)
		next = s.afresh(next, now)
	}
	if err := s.commit(ctx, next); err != nil {
		return err
	}
	*cp = next
	return nil
}

// history reads the next older window, and makes it wider where there is little.
func (s *stream) history(ctx context.Context, cp *checkpoint) error {
	w := window{cp.Top - cp.Width, cp.Top}
	if w.from < cp.Floor {
		w.from = cp.Floor
	}
	if cp.Top <= cp.Floor {
		w.from = 0
	}
	s.rowsRead, s.interrupted = 0, false
	s.between = func(ctx context.Context) error { return s.whenDue(ctx, cp) }
	defer func() { s.between = nil }()
	err := s.read(ctx, w, true, func(part window) error {
		next := *cp
		next.Top = part.from
		if err := s.commit(ctx, next); err != nil {
			return err
		}
		*cp = next
		return nil
	})
	if serverFault(err) && !s.interrupted {
		if s.stuck++; s.stuck >= stubborn {
			w.to = cp.Top
			if err = s.isolate(ctx, w); err == nil {
				next := *cp
				next.Top = w.from
				err = s.commit(ctx, next)
				*cp = next
			}
		}
	}
	if err != nil {
		return err
	}
	s.stuck = 0
	cp.Width = s.widen(w, cp.Width)
	return nil
}

// widen is how wide the next window of the history should be: for three quarters of the rows that it may have, as densely as
// they lay in this one.
func (s *stream) widen(w window, width int64) int64 {
	if w.from == 0 || w.to-w.from < width { // the last ones are as wide as they are
		return width
	}
	next := 8 * width
	if s.rowsRead > 0 {
		next = min(next, int64(float64(width)*0.75*float64(s.bound(w, true))/float64(s.rowsRead)))
	}
	return max(next, column.Hour)
}
