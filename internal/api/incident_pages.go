package api

import (
	"encoding/base64"
	"net/http"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
)

// pageJSON is a page of a list. Next is the cursor of the page that follows; the last one has none.
type pageJSON struct {
	Items any    `json:"items"`
	Total *int   `json:"total,omitempty"` // of all pages, where it is known
	Next  string `json:"next,omitempty"`
}

// pageQuery reads limit (def, at most 1,000) and cursor of a request for a page of an incident's list.
func (s *Server) pageQuery(r *http.Request, def int) (ws *Workspace, number int64, limit int, place string, err error) {
	if ws, number, err = s.inIncident(r); err != nil {
		return nil, 0, 0, "", err
	}
	if limit, err = intParam(r, "limit", def, incident.MaxPage); err != nil {
		return nil, 0, 0, "", err
	}
	b, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("cursor"))
	if err != nil {
		err = fault.New(fault.Invalid, "cursor_invalid", "The cursor is none of this list. Begin without one, and take each next cursor as it is.")
	}
	return ws, number, limit, string(b), err
}

func writePage(w http.ResponseWriter, items any, total *int, next string) {
	writeJSON(w, http.StatusOK, pageJSON{items, total, base64.RawURLEncoding.EncodeToString([]byte(next))})
}

// incidentAlerts answers an incident's alerts by the page. A page may be asked for by its offset too.
func (s *Server) incidentAlerts(w http.ResponseWriter, r *http.Request) error {
	ws, n, limit, place, err := s.pageQuery(r, 100)
	if err != nil {
		return err
	}
	offset, err := intParam(r, "offset", 0, 1<<30)
	if err != nil {
		return err
	}
	if offset > 0 || limit == 0 {
		alerts, err := s.Incidents.AlertPage(r.Context(), ws.ID, n, limit, offset)
		if err == nil {
			writePage(w, toAlerts(alerts), nil, "")
		}
		return err
	}
	alerts, next, err := s.Incidents.AlertsFrom(r.Context(), ws.ID, n, limit, place)
	if err == nil {
		writePage(w, toAlerts(alerts), nil, next)
	}
	return err
}

// incidentEntities answers what an incident's alerts tell of by the page, or of it what has a text (q) in its kind or name.
func (s *Server) incidentEntities(w http.ResponseWriter, r *http.Request) error {
	ws, n, limit, place, err := s.pageQuery(r, 100)
	if err != nil {
		return err
	}
	items, total, next, err := s.Incidents.EntitiesFrom(r.Context(), ws.ID, n, r.URL.Query().Get("q"), limit, place)
	if err == nil {
		writePage(w, list(items), &total, next)
	}
	return err
}

// incidentComments answers an incident's comments by the page.
func (s *Server) incidentComments(w http.ResponseWriter, r *http.Request) error {
	ws, n, limit, place, err := s.pageQuery(r, 100)
	if err != nil {
		return err
	}
	items, total, next, err := s.Incidents.CommentsFrom(r.Context(), ws.ID, n, limit, place)
	if err == nil {
		writePage(w, list(items), &total, next)
	}
	return err
}

// incidentHistory answers an incident's activity log by the page, oldest first, or newest first with order=newest.
func (s *Server) incidentHistory(w http.ResponseWriter, r *http.Request) error {
	ws, n, limit, place, err := s.pageQuery(r, incident.MaxPage)
	if err != nil {
		return err
	}
	order := r.URL.Query().Get("order")
	if order != "" && order != "newest" && order != "oldest" {
		return fault.New(fault.Invalid, "parameter_invalid", "order=%q is neither newest nor oldest", order)
	}
	items, next, err := s.Incidents.HistoryFrom(r.Context(), ws.ID, n, limit, place, order == "newest")
	if err == nil {
		writePage(w, list(items), nil, next)
	}
	return err
}
