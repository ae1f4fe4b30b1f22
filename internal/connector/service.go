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

// Prober checks what must be true before a connection works. It may take seconds; it must heed ctx.
type Prober interface {
	Check(ctx context.Context, workspace string, who Person) Checks
	// Recheck forgets what was found, so that the next Check asks again.
	Recheck(workspace string)
}

// Gate keeps the alerts of products that no connector brings out of sight.
type Gate interface {
	// Hold withholds the alerts that come from now on, by SecurityAlert.ProductName with the reason that people read. The
	// name Everything stands for all products that are not listed; an empty reason shows a product.
	Hold(ctx context.Context, workspace string, held map[string]string) error
	// Release shows what was withheld and is held no longer. It may be called again after a failure.
	Release(ctx context.Context, workspace string) error
	// LastAlert is when the product's newest alert was last changed, zero when there is none.
	LastAlert(ctx context.Context, workspace, product string) (time.Time, error)
}

// Everything is the product name that stands for all others.
const Everything = "*"

// Solutions are the packages of the content hub that bring connectors.
type Solutions interface {
	// Of names the solution that brings a connector.
	Of(connector string) (id, title string)
	Installed(workspace, id string) bool
	// Install installs it and says so in words; "" when it was there.
	Install(ctx context.Context, workspace, id, actor string) (message string, err error)
	Workbooks(workspace, id string) []Ref
	Rules(workspace, id string) []RuleRef
}

// IncidentRules are the workspace's rules that make incidents of single products' alerts. They double the incidents that
// the connector brings, so a connection turns them off unless told otherwise.
type IncidentRules interface {
	// Count counts those of one product, by SecurityAlert.ProductName, or all of them for "".
	Count(ctx context.Context, workspace, product string) (enabled, total int, err error)
	TurnOff(ctx context.Context, workspace, actor string) error
}

// Stored tells what the store holds. *store.Store is one.
type Stored interface {
	TableStats(workspace string) []store.TableStats
	RowsByHour(workspace, table string) []store.HourRows
}

// Config is what a Service works with. Prober, Rules, Gate and Solutions may be nil. With Store, tables show the rows that are stored, by
// the time of their events; without, those that came in.
type Config struct {
	Connections ConnectionStore
	Meter       *Meter
	Board       *health.Board
	Prober      Prober
	Rules       IncidentRules
	Store       Stored
	Silence     Silence // zero means DefaultSilence
	Gate        Gate
	Solutions   Solutions
	// Retention returns the days for which the rows of a table answer queries; nil leaves them out.
	Retention func(ctx context.Context, workspace, table string) (days int, err error)
	// CloudOf returns the cloud of a workspace's tenant: public, usgov, usgovdod; nil is public.
	CloudOf func(workspace string) string
	Logger  *slog.Logger
}

// Service is the Defender XDR connector as people and programs see it, for all workspaces. It is safe for concurrent use.
type Service struct {
	cfg         Config
	mu          sync.Mutex
	choices     map[string]*choice
	jobs        map[string][]Job
	subscribers []func(workspace string)

	changing sync.Mutex // one change of a choice at a time
}

// choice is what one workspace chose for all connectors.
type choice struct {
	now     model.Connection            // of Defender XDR; Own names the others that are connected
	others  map[string]model.Connection // by connector
	changed chan struct{}               // closed and replaced with every change
	doubled bool                        // health was told that two connectors bring the same
}

// NewService returns the service for the workspaces, with their choices read.
func NewService(ctx context.Context, cfg Config, workspaces ...string) (*Service, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, choices: map[string]*choice{}, jobs: map[string][]Job{}}
	for _, ws := range workspaces {
		c := &choice{others: map[string]model.Connection{}, changed: make(chan struct{})}
		for _, d := range Definitions() {
			conn, err := cfg.Connections.Connection(ctx, ws, d.ID)
			if err != nil {
				return nil, err
			}
			if d.ID == DefenderXDR {
				c.now = conn
			} else {
				c.others[d.ID] = conn
			}
		}
		c.settle()
		s.choices[ws] = c
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

// Watch returns the workspace's choice for Defender XDR, and a channel that is closed when it is no longer the current one. The choice of a
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
