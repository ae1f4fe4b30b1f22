package deadletter

import (
	"cmp"
	"container/heap"
	"context"
	"maps"
	"slices"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store"
)

// maxList is the most letters a list has.
const maxList = 1000

// Group counts the letters of one source and table that were refused for one reason.
type Group struct {
	Source   string `json:"source"`
	Table    string `json:"table"`
	Reason   string `json:"reason"`
	Letters  int64  `json:"letters"`
	Replayed int64  `json:"replayed"` // of them
	Bytes    int64  `json:"bytes"`
}

// Page is the answer to a list.
type Page struct {
	Items  []Letter `json:"items"`  // the newest, newest first
	Groups []Group  `json:"groups"` // of all that match, the greatest first
	Total  int64    `json:"total"`  // all that match
}

// Service reads and stores the dead letters of all workspaces. It is safe for concurrent use.
type Service struct {
	// Transform, if set, is applied to rows before they are stored: the transformation of their table.
	Transform func(workspace string, rows store.Rows) store.Rows

	store *store.Store
	gate  chan struct{} // one replay at a time
}

// New returns the service over a store.
func New(st *store.Store) *Service { return &Service{store: st, gate: make(chan struct{}, 1)} }

// List returns the newest letters that the filter chooses, at most limit, and counts all of them. Letters that were stored
// later are counted, and listed only if with is set.
func (s *Service) List(ctx context.Context, workspace string, f Filter, limit int, with bool) (Page, error) {
	limit = min(max(1, limit), maxList)
	type key struct{ source, table, reason string }
	groups := map[key]*Group{}
	var newest newestFirst
	p := Page{Items: []Letter{}, Groups: []Group{}}
	snap := s.store.Snapshot(workspace)
	defer snap.Close()
	err := scan(ctx, snap, f, false, func(l *Letter) error {
		k := key{l.Source, l.Table, l.Reason}
		g := groups[k]
		if g == nil {
			g = &Group{Source: l.Source, Table: l.Table, Reason: l.Reason}
			groups[k] = g
		}
		g.Letters++
		g.Bytes += l.Size
		p.Total++
		if l.Replayed {
			g.Replayed++
			if !with {
				return nil
			}
		}
		heap.Push(&newest, l)
		if newest.Len() > limit {
			heap.Pop(&newest)
		}
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	slices.SortFunc(newest, func(a, b *Letter) int { return after(b, a) })
	for _, l := range newest {
		p.Items = append(p.Items, *l)
	}
	for _, k := range slices.SortedFunc(maps.Keys(groups), func(a, b key) int {
		return cmp.Or(cmp.Compare(groups[b].Letters, groups[a].Letters), cmp.Compare(a.source, b.source), cmp.Compare(a.table, b.table), cmp.Compare(a.reason, b.reason))
	}) {
		p.Groups = append(p.Groups, *groups[k])
	}
	return p, nil
}

// Show returns one letter with its content.
func (s *Service) Show(ctx context.Context, workspace, id string) (Letter, error) {
	var found *Letter
	snap := s.store.Snapshot(workspace)
	defer snap.Close()
	if err := scan(ctx, snap, Filter{IDs: []string{id}}, true, func(l *Letter) error { found = l; return nil }); err != nil {
		return Letter{}, err
	}
	if found == nil {
		return Letter{}, fault.New(fault.NotFound, "deadletter_not_found", "There is no dead letter %s. It may be older than the retention of its table; see: vedette deadletter list", id)
	}
	return *found, nil
}

// after orders by time, then by place.
func after(a, b *Letter) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Position, b.Position), cmp.Compare(a.Ordinal, b.Ordinal))
}

// newestFirst is a heap whose top is the oldest letter.
type newestFirst []*Letter

func (h newestFirst) Len() int           { return len(h) }
func (h newestFirst) Less(i, j int) bool { return after(h[i], h[j]) < 0 }
func (h newestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *newestFirst) Push(x any)        { *h = append(*h, x.(*Letter)) } //nolint:errcheck,forcetypeassert // only Letters are pushed
func (h *newestFirst) Pop() any {
	old := *h
	l := old[len(old)-1]
	*h = old[:len(old)-1]
	return l
}
