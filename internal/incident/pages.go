package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// The lists below are read by the page: from "", the beginning, then from the place that the page before gave. The last page
// gives "". A place is the list's own and means nothing elsewhere.

// MaxPage is the largest page.
const MaxPage = 1000

// pages reads all pages, one after another.
func pages(read func(place string) (next string, err error)) error {
	place, err := read("")
	for err == nil && place != "" {
		place, err = read(place)
	}
	return err
}

func badPlace() error {
	return fault.New(fault.Invalid, "cursor_invalid", "The cursor is none of this list. Begin without one, and take each next cursor as it is.")
}

// offsetOf reads a place that is a number of items.
func offsetOf(place string) (int, error) {
	if place == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(place)
	if err != nil || n < 0 {
		return 0, badPlace()
	}
	return n, nil
}

// AlertsFrom returns a page of an incident's alerts, oldest activity first, without the tenant's JSON. An alert that comes in
// meanwhile moves none of the others.
func (s *Service) AlertsFrom(ctx context.Context, ws string, number int64, limit int, place string) ([]model.Alert, string, error) {
	limit = min(max(limit, 1), MaxPage)
	var after meta.AlertPlace
	if place != "" {
		first, id, ok := strings.Cut(place, "|")
		n, err := strconv.ParseInt(first, 10, 64)
		if !ok || err != nil {
			return nil, "", badPlace()
		}
		after = meta.AlertPlace{First: n, ID: id}
	}
	next := ""
	out, err := s.alertsOf(ctx, ws, number, func(tx meta.IncidentTx, row meta.IncidentRow) (rows []meta.AlertRow, err error) {
		switch {
		case row.ProviderID == "":
			rows, err = tx.AlertsOfRule(ctx, ws, row.Number, false)
			rows = slices.DeleteFunc(rows, func(r meta.AlertRow) bool {
				return place != "" && (r.First < after.First || r.First == after.First && r.ID <= after.ID)
			})
		case place == "":
			rows, err = tx.AlertsPage(ctx, ws, row.ProviderID, limit+1, 0)
		default:
			rows, err = tx.AlertsAfter(ctx, ws, row.ProviderID, after, limit+1)
		}
		if err == nil && len(rows) > limit {
			rows = rows[:limit]
			next = fmt.Sprintf("%d|%s", rows[limit-1].First, rows[limit-1].ID)
		}
		return rows, err
	})
	return out, next, err
}

// EntitiesFrom returns a page of what an incident's alerts tell of, each thing once, those of most alerts first, and how many
// there are. With a text, only those whose kind or name has it.
func (s *Service) EntitiesFrom(ctx context.Context, ws string, number int64, text string, limit int, place string) ([]model.Entity, int, string, error) {
	limit = min(max(limit, 1), MaxPage)
	offset, err := offsetOf(place)
	if err != nil {
		return nil, 0, "", err
	}
	tx := s.db.Incidents()
	row, err := tx.Incident(ctx, ws, number)
	if err != nil {
		return nil, 0, "", missing(err, fmt.Sprint(number))
	}
	var out []model.Entity
	var total int
	if row.ProviderID == "" {
		all, err := s.entitiesOfRule(ctx, ws, number)
		if err != nil {
			return nil, 0, "", err
		}
		text = strings.ToLower(text)
		all = slices.DeleteFunc(all, func(e model.Entity) bool { return !strings.Contains(strings.ToLower(e.Kind+"\n"+e.Label), text) })
		out, total = all[min(offset, len(all)):min(offset+limit, len(all))], len(all)
	} else {
		var rows []meta.EntitySum
		if rows, total, err = tx.EntitiesOfIncident(ctx, ws, row.ProviderID, meta.EntityQuery{Text: text, Limit: limit, Offset: offset}); err != nil {
			return nil, 0, "", fmt.Errorf("reading the entities of incident %d: %w", number, err)
		}
		out = entityViews(rows)
	}
	next := ""
	if end := offset + len(out); len(out) > 0 && end < total {
		next = strconv.Itoa(end)
	}
	return out, total, next, nil
}

// Entities returns the first MaxPage entities of an incident's alerts, each once, those of most alerts first.
func (s *Service) Entities(ctx context.Context, ws string, number int64) ([]model.Entity, error) {
	out, _, _, err := s.EntitiesFrom(ctx, ws, number, "", MaxPage, "")
	return out, err
}

// CommentsFrom returns a page of an incident's comments, as Comments orders them, and how many there are.
func (s *Service) CommentsFrom(ctx context.Context, ws string, number int64, limit int, place string) ([]model.Comment, int, string, error) {
	limit = min(max(limit, 1), MaxPage)
	offset, err := offsetOf(place)
	if err != nil {
		return nil, 0, "", err
	}
	all, err := s.Comments(ctx, ws, number)
	end := min(offset+limit, len(all))
	next := ""
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return all[min(offset, len(all)):end], len(all), next, err
}

// HistoryFrom returns a page of an incident's activity log, oldest first, or newest first.
func (s *Service) HistoryFrom(ctx context.Context, ws string, number int64, limit int, place string, newest bool) ([]model.Activity, string, error) {
	limit = min(max(limit, 1), MaxPage)
	var after meta.ActivityPlace
	if place != "" {
		at, id, _ := strings.Cut(place, "|")
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, "", badPlace()
		}
		after = meta.ActivityPlace{At: at, ID: n}
	}
	tx := s.db.Incidents()
	if _, err := tx.Incident(ctx, ws, number); err != nil {
		return nil, "", missing(err, fmt.Sprint(number))
	}
	rows, err := tx.Activities(ctx, ws, number, after, limit+1, newest)
	if err != nil {
		return nil, "", fmt.Errorf("reading the history of incident %d: %w", number, err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = fmt.Sprintf("%s|%d", rows[limit-1].At, rows[limit-1].ID)
	}
	out := make([]model.Activity, 0, len(rows))
	for _, r := range rows {
		var a model.Activity
		if err := json.Unmarshal([]byte(r.Body), &a); err != nil {
			return nil, "", fmt.Errorf("reading the history of incident %d: %w", number, err)
		}
		out = append(out, a)
	}
	return out, next, nil
}

// History returns the first MaxPage lines of an incident's activity log, oldest first.
func (s *Service) History(ctx context.Context, ws string, number int64) ([]model.Activity, error) {
	out, _, err := s.HistoryFrom(ctx, ws, number, MaxPage, "", false)
	return out, err
}
