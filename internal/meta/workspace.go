package meta

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

type workspaceRow struct {
	bun.BaseModel  `bun:"table:workspaces"`
	Name           string `bun:",pk"`
	ID             string
	SubscriptionID string
}

// WorkspaceIDs returns the ids of a workspace, making them once: what the configuration leaves empty gets a GUID that
// stays. A configured id wins over a kept one.
func (db *DB) WorkspaceIDs(ctx context.Context, name, id, subscription string) (wsID, subID string, err error) {
	err = db.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var old workspaceRow
		switch err := tx.NewSelect().Model(&old).Where("name = ?", name).Scan(ctx); {
		case errors.Is(err, sql.ErrNoRows):
			old = workspaceRow{Name: name, ID: uuid.NewString(), SubscriptionID: uuid.NewString()}
		case err != nil:
			return err
		}
		if id != "" {
			old.ID = id
		}
		if subscription != "" {
			old.SubscriptionID = subscription
		}
		wsID, subID = old.ID, old.SubscriptionID
		_, err := tx.NewInsert().Model(&old).On("CONFLICT (name) DO UPDATE").Set("id = EXCLUDED.id, subscription_id = EXCLUDED.subscription_id").Exec(ctx)
		return err
	})
	return wsID, subID, err
}

// Workspace names a workspace that this state knows.
type Workspace struct{ Name, ID string }

// Workspaces lists the workspaces, by name.
func (db *DB) Workspaces(ctx context.Context) ([]Workspace, error) {
	var rows []workspaceRow
	if err := db.read.NewSelect().Model(&rows).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]Workspace, len(rows))
	for i, r := range rows {
		out[i] = Workspace{r.Name, r.ID}
	}
	return out, nil
}
