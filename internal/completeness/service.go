package completeness

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
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
)

// Counter counts the rows of a table by the hour of their events, from one time until another, by the start of the hour.
type Counter interface {
	CountByHour(ctx context.Context, table string, from, to time.Time) (map[time.Time]int64, error)
}

// Keeper keeps the counts.
type Keeper interface {
	SaveCompleteness(ctx context.Context, workspace string, counts []model.HourCount) error
	Completeness(ctx context.Context, workspace string, from, to time.Time) ([]model.HourCount, error)
}

// Workspace is what is compared in a workspace. Tenant is nil where none is configured.
type Workspace struct {
	ID             string
	Tenant, Stored Counter
	Tables         func() []string // those that are connected now
	// Filtered, if set, reports whether rows of a table are dropped on purpose: then those that are not stored are not missing.
	Filtered func(table string) bool
}

// Config is what a Service works with. Changed, if set, is called with the counts of a check that are not as before.
type Config struct {
	Keeper  Keeper
	Board   *health.Board
	Changed func(ctx context.Context, workspace string, counts []model.HourCount) error
	// Repair, if set, is asked after a check by the clock to fetch the missing rows of tables, of hours before a time.
	Repair func(ctx context.Context, workspace string, tables []string, from, to time.Time) error
	Logger *slog.Logger
	Now    func() time.Time
}

// How the checks go by themselves.
const (
	// Settle is how old an hour must be to be compared: the export is minutes to hours late.
	Settle = 3 * time.Hour
	// LookBack is how far back the tenant can be asked.
	LookBack = 30 * 24 * time.Hour

	checkEvery = 6 * time.Hour
	checkSpan  = 7 * 24 * time.Hour
	firstCheck = 10 * time.Minute // after the start

	repairAfter = 12 * time.Hour
	// component is the name on the health board.
	component = "connector/defender-xdr/completeness"
)

// Service compares all workspaces. It is safe for concurrent use.
type Service struct {
	cfg Config
	mu  sync.Mutex
	all map[string]*state
}

type state struct {
	Workspace
	gate     chan struct{}     // one check at a time
	problems map[string]string // by table: why the last check could not compare it
}

func (w *state) filtered(table string) bool { return w.Filtered != nil && w.Filtered(table) }

// New returns the service of these workspaces.
func New(cfg Config, workspaces ...Workspace) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, all: map[string]*state{}}
	for _, w := range workspaces {
		s.all[w.ID] = &state{Workspace: w, gate: make(chan struct{}, 1), problems: map[string]string{}}
	}
	return s
}

// Run checks all workspaces every few hours until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	t := time.NewTimer(firstCheck)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil
		}
		for id, w := range s.all {
			if w.Tenant == nil || len(w.Tables()) == 0 {
				continue
			}
			if err := s.Check(ctx, id, Span{}); err != nil && ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "completeness not checked", "workspace", id, "err", err)
			}
			if err := s.repair(ctx, id); err != nil && ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "missing rows not asked for", "workspace", id, "err", err)
			}
		}
		t.Reset(checkEvery)
	}
}

// repair asks for the rows that are still missing after half a day: by then the export has had its time.
func (s *Service) repair(ctx context.Context, workspace string) error {
	if s.cfg.Repair == nil {
		return nil
	}
	to := s.cfg.Now().Add(-repairAfter).Truncate(time.Hour)
	hours, err := s.MissingHours(ctx, workspace, Span{To: to})
	if err != nil || len(hours) == 0 {
		return err
	}
	var tables []string
	for _, h := range hours {
		if !slices.Contains(tables, h.Table) && !s.all[workspace].filtered(h.Table) {
			tables = append(tables, h.Table)
		}
	}
	if len(tables) == 0 {
		return nil
	}
	return s.cfg.Repair(ctx, workspace, tables, hours[0].Hour.Add(-checkSpan), to)
}

// Span says what is looked at. Zero fields mean all connected tables, and the last week.
type Span struct {
	Tables   []string  `json:"tables"`
	From, To time.Time `json:"-"` // whole hours; cut to what can be compared
}

// within cuts the span to whole hours that have settled and that the tenant still has.
func (sp *Span) within(now time.Time) error {
	newest, oldest := now.Add(-Settle).Truncate(time.Hour), now.Add(-LookBack).Truncate(time.Hour).Add(time.Hour)
	if sp.To.IsZero() || sp.To.After(newest) {
		sp.To = newest
	}
	if sp.From.IsZero() {
		sp.From = sp.To.Add(-checkSpan)
	}
	if sp.From.Before(oldest) {
		sp.From = oldest
	}
	sp.From, sp.To = sp.From.UTC().Truncate(time.Hour), sp.To.UTC().Truncate(time.Hour)
	if !sp.From.Before(sp.To) {
		return fault.New(fault.Invalid, "span_empty", "There is no whole hour to compare: the tenant can be asked about the last 30 days, and hours younger than %s are not settled.", Settle)
	}
	return nil
}

func (s *Service) workspace(id string) (*state, error) {
	w := s.all[id]
	if w == nil {
		return nil, fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", id)
	}
	return w, nil
}

// Check compares the span now and keeps the counts. A table that cannot be compared does not stop the others: Report names
// it. The error is about none being comparable.
func (s *Service) Check(ctx context.Context, workspace string, sp Span) error {
	w, err := s.workspace(workspace)
	if err != nil {
		return err
	}
	if w.Tenant == nil {
		return fault.New(fault.Conflict, "no_tenant", "Completeness cannot be proven: no tenant is configured for this workspace. Set tenant.id and tenant.credential.")
	}
	if err := sp.within(s.cfg.Now()); err != nil {
		return err
	}
	if len(sp.Tables) == 0 {
		sp.Tables = w.Tables()
	}
	select {
	case w.gate <- struct{}{}:
		defer func() { <-w.gate }()
	case <-ctx.Done():
		return ctx.Err()
	}
	old, err := s.cfg.Keeper.Completeness(ctx, workspace, sp.From, sp.To)
	if err != nil {
		return err
	}
	was := map[string]map[time.Time]model.HourCount{}
	for _, c := range old {
		if was[c.Table] == nil {
			was[c.Table] = map[time.Time]model.HourCount{}
		}
		was[c.Table][c.Hour] = c
	}
	var failed []error
	for _, table := range sp.Tables {
		err := s.checkTable(ctx, w, table, sp, was[table])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.mu.Lock()
		delete(w.problems, table)
		if err != nil {
			w.problems[table] = err.Error()
			failed = append(failed, fmt.Errorf("%s: %w", table, err))
		}
		s.mu.Unlock()
	}
	s.tell(ctx, workspace)
	if len(failed) > 0 && len(failed) == len(sp.Tables) {
		return errors.Join(failed...)
	}
	return nil
}

// checkTable compares one table and keeps what differs from the last time, and when it was looked at.
func (s *Service) checkTable(ctx context.Context, w *state, table string, sp Span, was map[time.Time]model.HourCount) error {
	// The tenant first: rows that come in between are stored beyond its count, not missing.
	theirs, err := w.Tenant.CountByHour(ctx, table, sp.From, sp.To)
	if err != nil {
		return err
	}
	ours, err := w.Stored.CountByHour(ctx, table, sp.From, sp.To)
	if err != nil {
		return err
	}
	now := s.cfg.Now().UTC().Truncate(time.Millisecond)
	var counts, changed []model.HourCount
	for hour := sp.From; hour.Before(sp.To); hour = hour.Add(time.Hour) {
		c := model.HourCount{Table: table, Hour: hour, Tenant: theirs[hour], Stored: ours[hour], Checked: now}
		old, known := was[hour]
		if (!known && c.Tenant+c.Stored > 0) || known && (old.Tenant != c.Tenant || old.Stored != c.Stored) {
			changed = append(changed, c)
		}
		counts = append(counts, c)
	}
	if s.cfg.Changed != nil && len(changed) > 0 {
		if err := s.cfg.Changed(ctx, w.ID, changed); err != nil {
			return err
		}
	}
	return s.cfg.Keeper.SaveCompleteness(ctx, w.ID, counts)
}

// tell reports on the board whether rows are missing.
func (s *Service) tell(ctx context.Context, workspace string) {
	if s.cfg.Board == nil {
		return
	}
	r, err := s.Report(ctx, workspace, Span{})
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "completeness not told", "workspace", workspace, "err", err)
		return
	}
	var names []string
	missing := int64(0)
	for _, t := range r.Tables {
		if t.State == Missing {
			names = append(names, t.Table)
			missing += t.Missing
		}
	}
	rep := health.Report{Workspace: workspace, Component: component, Status: health.OK, Description: "All rows that the tenant counts are stored."}
	if missing > 0 {
		slices.Sort(names)
		rep.Status, rep.Reason = health.Warning, "rows_missing"
		rep.Description = fmt.Sprintf("%d rows that the tenant counts in the last week are not stored, of %s. See which hours with: vedette completeness; fetch them with: vedette backfill start all", missing, strings.Join(names, ", "))
	}
	s.cfg.Board.Report(rep)
}
