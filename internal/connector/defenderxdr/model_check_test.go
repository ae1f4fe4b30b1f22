package defenderxdr

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/vedette-siem/vedette/internal/syncback"
)

// normal is a field's value in the form in which the two sides are compared.
func normal(f syncback.Field, m syncback.Image) string {
	fold := func(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
	switch f {
	case syncback.Disposition:
		d := m.Disposition
		return strings.Join([]string{fold(d.Status), fold(d.Classification), fold(d.Determination), strings.TrimSpace(d.Comment)}, "|")
	case syncback.Tags:
		tags := []string{}
		for _, t := range m.Tags {
			tags = append(tags, fold(t))
		}
		slices.Sort(tags)
		return strings.Join(slices.Compact(tags), ",")
	case syncback.Severity, syncback.Owner:
		return fold(m.Text(f))
	}
	return strings.TrimSpace(m.Text(f))
}

// excused reports whether a field ended as it did by a race that no client can win, or because people gave an edit up.
func (w *world) excused(id string, f syncback.Field) bool {
	k := id + "|" + string(f)
	return w.exempt[k] != "" || w.past[k]
}

// agreed checks what must hold when both sides are at rest.
func (w *world) agreed() {
	for _, id := range w.tenant.ids() {
		in := w.tenant.incidents[id]
		if in.gone {
			continue
		}
		n := w.store.number(id)
		if n == 0 {
			w.fail("C5: incident %s of the tenant is not here", id)
			continue
		}
		st := w.store.states[n]
		w.equal(n, st, in)
		if in.redirect == "" {
			w.leaves(n, st, id)
		}
		w.logged(n, st, id)
	}
	w.saidOnce()
	w.tagged()
	w.sameAlerts()
	clashes := 0
	for _, l := range w.store.log {
		clashes += len(l)
	}
	if most := w.edits + w.retries + clashes; w.tenant.written > most {
		w.fail("C8: %d writes for %d edits, %d failures and %d conflicts", w.tenant.written, w.edits, w.retries, clashes)
	}
}

// equal checks C1: the two sides and what was agreed on are the same.
func (w *world) equal(n int64, st *syncback.State, in *tenantIncident) {
	if st.Redirect != in.redirect {
		w.fail("C1: incident %s is merged into %q here and into %q there", in.id, st.Redirect, in.redirect)
	}
	row, err := Incident(in.row())
	if err != nil {
		w.fail("C1: %v", err)
		return
	}
	image, short := syncback.ImageOf(row), in.image()
	for _, f := range syncback.Fields() {
		if image.Text(f) != short.Text(f) {
			w.fail("the model reads %s of %s as %q and the connector as %q", f, in.id, short.Text(f), image.Text(f))
		}
		l, b, r := normal(f, st.Local), normal(f, st.Base), normal(f, image)
		if l != b || b != r {
			w.fail("C1: %s of %s (%d here): local %s, base %s, tenant %s", f, in.id, n, l, b, r)
		}
	}
}

// leaves checks C3: nobody who had seen a final value wrote another one.
func (w *world) leaves(_ int64, st *syncback.State, id string) {
	for _, f := range singles {
		if w.excused(id, f) {
			continue
		}
		final := mark(f, st.Local)
		for _, x := range w.writes[id+"|"+string(f)] {
			if x.parent == final {
				w.fail("C3: %s of %s ended as %q, but %q was written by somebody who had seen it", f, id, final, x.value)
			}
		}
	}
}

// logged checks C7: a value written on either side that nobody has replaced knowingly either stands or is in the log of
// conflicts.
func (w *world) logged(n int64, st *syncback.State, id string) {
	for _, f := range singles {
		writes := w.writes[id+"|"+string(f)]
		for _, x := range writes {
			replaced := slices.ContainsFunc(writes, func(y write) bool { return y.parent == x.value })
			if replaced || x.value == mark(f, st.Local) || w.excused(id, f) {
				continue
			}
			if !slices.ContainsFunc(w.store.log[n], func(c syncback.Clash) bool {
				return c.Field == f && strings.Contains(strings.ToLower(c.Local.Value+c.Remote.Value), strings.ToLower(x.value))
			}) {
				w.fail("C7: %s of %s: %q was written (here: %v), does not stand (%q does), and no conflict tells of it", f, id, x.value, x.local, mark(f, st.Local))
			}
		}
	}
}

// saidOnce checks C4: every comment is here once and in the tenant once, wherever merges have taken it.
func (w *world) saidOnce() {
	for _, c := range w.said {
		end, lost := c.id, false
		for range len(w.tenant.incidents) {
			in := w.tenant.incidents[end]
			if lost = lost || in.gone; in.redirect == "" {
				break
			}
			end = in.redirect
		}
		n := w.store.number(c.id)
		if lost || n == 0 {
			continue
		}
		here, pending, there := 0, 0, 0
		for _, x := range w.store.states[n].Comments {
			if x.Message == c.text {
				here++
				if x.Pending {
					pending++
				}
			}
		}
		for _, in := range w.tenant.incidents {
			for _, x := range in.comments {
				if text, _ := syncback.Unmark(x["comment"]); text == c.text || strings.HasPrefix(text, c.text+" (from incident ") {
					there++
					if in.id != c.id {
						w.reached("comment went to the target")
					}
				}
			}
		}
		if here != 1 || there != 1 || pending != 0 {
			w.fail("C4: comment %q of %s is %d times here (%d pending) and %d times in the tenant", c.text, c.id, here, pending, there)
		}
	}
}

// tagged checks that a tag that nobody removed is on both sides, and one that somebody did on neither.
func (w *world) tagged() {
	for _, fate := range w.tags {
		in, n := w.tenant.incidents[fate.id], w.store.number(fate.id)
		if in.gone || in.redirect != "" || n == 0 || w.excused(fate.id, syncback.Tags) {
			continue
		}
		has := func(list []string) bool {
			return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(t, fate.tag) })
		}
		if here, there := has(w.store.states[n].Local.Tags), has(in.tags); here != (fate.removed == "") || there != here {
			w.fail("tags: %q of %s, removed %q, is here %v and in the tenant %v", fate.tag, fate.id, fate.removed, here, there)
		}
	}
}

// oneSided checks C6: a field that is edited on one side only ends with the last edit, without a conflict.
func (w *world) oneSided() {
	w.faults, w.r.interfere, w.owners = true, 0, 2
	for k := range w.exempt {
		w.past[k] = true
	}
	w.exempt = map[string]string{}
	logged := map[int64]int{}
	for n, l := range w.store.log {
		logged[n] = len(l)
	}
	last, side := map[string]string{}, map[string]bool{}
	for range rapid.IntRange(3, 15).Draw(w.t, "one-sided steps") {
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(w.t, "step")) * time.Second)
		n, _, ok := w.here()
		if !ok || w.tenant.incidents[w.store.ids[n]].gone {
			continue
		}
		f, id := w.field(), w.store.ids[n]
		k := id + "|" + string(f)
		if _, chosen := side[k]; !chosen {
			side[k] = rapid.Bool().Draw(w.t, "edited here")
		}
		if side[k] {
			w.editHere(n, clone(w.store.states[n]), f)
			last[k] = normal(f, w.store.states[n].Local)
		} else {
			in := w.tenant.incidents[id]
			w.editThere(in, f, "bob@example.com", time.Time{})
			last[k] = normal(f, in.image())
		}
		for range rapid.IntRange(0, 2).Draw(w.t, "cycles") {
			if rapid.Bool().Draw(w.t, "pull") {
				_ = w.exclusive(w.pull)
			} else {
				_ = w.exclusive(w.push)
			}
		}
	}
	w.rest()
	for k, want := range last {
		id, name, _ := strings.Cut(k, "|")
		f, n := syncback.Field(name), w.store.number(id)
		if w.exempt[k] != "" {
			continue
		}
		got := normal(f, w.store.states[n].Local)
		if f == syncback.Disposition && w.r.normalise { // an unset classification has no determination
			reset := strings.NewReplacer("|unknown|malware|", "|unknown|unknown|", "|unknown|notmalicious|", "|unknown|unknown|")
			want, got = reset.Replace(want), reset.Replace(got)
		}
		if got != want {
			w.fail("C6: %s was edited on one side only and ended as %q instead of %q", k, got, want)
		}
		for _, c := range w.store.log[n][logged[n]:] {
			if c.Field == f && c.Note == "" {
				w.fail("C6: %s was edited on one side only and had a conflict: %+v", k, c)
			}
		}
	}
	w.agreed()
}
