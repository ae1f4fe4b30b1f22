package incident

import (
	"context"
	"fmt"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// Walk selects incidents one page after another; the zero value selects all, newest first. Incidents that change meanwhile
// are neither lost nor told twice, as long as what the list is ordered by stays.
type Walk struct {
	Where *model.Condition
	Sort  string // a field of conditions; "-" before it for descending
	Limit int
	After *model.Cursor // nil begins
}

// Walk returns the next page, merged incidents included, and where it ends; nil when it is the last one.
func (s *Service) Walk(ctx context.Context, ws string, w Walk) ([]model.Incident, *model.Cursor, error) {
	rows, next, err := s.db.Incidents().IncidentsAfter(ctx, ws, meta.IncidentQuery{Where: w.Where, Sort: w.Sort, Limit: w.Limit}, w.After)
	if err != nil {
		return nil, nil, fmt.Errorf("listing incidents: %w", err)
	}
	out := make([]model.Incident, 0, len(rows))
	for _, r := range rows {
		in, err := decode(r)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, in)
	}
	return out, next, nil
}

// URL is the address of an incident's page.
func (s *Service) URL(in model.Incident) string { return incidentURL(s.workspace(in.Workspace), in) }
