package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store"
)

// listTables answers every table with what the store holds of it.
func (s *Server) listTables(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	held := map[string]store.TableStats{}
	for _, t := range s.Store.TableStats(ws.ID) {
		held[t.Table] = t
	}
	type item struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Family      string `json:"family,omitempty"`
		Rows        int64  `json:"rows"`
		Rows24h     int64  `json:"rows24h"`
		LastSeen    string `json:"lastSeen"`
	}
	items := []item{}
	for _, t := range s.Store.Catalog(ws.ID).Tables() {
		st := held[t.Name]
		it := item{Name: t.Name, Description: t.Description, Family: t.Family, Rows: st.Rows, Rows24h: st.Rows24h}
		if st.LastTime > 0 {
			it.LastSeen = column.FormatDatetime(st.LastTime)
		}
		items = append(items, it)
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

// explainQuery answers the plan of a query as text.
func (s *Server) explainQuery(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct{ Query string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	text, err := s.Query.Explain(ws.ID, in.Query)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"plan": text})
	return nil
}
