package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/completeness"
	"github.com/vedette-siem/vedette/internal/fault"
)

// spanOf reads which tables and hours are meant.
func spanOf(tables []string, from, to string) (sp completeness.Span, err error) {
	for _, t := range tables {
		if t = strings.TrimSpace(t); t != "" {
			sp.Tables = append(sp.Tables, t)
		}
	}
	for _, v := range []struct {
		name, text string
		t          *time.Time
	}{{"from", from, &sp.From}, {"to", to, &sp.To}} {
		if v.text == "" {
			continue
		}
		if *v.t, err = time.Parse(time.RFC3339, v.text); err != nil {
			return sp, fault.New(fault.Invalid, "time_invalid", "%s=%q is not a time such as 2026-07-18T12:00:00Z", v.name, v.text)
		}
	}
	return sp, nil
}

// readSpan reads which tables and hours a request's body means.
func readSpan(r *http.Request) (completeness.Span, error) {
	var in struct {
		Tables   []string `json:"tables"`
		From, To string
	}
	if err := readJSON(r, &in); err != nil {
		return completeness.Span{}, err
	}
	return spanOf(in.Tables, in.From, in.To)
}

// showCompleteness answers what the checks found.
func (s *Server) showCompleteness(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	sp, err := spanOf(strings.Split(q.Get("tables"), ","), q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	return s.writeCompleteness(w, r, ws, sp)
}

func (s *Server) writeCompleteness(w http.ResponseWriter, r *http.Request, ws *Workspace, sp completeness.Span) error {
	rep, err := s.Completeness.Report(r.Context(), ws.ID, sp)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, rep)
	return nil
}

// checkCompleteness compares now, then answers like show.
func (s *Server) checkCompleteness(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	sp, err := readSpan(r)
	if err != nil {
		return err
	}
	known := s.Store.Catalog(ws.ID)
	for _, t := range sp.Tables {
		if _, ok := known.Table(t); !ok {
			return fault.New(fault.NotFound, "table_not_found", "there is no table %q", t)
		}
	}
	if err := s.Completeness.Check(r.Context(), ws.ID, sp); err != nil {
		return err
	}
	return s.writeCompleteness(w, r, ws, sp)
}
