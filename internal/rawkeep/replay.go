package rawkeep

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// Workspace is what is kept and replayed of a workspace. Keeper is nil where nothing is kept.
type Workspace struct {
	ID     string
	Keeper *Keeper
	Intake *ingest.Intake
}

// Progress is how far a replay is.
type Progress struct {
	State    string    `json:"state"` // running | done | failed
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Tables   []string  `json:"tables"` // none means all that are connected
	Actor    string    `json:"actor"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"`
	Messages int64     `json:"messages"` // read
	Known    int64     `json:"known"`    // rows that were stored already
	Rows     int64     `json:"rows"`     // stored now
	Problem  string    `json:"problem,omitempty"`
}

// Service replays for all workspaces, one replay a workspace. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	budget *ingest.Budget
	log    *slog.Logger
	all    map[string]*Workspace
	tables func(workspace string) []string
	stored func(workspace string, c ingest.Counts)

	mu   sync.Mutex
	last map[string]*Progress
	ctx  context.Context //nolint:containedctx // of Run: replays end with it
	wg   sync.WaitGroup
}

// Config is what a Service works with. Tables names the tables that are connected; Stored hears of what was stored.
type Config struct {
	Store  *store.Store
	Budget *ingest.Budget
	Tables func(workspace string) []string
	Stored func(workspace string, c ingest.Counts)
	Logger *slog.Logger
}

// New returns the service. Replays run while Run does.
func New(c Config, workspaces ...Workspace) *Service {
	s := &Service{store: c.Store, budget: c.Budget, log: c.Logger, tables: c.Tables, stored: c.Stored, all: map[string]*Workspace{}, last: map[string]*Progress{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, w := range workspaces {
		s.all[w.ID] = &w
	}
	return s
}

// Run keeps the folders in order and lets replays run, until ctx ends and all of them have stopped.
func (s *Service) Run(ctx context.Context) error {
	s.mu.Lock()
	s.ctx = ctx
	s.mu.Unlock()
	for _, w := range s.all {
		if w.Keeper != nil {
			s.wg.Go(func() {
				if err := w.Keeper.Run(ctx); err != nil {
					s.log.WarnContext(ctx, "originals not closed", "workspace", w.ID, "err", err)
				}
			})
		}
	}
	<-ctx.Done()
	s.mu.Lock()
	s.ctx = nil
	s.mu.Unlock()
	s.wg.Wait()
	return nil
}

func (s *Service) workspace(id string) (*Workspace, error) {
	switch w := s.all[id]; {
	case w == nil:
		return nil, fault.New(fault.NotFound, "workspace_not_found", "There is no workspace %q on this server.", id)
	case w.Keeper == nil:
		return nil, fault.New(fault.Conflict, "raw_off", "No originals are kept in this workspace. Set streaming.raw.days in the configuration to keep them.")
	default:
		return w, nil
	}
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
	if p := s.last[workspace]; p != nil {
		now := *p
		return st, &now, err
	}
	return st, nil, err
}

// Start begins a replay of the messages that were taken in from one time until another (zero: until now): rows of the tables (none:
// of those that are connected) that are not stored become rows. It does not wait for the end.
func (s *Service) Start(workspace string, tables []string, from, to time.Time, actor string) error {
	w, err := s.workspace(workspace)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	if to.IsZero() || to.After(now) {
		to = now
	}
	if !from.Before(to) {
		return fault.New(fault.Invalid, "span_empty", "Say from when on messages are to be replayed: from must be before to.")
	}
	want := tables
	if len(want) == 0 {
		want = s.tables(workspace)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch p := s.last[workspace]; {
	case s.ctx == nil:
		return fault.New(fault.Unavailable, "stopping", "The server is stopping.")
	case p != nil && p.State == "running":
		return fault.New(fault.Conflict, "replay_running", "A replay runs already. See how far it is with: vedette raw list")
	}
	p := &Progress{State: "running", From: from.UTC(), To: to.UTC(), Tables: append([]string{}, tables...), Actor: actor, Started: now}
	s.last[workspace] = p
	ctx := s.ctx
	s.wg.Go(func() {
		err := s.replay(ctx, w, want, from, to, p)
		s.mu.Lock()
		defer s.mu.Unlock()
		p.State, p.Ended = "done", time.Now().UTC().Truncate(time.Millisecond)
		if err != nil {
			p.State, p.Problem = "failed", err.Error()
			s.log.WarnContext(ctx, "replay of originals", "workspace", workspace, "err", err)
		}
	})
	return nil
}

// frameBytes is how many bytes of messages go into one frame.
const frameBytes = 8 << 20

// replay stores what is missing, a run of messages of one partition after the other.
func (s *Service) replay(ctx context.Context, w *Workspace, tables []string, from, to time.Time, p *Progress) error {
	if err := w.Keeper.Close(); err != nil { // so that the newest messages are read, too
		return err
	}
	type key struct {
		source    string
		partition int32
	}
	var at key
	var msgs []ingest.Message
	size := 0
	flush := func() error {
		if len(msgs) == 0 {
			return nil
		}
		err := s.put(ctx, w, tables, at.source, at.partition, msgs, int64(size), p)
		msgs, size = nil, 0
		return err
	}
	err := w.Keeper.Read(ctx, from, to, func(e Entry) error {
		if k := (key{e.Source, e.Partition}); k != at || size >= frameBytes || len(msgs) > 0 && e.Offset <= msgs[len(msgs)-1].Offset {
			if err := flush(); err != nil {
				return err
			}
			at = k
		}
		msgs = append(msgs, ingest.Message{Offset: e.Offset, Time: e.Time, Value: slices.Clone(e.Value)})
		size += len(e.Value)
		return nil
	})
	return errors.Join(err, flush())
}

// put stores the rows of messages that are not stored.
func (s *Service) put(ctx context.Context, w *Workspace, tables []string, source string, partition int32, msgs []ingest.Message, size int64, p *Progress) error {
	release, err := s.budget.Backlog(ctx, size)
	if err != nil {
		return err
	}
	defer release()
	f, counts := w.Intake.Again(source, partition).Decode(msgs[0].Offset, msgs, ingest.Only(tables...))
	f.Covers, f.Gaps = nil, nil
	var keep []store.Rows
	var known, fresh int64
	for _, rows := range f.Tables {
		if rows.Table == ingest.DeadLetterTable || rows.Table == store.GapTable {
			continue // from the first reading
		}
		left, n, err := ingest.Missing(ctx, s.store, w.ID, rows)
		if err != nil {
			return err
		}
		known += n
		if left.Batch.N > 0 {
			fresh += int64(left.Batch.N)
			keep = append(keep, left)
			c := counts[rows.Table]
			c.Rows, c.Dead = int64(left.Batch.N), 0
			counts[rows.Table] = c
		} else {
			delete(counts, rows.Table)
		}
	}
	if f.Tables = keep; len(keep) > 0 {
		if err := ingest.AppendHalves(ctx, s.store, f); err != nil {
			return err
		}
		if s.stored != nil {
			s.stored(w.ID, counts)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Messages, p.Known, p.Rows = p.Messages+int64(len(msgs)), p.Known+known, p.Rows+fresh
	return nil
}

// Purge removes the originals of which a row of the table meets the filter. Where nothing is kept there is nothing to do.
func (s *Service) Purge(ctx context.Context, workspace, table string, f store.RowFilter) error {
	w := s.all[workspace]
	if w == nil || w.Keeper == nil {
		return nil
	}
	_, err := w.Keeper.Purge(ctx, func(e Entry) (bool, error) {
		frame, _ := w.Intake.Again(e.Source, e.Partition).Decode(e.Offset, []ingest.Message{{Offset: e.Offset, Time: e.Time, Value: e.Value}}, ingest.Only(table))
		for _, rows := range frame.Tables {
			if rows.Table != table {
				continue
			}
			hits, err := matches(rows, f)
			if err != nil || hits {
				return hits, err
			}
		}
		return false, nil
	})
	return err
}

// matches reports whether one of the rows meets the filter.
func matches(rows store.Rows, f store.RowFilter) (bool, error) {
	b := &column.Batch{N: rows.Batch.N, Cols: make([]*column.Vector, len(f.Columns))}
	for i, c := range f.Columns {
		for k, have := range rows.Cols {
			if have.Name == c.Name && have.Type == c.Type {
				b.Cols[i] = rows.Batch.Cols[k]
			}
		}
		if b.Cols[i] == nil {
			b.Cols[i] = column.New(c.Type, b.N)
			for range b.N {
				b.Cols[i].AppendNull()
			}
		}
	}
	hits, err := f.Match(b)
	return slices.Contains(hits, true), err
}
