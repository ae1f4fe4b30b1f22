package app

import (
	"context"

	"github.com/vedette-siem/vedette/internal/api"
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/connector/blob"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// addAccounts adds the streams of the workspace's storage accounts; its intake is there from addHubs.
func (s *server) addAccounts(x *defenderXDR, budget *ingest.Budget, w *api.Workspace, cfg *config.Workspace) error {
	for _, a := range cfg.Streaming.Storage {
		account := blob.Config{
			Workspace: w.ID, Account: a.Account(), URL: a.AccountURL, Prefix: a.ContainerPrefix, ConnectionStringFile: a.ConnectionStringFile, CAFile: a.CAFile, Poll: a.PollInterval, Bad: badLimit(a.Bad),
		}
		who, err := identity(cfg, a.Auth)
		if err != nil {
			return err
		}
		if who != nil {
			account.Identity = who
		}
		st, err := blob.New(account, blob.Deps{
			Appender: s.store, Intake: x.intakes[w.ID], Budget: budget, Meter: x.meter,
			Report: connector.NewReporter(s.board, w.ID, blob.StreamName(a.Account())),
			Watch:  func() (model.Connection, <-chan struct{}) { return x.connectors.Watch(w.ID) }, Logger: s.log,
			Pause: func(ctx context.Context, reason, text string) error {
				return x.connectors.Pause(ctx, w.ID, blob.StreamName(a.Account()), reason, text, "")
			},
		})
		if err != nil {
			return err
		}
		x.runner.Add(connector.Job{Workspace: w.ID, Stream: st, Title: "Events of storage account " + a.Account(), Wanted: blob.Wanted, Always: true})
	}
	return nil
}

// badLimit is what is configured of a source's bad records; what is not is as by default.
func badLimit(c config.BadLimit) connector.BadLimit {
	return connector.BadLimit{Share: c.Share, Records: c.Records}
}
