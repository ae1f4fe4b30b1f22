package transform

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Keeper keeps the transformations; one without a text is removed.
type Keeper interface {
	SaveTransform(ctx context.Context, workspace string, t model.Transform) error
	Transforms(ctx context.Context, workspace string) ([]model.Transform, error)
}

// Workspace is where transformations apply. The catalogue is live. Stored returns up to n of the newest stored rows of a table, for a
// preview when none came in lately.
type Workspace struct {
	ID      string
	Catalog schema.Catalog
	Intake  *ingest.Intake
	Stored  func(ctx context.Context, table string, n int) (store.Rows, error)
}

// Config is what a Service works with. Usage, if set, returns what came in since a time, to tell what was dropped.
type Config struct {
	Keeper Keeper
	Usage  func(ctx context.Context, workspace string, since time.Time) ([]model.TableUsage, error)
	Board  *health.Board
	Logger *slog.Logger
	Now    func() time.Time
}

// Service has the transformations of all workspaces. It is safe for concurrent use.
type Service struct {
	cfg Config
	all map[string]*Workspace

	mu  sync.Mutex
	now map[string]map[string]*active // by workspace and table
}

// active is a transformation at work.
type active struct {
	s         *Service
	w         *Workspace
	transform model.Transform
	program   atomic.Pointer[Program]
	problem   atomic.Pointer[string]
	widening  sync.Mutex
}

// New returns the service with the kept transformations at work. One that no longer fits its table is told on the board; its rows are
// stored unchanged.
func New(ctx context.Context, cfg Config, workspaces ...Workspace) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{cfg: cfg, all: map[string]*Workspace{}, now: map[string]map[string]*active{}}
	for _, w := range workspaces {
		s.all[w.ID], s.now[w.ID] = &w, map[string]*active{}
		list, err := cfg.Keeper.Transforms(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			a := &active{s: s, w: &w, transform: t}
			p, err := compile(ctx, &w, t.Table, t.Query)
			if err != nil {
				a.fail(err)
			}
			a.program.Store(p)
			s.now[w.ID][t.Table] = a
			w.Intake.SetTransform(t.Table, a)
		}
	}
	return s, nil
}

// compile compiles for the table as it is now.
func compile(ctx context.Context, w *Workspace, table, text string) (*Program, error) {
	if t, ok := schema.Builtin().Table(table); ok && !t.Streamed && !t.Pulled {
		return nil, fault.New(fault.Invalid, "transform_table", "%s is written by Vedette itself; its rows cannot be transformed.", table)
	}
	t, ok := w.Catalog.Table(table)
	if !ok {
		return nil, fault.New(fault.NotFound, "table_not_found", "There is no table %q; names are case-sensitive.", table)
	}
	return Compile(ctx, t, text)
}

func (s *Service) workspace(id string) (*Workspace, error) {
	w := s.all[id]
	if w == nil {
		return nil, fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", id)
	}
	return w, nil
}

// Set checks and keeps the transformation of a table; rows that come in from now on follow it.
func (s *Service) Set(ctx context.Context, workspace, table, text, actor string) error {
	w, err := s.workspace(workspace)
	if err != nil {
		return err
	}
	p, err := compile(ctx, w, table, text)
	if err != nil {
		return err
	}
	a := &active{s: s, w: w, transform: model.Transform{Table: table, Query: text, ChangedBy: actor, ChangedAt: s.cfg.Now().UTC().Truncate(time.Millisecond)}}
	a.program.Store(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.cfg.Keeper.SaveTransform(ctx, workspace, a.transform); err != nil {
		return err
	}
	s.now[workspace][table] = a
	w.Intake.SetTransform(table, a)
	s.forget(workspace, table)
	return nil
}

// Clear takes the transformation of a table away; what was stored stays as it is.
func (s *Service) Clear(ctx context.Context, workspace, table string) error {
	w, err := s.workspace(workspace)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now[workspace][table] == nil {
		return fault.New(fault.NotFound, "transform_not_found", "Table %s has no transformation.", table)
	}
	if err := s.cfg.Keeper.SaveTransform(ctx, workspace, model.Transform{Table: table}); err != nil {
		return err
	}
	delete(s.now[workspace], table)
	w.Intake.SetTransform(table, nil)
	s.forget(workspace, table)
	return nil
}

// List returns the transformations of a workspace, by table, with what they did in the last 24 hours.
func (s *Service) List(ctx context.Context, workspace string) ([]model.TransformView, error) {
	if _, err := s.workspace(workspace); err != nil {
		return nil, err
	}
	var usage []model.TableUsage
	if s.cfg.Usage != nil {
		var err error
		if usage, err = s.cfg.Usage(ctx, workspace, s.cfg.Now().Add(-24*time.Hour)); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []model.TransformView{}
	for table, a := range s.now[workspace] {
		v := model.TransformView{Transform: a.transform}
		for _, u := range usage {
			if u.Table == table {
				v.Stored, v.Dropped = v.Stored+u.Rows, v.Dropped+u.Dropped
			}
		}
		if p := a.problem.Load(); p != nil {
			v.Problem = *p
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b model.TransformView) int { return cmp.Compare(a.Table, b.Table) })
	return out, nil
}

// Filters reports whether the table has a transformation that may drop rows: then its stored rows are not all that the tenant has.
func (s *Service) Filters(workspace, table string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.now[workspace][table]
	if a == nil {
		return false
	}
	p := a.program.Load()
	return p != nil && p.Drops()
}

func component(table string) string { return "connector/defender-xdr/transform/" + table }

func (s *Service) forget(workspace, table string) {
	if s.cfg.Board != nil {
		s.cfg.Board.Forget(workspace, component(table))
	}
}

// Apply implements ingest.Transformer. Columns that the table has got meanwhile make it compile anew.
func (a *active) Apply(rows store.Rows) (out store.Rows, dropped int64) {
	defer func() {
		if x := recover(); x != nil { // by a defect: the rows come in all the same
			a.fail(fault.New(fault.Internal, "transform_defect", "a defect in Vedette: %v", x))
			out, dropped = rows, 0
		}
	}()
	p := a.program.Load()
	if p == nil {
		return rows, 0
	}
	if !p.Covers(rows.Cols) {
		p = a.widen(p, rows.Cols)
	}
	res, n, err := p.Apply(rows)
	if err != nil {
		a.fail(err)
		return rows, 0
	}
	return res, n
}

// widen compiles for the table with columns that rows bring. If the text does not fit them, the program stays and they pass unchanged.
func (a *active) widen(old *Program, cols []schema.Column) *Program {
	a.widening.Lock()
	defer a.widening.Unlock()
	if p := a.program.Load(); p.Covers(cols) {
		return p
	}
	t, ok := a.w.Catalog.Table(a.transform.Table)
	if !ok {
		return old
	}
	t = t.Clone()
	for _, c := range cols {
		if _, have := t.Column(c.Name); !have {
			t.Columns = append(t.Columns, c)
		}
	}
	p, err := Compile(context.Background(), t, a.transform.Query)
	if err != nil {
		a.fail(err)
		p = old.knowing(cols)
	}
	a.program.Store(p)
	return p
}

// knowing is the program that does not ask again for these columns.
func (p *Program) knowing(cols []schema.Column) *Program {
	q := *p
	q.passed = map[string]bool{}
	for name := range p.passed {
		q.passed[name] = true
	}
	for _, c := range cols {
		if !p.known[c.Name] {
			q.passed[c.Name] = true
		}
	}
	return &q
}

// fail tells people that the transformation does not work.
func (a *active) fail(err error) {
	text := err.Error()
	if old := a.problem.Swap(&text); old != nil && *old == text {
		return
	}
	a.s.cfg.Logger.Error("transformation failed", "workspace", a.w.ID, "table", a.transform.Table, "err", err)
	if a.s.cfg.Board != nil {
		a.s.cfg.Board.Report(health.Report{
			Workspace: a.w.ID, Component: component(a.transform.Table), Status: health.Failure, Reason: "transform_failed",
			Description: "The transformation of " + a.transform.Table + " does not work; what it cannot change is stored as it came: " + text + " Change it with: vedette table transform set " + a.transform.Table,
		})
	}
}
