package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Restore copies the rows of a table whose TimeGenerated is from from up to before to, in ticks, out of both tiers into another table,
// which must have no rows, and returns what it then holds. The rows count as having arrived now. They appear all at once.
func (s *Store) Restore(ctx context.Context, workspace, source, target string, from, to int64) (Amount, error) {
	src, dst := manifest.TableID{Workspace: workspace, Table: source}, manifest.TableID{Workspace: workspace, Table: target}
	fs, ok := s.cat.fields(src)
	if !ok {
		return Amount{}, fault.New(fault.NotFound, "table_empty", "Table %s has never had rows; there is nothing to restore.", source)
	}
	s.mu.RLock()
	t := s.tables[src]
	s.mu.RUnlock()
	if t != nil {
		if err := s.sealTable(ctx, t); err != nil {
			return Amount{}, err
		}
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	s.mu.Lock()
	held := s.table(dst)
	rows, _ := held.unsealed()
	empty := rows == 0 && len(held.parts)+len(held.cold) == 0
	var in []*part
	if t != nil {
		for _, p := range slices.Concat(t.parts, t.cold) {
			if p.MinTime < to && p.MaxTime >= from {
				in = append(in, p)
			}
		}
	}
	s.mu.Unlock()
	if !empty {
		return Amount{}, fault.New(fault.Conflict, "table_taken", "Table %s has rows already; restore into another name, or drop it first: vedette table drop %s.", target, target)
	}
	if _, err := s.cat.add(ctx, dst, fs.list); err != nil {
		return Amount{}, err
	}
	var out []manifest.Part
	for batch := range slices.Chunk(byTime(in), fanIn) {
		m := merger{s: s, id: dst, root: tablesDir, writers: map[int64]*partWriter{}, key: byDay(batch), keep: func(b *Block, keep []bool) error {
			when, ok := b.Column(fs.time)
			if !ok {
				return fmt.Errorf("a file of table %s has no %s", source, TimeColumn)
			}
			for i, at := range when.Ints {
				keep[i] = at >= from && at < to
			}
			return nil
		}}
		parts, err := m.run(ctx, batch)
		out = append(out, parts...)
		if err != nil {
			s.discard(out)
			return Amount{}, fault.New(fault.Unavailable, "restore", "Rows of table %s could not be restored: %w.", source, s.writeError(err))
		}
	}
	now := column.FromTime(s.opts.Now())
	var a Amount
	for i := range out {
		out[i].MaxIngested, out[i].FirstSeq, out[i].LastSeq = now, 0, 0
		a.add(out[i])
	}
	if undo, err := s.commitChange(ctx, manifest.Change{Epoch: s.epoch, Add: out}); err != nil {
		if undo {
			s.discard(out)
		}
		return Amount{}, err
	}
	s.change.Lock()
	s.mu.Lock()
	held.replace(nil, out)
	s.mu.Unlock()
	s.change.Unlock()
	return a, nil
}

// Drop removes all rows of a table. Its columns stay known.
func (s *Store) Drop(ctx context.Context, workspace, name string) (Amount, error) {
	s.mu.RLock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	s.mu.RUnlock()
	if t == nil {
		return Amount{}, nil
	}
	if err := s.sealTable(ctx, t); err != nil {
		return Amount{}, err
	}
	return s.Expire(ctx, workspace, name, Cutoff{Time: math.MaxInt64, Arrived: math.MaxInt64})
}
