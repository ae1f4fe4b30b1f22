package api

import (
	"context"
	"net/http"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/rawkeep"
	"github.com/vedette-siem/vedette/internal/tables"
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

// setRaw changes for how long how much is kept; what is absent stays. Then it answers like show.
func (s *Server) setRaw(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Days     *int   `json:"days"`
		MaxBytes *int64 `json:"maxBytes"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if in.Days == nil && in.MaxBytes == nil {
		return fault.New(fault.Invalid, "raw_empty", "Nothing is to change: send days, maxBytes, or both.")
	}
	now, _, err := s.Raw.State(ws.ID)
	if err != nil {
		return err
	}
	if in.Days != nil {
		now.Days = *in.Days
	}
	if in.MaxBytes != nil {
		now.MaxBytes = *in.MaxBytes
	}
	actor := actorOf(r).Name
	err = s.Tables.Audited(r.Context(), ws.ID, tables.Audit{
		Actor: actor, Operation: "Keep originals", Kind: "Connector", Name: connector.DefenderXDR, Properties: map[string]any{"Days": now.Days, "MaxBytes": now.MaxBytes},
	}, func(ctx context.Context) (map[string]any, error) {
		return nil, s.Raw.Set(ctx, ws.ID, now.Days, now.MaxBytes, actor)
	})
	if err != nil {
		return err
	}
	return s.writeRaw(w, r, http.StatusOK)
}

// replayRaw begins a replay or its preview, then answers like show.
func (s *Server) replayRaw(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Tables   []string `json:"tables"`
		From, To string
		Preview  bool `json:"preview"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	sp, err := spanOf(in.Tables, in.From, in.To)
	if err != nil {
		return err
	}
	if err := s.Raw.Start(ws.ID, rawkeep.Request{Tables: sp.Tables, From: sp.From, To: sp.To, Preview: in.Preview, Actor: actorOf(r).Name}); err != nil {
		return err
	}
	return s.writeRaw(w, r, http.StatusAccepted)
}

// stopRaw ends the replay that runs, then answers like show.
func (s *Server) stopRaw(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if err := s.Raw.Stop(ws.ID); err != nil {
		return err
	}
	return s.writeRaw(w, r, http.StatusOK)
}
