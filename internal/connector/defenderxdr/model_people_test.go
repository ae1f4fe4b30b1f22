package defenderxdr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// singles are the fields whose values name their write.
var singles = []syncback.Field{syncback.Disposition, syncback.Owner, syncback.Title, syncback.Description}

// fresh returns a word that nobody has written yet; the dot at its end keeps w1 out of w12.
func (w *world) fresh(kind string) string {
	w.serial++
	return fmt.Sprintf("%s%d.", kind, w.serial)
}

// mark is the part of a field's value that names its write.
func mark(f syncback.Field, m syncback.Image) string {
	if f == syncback.Disposition {
		return m.Disposition.Comment
	}
	return strings.ToLower(strings.TrimSpace(m.Text(f)))
}

func (w *world) value(f syncback.Field) syncback.Image {
	var m syncback.Image
	switch f {
	case syncback.Disposition:
		m.Disposition = model.Disposition{
			Status:         rapid.SampledFrom([]string{"New", "Active", "Closed"}).Draw(w.t, "status"),
			Classification: rapid.SampledFrom([]string{"unknown", "truePositive", "falsePositive"}).Draw(w.t, "class"),
			Determination:  rapid.SampledFrom([]string{"unknown", "malware", "notMalicious"}).Draw(w.t, "determination"), Comment: w.fresh("n"),
		}
	case syncback.Owner:
		m.Owner = rapid.SampledFrom([]string{"ada", "Bob", "refused"}[:w.owners]).Draw(w.t, "owner") + w.fresh("o") + "@example.com"
	case syncback.Title:
		m.Title = "Title " + w.fresh("t")
	case syncback.Description:
		m.Description = "About " + w.fresh("d")
	case syncback.Severity:
		m.Severity = rapid.SampledFrom([]string{"Low", "Medium", "High"}).Draw(w.t, "severity")
	}
	return m
}

func (w *world) note(id string, f syncback.Field, value, parent string, local bool) {
	k := id + "|" + string(f)
	w.writes[k] = append(w.writes[k], write{value, parent, local})
}

func (w *world) field() syncback.Field {
	return rapid.SampledFrom(append(slices.Clone(singles), syncback.Severity)).Draw(w.t, "field")
}

// here picks an incident that the workspace knows and may change; ok is false when there is none.
func (w *world) here() (n int64, st syncback.State, ok bool) {
	var open []int64
	for _, n := range w.store.numbers() {
		if s := w.store.states[n]; s.Redirect == "" && !s.Orphaned {
			open = append(open, n)
		}
	}
	if len(open) == 0 {
		return 0, st, false
	}
	n = rapid.SampledFrom(open).Draw(w.t, "incident here")
	return n, clone(w.store.states[n]), true
}

func (w *world) localEdit() {
	if n, st, ok := w.here(); ok {
		w.editHere(n, st, w.field())
	}
}

func (w *world) editHere(n int64, st syncback.State, f syncback.Field) {
	id, v := w.store.ids[n], w.value(f)
	if f != syncback.Severity {
		w.note(id, f, mark(f, v), mark(f, st.Local), true)
	}
	text := v.Text(f)
	changes := st.EditLocal(func(m *syncback.Image) {
		if err := m.SetText(f, text); err != nil {
			w.fail("setting %s: %v", f, err)
		}
	}, syncback.Edit{Actor: "ana", Time: w.Now(), Person: rapid.Bool().Draw(w.t, "a person")})
	w.edits += len(changes)
	w.t.Logf("here: %s of %s becomes %s", f, id, text)
	w.store.states[n] = &st
}

func (w *world) localTag() {
	n, st, ok := w.here()
	if !ok {
		return
	}
	id := w.store.ids[n]
	remove := len(st.Local.Tags) > 0 && rapid.Bool().Draw(w.t, "remove a tag")
	tag := w.fresh("tag")
	if remove {
		tag = rapid.SampledFrom(st.Local.Tags).Draw(w.t, "tag")
		w.fate(id, tag).removed = "here"
	} else {
		w.fate(id, tag)
	}
	w.t.Logf("here: tag %s of %s, remove %v", tag, id, remove)
	w.edits += len(st.EditLocal(func(m *syncback.Image) {
		if remove {
			m.Tags = without(m.Tags, tag)
		} else {
			m.Tags = append(slices.Clone(m.Tags), tag)
		}
	}, syncback.Edit{Actor: "ana", Time: w.Now(), Person: true}))
	w.store.states[n] = &st
}

func (w *world) fate(id, tag string) *tagFate {
	k := id + "|" + strings.ToLower(tag)
	if w.tags[k] == nil {
		w.tags[k] = &tagFate{id: id, tag: tag}
	}
	return w.tags[k]
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return strings.EqualFold(x, s) })
}

// backAndForth excuses the tags of an incident when somebody in the tenant undoes a change of the workspace that landed
// without its knowledge: what it sees then is what it knew before.
func (w *world) backAndForth(id, tag string) {
	n := w.store.number(id)
	if n == 0 {
		return
	}
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(t, tag) })
	}
	if st := w.store.states[n]; has(st.Base.Tags) != has(st.Local.Tags) {
		w.exempt[id+"|tags"] = "undone before it was known to have landed"
		w.reached("undone before it was known to have landed")
	}
}

func (w *world) localComment() {
	n, st, ok := w.here()
	if !ok {
		return
	}
	text := w.fresh("says")
	w.said = append(w.said, comment{w.store.ids[n], text})
	st.AddComment(fmt.Sprintf("01J%023d", w.serial), text, "ana", w.Now())
	w.edits++
	w.store.states[n] = &st
}

// say is somebody commenting, and the comment going out at once, and again when its answer is lost.
func (w *world) say() {
	w.localComment()
	for range rapid.IntRange(1, 3).Draw(w.t, "tries") {
		_ = w.exclusive(w.push)
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 15).Draw(w.t, "breath")) * time.Second)
	}
}

// there picks an incident of the tenant that people may change.
func (w *world) there() *tenantIncident {
	var open []string
	for _, id := range w.tenant.ids() {
		if in := w.tenant.incidents[id]; in.redirect == "" && !in.gone {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return w.tenant.incidents[rapid.SampledFrom(open).Draw(w.t, "incident there")]
}

func (w *world) tenantEdit() {
	if in := w.there(); in != nil {
		w.editThere(in, w.field(), "bob@example.com", time.Time{})
	}
}

func (w *world) editThere(in *tenantIncident, f syncback.Field, by string, stamp time.Time) {
	v := w.value(f)
	if f != syncback.Severity {
		w.note(in.id, f, mark(f, v), mark(f, in.image()), false)
	}
	if was := in.status; f == syncback.Disposition && was == "resolved" && v.Disposition.Status != "Closed" {
		w.reached("reopened in the tenant")
	}
	if n := w.store.number(in.id); n > 0 && slices.Contains(w.store.states[n].Attempts[f], v.Text(f)) {
		w.exempt[in.id+"|"+string(f)] = "somebody chose the very value of a write whose outcome was unknown"
	}
	in.take(f, v)
	w.t.Logf("there: %s of %s becomes %s by %s", f, in.id, v.Text(f), by)
	w.tenant.touch(in, by, stamp)
}

// automate is the second writer: it acts on what it sees, all the time.
func (w *world) automate() {
	if in := w.there(); in != nil {
		w.editThere(in, syncback.Disposition, "Defender automation", time.Time{})
	}
}

// bulkEdit changes several incidents under one stamp.
func (w *world) bulkEdit() {
	stamp := w.now.Truncate(w.r.coarse)
	f := w.field()
	for range rapid.IntRange(2, 6).Draw(w.t, "bulk") {
		if in := w.there(); in != nil {
			w.editThere(in, f, "bob@example.com", stamp)
		}
	}
	w.reached("bulk edit under one stamp")
}

func (w *world) tenantTag() {
	in := w.there()
	if in == nil {
		return
	}
	if len(in.tags) > 0 && rapid.Bool().Draw(w.t, "remove a tag") {
		tag := rapid.SampledFrom(in.tags).Draw(w.t, "tag")
		w.fate(in.id, tag).removed = "there"
		w.backAndForth(in.id, tag)
		in.tags = without(in.tags, tag)
	} else {
		tag := w.fresh("tag")
		w.fate(in.id, tag)
		in.tags = append(slices.Clone(in.tags), tag)
	}
	w.t.Logf("there: tags of %s become %v", in.id, in.tags)
	w.tenant.touch(in, "bob@example.com", time.Time{})
}

func (w *world) tenantComment() {
	in := w.there()
	if in == nil {
		return
	}
	text := w.fresh("says")
	w.said = append(w.said, comment{in.id, text})
	w.tenant.comment(in, text, "bob")
}

// create is a new incident of the tenant.
func (w *world) create() {
	if len(w.tenant.incidents) >= 12 {
		return
	}
	w.serial++
	in := &tenantIncident{id: fmt.Sprint(1000 + w.serial), severity: "low", status: "active", class: "unknown", determination: "unknown", created: w.now}
	w.tenant.incidents[in.id] = in
	for _, f := range singles {
		v := w.value(f)
		if f == syncback.Owner {
			v.Owner = "ada" + w.fresh("o") + "@example.com"
		}
		in.take(f, v)
		w.note(in.id, f, mark(f, v), "", false)
	}
	w.tenant.touch(in, "Defender automation", time.Time{})
}

// merge moves one incident of the tenant into another one: tags go along, comments do not.
func (w *world) merge() {
	source, target := w.there(), w.there()
	if source == nil || source == target || rapid.IntRange(0, 1).Draw(w.t, "merge") > 0 {
		return
	}
	if n := w.store.number(source.id); n > 0 {
		if st := w.store.states[n]; st.Waiting() {
			w.reached("merged with edits pending")
		}
	}
	for _, in := range w.tenant.incidents {
		if in.redirect == source.id {
			w.reached("chain of merges")
		}
	}
	for _, tag := range source.tags {
		if fate := w.fate(target.id, tag); !slices.ContainsFunc(target.tags, func(x string) bool { return strings.EqualFold(x, tag) }) {
			target.tags = append(slices.Clone(target.tags), tag)
			fate.removed = "" // it came back
			w.backAndForth(target.id, tag)
		}
	}
	source.redirect, source.status = target.id, "redirected"
	w.t.Logf("there: %s is merged into %s", source.id, target.id)
	w.tenant.touch(source, "Microsoft Defender XDR - alert correlation", time.Time{})
	w.tenant.touch(target, "Microsoft Defender XDR - alert correlation", time.Time{})
	w.moveAlerts(source.id, target.id)
}

// vanish takes an incident out of the tenant.
func (w *world) vanish() {
	if in := w.there(); in != nil && rapid.IntRange(0, 5).Draw(w.t, "vanish") == 0 && len(w.tenant.incidents) > 2 {
		in.gone = true
		delete(w.tenant.index, in.id)
		w.reached("vanished")
	}
}

// jump moves the workspace's clock. Comments that are under way land before it: the wait for them goes by that clock.
func (w *world) jump() {
	w.tenant.applyLateComments()
	w.skew = time.Duration(rapid.IntRange(-3600, 90000).Draw(w.t, "jump")) * time.Second
	if w.skew < 0 {
		w.reached("clock jumped back")
	}
}

// wait lets time pass.
func (w *world) wait() {
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(w.t, "wait")) * time.Second)
}

// look is somebody opening an incident.
func (w *world) look() {
	if n, _, ok := w.here(); ok {
		_ = w.exclusive(func() error {
			_, err := w.worker.Refresh(w.ctx, n, syncback.Person)
			return err
		})
	}
}
