package eventhub

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// Config names one hub and how to reach it.
type Config struct {
	Workspace     string
	Brokers       []string // host:port of the namespace's Kafka endpoint
	Hub           string
	ConsumerGroup string // positions are committed there for dashboards; "" for none
	// Shared divides the hub among the processes of the consumer group; Node is this one's name, never another's.
	Shared bool
	Node   string
	// Session is after how long without a sign of life another process takes over; 0 means 30 s.
	Session              time.Duration
	ConnectionStringFile string // read again whenever a connection is made
	// Identity signs in by Entra ID instead of by connection string, with the right to receive data.
	Identity Identity
	CAFile   string // further trusted authorities, PEM; "" for the system's alone
	// Name is the hub's name in provenance and positions; "" means Hub. It must be set where two namespaces have hubs of
	// one name, and must never change.
	Name string
	// Probe is how often partitions, lag and reachability are looked at; 0 means 15 s.
	Probe time.Duration
	// Retention is how long the hub keeps messages; 0 means to ask the hub.
	Retention time.Duration
	// Bad says when so many records are bad that the stream pauses itself.
	Bad connector.BadLimit
}

// Ticks keeps since when the tables of a partition are stored.
type Ticks interface {
	Ticks(ctx context.Context, workspace, source string, partition int32) ([]model.Tick, error)
	SaveTicks(ctx context.Context, workspace string, ticks []model.Tick) error
}

// Deps are what a stream works with. Budget is shared by all streams of the process, Intake by those of a workspace.
type Deps struct {
	Appender ingest.Appender
	Intake   *ingest.Intake
	Budget   *ingest.Budget
	Ticks    Ticks
	Meter    *connector.Meter
	Report   connector.Reporter
	// Watch returns the workspace's choice and a channel that is closed when it changes.
	Watch func() (model.Connection, <-chan struct{})
	// Pause stops the stream until somebody resumes it: its ctx ends.
	Pause  func(ctx context.Context, reason, text string) error
	Logger *slog.Logger
}

// Stream reads one hub into a workspace.
type Stream struct {
	cfg    Config
	deps   Deps
	health condition
	looked map[int32]int64 // up to which positions the partitions were looked at while nothing was stored
	paused bool            // paused itself before: who resumed it knows what comes
}

// New returns the stream of a hub.
func New(cfg Config, deps Deps) (*Stream, error) {
	switch {
	case cfg.Hub == "":
		return nil, fault.New(fault.Invalid, "hub_missing", "An event hub of workspace %s has no name. Set streaming.eventHubs.hubs.", cfg.Workspace)
	case len(cfg.Brokers) == 0:
		return nil, fault.New(fault.Invalid, "hub_brokers_missing", "Event hub %s has no broker. Set streaming.eventHubs.brokers to <namespace>.servicebus.windows.net:9093.", cfg.Hub)
	case cfg.ConnectionStringFile == "" && cfg.Identity == nil:
		return nil, fault.New(fault.Invalid, "hub_secret_missing", "Event hub %s has no connection string. Set streaming.eventHubs.connectionStringFile to a file that holds it, or streaming.eventHubs.auth.", cfg.Hub)
	case cfg.Shared && (cfg.ConsumerGroup == "" || cfg.Node == ""):
		return nil, fault.New(fault.Invalid, "hub_group_missing", "Event hub %s is to be shared, but has no consumer group. Set streaming.eventHubs.consumerGroup.", cfg.Hub)
	}
	if cfg.Name == "" {
		cfg.Name = cfg.Hub
	}
	if cfg.Probe == 0 {
		cfg.Probe = 15 * time.Second
	}
	if deps.Pause == nil {
		return nil, fault.New(fault.Internal, "hub_pause_missing", "Event hub %s was set up without a way to pause it.", cfg.Hub)
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	return &Stream{cfg: cfg, deps: deps, health: condition{report: deps.Report}, looked: map[int32]int64{}}, nil
}

// StreamName returns the name of the stream that reads the hub of that name.
func StreamName(hub string) string { return "events/" + hub }

// Name returns "events/<hub>".
func (s *Stream) Name() string { return StreamName(s.cfg.Name) }

// Wanted reports whether a choice needs the events of a hub.
func Wanted(c model.Connection) bool { return len(c.Tables) > 0 }

// namespace names the hub's place in messages.
func (s *Stream) namespace() string { return strings.Join(s.cfg.Brokers, ",") }

// source returns the name of the hub's positions in a generation.
func (s *Stream) source(generation int) string {
	if generation == 0 {
		return "hub/" + s.cfg.Name
	}
	return fmt.Sprintf("hub/%s~%d", s.cfg.Name, generation)
}
