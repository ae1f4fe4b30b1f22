package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
)

func (s *Server) listConnectors(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	items, err := s.Connectors.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

// inConnector resolves workspace and connector of a route.
func (s *Server) inConnector(r *http.Request) (*Workspace, error) {
	if id := r.PathValue("id"); id != connector.DefenderXDR {
		return nil, fault.New(fault.NotFound, "connector_not_found", "there is no connector %q; there is %s", id, connector.DefenderXDR)
	}
	return s.inWorkspace(r)
}

func (s *Server) showConnector(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inConnector(r)
	if err != nil {
		return err
	}
	return s.writeConnector(w, r, ws)
}

func (s *Server) writeConnector(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	v, err := s.Connectors.Show(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	if last, lag := s.SyncProgress(ws.ID); v.Incidents.Enabled && !last.IsZero() {
		secs := lag.Seconds()
		v.Incidents.LastSync, v.Incidents.LagSeconds = &last, &secs
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

// checkConnector probes the prerequisites now, whatever was known, then answers like show.
func (s *Server) checkConnector(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inConnector(r)
	if err != nil {
		return err
	}
	s.Connectors.Recheck(ws.ID)
	return s.writeConnector(w, r, ws)
}

type connectorRequest struct {
	Incidents            *bool    `json:"incidents"`
	Tables               []string `json:"tables"`
	TurnOffIncidentRules *bool    `json:"turnOffIncidentRules"`
}

func (s *Server) changeConnector(w http.ResponseWriter, r *http.Request, change func(ws *Workspace, in connectorRequest) error) error {
	ws, err := s.inConnector(r)
	if err != nil {
		return err
	}
	var in connectorRequest
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := change(ws, in); err != nil {
		return err
	}
	return s.writeConnector(w, r, ws)
}

func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	return s.changeConnector(w, r, func(ws *Workspace, in connectorRequest) error {
		return s.Connectors.Connect(r.Context(), ws.ID, connector.Request(in), actorOf(r).Name)
	})
}

func (s *Server) disconnect(w http.ResponseWriter, r *http.Request) error {
	return s.changeConnector(w, r, func(ws *Workspace, in connectorRequest) error {
		return s.Connectors.Disconnect(r.Context(), ws.ID, connector.Request(in), actorOf(r).Name)
	})
}

func (s *Server) setTables(w http.ResponseWriter, r *http.Request) error {
	return s.changeConnector(w, r, func(ws *Workspace, in connectorRequest) error {
		return s.Connectors.SetTables(r.Context(), ws.ID, in.Tables, actorOf(r).Name)
	})
}

// changeStream reads which stream is meant, changes it, and answers like show.
func (s *Server) changeStream(w http.ResponseWriter, r *http.Request, change func(ws *Workspace, stream string) error) error {
	ws, err := s.inConnector(r)
	if err != nil {
		return err
	}
	var in struct {
		Stream string `json:"stream"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := change(ws, in.Stream); err != nil {
		return err
	}
	return s.writeConnector(w, r, ws)
}

func (s *Server) pauseStream(w http.ResponseWriter, r *http.Request) error {
	return s.changeStream(w, r, func(ws *Workspace, stream string) error {
		return s.Connectors.Pause(r.Context(), ws.ID, stream, "", "", actorOf(r).Name)
	})
}

func (s *Server) resumeStream(w http.ResponseWriter, r *http.Request) error {
	return s.changeStream(w, r, func(ws *Workspace, stream string) error {
		return s.Connectors.Resume(r.Context(), ws.ID, stream)
	})
}

// connectorHealth answers how data comes in, by source and by table.
func (s *Server) connectorHealth(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inConnector(r)
	if err != nil {
		return err
	}
	v, err := s.Connectors.Intake(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}
