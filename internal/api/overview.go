package api

import (
	"cmp"
	"net/http"
	"slices"
)

// overview answers the figures of the first page.
func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	c, err := s.Incidents.Counts(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	type table struct {
		Name    string `json:"name"`
		Rows24h int64  `json:"rows24h"`
		Rows    int64  `json:"rows"`
	}
	tables := []table{}
	for _, t := range s.Store.TableStats(ws.ID) {
		if t.Rows > 0 {
			tables = append(tables, table{t.Table, t.Rows24h, t.Rows})
		}
	}
	slices.SortFunc(tables, func(a, b table) int { return cmp.Or(cmp.Compare(b.Rows24h, a.Rows24h), cmp.Compare(a.Name, b.Name)) })
	state, message := s.Connectors.State(ws.ID)
	waiting, since, err := s.Incidents.Backlog(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"incidents": map[string]int{"open": c.Open, "new": c.New, "active": c.Active, "closed": c.Closed, "closedToday": c.ClosedToday},
		"tables":    tables,
		"connector": map[string]string{"state": state, "message": message},
		"outbox":    map[string]any{"waiting": waiting, "since": stamp(since)},
	})
	return nil
}
