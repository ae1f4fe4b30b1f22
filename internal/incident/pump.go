package incident

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/store"
)

// rowSource is the source under which event rows are appended.
const rowSource = "incident-rows"

// pumped is how many event rows go into one frame.
const pumped = 2000

// Pump appends the waiting event rows of all workspaces to the store.
type Pump struct {
	s   *Service
	app ingest.Appender
}

// Pump returns the pump that appends to app. Run one.
func (s *Service) Pump(app ingest.Appender) *Pump { return &Pump{s, app} }

// Wake makes the pump look at once: rows were added to the outbox by another service.
func (p *Pump) Wake() {
	select {
	case p.s.rows <- struct{}{}:
	default:
	}
}

// Run appends what waits until the context ends, as soon as it is there. A store that cannot be written makes it wait and
// try again; nothing is lost meanwhile.
func (p *Pump) Run(ctx context.Context) error {
	const most = 30 * time.Second
	aside, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() {
		if err := p.s.indexAll(aside); err != nil && aside.Err() == nil {
			p.s.log.ErrorContext(ctx, "indexing the entities of older alerts", "err", err)
		}
	})
	failures := 0
	for {
		wait := most
		err := p.Drain(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrFailed):
			return err
		case err != nil:
			failures++
			wait = min(time.Second<<min(failures, 5), most)
			p.s.log.ErrorContext(ctx, "appending incident rows", "err", err)
		default:
			failures = 0
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-p.s.rows:
			t.Stop()
			if failures > 0 {
				continue
			}
		case <-t.C:
		}
	}
}

// Drain appends what waits now.
func (p *Pump) Drain(ctx context.Context) error {
	var errs []error
	for _, id := range p.s.ids() {
		for {
			n, err := p.drain(ctx, id)
			if err != nil {
				errs = append(errs, fmt.Errorf("appending the rows of workspace %s: %w", id, err))
			}
			if err != nil || n == 0 {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// drain appends one frame and returns how many rows it took. The store's own position says what it has already: a kill
// between append and delete repeats nothing.
func (p *Pump) drain(ctx context.Context, ws string) (int, error) {
	rows, err := p.s.db.Incidents().Events(ctx, ws, pumped)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	next, known := p.app.Next(ws, rowSource, 0)
	if known && next > rows[len(rows)-1].Seq {
		return len(rows), p.behind(ctx, ws, next)
	}
	for known && len(rows) > 0 && rows[0].Seq < next {
		rows = rows[1:]
	}
	frame, err := p.frame(ctx, ws, rows)
	if err != nil {
		return 0, err
	}
	first, last := rows[0].Seq, rows[len(rows)-1].Seq
	frame.Covers = []store.Range{{Source: rowSource, First: first, Next: last + 1}}
	if known && next < first {
		frame.Gaps = []store.Gap{{Source: rowSource, From: next, To: first, Reason: "the state database no longer holds these rows"}}
	}
	if _, err := p.app.Append(ctx, frame); err != nil && !errors.Is(err, store.ErrDuplicate) {
		return 0, err
	}
	return len(rows), p.drop(ctx, ws, last+1)
}

// behind deals with waiting rows that the store has passed. Usually they were appended just before a kill. After a restore
// of an older state database new rows would take numbers that were used before: the counter moves past them.
func (p *Pump) behind(ctx context.Context, ws string, next int64) error {
	return p.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		last, err := tx.Counter(ctx, ws, "row")
		if err != nil {
			return err
		}
		if last < next-1 {
			rows, err := tx.Events(ctx, ws, 1<<30)
			if err != nil {
				return err
			}
			var bodies []string
			for _, r := range rows {
				bodies = append(bodies, r.Body)
			}
			if err := tx.SetCounter(ctx, ws, "row", next-1); err != nil {
				return err
			}
			if err := tx.DropEvents(ctx, ws, next); err != nil {
				return err
			}
			return tx.PushEvents(ctx, ws, bodies)
		}
		return tx.DropEvents(ctx, ws, next)
	})
}

func (p *Pump) drop(ctx context.Context, ws string, before int64) error {
	return p.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error { return tx.DropEvents(ctx, ws, before) })
}

// frame builds the rows. One that cannot be built is logged and left out: it must not hold up the others for ever.
func (p *Pump) frame(ctx context.Context, ws string, rows []meta.EventRow) (store.Frame, error) {
	w := p.s.workspace(ws)
	f := store.Frame{Workspace: ws, Own: true}
	tables := map[string]*builder{}
	for _, r := range rows {
		e, err := decodeEvent(r.Body)
		if err != nil {
			p.s.log.ErrorContext(ctx, "an event row cannot be built", "workspace", ws, "seq", r.Seq, "err", err)
			continue
		}
		table, src := e.source()
		b, ok := tables[table]
		if !ok {
			if b, err = newBuilder(table); err != nil {
				if e.Row == nil {
					return f, err
				}
				p.s.log.ErrorContext(ctx, "an event row cannot be built", "workspace", ws, "seq", r.Seq, "err", err)
				continue
			}
			tables[table] = b
		}
		switch {
		case e.Row != nil:
			if err := b.addRow(e.Row.Values, src); err != nil {
				p.s.log.ErrorContext(ctx, "an event row cannot be built", "workspace", ws, "seq", r.Seq, "err", err)
			}
		case e.Alert != nil:
			b.add(AlertValues(w, *e.Alert, e.Time), src)
		default:
			b.add(Values(w, *e.Incident, e.Comments, e.Alerts, e.Time), src)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if b := tables[name]; b.rows.Batch.N > 0 {
			f.Tables = append(f.Tables, b.rows)
		}
	}
	return f, nil
}
