package api

import (
	"net/http"
	"strings"

	"github.com/vedette-siem/vedette/internal/connector"
)

// listBackfills answers the last backfill of each table, with its progress.
func (s *Server) listBackfills(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": s.Backfill.List(ws.ID)})
	return nil
}

// startBackfills puts tables in line, then answers like list.
func (s *Server) startBackfills(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	sp, err := readSpan(r)
	if err != nil {
		return err
	}
	if len(sp.Tables) == 1 && strings.EqualFold(sp.Tables[0], "all") {
		sp.Tables = nil
		for _, t := range connector.Selectable() {
			sp.Tables = append(sp.Tables, t.Name)
		}
	}
	if err := s.Backfill.Start(r.Context(), ws.ID, sp.Tables, sp.From, sp.To, actorOf(r).Name); err != nil {
		return err
	}
	return s.listBackfills(w, r)
}

func (s *Server) stopBackfill(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if err := s.Backfill.Stop(r.Context(), ws.ID, r.PathValue("table")); err != nil {
		return err
	}
	return s.listBackfills(w, r)
}
