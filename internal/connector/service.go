package connector

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// ConnectionStore keeps what workspaces chose.
type ConnectionStore interface {
	Connection(ctx context.Context, workspace, connector string) (model.Connection, error)
	SaveConnection(ctx context.Context, c model.Connection) error
}

// Prober checks what must be true in the tenant before a connection works. It may take seconds; it must heed ctx.
type Prober interface {
	Prerequisites(ctx context.Context, workspace string) []Prerequisite
}

// IncidentRules are the workspace's rules that make incidents of single products' alerts. They double the incidents that
// the connector brings, so a connection turns them off unless told otherwise.
type IncidentRules interface {
	Count(ctx context.Context, workspace string) (enabled, total int, err error)
	TurnOff(ctx context.Context, workspace, actor string) error
}

// Stored tells what the store holds. *store.Store is one.
type Stored interface {
	TableStats(workspace string) []store.TableStats
	RowsByHour(workspace, table string) []store.HourRows
}

// Config is what a Service works with. Prober and Rules may be nil. With Store, tables show the rows that are stored, by
// the time of their events; without, those that came in.
type Config struct {
	Connections ConnectionStore
	Meter       *Meter
	Board       *health.Board
	Prober      Prober
	Rules       IncidentRules
	Store       Stored
	Silence     Silence // zero means DefaultSilence
	Logger      *slog.Logger
}

// Service is the Defender XDR connector as people and programs see it, for all workspaces. It is safe for concurrent use.
type Service struct {
	cfg         Config
	mu          sync.Mutex
	choices     map[string]*choice
	jobs        map[string][]Job
	subscribers []func(workspace string)
	probes      map[string]probe

	changing sync.Mutex // one change of a choice at a time
}

type choice struct {
	now     model.Connection
	changed chan struct{} // closed and replaced with every change
}

type probe struct {
	at     time.Time
	result []Prerequisite
}

// NewService returns the service for the workspaces, with their choices read.
func NewService(ctx context.Context, cfg Config, workspaces ...string) (*Service, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, choices: map[string]*choice{}, jobs: map[string][]Job{}, probes: map[string]probe{}}
	for _, ws := range workspaces {
		c, err := cfg.Connections.Connection(ctx, ws, DefenderXDR)
		if err != nil {
			return nil, err
		}
		s.choices[ws] = &choice{now: c, changed: make(chan struct{})}
	}
	if cfg.Board != nil {
		cfg.Board.Listen(func(r health.Report) {
			if strings.HasPrefix(r.Component, Component(DefenderXDR, "")) {
				s.notify(r.Workspace)
			}
		})
	}
	return s, nil
}

// Subscribe calls f after every change of a workspace's connection: its choice, or the state of a stream. f must not block.
func (s *Service) Subscribe(f func(workspace string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers = append(s.subscribers, f)
}

func (s *Service) notify(workspace string) {
	s.mu.Lock()
	fs := slices.Clone(s.subscribers)
	s.mu.Unlock()
	for _, f := range fs {
		f(workspace)
	}
}

func (s *Service) register(j Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[j.Workspace] = append(s.jobs[j.Workspace], j)
}

// Watch returns the workspace's choice, and a channel that is closed when it is no longer the current one. The choice of a
// workspace that the service does not know is empty and never changes.
func (s *Service) Watch(workspace string) (model.Connection, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.choices[workspace]
	if !ok {
		return model.Connection{Workspace: workspace, Connector: DefenderXDR}, nil
	}
	return c.now, c.changed
}

// Request is a change of a connection. What is nil stays as it is.
type Request struct {
	Incidents *bool
	Tables    []string // "all" means every table that can be ticked
	// TurnOffIncidentRules says whether rules that would double the connector's incidents are turned off; nil means the
	// last choice, which is yes at first.
	TurnOffIncidentRules *bool
}

// Connect adds parts to a connection: the incidents, tables. Doing it twice changes nothing.
func (s *Service) Connect(ctx context.Context, workspace string, r Request, actor string) error {
	tables, err := tableNames(r.Tables)
	if err != nil {
		return err
	}
	err = s.change(ctx, workspace, func(c *model.Connection) {
		if r.Incidents != nil && *r.Incidents {
			c.Incidents = true
		}
		if r.TurnOffIncidentRules != nil {
			c.KeepIncidentRules = !*r.TurnOffIncidentRules
		}
		c.Tables = merge(c.Tables, tables)
		if c.ConnectedAt.IsZero() && (c.Incidents || len(c.Tables) > 0) {
			c.ConnectedAt, c.ConnectedBy = time.Now().UTC().Truncate(time.Millisecond), actor
		}
	})
	if err != nil {
		return err
	}
	now, _ := s.Watch(workspace)
	if s.cfg.Rules != nil && now.Incidents && !now.KeepIncidentRules {
		return s.cfg.Rules.TurnOff(ctx, workspace, actor)
	}
	return nil
}

// Disconnect stops parts of a connection: only the incidents if the request names them, else everything. What is stored
// stays; so do the positions, and a later Connect goes on from there.
func (s *Service) Disconnect(ctx context.Context, workspace string, r Request, _ string) error {
	return s.change(ctx, workspace, func(c *model.Connection) {
		c.Incidents = false
		if r.Incidents == nil {
			c.Tables = nil
		}
		if !c.Incidents && len(c.Tables) == 0 {
			c.ConnectedAt, c.ConnectedBy, c.Paused = time.Time{}, "", nil
		}
	})
}

// SetTables makes exactly these tables the ticked ones. Streams follow within seconds.
func (s *Service) SetTables(ctx context.Context, workspace string, tables []string, actor string) error {
	names, err := tableNames(tables)
	if err != nil {
		return err
	}
	return s.change(ctx, workspace, func(c *model.Connection) {
		c.Tables = names
		switch {
		case !c.Incidents && len(names) == 0:
			c.ConnectedAt, c.ConnectedBy = time.Time{}, ""
		case c.ConnectedAt.IsZero():
			c.ConnectedAt, c.ConnectedBy = time.Now().UTC().Truncate(time.Millisecond), actor
		}
	})
}

// change stores a changed choice, then lets everybody know.
func (s *Service) change(ctx context.Context, workspace string, f func(*model.Connection)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	c, ok := s.choices[workspace]
	s.mu.Unlock()
	if !ok {
		return fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", workspace)
	}
	next := c.now
	next.Tables, next.Paused = slices.Clone(next.Tables), slices.Clone(next.Paused)
	f(&next)
	if err := s.cfg.Connections.SaveConnection(ctx, next); err != nil {
		return err
	}
	s.mu.Lock()
	c.now = next
	close(c.changed)
	c.changed = make(chan struct{})
	s.mu.Unlock()
	s.notify(workspace)
	return nil
}

// tableNames checks and sorts the names of tables.
func tableNames(tables []string) ([]string, error) {
	var out []string
	for _, name := range tables {
		switch {
		case strings.EqualFold(name, "all"):
			for _, t := range Selectable() {
				out = append(out, t.Name)
			}
		case ingest.Selectable(name):
			out = append(out, name)
		default:
			return nil, fault.New(fault.Invalid, "table_not_streamed", "The tenant does not stream a table %q. The tables are: %s.", name, strings.Join(selectableNames(), ", "))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func selectableNames() []string {
	var out []string
	for _, t := range Selectable() {
		out = append(out, t.Name)
	}
	return out
}

func merge(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}
