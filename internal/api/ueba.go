package api

import (
	"encoding/json"
	"net/http"

	"github.com/vedette-siem/vedette/internal/ueba"
)

func (s *Server) showUEBA(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	return s.writeUEBA(w, r, ws)
}

func (s *Server) writeUEBA(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	v, err := s.UEBA.Show(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

// checkUEBA asks the tenant about its sensors now, then answers like show.
func (s *Server) checkUEBA(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	s.UEBA.Recheck(ws.ID)
	return s.writeUEBA(w, r, ws)
}

func (s *Server) setUEBA(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Enabled     *bool     `json:"enabled"`
		Directories *[]string `json:"directories"`
		DataSources *[]string `json:"dataSources"`
		Etag        string    `json:"etag"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := s.UEBA.Set(r.Context(), ws.ID, ueba.Change(in), actorOf(r).Name); err != nil {
		return err
	}
	return s.writeUEBA(w, r, ws)
}

// armSetting is one resource of Microsoft.SecurityInsights/settings.
type armSetting struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Etag       string         `json:"etag"`
	Kind       string         `json:"kind"`
	Properties map[string]any `json:"properties"`
}

func setting(ws *Workspace, v ueba.Setting) armSetting {
	return armSetting{
		ID: ws.armID("/providers/Microsoft.SecurityInsights/settings/" + v.Kind), Name: v.Kind, Type: "Microsoft.SecurityInsights/settings",
		Etag: v.Etag, Kind: v.Kind, Properties: v.Properties,
	}
}

func (s *Server) armListSettings(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	all, err := s.UEBA.Settings(ws.ID)
	if err != nil {
		return err
	}
	value := []armSetting{}
	for _, v := range all {
		value = append(value, setting(ws, v))
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

func (s *Server) armGetSetting(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	v, err := s.UEBA.Setting(ws.ID, r.PathValue("name"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, setting(ws, v))
	return nil
}

func (s *Server) armPutSetting(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	// Programs send whole resources back, read-only parts included: what is not known is left out, not refused.
	var in struct {
		Etag       string `json:"etag"`
		Kind       string `json:"kind"`
		Properties struct {
			EntityProviders []string `json:"entityProviders"`
			DataSources     []string `json:"dataSources"`
		} `json:"properties"`
	}
	var raw json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return badBody(err)
	}
	v, created, err := s.UEBA.PutSetting(r.Context(), ws.ID, r.PathValue("name"), ueba.SettingChange{
		Kind: in.Kind, Etag: in.Etag, EntityProviders: in.Properties.EntityProviders, DataSources: in.Properties.DataSources,
	}, actorOf(r).Name)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	writeJSON(w, status, setting(ws, v))
	return nil
}

func (s *Server) armDeleteSetting(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	was, err := s.UEBA.DeleteSetting(r.Context(), ws.ID, r.PathValue("name"), actorOf(r).Name)
	if err != nil {
		return err
	}
	if was {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}
