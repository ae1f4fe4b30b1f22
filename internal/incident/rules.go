package incident

import (
	"context"
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/meta"
	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/rule"
)

// ruleAge is how old an alert may be when it comes in for a rule to make an incident of it. A first read of a tenant's past
// must not make an incident of every alert of half a year.
const ruleAge = 24 * time.Hour

// ruleActor is who makes and changes incidents of rules.
const ruleActor = "Incident created from alert"

// applyRules makes the incident of an alert that is shown for the first time, if a rule of the workspace matches it. rules
// caches the workspace's rules for the transaction.
func (k *Sink) applyRules(ctx context.Context, tx meta.IncidentTx, a model.Alert, rules *[]model.IncidentRule) (number int64, err error) {
	if k.s.now().Sub(a.Created) > ruleAge {
		return 0, nil
	}
	if *rules == nil {
		all, err := tx.Rules(ctx, k.ws)
		if err != nil {
			return 0, err
		}
		*rules = append([]model.IncidentRule{}, all...)
	}
	r, ok := rule.Match(*rules, a)
	if !ok {
		return 0, nil
	}
	rec, err := k.s.newRecord(ctx, tx, k.ws, false)
	if err != nil {
		return 0, err
	}
	rec.st.Local.Title, rec.st.Local.Description, rec.st.Local.Severity = a.Title, a.Description, a.Severity
	rec.st.Local.Disposition = model.Disposition{Status: statusNew, Classification: unset, Determination: unset}
	rec.in.ProviderName, rec.in.ProviderIncidentID, rec.in.Created = providerLocal, fmt.Sprint(rec.row.Number), k.s.now()
	rec.in.RuleIDs = []string{r.ID}
	if err := tx.CountMade(ctx, k.ws, r.ID, a.ID, rec.row.Number); err != nil {
		return 0, err
	}
	return rec.row.Number, k.s.save(ctx, tx, rec, cause{actor: ruleActor, at: k.s.now(), activities: []model.Activity{
		{Time: k.s.now(), Actor: r.Name, Kind: "created", Origin: "vedette", Note: "Made of alert " + a.ID + "."},
	}})
}

// ruled keeps the incident that a rule makes, or made, of an alert in step with it. It returns its number, 0 for none.
func (k *Sink) ruled(ctx context.Context, tx meta.IncidentTx, a model.Alert, old meta.AlertRow, rules *[]model.IncidentRule) (int64, error) {
	switch {
	case old.RuleIncident > 0:
		return old.RuleIncident, k.refresh(ctx, tx, old.RuleIncident, a.Updated)
	case old.ID == "" || old.Withheld == 1:
		return k.applyRules(ctx, tx, a, rules)
	}
	return 0, nil
}

// refresh brings an incident that a rule made up to date with its alert.
func (k *Sink) refresh(ctx context.Context, tx meta.IncidentTx, number int64, at time.Time) error {
	row, err := tx.Incident(ctx, k.ws, number)
	if err != nil {
		return missing(err, fmt.Sprint(number))
	}
	rec, err := open(row)
	if err != nil {
		return err
	}
	return k.s.save(ctx, tx, rec, cause{actor: ruleActor, at: at})
}
