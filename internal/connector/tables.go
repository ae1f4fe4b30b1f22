package connector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TableView is one table that can be ticked, or one that the tenant sends beside them. Exported means that the hubs hold,
// or held, records of it.
type TableView struct {
	Name       string     `json:"name"`
	Family     string     `json:"family"`
	Selected   bool       `json:"selected"`
	New        bool       `json:"new,omitempty"` // Vedette did not know it: its columns were inferred; it is stored without being ticked
	Exported   bool       `json:"exported"`
	LastSeen   *time.Time `json:"lastSeen"`
	Rows       int64      `json:"rows"` // stored
	Rows24h    int64      `json:"rows24h"`
	Bytes      int64      `json:"bytes"`                   // that they take
	Retention  int        `json:"retentionDays,omitempty"` // days in which they answer queries
	LagSeconds *float64   `json:"lagSeconds"`
}

// SeriesView is what came in for a table by hour, the last day.
type SeriesView struct {
	Table  string      `json:"table"`
	Points []PointView `json:"points"`
}

// PointView is one hour of a series.
type PointView struct {
	Time time.Time `json:"time"`
	Rows int64     `json:"rows"`
}

// SkippedView counts records that came in but were not stored because their table is not ticked, the last 30 days.
type SkippedView struct {
	Table string `json:"table"`
	Count int64  `json:"count"`
}

// LagView is how far one partition of a hub is behind.
type LagView struct {
	Source     string  `json:"source"`
	Partition  int32   `json:"partition"`
	Events     int64   `json:"events"`
	LagSeconds float64 `json:"lagSeconds"`
}

// usageWindow is how far back what came in is counted.
const usageWindow = 30 * 24 * time.Hour

// showTables fills tables, received, skipped and partitions.
func (s *Service) showTables(ctx context.Context, v *XDRView, c model.Connection) error {
	var usage []model.TableUsage
	var worst float64
	if s.cfg.Meter != nil {
		var err error
		if usage, err = s.cfg.Meter.Usage(ctx, c.Workspace, time.Now().Add(-usageWindow)); err != nil {
			return err
		}
		for _, l := range s.cfg.Meter.Lags(c.Workspace) {
			v.Partitions = append(v.Partitions, LagView{Source: l.Source, Partition: l.Partition, Events: l.Events, LagSeconds: l.Behind.Seconds()})
			worst = max(worst, l.Behind.Seconds())
		}
	}
	byTable := map[string]*TableView{}
	for _, t := range Selectable() {
		byTable[t.Name] = &TableView{Name: t.Name, Family: t.Family, Selected: slices.Contains(c.Tables, t.Name)}
	}
	skipped := map[string]int64{}
	points := map[string]map[time.Time]int64{}
	day := time.Now().Add(-24 * time.Hour)
	for _, u := range usage {
		if u.Table == "" {
			continue // dead letters of no table
		}
		t, ok := byTable[u.Table]
		if !ok {
			if known, ok := schema.Builtin().Table(u.Table); ok && known.Pulled {
				continue // shown with the snapshots
			}
			t = &TableView{Name: u.Table, Selected: true, New: true} // not known to the product, so always stored
			byTable[u.Table] = t
		}
		t.Exported = true
		t.Rows += u.Rows
		if !u.Seen.IsZero() && (t.LastSeen == nil || u.Seen.After(*t.LastSeen)) {
			t.LastSeen = &u.Seen
		}
		if u.Skipped > 0 {
			skipped[u.Table] += u.Skipped
		}
		if u.Rows > 0 && u.Hour.After(day) {
			if points[u.Table] == nil {
				points[u.Table] = map[time.Time]int64{}
			}
			points[u.Table][u.Hour] += u.Rows
		}
	}
	if s.cfg.Store != nil {
		points = s.stored(c.Workspace, byTable)
	}
	for _, t := range byTable {
		if t.Selected && t.Exported && len(v.Partitions) > 0 {
			t.LagSeconds = &worst
		}
		if s.cfg.Retention != nil {
			var err error
			if t.Retention, err = s.cfg.Retention(ctx, c.Workspace, t.Name); err != nil {
				return err
			}
		}
		v.Tables = append(v.Tables, *t)
	}
	slices.SortFunc(v.Tables, func(a, b TableView) int { return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Name, b.Name)) })
	for table, n := range skipped {
		v.Skipped = append(v.Skipped, SkippedView{table, n})
	}
	slices.SortFunc(v.Skipped, func(a, b SkippedView) int { return cmp.Compare(a.Table, b.Table) })
	for table, hours := range points {
		series := SeriesView{Table: table}
		for h, n := range hours {
			series.Points = append(series.Points, PointView{h, n})
		}
		slices.SortFunc(series.Points, func(a, b PointView) int { return a.Time.Compare(b.Time) })
		v.Received = append(v.Received, series)
	}
	slices.SortFunc(v.Received, func(a, b SeriesView) int { return cmp.Compare(a.Table, b.Table) })
	return nil
}

// stored replaces what came in by what is stored: the rows of the tables, and their last day by hour.
func (s *Service) stored(workspace string, tables map[string]*TableView) map[string]map[time.Time]int64 {
	points := map[string]map[time.Time]int64{}
	for _, st := range s.cfg.Store.TableStats(workspace) {
		t, ok := tables[st.Table]
		if !ok {
			continue // not a table of this connector
		}
		t.Rows, t.Rows24h, t.Bytes = st.Rows, st.Rows24h, st.Bytes
		if st.Rows24h == 0 {
			continue
		}
		hours := map[time.Time]int64{}
		for _, h := range s.cfg.Store.RowsByHour(workspace, st.Table) {
			hours[h.Start] = h.Rows
		}
		points[st.Table] = hours
	}
	return points
}
