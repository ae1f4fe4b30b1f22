package ueba

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// The states of a prerequisite. Unknown cannot be checked and never blocks.
const (
	Met     = "met"
	NotMet  = "notMet"
	Unknown = "unknown"
)

// Prerequisite is something that must be true before people of a directory can come. Remedy says what to do.
type Prerequisite struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Remedy string `json:"remedy"`
}

// Prober checks what people of Active Directory need to come through the tenant. It may take seconds; it must heed ctx.
type Prober interface {
	Prerequisites(ctx context.Context) []Prerequisite
}

// SettingsStore keeps choices.
type SettingsStore interface {
	EntityBehavior(ctx context.Context, workspace string) (model.EntityBehavior, error)
	// SaveEntityBehavior stores the successor of the stored choice, or fails with a fault Conflict.
	SaveEntityBehavior(ctx context.Context, c model.EntityBehavior) error
}

// DataSources are the event sources that can be chosen for behavior baselines.
var DataSources = []string{"AuditLogs", "AzureActivity", "SecurityEvent", "SigninLogs"}

// directories are the directories that can be chosen, with the words of the page.
var directories = []struct{ id, title string }{
	{model.ActiveDirectory, "Active Directory (Preview)"},
	{model.AzureActiveDirectory, "Microsoft Entra ID"},
}

const (
	probeTimeout = 10 * time.Second
	probeAge     = 30 * time.Second
)

// Store keeps choices, what the sources say, and the rows that wait. *meta.DB is one.
type Store interface {
	SettingsStore
	Identities() meta.IdentityTx
	ChangeIdentities(ctx context.Context, f func(ctx context.Context, tx meta.IdentityTx) error) error
}

// Config is what a Service works with.
type Config struct {
	Store  Store
	Encode func(model.Row) (string, error) // as the row outbox wants a row
	Wake   func()                          // says that rows wait in the outbox
	Health *health.Board                   // may be nil
	Logger *slog.Logger                    // may be nil
	Now    func() time.Time                // nil is the wall clock
}

// Service is entity behavior of all workspaces. It is safe for concurrent use.
type Service struct {
	store  Store
	encode func(model.Row) (string, error)
	wake   func()
	board  *health.Board
	log    *slog.Logger
	now    func() time.Time

	mu          sync.Mutex
	workspaces  map[string]*workspace
	subscribers []func(workspace string)

	changing sync.Mutex // one change of a choice at a time
}

type workspace struct {
	Workspace
	choice  model.EntityBehavior
	changed chan struct{} // closed and replaced with every change
	prober  Prober        // nil: no tenant
	probed  time.Time
	probe   []Prerequisite
	sources []Source
	state   map[string]SourceState
}

// New returns the service, with the choices of the workspaces read.
func New(ctx context.Context, cfg Config, workspaces ...Workspace) (*Service, error) {
	s := &Service{
		store: cfg.Store, encode: cfg.Encode, wake: cfg.Wake, board: cfg.Health, log: cfg.Logger, now: cfg.Now, workspaces: map[string]*workspace{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.board == nil {
		s.board = &health.Board{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.wake == nil {
		s.wake = func() {}
	}
	for _, ws := range workspaces {
		c, err := s.store.EntityBehavior(ctx, ws.ID)
		if err != nil {
			return nil, err
		}
		s.workspaces[ws.ID] = &workspace{Workspace: ws, choice: c, changed: make(chan struct{}), state: map[string]SourceState{}}
	}
	return s, nil
}

// Add adds a source to a workspace. All must be added before the service is used.
func (s *Service) Add(ws string, src Source) {
	if w := s.workspaces[ws]; w != nil {
		w.sources = append(w.sources, src)
	}
}

// SetProber says how the tenant of a workspace is asked about sensors. It must be called before the service is used.
func (s *Service) SetProber(ws string, p Prober) {
	if w := s.workspaces[ws]; w != nil {
		w.prober = p
	}
}

// Subscribe calls f after every change of a workspace's choice or of a source's state. f must not block.
func (s *Service) Subscribe(f func(workspace string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers = append(s.subscribers, f)
}

func (s *Service) notify(ws string) {
	s.mu.Lock()
	fs := slices.Clone(s.subscribers)
	s.mu.Unlock()
	for _, f := range fs {
		f(ws)
	}
}

func (s *Service) workspace(ws string) (*workspace, error) {
	if w := s.workspaces[ws]; w != nil {
		return w, nil
	}
	return nil, fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", ws)
}

// watch returns the workspace's choice, and a channel that is closed when it is no longer the current one.
func (s *Service) watch(w *workspace) (model.EntityBehavior, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return w.choice, w.changed
}

// Change is a change of a choice. What is nil stays as it is.
type Change struct {
	Enabled     *bool
	Directories *[]string
	DataSources *[]string
	Etag        string // of the choice that was seen, "" for whatever there is
}

// Set changes the choice of a workspace. Turning on Active Directory is refused with the reason when its people cannot
// come: no healthy sensor of Defender for Identity, and no domain controller configured. What cannot be checked does not
// block. A choice that is already made is not checked again.
func (s *Service) Set(ctx context.Context, ws string, c Change, actor string) error {
	w, err := s.workspace(ws)
	if err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	old, _ := s.watch(w)
	if c.Etag != "" && c.Etag != Etag(old) {
		return fault.New(fault.Conflict, "etag_mismatch", "The entity behavior configuration was changed meanwhile. Load it again and repeat the change.")
	}
	next, err := apply(old, c)
	if err != nil {
		return err
	}
	if follows(next, model.ActiveDirectory) && !follows(old, model.ActiveDirectory) {
		if err := s.admit(ctx, w); err != nil {
			return err
		}
	}
	if next.Enabled == old.Enabled && slices.Equal(next.Directories, old.Directories) && slices.Equal(next.DataSources, old.DataSources) && old.Version > 0 {
		return nil
	}
	next.ChangedBy, next.ChangedAt, next.Version = actor, s.now().UTC().Truncate(time.Millisecond), old.Version+1
	if err := s.store.SaveEntityBehavior(ctx, next); err != nil {
		return err
	}
	s.mu.Lock()
	w.choice = next
	close(w.changed)
	w.changed = make(chan struct{})
	s.mu.Unlock()
	s.notify(ws)
	return nil
}

func apply(old model.EntityBehavior, c Change) (model.EntityBehavior, error) {
	next := old
	var err error
	if c.Enabled != nil {
		next.Enabled = *c.Enabled
	}
	if c.Directories != nil {
		known := make([]string, len(directories))
		for i, d := range directories {
			known[i] = d.id
		}
		if next.Directories, err = oneOf("directory", *c.Directories, known); err != nil {
			return next, err
		}
	}
	if c.DataSources != nil {
		next.DataSources, err = oneOf("data source", *c.DataSources, DataSources)
	}
	return next, err
}

// oneOf returns the names in their right spelling, sorted, each once.
func oneOf(what string, names, known []string) ([]string, error) {
	var out []string
	for _, n := range names {
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(n)) })
		if i < 0 {
			return nil, fault.New(fault.Invalid, "ueba_unknown_name", "There is no %s %q for entity behavior. There are: %s.", what, n, strings.Join(known, ", "))
		}
		out = append(out, known[i])
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// follows reports whether people of the directory come under the choice.
func follows(c model.EntityBehavior, directory string) bool {
	return c.Enabled && slices.Contains(c.Directories, directory)
}

// Etag is the version of a choice as programs see it.
func Etag(c model.EntityBehavior) string { return `"` + strconv.FormatInt(c.Version, 10) + `"` }

// admit refuses Active Directory when its people cannot come.
func (s *Service) admit(ctx context.Context, w *workspace) error {
	if w.direct() {
		return nil
	}
	if w.prober == nil {
		return fault.New(fault.Conflict, "ueba_no_tenant", "Active Directory cannot be turned on: no tenant is configured through which its people could come. Add tenant.id and tenant.credential, or a domain controller under directory, to the workspace in the server's configuration.")
	}
	var why []string
	for _, p := range s.prerequisites(ctx, w, true) {
		if p.State == NotMet {
			why = append(why, p.Remedy)
		}
	}
	if len(why) > 0 {
		return fault.New(fault.Conflict, "ueba_no_sensor", "Active Directory cannot be turned on: its people come through Microsoft Defender for Identity. %s", strings.Join(why, " "))
	}
	return nil
}

// direct reports whether a domain controller is configured, so that nothing is needed of the tenant.
func (w *workspace) direct() bool {
	return slices.ContainsFunc(w.sources, func(src Source) bool { return src.Directory() == model.ActiveDirectory && src.Direct() })
}

// prerequisites asks the tenant, at most every half minute unless it must be now.
func (s *Service) prerequisites(ctx context.Context, w *workspace, now bool) []Prerequisite {
	if w.prober == nil {
		return []Prerequisite{}
	}
	s.mu.Lock()
	known, at := w.probe, w.probed
	s.mu.Unlock()
	if !now && time.Since(at) < probeAge {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	got := w.prober.Prerequisites(ctx)
	s.mu.Lock()
	w.probe, w.probed = got, time.Now()
	s.mu.Unlock()
	return got
}
