package syncback

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// Field names a part of an incident that is merged on its own.
type Field string

// The fields. Disposition is status, classification, determination and closing comment together.
const (
	Disposition Field = "disposition"
	Severity    Field = "severity"
	Owner       Field = "owner"
	Title       Field = "title"
	Description Field = "description"
	Tags        Field = "tags"
	// Comments names the comments where edits are told; they are a set of their own and not merged as a field.
	Comments Field = "comments"
)

// Fields returns every field in the order in which it is merged and sent.
func Fields() []Field { return []Field{Disposition, Severity, Owner, Title, Description, Tags} }

// Image is one side's value of every field.
type Image struct {
	Disposition model.Disposition `json:"disposition"`
	Severity    string            `json:"severity"`
	Owner       string            `json:"owner,omitempty"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
}

// ImageOf returns the fields of a tenant version.
func ImageOf(r model.TenantIncident) Image {
	return Image{
		Disposition: r.Disposition, Severity: r.Severity, Owner: r.Owner, Title: r.Title, Description: r.Description,
		Tags: slices.Clone(r.Tags),
	}
}

// Text returns a field's value as text; SetText reads it back.
func (m Image) Text(f Field) string {
	switch f {
	case Disposition:
		b, err := json.Marshal(m.Disposition)
		if err != nil {
			return ""
		}
		return string(b)
	case Severity:
		return m.Severity
	case Owner:
		return m.Owner
	case Title:
		return m.Title
	case Description:
		return m.Description
	}
	b, err := json.Marshal(m.Tags)
	if err != nil || len(m.Tags) == 0 {
		return "[]"
	}
	return string(b)
}

// SetText sets a field from the text that Text returned.
func (m *Image) SetText(f Field, text string) error {
	switch f {
	case Disposition:
		var d model.Disposition
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return err
		}
		m.Disposition = d
	case Severity:
		m.Severity = text
	case Owner:
		m.Owner = text
	case Title:
		m.Title = text
	case Description:
		m.Description = text
	case Tags:
		var tags []string
		if err := json.Unmarshal([]byte(text), &tags); err != nil {
			return err
		}
		m.Tags = tags
	}
	return nil
}

func (m *Image) take(f Field, from Image) {
	switch f {
	case Disposition:
		m.Disposition = from.Disposition
	case Severity:
		m.Severity = from.Severity
	case Owner:
		m.Owner = from.Owner
	case Title:
		m.Title = from.Title
	case Description:
		m.Description = from.Description
	case Tags:
		m.Tags = slices.Clone(from.Tags)
	}
}

// same compares a field in normal form: words without case, text without outer blanks, tags as sets.
func same(f Field, a, b Image) bool {
	fold := func(x, y string) bool { return strings.EqualFold(strings.TrimSpace(x), strings.TrimSpace(y)) }
	text := func(x, y string) bool { return strings.TrimSpace(x) == strings.TrimSpace(y) }
	switch f {
	case Disposition:
		x, y := a.Disposition, b.Disposition
		return fold(x.Status, y.Status) && fold(x.Classification, y.Classification) &&
			fold(x.Determination, y.Determination) && text(x.Comment, y.Comment)
	case Severity:
		return fold(a.Severity, b.Severity)
	case Owner:
		return fold(a.Owner, b.Owner)
	case Title:
		return text(a.Title, b.Title)
	case Description:
		return text(a.Description, b.Description)
	}
	return len(minus(a.Tags, b.Tags)) == 0 && len(minus(b.Tags, a.Tags)) == 0
}

// landed reports whether the tenant's value is what an attempt becomes there: the same in normal form, or, for a
// disposition, with the determination reset by the service.
func landed(f Field, attempt, remote Image) bool {
	if same(f, attempt, remote) {
		return true
	}
	if f != Disposition || remote.Disposition.Determination != "unknown" {
		return false
	}
	attempt.Disposition.Determination = remote.Disposition.Determination
	return same(f, attempt, remote)
}

// minus returns the members of a that are not in b, without regard to case.
func minus(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !holds(b, x) && !holds(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func holds(set []string, x string) bool {
	return slices.ContainsFunc(set, func(y string) bool { return strings.EqualFold(strings.TrimSpace(x), strings.TrimSpace(y)) })
}

// Edit is a change made here that the tenant has not accepted yet.
type Edit struct {
	Actor  string    `json:"actor"`
	Time   time.Time `json:"time"`
	Person bool      `json:"person"`        // made by a person, not by automation
	Sent   time.Time `json:"sent,omitzero"` // last attempt to send it
}

// TagTry is what a write of the tags whose outcome is not known was meant to do.
type TagTry struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// maxTries is how many tries are remembered; what is older has landed long ago or never will.
const maxTries = 20

// Confirmation is an edit that the tenant has taken.
type Confirmation struct {
	Edit
	At time.Time `json:"at"`
}

// Rejection is why the tenant refused a field's value.
type Rejection struct {
	Reason string    `json:"reason"`
	Time   time.Time `json:"time"`
}

// Comment is one comment of the grow-only set. Key is unique within an incident.
type Comment struct {
	Key     string    `json:"key"`
	ID      string    `json:"id"` // ULID; the marker of comments written here
	Message string    `json:"message"`
	Author  string    `json:"author"`
	Created time.Time `json:"created"`
	Origin  string    `json:"origin"` // "vedette" or "defender"
	Pending bool      `json:"pending,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why the tenant refused it
	Tried   time.Time `json:"tried,omitzero"`   // last attempt to post it whose outcome is open
}

// Outbox is when the next attempt to send is due, and what became of the last one.
type Outbox struct {
	Since    time.Time `json:"since,omitzero"` // oldest unsent edit
	Due      time.Time `json:"due,omitzero"`
	Attempts int       `json:"attempts,omitempty"`
	Error    string    `json:"error,omitempty"`
}

// State is what is remembered of an incident's synchronisation. It is stored whole, in the transaction that changes it.
type State struct {
	RemoteID  string                 `json:"remoteId,omitempty"` // "" for incidents the tenant does not know
	Local     Image                  `json:"local"`
	Base      Image                  `json:"base"`
	RawStatus string                 `json:"rawStatus,omitempty"` // the tenant's word for Base's status
	Version   int64                  `json:"version,omitempty"`   // newest tenant version merged
	Hash      string                 `json:"hash,omitempty"`
	Seen      string                 `json:"seen,omitempty"` // hash of a listed row of Version that a read by id has settled
	SeenAt    time.Time              `json:"seenAt,omitzero"`
	Attempts  map[Field][]string     `json:"attempts,omitempty"`
	TagTries  []TagTry               `json:"tagTries,omitempty"`
	Edits     map[Field]Edit         `json:"edits,omitempty"`
	Rejected  map[Field]Rejection    `json:"rejected,omitempty"`
	Confirmed map[Field]Confirmation `json:"confirmed,omitempty"` // the last edit of a field that the tenant took
	Comments  []Comment              `json:"comments,omitempty"`
	Redirect  string                 `json:"redirect,omitempty"`
	Missing   time.Time              `json:"missing,omitzero"` // first answer that the tenant has no such incident
	Orphaned  bool                   `json:"orphaned,omitempty"`
	Conflict  bool                   `json:"conflict,omitempty"` // a conflict nobody has looked at
	NotSent   bool                   `json:"notSent,omitempty"`  // edits were dropped because the incident was merged
	LastSeen  time.Time              `json:"lastSeen,omitzero"`
	Outbox    Outbox                 `json:"outbox,omitzero"`
}

// Dirty returns the fields that must be sent.
func (s *State) Dirty() []Field {
	if s.RemoteID == "" || s.Redirect != "" || s.Orphaned {
		return nil
	}
	var out []Field
	for _, f := range Fields() {
		if _, no := s.Rejected[f]; !no && !same(f, s.Local, s.Base) {
			out = append(out, f)
		}
	}
	return out
}

// PendingComments returns the comments that must be sent.
func (s *State) PendingComments() []Comment {
	if s.RemoteID == "" || s.Orphaned {
		return nil
	}
	var out []Comment
	for _, c := range s.Comments {
		if c.Pending {
			out = append(out, c)
		}
	}
	return out
}

// Waiting reports whether anything must be sent.
func (s *State) Waiting() bool { return len(s.Dirty()) > 0 || len(s.PendingComments()) > 0 }

// Person reports whether anything unsent was done by a person.
func (s *State) Person() bool {
	for _, f := range s.Dirty() {
		if s.Edits[f].Person {
			return true
		}
	}
	return len(s.PendingComments()) > 0
}

// View returns what people are told about the state.
func (s *State) View() model.Sync {
	v := model.Sync{LastSeen: s.LastSeen, LastError: s.Outbox.Error}
	dirty := s.Dirty()
	for _, f := range dirty {
		v.Pending = append(v.Pending, string(f))
	}
	comments := len(s.PendingComments()) > 0
	if comments {
		v.Pending = append(v.Pending, "comments")
	}
	if len(v.Pending) > 0 {
		v.Since, v.Attempts = s.Outbox.Since, s.Outbox.Attempts
	}
	v.Edits = s.editViews()
	attempted := slices.ContainsFunc(v.Edits, func(e model.SyncEdit) bool { return e.State == model.Sent })
	switch {
	case s.RemoteID == "":
		v.State = model.Local
	case len(s.Rejected) > 0 || slices.ContainsFunc(s.Comments, func(c Comment) bool { return c.Reason != "" }):
		v.State = model.Rejected
		for _, c := range s.Comments {
			if c.Reason != "" {
				v.LastError = c.Reason
			}
		}
		for _, f := range Fields() {
			if r, ok := s.Rejected[f]; ok {
				v.Pending = append(v.Pending, string(f))
				v.LastError = r.Reason
			}
		}
	case s.Orphaned:
		v.State, v.LastError = model.NotSent, "The tenant does not have this incident any more. It stays here; edits are not sent."
	case s.NotSent:
		v.State = model.NotSent
	case attempted:
		v.State = model.Sent
	case len(dirty) > 0 || comments:
		v.State = model.Pending
	case s.Conflict:
		v.State = model.Conflict
	default:
		v.State = model.Synced
	}
	return v
}

// editViews tells of every field with an edit how far it is, in the order of Fields.
func (s *State) editViews() []model.SyncEdit {
	var out []model.SyncEdit
	dirty := s.Dirty()
	for _, f := range Fields() {
		e, open := s.Edits[f]
		v := model.SyncEdit{Field: string(f), State: model.Pending, Actor: e.Actor, Since: e.Time, Sent: e.Sent}
		rejection, refused := s.Rejected[f]
		confirmed, taken := s.Confirmed[f]
		switch {
		case refused:
			v.State, v.Reason, v.Settled = model.Rejected, rejection.Reason, rejection.Time
		case slices.Contains(dirty, f):
			if s.Outbox.Error == "" && (f == Tags && !e.Sent.IsZero() || slices.Contains(s.Attempts[f], s.Local.Text(f))) {
				v.State = model.Sent // else the last attempt has failed and it waits for the next
			}
		case taken && !open:
			v = model.SyncEdit{Field: string(f), State: model.Synced, Actor: confirmed.Actor, Since: confirmed.Time, Sent: confirmed.Sent, Settled: confirmed.At}
		default:
			continue
		}
		out = append(out, v)
	}
	for _, c := range s.Comments {
		switch {
		case c.Reason != "":
			out = append(out, model.SyncEdit{Field: string(Comments), State: model.Rejected, Actor: c.Author, Since: c.Created, Reason: c.Reason})
		case c.Pending && s.RemoteID != "":
			out = append(out, model.SyncEdit{Field: string(Comments), State: model.Pending, Actor: c.Author, Since: c.Created})
		}
	}
	return out
}

// EditLocal applies a change made here. It returns what changed, for the activity log.
func (s *State) EditLocal(change func(*Image), by Edit) []Change {
	before := s.Local
	before.Tags = slices.Clone(s.Local.Tags)
	change(&s.Local)
	var out []Change
	for _, f := range Fields() {
		if same(f, before, s.Local) {
			s.Local.take(f, before)
			continue
		}
		out = append(out, Change{Field: f, Before: before.Text(f), After: s.Local.Text(f), Actor: by.Actor})
		delete(s.Rejected, f)
		if same(f, s.Local, s.Base) {
			delete(s.Edits, f)
			continue
		}
		if s.Edits == nil {
			s.Edits = map[Field]Edit{}
		}
		s.Edits[f] = by
	}
	if len(out) > 0 {
		s.schedule(by.Time)
	}
	return out
}

// AddComment adds a comment written here. Its id becomes the marker in the tenant.
func (s *State) AddComment(id, message, author string, now time.Time) Comment {
	c := Comment{Key: "m:" + id, ID: id, Message: message, Author: author, Created: now, Origin: "vedette", Pending: s.RemoteID != ""}
	s.Comments = append(s.Comments, c)
	s.schedule(now)
	return c
}

// schedule keeps the outbox in step with what waits: a new edit is due at once and forgets an old backoff.
func (s *State) schedule(now time.Time) {
	if !s.Waiting() {
		s.Outbox = Outbox{}
		return
	}
	if s.Outbox.Since.IsZero() {
		s.Outbox.Since = now
	}
	s.Outbox.Due = now
}
