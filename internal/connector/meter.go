package connector

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// UsageStore keeps what came in.
type UsageStore interface {
	AddUsage(ctx context.Context, workspace string, add []model.TableUsage) error
	Usage(ctx context.Context, workspace string, since time.Time) ([]model.TableUsage, error)
	AddSources(ctx context.Context, workspace string, add []model.SourceUsage) error
	Sources(ctx context.Context, workspace string) ([]model.SourceUsage, error)
}

// Lag is how far a partition is behind its source.
type Lag struct {
	Source    string
	Partition int32
	Events    int64         // messages not read yet
	Behind    time.Duration // how long the oldest of them has been waiting
	Retention time.Duration // how long the source keeps messages; 0 when that is not known, or for ever
}

// LossIn returns how long it takes until the source drops messages that are not read yet, and false if it will not, as far
// as is known.
func (l Lag) LossIn() (time.Duration, bool) {
	if l.Retention == 0 || l.Events == 0 {
		return 0, false
	}
	return max(0, l.Retention-l.Behind), true
}

// Meter counts what comes in and how far behind it is. The counts serve people, not the delivery: those of the last
// seconds are lost when the process is killed. It is a
// prometheus.Collector too, and safe for concurrent use.
type Meter struct {
	store   UsageStore
	log     *slog.Logger
	mu      sync.Mutex
	pending map[usageKey]model.TableUsage
	totals  map[tableKey]total
	lags    map[string]map[lagKey]Lag
	flows   map[tableKey]*flow             // by table
	sources map[tableKey]*source           // by source
	fresh   map[tableKey]model.SourceUsage // of sources, not stored yet
	replays map[tableKey]bool              // streams that read again what they hold of newly ticked tables
	descs   metricDescs
}

type usageKey struct {
	workspace, table string
	hour             int64
}

type lagKey struct {
	source    string
	partition int32
}

// flushEvery is how often counts are stored.
const flushEvery = 5 * time.Second

// NewMeter returns a meter over the store.
func NewMeter(store UsageStore, log *slog.Logger) *Meter {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Meter{store: store, log: log, pending: map[usageKey]model.TableUsage{}, totals: map[tableKey]total{}, lags: map[string]map[lagKey]Lag{},
		flows: map[tableKey]*flow{}, sources: map[tableKey]*source{}, fresh: map[tableKey]model.SourceUsage{}, replays: map[tableKey]bool{}, descs: newMetricDescs()}
}

// Add counts what became of records at this time.
func (m *Meter) Add(workspace string, counts ingest.Counts) {
	now := time.Now()
	hour := now.UTC().Truncate(time.Hour)
	m.mu.Lock()
	defer m.mu.Unlock()
	for table, c := range counts {
		k := usageKey{workspace, table, hour.Unix()}
		u := m.pending[k]
		u.Table, u.Hour = table, hour
		u.Add(model.TableUsage{
			Rows: c.Rows, Skipped: c.Skipped, Dead: c.Dead, Dropped: c.Dropped, Repeated: c.Repeated, Bytes: c.Bytes, Seen: c.Seen, Event: c.Event, Quiet: m.flow(workspace, table).add(now, c),
		})
		m.pending[k] = u
		t := m.totals[tableKey{workspace, table}]
		m.totals[tableKey{workspace, table}] = total{t.rows + c.Rows, t.skipped + c.Skipped, t.dead + c.Dead, t.dropped + c.Dropped, t.repeated + c.Repeated, t.bytes + c.Bytes, t.gaps}
	}
}

// SetLag says how far a partition is behind.
func (m *Meter) SetLag(workspace string, l Lag) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lags[workspace] == nil {
		m.lags[workspace] = map[lagKey]Lag{}
	}
	m.lags[workspace][lagKey{l.Source, l.Partition}] = l
}

// ForgetLag drops the partitions of a source, in all its generations, that is not read any more.
func (m *Meter) ForgetLag(workspace, source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.lags[workspace], func(k lagKey, _ Lag) bool { return k.source == source || strings.HasPrefix(k.source, source+"~") })
}

// SetReplaying says whether a stream reads again, or may, what its source holds of newly ticked tables.
func (m *Meter) SetReplaying(workspace, stream string, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if on {
		m.replays[tableKey{workspace, stream}] = true
	} else {
		delete(m.replays, tableKey{workspace, stream})
	}
}

// UpToDate reports whether all sources of the workspace have been read up to a few minutes ago, for newly ticked tables too. It is
// false while nothing is known of any.
func (m *Meter) UpToDate(workspace string) bool {
	lags := m.Lags(workspace)
	for _, l := range lags {
		if l.Behind > liveWithin {
			return false
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range m.replays {
		if k.workspace == workspace {
			return false
		}
	}
	return len(lags) > 0
}

// ForgetPartition drops a partition of a source that is not read here any more.
func (m *Meter) ForgetPartition(workspace, source string, partition int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.lags[workspace], func(k lagKey, _ Lag) bool { return k.source == source && k.partition == partition })
}

// Lags returns the lag of every partition of the workspace, by source and partition.
func (m *Meter) Lags(workspace string) []Lag {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.lags[workspace]), func(a, b Lag) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Partition, b.Partition))
	})
}

// Usage returns what came in from the hour of since on, what is not stored yet included.
func (m *Meter) Usage(ctx context.Context, workspace string, since time.Time) ([]model.TableUsage, error) {
	m.mu.Lock()
	var fresh []model.TableUsage
	for k, u := range m.pending {
		if k.workspace == workspace && !u.Hour.Before(since.Truncate(time.Hour)) {
			fresh = append(fresh, u)
		}
	}
	m.mu.Unlock()
	stored, err := m.store.Usage(ctx, workspace, since)
	return append(stored, fresh...), err
}

// Run stores the counts every few seconds until ctx ends, and once more then.
func (m *Meter) Run(ctx context.Context) error {
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.Flush(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushEvery)
			defer cancel()
			m.Flush(last)
			return nil
		}
	}
}

// Flush stores what has been counted since the last time. Counts that cannot be stored are kept for the next time.
func (m *Meter) Flush(ctx context.Context) {
	m.flushSources(ctx)
	m.mu.Lock()
	pending := m.pending
	m.pending = map[usageKey]model.TableUsage{}
	m.mu.Unlock()
	byWorkspace := map[string][]model.TableUsage{}
	for k, u := range pending {
		byWorkspace[k.workspace] = append(byWorkspace[k.workspace], u)
	}
	for ws, add := range byWorkspace {
		if err := m.store.AddUsage(ctx, ws, add); err != nil {
			m.log.WarnContext(ctx, "counts not stored yet", "workspace", ws, "err", err)
			m.restore(ws, add)
		}
	}
}

func (m *Meter) restore(ws string, add []model.TableUsage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, old := range add {
		k := usageKey{ws, old.Table, old.Hour.Unix()}
		u := m.pending[k]
		u.Table, u.Hour = old.Table, old.Hour
		u.Add(old)
		m.pending[k] = u
	}
}
