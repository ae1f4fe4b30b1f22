package api

import (
	"net/http"

	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/fault"
)

// packageProperties are the properties of contentPackages and contentProductPackages.
func (s *Server) packageProperties(ws *Workspace, sol *content.Solution, whole bool) map[string]any {
	type dependency struct {
		ContentID string `json:"contentId"`
		Kind      string `json:"kind"`
		Version   string `json:"version"`
	}
	criteria := []dependency{}
	add := func(kind, id string) { criteria = append(criteria, dependency{id, kind, sol.Version}) }
	for _, id := range sol.Connectors {
		add("DataConnector", id)
	}
	for _, x := range sol.Rules {
		add("AnalyticsRule", x.ID)
	}
	for _, x := range sol.Hunting {
		add("HuntingQuery", x.ID)
	}
	for _, x := range sol.Workbooks {
		add("Workbook", x.ID)
	}
	for _, x := range sol.Functions {
		add("Parser", x.Name)
	}
	p := map[string]any{
		"contentId": sol.ContentID, "contentProductId": sol.ContentID + "-" + sol.ID, "contentKind": "Solution", "contentSchemaVersion": "3.0.0", "version": sol.Version,
		"displayName": sol.Title, "description": sol.Description, "publisherDisplayName": sol.Publisher, "providers": []string{sol.Publisher},
		"source": map[string]string{"kind": "Solution", "name": sol.Title, "sourceId": sol.ContentID}, "author": map[string]string{"name": sol.Publisher},
		"support": map[string]string{"tier": "Community", "name": "Vedette"}, "categories": map[string]any{"domains": sol.Categories, "verticals": []string{}},
		"dependencies": map[string]any{"operator": "AND", "criteria": criteria}, "isNew": "false", "isPreview": "false", "isFeatured": "false", "isDeprecated": "false",
	}
	if have, ok := s.Content.Installed(ws.ID, sol.ID); ok {
		p["installedVersion"] = have.Version
	}
	if whole {
		p["packagedContent"] = map[string]any{"analyticsRules": sol.Rules, "huntingQueries": sol.Hunting, "workbooks": sol.Workbooks, "functions": sol.Functions}
	}
	return p
}

func (s *Server) armPackage(ws *Workspace, kind string, sol *content.Solution, whole bool) armResource {
	a := ws.insights(kind, sol.ContentID)
	a.Properties = s.packageProperties(ws, sol, whole)
	a.Etag = `"` + sol.Version + `"`
	return a
}

// armListProducts answers the catalogue.
func (s *Server) armListProducts(w http.ResponseWriter, _ *http.Request, ws *Workspace) error {
	value := []armResource{}
	for _, sol := range content.Catalogue() {
		value = append(value, s.armPackage(ws, "contentProductPackages", sol, false))
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

func (s *Server) armGetProduct(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	sol, err := content.Find(r.PathValue("name"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.armPackage(ws, "contentProductPackages", sol, true))
	return nil
}

const contentPackages = "contentPackages"

// armListPackages answers what is installed.
func (s *Server) armListPackages(w http.ResponseWriter, _ *http.Request, ws *Workspace) error {
	value := []armResource{}
	for _, sol := range s.Content.InstalledSolutions(ws.ID) {
		value = append(value, s.armPackage(ws, contentPackages, sol, false))
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": value})
	return nil
}

func (s *Server) armGetPackage(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	sol, err := content.Find(r.PathValue("name"))
	if err != nil {
		return err
	}
	if _, ok := s.Content.Installed(ws.ID, sol.ID); !ok {
		return fault.New(fault.NotFound, "ResourceNotFound", "the solution %s is not installed in workspace %s", sol.Title, ws.Name)
	}
	writeJSON(w, http.StatusOK, s.armPackage(ws, contentPackages, sol, false))
	return nil
}

func (s *Server) armPutPackage(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in struct {
		Properties struct {
			ContentID   string `json:"contentId"`
			ContentKind string `json:"contentKind"`
		} `json:"properties"`
	}
	if err := readARM(r, &in); err != nil {
		return err
	}
	id := in.Properties.ContentID
	if id == "" {
		id = r.PathValue("name")
	}
	sol, err := content.Find(id)
	if err != nil {
		return err
	}
	_, had := s.Content.Installed(ws.ID, sol.ID)
	if _, _, err := s.Content.Install(r.Context(), ws.ID, sol.ID, actorOf(r).Name); err != nil {
		return err
	}
	status := http.StatusCreated
	if had {
		status = http.StatusOK
	}
	writeJSON(w, status, s.armPackage(ws, contentPackages, sol, false))
	return nil
}

func (s *Server) armDeletePackage(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	_, _, err := s.Content.Remove(r.Context(), ws.ID, r.PathValue("name"))
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case fault.KindOf(err) == fault.NotFound:
		w.WriteHeader(http.StatusNoContent)
	default:
		return err
	}
	return nil
}
