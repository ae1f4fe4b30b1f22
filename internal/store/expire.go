package store

import (
	"context"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Expire removes the parts of a table whose rows are all older than before, in ticks, and returns how many rows went. Rows
// that share a part with younger ones, and unsealed rows, stay until their part is old enough.
func (s *Store) Expire(ctx context.Context, workspace, name string, before int64) (rows int64, err error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	if err := s.failure(); err != nil {
		return 0, err
	}
	s.mu.RLock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	var gone []*part
	if t != nil {
		for _, p := range t.parts {
			if p.MaxTime < before {
				gone = append(gone, p)
			}
		}
	}
	s.mu.RUnlock()
	if len(gone) == 0 {
		return 0, nil
	}
	c := manifest.Change{Epoch: s.epoch}
	for _, p := range gone {
		c.Remove = append(c.Remove, p.ID)
		rows += p.Rows
	}
	if _, err := s.commitChange(ctx, c); err != nil {
		return 0, fault.New(fault.Unavailable, "expire", "Old rows of table %s could not be removed: %w.", name, err)
	}
	s.change.Lock()
	s.mu.Lock()
	t.replace(gone, nil)
	s.mu.Unlock()
	s.change.Unlock()
	for _, p := range gone {
		s.retire(p)
	}
	return rows, nil
}
