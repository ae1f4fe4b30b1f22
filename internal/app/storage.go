package app

import (
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
			Workspace: w.ID, Account: a.Account(), URL: a.AccountURL, Prefix: a.ContainerPrefix, ConnectionStringFile: a.ConnectionStringFile, CAFile: a.CAFile, Poll: a.PollInterval,
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
		})
		if err != nil {
			return err
		}
		x.runner.Add(connector.Job{Workspace: w.ID, Stream: st, Title: "Events of storage account " + a.Account(), Wanted: blob.Wanted, Always: true})
	}
	return nil
}
