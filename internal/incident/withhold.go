package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

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

// Everything is the product name that stands for all that are not listed.
const Everything = "*"

// holds reports whether a product's alerts are withheld, and why.
func holds(held map[string]string, product string) (reason string, hold bool) {
	if reason, listed := held[product]; listed {
		return reason, reason != ""
	}
	reason, hold = held[Everything]
	return reason, hold
}

// Hold says which products' alerts are kept out of sight from now on, by their name in SecurityAlert.ProductName: they are
// stored, but no incident, entity or row shows them. The reason is what an incident that is empty because of it says; an
// empty one shows a product that Everything would withhold. What was shown before stays.
func (s *Service) Hold(ctx context.Context, ws string, held map[string]string) error {
	b, err := json.Marshal(held)
	if err != nil {
		return fmt.Errorf("encoding which alerts are withheld: %w", err)
	}
	return s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		return tx.PutCheckpoint(ctx, ws, withheldKey, string(b))
	})
}

// Release shows the alerts that were withheld and are no longer, old ones too. It may be called again after a failure.
func (s *Service) Release(ctx context.Context, ws string) error {
	tx := s.db.Incidents()
	held, err := withheld(ctx, tx, ws)
	if err != nil {
		return err
	}
	products, err := tx.WithheldProducts(ctx, ws, "")
	if err != nil {
		return fmt.Errorf("reading which alerts are withheld: %w", err)
	}
	for _, p := range products {
		if _, hold := holds(held, p); hold {
			continue
		}
		if err := s.releaseProduct(ctx, ws, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) releaseProduct(ctx context.Context, ws, product string) error {
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

// LastAlert returns when the newest alert of a product that is shown was changed, or of all products for "".
func (s *Service) LastAlert(ctx context.Context, ws, product string) (time.Time, error) {
	last, err := s.db.Incidents().LastAlert(ctx, ws, product)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the newest alert: %w", err)
	}
	return fromTicks(last), nil
}

// release shows withheld alerts as they were stored, unless a newer version has been shown meanwhile.
func (k *Sink) release(ctx context.Context, tx meta.IncidentTx, list []model.Alert) ([]int64, error) {
	var bodies, parents []string
	var rules []model.IncidentRule
	var made []int64
	joined := map[string][]model.Alert{}
	for _, a := range list {
		old, err := tx.Alert(ctx, k.ws, a.ID)
		if err != nil {
			return nil, fmt.Errorf("reading alert %s: %w", a.ID, err)
		}
		if old.Withheld == 0 || old.Updated != ticks(a.Updated) {
			continue
		}
		body, err := k.putAlert(ctx, tx, a, old, markOf(old), false)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
		number, err := k.ruled(ctx, tx, a, old, &rules)
		if err != nil {
			return nil, err
		}
		if number > 0 {
			made = append(made, number)
		}
		if a.IncidentID != "" && !slices.Contains(parents, a.IncidentID) {
			parents = append(parents, a.IncidentID)
		}
		joined[a.IncidentID] = append(joined[a.IncidentID], a)
	}
	if err := tx.PushEvents(ctx, k.ws, bodies); err != nil {
		return nil, fmt.Errorf("storing alert rows: %w", err)
	}
	touched, err := k.present(ctx, tx, parents, joined, nil)
	return append(touched, made...), err
}
