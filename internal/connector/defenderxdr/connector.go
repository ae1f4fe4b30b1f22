package defenderxdr

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Graph is what the connector needs of Microsoft Graph; *msgraph.Client is it.
type Graph interface {
	List(ctx context.Context, col msgraph.Collection, from, to time.Time, top int, p msgraph.Priority) (*msgraph.Page, error)
	Next(ctx context.Context, col msgraph.Collection, page *msgraph.Page, p msgraph.Priority) (*msgraph.Page, error)
	IDs(ctx context.Context, col msgraph.Collection, from, to time.Time, p msgraph.Priority) ([]string, error)
	Get(ctx context.Context, col msgraph.Collection, id string, p msgraph.Priority) (json.RawMessage, error)
	PatchIncident(ctx context.Context, id string, properties map[string]any, p msgraph.Priority) (json.RawMessage, error)
	CommentIncident(ctx context.Context, id, text string, p msgraph.Priority) ([]json.RawMessage, error)
	FindUser(ctx context.Context, login string, p msgraph.Priority) (msgraph.User, error)
	FindUsers(ctx context.Context, logins []string, p msgraph.Priority) ([]msgraph.User, error)
	SearchUsers(ctx context.Context, text string, p msgraph.Priority) ([]msgraph.User, error)
	Organization(ctx context.Context) (msgraph.Organization, error)
	Plans(ctx context.Context) ([]msgraph.Plan, error)
	Token(ctx context.Context) (msgraph.Token, error)
}

// Sink is where one workspace keeps what is pulled.
type Sink interface {
	// Reserve keeps incident numbers for a history of n incidents, so that it is numbered below what comes later.
	Reserve(ctx context.Context, n int) error
	// MergeIncidents merges listed versions. It returns the ids that must be read by id, with the hash of the row.
	MergeIncidents(ctx context.Context, rows []model.TenantIncident, history bool) (fetch map[string]string, err error)
	// SettleIncident merges a version that was read by id because of the listed row with that hash ("" when there was none).
	SettleIncident(ctx context.Context, r model.TenantIncident, listed string) error
	// MergeAlerts merges versions of alerts that the tenant listed at that time of its own; those it returns must be read by id.
	MergeAlerts(ctx context.Context, rows []model.Alert, at time.Time) (fetch map[string]string, err error)
	// SettleAlert merges a version that was read by id, because of a row that was listed at that time.
	SettleAlert(ctx context.Context, a model.Alert, listed string, at time.Time) error

	Checkpoint(ctx context.Context, stream string) (string, error)
	PutCheckpoint(ctx context.Context, stream, body string) error
	Quarantine(ctx context.Context, stream, id, reason string) error
	Release(ctx context.Context, stream, id string) error
	Quarantined(ctx context.Context, stream string) ([]string, error)
	// Count returns how many objects of the stream are here.
	Count(ctx context.Context, stream string) (int, error)

	// UnknownPeople returns those of the logins that were not looked up lately.
	UnknownPeople(ctx context.Context, logins []string) ([]string, error)
	// PutPerson keeps what the directory says of a login; nil: it has none.
	PutPerson(ctx context.Context, login string, o *model.Owner) error
	// OpenIncidents returns the numbers of incidents that are open or were changed since the time.
	OpenIncidents(ctx context.Context, since time.Time) ([]int64, error)
}

// Config of one workspace's connection.
type Config struct {
	Workspace string // id, for health reports
	Graph     Graph
	Sink      Sink
	Worker    *syncback.Worker // sends changes; its Remote is NewRemote(Graph)
	Health    *health.Board
	Logger    *slog.Logger
	Poll      time.Duration  // 0 is 30 s
	Overlap   time.Duration  // how long the tenant's index may lag; 0 is 10 min
	History   time.Duration  // how far back the first read goes newest first; 0 is 190 days. What is older comes last.
	Reconcile time.Duration  // how often open incidents are read by id; 0 is 6 h
	Clock     syncback.Clock // nil is the wall clock
	// Budget returns the share of the hour's requests that is left, 0 to 1; nil is always enough.
	Budget func() float64

	looked *atomic.Pointer[time.Time] // when somebody last looked at an incident
}

// Connector pulls from and writes to one tenant for one workspace.
type Connector struct {
	cfg     Config
	streams []*stream
	back    *writeBack
}

// New returns a connector. Nothing runs before its streams do.
func New(cfg Config) *Connector {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&cfg.Poll, 30*time.Second)
	def(&cfg.Overlap, 10*time.Minute)
	def(&cfg.History, 190*24*time.Hour)
	def(&cfg.Reconcile, 6*time.Hour)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Health == nil {
		cfg.Health = &health.Board{}
	}
	if cfg.Clock == nil {
		cfg.Clock = wall{}
	}
	cfg.looked = &atomic.Pointer[time.Time]{}
	c := &Connector{cfg: cfg, back: &writeBack{cfg: cfg, opened: make(chan int64, 64)}}
	people := &people{cfg: cfg}
	c.streams = []*stream{
		newStream(cfg, "incidents", msgraph.Incidents, &incidentRows{cfg: cfg, people: people, read: Incident}),
		newStream(cfg, "alerts", msgraph.Alerts, &alertRows{cfg: cfg}),
	}
	return c
}

// wall is the clock of this host.
type wall struct{}

// Now implements syncback.Clock.
func (wall) Now() time.Time { return time.Now() }

// Streams returns the two pulls and the way back. Each may be run again after it ended.
func (c *Connector) Streams() []connector.Stream {
	return []connector.Stream{c.streams[0], c.streams[1], c.back}
}

// Poll makes both pulls look at the tenant at once.
func (c *Connector) Poll() {
	for _, s := range c.streams {
		s.kick()
	}
}

// Progress is how far a pull has come.
type Progress struct {
	Stream    string
	LastSync  time.Time     // end of the last complete read; zero before it
	Watermark time.Time     // the tenant's changes before this are here
	History   bool          // the first read of the past is done
	IndexLag  time.Duration // how late the tenant's list showed a change at worst, of the last day
}

// Repairs returns how often reading by id has found what the lists should have shown long before.
func (c *Connector) Repairs() int64 { return c.back.repairs.Load() }

// Progress returns how far the pulls have come.
func (c *Connector) Progress() []Progress {
	var out []Progress
	for _, s := range c.streams {
		out = append(out, s.progress())
	}
	return out
}

// report tells the health board of a component of this connector.
func (cfg Config) report(component string, status health.Status, reason, description string) {
	cfg.Health.Report(health.Report{
		Workspace: cfg.Workspace, Component: connector.Component(connector.DefenderXDR, component), Status: status, Reason: reason, Description: description,
	})
}

// writeBack is the stream that sends changes and repairs what the pull may have missed.
type writeBack struct {
	cfg     Config
	mu      sync.Mutex // one Run at a time
	opened  chan int64
	repairs atomic.Int64
}

// Name implements connector.Stream.
func (w *writeBack) Name() string { return "write-back" }
