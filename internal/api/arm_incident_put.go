package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/incident"
	"github.com/vedette-siem/vedette/internal/model"
)

// armIncidentBody is what programs send. A property that is left out keeps its value, and null clears it; what is read-only
// is not looked at, so that a resource may be sent back as it was read.
type armIncidentBody struct {
	Etag       string
	Properties armIncidentSent
}

type armIncidentSent struct {
	Title, Description, Severity, Status                        nullable
	Classification, ClassificationReason, ClassificationComment nullable
	FirstActivityTimeUTC, LastActivityTimeUTC                   nullable
	Owner                                                       optional[armOwnerSent]
	Labels                                                      optional[[]struct{ LabelName string }]
}

type armOwnerSent struct{ ObjectID, Email, AssignedTo, UserPrincipalName, OwnerType string }

// optional tells a missing key from null, which is the zero value.
type optional[T any] struct {
	set   bool
	value T
}

// UnmarshalJSON reads a value or null.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.set = true
	return json.Unmarshal(b, &o.value)
}

// armPutIncident changes an incident, or makes one that only this workspace has. An etag, in the body or as If-Match, must be
// the one that the incident has.
func (s *Server) armPutIncident(w http.ResponseWriter, r *http.Request, ws *Workspace) error {
	var in armIncidentBody
	if err := readARM(r, &in); err != nil {
		return err
	}
	if strings.EqualFold(in.Properties.Owner.value.OwnerType, "Group") {
		return fault.New(fault.Invalid, "owner_group", "a group cannot own an incident: the tenant assigns incidents to people")
	}
	etag := strings.TrimPrefix(cmp.Or(in.Etag, r.Header.Get("If-Match")), "W/")
	was, err := s.named(r, ws)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound && etag == "":
		return s.armMakeIncident(w, r, ws, &in)
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return fault.New(fault.Conflict, "etag_mismatch", "there is no incident %s that could have this etag; it may have been deleted since it was read", r.PathValue("name"))
	case err != nil:
		return err
	case r.Header.Get("If-None-Match") == "*":
		return fault.New(fault.Conflict, "etag_mismatch", "there is an incident %s already, and If-None-Match: * asks for a new one", was.Name)
	}
	c := in.change(&was)
	if etag != "*" {
		c.IfMatch = etag
	}
	out, err := s.Incidents.Update(r.Context(), ws.ID, was.Number, c, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, s.armIncident(ws, &out))
	return nil
}

// change is what differs from the incident as it is: what is sent back as it was read changes nothing, whatever its length.
// The times of its activity are those of its alerts.
func (b *armIncidentBody) change(was *model.Incident) incident.Change {
	var c incident.Change
	p := &b.Properties
	for _, f := range []struct {
		in  nullable
		was string
		to  **string
	}{
		{p.Title, was.Title, &c.Title}, {p.Description, was.Description, &c.Description}, {p.Severity, was.Severity, &c.Severity}, {p.Status, was.Status, &c.Status},
		{p.ClassificationReason, was.ClassificationReason, &c.ClassificationReason}, {p.ClassificationComment, was.ClassificationNote, &c.ClassificationComment},
		{p.classification(), cmp.Or(was.Classification, "Undetermined"), &c.Classification},
	} {
		if f.in.set && f.in.value != f.was {
			*f.to = &f.in.value
		}
	}
	c.Owner, c.Labels = p.owner(was.Owner), p.labels(was)
	return c
}

// classification is never closed without being set, so that null and Undetermined are the same.
func (p *armIncidentSent) classification() nullable {
	if p.Classification.set && p.Classification.value == "" {
		return nullable{true, "Undetermined"}
	}
	return p.Classification
}

// owner is whom the incident is to belong to, nil when that stays. Programs send the whole owner back and change one part of
// it: the part that differs counts.
func (p *armIncidentSent) owner(was model.Owner) *string {
	o := p.Owner.value
	if !p.Owner.set {
		return nil
	}
	o.OwnerType = ""
	if o == (armOwnerSent{}) {
		if was == (model.Owner{}) {
			return nil
		}
		return new(string)
	}
	for _, part := range []struct{ sent, was string }{
		{o.UserPrincipalName, was.UserPrincipalName}, {o.ObjectID, was.ObjectID}, {o.Email, was.Email}, {o.AssignedTo, was.AssignedTo},
	} {
		if part.sent != "" && !strings.EqualFold(part.sent, part.was) {
			return &part.sent
		}
	}
	return nil
}

// labels are the labels that people set, nil when they stay. Those that the tenant set come back with them and are left out.
func (p *armIncidentSent) labels(was *model.Incident) *[]string {
	if !p.Labels.set {
		return nil
	}
	in := func(list []string, l string) bool {
		return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, l) })
	}
	own := func(l string) bool { return !in(was.SystemLabels, l) && !strings.EqualFold(l, "Redirected") }
	out, had := []string{}, 0
	for _, l := range p.Labels.value {
		if own(l.LabelName) && !in(out, l.LabelName) {
			out = append(out, l.LabelName)
		}
	}
	for _, l := range was.Labels {
		if !strings.EqualFold(l, "Redirected") {
			had++
		}
	}
	if len(out) == had && !slices.ContainsFunc(out, func(l string) bool { return !in(was.Labels, l) }) {
		return nil
	}
	return &out
}

// armMakeIncident makes an incident that only this workspace has, under the name that the program chose.
func (s *Server) armMakeIncident(w http.ResponseWriter, r *http.Request, ws *Workspace, b *armIncidentBody) error {
	name, p := r.PathValue("name"), &b.Properties
	if _, err := uuid.Parse(name); err != nil || len(name) != 36 {
		return fault.New(fault.Invalid, "name_invalid", "the name of an incident is a GUID; %q is none", name)
	}
	for _, f := range []struct {
		name string
		v    nullable
	}{{"title", p.Title}, {"severity", p.Severity}, {"status", p.Status}} {
		if f.v.value == "" {
			return fault.New(fault.Invalid, "property_missing", "properties.%s is missing; a new incident needs title, severity and status", f.name)
		}
	}
	d := incident.Draft{
		Name: name, Title: p.Title.value, Description: p.Description.value, Severity: p.Severity.value,
		Change: b.change(&model.Incident{Title: p.Title.value, Description: p.Description.value, Severity: p.Severity.value}),
	}
	for _, t := range []struct {
		name string
		v    string
		to   *time.Time
	}{{"firstActivityTimeUtc", p.FirstActivityTimeUTC.value, &d.FirstActivity}, {"lastActivityTimeUtc", p.LastActivityTimeUTC.value, &d.LastActivity}} {
		if t.v == "" {
			continue
		}
		var err error
		if *t.to, err = time.Parse(time.RFC3339Nano, t.v); err != nil {
			return fault.New(fault.Invalid, "time_invalid", "properties.%s is %q, which is no time such as 2026-03-01T12:00:00Z", t.name, t.v)
		}
	}
	out, err := s.Incidents.Create(r.Context(), ws.ID, d, by(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, s.armIncident(ws, &out))
	return nil
}
