package defenderxdr

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// ahead is how far into the tenant's future a live window reaches, for clocks that differ.
const ahead = 5 * column.Minute

// stubborn is how often a window may fail on the tenant's side before its parts are tried alone.
const stubborn = 3

// checkpoint is what a stream has merged, stored after the rows. Times are the tenant's, in ticks.
type checkpoint struct {
	Watermark int64 `json:"watermark"`       // every change before it was visible and is merged, but for the overlap
	Top       int64 `json:"top"`             // history: what is older than this is still to be read; 0: all is read
	Floor     int64 `json:"floor,omitempty"` // history: below this comes one last window
	Width     int64 `json:"width,omitempty"` // history: of the next window
	Check     int64 `json:"check,omitempty"` // when to compare the number of objects next
}

// stream pulls one list.
type stream struct {
	cfg  Config
	name string
	col  msgraph.Collection
	rows rows
	wake chan struct{}

	mu     sync.Mutex
	offset time.Duration // the tenant's clock minus ours
	synced time.Time
	mark   int64
	done   bool
	failed int // times in a row that the live window failed on the tenant's side
	stuck  int // times in a row that the window of the history did
	aSide  int // objects put aside
}

func newStream(cfg Config, name string, col msgraph.Collection, r rows) *stream {
	return &stream{cfg: cfg, name: name, col: col, rows: r, wake: make(chan struct{}, 1)}
}

// Name implements connector.Stream.
func (s *stream) Name() string { return s.name }

func (s *stream) kick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Progress{Stream: s.name, LastSync: s.synced, History: s.done}
	if s.mark > 0 {
		p.Watermark = column.ToTime(s.mark)
	}
	return p
}

// clock notes the tenant's time as an answer gave it.
func (s *stream) clock(date time.Time) {
	if date.IsZero() {
		return
	}
	s.mu.Lock()
	s.offset = date.Sub(time.Now().Truncate(time.Second))
	s.mu.Unlock()
}

// serverNow is the tenant's time in ticks.
func (s *stream) serverNow() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return column.FromTime(time.Now().Add(s.offset).UTC())
}

// Run pulls until the context ends: at every interval what changed, and in between the history, newest first.
func (s *stream) Run(ctx context.Context) error {
	cp, err := s.load(ctx)
	if err != nil {
		return err
	}
	for tries := 0; ; {
		err := s.cycle(ctx, &cp)
		wait := s.cfg.Poll
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			tries++
			wait = max(wait, min(2*time.Second<<min(tries, 7), 5*time.Minute))
			if k := fault.KindOf(err); k == fault.Unauthenticated || k == fault.Permission {
				wait = max(wait, time.Minute)
			}
			if tries > 1 || !fault.Retryable(err) { // one failure that mends itself is nobody's business
				s.unwell(ctx, err)
			}
		default:
			tries = 0
			s.well(cp)
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-s.wake:
			t.Stop()
		case <-t.C:
		}
	}
}

func (s *stream) load(ctx context.Context) (checkpoint, error) {
	var cp checkpoint
	body, err := s.cfg.Sink.Checkpoint(ctx, s.name)
	if err != nil {
		return cp, fmt.Errorf("reading the checkpoint of %s: %w", s.name, err)
	}
	if body != "" {
		if err := json.Unmarshal([]byte(body), &cp); err != nil {
			return cp, fmt.Errorf("reading the checkpoint of %s: %w", s.name, err)
		}
	}
	s.mu.Lock()
	s.mark, s.done = cp.Watermark, cp.Watermark > 0 && cp.Top == 0
	s.mu.Unlock()
	ids, err := s.cfg.Sink.Quarantined(ctx, s.name)
	s.mu.Lock()
	s.aSide = len(ids)
	s.mu.Unlock()
	return cp, err
}

func (s *stream) commit(ctx context.Context, cp checkpoint) error {
	b, err := json.Marshal(cp)
	if err == nil {
		err = s.cfg.Sink.PutCheckpoint(ctx, s.name, string(b))
	}
	if err != nil {
		return fmt.Errorf("storing the checkpoint of %s: %w", s.name, err)
	}
	s.mu.Lock()
	s.mark, s.done = cp.Watermark, cp.Top == 0
	s.mu.Unlock()
	return nil
}

// cycle reads what changed, then history until the next poll is due.
func (s *stream) cycle(ctx context.Context, cp *checkpoint) error {
	if cp.Watermark == 0 {
		if err := s.begin(ctx, cp); err != nil {
			return err
		}
	}
	started := time.Now()
	for {
		if err := s.live(ctx, cp); err != nil {
			return err
		}
		s.mu.Lock()
		s.synced = time.Now().UTC()
		s.mu.Unlock()
		for cp.Top != 0 && time.Since(started) < s.cfg.Poll {
			if err := s.history(ctx, cp); err != nil {
				return err
			}
			s.well(*cp)
		}
		if cp.Top == 0 {
			return s.verify(ctx, cp)
		}
		started = time.Now()
	}
}

// begin asks how much there is and starts the history at the tenant's present.
func (s *stream) begin(ctx context.Context, cp *checkpoint) error {
	page, err := s.cfg.Graph.List(ctx, s.col, time.Time{}, time.Now().Add(24*time.Hour), 1, msgraph.Inbound)
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
	next := checkpoint{
		Watermark: now, Top: now, Floor: now - int64(s.cfg.History/100), Width: column.Day, Check: now + int64((s.cfg.Overlap+time.Minute)/100),
	}
	if err := s.commit(ctx, next); err != nil {
		return err
	}
	*cp = next
	return nil
}

// verify compares how many objects the tenant has with how many are here, once the index must have caught up with the
// first read, and from then on at the interval of reconciliation. When some are missing, the history is read again. It
// also tries again what was put aside.
func (s *stream) verify(ctx context.Context, cp *checkpoint) error {
	now := s.serverNow()
	if now < cp.Check {
		return nil
	}
	page, err := s.cfg.Graph.List(ctx, s.col, time.Time{}, time.Now().Add(24*time.Hour), 1, msgraph.Reconcile)
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
		if err := s.alone(ctx, id, "", nil); err != nil {
			return err
		}
	}
	here, err := s.cfg.Sink.Count(ctx, s.name)
	if err != nil {
		return err
	}
	next := *cp
	next.Check = now + int64(s.cfg.Reconcile/100)
	if page.Count > here+len(ids) {
		s.cfg.Logger.WarnContext(ctx, "objects of the tenant are missing here; its history is read again", "stream", s.name, "tenant", page.Count, "here", here)
		next.Top, next.Floor, next.Width = now, now-int64(s.cfg.History/100), column.Day
	}
	if err := s.commit(ctx, next); err != nil {
		return err
	}
	*cp = next
	return nil
}

// live reads what changed since the watermark. The window reaches a little into the future, but only the tenant's own
// present moves the watermark: rows dated ahead of it never do.
func (s *stream) live(ctx context.Context, cp *checkpoint) error {
	now := s.serverNow()
	w := window{cp.Watermark - int64(s.cfg.Overlap/100), now + ahead}
	err := s.read(ctx, w, false, func(window) error { return nil })
	if serverFault(err) {
		if s.failed++; s.failed >= stubborn {
			err = s.isolate(ctx, w)
		}
	}
	if err != nil {
		return err
	}
	s.failed = 0
	if now > cp.Watermark {
		next := *cp
		next.Watermark = now
		if err := s.commit(ctx, next); err != nil {
			return err
		}
		*cp = next
	}
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
	parts := 0
	err := s.read(ctx, w, true, func(part window) error {
		parts++
		next := *cp
		next.Top = part.from
		if err := s.commit(ctx, next); err != nil {
			return err
		}
		*cp = next
		return nil
	})
	if serverFault(err) {
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
	if parts > 1 {
		cp.Width = max(cp.Width/2, column.Hour)
	} else {
		cp.Width *= 2
	}
	return nil
}

// aside keeps an object that cannot be read where people see it.
func (s *stream) aside(ctx context.Context, id string, reason error) {
	if err := s.cfg.Sink.Quarantine(ctx, s.name, id, reason.Error()); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "putting an unreadable object aside", "stream", s.name, "id", id, "err", err)
	}
	s.cfg.Logger.WarnContext(ctx, "an object of the tenant cannot be read", "stream", s.name, "id", id, "err", reason)
	s.count(ctx)
}

// release forgets that an object was put aside.
func (s *stream) release(ctx context.Context, id string) error {
	s.mu.Lock()
	n := s.aSide
	s.mu.Unlock()
	if n == 0 {
		return nil
	}
	if err := s.cfg.Sink.Release(ctx, s.name, id); err != nil {
		return err
	}
	s.count(ctx)
	return nil
}

func (s *stream) count(ctx context.Context) {
	if ids, err := s.cfg.Sink.Quarantined(ctx, s.name); err == nil {
		s.mu.Lock()
		s.aSide = len(ids)
		s.mu.Unlock()
	}
}

func (s *stream) well(cp checkpoint) {
	s.mu.Lock()
	n := s.aSide
	s.mu.Unlock()
	switch {
	case n > 0:
		s.cfg.report(s.name, health.Warning, "quarantined",
			fmt.Sprintf("%d %ss of the tenant cannot be read and were put aside; everything else is in step. They are tried again by themselves.", n, s.col.One))
	case cp.Top != 0:
		s.cfg.report(s.name, health.OK, "history", fmt.Sprintf("New %ss arrive. The past is being read, newest first.", s.col.One))
	default:
		s.cfg.report(s.name, health.OK, "", "")
	}
}

func (s *stream) unwell(ctx context.Context, err error) {
	s.cfg.Logger.WarnContext(ctx, "pulling from the tenant", "stream", s.name, "err", err)
	status := health.Warning
	if k := fault.KindOf(err); k == fault.Unauthenticated || k == fault.Permission || k == fault.Internal || k == fault.Invalid {
		status = health.Failure
	}
	s.cfg.report(s.name, status, fault.CodeOf(err), err.Error())
}
