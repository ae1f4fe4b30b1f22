package cli

import (
	"context"
	"encoding/json"
	"fmt"
)

// alertPage is how many alerts are asked for at a time.
const alertPage = 1000

// alertView is what the commands print of an alert.
type alertView struct{ Title, Severity, Status, ProductName string }

// eachAlert calls f for the first alerts of an incident, up to most: those that came with the incident, then the others by
// the page.
func eachAlert[T any](ctx context.Context, t *target, number string, first []T, most int, f func(T) error) error {
	page, seen := first, 0
	for {
		for _, a := range page {
			if seen == most {
				return nil
			}
			seen++
			if err := f(a); err != nil {
				return err
			}
		}
		if seen >= most || len(page) < alertPage {
			return nil
		}
		var next struct{ Items []T }
		if err := t.get(ctx, fmt.Sprintf("/incidents/%s/alerts?limit=%d&offset=%d", number, min(alertPage, most-seen), seen), &next); err != nil {
			return err
		}
		page = next.Items
	}
}

// allAlerts are the alerts of an incident as they are answered, those that came with it first.
func allAlerts(ctx context.Context, t *target, number string, first json.RawMessage) ([]json.RawMessage, error) {
	var page []json.RawMessage
	if err := json.Unmarshal(first, &page); err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	out := []json.RawMessage{}
	err := eachAlert(ctx, t, number, page, 1<<30, func(a json.RawMessage) error {
		out = append(out, a)
		return nil
	})
	return out, err
}
