package watchlist

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// Items returns the items of a list in the order in which they were added, from the offset on; a limit of 0 is all.
func (s *Service) Items(ctx context.Context, ws, alias string, offset, limit int) ([]model.WatchlistItem, error) {
	if _, err := s.Get(ctx, ws, alias); err != nil {
		return nil, err
	}
	return s.cfg.Store.Incidents().WatchlistItems(ctx, ws, alias, offset, limit)
}

// Item returns one item.
func (s *Service) Item(ctx context.Context, ws, alias, id string) (model.WatchlistItem, error) {
	if _, err := s.Get(ctx, ws, alias); err != nil {
		return model.WatchlistItem{}, err
	}
	it, ok, err := s.cfg.Store.Incidents().WatchlistItem(ctx, ws, alias, id)
	if err == nil && !ok {
		err = itemMissing(alias, id)
	}
	return it, err
}

// PutItem makes an item (id "" gives it one), or replaces its values. Columns that the list did not have become its.
func (s *Service) PutItem(ctx context.Context, ws, alias, id string, values map[string]string, who string) (it model.WatchlistItem, made bool, err error) {
	if id == "" {
		id = uuid.NewString()
	} else if _, err := uuid.Parse(id); err != nil {
		return it, false, fault.New(fault.Invalid, "watchlist_item_id", "the id of an item is a GUID; %q is none", id)
	}
	err = s.item(ctx, ws, alias, who, func(ctx context.Context, tx meta.IncidentTx, w *model.Watchlist, ev *events) error {
		var had bool
		if it, had, err = tx.WatchlistItem(ctx, ws, alias, id); err != nil {
			return err
		}
		made = !had
		if made {
			it = model.WatchlistItem{ID: id, Created: w.Updated, CreatedBy: who}
		}
		for _, c := range slices.Sorted(maps.Keys(values)) {
			if !slices.Contains(w.Columns, c) {
				w.Columns = append(w.Columns, c)
			}
		}
		if err := headings(slices.Clone(w.Columns), w.SearchKey); err != nil {
			return err
		}
		if why := unfit(values, w.SearchKey); why != "" {
			return fault.New(fault.Invalid, "watchlist_item", "the item cannot be stored: %s", why)
		}
		it.Values, it.Updated, it.UpdatedBy = values, w.Updated, who
		ev.ofItem(it)
		return tx.PutWatchlistItems(ctx, ws, alias, []model.WatchlistItem{it})
	})
	return it, made, err
}

// DeleteItem removes an item; had is false when there was none.
func (s *Service) DeleteItem(ctx context.Context, ws, alias, id, who string) (had bool, err error) {
	err = s.item(ctx, ws, alias, who, func(ctx context.Context, tx meta.IncidentTx, w *model.Watchlist, ev *events) error {
		it, ok, err := tx.WatchlistItem(ctx, ws, alias, id)
		if err != nil || !ok {
			return err
		}
		had = true
		it.Updated, it.UpdatedBy = w.Updated, who
		ev.gone(it)
		return tx.DropWatchlistItem(ctx, ws, alias, id)
	})
	return had, err
}

// item changes an item of a list, and the list's time, revision and count along with it.
func (s *Service) item(ctx context.Context, ws, alias, who string, f func(ctx context.Context, tx meta.IncidentTx, w *model.Watchlist, ev *events) error) error {
	return s.change(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		w, ok, err := tx.Watchlist(ctx, ws, alias)
		if err != nil {
			return err
		}
		if !ok {
			return missing(alias)
		}
		w.Updated, w.UpdatedBy = s.cfg.Now().UTC().Truncate(time.Microsecond), who
		w.Revision++
		ev := events{list: &w, encode: s.cfg.Encode}
		if err := f(ctx, tx, &w, &ev); err != nil {
			return err
		}
		if w.Items, err = tx.CountWatchlistItems(ctx, ws, alias); err != nil {
			return err
		}
		if w.Items > MaxItems {
			return fault.New(fault.TooLarge, "watchlist_too_large", "the watchlist would have %d items; it takes %d", w.Items, MaxItems)
		}
		if err := tx.PutWatchlist(ctx, w); err != nil {
			return err
		}
		return ev.push(ctx, tx)
	})
}
