package syncback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// maxHops is how long a chain of merges is followed.
const maxHops = 8

// comments posts the comments that the tenant does not have yet; those of a merged incident go to where it was merged.
func (w *Worker) comments(ctx context.Context, number int64, st State, u Urgency) error {
	pending := st.PendingComments()
	if len(pending) == 0 {
		return nil
	}
	target, have, err := w.target(ctx, st, u)
	if gone(st, err) {
		for _, c := range pending {
			if err := w.refuseComment(ctx, number, c.ID, err); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	var open time.Duration
	for _, c := range pending {
		all, there := have, has(have, c.ID)
		if !there {
			if d := c.open(w.Clock.Now()); d > 0 {
				open = max(open, d)
				continue
			}
			text := c.Message
			if st.Redirect != "" {
				text += fmt.Sprintf(" (from incident %s)", st.RemoteID)
			}
			all, err = w.post(ctx, number, target, c.ID, text, u)
			if err != nil && fault.KindOf(err) == fault.Invalid {
				moved, st, e := w.moved(ctx, number, st, target, u)
				if e != nil {
					return e
				}
				if moved {
					return w.comments(ctx, number, st, u)
				}
			}
			if err != nil && (fault.KindOf(err) == fault.Invalid || gone(st, err)) {
				if err := w.refuseComment(ctx, number, c.ID, err); err != nil {
					return err
				}
				continue
			} else if err != nil {
				return err
			}
		}
		_, err := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
			if st.Redirect != "" {
				s.Arrived(c.ID, w.Clock.Now())
				return Outcome{Touched: true, Arrived: 1}, nil
			}
			return s.Commented(all, w.Clock.Now()), nil
		})
		if err != nil {
			return err
		}
	}
	if open > 0 {
		return &openComment{open, fault.New(fault.Unavailable, "comment_open", "The answer to a comment was lost. It is sent again unless it appears in the tenant within a minute.")}
	}
	return nil
}

// moved reports whether an incident whose comment was refused has been merged since its target was chosen, into another
// target. It returns the state that was read for it.
func (w *Worker) moved(ctx context.Context, number int64, st State, target string, u Urgency) (bool, State, error) {
	st, err := w.fetch(ctx, number, st.RemoteID, u)
	if err != nil {
		return false, st, err
	}
	now, _, err := w.target(ctx, st, u)
	if gone(st, err) {
		err = nil
	}
	return err == nil && now != "" && now != target, st, err
}

// landing is how long a comment whose answer was lost may take to appear in the tenant. Before that it is not sent again:
// nothing there keeps two posts of one comment apart, and nobody can take the second one back.
const landing = time.Minute

// open is how long the outcome of the last attempt to post a comment stays open; 0: it may be posted.
func (c Comment) open(now time.Time) time.Duration {
	d := c.Tried.Add(landing).Sub(now)
	if c.Tried.IsZero() || d > landing { // our clock has jumped back
		return 0
	}
	return max(d, 0)
}

// openComment is why a comment waits.
type openComment struct {
	wait time.Duration
	error
}

// Unwrap implements errors.Unwrap.
func (e *openComment) Unwrap() error { return e.error }

// RetryAfter is when to look again.
func (e *openComment) RetryAfter() time.Duration { return e.wait }

// post writes a comment to an incident of the tenant. That it is tried is stored before, and forgotten when the tenant has
// certainly not taken it.
func (w *Worker) post(ctx context.Context, number int64, target, id, text string, u Urgency) ([]model.TenantComment, error) {
	tried := func(at time.Time) error {
		_, err := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
			s.tried(id, at)
			return Outcome{Touched: true}, nil
		})
		return err
	}
	if err := tried(w.Clock.Now()); err != nil {
		return nil, err
	}
	all, err := w.Remote.Comment(ctx, target, Mark(text, id), u)
	switch k := fault.KindOf(err); {
	case err == nil:
	case k == fault.Throttled, k == fault.Permission, k == fault.Unauthenticated, k == fault.Invalid, k == fault.NotFound:
		if e := tried(time.Time{}); e != nil {
			return nil, errors.Join(err, e)
		}
	}
	return all, err
}

// gone reports whether an error says that the incident into which this one was merged is no longer there. Nothing brings it
// back, so what is on its way there is refused, and whoever wrote it decides.
func gone(st State, err error) bool {
	return err != nil && st.Redirect != "" && fault.KindOf(err) == fault.NotFound
}

func (w *Worker) refuseComment(ctx context.Context, number int64, id string, why error) error {
	_, err := w.Store.Change(ctx, number, func(s *State) (Outcome, error) {
		s.RejectComment(id, why.Error(), w.Clock.Now())
		return Outcome{Touched: true}, nil
	})
	return err
}

// target returns the tenant's incident that takes this one's comments, and for a merged one the comments that are on the way
// there already: an incident that took one may have been merged itself since.
func (w *Worker) target(ctx context.Context, st State, u Urgency) (string, []model.TenantComment, error) {
	if st.Redirect == "" {
		return st.RemoteID, nil, nil
	}
	seen := map[string]bool{st.RemoteID: true}
	var have []model.TenantComment
	for id := st.Redirect; len(seen) <= maxHops && !seen[id]; {
		seen[id] = true
		r, err := w.Remote.Get(ctx, id, u)
		if err != nil {
			return "", nil, err
		}
		have = append(have, r.Comments...)
		if r.RedirectTo == "" {
			return id, have, nil
		}
		id = r.RedirectTo
	}
	return "", nil, fault.New(fault.Unavailable, "merge_chain",
		"Incident %s of the tenant was merged in a circle or through more than %d incidents; its comments stay here until that is sorted out in the Defender portal.", st.RemoteID, maxHops)
}

func has(comments []model.TenantComment, id string) bool {
	for _, c := range comments {
		if _, got := Unmark(c.Message); got == id {
			return true
		}
	}
	return false
}
