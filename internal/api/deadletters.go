package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/vedette-siem/vedette/internal/deadletter"
	"github.com/vedette-siem/vedette/internal/fault"
)

// listDeadLetters answers the newest dead letters, and how many there are by source, table and reason.
func (s *Server) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := deadletter.Filter{Source: q.Get("source"), Table: q.Get("table"), Reason: q.Get("reason")}
	if v := q.Get("since"); v != "" {
		if f.Since, err = time.Parse(time.RFC3339, v); err != nil {
			return fault.New(fault.Invalid, "since_invalid", "since=%q is not a time such as 2026-07-18T12:00:00Z", v)
		}
	}
	limit := 100
	if v := q.Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 {
			return fault.New(fault.Invalid, "limit_invalid", "limit=%q is not a number from 1", v)
		}
	}
	page, err := s.DeadLetters.List(r.Context(), ws.ID, f, limit, q.Get("replayed") == "true")
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, page)
	return nil
}

func (s *Server) showDeadLetter(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	l, err := s.DeadLetters.Show(r.Context(), ws.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, l)
	return nil
}

// replayDeadLetters stores the letters that can be stored by now.
func (s *Server) replayDeadLetters(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var f deadletter.Filter
	if err := readJSON(r, &f); err != nil {
		return err
	}
	out, err := s.DeadLetters.Replay(r.Context(), ws.ID, f, actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}
