package store

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// SyncBuckets are the upper bounds, in seconds, of the buckets of Stats.Syncs; the last bucket has none.
var SyncBuckets = [...]float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}

// Stats are the store's figures since it was opened, and its present size.
type Stats struct {
	Seq          uint64
	AppendedRows int64
	// AppendedBytes is the size of the appended rows in memory and in the journal.
	AppendedBytes int64
	UnsealedRows  int64
	UnsealedBytes int64
	JournalBytes  int64
	Parts         int64
	PartRows      int64
	PartBytes     int64
	ColdParts     int64
	ColdBytes     int64
	SealedBytes   int64 // of parts that seals wrote
	MergedBytes   int64 // of parts that merges wrote in their place
	ExpiredRows   int64 // removed because of their age
	ExpiredBytes  int64
	Quarantined   int64 // damaged parts that were set aside
	Seals         int64
	SealErrors    int64
	Merges        int64
	MergeErrors   int64
	Waits         int64 // Appends that waited for unsealed rows to be sealed
	Syncs         [len(SyncBuckets) + 1]int64
	SyncSeconds   float64
	Failed        bool
	Reserved      int64 // bytes of the disk that are kept for when it is full
	ReserveSpent  int64 // how often they had to be freed
}

// TableStats describe one table of a workspace.
type TableStats struct {
	Table         string
	Rows          int64
	UnsealedRows  int64
	Bytes         int64 // of its parts on disk, and of unsealed rows in memory
	Parts         int
	Cold          Amount // in the cold tier; not counted in Rows, Bytes and Parts
	FirstTime     int64  // earliest TimeGenerated in parts, in ticks; 0 when there is none
	Rows24h       int64  // by TimeGenerated
	LastTime      int64  // latest TimeGenerated, in ticks; 0 when there are no rows
	LastIngested  int64  // latest arrival, in ticks
	AppendedRows  int64  // since the start
	AppendedBytes int64
}

// counters are the running totals behind Stats.
type counters struct {
	rows, bytes, seals, sealErrors, merges, compactErrors, waits atomic.Int64
	sealedBytes, mergedBytes                                     atomic.Int64
	expiredRows, expiredBytes, quarantined, reserves             atomic.Int64
	syncs                                                        [len(SyncBuckets) + 1]atomic.Int64
	syncNanos                                                    atomic.Int64
}

func (c *counters) synced(d time.Duration) {
	i, _ := slices.BinarySearch(SyncBuckets[:], d.Seconds())
	c.syncs[i].Add(1)
	c.syncNanos.Add(int64(d))
}

// arrivals counts a table's rows by the hour of their TimeGenerated, for the last two days. Guarded by Store.mu.
type arrivals struct {
	hours       map[int64]int64
	last        int64 // TimeGenerated
	ingested    int64
	rows, bytes int64 // appended since the start
}

// keepHours is how many hours back rows are counted; a TimeGenerated in the future is counted up to an hour ahead.
const keepHours = 48

func (a *arrivals) add(now, hour, rows int64) {
	if hour < now-keepHours || hour > now+1 {
		return
	}
	if a.hours == nil {
		a.hours = map[int64]int64{}
	}
	a.hours[hour] += rows
	if len(a.hours) > keepHours+2 {
		maps.DeleteFunc(a.hours, func(h, _ int64) bool { return h < now-keepHours })
	}
}

// part counts a part of the list that the store was opened with.
func (a *arrivals) part(p manifest.Part, now int64) {
	for _, h := range p.Hours {
		a.add(now, h.Hour, h.Rows)
	}
	a.last, a.ingested = max(a.last, p.MaxTime), max(a.ingested, p.MaxIngested)
}

// block counts unsealed rows.
func (a *arrivals) block(b *Block, timeField int32, now int64) {
	a.last = max(a.last, b.max)
	a.rows += int64(b.rows)
	a.bytes += b.Bytes()
	if c, ok := b.Column(FieldIngestedAt); ok && b.rows > 0 {
		a.ingested = max(a.ingested, c.Ints[b.rows-1])
	}
	if b.min/column.Hour == b.max/column.Hour {
		a.add(now, b.max/column.Hour, int64(b.rows))
		return
	}
	c, _ := b.Column(timeField)
	for _, t := range c.Ints {
		a.add(now, t/column.Hour, 1)
	}
}

// Stats returns the figures of the whole store.
func (s *Store) Stats() Stats {
	out := Stats{
		AppendedRows: s.counters.rows.Load(), AppendedBytes: s.counters.bytes.Load(), UnsealedBytes: s.tail.Load(), JournalBytes: s.j.Bytes(),
		Seals: s.counters.seals.Load(), SealErrors: s.counters.sealErrors.Load(), Merges: s.counters.merges.Load(), MergeErrors: s.counters.compactErrors.Load(),
		Waits: s.counters.waits.Load(), SyncSeconds: time.Duration(s.counters.syncNanos.Load()).Seconds(), Failed: s.failure() != nil,
		SealedBytes: s.counters.sealedBytes.Load(), MergedBytes: s.counters.mergedBytes.Load(),
		ExpiredRows: s.counters.expiredRows.Load(), ExpiredBytes: s.counters.expiredBytes.Load(), Quarantined: s.counters.quarantined.Load(),
	}
	if s.reserve.isHeld() {
		out.Reserved = s.reserve.size
	}
	out.ReserveSpent = s.counters.reserves.Load()
	for i := range out.Syncs {
		out.Syncs[i] = s.counters.syncs[i].Load()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out.Seq = s.seq
	for _, t := range s.tables {
		rows, _ := t.unsealed()
		out.UnsealedRows += rows
		for _, p := range t.parts {
			out.Parts++
			out.PartRows += p.Rows
			out.PartBytes += p.Bytes
		}
		for _, p := range t.cold {
			out.ColdParts++
			out.ColdBytes += p.Bytes
		}
	}
	return out
}

// Space returns the free bytes of the data directory's disk, -1 when that cannot be told, and whether Append refuses rows for want of
// room.
func (s *Store) Space() (free int64, full bool) {
	free, err := freeBytes(s.opts.Dir)
	if err != nil {
		return -1, false
	}
	return free, s.opts.MinFree > 0 && free < s.opts.MinFree
}

// TableStats returns the figures of every table of a workspace that has or had rows, by name.
func (s *Store) TableStats(workspace string) []TableStats {
	since := column.FromTime(s.opts.Now())/column.Hour - 24
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []TableStats
	for _, id := range slices.SortedFunc(maps.Keys(s.tables), compareTables) {
		if id.Workspace != workspace {
			continue
		}
		t := s.tables[id]
		st := TableStats{Table: id.Table, Parts: len(t.parts), LastTime: t.seen.last, LastIngested: t.seen.ingested, AppendedRows: t.seen.rows, AppendedBytes: t.seen.bytes}
		st.UnsealedRows, st.Bytes = t.unsealed()
		hot := sum(t.parts)
		st.Cold = sum(t.cold)
		st.Rows, st.Bytes = st.UnsealedRows+hot.Rows, st.Bytes+hot.Bytes
		for _, a := range []Amount{hot, st.Cold} {
			if a.Parts > 0 && (st.FirstTime == 0 || a.From < st.FirstTime) {
				st.FirstTime = a.From
			}
		}
		for h, n := range t.seen.hours {
			if h > since {
				st.Rows24h += n
			}
		}
		out = append(out, st)
	}
	return out
}

// HourRows counts the rows of the hour that begins at Start.
type HourRows struct {
	Start time.Time
	Rows  int64
}

// RowsByHour returns the rows of a table by hour of TimeGenerated for the last 24 hours, oldest first, the present hour last.
func (s *Store) RowsByHour(workspace, name string) []HourRows {
	now := column.FromTime(s.opts.Now()) / column.Hour
	out := make([]HourRows, 24)
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	for i := range out {
		h := now - 23 + int64(i)
		out[i].Start = column.ToTime(h * column.Hour)
		if t != nil {
			out[i].Rows = t.seen.hours[h]
		}
	}
	return out
}

// DayRows is what parts hold of one day of TimeGenerated, in both tiers. Bytes of a part with several days are shared out
// by rows.
type DayRows struct {
	Day         time.Time // midnight UTC
	Rows, Bytes int64
	ColdRows    int64 // of Rows
}

// RowsByDay returns what the parts of a table hold, by day, oldest first.
func (s *Store) RowsByDay(workspace, name string) []DayRows {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	if t == nil {
		return nil
	}
	days := map[int64]*DayRows{}
	for _, p := range slices.Concat(t.parts, t.cold) {
		for _, h := range p.Hours {
			d := days[h.Hour/24]
			if d == nil {
				d = &DayRows{Day: column.ToTime(h.Hour / 24 * column.Day)}
				days[h.Hour/24] = d
			}
			d.Rows += h.Rows
			d.Bytes += p.Bytes * h.Rows / max(p.Rows, 1)
			if isCold(p.Part) {
				d.ColdRows += h.Rows
			}
		}
	}
	out := make([]DayRows, 0, len(days))
	for _, d := range slices.Sorted(maps.Keys(days)) {
		out = append(out, *days[d])
	}
	return out
}
