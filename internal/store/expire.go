package store

import (
	"context"
	"math"

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
	return sum(t.past(c, true, true))
}

// Expire removes the parts of a table that are past the cutoff, in both tiers, and returns what went. Rows that share a part
// with younger ones, and unsealed rows, stay until their part is old enough.
func (s *Store) Expire(ctx context.Context, workspace, name string, cut Cutoff) (Amount, error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	if err := s.failure(); err != nil {
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
