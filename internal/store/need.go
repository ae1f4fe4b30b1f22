package store

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/terms"
)

// Need says what a row must hold to matter. The zero Need is met by every row.
type Need struct {
	field int32
	hash  uint64
	any   []Need
	all   []Need
}

// NeedHash is met by rows whose column has a term or value of that hash.
func NeedHash(field int32, h terms.Hash) Need { return Need{field: field, hash: max(1, uint64(h))} }

// None reports whether every row meets the need.
func (n Need) None() bool { return n.hash == 0 && n.any == nil && n.all == nil }

// NeedAll is met by rows that meet all of the needs.
func NeedAll(needs ...Need) Need {
	needs = slices.DeleteFunc(slices.Clone(needs), Need.None)
	switch len(needs) {
	case 0:
		return Need{}
	case 1:
		return needs[0]
	}
	return Need{all: needs}
}

// NeedAny is met by rows that meet one of the needs at least; without needs, by every row.
func NeedAny(needs ...Need) Need {
	if slices.ContainsFunc(needs, Need.None) {
		return Need{}
	}
	if len(needs) == 1 {
		return needs[0]
	}
	return Need{any: needs}
}

// may reports whether the need can be met, when test says so of a hash.
func (n Need) may(test func(field int32, h uint64) (bool, error)) (bool, error) {
	switch {
	case n.hash != 0:
		return test(n.field, n.hash)
	case n.any != nil:
		for _, m := range n.any {
			if ok, err := m.may(test); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	for _, m := range n.all {
		if ok, err := m.may(test); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Groups are the row groups of a part that may hold rows of a need.
type Groups struct {
	RG    []int64 // their values of FieldRowGroup, ascending
	Count int     // row groups of the part
	base  int64   // FieldRowGroup of the first
}

// Narrow returns, by part id, which row groups of the parts of a table may hold rows that meet the need. Parts outside the
// times, and parts that must be read whole, are not in it.
func (n *Snapshot) Narrow(table string, need Need, minTime, maxTime int64) map[int64]Groups {
	st := n.tables[table]
	if st == nil || need.None() {
		return nil
	}
	var mu sync.Mutex
	out := map[int64]Groups{}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for chunk := range slices.Chunk(st.parts, narrowChunk) {
		g.Go(func() error {
			for _, p := range chunk {
				if p.MaxTime < minTime || p.MinTime > maxTime || p.noIndex.Load() {
					continue
				}
				groups, ok := n.store.narrow(p, need)
				if !ok {
					continue
				}
				mu.Lock()
				out[p.ID] = groups
				mu.Unlock()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil
	}
	return out
}

// narrowChunk is how many parts one goroutine looks at.
const narrowChunk = 64

// narrow looks the need up in a part's index; false when the part must be read whole.
func (s *Store) narrow(p *part, need Need) (Groups, bool) {
	g, err := lookUp(s.path(p.Part), p, need)
	if err == nil {
		return g, g.Count > len(g.RG)
	}
	p.noIndex.Store(true)
	if !errors.Is(err, os.ErrNotExist) {
		s.log.Warn("The index of a file is damaged; it is made again, and until then queries read the whole file.", "path", p.Path, "err", err)
		if err := os.Remove(indexPath(s.path(p.Part))); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.log.Debug("index left behind", "path", p.Path, "err", err)
		}
	}
	return Groups{}, false
}

// lookUp tests every row group of a part.
func lookUp(path string, p *part, need Need) (g Groups, err error) {
	f, err := os.Open(indexPath(path))
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := p.index.Load()
	if h == nil {
		if h, err = readHead(f, p.Rows); err != nil {
			return g, err
		}
		p.index.Store(h)
	}
	g.Count, g.base = len(h.pages), h.base
	page, from := make([]byte, pageSize), int64(0)
	for k, pages := range h.pages {
		ok, err := need.may(func(field int32, hash uint64) (bool, error) {
			if slices.Contains(h.without, field) {
				return true, nil
			}
			if _, err := f.ReadAt(page, from+int64(blockOf(hash, pages)/pageBlocks)*pageSize); err != nil {
				return false, err
			}
			if !pageWhole(page) {
				return false, errDamagedIndex
			}
			return mayHold(page, hash, pages), nil
		})
		if err != nil {
			return g, err
		}
		if ok {
			g.RG = append(g.RG, h.base+int64(k))
		}
		from += int64(pages) * pageSize
	}
	return g, nil
}
