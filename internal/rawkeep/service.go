package rawkeep

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// Workspace is what is kept and replayed of a workspace.
type Workspace struct {
	ID     string
	Keeper *Keeper
	Intake *ingest.Intake
}

// Repo keeps what people chose.
type Repo interface {
	SaveRawKeep(ctx context.Context, workspace string, k model.RawKeep) error
	RawKeep(ctx context.Context, workspace string) (k model.RawKeep, chosen bool, err error)
}

// Service keeps and replays for all workspaces, one replay a workspace. It is safe for concurrent use.
type Service struct {
	cfg Config
	log *slog.Logger
	all map[string]*Workspace

	mu     sync.Mutex
	chosen map[string]model.RawKeep
	last   map[string]*Progress
	cancel map[string]context.CancelFunc // of the last
	ctx    context.Context               //nolint:containedctx // of Run: replays end with it
	wg     sync.WaitGroup
}

// Config is what a Service works with. Tables names the tables that are connected; Stored, if set, hears of what was stored.
type Config struct {
	Repo   Repo
	Store  *store.Store
	Budget *ingest.Budget
	Tables func(workspace string) []string
	Stored func(workspace string, c ingest.Counts)
	Logger *slog.Logger
}

// New returns the service, its keepers set to what people chose. Replays run while Run does.
func New(ctx context.Context, c Config, workspaces ...Workspace) (*Service, error) {
	s := &Service{cfg: c, log: c.Logger, all: map[string]*Workspace{}, chosen: map[string]model.RawKeep{}, last: map[string]*Progress{}, cancel: map[string]context.CancelFunc{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, w := range workspaces {
		s.all[w.ID] = &w
		k, chosen, err := c.Repo.RawKeep(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		if chosen {
			s.chosen[w.ID] = k
			if err := w.Keeper.allow(k.Days, k.MaxBytes); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// Run keeps the folders in order and lets replays run, until ctx ends and all of them have stopped.
func (s *Service) Run(ctx context.Context) error {
	s.mu.Lock()
	s.ctx = ctx
	s.mu.Unlock()
	for _, w := range s.all {
		s.wg.Go(func() {
			if err := w.Keeper.Run(ctx); err != nil {
				s.log.WarnContext(ctx, "originals not closed", "workspace", w.ID, "err", err)
			}
		})
	}
	<-ctx.Done()
	s.mu.Lock()
	s.ctx = nil
	s.mu.Unlock()
	s.wg.Wait()
	return nil
}

func (s *Service) workspace(id string) (*Workspace, error) {
	if w := s.all[id]; w != nil {
		return w, nil
	}
	return nil, fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", id)
}

// on is workspace for what needs originals.
func (s *Service) on(id string) (*Workspace, error) {
	w, err := s.workspace(id)
	if err != nil {
		return nil, err
	}
	if st, err := w.Keeper.State(); err != nil || st.Days > 0 {
		return w, err
	}
	return nil, fault.New(fault.Conflict, "raw_off", "No originals are kept in this workspace, so there is nothing to replay. Keep them from now on: vedette raw set --days 3.")
}

// The bounds of what can be chosen.
const (
	mostDays   = 4383
	leastBytes = 256 << 20
)

// Set changes for how many days the messages of a workspace are kept, 0 for none, and how many bytes of them, 0 for 10 GB. Without
// days what is kept is removed.
func (s *Service) Set(ctx context.Context, workspace string, days int, most int64, actor string) error {
	w, err := s.workspace(workspace)
	switch {
	case err != nil:
		return err
	case days < 0 || days > mostDays:
		return fault.New(fault.Invalid, "raw_days", "%d days: originals are kept for 1 to %d days, or not at all (0).", days, mostDays)
	case most < 0 || most > 0 && most < leastBytes:
		return fault.New(fault.Invalid, "raw_bytes", "%d bytes are not enough: give originals %d MB or more.", most, leastBytes>>20)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.last[workspace]; days == 0 && p != nil && p.State == running {
		return fault.New(fault.Conflict, "replay_running", "A replay reads the originals now. Stop it first, or wait for its end.")
	}
	k := model.RawKeep{Days: days, MaxBytes: most, ChangedBy: actor, ChangedAt: time.Now().UTC().Truncate(time.Millisecond)}
	if err := s.cfg.Repo.SaveRawKeep(ctx, workspace, k); err != nil {
		return err
	}
	s.chosen[workspace] = k
	return w.Keeper.Set(days, most)
}

// State returns what is kept, and the last replay or nil.
func (s *Service) State(workspace string) (State, *Progress, error) {
	w, err := s.workspace(workspace)
	if err != nil {
		return State{}, nil, err
	}
	st, err := w.Keeper.State()
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.chosen[workspace]
	st.ChangedBy, st.ChangedAt = k.ChangedBy, k.ChangedAt
	if p := s.last[workspace]; p != nil {
		now := *p
		now.ByTable = maps.Clone(p.ByTable)
		return st, &now, err
	}
	return st, nil, err
}
