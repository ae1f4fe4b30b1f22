package incident

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/syncback"
)

// providerXDR and providerLocal are the names of who owns an incident.
const (
	providerXDR   = "Microsoft XDR"
	providerLocal = "Azure Sentinel"
)

// redirected is the label of an incident that was merged into another one. It is ours alone and never goes out.
const redirected = "Redirected"

// record is an incident inside a transaction.
type record struct {
	row    meta.IncidentRow
	in     model.Incident
	st     syncback.State
	before string // what people saw
	fresh  bool
}

// cause is why a record is stored.
type cause struct {
	actor      string
	at         time.Time // of the change; a little later if the incident has a later one already
	activities []model.Activity
	clashes    []syncback.Clash
}

func open(row meta.IncidentRow) (*record, error) {
	r := &record{row: row}
	if err := json.Unmarshal([]byte(row.Doc), &r.in); err != nil {
		return nil, fmt.Errorf("reading incident %d: %w", row.Number, err)
	}
	if err := json.Unmarshal([]byte(row.Sync), &r.st); err != nil {
		return nil, fmt.Errorf("reading the state of incident %d: %w", row.Number, err)
	}
	r.before = r.visible()
	return r, nil
}

// visible is everything that a row of the incident's table tells, but for its times and who changed it.
func (r *record) visible() string {
	in := r.in
	in.Modified, in.ModifiedBy, in.Sync, in.Etag, in.EmptyReason, in.EmptyProducts = time.Time{}, "", model.Sync{}, "", "", nil
	b, err := json.Marshal(struct {
		In       model.Incident
		Comments []string
	}{in, commentTexts(r.st)})
	if err != nil {
		return ""
	}
	return string(b)
}

// commentTexts are the comments with their keys: one of an incident that was made here may get another text.
func commentTexts(st syncback.State) []string {
	var out []string
	for _, c := range st.Comments {
		out = append(out, c.Key+" "+c.Message)
	}
	return out
}

// newRecord starts an incident. The history of a tenant is numbered downwards from what Reserve kept.
func (s *Service) newRecord(ctx context.Context, tx meta.IncidentTx, ws string, history bool) (*record, error) {
	var number int64
	if history {
		left, err := tx.Counter(ctx, ws, "history")
		if err != nil {
			return nil, err
		}
		if left > 0 {
			number = left
			if err := tx.SetCounter(ctx, ws, "history", left-1); err != nil {
				return nil, err
			}
		}
	}
	if number == 0 {
		taken, err := tx.Take(ctx, ws, "number", 1)
		if err != nil {
			return nil, err
		}
		number = taken
	}
	r := &record{fresh: true}
	r.row = meta.IncidentRow{Workspace: ws, Number: number, Name: uuid.NewString()}
	r.in = model.Incident{Workspace: ws, Number: number, Name: r.row.Name}
	return r, nil
}

// save derives everything that people see from the state, and stores the incident with its history, its conflicts, what
// must be sent, and one event row if anything that the row tells has changed.
func (s *Service) save(ctx context.Context, tx meta.IncidentTx, r *record, c cause) error {
	ids, err := s.present(ctx, tx, r, c)
	if err != nil {
		return err
	}
	ws, number := r.row.Workspace, r.row.Number
	changed := r.fresh || r.visible() != r.before
	if changed {
		now := max(ticks(c.at), r.row.Modified+1)
		r.in.Modified = fromTicks(now)
		if r.fresh {
			r.in.FirstModified = r.in.Modified
		}
		if c.actor != "" {
			r.in.ModifiedBy = c.actor
		}
		r.row.Revision++
	}
	if err := s.store(ctx, tx, r); err != nil {
		return err
	}
	for _, a := range c.activities {
		if err := addActivity(ctx, tx, ws, number, a); err != nil {
			return err
		}
	}
	for _, clash := range c.clashes {
		if err := s.addClash(ctx, tx, r, clash); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	body, err := json.Marshal(event{
		Time: ticks(s.now()), Revision: r.row.Revision, Incident: &r.in, Comments: commentsOf(r.st), Alerts: ids,
	})
	if err != nil {
		return fmt.Errorf("encoding the row of incident %d: %w", number, err)
	}
	return tx.PushEvents(ctx, ws, []string{string(body)})
}

// store writes the record and its place in the outbox.
func (s *Service) store(ctx context.Context, tx meta.IncidentTx, r *record) error {
	doc, err := json.Marshal(r.in)
	if err != nil {
		return fmt.Errorf("encoding incident %d: %w", r.row.Number, err)
	}
	st, err := json.Marshal(r.st)
	if err != nil {
		return fmt.Errorf("encoding the state of incident %d: %w", r.row.Number, err)
	}
	in := r.in
	r.row.Doc, r.row.Sync = string(doc), string(st)
	r.row.ProviderID = r.st.RemoteID
	r.row.Title, r.row.Status, r.row.Severity, r.row.SeverityRank = in.Title, in.Status, in.Severity, severityRank(in.Severity)
	r.row.Owner = strings.ToLower(in.Owner.UserPrincipalName)
	if r.row.Owner == "" {
		r.row.Owner = strings.ToLower(in.Owner.AssignedTo)
	}
	r.row.Labels = "\n" + strings.ToLower(strings.Join(slices.Concat(in.Labels, in.SystemLabels), "\n")) + "\n"
	r.row.Search = strings.ToLower(strings.Join([]string{
		in.Title, strconv.FormatInt(in.Number, 10), in.ProviderIncidentID, r.row.Owner, in.Owner.AssignedTo, strings.Join(in.Products, " "),
	}, "\n"))
	r.row.Created, r.row.Modified, r.row.Closed = ticks(in.Created), ticks(in.Modified), ticks(in.Closed)
	r.row.RedirectTo, r.row.SyncState, r.row.Alerts = in.RedirectTo, string(in.Sync.State), int64(in.AlertCount)
	if err := tx.PutIncident(ctx, &r.row); err != nil {
		return fmt.Errorf("storing incident %d: %w", r.row.Number, err)
	}
	if !r.st.Waiting() {
		if r.fresh {
			return nil
		}
		return tx.DropOutbox(ctx, r.row.Workspace, r.row.Number)
	}
	return tx.PutOutbox(ctx, &meta.OutboxRow{
		Workspace: r.row.Workspace, Number: r.row.Number, Due: ticks(r.st.Outbox.Due), Since: ticks(r.st.Outbox.Since), Person: r.st.Person(),
	})
}

// present fills the incident from its state and its alerts. It returns the ids of the alerts.
func (s *Service) present(ctx context.Context, tx meta.IncidentTx, r *record, c cause) ([]string, error) {
	l, in := r.st.Local, &r.in
	was := in.Status
	in.Title, in.Description, in.Severity, in.Status = l.Title, l.Description, l.Severity, l.Disposition.Status
	in.Determination, in.ClassificationNote = l.Disposition.Determination, l.Disposition.Comment
	in.Classification, in.ClassificationReason = classified(l.Disposition, in.ClassificationReason)
	in.Labels = slices.Clone(l.Tags)
	if in.RedirectTo = r.st.Redirect; in.RedirectTo == "" {
		in.RedirectNumber = 0
	}
	if in.RedirectTo != "" && !contains(in.Labels, redirected) {
		in.Labels = append(in.Labels, redirected)
	}
	in.CommentCount = len(r.st.Comments)
	in.Sync = r.st.View()
	if in.Status == statusClosed && was != statusClosed {
		in.Closed = c.at.UTC()
	}
	owner, err := s.owner(ctx, tx, r.row.Workspace, l.Owner)
	if err != nil {
		return nil, err
	}
	in.Owner = owner
	return s.presentAlerts(ctx, tx, r)
}

func (s *Service) presentAlerts(ctx context.Context, tx meta.IncidentTx, r *record) ([]string, error) {
	in := &r.in
	alerts, err := alertRows(ctx, tx, r.row, r.st.RemoteID, true)
	if err == nil && len(alerts) == 0 && r.st.RemoteID == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the alerts of incident %d: %w", r.row.Number, err)
	}
	in.AlertCount, in.Products, in.Tactics = len(alerts), nil, nil
	if len(alerts) > 0 || in.FirstActivity.IsZero() {
		in.FirstActivity, in.LastActivity = in.Created, in.Created
	}
	var ids []string
	for i, a := range alerts {
		ids = append(ids, a.SystemID)
		if !slices.Contains(in.Products, a.Product) {
			in.Products = append(in.Products, a.Product)
		}
		for t := range strings.SplitSeq(a.Tactics, ",") {
			if t != "" && !slices.Contains(in.Tactics, t) {
				in.Tactics = append(in.Tactics, t)
			}
		}
		if first := fromTicks(a.First); !first.IsZero() && (i == 0 || first.Before(in.FirstActivity)) {
			in.FirstActivity = first
		}
		if last := fromTicks(a.Last); !last.IsZero() && (i == 0 || last.After(in.LastActivity)) {
			in.LastActivity = last
		}
	}
	return ids, nil
}

// owner is what is known of a login; without the directory it is shown as it is written.
func (s *Service) owner(ctx context.Context, tx meta.IncidentTx, ws, login string) (model.Owner, error) {
	if login == "" {
		return model.Owner{}, nil
	}
	p, err := tx.Person(ctx, ws, strings.ToLower(login))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return model.Owner{}, fmt.Errorf("reading the owner %s: %w", login, err)
	}
	var o model.Owner
	if p.Body != "" && json.Unmarshal([]byte(p.Body), &o) == nil {
		return o, nil
	}
	o = model.Owner{AssignedTo: login}
	if strings.Contains(login, "@") {
		o.Email, o.UserPrincipalName = login, login
	}
	return o, nil
}

func addActivity(ctx context.Context, tx meta.IncidentTx, ws string, number int64, a model.Activity) error {
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encoding an activity of incident %d: %w", number, err)
	}
	if err := tx.AddActivity(ctx, ws, number, string(b)); err != nil {
		return fmt.Errorf("storing an activity of incident %d: %w", number, err)
	}
	return nil
}

func (s *Service) addClash(ctx context.Context, tx meta.IncidentTx, r *record, c syncback.Clash) error {
	rec := model.ConflictRecord{
		IncidentNumber: r.row.Number, Field: string(c.Field), Base: c.Base, Local: c.Local, Remote: c.Remote, Applied: c.Applied,
		Time: s.now(), Note: c.Note,
	}
	b, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encoding a conflict of incident %d: %w", r.row.Number, err)
	}
	row := meta.ConflictRow{Workspace: r.row.Workspace, Number: r.row.Number, Note: c.Note, Body: string(b)}
	if err := tx.PutConflict(ctx, &row); err != nil {
		return fmt.Errorf("storing a conflict of incident %d: %w", r.row.Number, err)
	}
	kind, note := "conflict", fmt.Sprintf("Changed on both sides; the %s value stands.", map[string]string{"local": "workspace's", "remote": "tenant's"}[c.Applied])
	switch c.Note {
	case "merged":
		kind, note = "rejected", fmt.Sprintf("Not sent: merged into incident %s.", r.st.Redirect)
	case "rejected":
		kind, note = "rejected", "The tenant refused the value."
	case "notStored":
		note = "The tenant stored another value than the one sent."
	}
	return addActivity(ctx, tx, r.row.Workspace, r.row.Number, model.Activity{
		Time: s.now(), Actor: c.Remote.Actor, Kind: kind, Field: string(c.Field), Before: say(c.Field, c.Local.Value),
		After: say(c.Field, c.Remote.Value), Origin: "defender", Note: note,
	})
}
