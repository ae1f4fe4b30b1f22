// Package watchlist keeps the lists that queries look things up in.
//
// The state database has what a list is now. Every change is one transaction with rows of the table Watchlist, which keep
// the history; queries ask by _GetWatchlist, which answers from the state, so that a change counts at once and however old
// an item is.
package watchlist

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// Store is where lists are kept.
type Store interface {
	Incidents() meta.IncidentTx
	ChangeIncidents(ctx context.Context, f func(ctx context.Context, tx meta.IncidentTx) error) error
}

// Config is what a Service needs. Encode and Wake belong to the row outbox; without Encode no rows are written.
type Config struct {
	Store  Store
	Encode func(model.Row) (string, error)
	Wake   func()
	Now    func() time.Time
}

// Service is safe for concurrent use.
type Service struct {
	cfg   Config
	mu    sync.Mutex
	cache map[string]cached // by workspace and alias in lower case
}

type cached struct {
	revision int64
	id       string
	columns  []string
	batch    *column.Batch
}

// New returns a service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{cfg: c, cache: map[string]cached{}}
}

// Spec is what makes a list, or changes one. Fields that are empty stay as they are; Content adds and updates items by the
// search key, and with Replace removes those that it does not have.
type Spec struct {
	Alias, Name, Description, Provider, Source, SearchKey string
	Labels                                                []string
	Duration                                              string
	Content                                               string // CSV
	SkipLines                                             int
	Replace                                               bool
}

var aliasForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func missing(alias string) error {
	return fault.New(fault.NotFound, "watchlist_not_found", "there is no watchlist %q in this workspace", alias)
}

// List returns the lists of a workspace, by alias.
func (s *Service) List(ctx context.Context, ws string) ([]model.Watchlist, error) {
	return s.cfg.Store.Incidents().Watchlists(ctx, ws)
}

// Get returns one list.
func (s *Service) Get(ctx context.Context, ws, alias string) (model.Watchlist, error) {
	w, ok, err := s.cfg.Store.Incidents().Watchlist(ctx, ws, alias)
	if err == nil && !ok {
		err = missing(alias)
	}
	return w, err
}

// Put makes a list, or changes one. Lines of the content that are no items are told and left out.
func (s *Service) Put(ctx context.Context, ws string, spec Spec, who string) (w model.Watchlist, made bool, problems []Problem, err error) {
	if !aliasForm.MatchString(spec.Alias) {
		return w, false, nil, fault.New(fault.Invalid, "watchlist_alias", "%q is no alias: use up to 64 letters, digits, '-', '_' and '.', a letter or digit first", spec.Alias)
	}
	now := s.cfg.Now().UTC().Truncate(time.Microsecond)
	err = s.change(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		old, had, err := tx.Watchlist(ctx, ws, spec.Alias)
		if err != nil {
			return err
		}
		w, made = old, !had
		if made {
			w = model.Watchlist{Workspace: ws, Alias: spec.Alias, ID: uuid.NewString(), Name: spec.Alias, Provider: "Custom", Created: now, CreatedBy: who}
		}
		if err := describe(&w, spec); err != nil {
			return err
		}
		w.Updated, w.UpdatedBy = now, who
		w.Revision++
		ev := events{list: &w, encode: s.cfg.Encode}
		ev.ofList(map[bool]string{true: created, false: updated}[made])
		if made && spec.Content == "" {
			return fault.New(fault.Invalid, "watchlist_empty", "a new watchlist needs a file with at least the names of its columns")
		}
		if spec.Content != "" {
			if problems, err = s.fill(ctx, tx, &w, spec, &ev, now, who); err != nil {
				return err
			}
		}
		if w.Items, err = tx.CountWatchlistItems(ctx, ws, w.Alias); err != nil {
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
	return w, made, problems, err
}

// describe takes what a spec says of the list itself.
func describe(w *model.Watchlist, spec Spec) error {
	for _, f := range []struct {
		into *string
		text string
		most int
	}{{&w.Name, spec.Name, 256}, {&w.Description, spec.Description, 4096}, {&w.Provider, spec.Provider, 256}, {&w.Source, spec.Source, 256}, {&w.Duration, spec.Duration, 64}} {
		if len(f.text) > f.most {
			return fault.New(fault.Invalid, "watchlist_text", "a text of the watchlist has %d bytes; %d are allowed", len(f.text), f.most)
		}
		if f.text != "" {
			*f.into = f.text
		}
	}
	if spec.Labels != nil {
		w.Labels = spec.Labels
	}
	if spec.SearchKey != "" && spec.SearchKey != w.SearchKey {
		if w.SearchKey != "" {
			return fault.New(fault.Conflict, "watchlist_key", "the search key of watchlist %q is %q; it cannot become %q. Delete the list and make it again", w.Alias, w.SearchKey, spec.SearchKey)
		}
		w.SearchKey = spec.SearchKey
	}
	return nil
}

// fill brings the items of a file into a list.
func (s *Service) fill(ctx context.Context, tx meta.IncidentTx, w *model.Watchlist, spec Spec, ev *events, now time.Time, who string) ([]Problem, error) {
	columns, lines, problems, err := parse(spec.Content, spec.SkipLines, w.SearchKey)
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		if !slices.Contains(w.Columns, c) {
			w.Columns = append(w.Columns, c)
		}
	}
	if err := headings(slices.Clone(w.Columns), w.SearchKey); err != nil {
		return nil, err
	}
	old, err := tx.WatchlistItems(ctx, w.Workspace, w.Alias, 0, 0)
	if err != nil {
		return nil, err
	}
	put, gone := merge(old, lines, w.SearchKey, now, who)
	if !spec.Replace {
		gone = nil
	}
	for _, it := range put {
		ev.ofItem(it)
	}
	for _, it := range gone {
		it.Updated, it.UpdatedBy = now, who
		ev.gone(it)
		if err := tx.DropWatchlistItem(ctx, w.Workspace, w.Alias, it.ID); err != nil {
			return nil, err
		}
	}
	return problems, tx.PutWatchlistItems(ctx, w.Workspace, w.Alias, put)
}

// merge compares a file with the items there are. An item that the file has unchanged stays; one whose search key stands
// once on both sides is updated; the other lines are new, the other items gone.
func merge(old []model.WatchlistItem, lines []line, key string, now time.Time, who string) (put, gone []model.WatchlistItem) {
	rest := map[string][]model.WatchlistItem{}
	for _, it := range old {
		rest[it.Values[key]] = append(rest[it.Values[key]], it)
	}
	var changed []line
	more := map[string]int{}
	for _, l := range lines {
		k := l.values[key]
		same := slices.IndexFunc(rest[k], func(it model.WatchlistItem) bool { return maps.Equal(it.Values, l.values) })
		if same >= 0 {
			rest[k] = slices.Delete(rest[k], same, same+1)
			continue
		}
		more[k]++
		changed = append(changed, l)
	}
	for _, l := range changed {
		k := l.values[key]
		it := model.WatchlistItem{ID: uuid.NewString(), Created: now, CreatedBy: who}
		if len(rest[k]) == 1 && more[k] == 1 {
			it = rest[k][0]
			rest[k] = nil
		}
		it.Values, it.Updated, it.UpdatedBy = l.values, now, who
		put = append(put, it)
	}
	for _, it := range old {
		if slices.ContainsFunc(rest[it.Values[key]], func(r model.WatchlistItem) bool { return r.ID == it.ID }) {
			gone = append(gone, it)
		}
	}
	return put, gone
}

// Delete removes a list; had is false when there was none.
func (s *Service) Delete(ctx context.Context, ws, alias, who string) (had bool, err error) {
	err = s.change(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		w, ok, err := tx.Watchlist(ctx, ws, alias)
		if err != nil || !ok {
			return err
		}
		had = true
		items, err := tx.WatchlistItems(ctx, ws, alias, 0, 0)
		if err != nil {
			return err
		}
		w.Updated, w.UpdatedBy = s.cfg.Now().UTC().Truncate(time.Microsecond), who
		ev := events{list: &w, encode: s.cfg.Encode}
		ev.ofList(deleted)
		for _, it := range items {
			it.Updated, it.UpdatedBy = w.Updated, who
			ev.gone(it)
		}
		if err := tx.DropWatchlist(ctx, ws, alias); err != nil {
			return err
		}
		return ev.push(ctx, tx)
	})
	return had, err
}

// change runs f in a transaction and, once it holds, wakes the row outbox.
func (s *Service) change(ctx context.Context, f func(ctx context.Context, tx meta.IncidentTx) error) error {
	err := s.cfg.Store.ChangeIncidents(ctx, f)
	if err == nil && s.cfg.Wake != nil {
		s.cfg.Wake()
	}
	return err
}

// Aliases lists the aliases of a workspace's lists.
func (s *Service) Aliases(ctx context.Context, ws string) ([]string, error) {
	all, err := s.List(ctx, ws)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = w.Alias
	}
	return out, nil
}

func cacheKey(ws, alias string) string { return ws + "/" + strings.ToLower(alias) }

func itemMissing(alias, id string) error {
	return fault.New(fault.NotFound, "watchlist_item_not_found", "watchlist %q has no item %s", alias, id)
}
