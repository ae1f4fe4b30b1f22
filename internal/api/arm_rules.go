package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/rule"
)

// armRuleProperties are those of the kind MicrosoftSecurityIncidentCreation; filters that are not set are null.
type armRuleProperties struct {
	Template    string   `json:"alertRuleTemplateName,omitempty"`
	Name        string   `json:"displayName"`
	Description string   `json:"description"`
	Enabled     bool     `json:"enabled"`
	Product     string   `json:"productFilter"`
	Severities  []string `json:"severitiesFilter"`
	Names       []string `json:"displayNamesFilter"`
	Excludes    []string `json:"displayNamesExcludeFilter"`
	Modified    string   `json:"lastModifiedUtc,omitempty"`
}

func armRule(ws *Workspace, r model.IncidentRule) armResource {
	a := ws.insights("alertRules", r.ID)
	a.Kind, a.Etag = rule.Kind, `"`+rule.ETag(r)+`"`
	a.Properties = armRuleProperties{r.Template, r.Name, r.Description, r.Enabled, r.Product, r.Severities, r.Names, r.Excludes, r.Modified.UTC().Format(time.RFC3339Nano)}
	return a
}

func (s *Server) armListRules(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	all, err := s.Rules.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	value := []armResource{}
	for _, x := range all {
		value = append(value, armRule(ws, x))
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

func (s *Server) armGetRule(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	x, err := s.Rules.Get(r.Context(), ws.ID, r.PathValue("name"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, armRule(ws, x))
	return nil
}

func (s *Server) armPutRule(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in struct {
		Kind       string            `json:"kind"`
		Etag       string            `json:"etag"`
		Properties armRuleProperties `json:"properties"`
	}
	if err := readARM(r, &in); err != nil {
		return err
	}
	if !strings.EqualFold(in.Kind, rule.Kind) {
		return fault.New(fault.Invalid, "kind_unknown", "rules of kind %q do not run here yet; the kind is %s", in.Kind, rule.Kind)
	}
	p := in.Properties
	x, made, err := s.Rules.Put(r.Context(), model.IncidentRule{
		Workspace: ws.ID, ID: r.PathValue("name"), Name: p.Name, Description: p.Description, Enabled: p.Enabled, Product: p.Product, Severities: p.Severities,
		Names: p.Names, Excludes: p.Excludes, Template: p.Template,
	}, in.Etag, actorOf(r).Name)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	writeJSON(w, status, armRule(ws, x))
	return nil
}

func (s *Server) armDeleteRule(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	had, err := s.Rules.Delete(r.Context(), ws.ID, r.PathValue("name"))
	if err != nil {
		return err
	}
	if had {
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}
