package defenderxdr

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Remote is the tenant as the way back sees it.
type Remote struct{ graph Graph }

var _ syncback.Remote = Remote{}

// NewRemote returns the tenant behind a Graph client.
func NewRemote(g Graph) Remote { return Remote{g} }

func priority(u syncback.Urgency) msgraph.Priority {
	switch u {
	case syncback.Person:
		return msgraph.UserWrite
	case syncback.Automation:
		return msgraph.SyncWrite
	}
	return msgraph.Reconcile
}

// Get implements syncback.Remote.
func (r Remote) Get(ctx context.Context, id string, u syncback.Urgency) (model.TenantIncident, error) {
	raw, err := r.graph.Get(ctx, msgraph.Incidents, id, priority(u))
	return understood(raw, err)
}

// Patch implements syncback.Remote.
func (r Remote) Patch(ctx context.Context, id string, p model.TenantPatch, u syncback.Urgency) (model.TenantIncident, error) {
	raw, err := r.graph.PatchIncident(ctx, id, patch(p), priority(u))
	return understood(raw, err)
}

// Comment implements syncback.Remote.
func (r Remote) Comment(ctx context.Context, id, text string, u syncback.Urgency) ([]model.TenantComment, error) {
	list, err := r.graph.CommentIncident(ctx, id, text, priority(u))
	if err != nil {
		return nil, err
	}
	var out []model.TenantComment
	for _, raw := range list {
		var w wireComment
		if json.Unmarshal(raw, &w) == nil {
			if c, ok := w.comment(); ok {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

func understood(raw json.RawMessage, err error) (model.TenantIncident, error) {
	if err != nil {
		return model.TenantIncident{}, err
	}
	in, err := Incident(raw)
	if err != nil {
		return in, fault.New(fault.Unavailable, "graph_malformed", "The tenant's answer cannot be read: %w.", err)
	}
	return in, nil
}

// Run implements connector.Stream: it sends what waits, and at intervals reads by id what is open, to repair what a list missed.
func (w *writeBack) Run(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cfg.Worker.Report = w.report
	w.report(nil)
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { w.reconcile(ctx) })
	beside.Go(func() { w.reread(ctx) })
	err := w.cfg.Worker.Run(ctx)
	stop()
	beside.Wait()
	return err
}

// rereadAfter is how long a version that was read for somebody is good enough for the next one.
const rereadAfter = 15 * time.Second

// Opened asks for an incident that somebody looks at to be read again, because a comment may not show in the lists. It
// returns at once; without a running write-back nothing happens.
func (c *Connector) Opened(number int64) {
	select {
	case c.back.opened <- number:
	default:
	}
}

// reread reads what people look at, each at most once in a while.
func (w *writeBack) reread(ctx context.Context) {
	last := map[int64]time.Time{}
	for {
		var n int64
		select {
		case <-ctx.Done():
			return
		case n = <-w.opened:
		}
		now := time.Now()
		if now.Sub(last[n]) < rereadAfter {
			continue
		}
		if len(last) > 1000 {
			clear(last)
		}
		last[n] = now
		if _, err := w.cfg.Worker.Refresh(ctx, n, syncback.Person); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "reading an opened incident again", "incident", n, "err", err)
		}
	}
}

func (w *writeBack) report(err error) {
	switch k := fault.KindOf(err); {
	case err == nil:
		w.cfg.report(w.Name(), health.OK, "", "")
	case k == fault.Permission, k == fault.Unauthenticated:
		w.cfg.report(w.Name(), health.Failure, fault.CodeOf(err), err.Error())
	default:
		w.cfg.report(w.Name(), health.Warning, fault.CodeOf(err), err.Error())
	}
}

func (w *writeBack) reconcile(ctx context.Context) {
	t := time.NewTicker(w.cfg.Reconcile)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		numbers, err := w.cfg.Sink.OpenIncidents(ctx, time.Now().Add(-7*24*time.Hour))
		for _, n := range numbers {
			if ctx.Err() != nil {
				return
			}
			if _, e := w.cfg.Worker.Refresh(ctx, n, syncback.Repair); e != nil && fault.KindOf(e) != fault.NotFound {
				err = e
				break
			}
		}
		if err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "reconciling incidents", "err", err)
		}
	}
}
