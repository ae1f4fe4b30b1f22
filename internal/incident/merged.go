package incident

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// maxHops is how long a chain of merged incidents is followed.
const maxHops = 8

// correlation is who merges incidents.
const correlation = "Microsoft Defender XDR - alert correlation"

// gather brings to an incident what is the workspace's own of those that the tenant merged into it: it learns that they
// were, and their tasks go along. Which of the two is here first makes no difference. It returns the sources' numbers.
func (s *Service) gather(ctx context.Context, tx meta.IncidentTx, ws, target string) ([]int64, error) {
	row, err := tx.IncidentByProvider(ctx, ws, target)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading incident %s of the tenant: %w", target, err)
	}
	rows, err := tx.MergedInto(ctx, ws, target)
	if err != nil {
		return nil, fmt.Errorf("reading what was merged into incident %d: %w", row.Number, err)
	}
	rec, err := open(row)
	if err != nil {
		return nil, err
	}
	c := cause{at: s.now()}
	var touched []int64
	for _, r := range rows {
		if r.Number == row.Number {
			continue // merged into itself: the tenant is wrong
		}
		full, err := tx.Incident(ctx, ws, r.Number)
		if err != nil {
			return nil, fmt.Errorf("reading incident %d: %w", r.Number, err)
		}
		source, err := open(full)
		if err != nil {
			return nil, err
		}
		if source.in.RedirectNumber == row.Number {
			continue
		}
		source.in.RedirectNumber = row.Number
		rec.in.Tasks, source.in.Tasks = slices.Concat(rec.in.Tasks, source.in.Tasks), nil
		c.activities = append(c.activities, model.Activity{
			Time: s.now(), Actor: correlation, Kind: "merged", Field: "redirect", Before: fmt.Sprint(source.row.Number), After: fmt.Sprint(row.Number), Origin: "defender",
			Note: fmt.Sprintf("Incident %d (%s of the tenant) was merged into this one.", source.row.Number, source.row.ProviderID),
		})
		if err := s.save(ctx, tx, source, cause{at: s.now()}); err != nil {
			return nil, err
		}
		touched = append(touched, source.row.Number)
	}
	if len(touched) == 0 {
		return nil, nil
	}
	return append(touched, row.Number), s.save(ctx, tx, rec, c)
}

// mergedComments returns the comments of the incidents that were merged into one, with the numbers they were written to.
// Those that the tenant has at the target as well are left out.
func (s *Service) mergedComments(ctx context.Context, ws string, row meta.IncidentRow, have []model.Comment) ([]model.Comment, error) {
	tx := s.db.Incidents()
	seen := map[string]bool{row.ProviderID: true}
	known := map[string]bool{}
	for _, c := range have {
		known[c.ID] = true
	}
	var out []model.Comment
	next := []string{row.ProviderID}
	for range maxHops {
		var found []string
		for _, id := range next {
			rows, err := tx.MergedInto(ctx, ws, id)
			if err != nil {
				return nil, fmt.Errorf("reading what was merged into incident %d: %w", row.Number, err)
			}
			for _, r := range rows {
				if seen[r.ProviderID] {
					continue
				}
				seen[r.ProviderID] = true
				found = append(found, r.ProviderID)
				rec, err := open(r)
				if err != nil {
					return nil, err
				}
				for _, c := range commentsOf(rec.st) {
					if !known[c.ID] {
						c.From = r.Number
						out = append(out, c)
					}
				}
			}
		}
		if next = found; len(next) == 0 {
			break
		}
	}
	return out, nil
}

// mergedInto follows an incident to the one that took its alerts.
func (s *Service) mergedInto(ctx context.Context, ws string, number int64) (int64, error) {
	tx := s.db.Incidents()
	row, err := tx.Incident(ctx, ws, number)
	for hops := 0; err == nil && row.RedirectTo != "" && hops < maxHops; hops++ {
		row, err = tx.IncidentByProvider(ctx, ws, row.RedirectTo)
	}
	if err != nil || row.RedirectTo != "" {
		return 0, mergeTarget(number)
	}
	return row.Number, nil
}
