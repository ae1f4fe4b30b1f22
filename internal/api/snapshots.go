package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/snapshot"
)

// listSnapshots answers the scheduled fetching of tables that the tenant does not export.
func (s *Server) listSnapshots(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	items := []model.SnapshotView{}
	for _, j := range s.Snapshots.List(ws.ID) {
		items = append(items, model.SnapshotView{Snapshot: j, EverySeconds: int64(j.Every / time.Second)})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

// startSnapshots has tables fetched now, then answers like list.
func (s *Server) startSnapshots(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Tables []string `json:"tables"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if len(in.Tables) == 1 && strings.EqualFold(in.Tables[0], "all") {
		in.Tables = nil
	}
	if err := s.Snapshots.Start(r.Context(), ws.ID, in.Tables...); err != nil {
		return err
	}
	return s.listSnapshots(w, r)
}

// setSnapshot changes the schedule of a table, then answers like list.
func (s *Server) setSnapshot(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		On           *bool  `json:"on"`
		EverySeconds int64  `json:"everySeconds"`
		Kind         string `json:"kind"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	err = s.Snapshots.Set(r.Context(), ws.ID, r.PathValue("table"), snapshot.Change{On: in.On, Every: time.Duration(in.EverySeconds) * time.Second, Kind: in.Kind})
	if err != nil {
		return err
	}
	return s.listSnapshots(w, r)
}
