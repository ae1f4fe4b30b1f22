package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// withheldKey names the record of withheld products among the checkpoints.
const withheldKey = "withheld"

// releasing is how many withheld alerts are released in one transaction.
const releasing = 100

// withheld returns the products whose alerts are withheld, with what people are told.
func withheld(ctx context.Context, tx meta.IncidentTx, ws string) (map[string]string, error) {
	out := map[string]string{}
	body, err := tx.Checkpoint(ctx, ws, withheldKey)
	if err == nil && body != "" {
		err = json.Unmarshal([]byte(body), &out)
	}
	if err != nil {
		return nil, fmt.Errorf("reading which alerts are withheld: %w", err)
	}
	return out, nil
}

// Withhold keeps the alerts of a product, by its name in SecurityAlert.ProductName, out of sight from now on: they are
// stored, but no incident, entity or row shows them. The reason is what an incident that is empty because of it says. What
// was shown before stays.
func (s *Service) Withhold(ctx context.Context, ws, product, reason string) error {
	return s.changeWithheld(ctx, ws, func(all map[string]string) { all[product] = reason })
}

// Release shows the alerts of a product that were withheld, old ones too. It may be called again after a failure.
func (s *Service) Release(ctx context.Context, ws, product string) error {
	if err := s.changeWithheld(ctx, ws, func(all map[string]string) { delete(all, product) }); err != nil {
		return err
	}
	for {
		rows, err := s.db.Incidents().WithheldAlerts(ctx, ws, product, releasing)
		if err != nil || len(rows) == 0 {
			return err
		}
		list := make([]model.Alert, 0, len(rows))
		for _, r := range rows {
			a, err := decodeAlert(r)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		k := s.Sink(ws)
		err = k.change(ctx, func(ctx context.Context, tx meta.IncidentTx) ([]int64, error) { return k.release(ctx, tx, list) })
		if err != nil {
			return fmt.Errorf("showing the alerts of %s: %w", product, err)
		}
	}
}

func (s *Service) changeWithheld(ctx context.Context, ws string, f func(map[string]string)) error {
	return s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		all, err := withheld(ctx, tx, ws)
		if err != nil {
			return err
		}
		f(all)
		b, err := json.Marshal(all)
		if err != nil {
			return fmt.Errorf("encoding which alerts are withheld: %w", err)
		}
		return tx.PutCheckpoint(ctx, ws, withheldKey, string(b))
	})
}

// release shows withheld alerts as they were stored, unless a newer version has been shown meanwhile.
func (k *Sink) release(ctx context.Context, tx meta.IncidentTx, list []model.Alert) ([]int64, error) {
	var bodies, parents []string
	joined := map[string][]model.Alert{}
	for _, a := range list {
		old, err := tx.Alert(ctx, k.ws, a.ID)
		if err != nil {
			return nil, fmt.Errorf("reading alert %s: %w", a.ID, err)
		}
		if old.Withheld == 0 || old.Updated != ticks(a.Updated) {
			continue
		}
		body, err := k.putAlert(ctx, tx, a, old, false)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
		if a.IncidentID != "" && !slices.Contains(parents, a.IncidentID) {
			parents = append(parents, a.IncidentID)
		}
		joined[a.IncidentID] = append(joined[a.IncidentID], a)
	}
	if err := tx.PushEvents(ctx, k.ws, bodies); err != nil {
		return nil, fmt.Errorf("storing alert rows: %w", err)
	}
	return k.present(ctx, tx, parents, joined, nil)
}
