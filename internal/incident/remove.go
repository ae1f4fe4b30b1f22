package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
)

// Remove deletes an incident that was made here, and reports whether there was one. Its rows stay in the table; the last one
// says that it was deleted. An incident of the tenant is never deleted: it would come back with the next reading.
func (s *Service) Remove(ctx context.Context, ws, name string, by Actor) (bool, error) {
	var number int64
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		row, err := tx.IncidentByName(ctx, ws, name)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return missing(err, name)
		}
		if row.ProviderID != "" {
			return fault.New(fault.Conflict, "incident_of_tenant", "Incident %d belongs to the tenant, which has no way to delete it. Close it, or merge it into another one in the Defender portal.", row.Number)
		}
		rec, err := open(row)
		if err != nil {
			return err
		}
		if number = row.Number; rec.in.Status != statusClosed {
			rec.in.Status, rec.in.Classification, rec.in.Closed = statusClosed, undetermined, s.now()
		}
		rec.in.ClassificationNote = fmt.Sprintf("Deleted by %s.", by.Name)
		rec.in.Modified, rec.in.ModifiedBy = fromTicks(max(ticks(s.now()), row.Modified+1)), by.Name
		body, err := json.Marshal(event{Time: ticks(s.now()), Revision: row.Revision + 1, Incident: &rec.in, Comments: commentsOf(rec.st)})
		if err != nil {
			return fmt.Errorf("encoding the row of incident %d: %w", number, err)
		}
		if err := tx.PushEvents(ctx, ws, []string{string(body)}); err != nil {
			return err
		}
		return tx.DropIncident(ctx, ws, number)
	})
	if err != nil || number == 0 {
		return false, err
	}
	s.committed(ws, number)
	return true, nil
}
