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
	Watermark int64 `json:"watermark"`         // every change before it was visible and is merged, but for the overlap
	Top       int64 `json:"top"`               // history: what is older than this is still to be read; 0: all is read
	Floor     int64 `json:"floor,omitempty"`   // history: below this comes one last window
	Width     int64 `json:"width,omitempty"`   // history: of the next window
	Check     int64 `json:"check,omitempty"`   // when to compare the number of objects next
	Missing   int   `json:"missing,omitempty"` // how many objects were missing when the history was last read again for it
}

// stream pulls one list.
type stream struct {
	cfg  Config
	name string
	col  msgraph.Collection
	rows rows
	wake chan struct{}
	lag  lagMeter
	most int // rows that a window may have before it is halved
	deep int // of the far past

	// between runs before each further page of a history window, so that what changed meanwhile does not wait for the window.
	// Only Run's goroutine uses it.
	between func(context.Context) error

	mu          sync.Mutex
	offset      time.Duration // the tenant's clock minus ours
	asked       time.Time     // the tenant's time of the first answer since forget
	synced      time.Time
	mark        int64
	done        bool
	newest      int64     // newest stamp among the rows merged
	busy        time.Time // until when the tenant counts as busy
	failed      int       // times in a row that the live window failed on the tenant's side
	short       int       // times in a row that a list held fewer rows than the tenant counted
	miscounts   bool      // the tenant counts rows that it does not list
	stuck       int       // times in a row that the window of the history did
	polled      time.Time // when the last live read began, by our clock
	interrupted bool      // the last window of the history was given up for an error of a live read
	rowsRead    int       // rows of the windows of the history that were read since it was cleared
	aSide       int       // objects put aside
}

func newStream(cfg Config, name string, col msgraph.Collection, r rows) *stream {
	return &stream{cfg: cfg, name: name, col: col, rows: r, wake: make(chan struct{}, 1), most: splitAbove, deep: deepAbove}
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
	p := Progress{Stream: s.name, LastSync: s.synced, History: s.done, IndexLag: s.lag.lag()}
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
	s.offset = date.Sub(s.cfg.Clock.Now().Truncate(time.Second))
	if s.asked.IsZero() {
		s.asked = date
	}
	s.mu.Unlock()
}

// serverNow is the tenant's time in ticks.
func (s *stream) serverNow() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return column.FromTime(s.cfg.Clock.Now().Add(s.offset).UTC())
}

// Run pulls until the context ends: at every interval what changed, and in between the history, newest first.
func (s *stream) Run(ctx context.Context) error {
	cp, err := s.load(ctx)
	if err != nil {
		return err
	}
	for tries := 0; ; {
		err := s.cycle(ctx, &cp)
		wait := s.interval()
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
	if err := s.present(ctx, cp); err != nil {
		return err
	}
	for cp.Top != 0 {
		if err := s.history(ctx, cp); err != nil {
			return err
		}
		s.well(*cp)
		if err := s.whenDue(ctx, cp); err != nil {
			return err
		}
	}
	return s.verify(ctx, cp)
}

// present reads what changed, and notes when.
func (s *stream) present(ctx context.Context, cp *checkpoint) error {
	s.polled = s.cfg.Clock.Now()
	if err := s.live(ctx, cp); err != nil {
		return err
	}
	s.mu.Lock()
	s.synced = s.cfg.Clock.Now().UTC()
	s.mu.Unlock()
	return nil
}

// whenDue reads what changed, when the next poll is due while the history is being read.
func (s *stream) whenDue(ctx context.Context, cp *checkpoint) error {
	if d := s.cfg.Clock.Now().Sub(s.polled); d >= 0 && d < s.cfg.Poll { // below 0 our clock has jumped
		return nil
	}
	return s.present(ctx, cp)
}

// forget makes clock note the time of the next answer, and since returns it in ticks: what the window starts from is known
// by the tenant's clock alone, so that a jump of ours moves no watermark. Without a date of the tenant's it is guessed.
func (s *stream) forget() {
	s.mu.Lock()
	s.asked = time.Time{}
	s.mu.Unlock()
}

func (s *stream) since(guess int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked.IsZero() {
		return guess
	}
	return column.FromTime(s.asked)
}

// live reads what changed since the watermark. The window reaches a little into the future, but only the tenant's own
// present moves the watermark, and never beyond the window: rows dated ahead of it never do.
func (s *stream) live(ctx context.Context, cp *checkpoint) error {
	now := s.serverNow()
	w := window{cp.Watermark - int64(s.cfg.Overlap/100), now + ahead}
	if w.to <= w.from { // our clock jumped back; the answer says by how much
		w.to = w.from + int64(s.cfg.Overlap/100)
	}
	s.forget()
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
	s.lag.done(s.since(now), w.from)
	mark := min(s.since(now), w.to)
	if s.since(cp.Watermark)+ahead < cp.Watermark {
		s.cfg.Logger.WarnContext(ctx, "the watermark was ahead of the tenant's clock; its history is read again", "stream", s.name)
		next := s.afresh(*cp, s.since(now))
		next.Watermark = next.Top
		if err := s.commit(ctx, next); err != nil {
			return err
		}
		*cp = next
		return nil
	}
	if mark > cp.Watermark {
		next := *cp
		next.Watermark = mark
		if err := s.commit(ctx, next); err != nil {
			return err
		}
		*cp = next
	}
	return nil
}

// aside keeps an object that cannot be read where people see it.
func (s *stream) aside(ctx context.Context, id string, reason error) error {
	if err := s.cfg.Sink.Quarantine(ctx, s.name, id, reason.Error()); err != nil {
		return fmt.Errorf("putting an unreadable object aside: %w", err)
	}
	s.cfg.Logger.WarnContext(ctx, "an object of the tenant cannot be read", "stream", s.name, "id", id, "err", reason)
	s.count(ctx)
	return nil
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
	case s.lagging() != "":
		s.cfg.report(s.name, health.Warning, "index_lag", s.lagging())
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
