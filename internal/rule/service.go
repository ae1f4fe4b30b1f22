package rule

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
)

// Service is safe for concurrent use.
type Service struct {
	db  *meta.DB
	now func() time.Time
	// Changed hears of every change; it must not block. It is set before the service is used.
	Changed func(workspace string)
}

// seeded names the counter that says that a workspace got its rules.
const seeded = "incidentRules"

// New returns the service, and gives each workspace that never had any the rules that come with the program.
func New(ctx context.Context, db *meta.DB, workspaces ...string) (*Service, error) {
	s := &Service{db: db, now: func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }}
	for _, ws := range workspaces {
		err := db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
			if done, err := tx.Counter(ctx, ws, seeded); err != nil || done > 0 {
				return err
			}
			// A connection from before there were rules was made with them off.
			c, err := db.Connection(ctx, ws, "defender-xdr")
			if err != nil {
				return err
			}
			for _, r := range boxed(ws) {
				r.Modified, r.Revision = s.now(), 1
				r.Enabled = !c.Incidents || c.KeepIncidentRules
				if err := tx.PutRule(ctx, r); err != nil {
					return err
				}
			}
			return tx.SetCounter(ctx, ws, seeded, 1)
		})
		if err != nil {
			return nil, fmt.Errorf("setting up the incident creation rules: %w", err)
		}
	}
	return s, nil
}

// List returns the rules of a workspace, by product.
func (s *Service) List(ctx context.Context, ws string) ([]model.IncidentRule, error) {
	return s.db.Incidents().Rules(ctx, ws)
}

// Get returns one rule; letter case does not matter.
func (s *Service) Get(ctx context.Context, ws, id string) (model.IncidentRule, error) {
	return find(ctx, s.db.Incidents(), ws, id)
}

func find(ctx context.Context, tx meta.IncidentTx, ws, id string) (model.IncidentRule, error) {
	all, err := tx.Rules(ctx, ws)
	if err != nil {
		return model.IncidentRule{}, err
	}
	i := slices.IndexFunc(all, func(r model.IncidentRule) bool { return strings.EqualFold(r.ID, id) })
	if i < 0 {
		return model.IncidentRule{}, fault.New(fault.NotFound, "rule_not_found", "There is no rule %q in this workspace; see: vedette rule list", id)
	}
	return all[i], nil
}

// Change is a change of a rule; what is nil stays. A filter that points to an empty list matches all.
type Change struct {
	Name, Description           *string
	Enabled                     *bool
	Severities, Names, Excludes *[]string
	ETag                        string // of the version that was seen; "" changes any
}

// Set changes a rule.
func (s *Service) Set(ctx context.Context, ws, id string, c Change, actor string) (model.IncidentRule, error) {
	var out model.IncidentRule
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		r, err := find(ctx, tx, ws, id)
		if err != nil {
			return err
		}
		if err := seen(r, c.ETag); err != nil {
			return err
		}
		set(&r.Name, c.Name)
		set(&r.Description, c.Description)
		set(&r.Enabled, c.Enabled)
		set(&r.Severities, c.Severities)
		set(&r.Names, c.Names)
		set(&r.Excludes, c.Excludes)
		out, err = s.put(ctx, tx, r, actor)
		return err
	})
	s.told(ws, err)
	return out, err
}

func set[T any](into *T, v *T) {
	if v != nil {
		*into = *v
	}
}

// seen compares the version that somebody saw with the one there is.
func seen(r model.IncidentRule, etag string) error {
	if etag != "" && strings.Trim(etag, `"`) != ETag(r) {
		return fault.New(fault.Conflict, "etag_mismatch", "The rule %s was changed by %s since you read it. Read it again.", r.ID, r.ModifiedBy)
	}
	return nil
}

// ETag names a version of a rule.
func ETag(r model.IncidentRule) string { return fmt.Sprintf("r%x", r.Revision) }

// Put makes a rule or replaces one whole, and reports whether it is new. etag is that of the version it replaces, "" for any.
func (s *Service) Put(ctx context.Context, r model.IncidentRule, etag, actor string) (out model.IncidentRule, made bool, err error) {
	err = s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		old, err := find(ctx, tx, r.Workspace, r.ID)
		switch {
		case fault.KindOf(err) == fault.NotFound && err != nil:
			made = true
		case err != nil:
			return err
		default:
			if err := seen(old, etag); err != nil {
				return err
			}
			r.ID, r.Revision, r.Made = old.ID, old.Revision, old.Made
			if r.Template == "" {
				r.Template = old.Template
			}
		}
		out, err = s.put(ctx, tx, r, actor)
		return err
	})
	s.told(r.Workspace, err)
	return out, made, err
}

func (s *Service) put(ctx context.Context, tx meta.IncidentTx, r model.IncidentRule, actor string) (model.IncidentRule, error) {
	if err := check(&r); err != nil {
		return r, err
	}
	r.Modified, r.ModifiedBy = s.now(), actor
	r.Revision++
	return r, tx.PutRule(ctx, r)
}

// Delete removes a rule, and reports whether there was one. The incidents it made stay.
func (s *Service) Delete(ctx context.Context, ws, id string) (bool, error) {
	had := false
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		r, err := find(ctx, tx, ws, id)
		if err != nil {
			if fault.KindOf(err) == fault.NotFound {
				return nil
			}
			return err
		}
		had = true
		return tx.DropRule(ctx, ws, r.ID)
	})
	s.told(ws, err)
	return had, err
}

// Count counts the rules of a product, or all of them for "", and those that are on.
func (s *Service) Count(ctx context.Context, ws, product string) (enabled, total int, err error) {
	all, err := s.List(ctx, ws)
	for _, r := range all {
		if product != "" && r.Product != product {
			continue
		}
		total++
		if r.Enabled {
			enabled++
		}
	}
	return enabled, total, err
}

// TurnOff turns all rules off: the products they filter by come through Defender XDR.
func (s *Service) TurnOff(ctx context.Context, ws, actor string) error {
	err := s.db.ChangeIncidents(ctx, func(ctx context.Context, tx meta.IncidentTx) error {
		all, err := tx.Rules(ctx, ws)
		if err != nil {
			return err
		}
		for _, r := range all {
			if !r.Enabled {
				continue
			}
			r.Enabled = false
			if _, err := s.put(ctx, tx, r, actor); err != nil {
				return err
			}
		}
		return nil
	})
	s.told(ws, err)
	return err
}

func (s *Service) told(ws string, err error) {
	if err == nil && s.Changed != nil {
		s.Changed(ws)
	}
}
