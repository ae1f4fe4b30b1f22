package incident

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// Draft is an incident made here. The tenant does not take part in it.
type Draft struct {
	Name                         string // GUID; "" makes one
	Title, Description, Severity string
	FirstActivity, LastActivity  time.Time // zero: when it is made
	Change                       Change    // the rest
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
			if _, err := tx.IncidentByName(ctx, ws, n.Name); !errors.Is(err, sql.ErrNoRows) {
				return cmp.Or(err, error(fault.New(fault.Conflict, "incident_exists", "There is an incident %s in this workspace already.", n.Name)))
			}
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
		if !n.FirstActivity.IsZero() {
			rec.in.FirstActivity = n.FirstActivity.UTC()
		}
		if !n.LastActivity.IsZero() {
			rec.in.LastActivity = n.LastActivity.UTC()
		}
		if rec.in.LastActivity.Before(rec.in.FirstActivity) {
			return fault.New(fault.Invalid, "invalid_activity", "The last activity of the incident is before the first one.")
		}
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
