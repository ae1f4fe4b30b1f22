package defenderxdr

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// splitAbove is how many rows a window may have before it is halved, and deepAbove for one of the far past: hardly anything
// moves there while its pages are drained, and each window that is halved costs the page that told how many rows it has.
const (
	splitAbove = 200
	deepAbove  = 1000
)

// smallest is the width below which a window that keeps failing is not halved any more.
const smallest = column.Millisecond

// beginning is the lower bound of a window without one, when it must be halved.
var beginning = column.FromTime(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))

// window is the stamps [from, to) in ticks; from 0 has no lower bound.
type window struct{ from, to int64 }

func (w window) times() (from, to time.Time) {
	if w.from > 0 {
		from = column.ToTime(w.from)
	}
	return from, column.ToTime(w.to)
}

// halves returns the newer and the older half; ok is false for a single stamp.
func (w window) halves() (newer, older window, ok bool) {
	from := w.from
	if from == 0 {
		from = min(beginning, w.to-2)
	}
	mid := from + (w.to-from)/2
	if mid <= max(from, w.from) || mid >= w.to {
		return w, w, false
	}
	return window{mid, w.to}, window{w.from, mid}, true
}

// rows is what a stream does with the rows of its list.
type rows interface {
	// merge takes in the rows of a list that the tenant answered at that time of its own.
	merge(ctx context.Context, list []json.RawMessage, at time.Time, history bool) (taken, error)
	// settle takes in an object that was read alone, because of a row listed at that time. A *rowError error means that it
	// cannot be read at all.
	settle(ctx context.Context, raw json.RawMessage, listed string, at time.Time) error
}

// taken is what became of listed rows.
type taken struct {
	bad   []rowError        // those that cannot be read
	fetch map[string]string // ids to be read alone, with the hashes of the rows
	rows  []seenRow         // those that can be read
}

// rowError is a row that could not be read.
type rowError struct {
	id     string
	reason error
}

// Error implements error.
func (b *rowError) Error() string { return fmt.Sprintf("%s: %v", b.id, b.reason) }

func newRowError(raw json.RawMessage, err error) rowError {
	var o struct {
		ID any `json:"id"`
	}
	b := rowError{reason: err}
	if json.Unmarshal(raw, &o) == nil && o.ID != nil {
		b.id = fmt.Sprint(o.ID)
	}
	return b
}

var (
	errSplit   = errors.New("window has too many rows")
	errShort   = fault.New(fault.Unavailable, "short_answer", "The tenant lists fewer rows than it counts. What came was merged, and the window is read again.")
	errLoop    = fault.New(fault.Unavailable, "page_loop", "The tenant's list leads back to a page that was read already. What came was merged, and the window is read again.")
	errPartial = fault.New(fault.Unavailable, "partial_answer", "A provider of the tenant did not answer; its rows are missing from the list. What came was merged, and the window is read again.")
)

// read merges everything of a window, newest first, and calls done for each closed part of it that is complete.
func (s *stream) read(ctx context.Context, w window, history bool, done func(window) error) error {
	pages, rows, err := s.complete(ctx, w, history)
	if errors.Is(err, errSplit) {
		newer, older, ok := w.halves()
		if !ok {
			return err
		}
		if err := s.read(ctx, newer, history, done); err != nil {
			return err
		}
		return s.read(ctx, older, history, done)
	}
	if errors.Is(err, errShort) {
		if s.short++; s.short >= stubborn {
			s.cfg.Logger.WarnContext(ctx, "the tenant goes on counting more rows than it lists; from now on what it lists is taken for all", "stream", s.name)
			s.miscounts, err = true, nil
		}
	} else {
		s.short = 0
	}
	if err != nil {
		return err
	}
	// Rows that leave the window while its pages are drained shift the others; a second pass finds what slipped through.
	// One page cannot shift, the far past hardly changes, and the next polls read a live window's overlap again anyway.
	if pages > 1 && history && w.to > s.serverNow()-int64(s.cfg.Overlap/100) {
		if _, err := s.pass(ctx, w, history, map[string]bool{}); err != nil && !errors.Is(err, errSplit) && !errors.Is(err, errShort) {
			return err
		}
	}
	if history && s.between != nil {
		s.rowsRead += rows
	}
	return done(w)
}

// bound is how many rows the window may have before it is halved.
func (s *stream) bound(w window, history bool) int {
	if history && w.to <= s.serverNow()-int64(s.cfg.Overlap/100) {
		return s.deep
	}
	return s.most
}

// patience is how often a list that comes up short is drained in one go.
const patience = 8

// complete drains a window until it has held as many rows as the tenant counts. Where rows move while pages are drained,
// smaller windows need fewer pages; the rows of a single stamp are collected over several passes.
func (s *stream) complete(ctx context.Context, w window, history bool) (pages, count int, err error) {
	_, _, splittable := w.halves()
	rows := map[string]bool{}
	defer func() { count = len(rows) }()
	for again := range patience {
		pages, err = s.pass(ctx, w, history, rows)
		switch {
		case !errors.Is(err, errShort):
			return pages, 0, err
		case pages > 1 && splittable:
			return pages, 0, errSplit
		case s.miscounts:
			return pages, 0, nil
		case pages == 1 && again > 0:
			return pages, 0, err
		case pages == 1:
			clear(rows)
		}
	}
	return pages, 0, err
}

// pass drains a window once and adds the ids of its rows.
func (s *stream) pass(ctx context.Context, w window, history bool, rows map[string]bool) (pages int, err error) {
	from, to := w.times()
	_, _, splittable := w.halves()
	priority := msgraph.Inbound
	if history {
		priority = msgraph.Reconcile // live changes go before
	}
	page, err := s.cfg.Graph.List(ctx, s.col, from, to, 0, priority)
	if err != nil {
		return 0, err
	}
	s.clock(page.Date)
	partial, read := false, map[string]bool{}
	for {
		pages++
		if err := s.take(ctx, page, history, rows); err != nil {
			return pages, err
		}
		partial = partial || page.Partial
		if page.Next == "" {
			break
		}
		if most := s.bound(w, history); splittable && (page.Count > most || pages*s.col.Top >= most) {
			return pages, errSplit
		}
		if read[page.Next] {
			return pages, errLoop
		}
		read[page.Next] = true
		if f := s.between; history && f != nil {
			s.between = nil // it reads windows itself
			err := f(ctx)
			if s.between = f; err != nil {
				s.interrupted = true
				return pages, err
			}
		}
		next, err := s.cfg.Graph.Next(ctx, s.col, page, priority)
		switch k := fault.KindOf(err); {
		case err == nil:
			next.Count = page.Count
			page = next
		case (k == fault.Invalid || k == fault.NotFound) && splittable:
			return pages, errSplit // the link has expired: smaller windows need fewer of them
		default:
			return pages, err
		}
	}
	switch {
	case partial:
		return pages, errPartial
	case len(rows) < page.Count:
		return pages, errShort
	}
	return pages, nil
}

// take merges the rows of one page and notes their ids. A row that cannot be read is fetched alone, and put aside when
// that fails too.
func (s *stream) take(ctx context.Context, page *msgraph.Page, history bool, ids map[string]bool) error {
	if len(page.Rows) == 0 {
		return nil
	}
	at := page.Date
	if at.IsZero() {
		at = column.ToTime(s.serverNow())
	}
	got, err := s.rows.merge(ctx, page.Rows, at, history)
	if err != nil {
		return err
	}
	s.saw(newestOf(got.rows))
	if !history {
		s.lag.saw(got.rows)
	}
	for _, r := range got.rows {
		ids[r.id] = true
	}
	for i, b := range got.bad {
		ids[cmp.Or(b.id, fmt.Sprintf("row %d without an id", i))] = true
	}
	for id, listed := range got.fetch {
		if err := s.alone(ctx, id, listed, at, nil); err != nil {
			return err
		}
	}
	for _, b := range got.bad {
		if b.id == "" {
			if err := s.aside(ctx, "row without an id", b.reason); err != nil {
				return err
			}
			continue
		}
		if err := s.alone(ctx, b.id, "", at, b.reason); err != nil {
			return err
		}
	}
	return nil
}

// alone reads one object by id and merges it; at is when the row was listed that asks for it. What cannot be read even so is put aside.
func (s *stream) alone(ctx context.Context, id, listed string, at time.Time, reason error) error {
	raw, err := s.cfg.Graph.Get(ctx, s.col, id, msgraph.Inbound)
	if err == nil {
		err = s.rows.settle(ctx, raw, listed, at)
	}
	bad, unreadable := errors.AsType[*rowError](err)
	switch k := fault.KindOf(err); {
	case err == nil:
		return s.release(ctx, id)
	case unreadable:
		return s.aside(ctx, id, bad.reason)
	case ctx.Err() != nil, k == fault.Throttled, k == fault.Unauthenticated, k == fault.Permission:
		return err
	case k == fault.NotFound && reason == nil:
		return nil
	case k == fault.Invalid, k == fault.TooLarge, k == fault.NotFound, serverFault(err):
		if reason == nil {
			reason = err
		}
		return s.aside(ctx, id, reason)
	}
	return err
}

// isolate reads a window that keeps failing on the tenant's side part by part, down to the objects that cause it, so that
// one of them does not hold up the rest. When no part can be read, the tenant is out of order and nothing is put aside.
func (s *stream) isolate(ctx context.Context, w window) error {
	var failing []window
	good := 0
	var descend func(w window) error
	descend = func(w window) error {
		err := s.read(ctx, w, true, func(window) error { good++; return nil })
		if err == nil || !serverFault(err) {
			return err
		}
		newer, older, ok := w.halves()
		if !ok || w.from > 0 && w.to-w.from <= smallest {
			failing = append(failing, w)
			return nil
		}
		if err := descend(newer); err != nil {
			return err
		}
		if len(failing) > 0 && good == 0 {
			return err // the newest stamp fails as well as everything above it
		}
		return descend(older)
	}
	if err := descend(w); err != nil {
		return err
	}
	if good == 0 && len(failing) > 0 {
		return fault.New(fault.Unavailable, "graph_unavailable", "Microsoft Graph fails on every %s.", s.col.One)
	}
	for _, f := range failing {
		from, to := f.times()
		ids, err := s.cfg.Graph.IDs(ctx, s.col, from, to, msgraph.Inbound)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			if err := s.aside(ctx, "updated at "+from.Format(msgraph.TimeFormat), err); err != nil {
				return err
			}
			continue
		}
		for _, id := range ids {
			if err := s.alone(ctx, id, "", time.Time{}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// serverFault reports whether the tenant answered with a failure of its own, as opposed to no answer at all.
func serverFault(err error) bool {
	if re, ok := errors.AsType[*msgraph.ResponseError](err); ok {
		return re.Status >= 500
	}
	return fault.CodeOf(err) == "graph_malformed"
}
