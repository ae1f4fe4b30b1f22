package backfill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/store"
)

// Tenant reads events from the tenant. With an error for which TooMany says yes, the time holds more than can be read at once.
type Tenant interface {
	Rows(ctx context.Context, table string, from, to time.Time) ([][]byte, error)
}

// Keeper keeps backfills, so that a restart goes on with them.
type Keeper interface {
	SaveBackfill(ctx context.Context, workspace string, b model.Backfill) error
	Backfills(ctx context.Context, workspace string) ([]model.Backfill, error)
}

// Missing compares a table with the tenant now and returns the hours with missing rows.
type Missing func(ctx context.Context, workspace, table string, from, to time.Time) ([]model.HourCount, error)

// Workspace is what is filled. Tenant is nil where none is configured.
type Workspace struct {
	ID     string
	Tenant Tenant
	Intake *ingest.Intake
	// First says what happens when one of Tables, those that are connected now, is connected for the first time; Ready whether all that
	// its sources hold has been read. Without Tables nothing happens.
	First  string
	Tables func() []string
	Ready  func() bool
}

// Config is what a Service works with. Stored, if set, hears of what was stored.
type Config struct {
	Store   *store.Store
	Budget  *ingest.Budget // nil makes one of its own
	Keeper  Keeper
	Missing Missing
	TooMany func(error) bool
	Stored  func(workspace string, c ingest.Counts)
	// Pulled, if set, names the tables whose events are fetched otherwise too.
	Pulled func(workspace string) []string
	Logger *slog.Logger
	Now    func() time.Time
}

// lookBack is how far back the tenant keeps events.
const lookBack = 30 * 24 * time.Hour

// Service fills all workspaces, a table at a time. It is safe for concurrent use.
type Service struct {
	cfg  Config
	all  map[string]*Workspace
	wake chan struct{}

	mu      sync.Mutex
	jobs    map[string]map[string]*model.Backfill // by workspace and table
	running context.CancelFunc                    // of the job that runs
	current *model.Backfill
}

// New returns the service with the backfills that a restart interrupted waiting again. Run must be called for anything to happen.
func New(ctx context.Context, cfg Config, workspaces ...Workspace) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Budget == nil {
		cfg.Budget = ingest.NewBudget(0)
	}
	s := &Service{cfg: cfg, all: map[string]*Workspace{}, wake: make(chan struct{}, 1), jobs: map[string]map[string]*model.Backfill{}}
	for _, w := range workspaces {
		s.all[w.ID] = &w
		s.jobs[w.ID] = map[string]*model.Backfill{}
		old, err := cfg.Keeper.Backfills(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		for _, b := range old {
			if b.State == model.BackfillRunning {
				b.State = model.BackfillWaiting
			}
			s.jobs[w.ID][b.Table] = &b
		}
	}
	return s, nil
}

// Start puts tables in line. A zero from means all that the tenant keeps. A table that waits or runs already stays as it is.
func (s *Service) Start(ctx context.Context, workspace string, tables []string, from, to time.Time, actor string) error {
	w := s.all[workspace]
	now := s.cfg.Now().UTC().Truncate(time.Millisecond)
	switch {
	case w == nil:
		return fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", workspace)
	case w.Tenant == nil:
		return fault.New(fault.Conflict, "no_tenant", "Nothing can be fetched: no tenant is configured for this workspace. Set tenant.id and tenant.credential.")
	case len(tables) == 0:
		return fault.New(fault.Invalid, "tables_missing", "Say which tables are to be filled.")
	}
	for _, t := range tables {
		if !ingest.Selectable(t) {
			return fault.New(fault.Invalid, "table_not_streamed", "%q is not a table of the tenant's hunting events.", t)
		}
	}
	oldest := now.Add(-lookBack).Truncate(time.Hour).Add(time.Hour)
	if from.Before(oldest) {
		from = oldest
	}
	if to.IsZero() || to.After(now) {
		to = now
	}
	for _, t := range tables {
		s.mu.Lock()
		old := s.jobs[workspace][t]
		if old != nil && (old.State == model.BackfillWaiting || old.State == model.BackfillRunning) {
			s.mu.Unlock()
			continue
		}
		b := &model.Backfill{Table: t, From: from.UTC().Truncate(time.Hour), To: to.UTC(), State: model.BackfillWaiting, Actor: actor, Started: now, Updated: now}
		s.jobs[workspace][t] = b
		s.mu.Unlock()
		if err := s.cfg.Keeper.SaveBackfill(ctx, workspace, *b); err != nil {
			return err
		}
	}
	s.nudge()
	return nil
}

// Stop ends a table's backfill; what it stored stays.
func (s *Service) Stop(ctx context.Context, workspace, table string) error {
	s.mu.Lock()
	b := s.jobs[workspace][table]
	if b == nil {
		s.mu.Unlock()
		return fault.New(fault.NotFound, "backfill_not_found", "Table %s has no backfill.", table)
	}
	if b.State == model.BackfillWaiting || b.State == model.BackfillRunning {
		b.State = model.BackfillStopped
		if b == s.current {
			s.running()
		}
	}
	now := *b
	s.mu.Unlock()
	return s.cfg.Keeper.SaveBackfill(ctx, workspace, now)
}

// List returns the last backfill of each table, by table.
func (s *Service) List(workspace string) []model.Backfill {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []model.Backfill{}
	for _, b := range s.jobs[workspace] {
		v := *b
		if v.State == model.BackfillRunning && v.Done > 0 && v.Hours > v.Done {
			left := v.Updated.Sub(v.Started).Seconds() / float64(v.Done) * float64(v.Hours-v.Done)
			v.SecondsLeft = &left
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b model.Backfill) int { return strings.Compare(a.Table, b.Table) })
	return out
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run fills what waits, one table after the other, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for id, w := range s.all {
		if err := s.remember(ctx, w); err != nil && ctx.Err() == nil {
			s.cfg.Logger.WarnContext(ctx, "rows pulled before are not known; late ones may come twice", "workspace", id, "err", err)
		}
	}
	for {
		w, b, job := s.next(ctx)
		if b == nil {
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		err := s.fill(job, w, b)
		s.mu.Lock()
		s.running()
		s.current = nil
		b.Updated = s.cfg.Now().UTC().Truncate(time.Millisecond)
		switch {
		case ctx.Err() != nil:
			b.State = model.BackfillWaiting // goes on after the restart
		case b.State == model.BackfillStopped:
		case err != nil:
			b.State, b.Problem = model.BackfillFailed, err.Error()
		default:
			b.State, b.Problem = model.BackfillDone, ""
		}
		now := *b
		s.mu.Unlock()
		if err := s.cfg.Keeper.SaveBackfill(context.WithoutCancel(ctx), w.ID, now); err != nil {
			s.cfg.Logger.WarnContext(ctx, "backfill not kept", "table", b.Table, "err", err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// next takes the job that waited longest.
func (s *Service) next(ctx context.Context) (*Workspace, *model.Backfill, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var w *Workspace
	var b *model.Backfill
	for id, tables := range s.jobs {
		for _, j := range tables {
			if j.State == model.BackfillWaiting && s.all[id].Tenant != nil && (b == nil || j.Started.Before(b.Started) || j.Started.Equal(b.Started) && j.Table < b.Table) {
				w, b = s.all[id], j
			}
		}
	}
	if b == nil {
		return nil, nil, nil
	}
	job, cancel := context.WithCancel(ctx)
	b.State, s.running, s.current = model.BackfillRunning, cancel, b
	return w, b, job
}

// fill fetches the missing hours of a table, the newest first.
func (s *Service) fill(ctx context.Context, w *Workspace, b *model.Backfill) error {
	s.note(ctx, w.ID, b, func() { b.Done, b.Hours, b.Problem = 0, 0, "" })
	hours, err := s.cfg.Missing(ctx, w.ID, b.Table, b.From, b.To)
	if err != nil {
		return err
	}
	s.note(ctx, w.ID, b, func() { b.Hours = len(hours) })
	slices.SortFunc(hours, func(x, y model.HourCount) int { return y.Hour.Compare(x.Hour) })
	var failed []error
	for _, h := range hours {
		n, err := s.span(ctx, w, b.Table, h.Hour, h.Hour.Add(time.Hour))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.cfg.Logger.WarnContext(ctx, "hour not filled", "table", b.Table, "hour", h.Hour, "err", err)
			failed = append(failed, fmt.Errorf("%s: %w", h.Hour.Format(time.RFC3339), err))
		}
		s.note(ctx, w.ID, b, func() { b.Done, b.Rows = b.Done+1, b.Rows+n })
	}
	if len(failed) > 3 {
		failed = append(failed[:3], fmt.Errorf("and %d more hours", len(failed)-3))
	}
	if len(failed) == 0 && len(hours) > 0 {
		// The report shows what is so now.
		_, err = s.cfg.Missing(ctx, w.ID, b.Table, b.From, b.To)
		return err
	}
	return errors.Join(failed...)
}

// note changes a job and keeps it.
func (s *Service) note(ctx context.Context, workspace string, b *model.Backfill, change func()) {
	s.mu.Lock()
	change()
	b.Updated = s.cfg.Now().UTC().Truncate(time.Millisecond)
	now := *b
	s.mu.Unlock()
	if err := s.cfg.Keeper.SaveBackfill(ctx, workspace, now); err != nil && ctx.Err() == nil {
		s.cfg.Logger.WarnContext(ctx, "backfill not kept", "table", b.Table, "err", err)
	}
}
