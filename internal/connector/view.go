package connector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// The states of a connection and of its parts.
const (
	NotConnected = "notConnected"
	Connecting   = "connecting"
	Connected    = "connected"
	Degraded     = "degraded"
	Errored      = "error"
)

// The states of a prerequisite.
const (
	Met     = "met"
	NotMet  = "notMet"
	Unknown = "unknown" // cannot be checked; never blocks
)

// Prerequisite is something that must be true in the tenant. Remedy says what to do, where, with which right.
type Prerequisite struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Remedy string `json:"remedy"`
}

// View is the connection of one workspace as the connector page shows it.
type View struct {
	ID            string         `json:"id"`
	Title         string         `json:"title"`
	Provider      string         `json:"provider"`
	Description   string         `json:"description"`
	State         string         `json:"state"`
	Message       string         `json:"message"`
	ConnectedBy   string         `json:"connectedBy"`
	ConnectedAt   *time.Time     `json:"connectedAt"`
	Prerequisites []Prerequisite `json:"prerequisites"`
	Components    []Part         `json:"components"`
	Incidents     IncidentsView  `json:"incidents"`
	Tables        []TableView    `json:"tables"`
	Received      []SeriesView   `json:"received"`
	Skipped       []SkippedView  `json:"skipped"`
	Health        []HealthView   `json:"health"`
	IncidentRules RulesView      `json:"incidentRules"`
	Partitions    []LagView      `json:"partitions"`
	SampleQueries []SampleQuery  `json:"sampleQueries"`
}

// Part is one stream of the connection.
type Part struct {
	ID     string       `json:"id"`
	Title  string       `json:"title"`
	State  string       `json:"state"`
	Paused *model.Pause `json:"paused"` // null when it runs
}

// IncidentsView is the state of the synchronisation of incidents. LastSync and LagSeconds are filled by its owner.
type IncidentsView struct {
	Enabled    bool       `json:"enabled"`
	LastSync   *time.Time `json:"lastSync"`
	LagSeconds *float64   `json:"lagSeconds"`
}

// TableView is one table that can be ticked, or one that the tenant sends beside them. Exported means that the hubs hold,
// or held, records of it.
type TableView struct {
	Name       string     `json:"name"`
	Family     string     `json:"family"`
	Selected   bool       `json:"selected"`
	Exported   bool       `json:"exported"`
	LastSeen   *time.Time `json:"lastSeen"`
	Rows       int64      `json:"rows"` // stored
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

// HealthView is the present state of a component.
type HealthView struct {
	Component   string    `json:"component"`
	Status      string    `json:"status"`
	Reason      string    `json:"reason"`
	Description string    `json:"description"`
	Time        time.Time `json:"time"`
}

// RulesView counts the rules that would double the connector's incidents.
type RulesView struct {
	Enabled int `json:"enabled"`
	Total   int `json:"total"`
}

// LagView is how far one partition of a hub is behind.
type LagView struct {
	Source     string  `json:"source"`
	Partition  int32   `json:"partition"`
	Events     int64   `json:"events"`
	LagSeconds float64 `json:"lagSeconds"`
}

const (
	usageWindow  = 30 * 24 * time.Hour
	probeTimeout = 5 * time.Second
	probeAge     = 30 * time.Second
)

// Show returns the connection of a workspace.
func (s *Service) Show(ctx context.Context, workspace string) (View, error) {
	def := definition(DefenderXDR)
	c, _ := s.Watch(workspace)
	v := View{
		ID: def.ID, Title: def.Title, Provider: def.Provider, Description: def.Description, SampleQueries: def.SampleQueries,
		ConnectedBy: c.ConnectedBy, Incidents: IncidentsView{Enabled: c.Incidents},
		Components: []Part{}, Received: []SeriesView{}, Skipped: []SkippedView{}, Health: []HealthView{}, Partitions: []LagView{},
	}
	if !c.ConnectedAt.IsZero() {
		v.ConnectedAt = &c.ConnectedAt
	}
	s.showState(&v, c)
	v.Prerequisites = s.prerequisites(ctx, workspace)
	if s.cfg.Rules != nil {
		var err error
		if v.IncidentRules.Enabled, v.IncidentRules.Total, err = s.cfg.Rules.Count(ctx, workspace); err != nil {
			return View{}, err
		}
	}
	return v, s.showTables(ctx, &v, c)
}

// State returns the state of the workspace's connection, and a sentence about it when there is something to say.
func (s *Service) State(workspace string) (state, message string) {
	c, _ := s.Watch(workspace)
	var v View
	s.showState(&v, c)
	return v.State, v.Message
}

// showState fills state, message, components and health.
func (s *Service) showState(v *View, c model.Connection) {
	reports := map[string]health.Report{}
	prefix := Component(DefenderXDR, "")
	if s.cfg.Board != nil {
		for _, r := range s.cfg.Board.All() {
			if r.Workspace == c.Workspace && strings.HasPrefix(r.Component, prefix) {
				reports[r.Component] = r
				v.Health = append(v.Health, HealthView{Component: r.Component, Status: string(r.Status), Reason: r.Reason, Description: r.Description, Time: r.Time})
			}
		}
	}
	s.mu.Lock()
	jobs := slices.Clone(s.jobs[c.Workspace])
	s.mu.Unlock()
	count := map[string]int{}
	wanted := 0
	var troubles []string
	for _, j := range jobs {
		p := Part{ID: j.Stream.Name(), Title: j.Title, State: NotConnected, Paused: c.PauseOf(j.Stream.Name())}
		if j.Wanted(c) {
			wanted++
			r, ok := reports[prefix+j.Stream.Name()]
			p.State = partState(r, ok)
			count[p.State]++
			if p.State == Degraded || p.State == Errored {
				if !slices.Contains(troubles, r.Description) { // one cause stops several streams
					troubles = append(troubles, r.Description)
				}
			}
		}
		v.Components = append(v.Components, p)
	}
	switch {
	case !c.Incidents && len(c.Tables) == 0:
		v.State = NotConnected
	case wanted == 0:
		v.State = Errored
		troubles = append(troubles, "Nothing is configured that could do what is connected: the tenant's incidents need its credential, its tables an event hub. Add them to the server's configuration.")
	case count[Errored] == wanted:
		v.State = Errored
	case count[Errored]+count[Degraded] > 0:
		v.State = Degraded
	case count[Connecting] > 0:
		v.State = Connecting
	default:
		v.State = Connected
	}
	v.Message = strings.Join(troubles, " ")
}

func partState(r health.Report, known bool) string {
	switch {
	case !known:
		return Connecting
	case r.Status == health.Failure:
		return Errored
	case r.Status == health.Warning:
		return Degraded
	}
	return Connected
}

// showTables fills tables, received, skipped and partitions.
func (s *Service) showTables(ctx context.Context, v *View, c model.Connection) error {
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
			t = &TableView{Name: u.Table, Selected: true} // not known to the product, so always stored
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
		t.Rows = st.Rows
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

// prerequisites asks the prober, at most every half minute and for a few seconds.
func (s *Service) prerequisites(ctx context.Context, workspace string) []Prerequisite {
	if s.cfg.Prober == nil {
		return []Prerequisite{}
	}
	s.mu.Lock()
	p := s.probes[workspace]
	s.mu.Unlock()
	if time.Since(p.at) < probeAge {
		return p.result
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	p = probe{at: time.Now(), result: s.cfg.Prober.Prerequisites(ctx, workspace)}
	if p.result == nil {
		p.result = []Prerequisite{}
	}
	s.mu.Lock()
	s.probes[workspace] = p
	s.mu.Unlock()
	return p.result
}

// Summary is a line of the list of connectors.
type Summary struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Provider    string     `json:"provider"`
	Description string     `json:"description"`
	State       string     `json:"state"`
	LastData    *time.Time `json:"lastData"`
	Tables      int        `json:"tables"` // how many are ticked
}

// List returns the catalogue with the state of each connector in the workspace.
func (s *Service) List(ctx context.Context, workspace string) ([]Summary, error) {
	var out []Summary
	for _, d := range Definitions() {
		sum := Summary{ID: d.ID, Title: d.Title, Provider: d.Provider, Description: d.Description, State: NotConnected}
		if d.ID == DefenderXDR {
			v, err := s.Show(ctx, workspace)
			if err != nil {
				return nil, fmt.Errorf("listing connectors: %w", err)
			}
			sum.State = v.State
			for _, t := range v.Tables {
				if t.Selected {
					sum.Tables++
				}
				if t.LastSeen != nil && (sum.LastData == nil || t.LastSeen.After(*sum.LastData)) {
					sum.LastData = t.LastSeen
				}
			}
		}
		out = append(out, sum)
	}
	return out, nil
}

// Recheck forgets what the prober said, so that the next Show asks it again.
func (s *Service) Recheck(workspace string) {
	s.mu.Lock()
	delete(s.probes, workspace)
	s.mu.Unlock()
}
