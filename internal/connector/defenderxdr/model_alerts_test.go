package defenderxdr

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// The alerts of the model: a stream of their own, with stamps of their own, that belong to incidents, to none, or to one
// after another.

// tenantAlert is an alert as the tenant really has it.
type tenantAlert struct {
	id, incident, title, status string
	created, stamp              time.Time
	history                     []string // its JSON after each change
}

type wireModelAlert struct {
	ID       string `json:"id"`
	Incident any    `json:"incidentId"`
	Title    string `json:"title"`
	Status   string `json:"status"`
	Severity string `json:"severity"`
	Service  string `json:"serviceSource"`
	Created  string `json:"createdDateTime"`
	Stamp    string `json:"lastUpdateDateTime"`
}

func (a *tenantAlert) row() json.RawMessage {
	b, err := json.Marshal(wireModelAlert{
		a.id, orNull(a.incident), a.title, a.status, "low", "microsoftDefenderForEndpoint", a.created.Format(msgraph.TimeFormat), a.stamp.Format(msgraph.TimeFormat),
	})
	if err != nil {
		panic(err)
	}
	return b
}

// touchAlert stamps a change of an alert and puts it on its way into the index.
func (t *modelTenant) touchAlert(a *tenantAlert, stamp time.Time) {
	if stamp.IsZero() {
		stamp = t.w.now.Truncate(t.w.r.coarse)
	}
	if stamp = column.ToTime(column.FromTime(stamp)); stamp.After(a.stamp) {
		a.stamp = stamp
	} else {
		t.w.reached("two versions of an alert under one stamp")
	}
	row := a.row()
	a.history = append(a.history, string(row))
	t.alertIndex[a.id] = append(t.alertIndex[a.id], indexed{row, a.stamp, t.w.now.Add(t.drawLag())})
}

// anAlert picks an alert; nil when there is none.
func (w *world) anAlert() *tenantAlert {
	if len(w.tenant.alertIDs) == 0 {
		return nil
	}
	return w.tenant.alerts[rapid.SampledFrom(w.tenant.alertIDs).Draw(w.t, "alert")]
}

// raise is a new alert, of an incident or of none yet.
func (w *world) raise() {
	if len(w.tenant.alertIDs) >= 12 {
		return
	}
	w.serial++
	a := &tenantAlert{id: fmt.Sprint("da", w.serial), title: w.fresh("a"), status: "new", created: w.now}
	if in := w.there(); in != nil && rapid.IntRange(0, 3).Draw(w.t, "alone") > 0 {
		a.incident = in.id
	} else {
		w.reached("alert without an incident")
	}
	w.tenant.alerts[a.id] = a
	w.tenant.alertIDs = append(w.tenant.alertIDs, a.id)
	w.tenant.touchAlert(a, time.Time{})
}

// alertEdit is the tenant changing an alert, or finding the incident it belongs to.
func (w *world) alertEdit() {
	if a := w.anAlert(); a != nil {
		w.changeAlert(a, time.Time{})
	}
}

// investigate is an automated investigation: it changes an alert several times under one stamp, back and forth, while the
// workspace polls.
func (w *world) investigate() {
	a := w.anAlert()
	if a == nil {
		return
	}
	stamp := w.now.Truncate(w.r.coarse)
	for range rapid.IntRange(2, 6).Draw(w.t, "turns") {
		if a.status = "new"; rapid.Bool().Draw(w.t, "closed") {
			a.status = "resolved"
		}
		w.tenant.touchAlert(a, stamp)
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(w.t, "turn")) * time.Second)
		_ = w.exclusive(w.pullAlerts)
	}
	w.reached("alert investigated under one stamp")
}

func (w *world) changeAlert(a *tenantAlert, stamp time.Time) {
	was := a.row()
	switch in := w.there(); {
	case a.incident == "" && in != nil:
		a.incident = in.id
		w.reached("alert joined an incident later")
	case rapid.IntRange(0, 4).Draw(w.t, "another incident") == 0 && in != nil:
		a.incident = in.id
		w.reached("alert moved to another incident")
	case rapid.Bool().Draw(w.t, "retitled"):
		a.title = w.fresh("a")
	default:
		a.status = rapid.SampledFrom([]string{"new", "resolved"}).Draw(w.t, "alert status")
	}
	if string(a.row()) != string(was) {
		w.tenant.touchAlert(a, stamp)
	}
}

// bulkAlerts changes several alerts under one stamp: resolving an incident resolves its alerts.
func (w *world) bulkAlerts() {
	stamp := w.now.Truncate(w.r.coarse)
	for _, id := range w.tenant.alertIDs {
		if a := w.tenant.alerts[id]; rapid.Bool().Draw(w.t, "resolved") {
			a.status, a.title = "resolved", w.fresh("a")
			w.tenant.touchAlert(a, stamp)
		}
	}
	w.reached("alerts resolved under one stamp")
}

// moveAlerts takes the alerts of a merged incident to where it was merged.
func (w *world) moveAlerts(from, to string) {
	for _, id := range w.tenant.alertIDs {
		if a := w.tenant.alerts[id]; a.incident == from {
			a.incident = to
			w.reached("alert moved by a merge")
			w.tenant.touchAlert(a, time.Time{})
		}
	}
}

// modelAlert is an alert as the workspace has it.
type modelAlert struct {
	mark     syncback.AlertMark
	alert    model.Alert
	versions []string // the JSON behind each row that tells of it
}

// MergeAlerts implements Sink.
func (s *modelStore) MergeAlerts(_ context.Context, rows []model.Alert, at time.Time) (map[string]string, error) {
	if err := s.w.yield("before alerts"); err != nil {
		return nil, err
	}
	fetch := map[string]string{}
	for _, a := range rows {
		v := s.takeAlert(a, func(m *syncback.AlertMark) syncback.Verdict { return s.w.m.alert(m, a, at) })
		switch {
		case v == syncback.Ask:
			fetch[a.ID] = a.Hash
			s.w.reached("a row of an alert proved nothing")
		case v == syncback.Known && s.alerts[a.ID].mark.Version > column.FromTime(a.Updated):
			s.w.reached("old row of an alert")
		}
	}
	return fetch, s.w.yield("after alerts")
}

// SettleAlert implements Sink.
func (s *modelStore) SettleAlert(_ context.Context, a model.Alert, listed string, at time.Time) error {
	if err := s.w.yield("before an alert"); err != nil {
		return err
	}
	s.takeAlert(a, func(m *syncback.AlertMark) syncback.Verdict {
		if s.w.m.alertRowStands && listed != "" { // the listed row stands for the version for ever
			a.Hash = listed
			listed = ""
		}
		return m.Fetched(column.FromTime(a.Updated), a.Hash, listed, at)
	})
	return s.w.yield("after an alert")
}

func (s *modelStore) takeAlert(a model.Alert, judge func(*syncback.AlertMark) syncback.Verdict) syncback.Verdict {
	known := s.alerts[a.ID]
	v := judge(&known.mark)
	switch v {
	case syncback.News:
		known.alert, known.versions = a, append(slices.Clip(known.versions), string(a.Raw))
		s.w.t.Logf("stored %s: %s %s of incident %q", a.ID, a.Title, a.Status, a.IncidentID)
	case syncback.Settled:
	default:
		return v
	}
	s.alerts[a.ID] = known
	return v
}

// versions is how many rows tell of alerts.
func (s *modelStore) versions() (n int) {
	for _, a := range s.alerts {
		n += len(a.versions)
	}
	return n
}

// sameAlerts checks that every alert of the tenant is here as it is there (C1, C5), and that no row was written without a
// change (C8).
func (w *world) sameAlerts() {
	for _, id := range w.tenant.alertIDs {
		there := w.tenant.alerts[id]
		want, err := Alert(there.row())
		if err != nil {
			w.fail("C1: %v", err)
			continue
		}
		here, ok := w.store.alerts[id]
		if !ok {
			w.fail("C5: alert %s of the tenant is not here", id)
			continue
		}
		got := here.alert
		if got.Title != want.Title || got.Status != want.Status || got.IncidentID != want.IncidentID || !got.Updated.Equal(want.Updated) {
			w.fail("C1: alert %s is %q, %s, of incident %q, at %s here and %q, %s, of incident %q, at %s in the tenant",
				id, got.Title, got.Status, got.IncidentID, got.Updated, want.Title, want.Status, want.IncidentID, want.Updated)
		}
		told := 0 // rows tell its changes in their order, each at most once
		for _, row := range here.versions {
			i := slices.Index(there.history[told:], row)
			if i < 0 {
				w.fail("C8: the rows of alert %s do not follow its changes:\n%s\n%s", id, strings.Join(here.versions, "\n"), strings.Join(there.history, "\n"))
				break
			}
			told += i + 1
		}
	}
	for id := range w.store.alerts {
		if !slices.Contains(w.tenant.alertIDs, id) {
			w.fail("C1: alert %s is here and not in the tenant", id)
		}
	}
}
