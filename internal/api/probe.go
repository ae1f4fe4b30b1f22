package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
)

// probeTimeout bounds the test of a tenant: its requests wait for the same limits as all others.
const probeTimeout = 5 * time.Minute

// probeTenant tests what is taken for granted about the tenant, without changing anything there.
func (s *Server) probeTenant(w http.ResponseWriter, r *http.Request) error {
	ws, err := s.inWorkspace(r)
	if err != nil {
		return err
	}
	if id := r.PathValue("id"); id != connector.DefenderXDR {
		return fault.New(fault.NotFound, "connector_not_found", "only %s can be probed, not %q", connector.DefenderXDR, id)
	}
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	rep, err := s.Probe(ctx, ws.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, rep)
	return nil
}
