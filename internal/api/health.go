package api

import (
	"net/http"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
)

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}

// readyz says whether everything works: 200 with every component in order or merely worth a look, 503 when one failed.
// It names components and reasons, never details: it is public.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) error {
	type item struct {
		Component string `json:"component"`
		Status    string `json:"status"`
		Reason    string `json:"reason,omitempty"`
	}
	out := struct {
		Status     string `json:"status"`
		Components []item `json:"components"`
	}{Status: "ready", Components: []item{}}
	code := http.StatusOK
	for _, r := range s.Board.All() {
		out.Components = append(out.Components, item{r.Component, string(r.Status), r.Reason})
		if r.Status == health.Failure {
			out.Status, code = "degraded", http.StatusServiceUnavailable
		}
	}
	writeJSON(w, code, out)
	return nil
}

// listHealth answers every component's state with its description.
func (s *Server) listHealth(w http.ResponseWriter, _ *http.Request) error {
	type item struct {
		Workspace   string `json:"workspace"`
		Component   string `json:"component"`
		Status      string `json:"status"`
		Reason      string `json:"reason"`
		Description string `json:"description"`
		Time        string `json:"time"`
	}
	items := []item{}
	for _, r := range s.Board.All() {
		items = append(items, item{r.Workspace, r.Component, string(r.Status), r.Reason, r.Description, r.Time.Format(time.RFC3339)})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

// listWorkspaces answers the workspaces with their Azure coordinates.
func (s *Server) listWorkspaces(w http.ResponseWriter, _ *http.Request) error {
	items := []map[string]string{}
	for _, x := range s.Workspaces {
		items = append(items, map[string]string{
			"id": x.ID, "name": x.Name, "subscriptionId": x.SubscriptionID, "resourceGroup": x.ResourceGroup, "tenantId": x.TenantID,
		})
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}
