package blob

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"github.com/vedette-siem/vedette/internal/connector"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
)

// Config names one storage account and how to reach it.
type Config struct {
	Workspace            string
	Account              string // names positions and provenance; must never change
	URL                  string // of the account, https; "" leaves it to the connection string
	Prefix               string // begins the names of the containers; "" means insights-logs-
	ConnectionStringFile string // with the account's key or a shared access signature; read again with every poll
	// Identity signs in by Entra ID instead, with the right to read data; it needs URL.
	Identity Identity
	CAFile   string // further trusted authorities, PEM; "" for the system's alone
	// Poll is how often the blobs of today and yesterday are looked at; 0 means 15 s.
	Poll time.Duration
	// Bad says when so many records are bad that the stream pauses itself.
	Bad connector.BadLimit
}

// Identity signs in to the directory of an account. It must be safe for concurrent use and keep tokens while they are good.
type Identity interface {
	azcore.TokenCredential
	// Renew forgets the tokens: one was refused.
	Renew()
	// Fingerprint changes when what the identity signs in with does.
	Fingerprint() string
	// Name is for people.
	Name() string
}

// Deps are what a stream works with. Budget is shared by all streams of the process, Intake by those of a workspace.
type Deps struct {
	Appender ingest.Appender
	Intake   *ingest.Intake
	Budget   *ingest.Budget
	Meter    *connector.Meter
	Report   connector.Reporter
	// Watch returns the workspace's choice and a channel that is closed when it changes.
	Watch func() (model.Connection, <-chan struct{})
	// Pause stops the stream until somebody resumes it: its ctx ends.
	Pause  func(ctx context.Context, reason, text string) error
	Logger *slog.Logger
}

// Stream reads one storage account into a workspace.
type Stream struct {
	cfg     Config
	deps    Deps
	health  condition
	client  atomic.Pointer[azblob.Client]
	quality *connector.Quality
	paused  atomic.Bool   // paused itself before: who resumed it knows what comes
	redial  atomic.Bool   // the client must be made anew
	signed  atomic.Int64  // until when the signature is good, in seconds since 1970; 0 without one
	anewAt  atomic.Int64  // when a blob was last found to be made anew, in seconds since 1970; 0 when people were told long enough
	slots   chan struct{} // one for each piece that may be under way

	mu      sync.Mutex
	reading map[string]bool // by container
}

const (
	defaultPoll = 15 * time.Second
	allEvery    = time.Hour // how often all blobs are listed
	pieces      = 4
	anewNotice  = time.Hour // how long people are told of a blob made anew
	pageSize    = 1000
)

// New returns the stream of a storage account.
func New(cfg Config, deps Deps) (*Stream, error) {
	switch {
	case cfg.Account == "":
		return nil, fault.New(fault.Invalid, "blob_account_missing", "A storage account of workspace %s has no name. Set streaming.storage.accountUrl.", cfg.Workspace)
	case cfg.ConnectionStringFile == "" && cfg.Identity == nil:
		return nil, fault.New(fault.Invalid, "blob_secret_missing", "Storage account %s has no connection string. Set streaming.storage.connectionStringFile to a file that holds it, or streaming.storage.auth.", cfg.Account)
	case cfg.Identity != nil && !strings.HasPrefix(cfg.URL, "https://"):
		return nil, fault.New(fault.Invalid, "blob_address_missing", "Storage account %s has no https address. Set streaming.storage.accountUrl.", cfg.Account)
	}
	if cfg.Poll == 0 {
		cfg.Poll = defaultPoll
	}
	if cfg.Prefix == "" {
		cfg.Prefix = "insights-logs-"
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.Pause == nil {
		return nil, fault.New(fault.Internal, "blob_pause_missing", "Storage account %s was set up without a way to pause it.", cfg.Account)
	}
	s := &Stream{cfg: cfg, deps: deps, health: condition{report: deps.Report, troubles: map[string]trouble{}}, slots: make(chan struct{}, pieces), reading: map[string]bool{}}
	s.watchQuality()
	return s, nil
}

// watchQuality begins to count bad records anew, as a stream does when it starts.
func (s *Stream) watchQuality() {
	s.quality = &connector.Quality{
		What: "storage account " + s.cfg.Account, Source: "blob/" + s.cfg.Account, Stream: s.Name(), Limit: s.cfg.Bad, Logger: s.deps.Logger,
		Warn: func(text string) { s.health.warn("bad", connector.ReasonBad, text) },
		Pause: func(ctx context.Context, reason, text string) error {
			s.paused.Store(true)
			return s.deps.Pause(ctx, reason, text)
		},
	}
	if s.paused.Swap(false) {
		s.quality.Free()
	}
}

// StreamName returns the name of the stream that reads the account.
func StreamName(account string) string { return "events/" + account }

// Name returns "events/<account>".
func (s *Stream) Name() string { return StreamName(s.cfg.Account) }

// Wanted reports whether a choice needs the events of an account.
func Wanted(c model.Connection) bool { return len(c.Tables) > 0 }
