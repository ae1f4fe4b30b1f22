package rawkeep

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// Request is what to replay.
type Request struct {
	// Tables that get rows; none means all that are connected.
	Tables []string
	// From and To are when the messages were taken in; a zero To means until now.
	From, To time.Time
	// Preview only counts what would be stored.
	Preview bool
	Actor   string
}

// Progress is how far a replay is.
type Progress struct {
	State    string           `json:"state"`   // running | done | failed | stopped
	Preview  bool             `json:"preview"` // nothing is stored
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"`
	Tables   []string         `json:"tables"` // none means all that are connected
	Actor    string           `json:"actor"`
	Started  time.Time        `json:"started"`
	Ended    time.Time        `json:"ended,omitzero"`
	Share    float64          `json:"share"`    // of the time that is read
	Messages int64            `json:"messages"` // read
	Known    int64            `json:"known"`    // rows that were stored already
	Rows     int64            `json:"rows"`     // stored now, or missing
	ByTable  map[string]int64 `json:"byTable"`  // Rows
	Problem  string           `json:"problem,omitempty"`
}

// Start begins a replay: rows of the tables that are not stored become rows. It does not wait for the end.
func (s *Service) Start(workspace string, r Request) error {
	w, err := s.on(workspace)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	if r.To.IsZero() || r.To.After(now) {
		r.To = now
	}
	if !r.From.Before(r.To) {
		return fault.New(fault.Invalid, "span_empty", "Say from when on messages are to be replayed: from must be before to.")
	}
	for _, t := range r.Tables {
		if !ingest.Selectable(t) {
			return fault.New(fault.Invalid, "table_not_streamed", "%q is not a table of the tenant's hunting events.", t)
		}
	}
	want := r.Tables
	if len(want) == 0 {
		want = s.cfg.Tables(workspace)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch p := s.last[workspace]; {
	case s.ctx == nil:
		return fault.New(fault.Unavailable, "stopping", "The server is stopping.")
	case p != nil && p.State == running:
		return fault.New(fault.Conflict, "replay_running", "A replay runs already. See how far it is with: vedette raw list")
	}
	p := &Progress{State: running, Preview: r.Preview, From: r.From.UTC(), To: r.To.UTC(), Tables: append([]string{}, r.Tables...), Actor: r.Actor, Started: now, ByTable: map[string]int64{}}
	ctx, cancel := context.WithCancel(s.ctx)
	s.last[workspace], s.cancel[workspace] = p, cancel
	s.wg.Go(func() {
		defer cancel()
		err := s.replay(ctx, w, want, p)
		s.mu.Lock()
		defer s.mu.Unlock()
		p.Ended = time.Now().UTC().Truncate(time.Millisecond)
		switch {
		case err == nil:
			p.State, p.Share = "done", 1
		case ctx.Err() != nil:
			p.State = "stopped"
		default:
			p.State, p.Problem = "failed", err.Error()
			s.log.WarnContext(ctx, "replay of originals", "workspace", workspace, "err", err)
		}
	})
	return nil
}

const running = "running"

// Stop ends the workspace's replay, if one runs; what it stored stays.
func (s *Service) Stop(workspace string) error {
	if _, err := s.on(workspace); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.last[workspace]; p == nil || p.State != running {
		return fault.New(fault.NotFound, "replay_not_found", "No replay runs in this workspace.")
	}
	s.cancel[workspace]()
	return nil
}

// frameBytes is how many bytes of messages go into one frame.
const frameBytes = 8 << 20

// replay stores what is missing, a run of messages of one partition after the other.
func (s *Service) replay(ctx context.Context, w *Workspace, tables []string, p *Progress) error {
	if err := w.Keeper.Close(); err != nil { // so that the newest messages are read, too
		return err
	}
	kept, err := w.Keeper.State()
	if err != nil {
		return err
	}
	begin, end := p.From, p.To
	if kept.From.After(begin) {
		begin = kept.From
	}
	type key struct {
		source    string
		partition int32
	}
	var of key
	var msgs []ingest.Message
	size := 0
	var at time.Time
	flush := func() error {
		if len(msgs) == 0 {
			return nil
		}
		err := s.put(ctx, w, tables, of.source, of.partition, msgs, int64(size), p)
		if all := end.Sub(begin); all > 0 && at.After(begin) {
			s.mu.Lock()
			p.Share = min(1, at.Sub(begin).Seconds()/all.Seconds())
			s.mu.Unlock()
		}
		msgs, size = nil, 0
		return err
	}
	err = w.Keeper.Read(ctx, p.From, p.To, func(e Entry) error {
		if k := (key{e.Source, e.Partition}); k != of || size >= frameBytes || len(msgs) > 0 && e.Offset <= msgs[len(msgs)-1].Offset {
			if err := flush(); err != nil {
				return err
			}
			of = k
		}
		at = e.Time
		msgs = append(msgs, ingest.Message{Offset: e.Offset, Time: e.Time, Value: slices.Clone(e.Value)})
		size += len(e.Value)
		return nil
	})
	return errors.Join(err, flush())
}

// put stores the rows of messages that are not stored.
func (s *Service) put(ctx context.Context, w *Workspace, tables []string, source string, partition int32, msgs []ingest.Message, size int64, p *Progress) error {
	release, err := s.cfg.Budget.Backlog(ctx, size)
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
		left, n, err := ingest.Missing(ctx, s.cfg.Store, w.ID, rows)
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
	if f.Tables = keep; len(keep) > 0 && !p.Preview {
		if err := ingest.AppendHalves(ctx, s.cfg.Store, f); err != nil {
			return err
		}
		if s.cfg.Stored != nil {
			s.cfg.Stored(w.ID, counts)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Messages, p.Known, p.Rows = p.Messages+int64(len(msgs)), p.Known+known, p.Rows+fresh
	for _, rows := range keep {
		p.ByTable[rows.Table] += int64(rows.Batch.N)
	}
	return nil
}
