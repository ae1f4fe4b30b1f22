package store

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Snapshot is a workspace at one journal sequence. What it holds stays readable until Close. It is safe for concurrent use.
type Snapshot struct {
	store     *Store
	workspace string
	seq       uint64
	catalog   *schema.Static
	tables    map[string]*snapTable
	close     sync.Once
}

type snapTable struct {
	fields *fields
	parts  []*part
	blocks []*Block
}

// part is a file that is in the part list, or that a snapshot still reads.
type part struct {
	manifest.Part
	refs    atomic.Int64              // snapshots
	dead    atomic.Bool               // no longer in the part list
	index   atomic.Pointer[indexHead] // as far as it was read
	noIndex atomic.Bool               // there is none to use
	looked  atomic.Bool               // for whether there is one
	gone    atomic.Bool
	sound   atomic.Bool // the size and the end of the file were checked
	// waits is, per kind of split, what the last fruitless look found. Guarded by Store.merging.
	waits [splits]Cutoff
}

// Snapshot returns the workspace as it is now, without the cold tier. Close it soon: it holds memory and files.
func (s *Store) Snapshot(workspace string) *Snapshot { return s.snapshot(workspace, false) }

// SnapshotWithCold returns the workspace with the cold tier, for jobs. Its files may be on a slow disk, and outside the data directory.
func (s *Store) SnapshotWithCold(workspace string) *Snapshot { return s.snapshot(workspace, true) }

func (s *Store) snapshot(workspace string, cold bool) *Snapshot {
	snap := &Snapshot{store: s, workspace: workspace, tables: map[string]*snapTable{}}
	s.mu.RLock()
	snap.seq = s.seq
	for id, t := range s.tables {
		if id.Workspace != workspace {
			continue
		}
		st := &snapTable{parts: t.parts, blocks: slices.Concat(t.frozen, t.active)}
		if cold {
			st.parts = slices.Concat(t.parts, t.cold)
		}
		for _, p := range st.parts {
			p.refs.Add(1)
		}
		for _, b := range st.blocks {
			b.Retain()
		}
		snap.tables[id.Table] = st
	}
	s.mu.RUnlock()
	// Columns only ever come to a table, and did so before their rows: taken after the rows, none is missing.
	snap.catalog = s.cat.view(workspace)
	for name, st := range snap.tables {
		if f, ok := s.cat.fields(manifest.TableID{Workspace: workspace, Table: name}); ok {
			st.fields = f
		} else {
			st.fields = &fields{}
		}
	}
	return snap
}

// Seq returns the journal sequence of the snapshot.
func (n *Snapshot) Seq() uint64 { return n.seq }

// Catalog returns the tables as the snapshot sees them.
func (n *Snapshot) Catalog() schema.Catalog { return n.catalog }

// Parts returns the files of a table, by ascending time. Paths are relative to the data directory; see Path.
func (n *Snapshot) Parts(table string) []manifest.Part {
	st := n.tables[table]
	if st == nil {
		return nil
	}
	out := make([]manifest.Part, len(st.parts))
	for i, p := range byTime(st.parts) {
		out[i] = p.Part
	}
	return out
}

// byTime returns the parts by ascending time.
func byTime(parts []*part) []*part {
	return slices.SortedFunc(slices.Values(parts), func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.MinTime, b.MinTime), cmp.Compare(a.ID, b.ID))
	})
}

// Sound reports whether the ends of all files of a table are as they were written: only then may they be read by others than Scan, which
// looks for itself. It reads each file's end once in the life of the store.
func (n *Snapshot) Sound(table string) bool {
	st := n.tables[table]
	if st == nil {
		return true
	}
	for _, p := range st.parts {
		if err := n.store.sound(p); err != nil {
			n.store.doubt(manifest.TableID{Workspace: p.Workspace, Table: p.Table}, p)
			return false
		}
	}
	return true
}

// Path returns where a part's file is.
func (n *Snapshot) Path(p manifest.Part) string { return n.store.path(p) }

// Tail returns the unsealed rows of a table. The blocks are valid until Close; a reader that may live longer retains them.
func (n *Snapshot) Tail(table string) []*Block {
	if st := n.tables[table]; st != nil {
		return slices.Clone(st.blocks)
	}
	return nil
}

// Fields returns the stored columns of a table by ascending id, the store's own SrcColumn and IngestedAtColumn first. A
// table that never had rows has none.
func (n *Snapshot) Fields(table string) []manifest.Field {
	st := n.tables[table]
	if st == nil {
		return nil
	}
	own := []manifest.Field{
		{ID: FieldSrc, Name: SrcColumn, KQLType: schema.String.String(), Hidden: true},
		{ID: FieldIngestedAt, Name: IngestedAtColumn, KQLType: schema.Datetime.String(), Hidden: true},
	}
	return append(own, st.fields.list...)
}

// Rows returns the number of rows of a table.
func (n *Snapshot) Rows(table string) int64 {
	st := n.tables[table]
	if st == nil {
		return 0
	}
	var rows int64
	for _, p := range st.parts {
		rows += p.Rows
	}
	for _, b := range st.blocks {
		rows += int64(b.rows)
	}
	return rows
}

// Close lets go of memory and files. It may be called twice.
func (n *Snapshot) Close() {
	n.close.Do(func() {
		for _, st := range n.tables {
			for _, b := range st.blocks {
				b.Release()
			}
			for _, p := range st.parts {
				if p.refs.Add(-1) == 0 && p.dead.Load() {
					n.store.unlink(p)
				}
			}
		}
	})
}

// retire marks a part that left the part list; its file goes when nobody reads it.
func (s *Store) retire(p *part) {
	p.dead.Store(true)
	if p.refs.Load() == 0 {
		s.unlink(p)
	}
}

// unlink removes a dead part's file. When it can not, the next start will, since no list names it.
func (s *Store) unlink(p *part) {
	if p.gone.Swap(true) {
		return
	}
	file := s.path(p.Part)
	err := os.Remove(file)
	if ierr := os.Remove(indexPath(file)); err == nil || errors.Is(err, os.ErrNotExist) {
		err = ierr
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.log.Warn("A file that is no longer needed could not be removed; the next start will try again.", "path", p.Path, "err", err)
	}
}
