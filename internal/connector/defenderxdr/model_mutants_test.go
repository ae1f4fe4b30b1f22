package defenderxdr

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// mutant takes one rule out of the synchroniser. The zero value takes none.
type mutant struct {
	name   string
	policy syncback.Rule // "" is drawn

	pull       func(*world) error
	noOverlap  bool
	noLog      bool // conflicts are not recorded
	noAttempts bool // what was sent is not remembered
	noGuard    bool // versions are not compared
	trustLists bool // a listed row is as good as one read by id
	clockWins  bool // the later clock wins, without a base
	tagsWhole  bool // tags are a register, not a set
	swallow    bool // a failed write counts as done
	noMarker   bool // comments go out without a marker
	whole      bool // a write sends all fields
	atOnce     bool // a comment whose answer was lost is sent again at once
	noRead     bool // nothing is read before a write

	ofAlerts       bool // pull is of the alerts
	alertNoGuard   bool // versions of alerts are not compared
	alertTrusted   bool // a listed row of an alert is as good as one read by id
	alertFirst     bool // of the rows of one stamp the first stands
	alertRowStands bool // a listed row that a read by id has settled stands for the version for ever
}

// mutants are the rules taken out one by one. Each must be caught.
func mutants() []mutant {
	return []mutant{
		{name: "gt-keyset paging", pull: gtPull},
		{name: "$skip paging on the live list", pull: skipPull},
		{name: "no overlap", noOverlap: true},
		{name: "watermark before the rows", pull: watermarkFirst},
		{name: "watermark from future rows", pull: futureWatermark},
		{name: "conflicts not recorded", noLog: true},
		{name: "no attempt set", noAttempts: true},
		{name: "local wins without attempt set", policy: syncback.LocalWins, noAttempts: true},
		{name: "no version guard", noGuard: true},
		{name: "lists trusted", trustLists: true},
		{name: "the later clock wins", clockWins: true},
		{name: "tags as a register", tagsWhole: true},
		{name: "failed writes count as done", swallow: true},
		{name: "comments without marker", noMarker: true},
		{name: "lost comments are sent again at once", atOnce: true},
		{name: "writes send all fields", whole: true},
		{name: "no read before a write", noRead: true},
		{name: "alerts: gt-keyset paging", pull: gtPull, ofAlerts: true},
		{name: "alerts: $skip paging on the live list", pull: skipPull, ofAlerts: true},
		{name: "alerts: watermark before the rows", pull: watermarkFirst, ofAlerts: true},
		{name: "alerts: read with their incidents only", pull: withIncidents, ofAlerts: true},
		{name: "alerts: no version guard", alertNoGuard: true},
		{name: "alerts: lists trusted", alertTrusted: true},
		{name: "alerts: the first row of a stamp stands", alertFirst: true},
		{name: "alerts: a settled row stands for ever", alertRowStands: true},
	}
}

// merge is the inbound rule, or what the mutant makes of it.
func (m mutant) merge(w *world, st *syncback.State, r model.TenantIncident, how syncback.Read) syncback.Outcome {
	switch {
	case m.noGuard:
		st.Version, st.Hash = 0, ""
	case m.trustLists:
		how = syncback.Fetched
	case m.clockWins && st.RemoteID != "":
		later := time.Time{}
		for _, e := range st.Edits {
			if e.Time.After(later) {
				later = e.Time
			}
		}
		if r.Updated.After(later) {
			st.Local, st.Edits, st.Attempts = syncback.ImageOf(r), nil, nil
		}
		st.Base = syncback.ImageOf(r)
	case m.tagsWhole && st.RemoteID != "" && r.Version > st.Version:
		st.Local.Tags, st.Base.Tags = slices.Clone(r.Tags), slices.Clone(r.Tags)
	}
	if m.noAttempts {
		st.Attempts = nil
	}
	return st.Merge(r, how, w.r.policy, w.Now())
}

// alert is the rule for a listed row of an alert, or what the mutant makes of it.
func (m mutant) alert(mark *syncback.AlertMark, a model.Alert, at time.Time) syncback.Verdict {
	version := column.FromTime(a.Updated)
	switch {
	case m.alertNoGuard && (version != mark.Version || a.Hash != mark.Hash), m.alertTrusted && version == mark.Version && a.Hash != mark.Hash:
		*mark = syncback.AlertMark{Version: version, Hash: a.Hash}
		return syncback.News
	case m.alertFirst && version == mark.Version:
		return syncback.Known
	}
	return mark.Listed(version, a.Hash, at)
}

// mutantStore changes what the worker does with the state.
type mutantStore struct {
	*modelStore
	m mutant
}

func (m mutant) store(w *world) syncback.Store {
	if !m.noAttempts && !m.atOnce {
		return w.store
	}
	return mutantStore{w.store, m}
}

func (s mutantStore) Change(ctx context.Context, n int64, f func(*syncback.State) (syncback.Outcome, error)) (syncback.State, error) {
	return s.modelStore.Change(ctx, n, func(st *syncback.State) (syncback.Outcome, error) {
		o, err := f(st)
		if s.m.noAttempts {
			st.Attempts = map[syncback.Field][]string{}
		}
		if s.m.atOnce {
			for i := range st.Comments {
				st.Comments[i].Tried = time.Time{}
			}
		}
		return o, err
	})
}

// mutantRemote changes what the worker does with the tenant.
type mutantRemote struct {
	syncback.Remote
	w *world
	m mutant
}

func (m mutant) remote(w *world, r syncback.Remote) syncback.Remote {
	if !m.swallow && !m.noMarker && !m.whole && !m.noRead {
		return r
	}
	return mutantRemote{r, w, m}
}

func (r mutantRemote) state(id string) *syncback.State { return r.w.store.states[r.w.store.number(id)] }

// Get implements syncback.Remote.
func (r mutantRemote) Get(ctx context.Context, id string, u syncback.Urgency) (model.TenantIncident, error) {
	if st := r.state(id); r.m.noRead && st != nil && st.Redirect == "" {
		return model.TenantIncident{ID: id, Version: st.Version, Hash: st.Hash}, nil
	}
	return r.Remote.Get(ctx, id, u)
}

// Patch implements syncback.Remote.
func (r mutantRemote) Patch(ctx context.Context, id string, p model.TenantPatch, u syncback.Urgency) (model.TenantIncident, error) {
	st := r.state(id)
	if r.m.whole {
		l := st.Local
		tags := slices.Clone(l.Tags)
		p.Disposition, p.Severity, p.Owner, p.Title, p.Description, p.Tags = &l.Disposition, &l.Severity, &l.Owner, &l.Title, &l.Description, &tags
	}
	out, err := r.Remote.Patch(ctx, id, p, u)
	if r.m.swallow && err != nil && !r.w.dead && fault.KindOf(err) == fault.Unavailable {
		l := st.Local
		return model.TenantIncident{
			ID: id, Version: st.Version, Hash: "swallowed", Updated: st.LastSeen, Disposition: l.Disposition, Severity: l.Severity, Owner: l.Owner, Title: l.Title,
			Description: l.Description, Tags: l.Tags, RawStatus: "active",
		}, nil
	}
	return out, err
}

// Comment implements syncback.Remote.
func (r mutantRemote) Comment(ctx context.Context, id, text string, u syncback.Urgency) ([]model.TenantComment, error) {
	if r.m.noMarker {
		text, _ = syncback.Unmark(text)
	}
	return r.Remote.Comment(ctx, id, text, u)
}

// mergeRows merges rows of a list as a naive pull does.
func mergeRows(w *world, rows []json.RawMessage) (newest int64, err error) {
	if w.m.ofAlerts {
		return mergeAlertRows(w, rows)
	}
	var list []model.TenantIncident
	for _, raw := range rows {
		r, err := w.known(raw)
		if err != nil {
			return 0, err
		}
		list, newest = append(list, r), max(newest, r.Version)
	}
	fetch, err := w.store.MergeIncidents(w.ctx, list, false)
	for id, hash := range fetch {
		raw, e := w.tenant.Get(w.ctx, msgraph.Incidents, id, msgraph.Inbound)
		if e != nil {
			return 0, e
		}
		r, e := Incident(raw)
		if e != nil {
			return 0, e
		}
		if e := w.store.SettleIncident(w.ctx, r, hash); e != nil {
			return 0, e
		}
	}
	return newest, err
}

func mergeAlertRows(w *world, rows []json.RawMessage) (newest int64, err error) {
	got, err := w.conn.streams[1].rows.merge(w.ctx, rows, w.now, false)
	if err != nil {
		return 0, err
	}
	for id, hash := range got.fetch {
		if err := w.conn.streams[1].alone(w.ctx, id, hash, w.now, nil); err != nil {
			return 0, err
		}
	}
	return newestOf(got.rows), nil
}

// pulled is the list that the mutant pulls in its way.
func (m mutant) pulled() msgraph.Collection {
	if m.ofAlerts {
		return msgraph.Alerts
	}
	return msgraph.Incidents
}

// withIncidents reads the alerts of the incidents that changed, as $expand gives them, and no others.
func withIncidents(w *world) error {
	page, err := w.tenant.page(msgraph.Incidents, column.ToTime(max(0, w.naive-int64(modelOverlap/100))), w.now.Add(24*time.Hour), 0, 1000)
	if err != nil {
		return err
	}
	var rows []json.RawMessage
	for _, raw := range page.Rows {
		in, err := w.known(raw)
		if err != nil {
			return err
		}
		for _, id := range w.tenant.alertIDs {
			if a := w.tenant.alerts[id]; a.incident == in.ID {
				rows = append(rows, a.row())
			}
		}
	}
	if _, err := mergeAlertRows(w, rows); err != nil {
		return err
	}
	w.naive = column.FromTime(w.now)
	return nil
}

// gtPull pages by "later than the last row of the page": rows that tie with it are never seen.
func gtPull(w *world) error {
	cursor := max(0, w.naive-int64(modelOverlap/100))
	for {
		rows := w.tenant.visible(w.m.pulled(), column.ToTime(cursor+1), w.now.Add(24*time.Hour))
		slices.SortStableFunc(rows, func(a, b indexed) int { return a.stamp.Compare(b.stamp) })
		if err := w.tenant.call("list"); err != nil {
			return err
		}
		page := rows[:min(3, len(rows))]
		var raw []json.RawMessage
		for _, v := range page {
			raw = append(raw, v.row)
		}
		if _, err := mergeRows(w, raw); err != nil {
			return err
		}
		if len(page) < 3 {
			break
		}
		cursor = column.FromTime(page[len(page)-1].stamp)
	}
	w.naive = column.FromTime(w.now)
	return nil
}

// skipPull pages by position over a list that moves, and counts what it saw as all there is.
func skipPull(w *world) error {
	started := w.now
	from := time.Time{}
	if w.naive > 0 {
		from = column.ToTime(w.naive - int64(modelOverlap/100))
	}
	for skip := 0; ; skip += 3 {
		page, err := w.tenant.page(w.m.pulled(), from, w.now.Add(24*time.Hour), skip, 3)
		if err != nil {
			return err
		}
		if _, err := mergeRows(w, page.Rows); err != nil {
			return err
		}
		if page.Partial {
			return errPartial
		}
		if len(page.Rows) < 3 {
			break
		}
	}
	w.naive = column.FromTime(started)
	return nil
}

// watermarkFirst moves the watermark before it reads.
func watermarkFirst(w *world) error {
	i := 0
	if w.m.ofAlerts {
		i = 1
	}
	s := w.conn.streams[i]
	cp, err := w.checkpoint(i)
	if err != nil {
		return err
	}
	if cp.Watermark == 0 {
		return s.cycle(w.ctx, cp)
	}
	next := *cp
	old := window{next.Watermark - int64(modelOverlap/100), s.serverNow() + ahead}
	next.Watermark = s.serverNow()
	if err := s.commit(w.ctx, next); err != nil {
		return err
	}
	*cp = next
	return s.read(w.ctx, old, false, func(window) error { return nil })
}

// futureWatermark takes the newest stamp among the rows for how far it has come, whatever the tenant's clock says.
func futureWatermark(w *world) error {
	from := time.Time{}
	if w.naive > 0 {
		from = column.ToTime(w.naive - int64(modelOverlap/100))
	}
	var newest int64
	page, err := w.tenant.page(w.m.pulled(), from, w.now.Add(1000*time.Hour), 0, 1000)
	if err != nil {
		return err
	}
	if newest, err = mergeRows(w, page.Rows); err != nil {
		return err
	}
	if page.Partial {
		return errPartial
	}
	w.naive = max(w.naive, newest)
	return nil
}
