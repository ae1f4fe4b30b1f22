package app

import (
	"context"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/incident"
	kqlbind "github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/watchlist"
)

// watchlists opens the lists of the state database; wake, nil without a server, tells the row outbox of new rows.
func watchlists(db *meta.DB, wake func()) *watchlist.Service {
	return watchlist.New(watchlist.Config{Store: db, Encode: incident.EncodeRow, Wake: wake, Now: time.Now})
}

// watchlistsFor lets queries of a workspace read its lists.
func watchlistsFor(s *watchlist.Service) func(ctx context.Context, ws string) *kqlbind.Watchlists {
	return func(ctx context.Context, ws string) *kqlbind.Watchlists {
		return &kqlbind.Watchlists{
			Aliases: func() ([]string, error) { return s.Aliases(ctx, ws) },
			Rows: func(alias string) ([]schema.Column, *column.Batch, bool, error) {
				return s.Rows(ctx, ws, alias)
			},
		}
	}
}
