package syncback

import (
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// Read says how a version was read.
type Read int

// A Listed version may lag behind the tenant's index; a Fetched one was read by id.
const (
	Listed Read = iota
	Fetched
)

// Change is one field that took another value.
type Change struct {
	Field         Field
	Before, After string
	Actor         string
}

// Clash is a field that was changed on both sides since they last agreed, with both values; or an edit that could not be sent.
type Clash struct {
	Field         Field
	Base          string
	Local, Remote model.SideValue
	Applied       string // "local" or "remote"
	Note          string // why, when it was not a conflict of values
}

// Outcome is what a merge did.
type Outcome struct {
	Stale    bool // the version was older than, or the same as, what is known; nothing changed
	Fetch    bool // the row proves nothing: read the incident by id and merge that
	First    bool // the incident was not known before
	Touched  bool // the state changed and must be stored
	Changes  []Change
	Clashes  []Clash
	Comments []Comment             // new ones
	Arrived  int                   // own comments seen in the tenant for the first time
	Vanished bool                  // the tenant has not had the incident for a day
	Redirect string                // set when the incident was found merged into another one
	Sent     []Field               // fields whose values the tenant has accepted
	Actor    string                // who made the version
	At       time.Time             // when, by the tenant's clock
	Remote   *model.TenantIncident // the version that was merged, nil when none was
}

// believed is how long a listed row that a read by id has contradicted is taken for an old one. After that the tenant's
// index has caught up, and the same row means that the incident is again as it was.
const believed = 10 * time.Minute

// Merge takes in a version of the tenant. A listed row with the known stamp and other content changes nothing: it asks for
// a read by id, because the tenant's index may show an older version under the same stamp.
func (s *State) Merge(r model.TenantIncident, how Read, p Policy, now time.Time) Outcome {
	return s.merge(r, how, p, nil, now)
}

// Settle takes in a version read by id because a listed row proved nothing, and remembers that row, so that it is not asked
// about again.
func (s *State) Settle(r model.TenantIncident, listed string, p Policy, now time.Time) Outcome {
	o := s.merge(r, Fetched, p, nil, now)
	s.Seen, s.SeenAt, o.Touched = listed, now, true
	return o
}

// Ack takes in the tenant's answer to a write. sent is what was written: the answer is the image of it.
func (s *State) Ack(r model.TenantIncident, sent map[Field]string, p Policy, now time.Time) Outcome {
	return s.merge(r, Fetched, p, sent, now)
}

func (s *State) merge(r model.TenantIncident, how Read, p Policy, sent map[Field]string, now time.Time) Outcome {
	var o Outcome
	switch {
	case s.RemoteID == "":
		o.First, o.Touched = true, true
		s.RemoteID, s.Base, s.Local = r.ID, ImageOf(r), ImageOf(r)
	case r.Version < s.Version, sent == nil && r.Version == s.Version && r.Hash == s.Hash:
		return Outcome{Stale: true}
	case r.Version == s.Version && how == Listed:
		settled := r.Hash == s.Seen && now.Sub(s.SeenAt).Abs() < believed
		return Outcome{Stale: settled, Fetch: !settled}
	}
	if r.Version > s.Version {
		s.Seen = ""
	}
	o.Actor, o.At, o.Remote = r.ModifiedBy, r.Updated, &r
	s.Version, s.Hash, s.RawStatus = r.Version, r.Hash, r.RawStatus
	s.LastSeen, s.Missing, s.Orphaned = r.Updated, time.Time{}, false
	o.Touched = true
	if r.RedirectTo != "" {
		s.redirect(r, &o)
	} else {
		s.Redirect = ""
		for _, f := range Fields() {
			text, written := sent[f]
			switch {
			case written:
				s.answered(f, text, r, &o, now)
			case f == Tags:
				s.mergeTags(r, &o, now)
			default:
				s.mergeField(f, r, p, &o, now)
			}
		}
	}
	o.Comments, o.Arrived = s.mergeComments(r.Comments)
	if len(sent) > 0 {
		s.Outbox.Attempts, s.Outbox.Error = 0, ""
	}
	s.settle(now)
	return o
}

// Commented takes in the tenant's answer to a posted comment: all comments it has.
func (s *State) Commented(all []model.TenantComment, now time.Time) Outcome {
	added, arrived := s.mergeComments(all)
	s.settle(now)
	return Outcome{Touched: true, Comments: added, Arrived: arrived}
}

// Arrived marks a comment of ours as stored in the tenant.
func (s *State) Arrived(id string, now time.Time) {
	for i := range s.Comments {
		if s.Comments[i].ID == id {
			s.Comments[i].Pending, s.Comments[i].Tried = false, time.Time{}
		}
	}
	s.settle(now)
}

// mergeField is the three-way merge of one register.
func (s *State) mergeField(f Field, r model.TenantIncident, p Policy, o *Outcome, now time.Time) {
	remote := ImageOf(r)
	switch {
	case same(f, remote, s.Base):
		return
	case same(f, remote, s.Local):
		s.Base.take(f, remote)
		s.confirm(f, now)
	case s.ours(f, remote, now):
	case same(f, s.Local, s.Base):
		o.Changes = append(o.Changes, Change{Field: f, Before: s.Local.Text(f), After: remote.Text(f), Actor: r.ModifiedBy})
		s.Local.take(f, remote)
		s.Base.take(f, remote)
		s.agree(f)
	default:
		s.clash(f, r, remote, p, o)
	}
}

// ours recognises a write of our own that landed late. Local follows what the service made of it, unless it has moved on.
func (s *State) ours(f Field, remote Image, now time.Time) bool {
	for i, text := range s.Attempts[f] {
		var a Image
		if a.SetText(f, text) != nil || !landed(f, a, remote) {
			continue
		}
		s.Base.take(f, remote)
		s.Attempts[f] = slices.Delete(s.Attempts[f], i, i+1)
		if same(f, s.Local, a) {
			s.Local.take(f, remote)
			s.confirm(f, now)
		}
		return true
	}
	return false
}

// answered takes in the answer to a write: it is what the service made of the value sent. Local follows it, unless it has
// moved on. A value that the service changed beyond its normal form is kept as a clash, so that nobody's edit vanishes.
func (s *State) answered(f Field, text string, r model.TenantIncident, o *Outcome, now time.Time) {
	remote := ImageOf(r)
	var a Image
	if a.SetText(f, text) != nil {
		return
	}
	o.Sent = append(o.Sent, f)
	if f == Tags {
		s.Base.Tags = a.Tags
		s.TagTries = nil
		s.mergeTags(r, o, now)
		return
	}
	s.Base.take(f, remote)
	delete(s.Attempts, f)
	if !same(f, s.Local, a) {
		return
	}
	if !landed(f, a, remote) {
		o.Clashes = append(o.Clashes, Clash{
			Field: f, Base: a.Text(f), Applied: "remote", Note: "notStored",
			Local:  model.SideValue{Value: a.Text(f), Actor: s.Edits[f].Actor, Time: s.Edits[f].Time},
			Remote: model.SideValue{Value: remote.Text(f), Actor: r.ModifiedBy, Time: r.Updated},
		})
		s.Conflict = true
	}
	if !same(f, a, remote) {
		o.Changes = append(o.Changes, Change{Field: f, Before: a.Text(f), After: remote.Text(f), Actor: r.ModifiedBy})
	}
	s.Local.take(f, remote)
	s.confirm(f, now)
}

// clash decides a field that both sides changed. The local value may win only while no write of ours is open: else the
// tenant's value may be the answer of somebody who has seen it.
func (s *State) clash(f Field, r model.TenantIncident, remote Image, p Policy, o *Outcome) {
	edit, rejected := s.Edits[f], false
	if _, no := s.Rejected[f]; no {
		rejected = true
	}
	local := !rejected && len(s.Attempts[f]) == 0 && (localWins(p, f) || r.Automation && edit.Person)
	c := Clash{
		Field: f, Base: s.Base.Text(f), Applied: "remote",
		Local:  model.SideValue{Value: s.Local.Text(f), Actor: edit.Actor, Time: edit.Time},
		Remote: model.SideValue{Value: remote.Text(f), Actor: r.ModifiedBy, Time: r.Updated},
	}
	s.Base.take(f, remote)
	s.Conflict = true
	if local {
		c.Applied = "local"
	} else {
		o.Changes = append(o.Changes, Change{Field: f, Before: s.Local.Text(f), After: remote.Text(f), Actor: r.ModifiedBy})
		s.Local.take(f, remote)
		s.agree(f)
	}
	o.Clashes = append(o.Clashes, c)
}

// mergeTags merges the tags as a set; an addition wins over a removal at the same time.
func (s *State) mergeTags(r model.TenantIncident, o *Outcome, now time.Time) {
	moved := !same(Tags, Image{Tags: s.Base.Tags}, Image{Tags: r.Tags})
	base, local := s.ownTags(r.Tags), s.Local.Tags
	added := append(minus(local, base), minus(r.Tags, base)...)
	removed := append(minus(base, local), minus(base, r.Tags)...)
	var merged []string
	for _, t := range slices.Concat(r.Tags, local, base) {
		keep := holds(added, t) || holds(base, t) && !holds(removed, t)
		if keep && !holds(merged, t) {
			merged = append(merged, t)
		}
	}
	before := Image{Tags: local}
	after := Image{Tags: merged}
	if !same(Tags, before, after) {
		o.Changes = append(o.Changes, Change{Field: Tags, Before: before.Text(Tags), After: after.Text(Tags), Actor: r.ModifiedBy})
	}
	if moved {
		delete(s.Rejected, Tags)
	}
	s.Base.Tags, s.Local.Tags = slices.Clone(r.Tags), merged
	if same(Tags, s.Local, s.Base) {
		open := s.TagTries
		s.confirm(Tags, now)
		if !moved { // what was sent may still land
			s.TagTries = open
		}
	}
}

// ownTags is the base as it is when what the tenant has more or less than it came from writes of our own whose outcome was
// unknown: then they are no edits of somebody there.
func (s *State) ownTags(remote []string) []string {
	base := slices.Clone(s.Base.Tags)
	for _, try := range s.TagTries {
		for _, t := range try.Added {
			if holds(remote, t) && !holds(base, t) {
				base = append(base, t)
			}
		}
		base = slices.DeleteFunc(base, func(t string) bool { return holds(try.Removed, t) && !holds(remote, t) })
	}
	return base
}

// redirect closes an incident that was merged into another one. Its unsent edits are kept as clashes that people may
// apply to the target; its comments stay pending and go to the target.
func (s *State) redirect(r model.TenantIncident, o *Outcome) {
	remote := ImageOf(r)
	for _, f := range Fields() {
		if s.Redirect == "" && s.unsent(f, remote) {
			o.Clashes = append(o.Clashes, Clash{
				Field: f, Base: s.Base.Text(f), Applied: "remote", Note: "merged",
				Local:  model.SideValue{Value: s.Local.Text(f), Actor: s.Edits[f].Actor, Time: s.Edits[f].Time},
				Remote: model.SideValue{Value: remote.Text(f), Actor: r.ModifiedBy, Time: r.Updated},
			})
			s.NotSent = true
		}
		if !same(f, s.Local, remote) {
			o.Changes = append(o.Changes, Change{Field: f, Before: s.Local.Text(f), After: remote.Text(f), Actor: r.ModifiedBy})
		}
		s.Local.take(f, remote)
		s.Base.take(f, remote)
		s.agree(f)
	}
	if s.Redirect != r.RedirectTo {
		o.Redirect = r.RedirectTo
	}
	s.Redirect = r.RedirectTo
}

// unsent reports whether a field holds an edit that the tenant's version does not show.
func (s *State) unsent(f Field, remote Image) bool {
	if f != Tags {
		return !same(f, s.Local, s.Base) && !landed(f, s.Local, remote)
	}
	added, removed := minus(s.Local.Tags, s.Base.Tags), minus(s.Base.Tags, s.Local.Tags)
	return len(minus(added, remote.Tags)) > 0 || len(minus(removed, remote.Tags)) < len(removed)
}

// confirm notes that the tenant has the value of an open edit, and forgets what was open on the field.
func (s *State) confirm(f Field, now time.Time) {
	if e, ok := s.Edits[f]; ok {
		if s.Confirmed == nil {
			s.Confirmed = map[Field]Confirmation{}
		}
		s.Confirmed[f] = Confirmation{Edit: e, At: now}
	}
	s.agree(f)
}

// agree forgets what was open on a field whose two sides are equal.
func (s *State) agree(f Field) {
	if f == Tags {
		s.TagTries = nil
	}
	delete(s.Attempts, f)
	delete(s.Edits, f)
	delete(s.Rejected, f)
}

// settle clears the outbox when nothing waits any more.
func (s *State) settle(now time.Time) {
	switch {
	case !s.Waiting():
		s.Outbox = Outbox{}
	case s.Outbox.Due.IsZero():
		s.schedule(now)
	}
}

// Attempt records that the fields are about to be sent and returns what to send. It must be stored before sending.
func (s *State) Attempt(fields []Field, now time.Time) (model.TenantPatch, map[Field]string) {
	var p model.TenantPatch
	sent := map[Field]string{}
	if s.Attempts == nil {
		s.Attempts = map[Field][]string{}
	}
	for _, f := range fields {
		text := s.Local.Text(f)
		sent[f] = text
		if e, ok := s.Edits[f]; ok {
			e.Sent = now
			s.Edits[f] = e
		}
		switch {
		case f == Tags:
			s.TagTries = append(s.TagTries, TagTry{Added: minus(s.Local.Tags, s.Base.Tags), Removed: minus(s.Base.Tags, s.Local.Tags)})
			s.TagTries = s.TagTries[max(0, len(s.TagTries)-maxTries):]
		case !slices.Contains(s.Attempts[f], text):
			s.Attempts[f] = append(s.Attempts[f], text)
		}
		switch f {
		case Disposition:
			d := s.Local.Disposition
			p.Disposition = &d
			p.KeepStatus = d.Status == s.Base.Disposition.Status && !writable(s.RawStatus)
		case Severity:
			p.Severity = &s.Local.Severity
		case Owner:
			p.Owner = &s.Local.Owner
		case Title:
			p.Title = &s.Local.Title
		case Description:
			p.Description = &s.Local.Description
		case Tags:
			tags := slices.Clone(s.Local.Tags)
			p.Tags = &tags
		}
	}
	return p, sent
}

// writable reports whether the tenant's status word may be written; awaitingAction, for one, may not.
func writable(status string) bool {
	return status == "" || status == "active" || status == "inProgress" || status == "resolved"
}

// Reject marks fields whose sent values the tenant refused. They are not sent again until somebody changes them. A value
// that was changed meanwhile is not marked.
func (s *State) Reject(sent map[Field]string, reason string, now time.Time) []Clash {
	var out []Clash
	for _, f := range Fields() {
		text, ok := sent[f]
		if !ok || s.Local.Text(f) != text {
			continue
		}
		if s.Rejected == nil {
			s.Rejected = map[Field]Rejection{}
		}
		s.Rejected[f] = Rejection{Reason: reason, Time: now}
		s.Attempts[f] = slices.DeleteFunc(s.Attempts[f], func(a string) bool { return a == text })
		out = append(out, Clash{
			Field: f, Base: s.Base.Text(f), Applied: "local", Note: "rejected",
			Local:  model.SideValue{Value: text, Actor: s.Edits[f].Actor, Time: s.Edits[f].Time},
			Remote: model.SideValue{Value: s.Base.Text(f), Actor: "Microsoft Defender XDR", Time: now},
		})
	}
	s.settle(now)
	return out
}

// Retry sends refused values and comments again; without fields all of them. It returns the fields that are tried again.
func (s *State) Retry(fields []Field, now time.Time) []Field {
	var out []Field
	for _, f := range Fields() {
		if _, no := s.Rejected[f]; no && chosen(fields, f) {
			delete(s.Rejected, f)
			out = append(out, f)
		}
	}
	for i := range s.Comments {
		if c := &s.Comments[i]; c.Reason != "" && chosen(fields, Comments) {
			c.Pending, c.Reason = true, ""
			if !slices.Contains(out, Comments) {
				out = append(out, Comments)
			}
		}
	}
	if len(out) > 0 {
		s.Outbox.Attempts, s.Outbox.Error = 0, ""
		s.schedule(now)
	}
	return out
}

// Revert gives refused values up for the tenant's and takes refused comments away; without fields all of them.
func (s *State) Revert(fields []Field, now time.Time) []Change {
	var out []Change
	for _, f := range Fields() {
		if _, no := s.Rejected[f]; no && chosen(fields, f) {
			out = append(out, Change{Field: f, Before: s.Local.Text(f), After: s.Base.Text(f)})
			s.Local.take(f, s.Base)
			s.agree(f)
		}
	}
	if chosen(fields, Comments) {
		s.Comments = slices.DeleteFunc(s.Comments, func(c Comment) bool {
			if c.Reason != "" {
				out = append(out, Change{Field: Comments, Before: c.Message})
			}
			return c.Reason != ""
		})
	}
	s.settle(now)
	return out
}

func chosen(fields []Field, f Field) bool { return len(fields) == 0 || slices.Contains(fields, f) }

// RejectComment marks a comment that the tenant refused.
func (s *State) RejectComment(id, reason string, now time.Time) {
	for i := range s.Comments {
		if c := &s.Comments[i]; c.ID == id {
			c.Pending, c.Reason, c.Tried = false, reason, time.Time{}
		}
	}
	s.settle(now)
}

// Fail records a failed attempt and when to try again.
func (s *State) Fail(reason string, retry time.Time) {
	if !s.Waiting() {
		return
	}
	s.Outbox.Attempts++
	s.Outbox.Error = reason
	s.Outbox.Due = retry
}

// Gone records that the tenant has no such incident. Twice, a day apart, makes it an orphan: its edits are not sent any more.
func (s *State) Gone(now time.Time) Outcome {
	o := Outcome{Touched: true}
	switch {
	case s.Missing.IsZero():
		s.Missing = now
	case now.Sub(s.Missing) >= 24*time.Hour && !s.Orphaned:
		s.Orphaned, o.Vanished = true, true
		s.settle(now)
	}
	return o
}
