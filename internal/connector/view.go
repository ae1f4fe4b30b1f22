package connector

import (
	"context"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// The states of a connection and of its parts.
const (
	NotConnected = "notConnected"
	Connecting   = "connecting"
	Connected    = "connected"
	Degraded     = "degraded"
	Errored      = "error"
	// ConnectedThroughXDR is the state of a product's connector while Defender XDR brings its alerts.
	ConnectedThroughXDR = "connectedThroughXDR"
)

// View is the connection of one workspace as the connector page shows it.
type View struct {
	Card
	Message        string         `json:"message,omitempty"`
	ConnectedBy    string         `json:"connectedBy,omitempty"`
	ConnectedAt    *time.Time     `json:"connectedAt,omitempty"`
	Prerequisites  []Prerequisite `json:"prerequisites"`
	AppPermissions []Prerequisite `json:"appPermissions"`
	CheckedAt      *time.Time     `json:"checkedAt,omitempty"`
	Disconnect     EndView        `json:"disconnect"`
	NextSteps      NextSteps      `json:"nextSteps"`
	SampleQueries  []SampleQuery  `json:"sampleQueries"`
	Health         []HealthView   `json:"health"`
	Streams        []Part         `json:"streams"`
	IncidentRules  RulesView      `json:"incidentRules"`
	*XDRView                      // nil for the connector of a single product
}

// XDRView is what the page of Defender XDR has beside.
type XDRView struct {
	Components  []ComponentView `json:"components"`
	Incidents   IncidentsView   `json:"incidents"`
	Tables      []TableView     `json:"tables"`
	Received    []SeriesView    `json:"received"`
	Skipped     []SkippedView   `json:"skipped"`
	Partitions  []LagView       `json:"partitions"`
	ExportGuide *Guide          `json:"exportGuide"`
	Clouds      []Cloud         `json:"clouds"`
}

// Card is a connector in the gallery.
type Card struct {
	ID          string      `json:"id"`
	Kind        string      `json:"kind"`
	Title       string      `json:"title"`
	Provider    string      `json:"provider"`
	Description string      `json:"description"`
	Categories  []string    `json:"categories"`
	Solution    SolutionRef `json:"solution"`
	State       string      `json:"state"`
	StateText   string      `json:"stateText"`
	LastData    *time.Time  `json:"lastData,omitempty"`
	tables      int         // how many are ticked
}

// SolutionRef is the solution that brings a connector.
type SolutionRef struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Installed bool   `json:"installed"`
}

// ComponentView is the connector of a product that comes through Defender XDR.
type ComponentView struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Title     string `json:"title"`
	State     string `json:"state"`
	StateText string `json:"stateText"`
}

// EndView says what a disconnection stops and what it keeps.
type EndView struct {
	Stops []string `json:"stops"`
	Stays []string `json:"stays"`
}

// NextSteps are what the connector's solution offers once rows are there.
type NextSteps struct {
	Queries   []SampleQuery `json:"queries"`
	Workbooks []Ref         `json:"workbooks"`
	Rules     []RuleRef     `json:"rules"`
}

// Ref names an item of a solution.
type Ref struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// RuleRef names a rule, and whether it is on.
type RuleRef struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Enabled bool   `json:"enabled"`
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

// Show returns a connector of a workspace as its page shows it to somebody.
func (s *Service) Show(ctx context.Context, workspace, id string, who Person) (View, error) {
	def, err := Find(id)
	if err != nil {
		return View{}, err
	}
	c, _ := s.Watch(workspace)
	conn := c
	if def.Kind != KindXDR {
		conn = s.other(workspace, id)
	}
	v := View{
		ConnectedBy: conn.ConnectedBy, SampleQueries: def.SampleQueries, Disconnect: EndView{def.Stops, def.Stays},
		Health: []HealthView{}, Streams: []Part{}, Prerequisites: []Prerequisite{}, AppPermissions: []Prerequisite{},
	}
	if !conn.ConnectedAt.IsZero() {
		v.ConnectedAt = &conn.ConnectedAt
	}
	if v.Card, err = s.card(ctx, workspace, def); err != nil {
		return View{}, err
	}
	st := s.status(c)
	v.Streams, v.Health = st.streams, st.health
	if def.Kind == KindXDR || v.State != ConnectedThroughXDR && v.State != NotConnected {
		v.Message = join(st.message, doubled(c, def))
	}
	if s.cfg.Prober != nil {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		checks := s.cfg.Prober.Check(ctx, workspace, who)
		v.Prerequisites, v.AppPermissions = append(v.Prerequisites, checks.Prerequisites...), append(v.AppPermissions, checks.AppPermissions...)
		if !checks.At.IsZero() {
			v.CheckedAt = &checks.At
		}
	}
	if s.cfg.Rules != nil {
		if v.IncidentRules.Enabled, v.IncidentRules.Total, err = s.cfg.Rules.Count(ctx, workspace, def.Product); err != nil {
			return View{}, err
		}
	}
	v.NextSteps = s.nextSteps(workspace, def)
	if def.Kind != KindXDR {
		return v, nil
	}
	v.XDRView = &XDRView{
		Components: s.components(workspace), Incidents: IncidentsView{Enabled: c.Incidents}, Received: []SeriesView{}, Skipped: []SkippedView{}, Partitions: []LagView{},
		ExportGuide: def.ExportGuide, Clouds: s.clouds(workspace, def),
	}
	return v, s.showTables(ctx, v.XDRView, c)
}

// components are the connectors of single products with their states.
func (s *Service) components(workspace string) []ComponentView {
	out := []ComponentView{}
	for _, d := range components() {
		state, text := s.stateOf(workspace, d)
		out = append(out, ComponentView{ID: d.ID, Name: d.Title, Title: d.Title, State: state, StateText: text})
	}
	return out
}

// clouds marks the cloud that the workspace's tenant is in.
func (s *Service) clouds(workspace string, def Definition) []Cloud {
	now := "public"
	if s.cfg.CloudOf != nil && s.cfg.CloudOf(workspace) != "" {
		now = s.cfg.CloudOf(workspace)
	}
	out := slices.Clone(def.Clouds)
	for i := range out {
		out[i].Current = out[i].Cloud == now
	}
	return out
}

func (s *Service) nextSteps(workspace string, def Definition) NextSteps {
	n := NextSteps{Queries: def.SampleQueries, Workbooks: []Ref{}, Rules: []RuleRef{}}
	if s.cfg.Solutions == nil {
		return n
	}
	id, _ := s.cfg.Solutions.Of(def.ID)
	n.Workbooks = append(n.Workbooks, s.cfg.Solutions.Workbooks(workspace, id)...)
	n.Rules = append(n.Rules, s.cfg.Solutions.Rules(workspace, id)...)
	return n
}

// Choice returns what a workspace chose for a connector, the zero choice for one that is not in the catalogue.
func (s *Service) Choice(workspace, id string) model.Connection {
	if id != DefenderXDR {
		return s.other(workspace, id)
	}
	c, _ := s.Watch(workspace)
	return c
}

// other returns the connection of a single product's connector.
func (s *Service) other(workspace, id string) model.Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.choices[workspace]; ok {
		return c.others[id]
	}
	return model.Connection{}
}
