package app

import (
	"context"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/connector/defenderxdr"
	"github.com/vedette-siem/vedette/internal/content"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// hubSolutions shows the content hub to the connectors.
type hubSolutions struct{ *content.Service }

// Of implements connector.Solutions.
func (h hubSolutions) Of(id string) (solution, title string) {
	if s := content.Of(id); s != nil {
		return s.ID, s.Title
	}
	return "", ""
}

// Installed implements connector.Solutions.
func (h hubSolutions) Installed(ws, id string) bool {
	_, ok := h.Service.Installed(ws, id)
	return ok
}

// Install implements connector.Solutions.
func (h hubSolutions) Install(ctx context.Context, ws, id, actor string) (string, error) {
	_, message, err := h.Service.Install(ctx, ws, id, actor)
	return message, err
}

// Workbooks implements connector.Solutions.
func (h hubSolutions) Workbooks(ws, id string) []connector.Ref {
	var out []connector.Ref
	for _, b := range h.Service.Workbooks(ws) {
		if b.Solution == id {
			out = append(out, connector.Ref{ID: b.ID, Title: b.Title})
		}
	}
	return out
}

// Rules implements connector.Solutions.
func (h hubSolutions) Rules(ws, id string) []connector.RuleRef {
	var out []connector.RuleRef
	for _, s := range h.InstalledSolutions(ws) {
		if s.ID != id {
			continue
		}
		for _, r := range s.Rules {
			out = append(out, connector.RuleRef{ID: r.ID, Title: r.Title})
		}
	}
	return out
}

// tenantChecks answers the checks of prerequisites for one workspace's tenant.
type tenantChecks struct {
	*msgraph.Client
	pull *defenderxdr.Connector
	id   string
}

// Probe implements prerequisite.Tenant.
func (t tenantChecks) Probe(ctx context.Context) []connector.Prerequisite {
	var out []connector.Prerequisite
	for _, p := range t.pull.Probe(ctx) {
		out = append(out, connector.Prerequisite{ID: p.ID, Title: p.Title, State: p.State, Remedy: p.Remedy})
	}
	return out
}

// TenantID implements prerequisite.Tenant.
func (t tenantChecks) TenantID() string { return t.id }

// cloudOf returns the cloud of a workspace's tenant.
func (s *server) cloudOf(ws string) string {
	for i, w := range s.workspaces {
		if w.ID == ws {
			return s.cfg.Workspaces[i].Tenant.Cloud
		}
	}
	return ""
}
