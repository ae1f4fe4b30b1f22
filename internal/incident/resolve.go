package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// ApplyOther makes the other value of a conflict stand: as a new edit here, which is sent. For an edit that was not sent
// because the incident was merged, it is made to the incident it was merged into. It returns that incident.
func (s *Service) ApplyOther(ctx context.Context, ws string, conflictID int64, by Actor) (model.Incident, error) {
	row, c, err := s.conflict(ctx, ws, conflictID)
	if err != nil {
		return model.Incident{}, err
	}
	f := syncback.Field(c.Field)
	value, applied := c.Local.Value, "local"
	if c.Applied == "local" {
		value, applied = c.Remote.Value, "remote"
	}
	number := row.Number
	if c.Note == "merged" {
		if number, err = s.mergedInto(ctx, ws, number); err != nil {
			return model.Incident{}, err
		}
	}
	in, err := s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		var bad error
		changes := r.st.EditLocal(func(m *syncback.Image) {
			if f == syncback.Tags && c.Note == "merged" {
				var other syncback.Image
				bad = other.SetText(f, value)
				(&Change{AddLabels: other.Tags}).apply(m)
				return
			}
			bad = m.SetText(f, value)
		}, syncback.Edit{Actor: by.Name, Time: s.now(), Person: !by.Automation})
		if bad != nil {
			return nil, fmt.Errorf("reading conflict %d: %w", conflictID, bad)
		}
		var out []model.Activity
		for _, ch := range changes {
			out = append(out, model.Activity{
				Time: s.now(), Actor: by.Name, Kind: "changed", Field: string(ch.Field), Before: say(ch.Field, ch.Before), After: say(ch.Field, ch.After),
				Origin: "vedette", Note: fmt.Sprintf("The other value of conflict %d was applied.", conflictID),
			})
		}
		return out, nil
	})
	if err != nil {
		return in, err
	}
	settled, err := s.settleConflict(ctx, ws, conflictID, applied, by)
	if err == nil && settled.Number == in.Number {
		in = settled
	}
	return in, err
}

// Keep lets a conflict stand as it was decided: nobody has to look at it any more.
func (s *Service) Keep(ctx context.Context, ws string, conflictID int64, by Actor) (model.Incident, error) {
	_, c, err := s.conflict(ctx, ws, conflictID)
	if err != nil {
		return model.Incident{}, err
	}
	return s.settleConflict(ctx, ws, conflictID, c.Applied, by)
}

func (s *Service) conflict(ctx context.Context, ws string, id int64) (row meta.ConflictRow, c model.ConflictRecord, err error) {
	if row, err = s.db.Incidents().Conflict(ctx, ws, id); err != nil {
		return row, c, fault.New(fault.NotFound, "conflict_not_found", "There is no conflict %d in this workspace.", id)
	}
	if err = json.Unmarshal([]byte(row.Body), &c); err != nil {
		err = fmt.Errorf("reading conflict %d: %w", id, err)
	}
	return row, c, err
}

// settleConflict notes which value of a conflict stands, and that somebody has seen to it.
func (s *Service) settleConflict(ctx context.Context, ws string, id int64, applied string, by Actor) (model.Incident, error) {
	row, _, err := s.conflict(ctx, ws, id)
	if err != nil {
		return model.Incident{}, err
	}
	var out model.Incident
	err = s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		stored, err := tx.Incident(ctx, ws, row.Number)
		if err != nil {
			return missing(err, fmt.Sprint(row.Number))
		}
		rec, err := open(stored)
		if err != nil {
			return err
		}
		err = s.settle(ctx, tx, rec, by, func(r meta.ConflictRow, c *model.ConflictRecord) bool {
			if r.ID == id {
				c.Applied = applied
			}
			return r.ID == id
		})
		if err != nil {
			return err
		}
		if err := s.save(ctx, tx, rec, cause{at: s.now()}); err != nil {
			return err
		}
		out = rec.in
		out.Etag = etag(rec.row)
		return nil
	})
	if err == nil {
		s.committed(ws, row.Number)
	}
	return out, err
}

// settle marks those of an incident's conflicts that choose takes as seen to. The incident shows a conflict as long as one
// is left.
func (s *Service) settle(ctx context.Context, tx meta.IncidentTx, rec *record, by Actor, choose func(meta.ConflictRow, *model.ConflictRecord) bool) error {
	rows, err := tx.Conflicts(ctx, rec.row.Workspace, rec.row.Number)
	if err != nil {
		return fmt.Errorf("reading the conflicts of incident %d: %w", rec.row.Number, err)
	}
	rec.st.Conflict, rec.st.NotSent = false, false
	for _, row := range rows {
		var c model.ConflictRecord
		if err := json.Unmarshal([]byte(row.Body), &c); err != nil {
			return fmt.Errorf("reading conflict %d: %w", row.ID, err)
		}
		if choose(row, &c) {
			c.Settled, c.SettledBy = s.now(), by.Name
			b, err := json.Marshal(c)
			if err != nil {
				return fmt.Errorf("encoding conflict %d: %w", row.ID, err)
			}
			row.Body = string(b)
			if err := tx.PutConflict(ctx, &row); err != nil {
				return fmt.Errorf("storing conflict %d: %w", row.ID, err)
			}
		}
		if c.Settled.IsZero() {
			rec.st.NotSent = rec.st.NotSent || c.Note == "merged"
			rec.st.Conflict = rec.st.Conflict || c.Note == "" || c.Note == "notStored"
		}
	}
	return nil
}

// Retry sends again what the tenant refused: the named fields ("comments" for comments), or all without names.
func (s *Service) Retry(ctx context.Context, ws string, number int64, fields []string, by Actor) (model.Incident, error) {
	return s.refused(ctx, ws, number, fields, by, func(r *record, names []syncback.Field) (out []model.Activity) {
		for _, f := range r.st.Retry(names, s.now()) {
			out = append(out, model.Activity{Time: s.now(), Actor: by.Name, Kind: "changed", Field: string(f), Origin: "vedette", Note: "The refused value is sent again."})
		}
		return out
	})
}

// Revert gives up what the tenant refused for the tenant's value; refused comments are taken away.
func (s *Service) Revert(ctx context.Context, ws string, number int64, fields []string, by Actor) (model.Incident, error) {
	return s.refused(ctx, ws, number, fields, by, func(r *record, names []syncback.Field) (out []model.Activity) {
		for _, c := range r.st.Revert(names, s.now()) {
			out = append(out, model.Activity{
				Time: s.now(), Actor: by.Name, Kind: "changed", Field: string(c.Field), Before: say(c.Field, c.Before), After: say(c.Field, c.After), Origin: "vedette",
				Note: "The refused value was given up for the tenant's.",
			})
		}
		return out
	})
}

func (s *Service) refused(ctx context.Context, ws string, number int64, fields []string, by Actor, f func(*record, []syncback.Field) []model.Activity) (model.Incident, error) {
	var names []syncback.Field
	for _, n := range fields {
		if !slices.Contains(append(syncback.Fields(), syncback.Comments), syncback.Field(n)) {
			return model.Incident{}, fault.New(fault.Invalid, "unknown_field", "%q is no field that is sent to the tenant. Use disposition, severity, owner, title, description, tags or comments.", n)
		}
		names = append(names, syncback.Field(n))
	}
	return s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		done := f(r, names)
		if len(done) == 0 {
			return nil, fault.New(fault.Invalid, "nothing_refused", "The tenant has refused nothing of incident %d that is still open.", number)
		}
		return done, nil
	})
}

func mergeTarget(number int64) error {
	return fault.New(fault.NotFound, "merge_target", "The incident that %d was merged into is not here yet. Try again when it has arrived.", number)
}
