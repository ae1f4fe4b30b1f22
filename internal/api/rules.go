package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/rule"
)

// ruleJSON is Rule of the description.
type ruleJSON struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Enabled     bool       `json:"enabled"`
	Template    bool       `json:"template"`
	Solution    string     `json:"solution,omitempty"`
	Incidents   int64      `json:"incidents"`
	Modified    *time.Time `json:"modified,omitempty"`
	ModifiedBy  string     `json:"modifiedBy,omitempty"`
	ETag        string     `json:"etag,omitempty"`
	*productRule
	*scheduledRule
}

type productRule struct {
	ProductFilter string   `json:"productFilter"`
	Severities    []string `json:"severitiesFilter"`
	Names         []string `json:"displayNamesFilter"`
	Excludes      []string `json:"displayNamesExcludeFilter"`
}

type scheduledRule struct {
	Severity         string   `json:"severity"`
	Tactics          []string `json:"tactics"`
	Techniques       []string `json:"techniques"`
	Query            string   `json:"query"`
	QueryFrequency   string   `json:"queryFrequency"`
	QueryPeriod      string   `json:"queryPeriod"`
	TriggerOperator  string   `json:"triggerOperator"`
	TriggerThreshold int      `json:"triggerThreshold"`
}

func ruleView(r model.IncidentRule) ruleJSON {
	return ruleJSON{
		ID: r.ID, Kind: rule.Kind, Name: r.Name, Description: r.Description, Enabled: r.Enabled, Incidents: r.Made, Modified: &r.Modified, ModifiedBy: r.ModifiedBy, ETag: rule.ETag(r),
		productRule: &productRule{r.Product, r.Severities, r.Names, r.Excludes},
	}
}

func templateView(sol *content.Solution, r content.Rule) ruleJSON {
	return ruleJSON{
		ID: r.ID, Kind: "Scheduled", Name: r.Title, Description: r.Description, Template: true, Solution: sol.ID,
		scheduledRule: &scheduledRule{r.Severity, r.Tactics, r.Techniques, r.Query, r.QueryFrequency, r.QueryPeriod, r.TriggerOperator, r.TriggerThreshold},
	}
}

// templates are the rules of the workspace's solutions.
func (s *Server) templates(ws string) []ruleJSON {
	var out []ruleJSON
	for _, sol := range s.Content.InstalledSolutions(ws) {
		for _, r := range sol.Rules {
			out = append(out, templateView(sol, r))
		}
	}
	return out
}

func (s *Server) listRules(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	all, err := s.Rules.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	items := []ruleJSON{}
	for _, x := range all {
		items = append(items, ruleView(x))
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": append(items, s.templates(ws.ID)...)})
	return nil
}

func (s *Server) showRule(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if t, ok := s.template(ws.ID, r.PathValue("id")); ok {
		writeJSON(w, http.StatusOK, t)
		return nil
	}
	x, err := s.Rules.Get(r.Context(), ws.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, ruleView(x))
	return nil
}

func (s *Server) template(ws, id string) (ruleJSON, bool) {
	for _, t := range s.templates(ws) {
		if strings.EqualFold(t.ID, id) {
			return t, true
		}
	}
	return ruleJSON{}, false
}

func (s *Server) updateRule(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	var in struct {
		Enabled    *bool     `json:"enabled"`
		Severities *[]string `json:"severitiesFilter"`
		Names      *[]string `json:"displayNamesFilter"`
		Excludes   *[]string `json:"displayNamesExcludeFilter"`
		ETag       string    `json:"etag"`
	}
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if t, ok := s.template(ws.ID, r.PathValue("id")); ok {
		return fault.New(fault.Conflict, "rule_scheduled", "%q is a template of a scheduled rule; this version of the server does not run scheduled rules. Run its query in Logs instead.", t.Name)
	}
	x, err := s.Rules.Set(r.Context(), ws.ID, r.PathValue("id"), rule.Change{Enabled: in.Enabled, Severities: in.Severities, Names: in.Names, Excludes: in.Excludes, ETag: in.ETag}, actorOf(r).Name)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, ruleView(x))
	return nil
}
