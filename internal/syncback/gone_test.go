package syncback

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// merged is a tenant whose incident 7 was merged into 30, which is gone: it is missed when it is read, or only when it is written to.
type merged struct{ whenRead bool }

func (m merged) Get(_ context.Context, id string, _ Urgency) (model.TenantIncident, error) {
	if id == "30" {
		if m.whenRead {
			return model.TenantIncident{}, fault.New(fault.NotFound, "graph_not_found", "Incident 30 is not in the tenant.")
		}
		return version(9, func(r *model.TenantIncident) { r.ID = "30" }), nil
	}
	return version(9, func(r *model.TenantIncident) { r.ID, r.RawStatus, r.RedirectTo = id, "redirected", "30" }), nil
}

func (merged) Patch(context.Context, string, model.TenantPatch, Urgency) (model.TenantIncident, error) {
	return model.TenantIncident{}, fault.New(fault.NotFound, "graph_not_found", "gone")
}

func (merged) Comment(context.Context, string, string, Urgency) ([]model.TenantComment, error) {
	return nil, fault.New(fault.NotFound, "graph_not_found", "Incident 30 is not in the tenant.")
}

// TestACommentWhoseTargetIsGoneIsRefused: it would be tried for ever, and nobody would be told.
func TestACommentWhoseTargetIsGoneIsRefused(t *testing.T) {
	for _, remote := range []merged{{whenRead: true}, {}} {
		st := known()
		st.AddComment("01J00000000000000000000001", "look", "ana", at)
		s := &shelf{states: map[int64]*State{1: st}}
		w := &Worker{Store: s, Remote: remote, Clock: wall{}, Policy: RemoteWins, Logger: slog.New(slog.DiscardHandler)}
		if err := w.attempt(t.Context(), 1); err != nil {
			t.Fatalf("%+v: %v", remote, err)
		}
		v := st.View()
		if st.Waiting() || v.State != model.Rejected {
			t.Errorf("%+v: waiting %v, state %s", remote, st.Waiting(), v.State)
		}
		for _, e := range v.Edits {
			if e.Field == "comments" && !strings.Contains(e.Reason, "30") {
				t.Errorf("%+v: the reason is %q", remote, e.Reason)
			}
		}
	}
}
