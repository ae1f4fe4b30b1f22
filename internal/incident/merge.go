package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// Sink takes in what is pulled for one workspace.
type Sink struct {
	s  *Service
	ws string
}

// Sink returns the workspace's sink.
func (s *Service) Sink(ws string) *Sink { return &Sink{s, ws} }

// Reserve keeps the numbers 1 to n for a history of n incidents, if the workspace has none yet.
func (k *Sink) Reserve(ctx context.Context, n int) error {
	return k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		if v, err := tx.Counter(ctx, k.ws, "number"); err != nil || v > 0 {
			return err
		}
		if err := tx.SetCounter(ctx, k.ws, "history", int64(n)); err != nil {
			return err
		}
		return tx.SetCounter(ctx, k.ws, "number", int64(n))
	})
}

// MergeIncidents merges listed versions in one transaction. It returns the ids of rows that prove nothing, with the rows' hashes.
func (k *Sink) MergeIncidents(ctx context.Context, rows []model.TenantIncident, history bool) (map[string]string, error) {
	fetch := map[string]string{}
	err := k.change(ctx, func(ctx context.Context, tx meta.IncidentTx) ([]int64, error) {
		var touched []int64
		clear(fetch)
		for _, r := range rows {
			o, number, err := k.merge(ctx, tx, r, history, func(st *syncback.State, p syncback.Policy) syncback.Outcome {
				return st.Merge(r, syncback.Listed, p, k.s.now())
			})
			if err != nil {
				return nil, err
			}
			if o.Fetch {
				fetch[r.ID] = r.Hash
			}
			touched = append(touched, number...)
		}
		return touched, nil
	})
	return fetch, err
}

// SettleIncident merges a version that was read by id.
func (k *Sink) SettleIncident(ctx context.Context, r model.TenantIncident, listed string) error {
	return k.change(ctx, func(ctx context.Context, tx meta.IncidentTx) ([]int64, error) {
		_, number, err := k.merge(ctx, tx, r, false, func(st *syncback.State, p syncback.Policy) syncback.Outcome {
			if listed == "" {
				return st.Merge(r, syncback.Fetched, p, k.s.now())
			}
			return st.Settle(r, listed, p, k.s.now())
		})
		return number, err
	})
}

// change runs a transaction and tells of the incidents it touched.
func (k *Sink) change(ctx context.Context, f func(context.Context, meta.IncidentTx) ([]int64, error)) error {
	var touched []int64
	err := k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) (err error) {
		touched, err = f(ctx, tx)
		return err
	})
	if err == nil {
		k.s.committed(k.ws, touched...)
	}
	return err
}

func (k *Sink) merge(ctx context.Context, tx meta.IncidentTx, r model.TenantIncident, history bool, f func(*syncback.State, syncback.Policy) syncback.Outcome) (syncback.Outcome, []int64, error) {
	row, err := tx.IncidentByProvider(ctx, k.ws, r.ID)
	var rec *record
	switch {
	case errors.Is(err, sql.ErrNoRows):
		rec, err = k.s.newRecord(ctx, tx, k.ws, history)
	case err == nil:
		rec, err = open(row)
	}
	if err != nil {
		return syncback.Outcome{}, nil, err
	}
	o := f(&rec.st, k.s.workspace(k.ws).Policy)
	if !o.Touched {
		return o, nil, nil
	}
	rec.take(o.Remote)
	if err := k.s.save(ctx, tx, rec, k.s.causeOf(o, rec)); err != nil {
		return o, nil, err
	}
	others, err := k.s.follow(ctx, tx, k.ws, r.ID, o)
	return o, append(others, rec.row.Number), err
}

// follow keeps incidents that were merged into each other together, whichever came first. It returns those it changed.
func (s *Service) follow(ctx context.Context, tx meta.IncidentTx, ws, id string, o syncback.Outcome) (touched []int64, err error) {
	for target, due := range map[string]bool{o.Redirect: o.Redirect != "", id: o.First} {
		if !due {
			continue
		}
		some, err := s.gather(ctx, tx, ws, target)
		if err != nil {
			return nil, err
		}
		touched = append(touched, some...)
	}
	return touched, nil
}

// tenantActor and alertActor are who changes incidents when the tenant names nobody. Queries that leave the updates of
// alerts out look for "Alert updated" in ModifiedBy.
const (
	tenantActor = "Microsoft Defender XDR"
	alertActor  = "Alert updated from Microsoft Defender XDR"
)

// take copies what the tenant alone decides.
func (r *record) take(t *model.TenantIncident) {
	if t == nil {
		return
	}
	in := &r.in
	in.ProviderName, in.ProviderIncidentID, in.ProviderURL = providerXDR, t.ID, t.URL
	in.SystemLabels, in.Summary, in.Created = slices.Clone(t.SystemTags), t.Summary, t.Created
	r.row.Raw = string(t.Raw)
}

// causeOf turns what a merge did into the incident's history.
func (s *Service) causeOf(o syncback.Outcome, r *record) cause {
	c := cause{actor: o.Actor, at: o.At, clashes: o.Clashes}
	if c.actor == "" && o.Remote != nil {
		c.actor = tenantActor
	}
	if c.at.IsZero() {
		c.at = s.now()
	}
	add := func(kind, actor, field, before, after, note string) {
		c.activities = append(c.activities, model.Activity{
			Time: c.at, Actor: actor, Kind: kind, Field: field, Before: before, After: after, Origin: "defender", Note: note,
		})
	}
	if o.First {
		c.activities = append(c.activities, model.Activity{Time: r.in.Created, Actor: tenantActor, Kind: "created", Origin: "defender"})
	}
	for _, ch := range o.Changes {
		add("changed", ch.Actor, string(ch.Field), say(ch.Field, ch.Before), say(ch.Field, ch.After), "")
	}
	if o.Redirect != "" {
		add("changed", o.Actor, "redirect", "", o.Redirect, "Merged into incident "+o.Redirect+" of the tenant.")
	}
	for _, m := range o.Comments {
		c.activities = append(c.activities, model.Activity{Time: m.Created, Actor: m.Author, Kind: "comment", After: m.Message, Origin: m.Origin})
	}
	if len(o.Sent) > 0 {
		var names []string
		for _, f := range o.Sent {
			names = append(names, string(f))
		}
		c.activities = append(c.activities, model.Activity{Time: s.now(), Actor: "Vedette", Kind: "sent", Field: strings.Join(names, ", "), Origin: "vedette"})
	}
	if o.Vanished {
		c.activities = append(c.activities, model.Activity{
			Time: s.now(), Actor: tenantActor, Kind: "vanished", Origin: "defender", Note: "The tenant has not had this incident for a day. It stays here; edits are not sent any more.",
		})
	}
	if o.Arrived > 0 {
		c.activities = append(c.activities, model.Activity{Time: s.now(), Actor: "Vedette", Kind: "sent", Field: "comments", Origin: "vedette"})
	}
	return c
}

// MergeAlerts merges versions of alerts, listed at the tenant's time at, in one transaction, with one event row each, and
// brings the incidents they belong to, or belonged to, up to date.
func (k *Sink) MergeAlerts(ctx context.Context, rows []model.Alert, at time.Time) (map[string]string, error) {
	fetch := map[string]string{}
	err := k.change(ctx, func(ctx context.Context, tx meta.IncidentTx) ([]int64, error) {
		clear(fetch)
		return k.alerts(ctx, tx, rows, func(m *syncback.AlertMark, a model.Alert) syncback.Verdict {
			v := m.Listed(ticks(a.Updated), a.Hash, at)
			if v == syncback.Ask {
				fetch[a.ID] = a.Hash
			}
			return v
		})
	})
	return fetch, err
}

// SettleAlert merges a version that was read by id because of the row with that hash ("" when there was none), listed at
// the tenant's time at.
func (k *Sink) SettleAlert(ctx context.Context, a model.Alert, listed string, at time.Time) error {
	return k.change(ctx, func(ctx context.Context, tx meta.IncidentTx) ([]int64, error) {
		return k.alerts(ctx, tx, []model.Alert{a}, func(m *syncback.AlertMark, a model.Alert) syncback.Verdict {
			return m.Fetched(ticks(a.Updated), a.Hash, listed, at)
		})
	})
}

// markOf is what is remembered of a stored alert's version; the zero row has none.
func markOf(r meta.AlertRow) syncback.AlertMark {
	return syncback.AlertMark{Version: r.Updated, Hash: r.Hash, Seen: r.Seen, SeenAt: fromTicks(r.SeenAt)}
}

// alerts stores the versions that judge calls news.
func (k *Sink) alerts(ctx context.Context, tx meta.IncidentTx, rows []model.Alert, judge func(*syncback.AlertMark, model.Alert) syncback.Verdict) ([]int64, error) {
	held, err := withheld(ctx, tx, k.ws)
	if err != nil {
		return nil, err
	}
	var parents, bodies []string
	var rules []model.IncidentRule
	var made []int64
	joined := map[string][]model.Alert{}
	newest := map[string]time.Time{}
	for _, a := range rows {
		old, err := tx.Alert(ctx, k.ws, a.ID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("reading alert %s: %w", a.ID, err)
		}
		mark := markOf(old)
		switch judge(&mark, a) {
		case syncback.Settled:
			if err := tx.SettleAlert(ctx, k.ws, a.ID, mark.Seen, ticks(mark.SeenAt)); err != nil {
				return nil, fmt.Errorf("storing alert %s: %w", a.ID, err)
			}
			continue
		case syncback.News:
		default:
			continue
		}
		_, hold := holds(held, a.ProductName)
		body, err := k.putAlert(ctx, tx, a, old, mark, hold)
		if err != nil {
			return nil, err
		}
		if body == "" {
			continue
		}
		bodies = append(bodies, body)
		number, err := k.ruled(ctx, tx, a, old, &rules)
		if err != nil {
			return nil, err
		}
		if number > 0 {
			made = append(made, number)
		}
		for _, id := range []string{old.IncidentID, a.IncidentID} {
			if id != "" && !slices.Contains(parents, id) {
				parents = append(parents, id)
			}
		}
		if old.IncidentID != a.IncidentID {
			joined[a.IncidentID] = append(joined[a.IncidentID], a)
		}
		if a.Updated.After(newest[a.IncidentID]) {
			newest[a.IncidentID] = a.Updated
		}
	}
	if err := tx.PushEvents(ctx, k.ws, bodies); err != nil {
		return nil, fmt.Errorf("storing alert rows: %w", err)
	}
	touched, err := k.present(ctx, tx, parents, joined, newest)
	return append(touched, made...), err
}

// present brings the incidents of alerts up to date, with a line of history for each alert that is new to them. newest is
// when an incident's alerts last changed; missing is now.
func (k *Sink) present(ctx context.Context, tx meta.IncidentTx, parents []string, joined map[string][]model.Alert, newest map[string]time.Time) ([]int64, error) {
	var touched []int64
	for _, id := range parents {
		row, err := tx.IncidentByProvider(ctx, k.ws, id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading incident %s of the tenant: %w", id, err)
		}
		rec, err := open(row)
		if err != nil {
			return nil, err
		}
		c := cause{actor: alertActor, at: newest[id]}
		if c.at.IsZero() {
			c.at = k.s.now()
		}
		for _, a := range joined[id] {
			c.activities = append(c.activities, model.Activity{Time: a.Created, Actor: a.ProductName, Kind: "alert", After: a.Title, Origin: "defender", Note: a.ID})
		}
		if err := k.s.save(ctx, tx, rec, c); err != nil {
			return nil, err
		}
		touched = append(touched, rec.row.Number)
	}
	return touched, nil
}

// Checkpoint returns a stream's checkpoint.
func (k *Sink) Checkpoint(ctx context.Context, stream string) (string, error) {
	return k.s.db.Incidents().Checkpoint(ctx, k.ws, stream)
}

// PutCheckpoint stores a stream's checkpoint.
func (k *Sink) PutCheckpoint(ctx context.Context, stream, body string) error {
	return k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		return tx.PutCheckpoint(ctx, k.ws, stream, body)
	})
}

// Quarantine puts an object that cannot be read aside.
func (k *Sink) Quarantine(ctx context.Context, stream, id, reason string) error {
	return k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		return tx.PutQuarantine(ctx, &meta.QuarantineRow{Workspace: k.ws, Stream: stream, ID: id, Reason: reason, Since: ticks(k.s.now())})
	})
}

// Release forgets that an object was put aside.
func (k *Sink) Release(ctx context.Context, stream, id string) error {
	return k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		return tx.DropQuarantine(ctx, k.ws, stream, id)
	})
}

// Quarantined returns the ids of what was put aside.
func (k *Sink) Quarantined(ctx context.Context, stream string) ([]string, error) {
	rows, err := k.s.db.Incidents().Quarantine(ctx, k.ws, stream)
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids, err
}

// Count returns how many of the tenant's incidents ("incidents") or alerts are here.
func (k *Sink) Count(ctx context.Context, stream string) (int, error) {
	if stream == "incidents" {
		return k.s.db.Incidents().CountTenantIncidents(ctx, k.ws)
	}
	return k.s.db.Incidents().CountAlerts(ctx, k.ws)
}

// lookedUp is how long a looked-up person is believed; one that the directory did not have is asked for again sooner.
const (
	lookedUp    = 7 * 24 * time.Hour
	notLookedUp = time.Hour
)

// UnknownPeople returns those of the logins that were not looked up lately.
func (k *Sink) UnknownPeople(ctx context.Context, logins []string) ([]string, error) {
	var out []string
	tx := k.s.db.Incidents()
	for _, l := range logins {
		p, err := tx.Person(ctx, k.ws, strings.ToLower(l))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		age := k.s.now().Sub(fromTicks(p.Fetched))
		if err != nil || p.Body == "" && age > notLookedUp || age > lookedUp {
			out = append(out, l)
		}
	}
	return out, nil
}

// PutPerson keeps what the directory says of a login; nil: it has none.
func (k *Sink) PutPerson(ctx context.Context, login string, o *model.Owner) error {
	row := meta.PersonRow{Workspace: k.ws, Login: strings.ToLower(login), Fetched: ticks(k.s.now())}
	if o != nil {
		b, err := json.Marshal(o)
		if err != nil {
			return fmt.Errorf("encoding a person: %w", err)
		}
		row.Body = string(b)
	}
	return k.s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error { return tx.PutPerson(ctx, &row) })
}

// OpenIncidents returns the numbers of the tenant's incidents that are open or were changed since the time.
func (k *Sink) OpenIncidents(ctx context.Context, since time.Time) ([]int64, error) {
	return k.s.db.Incidents().TenantNumbers(ctx, k.ws, []string{statusNew, statusActive}, ticks(since))
}
