package meta

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/vedette-siem/vedette/internal/model"
)

type ruleRow struct {
	bun.BaseModel `bun:"table:incident_rules"`
	Workspace     string `bun:"workspace,pk"`
	ID            string `bun:"id,pk"`
	Name          string `bun:"name"`
	Description   string `bun:"description"`
	Enabled       bool   `bun:"enabled"`
	Product       string `bun:"product"`
	Severities    string `bun:"severities"` // JSON: null or an array
	Names         string `bun:"names"`
	Excludes      string `bun:"excludes"`
	Template      string `bun:"template"`
	Modified      int64  `bun:"modified"` // Unix milliseconds
	ModifiedBy    string `bun:"modified_by"`
	Revision      int64  `bun:"revision"`
	Made          int64  `bun:"made"`
}

// Rules returns the incident creation rules of a workspace, by product and id.
func (t IncidentTx) Rules(ctx context.Context, ws string) ([]model.IncidentRule, error) {
	var rows []ruleRow
	if err := t.db.NewSelect().Model(&rows).Where("workspace = ?", ws).Order("product", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the incident creation rules: %w", err)
	}
	out := make([]model.IncidentRule, len(rows))
	for i, r := range rows {
		out[i] = model.IncidentRule{
			Workspace: r.Workspace, ID: r.ID, Name: r.Name, Description: r.Description, Enabled: r.Enabled, Product: r.Product, Template: r.Template,
			Modified: fromMillis(r.Modified), ModifiedBy: r.ModifiedBy, Revision: r.Revision, Made: r.Made,
		}
		for _, f := range []struct {
			text string
			into *[]string
		}{{r.Severities, &out[i].Severities}, {r.Names, &out[i].Names}, {r.Excludes, &out[i].Excludes}} {
			if err := json.Unmarshal([]byte(f.text), f.into); err != nil {
				return nil, fmt.Errorf("reading the incident creation rule %s: %w", r.ID, err)
			}
		}
	}
	return out, nil
}

// PutRule stores a rule, in place of an older one. What it made is counted by CountMade alone.
func (t IncidentTx) PutRule(ctx context.Context, m model.IncidentRule) error {
	r := ruleRow{
		Workspace: m.Workspace, ID: m.ID, Name: m.Name, Description: m.Description, Enabled: m.Enabled, Product: m.Product, Template: m.Template,
		Modified: toMillis(m.Modified), ModifiedBy: m.ModifiedBy, Revision: m.Revision,
	}
	for _, f := range []struct {
		list []string
		into *string
	}{{m.Severities, &r.Severities}, {m.Names, &r.Names}, {m.Excludes, &r.Excludes}} {
		b, err := json.Marshal(f.list)
		if err != nil {
			return fmt.Errorf("encoding the incident creation rule %s: %w", m.ID, err)
		}
		*f.into = string(b)
	}
	q := t.db.NewInsert().Model(&r).On("CONFLICT (workspace, id) DO UPDATE")
	for _, c := range []string{"name", "description", "enabled", "product", "severities", "names", "excludes", "template", "modified", "modified_by", "revision"} {
		q = q.Set("? = EXCLUDED.?", bun.Ident(c), bun.Ident(c))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("storing the incident creation rule %s: %w", m.ID, err)
	}
	return nil
}

// DropRule removes a rule. The incidents it made stay.
func (t IncidentTx) DropRule(ctx context.Context, ws, id string) error {
	if _, err := t.db.NewDelete().Model((*ruleRow)(nil)).Where("workspace = ? AND id = ?", ws, id).Exec(ctx); err != nil {
		return fmt.Errorf("removing the incident creation rule %s: %w", id, err)
	}
	return nil
}

// CountMade counts one more incident of a rule, and notes which one holds the alert.
func (t IncidentTx) CountMade(ctx context.Context, ws, rule, alert string, number int64) error {
	_, err := t.db.NewUpdate().Model((*ruleRow)(nil)).Set("made = made + 1").Where("workspace = ? AND id = ?", ws, rule).Exec(ctx)
	if err == nil {
		_, err = t.db.NewUpdate().Model((*AlertRow)(nil)).Set("rule_incident = ?", number).Where("workspace = ? AND id = ?", ws, alert).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("noting the incident of alert %s: %w", alert, err)
	}
	return nil
}

// AlertsOfRule returns the alerts of an incident that a rule made, but for withheld ones. With light set, Doc and Raw are left out.
func (t IncidentTx) AlertsOfRule(ctx context.Context, ws string, number int64, light bool) ([]AlertRow, error) {
	var rows []AlertRow
	q := t.db.NewSelect().Model(&rows).Where("workspace = ? AND rule_incident = ? AND withheld = 0", ws, number)
	if light {
		q = q.ExcludeColumn("doc", "raw")
	}
	err := q.Order("first_time", "id").Scan(ctx)
	return rows, err
}
