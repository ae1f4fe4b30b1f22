package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/rawkeep"
)

// rawView is what is kept of messages as they came, and the last replay or null.
type rawView struct {
	Kept   rawkeep.State     `json:"kept"`
	Replay *rawkeep.Progress `json:"replay"`
}

// showRaw answers what is kept, and how far the last replay is.
func (s *Server) showRaw(w http.ResponseWriter, r *http.Request) error {
	return s.writeRaw(w, r, http.StatusOK)
}

func (s *Server) writeRaw(w http.ResponseWriter, r *http.Request, status int) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var v rawView
	if v.Kept, v.Replay, err = s.Raw.State(ws.ID); err != nil {
		return err
	}
	writeJSON(w, status, v)
	return nil
}

// replayRaw begins a replay, then answers like show.
func (s *Server) replayRaw(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	sp, err := readSpan(r)
	if err != nil {
		return err
	}
	if err := s.Raw.Start(ws.ID, sp.Tables, sp.From, sp.To, actorOf(r).Name); err != nil {
		return err
	}
	return s.writeRaw(w, r, http.StatusAccepted)
}
