package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

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
	Owner                 *string // user principal name or object id; "" is nobody
	Labels                *[]string
	AddLabels             []string
	RemoveLabels          []string
}

// Update changes an incident here. What the tenant shares is sent to it; Sync of the result tells how far that is.
func (s *Service) Update(ctx context.Context, ws string, number int64, c Change, by Actor) (model.Incident, error) {
	if err := c.check(); err != nil {
		return model.Incident{}, err
	}
	if c.Owner != nil && *c.Owner != "" {
		login, err := s.resolve(ctx, ws, *c.Owner)
		if err != nil {
			return model.Incident{}, err
		}
		c.Owner = &login
	}
	return s.edit(ctx, ws, number, c.IfMatch, by, func(r *record) ([]model.Activity, error) {
		if r.st.Redirect != "" {
			return nil, fault.New(fault.Invalid, "incident_merged", "Incident %d was merged into incident %s of the tenant. Change that one.", number, r.st.Redirect)
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
	})
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

func (s *Service) sendSoon(ws string) {
	if f := s.workspace(ws).Changed; f != nil {
		f()
	}
}

// check refuses what no incident may have.
func (c *Change) check() error {
	oneOf := func(what string, v *string, words []string) error {
		if v == nil {
			return nil
		}
		if *v = canonical(*v, words); !slices.Contains(words, *v) {
			return fault.New(fault.Invalid, "invalid_"+what, "%q is not a %s. Use %s.", *v, what, strings.Join(words, ", "))
		}
		return nil
	}
	length := func(what string, v *string, low, high int) error {
		if v == nil {
			return nil
		}
		*v = strings.TrimSpace(*v)
		if n := utf8.RuneCountInString(*v); n < low || n > high || !utf8.ValidString(*v) {
			return fault.New(fault.Invalid, "invalid_"+strings.ReplaceAll(what, " ", "_"), "The %s has %d characters; it needs %d to %d.", what, n, low, high)
		}
		return nil
	}
	var names []string
	for _, k := range classifications {
		names = append(names, k.name)
	}
	for _, err := range []error{
		oneOf("status", c.Status, statuses), oneOf("severity", c.Severity, severities), oneOf("classification", c.Classification, names),
		length("title", c.Title, 1, maxTitle), length("description", c.Description, 0, maxDescription),
		length("classification comment", c.ClassificationComment, 0, maxClosingComment),
		checkLabels(c.AddLabels), checkLabels(c.RemoveLabels),
	} {
		if err != nil {
			return err
		}
	}
	if c.ClassificationReason != nil && *c.ClassificationReason != "" && !slices.Contains(allReasons(), canonical(*c.ClassificationReason, allReasons())) {
		return fault.New(fault.Invalid, "invalid_reason", "%q is not a classification reason. Use %s.", *c.ClassificationReason, strings.Join(allReasons(), ", "))
	}
	if c.Labels != nil {
		*c.Labels = slices.DeleteFunc(slices.Clone(*c.Labels), func(l string) bool { return strings.EqualFold(l, redirected) })
		return checkLabels(*c.Labels)
	}
	return nil
}

func allReasons() []string {
	var out []string
	for _, k := range classifications {
		out = append(out, k.reasons...)
	}
	return out
}

// canonical returns the word of the list that v is, whatever its case.
func canonical(v string, words []string) string {
	for _, w := range words {
		if strings.EqualFold(strings.TrimSpace(v), w) {
			return w
		}
	}
	return v
}

func checkLabels(labels []string) error {
	if len(labels) > maxLabels {
		return fault.New(fault.Invalid, "invalid_label", "An incident has up to %d labels.", maxLabels)
	}
	for i, l := range labels {
		l = strings.TrimSpace(l)
		labels[i] = l
		if l == "" || utf8.RuneCountInString(l) > maxLabel || strings.ContainsFunc(l, unicode.IsControl) || !utf8.ValidString(l) {
			return fault.New(fault.Invalid, "invalid_label", "%q cannot be a label: it needs 1 to %d printable characters.", l, maxLabel)
		}
		if strings.EqualFold(l, redirected) {
			return fault.New(fault.Invalid, "invalid_label", "The label %s is set by the product alone.", redirected)
		}
	}
	return nil
}

// closing refuses to close without a classification, and a reason that does not go with it.
func (c *Change) closing(r *record) error {
	d := r.st.Local.Disposition
	name, _ := classified(d, "")
	if c.Classification != nil {
		name = *c.Classification
	}
	if c.Status != nil && *c.Status == statusClosed && d.Status != statusClosed && name == "" {
		return fault.New(fault.Invalid, "classification_required", "Incident %d cannot be closed without a classification. Add one: TruePositive, BenignPositive, FalsePositive or Undetermined.", r.row.Number)
	}
	if c.ClassificationReason == nil || *c.ClassificationReason == "" {
		return nil
	}
	k, _ := byWord(name)
	if reason := canonical(*c.ClassificationReason, allReasons()); !slices.Contains(k.reasons, reason) {
		if name == "" {
			name = "no classification"
		}
		return fault.New(fault.Invalid, "invalid_reason", "The reason %s does not go with %s.", reason, name)
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

// Comment adds a comment to an incident; it goes to the tenant, for a merged incident to the one it was merged into.
func (s *Service) Comment(ctx context.Context, ws string, number int64, message string, by Actor) (model.Comment, error) {
	message = strings.TrimSpace(message)
	if n := utf8.RuneCountInString(message); n == 0 || n > maxComment || !utf8.ValidString(message) {
		return model.Comment{}, fault.New(fault.Invalid, "invalid_comment", "The comment has %d characters; it needs 1 to %d.", n, maxComment)
	}
	if plain, id := syncback.Unmark(message); id != "" {
		message = plain
	}
	var out model.Comment
	_, err := s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		own := 0
		for _, c := range r.st.Comments {
			if c.Origin == "vedette" {
				own++
			}
		}
		if own >= maxComments {
			return nil, fault.New(fault.Invalid, "too_many_comments", "Incident %d has %d comments written here, which is the most it can have.", number, own)
		}
		c := r.st.AddComment(ulid.Make().String(), message, by.Name, s.now())
		out = model.Comment{ID: c.ID, Message: c.Message, Author: c.Author, Created: c.Created, Origin: c.Origin, Pending: c.Pending}
		return []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "comment", After: message, Origin: "vedette"}}, nil
	})
	return out, err
}

// ApplyOther makes the other value of a conflict stand: as a new edit here, which is sent. For an edit that was not sent
// because the incident was merged, it is made to the incident it was merged into. It returns that incident.
func (s *Service) ApplyOther(ctx context.Context, ws string, conflictID int64, by Actor) (model.Incident, error) {
	row, err := s.db.Incidents().Conflict(ctx, ws, conflictID)
	if err != nil {
		return model.Incident{}, fault.New(fault.NotFound, "conflict_not_found", "There is no conflict %d in this workspace.", conflictID)
	}
	var c model.ConflictRecord
	if err := json.Unmarshal([]byte(row.Body), &c); err != nil {
		return model.Incident{}, fmt.Errorf("reading conflict %d: %w", conflictID, err)
	}
	f := syncback.Field(c.Field)
	value, applied := c.Local.Value, "local"
	if c.Applied == "local" {
		value, applied = c.Remote.Value, "remote"
	}
	number := row.Number
	if c.Note == "merged" {
		if number, err = s.mergedInto(ctx, ws, number); err != nil {
			return model.Incident{}, err
		}
	}
	in, err := s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		var bad error
		changes := r.st.EditLocal(func(m *syncback.Image) {
			if f == syncback.Tags && c.Note == "merged" {
				var other syncback.Image
				bad = other.SetText(f, value)
				(&Change{AddLabels: other.Tags}).apply(m)
				return
			}
			bad = m.SetText(f, value)
		}, syncback.Edit{Actor: by.Name, Time: s.now(), Person: !by.Automation})
		r.st.Conflict = false
		if bad != nil {
			return nil, fmt.Errorf("reading conflict %d: %w", conflictID, bad)
		}
		var out []model.Activity
		for _, ch := range changes {
			out = append(out, model.Activity{
				Time: s.now(), Actor: by.Name, Kind: "changed", Field: string(ch.Field), Before: say(ch.Field, ch.Before), After: say(ch.Field, ch.After),
				Origin: "vedette", Note: fmt.Sprintf("The other value of conflict %d was applied.", conflictID),
			})
		}
		return out, nil
	})
	if err != nil {
		return in, err
	}
	c.Applied = applied
	b, err := json.Marshal(c)
	if err != nil {
		return in, fmt.Errorf("encoding conflict %d: %w", conflictID, err)
	}
	row.Body = string(b)
	return in, s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		if number != row.Number {
			source, err := tx.Incident(ctx, ws, row.Number)
			if err != nil {
				return err
			}
			rec, err := open(source)
			if err != nil {
				return err
			}
			rec.st.NotSent = false
			if err := s.save(ctx, tx, rec, cause{at: s.now()}); err != nil {
				return err
			}
		}
		return tx.PutConflict(ctx, &row)
	})
}

// mergedInto follows an incident to the one that took its alerts.
func (s *Service) mergedInto(ctx context.Context, ws string, number int64) (int64, error) {
	tx := s.db.Incidents()
	row, err := tx.Incident(ctx, ws, number)
	for hops := 0; err == nil && row.RedirectTo != "" && hops < 8; hops++ {
		row, err = tx.IncidentByProvider(ctx, ws, row.RedirectTo)
	}
	if err != nil || row.RedirectTo != "" {
		return 0, fault.New(fault.NotFound, "merge_target", "The incident that %d was merged into is not here yet. Try again when it has arrived.", number)
	}
	return row.Number, nil
}

// Draft is an incident made here. The tenant does not take part in it.
type Draft struct {
	Name                         string // GUID; "" makes one
	Title, Description, Severity string
	Change                       Change // the rest
}

// Create makes an incident that only this workspace has.
func (s *Service) Create(ctx context.Context, ws string, n Draft, by Actor) (model.Incident, error) {
	c := n.Change
	c.Title, c.Description, c.Severity = &n.Title, &n.Description, &n.Severity
	if err := c.check(); err != nil {
		return model.Incident{}, err
	}
	if c.Owner != nil && *c.Owner != "" {
		login, err := s.resolve(ctx, ws, *c.Owner)
		if err != nil {
			return model.Incident{}, err
		}
		c.Owner = &login
	}
	var out model.Incident
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		rec, err := s.newRecord(ctx, tx, ws, false)
		if err != nil {
			return err
		}
		if n.Name != "" {
			rec.row.Name, rec.in.Name = strings.ToLower(n.Name), strings.ToLower(n.Name)
		}
		rec.st.Local.Disposition = model.Disposition{Status: statusNew, Classification: unset, Determination: unset}
		if err := c.closing(rec); err != nil {
			return err
		}
		c.apply(&rec.st.Local)
		if c.ClassificationReason != nil {
			rec.in.ClassificationReason = canonical(*c.ClassificationReason, allReasons())
		}
		rec.in.ProviderName, rec.in.ProviderIncidentID, rec.in.Created = providerLocal, fmt.Sprint(rec.row.Number), s.now()
		rec.in.FirstActivity, rec.in.LastActivity = rec.in.Created, rec.in.Created
		err = s.save(ctx, tx, rec, cause{actor: by.Name, at: s.now(), activities: []model.Activity{
			{Time: s.now(), Actor: by.Name, Kind: "created", Origin: "vedette"},
		}})
		out = rec.in
		out.Etag = etag(rec.row)
		return err
	})
	if err != nil {
		return model.Incident{}, err
	}
	s.committed(ws, out.Number)
	return out, nil
}
