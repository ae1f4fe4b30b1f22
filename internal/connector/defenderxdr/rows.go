package defenderxdr

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
)

// incidentRows merges the rows of the incident list.
type incidentRows struct {
	cfg    Config
	people *people
	read   func(json.RawMessage) (model.TenantIncident, error) // Incident
}

func (r *incidentRows) merge(ctx context.Context, list []json.RawMessage, _ time.Time, history bool) (t taken, err error) {
	var good []model.TenantIncident
	for _, raw := range list {
		in, err := r.read(raw)
		if err != nil {
			t.bad = append(t.bad, newRowError(raw, err))
			continue
		}
		good, t.rows = append(good, in), append(t.rows, seenRow{in.ID, in.Version})
	}
	// The history is numbered downwards: the newest of a page takes the highest number.
	slices.SortStableFunc(good, func(a, b model.TenantIncident) int { return b.Created.Compare(a.Created) })
	if !history {
		slices.Reverse(good)
	}
	r.people.lookUp(ctx, good)
	t.fetch, err = r.cfg.Sink.MergeIncidents(ctx, good, history)
	return t, err
}

func (r *incidentRows) settle(ctx context.Context, raw json.RawMessage, listed string, _ time.Time) error {
	in, err := r.read(raw)
	if err != nil {
		b := newRowError(raw, err)
		return &b
	}
	r.people.lookUp(ctx, []model.TenantIncident{in})
	return r.cfg.Sink.SettleIncident(ctx, in, listed)
}

// alertRows merges the rows of the alert list.
type alertRows struct{ cfg Config }

func (r *alertRows) merge(ctx context.Context, list []json.RawMessage, at time.Time, _ bool) (t taken, err error) {
	var good []model.Alert
	for _, raw := range list {
		a, err := Alert(raw)
		if err != nil {
			t.bad = append(t.bad, newRowError(raw, err))
			continue
		}
		good, t.rows = append(good, a), append(t.rows, seenRow{a.ID, column.FromTime(a.Updated)})
	}
	t.fetch, err = r.cfg.Sink.MergeAlerts(ctx, good, at)
	return t, err
}

func (r *alertRows) settle(ctx context.Context, raw json.RawMessage, listed string, at time.Time) error {
	a, err := Alert(raw)
	if err != nil {
		b := newRowError(raw, err)
		return &b
	}
	return r.cfg.Sink.SettleAlert(ctx, a, listed, at)
}

// people looks up the owners of incidents before they are merged. It never holds up a merge: whoever cannot be looked up
// is shown as the tenant wrote them.
type people struct {
	cfg   Config
	pause time.Time // no look-ups before it: the directory refused one
}

func (p *people) lookUp(ctx context.Context, list []model.TenantIncident) {
	var logins []string
	for _, r := range list {
		if l := strings.ToLower(r.Owner); strings.Contains(l, "@") && !slices.Contains(logins, l) {
			logins = append(logins, l)
		}
	}
	if len(logins) == 0 || p.cfg.Clock.Now().Before(p.pause) {
		return
	}
	unknown, err := p.cfg.Sink.UnknownPeople(ctx, logins)
	if err != nil {
		return
	}
	for chunk := range slices.Chunk(unknown, 15) {
		if err := p.find(ctx, chunk); err != nil {
			p.cfg.Logger.WarnContext(ctx, "looking up the owners of incidents", "err", err)
			p.pause = p.cfg.Clock.Now().Add(time.Minute)
			if fault.KindOf(err) == fault.Permission {
				p.pause = p.cfg.Clock.Now().Add(time.Hour)
			}
			return
		}
	}
}

func (p *people) find(ctx context.Context, logins []string) error {
	users, err := p.cfg.Graph.FindUsers(ctx, logins, msgraph.Inbound)
	if fault.KindOf(err) == fault.Invalid && err != nil {
		users, err = nil, nil
		for _, l := range logins {
			u, e := p.cfg.Graph.FindUser(ctx, l, msgraph.Inbound)
			if e == nil {
				users = append(users, u)
			} else if fault.KindOf(e) != fault.NotFound {
				return e
			}
		}
	}
	if err != nil {
		return err
	}
	for _, l := range logins {
		var o *model.Owner
		if i := slices.IndexFunc(users, func(u msgraph.User) bool { return strings.EqualFold(u.UserPrincipalName, l) }); i >= 0 {
			owner := ownerOf(users[i])
			o = &owner
		}
		if err := p.cfg.Sink.PutPerson(ctx, l, o); err != nil {
			return err
		}
	}
	return nil
}

func ownerOf(u msgraph.User) model.Owner {
	o := model.Owner{ObjectID: u.ID, Email: u.Mail, AssignedTo: u.DisplayName, UserPrincipalName: u.UserPrincipalName}
	if o.Email == "" {
		o.Email = u.UserPrincipalName
	}
	if o.AssignedTo == "" {
		o.AssignedTo = u.UserPrincipalName
	}
	return o
}
