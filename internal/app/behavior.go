package app

import (
	"context"

	"github.com/vedette-siem/vedette/internal/assume"
	"github.com/vedette-siem/vedette/internal/connector/directory"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// buildBehavior constructs entity behavior of all workspaces. Its rows go through the row outbox of incidents.
func (s *server) buildBehavior(ctx context.Context, pump *incident.Pump) (*ueba.Service, error) {
	var ws []ueba.Workspace
	for _, w := range s.workspaces {
		ws = append(ws, ueba.Workspace{ID: w.ID, TenantID: w.TenantID})
	}
	b, err := ueba.New(ctx, ueba.Config{Store: s.db, Encode: incident.EncodeRow, Wake: pump.Wake, Health: s.board, Logger: s.log}, ws...)
	if err != nil {
		return nil, err
	}
	for i := range s.cfg.Workspaces {
		for _, dc := range s.cfg.Workspaces[i].Directory {
			src, err := directory.NewLDAP(directory.LDAPConfig{
				URL: dc.URL, BindName: dc.BindName, PasswordFile: dc.PasswordFile, BaseDN: dc.BaseDN, CAFile: dc.CAFile, Every: dc.PollInterval,
			})
			if err != nil {
				return nil, err
			}
			b.Add(s.workspaces[i].ID, src)
		}
	}
	return b, nil
}

// probe tests what is taken for granted about a workspace's tenant.
func (x *defenderXDR) probe(ctx context.Context, ws string) (assume.Report, error) {
	c := x.clients[ws]
	if c == nil {
		return assume.Report{}, fault.New(fault.Invalid, "no_tenant", "The workspace has no tenant to test. Add tenant.id and tenant.credential to it in the server's configuration and start the server again.")
	}
	return assume.Run(ctx, c)
}
