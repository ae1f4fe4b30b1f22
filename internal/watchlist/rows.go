package watchlist

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Table is the table that tells of every change of lists and items.
const Table = "Watchlist"

// What a row says has become of a list or an item.
const (
	created = "Create"
	updated = "Update"
	deleted = "Delete"
)

// events collects the rows of one change.
type events struct {
	list   *model.Watchlist
	encode func(model.Row) (string, error)
	rows   []model.Row
}

func (e *events) ofList(status string) {
	e.add(e.list.ID, "watchlist", status, e.list.Created, e.list.CreatedBy, nil)
}

func (e *events) ofItem(it model.WatchlistItem) {
	status := updated
	if it.Created.Equal(it.Updated) {
		status = created
	}
	e.add(it.ID, "watchlist-item", status, it.Created, it.CreatedBy, it.Values)
}

func (e *events) gone(it model.WatchlistItem) {
	e.add(it.ID, "watchlist-item", deleted, it.Created, it.CreatedBy, it.Values)
}

// add makes a row of the table. A list and its items share the change's time, so that the newest row of an id is its state.
func (e *events) add(id, kind, status string, made time.Time, by string, values map[string]string) {
	w := e.list
	at := column.FromTime(w.Updated)
	v := map[string]any{
		"TenantId": w.Workspace, "TimeGenerated": at, "WatchlistId": w.ID, "WatchlistName": w.Name, "WatchlistAlias": w.Alias, "Source": w.Source, "Provider": w.Provider,
		"CreatedBy": map[string]string{"name": by}, "UpdatedBy": map[string]string{"name": w.UpdatedBy}, "CreatedTimeUTC": column.FromTime(made), "LastUpdatedTimeUTC": at,
		"Notes": w.Description, "Tags": strings.Join(w.Labels, ","), "DefaultDuration": w.Duration, "CorrelationId": uuid.NewString(), "SearchKey": "",
		"_DTTimestamp": at, "_DTItemId": id, "_DTItemType": kind, "_DTItemStatus": status, "SourceSystem": "Vedette", "Type": Table, "_IsBillable": "False", "_BilledSize": 0.0,
	}
	if values != nil {
		v["WatchlistItem"], v["WatchlistItemId"], v["SearchKey"] = values, id, values[w.SearchKey]
	}
	e.rows = append(e.rows, model.Row{Table: Table, Source: fmt.Sprintf("watchlist/%s/%d/%s", w.ID, w.Revision, id), Values: v})
}

// push puts the rows into the row outbox.
func (e *events) push(ctx context.Context, tx meta.IncidentTx) error {
	if e.encode == nil {
		return nil
	}
	bodies := make([]string, len(e.rows))
	for i, r := range e.rows {
		b, err := e.encode(r)
		if err != nil {
			return err
		}
		bodies[i] = b
	}
	const chunk = 500
	for len(bodies) > 0 {
		n := min(chunk, len(bodies))
		if err := tx.PushEvents(ctx, e.list.Workspace, bodies[:n]); err != nil {
			return err
		}
		bodies = bodies[n:]
	}
	return nil
}

// Rows are the items of a list as queries see them: the columns _DTItemId, LastUpdatedTimeUTC and SearchKey, then a text
// column for each of the list's. The batch is shared: nobody changes it. ok is false when there is no such list.
func (s *Service) Rows(ctx context.Context, ws, alias string) (cols []schema.Column, b *column.Batch, ok bool, err error) {
	tx := s.cfg.Store.Incidents()
	w, ok, err := tx.Watchlist(ctx, ws, alias)
	if err != nil || !ok {
		return nil, nil, false, err
	}
	cols = []schema.Column{{Name: "_DTItemId", Type: schema.String}, {Name: "LastUpdatedTimeUTC", Type: schema.Datetime}, {Name: "SearchKey", Type: schema.String}}
	s.mu.Lock()
	c, held := s.cache[cacheKey(ws, alias)]
	s.mu.Unlock()
	if !held || c.id != w.ID || c.revision != w.Revision {
		items, err := tx.WatchlistItems(ctx, ws, alias, 0, 0)
		if err != nil {
			return nil, nil, false, err
		}
		c = cached{revision: w.Revision, id: w.ID, columns: w.Columns, batch: batchOf(w, items)}
		s.mu.Lock()
		s.cache[cacheKey(ws, alias)] = c
		s.mu.Unlock()
	}
	for _, name := range c.columns {
		cols = append(cols, schema.Column{Name: name, Type: schema.String})
	}
	return cols, c.batch, true, nil
}

func batchOf(w model.Watchlist, items []model.WatchlistItem) *column.Batch {
	types := []schema.Type{schema.String, schema.Datetime, schema.String}
	for range w.Columns {
		types = append(types, schema.String)
	}
	b := column.NewBatch(len(items), types...)
	for _, it := range items {
		b.Cols[0].AppendString(it.ID)
		b.Cols[1].AppendInt(column.FromTime(it.Updated))
		b.Cols[2].AppendString(it.Values[w.SearchKey])
		for i, c := range w.Columns {
			b.Cols[3+i].AppendString(it.Values[c])
		}
		b.N++
	}
	return b
}
