package tables

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// Repo keeps the settings; the state database implements it.
type Repo interface {
	// TableSettings returns the settings by table; the workspace's default has no table.
	TableSettings(ctx context.Context, workspace string) (map[string]model.TableSettings, error)
	// ChangeTableSettings stores what change makes of all settings, in one transaction.
	ChangeTableSettings(ctx context.Context, workspace string, change func(all map[string]model.TableSettings) ([]model.TableSettings, error)) error
	RetentionClock(ctx context.Context) (c model.RetentionClock, known bool, err error)
	SetRetentionClock(ctx context.Context, c model.RetentionClock) error
}

// Store is what is needed of the store.
type Store interface {
	Catalog(workspace string) schema.Catalog
	TableStats(workspace string) []store.TableStats
	RowsByDay(workspace, table string) []store.DayRows
	Past(workspace, table string, c store.Cutoff) store.Amount
	Expire(ctx context.Context, workspace, table string, c store.Cutoff) (store.Amount, error)
	Tier(ctx context.Context, workspace, table string, c store.Cutoff) (cooled, warmed store.Amount, err error)
	Restore(ctx context.Context, workspace, source, target string, from, to int64) (store.Amount, error)
	Drop(ctx context.Context, workspace, table string) (store.Amount, error)
	Mark(ctx context.Context, workspace, table string) (int64, error)
	Match(ctx context.Context, workspace, table string, f store.RowFilter, mark int64) (store.Matched, error)
	Purge(ctx context.Context, workspace, table string, f store.RowFilter, mark int64, confirm func(store.Matched) error) (store.Matched, error)
	Define(ctx context.Context, workspace, name string, cols []schema.Column) error
	Next(workspace, source string, partition int32) (int64, bool)
	Append(ctx context.Context, f store.Frame) (uint64, error)
	Snapshot(workspace string) *store.Snapshot
}

// Service answers for the tables of all workspaces. It is safe for concurrent use.
type Service struct {
	repo   Repo
	store  Store
	now    func() time.Time
	audits atomic.Int64 // numbers the audit rows of one moment
}

// New returns a service; now is time.Now or a test's.
func New(repo Repo, st Store, now func() time.Time) *Service {
	return &Service{repo: repo, store: st, now: now}
}

// Table is one table with what holds for it and what it has.
type Table struct {
	Name, Description, Family string
	Type                      string // Microsoft | CustomLog | SearchResults | RestoredLogs
	Streamed                  bool
	Retention
	Settings model.TableSettings
	Stats    store.TableStats
	Forecast Forecast
}

// List returns all tables of a workspace, by name.
func (s *Service) List(ctx context.Context, workspace string) ([]Table, error) {
	all, err := s.repo.TableSettings(ctx, workspace)
	if err != nil {
		return nil, err
	}
	stats := map[string]store.TableStats{}
	for _, st := range s.store.TableStats(workspace) {
		stats[st.Table] = st
	}
	var out []Table
	for _, t := range s.store.Catalog(workspace).Tables() {
		x := s.table(t, all, stats[t.Name])
		if x.Stats.Parts > 0 || x.Stats.Cold.Parts > 0 {
			x.Forecast = s.forecast(s.store.RowsByDay(workspace, t.Name), x.Total)
		}
		out = append(out, x)
	}
	return out, nil
}

func (s *Service) table(t *schema.Table, all map[string]model.TableSettings, st store.TableStats) Table {
	own := settingsOf(all, t.Name)
	return Table{
		Name: t.Name, Description: t.Description, Family: t.Family, Type: typeOf(t.Name), Streamed: t.Streamed,
		Retention: effective(own, all[""], s.now()), Settings: own, Stats: st,
	}
}

// settingsOf returns a table's own settings; without any, empty ones of its name.
func settingsOf(all map[string]model.TableSettings, name string) model.TableSettings {
	own := all[name]
	own.Table = name
	return own
}

// Detail is a table with its columns and days.
type Detail struct {
	Table
	Columns []schema.Column
	Days    []store.DayRows
}

// Show returns one table.
func (s *Service) Show(ctx context.Context, workspace, name string) (Detail, error) {
	t, err := s.find(workspace, name)
	if err != nil {
		return Detail{}, err
	}
	all, err := s.repo.TableSettings(ctx, workspace)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Columns: t.Columns, Days: s.store.RowsByDay(workspace, t.Name)}
	for _, st := range s.store.TableStats(workspace) {
		if st.Table == t.Name {
			d.Stats = st
		}
	}
	d.Table = s.table(t, all, d.Stats)
	d.Forecast = s.forecast(d.Days, d.Total)
	return d, nil
}

func (s *Service) find(workspace, name string) (*schema.Table, error) {
	t, ok := s.store.Catalog(workspace).Table(name)
	if !ok {
		return nil, fault.New(fault.NotFound, "table_not_found", "There is no table %q; names are case-sensitive. The list of all: vedette table list.", name)
	}
	return t, nil
}

// Retention returns what holds for a table, which need not exist yet. An empty name asks for the workspace's default.
func (s *Service) Retention(ctx context.Context, workspace, name string) (Retention, error) {
	all, err := s.repo.TableSettings(ctx, workspace)
	if err != nil {
		return Retention{}, err
	}
	return effective(settingsOf(all, name), all[""], s.now()), nil
}

// Preview tells what a change does to the rows that are there now.
type Preview struct {
	Before, After Retention
	Frees         store.Amount // deleted in addition, from FreesAt on
	FreesAt       time.Time
	Cools         store.Amount // leaves ordinary queries
	Warms         store.Amount // comes back into them
}

// Preview tells what Set would do. Nothing changes.
func (s *Service) Preview(ctx context.Context, workspace, name string, c Change) (Preview, error) {
	if err := s.known(workspace, name); err != nil {
		return Preview{}, err
	}
	all, err := s.repo.TableSettings(ctx, workspace)
	if err != nil {
		return Preview{}, err
	}
	next, err := c.apply(settingsOf(all, name), all[""], "", s.now())
	if err != nil {
		return Preview{}, err
	}
	return s.preview(workspace, all, next), nil
}

// Set changes a table's plan or retention, or with an empty name the workspace's default, and tells what that does. The
// scheduler does it within the hour.
func (s *Service) Set(ctx context.Context, workspace, name string, c Change, actor string) (Preview, error) {
	if err := s.known(workspace, name); err != nil {
		return Preview{}, err
	}
	var p Preview
	err := s.Audited(ctx, workspace, Audit{Actor: actor, Operation: "Change table", Kind: "Table", Name: name, Properties: c.told()}, func(ctx context.Context) (map[string]any, error) {
		err := s.repo.ChangeTableSettings(ctx, workspace, func(all map[string]model.TableSettings) ([]model.TableSettings, error) {
			next, err := c.apply(settingsOf(all, name), all[""], actor, s.now())
			if err != nil {
				return nil, err
			}
			p = s.preview(workspace, all, next)
			return []model.TableSettings{next}, nil
		})
		return map[string]any{"Before": p.Before.told(), "After": p.After.told(), "FreesRows": p.Frees.Rows}, err
	})
	return p, err
}

func (s *Service) known(workspace, name string) error {
	if name == "" {
		return nil
	}
	_, err := s.find(workspace, name)
	return err
}

// preview compares what holds before and after a table's or the default's settings become next.
func (s *Service) preview(workspace string, all map[string]model.TableSettings, next model.TableSettings) Preview {
	now := s.now()
	ws := all[""]
	if next.Table == "" {
		ws = next
	}
	p := Preview{Before: effective(settingsOf(all, next.Table), all[""], now), After: effective(next, ws, now), FreesAt: now}
	if !p.After.HeldUntil.IsZero() {
		p.FreesAt = p.After.HeldUntil
	}
	for _, st := range s.store.TableStats(workspace) {
		before, after := p.Before, p.After
		if next.Table != "" && st.Table != next.Table {
			continue
		}
		if next.Table == "" {
			own := settingsOf(all, st.Table)
			before, after = effective(own, all[""], now), effective(own, next, now)
		}
		past := func(days int) store.Amount { return s.store.Past(workspace, st.Table, cutoff(now, days)) }
		p.Frees = join(p.Frees, past(after.Total), past(before.Total))
		p.Cools = join(p.Cools, past(after.Interactive), past(before.Interactive))
		p.Warms = join(p.Warms, past(before.Interactive), past(after.Interactive))
	}
	return p
}

// join adds to a what more has beyond less, if anything.
func join(a, more, less store.Amount) store.Amount {
	if more.Parts <= less.Parts {
		return a
	}
	a.Parts += more.Parts - less.Parts
	a.Rows += more.Rows - less.Rows
	a.Bytes += more.Bytes - less.Bytes
	to := more.To
	if less.Parts > 0 {
		more.From = less.To
	}
	if a.From == 0 || more.From < a.From {
		a.From = more.From
	}
	a.To = max(a.To, to)
	return a
}

// cutoff is the age of so many whole days. What came late stays so long too, up to 30 days.
func cutoff(now time.Time, days int) store.Cutoff {
	t := column.FromTime(now)
	return store.Cutoff{
		Time:    t/column.Day*column.Day - int64(days)*column.Day,
		Arrived: t - int64(min(days, graceDays))*column.Day,
	}
}
