package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// Alerts returns the alerts of an incident, oldest activity first.
func (s *Service) Alerts(ctx context.Context, ws string, number int64) ([]model.Alert, error) {
	return s.alertsOf(ctx, ws, number, func(tx meta.IncidentTx, row meta.IncidentRow) ([]meta.AlertRow, error) {
		return alertRows(ctx, tx, row, row.ProviderID, false)
	})
}

// AlertPage returns up to limit of an incident's alerts after the first offset, oldest activity first, without the tenant's JSON.
func (s *Service) AlertPage(ctx context.Context, ws string, number int64, limit, offset int) ([]model.Alert, error) {
	return s.alertsOf(ctx, ws, number, func(tx meta.IncidentTx, row meta.IncidentRow) ([]meta.AlertRow, error) {
		if row.ProviderID == "" {
			rows, err := tx.AlertsOfRule(ctx, ws, row.Number, false)
			return rows[min(offset, len(rows)):min(max(offset, 0)+max(limit, 0), len(rows))], err
		}
		return tx.AlertsPage(ctx, ws, row.ProviderID, limit, offset)
	})
}

// alertRows are the alerts of the tenant's incident with that id, or, without one, of the incident that a rule made.
func alertRows(ctx context.Context, tx meta.IncidentTx, row meta.IncidentRow, id string, light bool) ([]meta.AlertRow, error) {
	if id == "" {
		return tx.AlertsOfRule(ctx, row.Workspace, row.Number, light)
	}
	return tx.AlertsOf(ctx, row.Workspace, id, light)
}

func (s *Service) alertsOf(ctx context.Context, ws string, number int64, read func(tx meta.IncidentTx, row meta.IncidentRow) ([]meta.AlertRow, error)) ([]model.Alert, error) {
	tx := s.db.Incidents()
	row, err := tx.Incident(ctx, ws, number)
	if err != nil {
		return nil, missing(err, fmt.Sprint(number))
	}
	rows, err := read(tx, row)
	if err != nil {
		return nil, fmt.Errorf("reading the alerts of incident %d: %w", number, err)
	}
	out := make([]model.Alert, 0, len(rows))
	for _, r := range rows {
		a, err := decodeAlert(r)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// Alert returns one alert by the tenant's id or by SystemAlertId, with the tenant's JSON.
func (s *Service) Alert(ctx context.Context, ws, id string) (model.Alert, error) {
	tx := s.db.Incidents()
	row, err := tx.Alert(ctx, ws, id)
	if errors.Is(err, sql.ErrNoRows) {
		row, err = tx.AlertBySystemID(ctx, ws, id)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return model.Alert{}, fault.New(fault.NotFound, "alert_not_found", "There is no alert %s in this workspace.", id)
	}
	if err != nil {
		return model.Alert{}, fmt.Errorf("reading alert %s: %w", id, err)
	}
	return decodeAlert(row)
}

func decodeAlert(r meta.AlertRow) (model.Alert, error) {
	var a model.Alert
	if err := json.Unmarshal([]byte(r.Doc), &a); err != nil {
		return a, fmt.Errorf("reading alert %s: %w", r.ID, err)
	}
	if r.Raw != "" {
		a.Raw = json.RawMessage(r.Raw)
	}
	return a, nil
}
