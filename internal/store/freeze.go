package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Frozen is everything the store held at one journal sequence, for a copy. Its files stay readable until Close, whatever happens to
// the store meanwhile.
type Frozen struct {
	Seq      uint64
	Parts    []manifest.Part // of all workspaces and both tiers, by id
	Segments []journal.File

	s     *Store
	parts []*part
	close sync.Once
}

// Freeze takes hold of everything at one moment. during runs at that moment, while nothing is appended, sealed or merged: it copies the
// state, which then fits the parts and segments. It must be quick, for Appends wait, and must not append.
func (s *Store) Freeze(ctx context.Context, during func(context.Context) error) (_ *Frozen, err error) {
	s.merging.Lock() // first: a purge may hold it for long, and sealing must go on meanwhile
	defer s.merging.Unlock()
	s.sealing.Lock()
	defer s.sealing.Unlock()
	s.committing.Lock()
	defer s.committing.Unlock()
	if err := s.failure(); err != nil {
		return nil, err
	}
	f := &Frozen{s: s}
	if f.Segments, err = s.j.Files(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	f.Seq = s.seq
	for _, t := range s.tables {
		for _, p := range slices.Concat(t.parts, t.cold) {
			p.refs.Add(1)
			f.parts = append(f.parts, p)
			f.Parts = append(f.Parts, p.Part)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(f.Parts, func(a, b manifest.Part) int { return cmp.Compare(a.ID, b.ID) })
	if err := during(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Path returns where a part's file is.
func (f *Frozen) Path(p manifest.Part) string { return f.s.path(p) }

// Damaged tells that a part's file could not be copied as it should be; the store looks at it.
func (f *Frozen) Damaged(p manifest.Part) {
	for _, x := range f.parts {
		if x.ID == p.ID {
			f.s.doubt(manifest.TableID{Workspace: p.Workspace, Table: p.Table}, x)
		}
	}
}

// Close lets go of the files. It may be called twice.
func (f *Frozen) Close() (err error) {
	f.close.Do(func() {
		for _, seg := range f.Segments {
			err = errors.Join(err, seg.File.Close())
		}
		for _, p := range f.parts {
			if p.refs.Add(-1) == 0 && p.dead.Load() {
				f.s.unlink(p)
			}
		}
	})
	return err
}
