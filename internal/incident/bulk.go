package incident

import (
	"context"
	"errors"
	"fmt"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// MaxBulk is how many incidents one bulk change may touch.
const MaxBulk = 1000

// BulkResult is what a bulk change did, or would do, to one incident.
type BulkResult struct {
	Number   int64
	Incident model.Incident    // as it is then
	Changes  []syncback.Change // in people's words; empty: nothing to change
	Err      error             // why this one was left as it is
}

// errPreview rolls a preview back.
var errPreview = errors.New("preview")

// Bulk makes one change to several incidents, each on its own: one that refuses it does not stop the others. The comment,
// if any, is added to each. With preview set it only tells what would happen.
func (s *Service) Bulk(ctx context.Context, ws string, numbers []int64, c Change, comment string, preview bool, by Actor) ([]BulkResult, error) {
	if len(numbers) == 0 || len(numbers) > MaxBulk {
		return nil, fault.New(fault.Invalid, "bulk_size", "A bulk change takes 1 to %d incidents, not %d.", MaxBulk, len(numbers))
	}
	if err := s.prepare(ctx, ws, &c); err != nil {
		return nil, err
	}
	c.IfMatch = ""
	out := make([]BulkResult, 0, len(numbers))
	seen := map[int64]bool{}
	for _, n := range numbers {
		if seen[n] {
			continue
		}
		seen[n] = true
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		r := s.bulkOne(ctx, ws, n, c, preview, by)
		if comment != "" && !preview && r.Err == nil {
			_, r.Err = s.Comment(ctx, ws, n, comment, by)
		}
		out = append(out, r)
	}
	return out, nil
}

func (s *Service) bulkOne(ctx context.Context, ws string, n int64, c Change, preview bool, by Actor) BulkResult {
	r := BulkResult{Number: n}
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		row, err := tx.Incident(ctx, ws, n)
		if err != nil {
			return missing(err, fmt.Sprint(n))
		}
		rec, err := open(row)
		if err != nil {
			return err
		}
		activities, err := s.applying(c, by)(rec)
		if err != nil {
			return err
		}
		for _, a := range activities {
			r.Changes = append(r.Changes, syncback.Change{Field: syncback.Field(a.Field), Before: a.Before, After: a.After})
		}
		if err := s.settleEdited(ctx, tx, rec, activities, by); err != nil {
			return err
		}
		if err := s.save(ctx, tx, rec, cause{actor: by.Name, at: s.now(), activities: activities}); err != nil {
			return err
		}
		r.Incident = rec.in
		r.Incident.Etag = etag(rec.row)
		if preview {
			return errPreview
		}
		return nil
	})
	switch {
	case preview && errors.Is(err, errPreview):
	case err != nil:
		r.Err, r.Changes = err, nil
	default:
		s.committed(ws, n)
		s.sendSoon(ws)
	}
	return r
}
