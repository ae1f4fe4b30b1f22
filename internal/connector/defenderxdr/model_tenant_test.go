package defenderxdr

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// tenantIncident is an incident as the tenant really has it.
type tenantIncident struct {
	id, title, description, severity, owner string
	status, class, determination, note      string
	tags                                    []string
	comments                                []map[string]string
	created, stamp                          time.Time
	by, redirect                            string
	gone                                    bool
	changes                                 int
}

// wireRow is how the tenant writes an incident.
type wireRow struct {
	ID            string              `json:"id"`
	Title         string              `json:"displayName"`
	Description   string              `json:"description"`
	Severity      string              `json:"severity"`
	Owner         string              `json:"assignedTo"`
	Status        string              `json:"status"`
	Class         string              `json:"classification"`
	Determination string              `json:"determination"`
	Note          string              `json:"resolvingComment"`
	Tags          []string            `json:"customTags"`
	Comments      []map[string]string `json:"comments"`
	Created       string              `json:"createdDateTime"`
	Stamp         string              `json:"lastUpdateDateTime"`
	By            string              `json:"lastModifiedBy"`
	Redirect      any                 `json:"redirectIncidentId"`
}

func (in *tenantIncident) row() json.RawMessage {
	b, err := json.Marshal(wireRow{
		in.id, in.title, in.description, in.severity, in.owner, in.status, in.class, in.determination, in.note, in.tags, in.comments,
		in.created.Format(msgraph.TimeFormat), in.stamp.Format(msgraph.TimeFormat), in.by, orNull(in.redirect),
	})
	if err != nil {
		panic(err)
	}
	return b
}

// image is the incident in the workspace's words, without the way over its JSON; equal checks that both ways agree.
func (in *tenantIncident) image() syncback.Image {
	trim := strings.TrimSpace
	return syncback.Image{
		Disposition: model.Disposition{
			Status: statusWords.of(in.status, ""), Classification: classificationWords.of(in.class, ""),
			Determination: determinationWords.of(in.determination, ""), Comment: trim(in.note),
		},
		Severity: severityWords.of(in.severity, ""), Owner: trim(in.owner), Title: trim(in.title), Description: trim(in.description), Tags: in.tags,
	}
}

// take sets a field to a value in the workspace's words.
func (in *tenantIncident) take(f syncback.Field, v syncback.Image) {
	switch f {
	case syncback.Disposition:
		in.status, in.class = tenantStatus.of(v.Disposition.Status, "active"), v.Disposition.Classification
		in.determination, in.note = v.Disposition.Determination, v.Disposition.Comment
	case syncback.Owner:
		in.owner = v.Owner
	case syncback.Title:
		in.title = v.Title
	case syncback.Description:
		in.description = v.Description
	case syncback.Severity:
		in.severity = strings.ToLower(v.Severity)
	}
}

// indexed is a version in the index that lists are served from.
type indexed struct {
	row     json.RawMessage
	stamp   time.Time
	visible time.Time
}

type modelTenant struct {
	Graph
	w          *world
	incidents  map[string]*tenantIncident
	index      map[string][]indexed
	alerts     map[string]*tenantAlert
	alertIDs   []string
	alertIndex map[string][]indexed
	late       []lateWrite
	quiet      map[string]bool           // incidents with comments that moved no stamp
	read       map[string]tenantIncident // by the worker, since it began with an incident
	written    int
}

func (t *modelTenant) ids() []string { return slices.Sorted(maps.Keys(t.incidents)) }

// touch stamps a change and puts it on its way into the index.
func (t *modelTenant) touch(in *tenantIncident, by string, stamp time.Time) {
	if stamp.IsZero() {
		stamp = t.w.now.Truncate(t.w.r.coarse)
		if t.w.chance(60, "dated ahead") {
			stamp = stamp.Add(50 * time.Minute)
			t.w.reached("row dated ahead")
		}
	}
	if stamp = column.ToTime(column.FromTime(stamp)); stamp.After(in.stamp) {
		in.stamp = stamp
	} else {
		t.w.reached("two versions of one stamp")
	}
	in.by = by
	in.changes++
	t.normalise(in)
	t.index[in.id] = append(t.index[in.id], indexed{in.row(), in.stamp, t.w.now.Add(t.drawLag())})
}

// drawLag is how long the index takes to show a change.
func (t *modelTenant) drawLag() time.Duration {
	if !t.w.faults || t.w.r.lag == 0 {
		return 0
	}
	return time.Duration(rapid.IntRange(0, int(t.w.r.lag/time.Second)).Draw(t.w.t, "lag")) * time.Second
}

func (t *modelTenant) comment(in *tenantIncident, text, by string) {
	in.comments = append(slices.Clone(in.comments), map[string]string{"comment": text, "createdByDisplayName": by, "createdDateTime": t.w.now.Format(msgraph.TimeFormat)})
	if t.w.r.bump {
		t.touch(in, by, time.Time{})
		return
	}
	if v := t.index[in.id]; len(v) > 0 {
		v[len(v)-1].row = in.row() // the stamp stays: no list needs to show it again
	}
	t.quiet[in.id] = true
}

// lateWrite is a write whose answer was a timeout, and when it has landed at the latest; zero for any time.
type lateWrite struct {
	do func()
	by time.Time
}

// applyLate applies writes whose answer was a timeout.
func (t *modelTenant) applyLate(all bool) {
	for i := 0; i < len(t.late); {
		if w := t.late[i]; all || !w.by.IsZero() && !w.by.After(t.w.now) || t.w.chance(4, "late write lands") {
			t.late = slices.Delete(t.late, i, i+1)
			w.do()
			continue
		}
		i++
	}
}

// applyLateComments applies the comments among them.
func (t *modelTenant) applyLateComments() {
	t.late = slices.DeleteFunc(t.late, func(w lateWrite) bool {
		if w.by.IsZero() {
			return false
		}
		w.do()
		return true
	})
}

// visible is what the index shows: of each incident the newest version that has arrived, in the order of the tenant.
func (t *modelTenant) visible(col msgraph.Collection, from, to time.Time) (out []indexed) {
	ids, index := t.alertIDs, t.alertIndex
	if col.One == msgraph.Incidents.One {
		ids, index = t.ids(), t.index
	}
	shown := t.w.now
	if t.w.r.lag > 0 && t.w.chance(6, "a replica behind") {
		shown = shown.Add(-t.drawLag())
		t.w.reached("a list of a replica that is behind")
	}
	for _, id := range ids {
		versions := index[id]
		for i := len(versions) - 1; i >= 0; i-- {
			if v := versions[i]; !v.visible.After(shown) {
				if !v.stamp.Before(from) && v.stamp.Before(to) {
					out = append(out, v)
				}
				if i < len(versions)-1 {
					t.w.reached("a list shows an old version")
				}
				break
			}
		}
	}
	switch t.w.r.order {
	case "newest":
		slices.SortStableFunc(out, func(a, b indexed) int { return b.stamp.Compare(a.stamp) })
	case "random":
		if len(out) > 1 {
			out = rapid.Permutation(out).Draw(t.w.t, "order")
		}
	}
	return out
}

// call is what every request goes through: time passes, people act, it may fail.
func (t *modelTenant) call(name string) error {
	if err := t.w.yield(name); err != nil {
		return err
	}
	t.w.meanwhile()
	if t.w.chance(t.w.r.failure, name+" fails") {
		t.w.retries++
		status, kind := 503, fault.Unavailable
		if rapid.Bool().Draw(t.w.t, "throttled") {
			status, kind = 429, fault.Throttled
		}
		return fault.New(kind, "graph_unavailable", "no: %w", &msgraph.ResponseError{Status: status})
	}
	return nil
}

// List implements Graph.
func (t *modelTenant) List(_ context.Context, col msgraph.Collection, from, to time.Time, top int, _ msgraph.Priority) (*msgraph.Page, error) {
	if top == 0 {
		top = col.Top
	}
	return t.page(col, from, to, 0, top)
}

// Next implements Graph: the link holds a position in a list that moves.
func (t *modelTenant) Next(_ context.Context, col msgraph.Collection, p *msgraph.Page, _ msgraph.Priority) (*msgraph.Page, error) {
	var from, to int64
	var skip, top int
	if _, err := fmt.Sscanf(p.Next, "%d %d %d %d", &from, &to, &skip, &top); err != nil {
		return nil, err
	}
	if t.w.chance(20, "link expired") {
		t.w.reached("expired link")
		return nil, fault.New(fault.Invalid, "graph_refused", "expired")
	}
	return t.page(col, column.ToTime(from), column.ToTime(to), skip, top)
}

func (t *modelTenant) page(col msgraph.Collection, from, to time.Time, skip, top int) (*msgraph.Page, error) {
	if err := t.call("list"); err != nil {
		return nil, err
	}
	if t.w.chance(30, "malformed") {
		t.w.reached("malformed page")
		return nil, fault.New(fault.Unavailable, "graph_malformed", "half a page")
	}
	all := t.visible(col, from, to)
	t.w.t.Logf("%s: list %s to %s from %d: %d of %d", t.w.now.Format("15:04:05"), from.Format("02 15:04:05"), to.Format("02 15:04:05"), skip, len(all[min(skip, len(all)):min(skip+top, len(all))]), len(all))
	p := &msgraph.Page{Count: len(all), Date: t.w.now.Truncate(time.Second)}
	rows := all[min(skip, len(all)):min(skip+top, len(all))]
	if t.w.chance(15, "partial") {
		t.w.reached("partial page")
		p.Partial, rows, p.Count = true, rows[:len(rows)/2], -1
	}
	for _, v := range rows {
		p.Rows = append(p.Rows, v.row)
	}
	if skip+top < len(all) {
		if from.IsZero() {
			from = column.ToTime(1)
		}
		p.Next = fmt.Sprintf("%d %d %d %d", column.FromTime(from), column.FromTime(to), skip+top, top)
		t.w.reached("more than one page")
	}
	return p, nil
}

// IDs implements Graph.
func (t *modelTenant) IDs(_ context.Context, col msgraph.Collection, from, to time.Time, _ msgraph.Priority) (out []string, err error) {
	if err := t.call("ids"); err != nil {
		return nil, err
	}
	for _, v := range t.visible(col, from, to) {
		var o struct{ ID string }
		if err := json.Unmarshal(v.row, &o); err != nil {
			return nil, err
		}
		out = append(out, o.ID)
	}
	return out, nil
}

var errNone = fault.New(fault.NotFound, "graph_not_found", "none")

// Get implements Graph.
func (t *modelTenant) Get(_ context.Context, col msgraph.Collection, id string, _ msgraph.Priority) (json.RawMessage, error) {
	if err := t.call("get"); err != nil {
		return nil, err
	}
	if col.One == msgraph.Alerts.One {
		if a := t.alerts[id]; a != nil {
			return a.row(), nil
		}
		return nil, errNone
	}
	in := t.incidents[id]
	if in == nil || in.gone {
		return nil, errNone
	}
	if t.read != nil {
		t.read[id] = *in
	}
	return in.row(), nil
}

// PatchIncident implements Graph.
func (t *modelTenant) PatchIncident(_ context.Context, id string, properties map[string]any, _ msgraph.Priority) (json.RawMessage, error) {
	t.written++
	if err := t.call("patch"); err != nil {
		return nil, err
	}
	in := t.incidents[id]
	if in == nil || in.gone {
		return nil, errNone
	}
	if owner, ok := properties["assignedTo"].(string); ok && strings.HasPrefix(strings.ToLower(owner), "refused") {
		t.w.reached("refused value")
		t.w.retries += 6 // each field is tried alone then
		return nil, fault.New(fault.Invalid, "graph_refused", "no such user")
	}
	if in.redirect != "" {
		t.w.reached("written to a merged incident")
		return nil, fault.New(fault.Invalid, "graph_refused", "merged")
	}
	if t.w.chance(t.w.r.failure, "late") {
		t.w.retries++
		t.w.reached("late write")
		was, ok := t.read[id]
		if !ok {
			was = *in
		}
		t.w.t.Logf("there: %s will be written late", id)
		t.late = append(t.late, lateWrite{do: func() {
			if !in.gone && in.redirect == "" {
				t.overwrites(in, was, properties, landedLate)
				t.apply(in, properties)
			}
		}})
		return nil, fault.New(fault.Unavailable, "graph_timeout", "no answer")
	}
	if was, ok := t.read[id]; ok {
		t.overwrites(in, was, properties, "changed between read and write")
	}
	t.apply(in, properties)
	if t.w.chance(t.w.r.failure, "answer lost") {
		t.w.retries++
		t.w.reached("lost answer")
		return nil, fault.New(fault.Unavailable, "graph_unreachable", "lost")
	}
	row := in.row()
	return row, t.w.yield("after patch")
}

const landedLate = "a write landed late"

// overwrites notes which fields a write takes from somebody whom the workspace could not have seen: no client can help that.
func (t *modelTenant) overwrites(in *tenantIncident, was tenantIncident, properties map[string]any, why string) {
	after := *in
	change(&after, properties)
	before, now, then := was.image(), in.image(), after.image()
	for _, p := range []struct {
		property string
		field    syncback.Field
	}{
		{"classification", syncback.Disposition}, {"assignedTo", syncback.Owner}, {"displayName", syncback.Title},
		{"description", syncback.Description}, {"severity", syncback.Severity}, {"customTags", syncback.Tags},
	} {
		if _, ok := properties[p.property]; ok && (before.Text(p.field) != now.Text(p.field) || why == landedLate && was.changes != in.changes) && now.Text(p.field) != then.Text(p.field) {
			t.w.exempt[in.id+"|"+string(p.field)] = why
			t.w.reached(why)
		}
	}
}

func (t *modelTenant) apply(in *tenantIncident, properties map[string]any) {
	change(in, properties)
	t.w.t.Logf("there: written to %s: %v", in.id, properties)
	t.touch(in, "app", time.Time{})
}

// change writes properties into an incident.
func change(in *tenantIncident, properties map[string]any) {
	text := func(k string, to *string) {
		if v, ok := properties[k]; ok {
			*to, _ = v.(string)
		}
	}
	text("status", &in.status)
	text("classification", &in.class)
	text("determination", &in.determination)
	text("resolvingComment", &in.note)
	text("assignedTo", &in.owner)
	text("displayName", &in.title)
	text("description", &in.description)
	text("severity", &in.severity)
	if tags, ok := properties["customTags"].([]string); ok {
		in.tags = slices.Clone(tags)
	}
}

// normalise is what the service makes of values on its own.
func (t *modelTenant) normalise(in *tenantIncident) {
	if t.w.r.normalise {
		in.owner, in.title = strings.ToLower(in.owner), strings.TrimSpace(in.title)
		if in.class == "unknown" && in.determination != "unknown" {
			in.determination = "unknown"
			t.w.reached("determination reset")
		}
		if in.class == "truePositive" {
			in.class = "TruePositive"
		}
		for i := range in.tags {
			in.tags[i] = strings.ToUpper(in.tags[i])
		}
	}
}

// CommentIncident implements Graph.
func (t *modelTenant) CommentIncident(_ context.Context, id, text string, _ msgraph.Priority) ([]json.RawMessage, error) {
	t.written++
	if err := t.call("comment"); err != nil {
		return nil, err
	}
	in := t.incidents[id]
	if in == nil || in.gone {
		return nil, errNone
	}
	if in.redirect != "" {
		t.w.retries++ // merged since its target was chosen: it goes there next
		return nil, fault.New(fault.Invalid, "graph_refused", "merged")
	}
	if t.w.chance(t.w.r.failure, "late") {
		t.w.retries++
		t.w.reached("late comment")
		t.late = append(t.late, lateWrite{by: t.w.now.Add(50 * time.Second), do: func() {
			if !in.gone && in.redirect == "" {
				t.comment(in, text, "app")
			}
		}})
		return nil, fault.New(fault.Unavailable, "graph_timeout", "no answer")
	}
	t.comment(in, text, "app")
	if t.w.chance(t.w.r.failure, "answer lost") {
		t.w.retries++
		t.w.reached("lost answer to a comment")
		return nil, fault.New(fault.Unavailable, "graph_unreachable", "lost")
	}
	var out []json.RawMessage
	for _, c := range in.comments {
		b, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, t.w.yield("after comment")
}

// FindUsers implements Graph.
func (t *modelTenant) FindUsers(context.Context, []string, msgraph.Priority) ([]msgraph.User, error) {
	return nil, nil
}
