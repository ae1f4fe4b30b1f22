package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// The limits of what people may write.
const (
	maxTitle          = 500
	maxDescription    = 5000
	maxComment        = 30000
	maxComments       = 100 // written here, per incident
	maxClosingComment = 4000
	maxLabel          = 128
	maxLabels         = 100
)

// Actor is who makes a change.
type Actor struct {
	Name       string
	Automation bool // a program on its own behalf; a person's unsent change goes before its
}

// Change says what to change; nil parts stay.
type Change struct {
	IfMatch               string // the etag that the caller has seen; "" is any
	Title                 *string
	Description           *string
	Severity              *string
	Status                *string
	Classification        *string
	ClassificationReason  *string
	ClassificationComment *string
	Determination         *string // the tenant's word; it must go with the classification
	Owner                 *string // user principal name or object id; "" is nobody
	Labels                *[]string
	AddLabels             []string
	RemoveLabels          []string
}

// Update changes an incident here. What the tenant shares is sent to it; Sync of the result tells how far that is.
func (s *Service) Update(ctx context.Context, ws string, number int64, c Change, by Actor) (model.Incident, error) {
	if err := s.prepare(ctx, ws, &c); err != nil {
		return model.Incident{}, err
	}
	return s.edit(ctx, ws, number, c.IfMatch, by, s.applying(c, by))
}

// prepare checks a change and finds the owner that it names.
func (s *Service) prepare(ctx context.Context, ws string, c *Change) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Owner == nil || *c.Owner == "" {
		return nil
	}
	login, err := s.resolve(ctx, ws, *c.Owner)
	c.Owner = &login
	return err
}

// applying makes a prepared change to a record.
func (s *Service) applying(c Change, by Actor) func(*record) ([]model.Activity, error) {
	return func(r *record) ([]model.Activity, error) {
		if r.st.Redirect != "" {
			return nil, fault.New(fault.Invalid, "incident_merged", "Incident %d was merged into incident %s of the tenant. Change that one.", r.row.Number, r.st.Redirect)
		}
		if err := c.closing(r); err != nil {
			return nil, err
		}
		reason := r.in.ClassificationReason
		changes := r.st.EditLocal(c.apply, syncback.Edit{Actor: by.Name, Time: s.now(), Person: !by.Automation})
		if c.ClassificationReason != nil {
			r.in.ClassificationReason = canonical(*c.ClassificationReason, allReasons())
		}
		var out []model.Activity
		for _, ch := range changes {
			out = append(out, model.Activity{
				Time: s.now(), Actor: by.Name, Kind: "changed", Field: string(ch.Field), Before: say(ch.Field, ch.Before), After: say(ch.Field, ch.After), Origin: "vedette",
			})
		}
		if _, after := classified(r.st.Local.Disposition, r.in.ClassificationReason); after != reason && len(changes) == 0 {
			out = append(out, model.Activity{Time: s.now(), Actor: by.Name, Kind: "changed", Field: "classificationReason", Before: reason, After: after, Origin: "vedette"})
		}
		return out, nil
	}
}

// edit runs a change of people in one transaction and returns the incident as it is then.
func (s *Service) edit(ctx context.Context, ws string, number int64, ifMatch string, by Actor, f func(*record) ([]model.Activity, error)) (model.Incident, error) {
	var out model.Incident
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		row, err := tx.Incident(ctx, ws, number)
		if err != nil {
			return missing(err, fmt.Sprint(number))
		}
		if ifMatch != "" && strings.Trim(ifMatch, `"`) != etag(row) {
			return fault.New(fault.Conflict, "etag_mismatch", "Incident %d was changed since it was read. Read it again and repeat the change.", number)
		}
		rec, err := open(row)
		if err != nil {
			return err
		}
		activities, err := f(rec)
		if err != nil {
			return err
		}
		if err := s.settleEdited(ctx, tx, rec, activities, by); err != nil {
			return err
		}
		if err := s.save(ctx, tx, rec, cause{actor: by.Name, at: s.now(), activities: activities}); err != nil {
			return err
		}
		out = rec.in
		out.Etag = etag(rec.row)
		return nil
	})
	if err != nil {
		return model.Incident{}, err
	}
	s.committed(ws, number)
	s.sendSoon(ws)
	return out, nil
}

// settleEdited takes a person's edit of a field for the last word on its conflicts.
func (s *Service) settleEdited(ctx context.Context, tx meta.IncidentTx, rec *record, done []model.Activity, by Actor) error {
	if by.Automation || !slices.ContainsFunc(done, func(a model.Activity) bool { return a.Kind == "changed" }) {
		return nil
	}
	return s.settle(ctx, tx, rec, by, func(_ meta.ConflictRow, c *model.ConflictRecord) bool {
		return c.Settled.IsZero() && slices.ContainsFunc(done, func(a model.Activity) bool { return a.Kind == "changed" && a.Field == c.Field })
	})
}

func (s *Service) sendSoon(ws string) {
	if f := s.workspace(ws).Changed; f != nil {
		f()
	}
}

// closing refuses to close without a classification, and a reason or determination that does not go with it.
func (c *Change) closing(r *record) error {
	d := r.st.Local.Disposition
	name, _ := classified(d, "")
	if c.Classification != nil {
		name = *c.Classification
	}
	if c.Status != nil && *c.Status == statusClosed && d.Status != statusClosed && name == "" {
		return fault.New(fault.Invalid, "classification_required", "Incident %d cannot be closed without a classification. Add one: TruePositive, BenignPositive, FalsePositive or Undetermined.", r.row.Number)
	}
	k, _ := byWord(name)
	if c.Determination != nil {
		if *c.Determination = canonical(*c.Determination, k.determinations); !slices.Contains(k.determinations, *c.Determination) {
			return fault.New(fault.Invalid, "invalid_determination", "The determination %s does not go with %s. Use %s.", *c.Determination, first(name, "no classification"), strings.Join(k.determinations, ", "))
		}
	}
	if c.ClassificationReason == nil || *c.ClassificationReason == "" {
		return nil
	}
	if reason := canonical(*c.ClassificationReason, allReasons()); !slices.Contains(k.reasons, reason) {
		return fault.New(fault.Invalid, "invalid_reason", "The reason %s does not go with %s.", reason, first(name, "no classification"))
	}
	return nil
}

// apply writes the change into an image.
func (c *Change) apply(m *syncback.Image) {
	if c.Title != nil {
		m.Title = *c.Title
	}
	if c.Description != nil {
		m.Description = *c.Description
	}
	if c.Severity != nil {
		m.Severity = *c.Severity
	}
	if c.Owner != nil {
		m.Owner = *c.Owner
	}
	if c.Status != nil {
		m.Disposition.Status = *c.Status
	}
	if c.Classification != nil {
		if k, ok := byWord(*c.Classification); ok && k.tenant != m.Disposition.Classification {
			m.Disposition.Classification = k.tenant
			m.Disposition.Determination = k.determination(m.Disposition.Determination)
		}
	}
	if c.Determination != nil {
		m.Disposition.Determination = *c.Determination
	}
	if c.ClassificationComment != nil {
		m.Disposition.Comment = *c.ClassificationComment
	}
	labels := m.Tags
	if c.Labels != nil {
		labels = *c.Labels
	}
	gone := func(l string) bool {
		return slices.ContainsFunc(c.RemoveLabels, func(r string) bool { return strings.EqualFold(r, l) })
	}
	var tags []string
	for _, l := range slices.Concat(labels, c.AddLabels) {
		if !gone(l) && !slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, l) }) {
			tags = append(tags, l)
		}
	}
	m.Tags = tags
}

// resolve finds a person in the directory. When the directory cannot be asked, a principal name is taken as it is: the
// tenant has the last word.
func (s *Service) resolve(ctx context.Context, ws, login string) (string, error) {
	login = strings.TrimSpace(login)
	unknown := fault.New(fault.Invalid, "unknown_owner", "The tenant's directory has no user %s. Use a user principal name such as analyst@contoso.com.", login)
	d := s.workspace(ws).Directory
	if d == nil {
		if !strings.Contains(login, "@") {
			return "", unknown
		}
		return login, nil
	}
	o, err := d.FindUser(ctx, login)
	switch k := fault.KindOf(err); {
	case err == nil:
		if err := s.Sink(ws).PutPerson(ctx, o.UserPrincipalName, &o); err != nil {
			return "", err
		}
		return o.UserPrincipalName, nil
	case k == fault.NotFound || k == fault.Invalid || !strings.Contains(login, "@"):
		return "", unknown
	case ctx.Err() != nil:
		return "", err
	}
	s.log.WarnContext(ctx, "an owner could not be looked up", "workspace", ws, "err", err)
	return login, nil
}
