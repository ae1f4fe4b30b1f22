package store

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Cutoff is a limit of age, in ticks. A part is past it when the TimeGenerated of all its rows is before Time, and all of
// them have been here since before Arrived: rows that come late get their time too.
type Cutoff struct{ Time, Arrived int64 }

func (c Cutoff) past(p *part) bool { return p.MaxTime < c.Time && p.MaxIngested < c.Arrived }

// Amount sums up parts. From and To are the TimeGenerated of their first and last row, in ticks; both 0 when there is none.
type Amount struct {
	Parts       int
	Rows, Bytes int64
	From, To    int64
}

func (a *Amount) add(p manifest.Part) {
	if a.Parts == 0 {
		a.From, a.To = math.MaxInt64, math.MinInt64
	}
	a.Parts++
	a.Rows += p.Rows
	a.Bytes += p.Bytes
	a.From, a.To = min(a.From, p.MinTime), max(a.To, p.MaxTime)
}

func sum(parts []*part) Amount {
	var a Amount
	for _, p := range parts {
		a.add(p.Part)
	}
	return a
}

// past returns the parts of a table that are past the cutoff; hot, cold or both are looked at. The caller holds mu.
func (t *table) past(c Cutoff, hot, cold bool) []*part {
	var out []*part
	for _, l := range []struct {
		look  bool
		parts []*part
	}{{hot, t.parts}, {cold, t.cold}} {
		for _, p := range l.parts {
			if l.look && c.past(p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// Past tells what Expire would remove.
func (s *Store) Past(workspace, name string, c Cutoff) Amount {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	if t == nil {
		return Amount{}
	}
	a := sum(t.past(c, true, true))
	for _, p := range slices.Concat(t.parts, t.cold) {
		if !c.past(p) && p.MinTime < c.Time && p.MaxIngested < c.Arrived {
			a.share(p.Part, c.Time)
		}
	}
	return a
}

// share adds what a part holds before a time that is the begin of an hour; its bytes are shared out by rows.
func (a *Amount) share(p manifest.Part, before int64) {
	var rows, last int64
	for _, h := range p.Hours {
		if h.Hour*column.Hour < before {
			rows, last = rows+h.Rows, h.Hour
		}
	}
	p.Bytes = p.Bytes * rows / max(p.Rows, 1)
	p.Rows, p.MaxTime = rows, (last+1)*column.Hour-1
	a.add(p)
}

// The kinds of split: each remembers for itself.
const (
	splitExpire = iota
	splitTier
	splits
)

// split cuts the parts that hold rows on both sides of a cutoff in two, so that whole parts can go. The caller holds merging.
func (s *Store) split(ctx context.Context, id manifest.TableID, cut Cutoff, kind int) error {
	if err := s.failure(); err != nil {
		return err
	}
	s.mu.RLock()
	t := s.tables[id]
	var astride []*part
	if t != nil {
		for _, p := range slices.Concat(t.parts, t.cold) {
			if p.MinTime < cut.Time && !cut.past(p) && (p.waits[kind].Time != cut.Time || p.waits[kind].Arrived < cut.Arrived) {
				astride = append(astride, p)
			}
		}
	}
	s.mu.RUnlock()
	for _, p := range astride {
		if err := s.splitPart(ctx, t, p, cut, kind); err != nil {
			return fault.New(fault.Unavailable, "split", "File %s of table %s could not be split by age: %w. Its rows stay.", p.Path, id.Table, err)
		}
	}
	return nil
}

// splitPart looks first whether any row is past the cutoff. If none is it remembers the arrival of the next one that can be: a part
// of rows that came late is not read again and again.
func (s *Store) splitPart(ctx context.Context, t *table, p *part, cut Cutoff, kind int) error {
	fs, ok := s.cat.fields(t.id)
	if !ok {
		return nil
	}
	past := func(b *Block, row int) bool {
		when, _ := b.Column(fs.time)
		came, ok := b.Column(FieldIngestedAt)
		return when.Ints[row] < cut.Time && (!ok || came.Ints[row] < cut.Arrived)
	}
	m := merger{s: s, id: t.id, root: tablesDir, writers: map[int64]*partWriter{}, key: func(b *Block, r rowRef) int64 {
		if past(b, int(r.row)) {
			return 0
		}
		return 1
	}}
	if isCold(p.Part) {
		m.root = coldDir
	}
	rows, next := int64(0), int64(math.MaxInt64)
	err := s.eachBlock(ctx, p.Part, func(b *Block) error {
		when, _ := b.Column(fs.time)
		came, ok := b.Column(FieldIngestedAt)
		for i, t := range when.Ints {
			switch {
			case past(b, i):
				rows++
			case t < cut.Time && ok:
				next = min(next, came.Ints[i])
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows == 0 || rows == p.Rows {
		p.waits[kind] = Cutoff{Time: cut.Time, Arrived: next}
		return nil
	}
	return s.rewrite(ctx, t, []*part{p}, &m)
}

// eachBlock calls f for every chunk of a part.
func (s *Store) eachBlock(ctx context.Context, p manifest.Part, f func(*Block) error) error {
	r, err := openBlocks(ctx, s.path(p))
	if err != nil {
		return err
	}
	for err == nil {
		var b *Block
		if b, err = r.nextBlock(); err == nil {
			err = f(b)
			b.Release()
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, r.close())
}

// Expire removes the parts of a table that are past the cutoff, in both tiers, and returns what went. Parts with rows on both
// sides of it are split before. Unsealed rows stay.
func (s *Store) Expire(ctx context.Context, workspace, name string, cut Cutoff) (Amount, error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	if err := s.split(ctx, manifest.TableID{Workspace: workspace, Table: name}, cut, splitExpire); err != nil {
		return Amount{}, err
	}
	s.mu.RLock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	var gone []*part
	if t != nil {
		gone = t.past(cut, true, true)
	}
	s.mu.RUnlock()
	if len(gone) == 0 {
		return Amount{}, nil
	}
	c := manifest.Change{Epoch: s.epoch}
	for _, p := range gone {
		c.Remove = append(c.Remove, p.ID)
	}
	if _, err := s.commitChange(ctx, c); err != nil {
		return Amount{}, fault.New(fault.Unavailable, "expire", "Old rows of table %s could not be removed: %w.", name, err)
	}
	s.change.Lock()
	s.mu.Lock()
	t.replace(gone, nil)
	s.mu.Unlock()
	s.change.Unlock()
	for _, p := range gone {
		s.retire(p)
	}
	a := sum(gone)
	s.counters.expiredRows.Add(a.Rows)
	s.counters.expiredBytes.Add(a.Bytes)
	return a, nil
}
