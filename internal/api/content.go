package api

import (
	"net/http"
	"time"

	"github.com/vedette-siem/vedette/internal/content"
)

// contentItem is ContentItem of the description.
type contentItem struct {
	ID               string         `json:"id"`
	ContentID        string         `json:"contentId"`
	Title            string         `json:"title"`
	Publisher        string         `json:"publisher"`
	Description      string         `json:"description"`
	Version          string         `json:"version"`
	Categories       []string       `json:"categories"`
	Counts           map[string]int `json:"counts"`
	Installed        bool           `json:"installed"`
	InstalledVersion string         `json:"installedVersion,omitempty"`
	InstalledAt      *time.Time     `json:"installedAt,omitempty"`
	InstalledBy      string         `json:"installedBy,omitempty"`
	UpdateAvailable  bool           `json:"updateAvailable"`
}

// contentDetail is ContentDetail of the description.
type contentDetail struct {
	contentItem
	Message        string             `json:"message,omitempty"`
	Connectors     []contentConnector `json:"connectors"`
	AnalyticsRules []contentRule      `json:"analyticsRules"`
	HuntingQueries []content.Hunting  `json:"huntingQueries"`
	Workbooks      []workbookItem     `json:"workbooks"`
	Functions      []content.Function `json:"functions"`
}

type contentConnector struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	State string `json:"state"`
}

type contentRule struct {
	content.Rule
	Enabled bool `json:"enabled"`
}

type workbookItem struct {
	ID          string `json:"id"`
	Solution    string `json:"solution"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func (s *Server) contentItem(ws string, sol *content.Solution) contentItem {
	it := contentItem{
		ID: sol.ID, ContentID: sol.ContentID, Title: sol.Title, Publisher: sol.Publisher, Description: sol.Description, Version: sol.Version, Categories: sol.Categories,
		Counts: map[string]int{
			"connectors": len(sol.Connectors), "analyticsRules": len(sol.Rules), "huntingQueries": len(sol.Hunting), "workbooks": len(sol.Workbooks), "functions": len(sol.Functions),
		},
	}
	if p, ok := s.Content.Installed(ws, sol.ID); ok {
		it.Installed, it.InstalledVersion, it.InstalledAt, it.InstalledBy = true, p.Version, &p.InstalledAt, p.InstalledBy
		it.UpdateAvailable = p.Version != sol.Version
	}
	return it
}

func (s *Server) listContent(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	items := []contentItem{}
	for _, sol := range content.Catalogue() {
		items = append(items, s.contentItem(ws.ID, sol))
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

func (s *Server) showContent(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	sol, err := content.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.writeContent(w, r, ws, sol, "")
}

func (s *Server) installContent(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	sol, message, err := s.Content.Install(r.Context(), ws.ID, r.PathValue("id"), actorOf(r).Name)
	if err != nil {
		return err
	}
	return s.writeContent(w, r, ws, sol, message)
}

func (s *Server) removeContent(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	sol, message, err := s.Content.Remove(r.Context(), ws.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.writeContent(w, r, ws, sol, message)
}

func (s *Server) writeContent(w http.ResponseWriter, r *http.Request, ws *Workspace, sol *content.Solution, message string) error {
	d := contentDetail{
		contentItem: s.contentItem(ws.ID, sol), Message: message, Connectors: []contentConnector{}, AnalyticsRules: []contentRule{},
		HuntingQueries: append([]content.Hunting{}, sol.Hunting...), Workbooks: []workbookItem{}, Functions: append([]content.Function{}, sol.Functions...),
	}
	gallery, err := s.Connectors.List(r.Context(), ws.ID)
	if err != nil {
		return err
	}
	for _, c := range gallery.All() {
		for _, id := range sol.Connectors {
			if c.ID == id {
				d.Connectors = append(d.Connectors, contentConnector{c.ID, c.Title, c.State})
			}
		}
	}
	for _, x := range sol.Rules {
		d.AnalyticsRules = append(d.AnalyticsRules, contentRule{Rule: x})
	}
	for _, b := range sol.Workbooks {
		d.Workbooks = append(d.Workbooks, workbookItem{b.ID, b.Solution, b.Title, b.Description})
	}
	writeJSON(w, http.StatusOK, d)
	return nil
}

func (s *Server) listHunting(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": append([]content.Hunting{}, s.Content.Hunting(ws.ID)...)})
	return nil
}

func (s *Server) listWorkbooks(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	items := []workbookItem{}
	for _, b := range s.Content.Workbooks(ws.ID) {
		items = append(items, workbookItem{b.ID, b.Solution, b.Title, b.Description})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

func (s *Server) showWorkbook(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	b, err := s.Content.Workbook(ws.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, b)
	return nil
}

// functionList is what the editor completes of a workspace's functions.
func (s *Server) functionList(ws string) []map[string]string {
	out := []map[string]string{}
	if s.Content == nil {
		return out
	}
	for _, sol := range s.Content.InstalledSolutions(ws) {
		for _, f := range sol.Functions {
			out = append(out, map[string]string{"name": f.Name, "parameters": f.Parameters, "description": f.Description, "query": f.Query})
		}
	}
	return out
}
