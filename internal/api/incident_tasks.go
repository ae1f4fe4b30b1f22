package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/incident"
)

func (s *Server) listTasks(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	in, err := s.Incidents.Get(r.Context(), ws.ID, n)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": list(in.Tasks)})
	return nil
}

func (s *Server) addTask(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	var in struct{ Title, Description string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	task, err := s.Incidents.AddTask(r.Context(), ws.ID, n, in.Title, in.Description, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, task)
	return nil
}

func (s *Server) updateTask(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	var in struct{ Title, Description, Status *string }
	if err := readJSON(r, &in); err != nil {
		return err
	}
	task, err := s.Incidents.UpdateTask(r.Context(), ws.ID, n, r.PathValue("task"), incident.TaskChange(in), by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, task)
	return nil
}

func (s *Server) removeTask(w http.ResponseWriter, r *http.Request) error {
	ws, n, err := s.inIncident(r)
	if err != nil {
		return err
	}
	if err := s.Incidents.RemoveTask(r.Context(), ws.ID, n, r.PathValue("task"), by(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
