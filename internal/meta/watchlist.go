package meta

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

// An alias is stored in lower case, since it is unique whatever the case; the body has it as it was written.
type watchlistRow struct {
	bun.BaseModel `bun:"table:watchlists"`
	Workspace     string `bun:"workspace,pk"`
	Alias         string `bun:"alias,pk"`
	Body          string `bun:"body"`
}

type watchlistItemRow struct {
	bun.BaseModel `bun:"table:watchlist_items"`
	Workspace     string `bun:"workspace,pk"`
	Alias         string `bun:"alias,pk"`
	Seq           int64  `bun:"seq,pk"`
	ID            string `bun:"id"`
	Body          string `bun:"body"`
}

// Watchlists returns the lists of a workspace, by alias.
func (t IncidentTx) Watchlists(ctx context.Context, ws string) ([]model.Watchlist, error) {
	var rows []watchlistRow
	if err := t.db.NewSelect().Model(&rows).Where("workspace = ?", ws).Order("alias").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the watchlists: %w", err)
	}
	out := make([]model.Watchlist, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &out[i]); err != nil {
			return nil, fmt.Errorf("reading the watchlist %s: %w", r.Alias, err)
		}
		out[i].Workspace = ws
	}
	return out, nil
}

// Watchlist returns one list, and whether there is one of the alias.
func (t IncidentTx) Watchlist(ctx context.Context, ws, alias string) (w model.Watchlist, ok bool, err error) {
	var r watchlistRow
	err = t.db.NewSelect().Model(&r).Where("workspace = ? AND alias = ?", ws, strings.ToLower(alias)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return w, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(r.Body), &w)
	}
	if err != nil {
		return w, false, fmt.Errorf("reading the watchlist %s: %w", alias, err)
	}
	w.Workspace = ws
	return w, true, nil
}

// PutWatchlist stores a list without its items.
func (t IncidentTx) PutWatchlist(ctx context.Context, w model.Watchlist) error {
	b, err := json.Marshal(w)
	if err == nil {
		r := watchlistRow{Workspace: w.Workspace, Alias: strings.ToLower(w.Alias), Body: string(b)}
		_, err = t.db.NewInsert().Model(&r).On("CONFLICT (workspace, alias) DO UPDATE").Set("body = EXCLUDED.body").Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("storing the watchlist %s: %w", w.Alias, err)
	}
	return nil
}

// DropWatchlist removes a list and its items.
func (t IncidentTx) DropWatchlist(ctx context.Context, ws, alias string) error {
	_, err := t.db.NewDelete().Model((*watchlistItemRow)(nil)).Where("workspace = ? AND alias = ?", ws, strings.ToLower(alias)).Exec(ctx)
	if err == nil {
		_, err = t.db.NewDelete().Model((*watchlistRow)(nil)).Where("workspace = ? AND alias = ?", ws, strings.ToLower(alias)).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("removing the watchlist %s: %w", alias, err)
	}
	return nil
}

// WatchlistItems returns items in the order in which they were added, from the offset on; a limit of 0 is all.
func (t IncidentTx) WatchlistItems(ctx context.Context, ws, alias string, offset, limit int) ([]model.WatchlistItem, error) {
	var rows []watchlistItemRow
	q := t.db.NewSelect().Model(&rows).Where("workspace = ? AND alias = ?", ws, strings.ToLower(alias)).Order("seq")
	if limit > 0 {
		q = q.Limit(int64(limit)).Offset(int64(offset))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the items of watchlist %s: %w", alias, err)
	}
	out := make([]model.WatchlistItem, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &out[i]); err != nil {
			return nil, fmt.Errorf("reading item %s of watchlist %s: %w", r.ID, alias, err)
		}
	}
	return out, nil
}

// WatchlistItem returns one item, and whether there is one of the id.
func (t IncidentTx) WatchlistItem(ctx context.Context, ws, alias, id string) (it model.WatchlistItem, ok bool, err error) {
	var r watchlistItemRow
	err = t.db.NewSelect().Model(&r).Where("workspace = ? AND alias = ? AND id = ?", ws, strings.ToLower(alias), id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return it, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(r.Body), &it)
	}
	if err != nil {
		return it, false, fmt.Errorf("reading item %s of watchlist %s: %w", id, alias, err)
	}
	return it, true, nil
}

// PutWatchlistItems stores items: those of a known id in place, the others behind.
func (t IncidentTx) PutWatchlistItems(ctx context.Context, ws, alias string, items []model.WatchlistItem) error {
	alias = strings.ToLower(alias)
	var last sql.NullInt64
	if err := t.db.NewSelect().Model((*watchlistItemRow)(nil)).ColumnExpr("max(seq)").Where("workspace = ? AND alias = ?", ws, alias).Scan(ctx, &last); err != nil {
		return fmt.Errorf("reading the items of watchlist %s: %w", alias, err)
	}
	const chunk = 500
	for len(items) > 0 {
		n := min(chunk, len(items))
		rows := make([]watchlistItemRow, n)
		for i, it := range items[:n] {
			b, err := json.Marshal(it)
			if err != nil {
				return fmt.Errorf("encoding item %s of watchlist %s: %w", it.ID, alias, err)
			}
			last.Int64++
			rows[i] = watchlistItemRow{Workspace: ws, Alias: alias, Seq: last.Int64, ID: it.ID, Body: string(b)}
		}
		if _, err := t.db.NewInsert().Model(&rows).On("CONFLICT (workspace, alias, id) DO UPDATE").Set("body = EXCLUDED.body").Exec(ctx); err != nil {
			return fmt.Errorf("storing items of watchlist %s: %w", alias, err)
		}
		items = items[n:]
	}
	return nil
}

// DropWatchlistItem removes an item.
func (t IncidentTx) DropWatchlistItem(ctx context.Context, ws, alias, id string) error {
	if _, err := t.db.NewDelete().Model((*watchlistItemRow)(nil)).Where("workspace = ? AND alias = ? AND id = ?", ws, strings.ToLower(alias), id).Exec(ctx); err != nil {
		return fmt.Errorf("removing item %s of watchlist %s: %w", id, alias, err)
	}
	return nil
}

// CountWatchlistItems counts the items of a list.
func (t IncidentTx) CountWatchlistItems(ctx context.Context, ws, alias string) (int64, error) {
	n, err := t.db.NewSelect().Model((*watchlistItemRow)(nil)).Where("workspace = ? AND alias = ?", ws, strings.ToLower(alias)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting the items of watchlist %s: %w", alias, err)
	}
	return int64(n), nil
}
