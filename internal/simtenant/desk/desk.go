// Package desk does what people and programs do to incidents and alerts: change, comment, resolve, reopen, merge.
// It normalises what it is given, as the service does, so the value kept is not always the value sent.
package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// The names under which the service itself acts.
const (
	System      = "Microsoft Defender XDR"
	Correlation = "Microsoft Defender XDR - alert correlation"
	Automation  = "Microsoft Defender XDR - automated investigation"
)

// Kinds of the actions the desk plans.
const (
	ActionSettle = "settle" // the system resolves or reopens the alerts of an incident and stamps it again
)

// BadRequest is a change the service refuses.
type BadRequest struct{ Message string }

func (e *BadRequest) Error() string { return e.Message }

func refuse(format string, args ...any) error { return &BadRequest{fmt.Sprintf(format, args...)} }

// Value is a property of a change: absent, null or text.
type Value struct {
	Set, Null bool
	Text      string
}

// Text returns a value that is set.
func Text(s string) Value { return Value{Set: true, Text: s} }

// Change is a wish to change an incident or an alert; absent properties keep their value.
type Change struct {
	Status, Classification, Determination, AssignedTo, Severity Value
	Name, Description, Summary, ResolvingComment                Value
	Tags                                                        []string
	HasTags                                                     bool
	Rules                                                       Rules
}

// Rules is how the service treats what it is given, where the documents leave it open. The zero value resets, spells and takes everything.
type Rules struct {
	RefuseUnfit        bool // a determination that does not fit its classification is refused, not reset
	OwnerAsSent        bool // a known owner keeps the spelling that was sent
	RefuseUndocumented bool // title, description, severity and summary cannot be changed
	IgnoreUndocumented bool // ... are passed over
}

// undocumented drops or refuses the properties that older documents do not list as changeable.
func (c *Change) undocumented() error {
	for name, v := range map[string]*Value{"displayName": &c.Name, "description": &c.Description, "severity": &c.Severity, "summary": &c.Summary} {
		if v.Set && c.Rules.RefuseUndocumented {
			return refuse("The property '%s' is read-only and cannot be set.", name)
		}
		if c.Rules.IgnoreUndocumented {
			*v = Value{}
		}
	}
	return nil
}

// ParseChange reads the body of a PATCH. Unknown properties are refused, as the service refuses them.
func ParseChange(body []byte) (Change, error) {
	var c Change
	var m map[string]json.RawMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return c, refuse("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	fields := map[string]*Value{"status": &c.Status, "classification": &c.Classification, "determination": &c.Determination, "assignedTo": &c.AssignedTo, "severity": &c.Severity,
		"displayName": &c.Name, "description": &c.Description, "summary": &c.Summary, "resolvingComment": &c.ResolvingComment}
	for k, raw := range m {
		switch {
		case strings.HasPrefix(k, "@odata."), k == "id":
		case k == "customTags":
			c.HasTags = true
			if err := json.Unmarshal(raw, &c.Tags); err != nil {
				return c, refuse("The property 'customTags' must be a collection of strings.")
			}
		case fields[k] != nil:
			v := fields[k]
			v.Set = true
			if string(raw) == "null" {
				v.Null = true
			} else if err := json.Unmarshal(raw, &v.Text); err != nil {
				return c, refuse("The property '%s' must be a string.", k)
			}
		default:
			return c, refuse("The property '%s' does not exist on type 'microsoft.graph.security.incident' or cannot be changed.", k)
		}
	}
	return c, nil
}

// member finds the canonical spelling of an enum value.
func member(name string, v Value, members ...string) (string, error) {
	if v.Null {
		return members[0], nil
	}
	t := strings.TrimSpace(v.Text)
	for _, m := range members {
		if strings.EqualFold(m, t) {
			return m, nil
		}
	}
	return "", refuse("Invalid value '%s' for property '%s'.", v.Text, name)
}

// legal returns the determinations that fit a classification.
func legal(classification string) []string {
	switch classification {
	case "truePositive":
		return []string{"multiStagedAttack", "maliciousUserActivity", "compromisedAccount", "malware", "phishing", "unwantedSoftware", "other"}
	case "informationalExpectedActivity":
		return []string{"securityTesting", "lineOfBusinessApplication", "confirmedActivity", "other"}
	case "falsePositive":
		return []string{"notMalicious", "notEnoughDataToValidate", "other"}
	}
	return nil
}

func determination(v Value) (string, error) {
	old := map[string]string{"compromiseduser": "compromisedAccount", "clean": "notMalicious", "insufficientdata": "notEnoughDataToValidate", "confirmeduseractivity": "confirmedActivity"}
	if now, ok := old[strings.ToLower(strings.TrimSpace(v.Text))]; ok {
		return now, nil
	}
	return member("determination", v, "unknown", "apt", "malware", "securityPersonnel", "securityTesting", "unwantedSoftware", "other", "multiStagedAttack", "compromisedAccount", "phishing",
		"maliciousUserActivity", "notMalicious", "notEnoughDataToValidate", "confirmedActivity", "lineOfBusinessApplication")
}

// verdict merges classification and determination: a determination that does not fit is reset.
func verdict(c Change, classification, determined *string) error {
	if c.Classification.Set {
		v, err := member("classification", c.Classification, "unknown", "falsePositive", "truePositive", "informationalExpectedActivity")
		if err != nil {
			return err
		}
		*classification = v
	}
	if c.Determination.Set {
		v, err := determination(c.Determination)
		if err != nil {
			return err
		}
		*determined = v
	}
	if !slices.Contains(legal(*classification), *determined) {
		if c.Rules.RefuseUnfit && c.Determination.Set && *determined != "unknown" {
			return refuse("The determination '%s' does not fit the classification '%s'.", *determined, *classification)
		}
		*determined = "unknown"
	}
	return nil
}

// owner trims the text and gives a known user's name the directory's spelling.
func owner(dir *directory.Directory, v Value, asSent bool) string {
	t := strings.TrimSpace(v.Text)
	if v.Null {
		return ""
	}
	if u := dir.ByUPN(t); u != nil && !asSent {
		return u.UPN
	}
	return t
}

func tags(in []string) []string {
	out := []string{}
	for _, t := range in {
		t = strings.TrimSpace(t)
		if t != "" && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, t) }) {
			out = append(out, t)
		}
	}
	return out
}

// Patch changes an incident inside the transaction. Resolving or reopening it also plans the system's part.
func Patch(tx *state.Tx, dir *directory.Directory, id int64, c Change, by string) error {
	i, ok := tx.Incident(id)
	if !ok {
		return fmt.Errorf("incident %d: %w", id, ErrNotFound)
	}
	if i.Status == "redirected" {
		return refuse("The incident %d was merged into incident %d and can't be updated.", id, i.RedirectTo)
	}
	if err := c.undocumented(); err != nil {
		return err
	}
	before := i.Status
	if c.Status.Set {
		s, err := member("status", c.Status, "active", "inProgress", "resolved")
		if err != nil {
			return err
		}
		i.Status = s
	}
	if err := verdict(c, &i.Classification, &i.Determination); err != nil {
		return err
	}
	if c.Severity.Set {
		s, err := member("severity", c.Severity, "unknown", "informational", "low", "medium", "high")
		if err != nil {
			return err
		}
		i.Severity = s
	}
	if c.AssignedTo.Set {
		i.AssignedTo = owner(dir, c.AssignedTo, c.Rules.OwnerAsSent)
	}
	if c.HasTags {
		i.Tags = tags(c.Tags)
	}
	for _, f := range []struct {
		v  Value
		to *string
	}{{c.Name, &i.Name}, {c.Description, &i.Description}, {c.Summary, &i.Summary}, {c.ResolvingComment, &i.ResolvingComment}} {
		if f.v.Set {
			*f.to = strings.TrimSpace(f.v.Text)
		}
	}
	tx.Touch(i, by)
	if (before == "resolved") != (i.Status == "resolved") {
		i.Resolved = time.Time{}
		if i.Status == "resolved" {
			i.Resolved = i.Updated
		}
		tx.Plan(tx.Now.Add(1500*time.Millisecond), ActionSettle, id, i.Status)
	}
	return nil
}

// Settle is the system's part of resolving or reopening: the alerts follow and the incident is stamped again.
func Settle(tx *state.Tx, id int64, status string) {
	i, ok := tx.Incident(id)
	if !ok || (i.Status == "resolved") != (status == "resolved") || i.Status == "redirected" {
		return
	}
	for _, aid := range i.Alerts {
		a, ok := tx.Alert(aid)
		if !ok || (a.Status == "resolved") == (status == "resolved") {
			continue
		}
		a.Status, a.Resolved = "new", time.Time{}
		if status == "inProgress" {
			a.Status = status
		}
		if status == "resolved" {
			a.Status, a.Resolved = "resolved", tx.Now
			a.Classification, a.Determination = i.Classification, i.Determination
		}
		tx.TouchAlert(a)
	}
	tx.Touch(i, System)
}

// PatchAlert changes an alert.
func PatchAlert(tx *state.Tx, dir *directory.Directory, id string, c Change) error {
	a, ok := tx.Alert(id)
	if !ok {
		return fmt.Errorf("alert %s: %w", id, ErrNotFound)
	}
	if c.Status.Set {
		s, err := member("status", c.Status, "new", "inProgress", "resolved")
		if err != nil {
			return err
		}
		if a.Status != "resolved" && s == "resolved" {
			a.Resolved = tx.Now
		}
		a.Status = s
	}
	if err := verdict(c, &a.Classification, &a.Determination); err != nil {
		return err
	}
	if c.AssignedTo.Set {
		a.AssignedTo = owner(dir, c.AssignedTo, c.Rules.OwnerAsSent)
	}
	tx.TouchAlert(a)
	if i, ok := tx.Incident(a.Incident); ok && i.Status != "redirected" {
		tx.Touch(i, System)
	}
	return nil
}

// Comment adds a comment; whether it stamps the incident is the tenant's mode.
func Comment(tx *state.Tx, id int64, text, by string, stamps bool) error {
	i, ok := tx.Incident(id)
	if !ok {
		return fmt.Errorf("incident %d: %w", id, ErrNotFound)
	}
	switch {
	case strings.TrimSpace(text) == "":
		return refuse("The comment can't be empty.")
	case i.Status == "redirected":
		return refuse("The incident %d was merged into incident %d and can't be updated.", id, i.RedirectTo)
	}
	i.Comments = append(i.Comments, state.Comment{Text: strings.TrimSpace(text), By: by, At: tx.Now})
	if stamps {
		tx.Touch(i, by)
	}
	return nil
}

// CommentAlert adds a comment to an alert.
func CommentAlert(tx *state.Tx, id, text, by string) error {
	a, ok := tx.Alert(id)
	if !ok {
		return fmt.Errorf("alert %s: %w", id, ErrNotFound)
	}
	if strings.TrimSpace(text) == "" {
		return refuse("The comment can't be empty.")
	}
	a.Comments = append(a.Comments, state.Comment{Text: strings.TrimSpace(text), By: by, At: tx.Now})
	tx.TouchAlert(a)
	return nil
}
