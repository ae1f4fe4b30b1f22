package defenderxdr

import (
	"context"
	"encoding/json"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Remote is the tenant as the way back sees it.
type Remote struct{ graph Graph }

var _ syncback.Remote = Remote{}

// NewRemote returns the tenant behind a Graph client.
func NewRemote(g Graph) Remote { return Remote{g} }

func priority(u syncback.Urgency) msgraph.Priority {
	switch u {
	case syncback.Person:
		return msgraph.UserWrite
	case syncback.Automation:
		return msgraph.SyncWrite
	}
	return msgraph.Reconcile
}

// Get implements syncback.Remote.
func (r Remote) Get(ctx context.Context, id string, u syncback.Urgency) (model.TenantIncident, error) {
	raw, err := r.graph.Get(ctx, msgraph.Incidents, id, priority(u))
	return understood(raw, err)
}

// Patch implements syncback.Remote.
func (r Remote) Patch(ctx context.Context, id string, p model.TenantPatch, u syncback.Urgency) (model.TenantIncident, error) {
	raw, err := r.graph.PatchIncident(ctx, id, patch(p), priority(u))
	return understood(raw, err)
}

// Comment implements syncback.Remote.
func (r Remote) Comment(ctx context.Context, id, text string, u syncback.Urgency) ([]model.TenantComment, error) {
	list, err := r.graph.CommentIncident(ctx, id, text, priority(u))
	if err != nil {
		return nil, err
	}
	var out []model.TenantComment
	for _, raw := range list {
		var w wireComment
		if json.Unmarshal(raw, &w) == nil {
			if c, ok := w.comment(); ok {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

func understood(raw json.RawMessage, err error) (model.TenantIncident, error) {
	if err != nil {
		return model.TenantIncident{}, err
	}
	in, err := Incident(raw)
	if err != nil {
		return in, fault.New(fault.Unavailable, "graph_malformed", "The tenant's answer cannot be read: %w.", err)
	}
	return in, nil
}
