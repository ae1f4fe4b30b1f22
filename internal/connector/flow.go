package connector

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// rateMinutes is over how many whole minutes rates are taken.
const rateMinutes = 5

// minutes counts by minute, for the last few.
type minutes [rateMinutes + 1]struct{ minute, n, bytes int64 }

func (m *minutes) add(now time.Time, n, bytes int64) {
	minute := now.Unix() / 60
	cell := &m[minute%int64(len(m))]
	if cell.minute != minute {
		cell.minute, cell.n, cell.bytes = minute, 0, 0
	}
	cell.n, cell.bytes = cell.n+n, cell.bytes+bytes
}

// rate returns the averages of the last whole minutes.
func (m *minutes) rate(now time.Time) (n, bytes float64) {
	minute := now.Unix() / 60
	for _, c := range m {
		if c.minute < minute && c.minute >= minute-rateMinutes {
			n, bytes = n+float64(c.n), bytes+float64(c.bytes)
		}
	}
	return n / rateMinutes, bytes / rateMinutes
}

// flow is what comes in for a table, since the start.
type flow struct {
	minutes
	late ingest.Lateness
	live time.Time // when records came last that their source had taken in shortly before; zero for never
}

// liveWithin is how old a record may be, by its source's clock, to count as fresh: only the times between fresh records tell
// how often records come.
const liveWithin = 5 * time.Minute

// add counts, and returns the time since the last fresh records if these are fresh too.
func (f *flow) add(now time.Time, c ingest.Count) (quiet time.Duration) {
	f.minutes.add(now, c.Rows, c.Bytes)
	for i, n := range c.Late {
		f.late[i] += n
	}
	if c.Seen.IsZero() || now.Sub(c.Seen) > liveWithin {
		return 0
	}
	if !f.live.IsZero() {
		quiet = now.Sub(f.live)
	}
	f.live = now
	return quiet
}

// flow returns the flow of a table. The meter must be locked.
func (m *Meter) flow(workspace, table string) *flow {
	k := tableKey{workspace, table}
	f := m.flows[k]
	if f == nil {
		f = &flow{}
		m.flows[k] = f
	}
	return f
}

// source is what a source delivered: all of it, and by minute.
type source struct {
	minutes
	total model.SourceUsage // since the start
}

// AddSource counts what a source delivered.
func (m *Meter) AddSource(workspace string, u model.SourceUsage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := tableKey{workspace, u.Source}
	s := m.sources[k]
	if s == nil {
		s = &source{total: model.SourceUsage{Source: u.Source}}
		m.sources[k] = s
	}
	s.minutes.add(time.Now(), u.Rows+u.Dead, u.Bytes)
	s.total.Add(u)
	f := m.fresh[k]
	f.Source = u.Source
	f.Add(u)
	m.fresh[k] = f
}

// Sources returns what every source of the workspace delivered since it was first read, by name.
func (m *Meter) Sources(ctx context.Context, workspace string) ([]model.SourceUsage, error) {
	stored, err := m.store.Sources(ctx, workspace)
	if err != nil {
		return nil, err
	}
	by := map[string]model.SourceUsage{}
	for _, u := range stored {
		by[u.Source] = u
	}
	m.mu.Lock()
	for k, u := range m.fresh {
		if k.workspace == workspace {
			sum := by[k.table]
			sum.Source = k.table
			sum.Add(u)
			by[k.table] = sum
		}
	}
	m.mu.Unlock()
	return slices.SortedFunc(maps.Values(by), func(a, b model.SourceUsage) int { return cmp.Compare(a.Source, b.Source) }), nil
}

// flushSources stores what sources delivered since the last time.
func (m *Meter) flushSources(ctx context.Context) {
	m.mu.Lock()
	fresh := m.fresh
	m.fresh = map[tableKey]model.SourceUsage{}
	m.mu.Unlock()
	by := map[string][]model.SourceUsage{}
	for k, u := range fresh {
		by[k.workspace] = append(by[k.workspace], u)
	}
	for ws, add := range by {
		brought, err := m.brought(ctx, ws, add)
		if err == nil {
			err = m.store.AddSources(ctx, ws, add)
		}
		if err == nil {
			m.spreadGaps(ws, add, brought)
		} else {
			m.log.WarnContext(ctx, "counts of sources not stored yet", "workspace", ws, "err", err)
			m.mu.Lock()
			for _, u := range add {
				k := tableKey{ws, u.Source}
				f := m.fresh[k]
				f.Source = u.Source
				f.Add(u)
				m.fresh[k] = f
			}
			m.mu.Unlock()
		}
	}
}

// brought returns the tables that those sources which have new gaps ever brought, by source.
func (m *Meter) brought(ctx context.Context, workspace string, add []model.SourceUsage) (map[string][]string, error) {
	if !slices.ContainsFunc(add, func(u model.SourceUsage) bool { return u.Gaps > 0 }) {
		return nil, nil
	}
	stored, err := m.store.Sources(ctx, workspace)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, u := range slices.Concat(stored, add) {
		sum := model.SourceUsage{Tables: out[u.Source]}
		sum.Add(model.SourceUsage{Tables: u.Tables})
		out[u.Source] = sum.Tables
	}
	return out, nil
}

// spreadGaps counts the gaps of sources for all tables that they bring: whose records were at the positions, nobody can tell.
func (m *Meter) spreadGaps(workspace string, add []model.SourceUsage, brought map[string][]string) {
	hour := time.Now().UTC().Truncate(time.Hour)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range add {
		if s.Gaps == 0 {
			continue
		}
		for _, table := range brought[s.Source] {
			k := usageKey{workspace, table, hour.Unix()}
			u := m.pending[k]
			u.Table, u.Hour = table, hour
			u.Gaps += s.Gaps
			m.pending[k] = u
			t := m.totals[tableKey{workspace, table}]
			t.gaps += s.Gaps
			m.totals[tableKey{workspace, table}] = t
		}
	}
}

// Rate is how much comes in, by minute, over the last five whole minutes.
type Rate struct {
	Events float64 `json:"eventsPerMinute"`
	Bytes  float64 `json:"bytesPerMinute"`
}

func (m *Meter) sourceRate(workspace, name string) (r Rate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sources[tableKey{workspace, name}]; s != nil {
		r.Events, r.Bytes = s.rate(time.Now())
	}
	return r
}

func (m *Meter) tableRate(workspace, table string) (r Rate, late ingest.Lateness) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.flows[tableKey{workspace, table}]; f != nil {
		r.Events, r.Bytes = f.rate(time.Now())
		late = f.late
	}
	return r, late
}
