package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
)

// personOf is who makes the request, as the checks of prerequisites see them.
func personOf(r *http.Request) connector.Person {
	a := actorOf(r)
	return connector.Person{
		Kind: a.Kind, Name: a.Name, CanRead: a.Can(auth.QueryData), CanWrite: a.Can(auth.WriteConnectors), TenantID: a.TenantID, ObjectID: a.ObjectID,
	}
}

// ofTenant refuses people that do not belong to the tenant of the route's workspace.
func (s *Server) ofTenant(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ws, err := s.inWorkspace(r)
		if err != nil {
			return err
		}
		if s.Allowed != nil {
			if err := s.Allowed(r.Context(), ws.ID, personOf(r)); err != nil {
				return err
			}
		}
		return h(w, r)
	}
}

func (s *Server) listConnectors(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	g, err := s.Connectors.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, g)
	return nil
}

func (s *Server) showConnector(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	return s.writeConnector(w, r, ws, "")
}

// writeConnector answers the connector of the route; said is what a change of it did.
func (s *Server) writeConnector(w http.ResponseWriter, r *http.Request, ws *Workspace, said string) error {
	v, err := s.Connectors.Show(r.Context(), ws.ID, r.PathValue("id"), personOf(r))
	if err != nil {
		return err
	}
	if v.XDRView != nil && v.Incidents.Enabled {
		if last, lag := s.SyncProgress(ws.ID); !last.IsZero() {
			secs := lag.Seconds()
			v.Incidents.LastSync, v.Incidents.LagSeconds = &last, &secs
		}
	}
	if said != "" && v.Message != "" {
		said += " " + v.Message
	}
	if said != "" {
		v.Message = said
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

// checkConnector probes the prerequisites now, whatever was known, then answers like show.
func (s *Server) checkConnector(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	s.Connectors.Recheck(ws.ID)
	return s.writeConnector(w, r, ws, "")
}

type connectorRequest struct {
	Incidents            *bool    `json:"incidents"`
	Tables               []string `json:"tables"`
	TurnOffIncidentRules *bool    `json:"turnOffIncidentRules"`
}

func (s *Server) changeConnector(w http.ResponseWriter, r *http.Request, change func(ws *Workspace, in connectorRequest) (string, error)) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if _, err := connector.Find(r.PathValue("id")); err != nil {
		return err
	}
	var in connectorRequest
	if err := readJSON(r, &in); err != nil {
		return err
	}
	said, err := change(ws, in)
	if err != nil {
		return err
	}
	return s.writeConnector(w, r, ws, said)
}

func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	return s.changeConnector(w, r, func(ws *Workspace, in connectorRequest) (string, error) {
		return s.Connectors.Connect(r.Context(), ws.ID, r.PathValue("id"), connector.Request(in), actorOf(r).Name)
	})
}

func (s *Server) disconnect(w http.ResponseWriter, r *http.Request) error {
	return s.changeConnector(w, r, func(ws *Workspace, in connectorRequest) (string, error) {
		return s.Connectors.Disconnect(r.Context(), ws.ID, r.PathValue("id"), connector.Request(in), actorOf(r).Name)
	})
}

func (s *Server) setTables(w http.ResponseWriter, r *http.Request) error {
	return s.changeConnector(w, r, func(ws *Workspace, in connectorRequest) (string, error) {
		return s.Connectors.SetTables(r.Context(), ws.ID, r.PathValue("id"), in.Tables, actorOf(r).Name)
	})
}

// changeStream reads which stream is meant, changes it, and answers like show.
func (s *Server) changeStream(w http.ResponseWriter, r *http.Request, change func(ws *Workspace, stream string) error) error {
	ws, err := s.inWorkspace(r)
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
	return s.writeConnector(w, r, ws, "")
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
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if id := r.PathValue("id"); id != connector.DefenderXDR {
		return fault.New(fault.NotFound, "connector_not_found", "only the connector %s takes in streams; %q does not", connector.DefenderXDR, id)
	}
	v, err := s.Connectors.Intake(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}
