package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
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

// Tenant answers tables. Part's rows are those of one part of a number of parts, by the hash of an expression; with an error
// for which TooMany says yes the part is halved.
type Tenant interface {
	Count(ctx context.Context, table string) (int64, error)
	Part(ctx context.Context, table, by string, part, of int) ([]map[string]json.RawMessage, error)
}

// Keeper keeps the schedule and where runs are.
type Keeper interface {
	SaveSnapshot(ctx context.Context, workspace string, s model.Snapshot) error
	Snapshots(ctx context.Context, workspace string) ([]model.Snapshot, error)
}

// Workspace is where rows go. Tenant is nil where none is configured. Wanted tells whether the workspace is connected now.
type Workspace struct {
	ID     string
	Tenant Tenant
	Intake *ingest.Intake
	Wanted func() bool
}

// Config is what a Service works with. Stored, if set, hears of what was stored.
type Config struct {
	Store  *store.Store
	Keeper Keeper
	Budget *ingest.Budget
	// Events stores the events of a table between two times that are not stored yet, and returns how many.
	Events func(ctx context.Context, workspace, table string, from, to time.Time) (int64, error)
	// TooMany and Missing tell errors of the tenant apart: too many rows, and no such table.
	TooMany, Missing func(error) bool
	Stored           func(workspace string, c ingest.Counts)
	Board            *health.Board
	Logger           *slog.Logger
	Now              func() time.Time
	First            time.Duration // from the start until the first run, default five minutes: incidents go first
}

const (
	// retryAfter is when a run that failed goes on.
	retryAfter = 15 * time.Minute
	// resumeWithin is how old a run may be to go on; an older one begins anew.
	resumeWithin = 12 * time.Hour
	look         = 30 * time.Second // how often the schedule is looked at, for a workspace that is connected meanwhile

	component = "connector/defender-xdr/snapshots"
)

// Service fetches for all workspaces, a table at a time. It is safe for concurrent use.
type Service struct {
	cfg   Config
	all   map[string]*Workspace
	wake  chan struct{}
	begun time.Time

	mu   sync.Mutex
	jobs map[string]map[string]*model.Snapshot // by workspace and table
}

// New returns the service. Run must be called for anything to happen.
func New(ctx context.Context, cfg Config, workspaces ...Workspace) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.First <= 0 {
		cfg.First = 5 * time.Minute
	}
	if cfg.Budget == nil {
		cfg.Budget = ingest.NewBudget(0)
	}
	s := &Service{cfg: cfg, all: map[string]*Workspace{}, wake: make(chan struct{}, 1), begun: cfg.Now(), jobs: map[string]map[string]*model.Snapshot{}}
	for _, w := range workspaces {
		s.all[w.ID] = &w
		s.jobs[w.ID] = map[string]*model.Snapshot{}
		for _, d := range defaults() {
			s.jobs[w.ID][d.Table] = &d
		}
		kept, err := cfg.Keeper.Snapshots(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			s.jobs[w.ID][k.Table] = &k
		}
	}
	return s, nil
}

// Change is a change of a snapshot; what is nil, zero or empty stays.
type Change struct {
	On    *bool
	Every time.Duration
	Kind  string
}

// Set changes the schedule of a table; one that has none gets it.
func (s *Service) Set(ctx context.Context, workspace, table string, c Change) error {
	if err := s.can(workspace); err != nil {
		return err
	}
	s.mu.Lock()
	j := s.jobs[workspace][table]
	next := model.Snapshot{Table: table, Kind: kindOf(table), On: true, Every: Daily, State: model.SnapshotWaiting}
	if j != nil {
		next = *j
	}
	if c.On != nil {
		next.On = *c.On
	}
	if c.Kind != "" && c.Kind != next.Kind {
		next.Kind, next.Parts, next.Done = c.Kind, 0, 0
	}
	if c.Every > 0 {
		next.Every = c.Every
		if !next.Time.IsZero() {
			next.Next = next.Time.Add(c.Every)
		}
	}
	err := check(table, next.Kind, next.Every)
	if err == nil && j != nil && j.State == model.SnapshotRunning && next.Kind != j.Kind {
		err = fault.New(fault.Conflict, "snapshot_running", "A snapshot of %s is being made; its kind can be changed when it is done.", table)
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	next.Updated = s.now()
	if j == nil {
		j = &model.Snapshot{}
		s.jobs[workspace][table] = j
	}
	*j = next
	s.mu.Unlock()
	s.nudge()
	return s.cfg.Keeper.SaveSnapshot(ctx, workspace, next)
}

// Start has tables fetched now, all that are on for none. It does not wait for them.
func (s *Service) Start(ctx context.Context, workspace string, tables ...string) error {
	if err := s.can(workspace); err != nil {
		return err
	}
	now := s.now()
	s.mu.Lock()
	var due []model.Snapshot
	for _, name := range tables {
		if s.jobs[workspace][name] == nil {
			s.mu.Unlock()
			return fault.New(fault.NotFound, "snapshot_not_found", "No snapshot of %s is set. Set one with: vedette snapshot set %s", name, name)
		}
	}
	for _, j := range s.jobs[workspace] {
		if slices.Contains(tables, j.Table) || len(tables) == 0 && j.On {
			if j.State != model.SnapshotRunning {
				j.State = model.SnapshotWaiting
			}
			j.Next, j.Updated = now, now
			due = append(due, *j)
		}
	}
	s.mu.Unlock()
	for _, j := range due {
		if err := s.cfg.Keeper.SaveSnapshot(ctx, workspace, j); err != nil {
			return err
		}
	}
	s.nudge()
	return nil
}

func (s *Service) can(workspace string) error {
	switch w := s.all[workspace]; {
	case w == nil:
		return fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", workspace)
	case w.Tenant == nil:
		return fault.New(fault.Conflict, "no_tenant", "Nothing can be fetched: no tenant is configured for this workspace. Set tenant.id and tenant.credential.")
	}
	return nil
}

// List returns the snapshots of a workspace, by table.
func (s *Service) List(workspace string) []model.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []model.Snapshot{}
	for _, j := range s.jobs[workspace] {
		v := *j
		if v.Next.IsZero() && v.On {
			v.Next = s.begun.Add(s.cfg.First).UTC()
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b model.Snapshot) int { return strings.Compare(a.Table, b.Table) })
	return out
}

// Events returns the tables of the kind events: their rows may come by the export too.
func (s *Service) Events(workspace string) []string {
	var out []string
	for _, j := range s.List(workspace) {
		if j.Kind == model.SnapshotEvents && j.On {
			out = append(out, j.Table)
		}
	}
	return out
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run fetches what is due, one table after the other, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTicker(look)
	defer t.Stop()
	for ctx.Err() == nil {
		w, j := s.next()
		if j == nil {
			select {
			case <-s.wake:
			case <-t.C:
			case <-ctx.Done():
			}
			continue
		}
		s.once(ctx, w, j)
		s.tell(w)
	}
	return nil
}

// next takes the job that has been due longest.
func (s *Service) next() (*Workspace, *model.Snapshot) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var w *Workspace
	var best *model.Snapshot
	for id, jobs := range s.jobs {
		if s.all[id].Tenant == nil || !s.all[id].Wanted() {
			continue
		}
		for _, j := range jobs {
			due := j.Next
			if due.IsZero() {
				due = s.begun.Add(s.cfg.First)
			}
			asked := j.State == model.SnapshotWaiting && !j.Next.IsZero() // by a person, whether it is on or not
			if (j.On || asked) && !due.After(now) && (best == nil || due.Before(best.Next) || due.Equal(best.Next) && j.Table < best.Table) {
				w, best = s.all[id], j
			}
		}
	}
	return w, best
}

// once makes or continues one run and notes how it went.
func (s *Service) once(ctx context.Context, w *Workspace, j *model.Snapshot) {
	run := s.note(ctx, w.ID, j, func() { j.State, j.Problem = model.SnapshotRunning, "" })
	var err error
	if run.Kind == model.SnapshotEvents {
		err = s.events(ctx, w, j)
	} else {
		err = s.state(ctx, w, j)
	}
	if ctx.Err() != nil {
		return // goes on after the restart
	}
	s.note(ctx, w.ID, j, func() {
		now := s.now()
		switch {
		case err == nil:
			j.State, j.Next, j.Parts, j.Done = model.SnapshotDone, j.Time.Add(j.Every), 0, 0
			if !j.Next.After(now) {
				j.Next = now.Add(j.Every)
			}
		case s.cfg.Missing(err):
			j.State, j.Problem, j.Next = model.SnapshotUnavailable, err.Error(), now.Add(max(j.Every, Daily))
		default:
			s.cfg.Logger.WarnContext(ctx, "snapshot not made", "workspace", w.ID, "table", run.Table, "err", err)
			j.State, j.Problem, j.Next = model.SnapshotFailed, err.Error(), now.Add(min(j.Every, retryAfter))
		}
	})
}

// copy returns the job as it is now: people may change it while it runs.
func (s *Service) copy(j *model.Snapshot) model.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *j
}

// note changes a job, keeps it and returns it as it is then.
func (s *Service) note(ctx context.Context, workspace string, j *model.Snapshot, change func()) model.Snapshot {
	s.mu.Lock()
	change()
	j.Updated = s.now()
	now := *j
	s.mu.Unlock()
	if err := s.cfg.Keeper.SaveSnapshot(ctx, workspace, now); err != nil && ctx.Err() == nil {
		s.cfg.Logger.WarnContext(ctx, "snapshot not kept", "table", now.Table, "err", err)
	}
	return now
}

// tell reports on the board whether snapshots fail.
func (s *Service) tell(w *Workspace) {
	if s.cfg.Board == nil {
		return
	}
	var failed []string
	made := 0
	for _, j := range s.List(w.ID) {
		switch {
		case j.On && j.State == model.SnapshotFailed:
			failed = append(failed, j.Table)
		case j.On && j.State == model.SnapshotDone:
			made++
		}
	}
	r := health.Report{Workspace: w.ID, Component: component, Status: health.OK, Description: "Tables that the tenant does not export are fetched by their schedule."}
	if len(failed) > 0 {
		r.Status, r.Reason = health.Warning, "snapshot_failed"
		r.Description = fmt.Sprintf("Snapshots of %s could not be made whole; they are tried again within %s. See why with: vedette snapshot list", strings.Join(failed, ", "), retryAfter)
	} else if made == 0 {
		return
	}
	s.cfg.Board.Report(r)
}
