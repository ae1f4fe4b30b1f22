package connector

import (
	"context"
	"fmt"
	"time"
)

// Gallery is the list of connectors: those whose solution is installed, and those that installing one would bring.
type Gallery struct {
	Items     []Item `json:"items"`
	Available []Item `json:"available"`
}

// Item is a card with how many tables are ticked.
type Item struct {
	Card
	Tables int `json:"tables"`
}

// List returns the gallery of a workspace. What is connected is always among its items.
func (s *Service) List(ctx context.Context, workspace string) (Gallery, error) {
	g := Gallery{Items: []Item{}, Available: []Item{}}
	for _, d := range Definitions() {
		c, err := s.card(ctx, workspace, d)
		if err != nil {
			return Gallery{}, fmt.Errorf("listing connectors: %w", err)
		}
		if c.Solution.Installed || c.Solution.ID == "" || (c.State != NotConnected && c.State != ConnectedThroughXDR) {
			g.Items = append(g.Items, Item{c, c.tables})
		} else {
			g.Available = append(g.Available, Item{c, c.tables})
		}
	}
	return g, nil
}

// All returns every card, wherever it stands.
func (g Gallery) All() []Item { return append(append([]Item{}, g.Items...), g.Available...) }

// card is a connector with its state and when its newest data came.
func (s *Service) card(ctx context.Context, workspace string, d Definition) (Card, error) {
	c := Card{ID: d.ID, Kind: d.Kind, Title: d.Title, Provider: d.Provider, Description: d.Description, Categories: d.Categories}
	c.State, c.StateText = s.stateOf(workspace, d)
	if s.cfg.Solutions != nil {
		c.Solution.ID, c.Solution.Title = s.cfg.Solutions.Of(d.ID)
		c.Solution.Installed = s.cfg.Solutions.Installed(workspace, c.Solution.ID)
	}
	if s.cfg.Gate != nil && c.State != NotConnected {
		last, err := s.cfg.Gate.LastAlert(ctx, workspace, d.Product)
		if err != nil {
			return Card{}, err
		}
		if !last.IsZero() {
			c.LastData = &last
		}
	}
	if d.Kind != KindXDR {
		return c, nil
	}
	now, _ := s.Watch(workspace)
	c.tables = len(now.Tables)
	if s.cfg.Meter == nil {
		return c, nil
	}
	usage, err := s.cfg.Meter.Usage(ctx, workspace, time.Now().Add(-usageWindow))
	if err != nil {
		return Card{}, err
	}
	for _, u := range usage {
		if !u.Seen.IsZero() && (c.LastData == nil || u.Seen.After(*c.LastData)) {
			c.LastData = &u.Seen
		}
	}
	return c, nil
}
