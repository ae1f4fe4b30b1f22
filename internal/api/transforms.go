package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/fault"
)

// listTransforms answers the transformations of a workspace.
func (s *Server) listTransforms(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	items, err := s.Transforms.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

// showTransform answers the transformation of a table.
func (s *Server) showTransform(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	items, err := s.Transforms.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	for _, t := range items {
		if t.Table == r.PathValue("table") {
			writeJSON(w, http.StatusOK, t)
			return nil
		}
	}
	return fault.New(fault.NotFound, "transform_not_found", "Table %s has no transformation.", r.PathValue("table"))
}

type transformInput struct {
	Query string `json:"query"`
	Rows  int    `json:"rows"`
}

// setTransform checks and keeps the transformation of a table, then answers like show.
func (s *Server) setTransform(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in transformInput
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := s.Transforms.Set(r.Context(), ws.ID, r.PathValue("table"), in.Query, actorOf(r).Name); err != nil {
		return err
	}
	return s.showTransform(w, r)
}

// clearTransform takes the transformation of a table away.
func (s *Server) clearTransform(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if err := s.Transforms.Clear(r.Context(), ws.ID, r.PathValue("table")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// previewTransform answers what a transformation would do to the newest rows.
func (s *Server) previewTransform(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	in := transformInput{Rows: 200}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	p, err := s.Transforms.Preview(r.Context(), ws.ID, r.PathValue("table"), in.Query, min(max(1, in.Rows), 200))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, p)
	return nil
}
