package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// auditTable keeps who did what to tables.
const auditTable = "SentinelAudit"

// The statuses of an audit row.
const (
	Started   = "Started"
	Succeeded = "Success"
	Failed    = "Failure"
)

// Audit is what a row of SentinelAudit tells: who did what to which table or server, and how it ended.
type Audit struct {
	Actor       string
	Operation   string // such as "Purge rows"
	Kind, Name  string // of what it was done to: "Table" and its name, "Server" and what it is called
	Status      string // Started, Succeeded or Failed
	Text        string
	Correlation string // what the rows of one operation have in common; may be empty
	Properties  map[string]any
}

// Record stores an audit row. It is durable when Record returns nil.
func (s *Service) Record(ctx context.Context, workspace string, a Audit) error {
	if a.Properties == nil {
		a.Properties = map[string]any{}
	}
	a.Properties["CallerName"] = a.Actor
	props, err := json.Marshal(a.Properties)
	if err != nil {
		return fmt.Errorf("encoding an audit row: %w", err)
	}
	now := s.now()
	r := store.Rows{Table: auditTable, Batch: &column.Batch{N: 1}}
	for _, c := range []struct {
		name string
		t    schema.Type
		v    any
	}{
		{"TenantId", schema.String, workspace},
		{store.TimeColumn, schema.Datetime, column.FromTime(now)},
		{"OperationName", schema.String, a.Operation},
		{"SentinelResourceName", schema.String, a.Name},
		{"SentinelResourceKind", schema.String, a.Kind},
		{"SentinelResourceType", schema.String, a.Kind},
		{"Status", schema.String, a.Status},
		{"Description", schema.String, a.Text},
		{"WorkspaceId", schema.String, workspace},
		{"CorrelationId", schema.String, a.Correlation},
		{"ExtendedProperties", schema.Dynamic, column.Raw(props)},
		{"SourceSystem", schema.String, "Vedette"},
		{"Type", schema.String, auditTable},
		{"_IsBillable", schema.String, "False"},
		{store.SrcColumn, schema.String, "audit/" + a.Kind + "/" + strconv.FormatInt(now.UnixNano(), 36) + "/" + strconv.FormatInt(s.audits.Add(1), 36)},
	} {
		v := column.New(c.t, 1)
		v.Append(c.v)
		r.Cols = append(r.Cols, schema.Column{Name: c.name, Type: c.t, Hidden: c.name == store.SrcColumn})
		r.Batch.Cols = append(r.Batch.Cols, v)
	}
	_, err = s.store.Append(ctx, store.Frame{Workspace: workspace, Tables: []store.Rows{r}, Own: true})
	return err
}

// Audited does something between two audit rows: one before, without which it is not done, and one of how it ended. do returns what the
// last row tells beside a's properties.
func (s *Service) Audited(ctx context.Context, workspace string, a Audit, do func(context.Context) (map[string]any, error)) error {
	if a.Correlation == "" {
		a.Correlation = strconv.FormatInt(s.now().UnixNano(), 36) + "-" + strconv.FormatInt(s.audits.Add(1), 36)
	}
	given := a.Properties
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{given, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	a.Status, a.Text, a.Properties = Started, a.Operation+" was asked for.", with(nil)
	if err := s.Record(ctx, workspace, a); err != nil {
		return err
	}
	more, err := do(ctx)
	a.Status, a.Text, a.Properties = Succeeded, a.Operation+" was done.", with(more)
	if err != nil {
		a.Status, a.Text = Failed, err.Error()
	}
	// The end is recorded also when the one who asked is gone.
	if aerr := s.Record(context.WithoutCancel(ctx), workspace, a); aerr != nil {
		if err == nil {
			return fmt.Errorf("recording the end of %q: %w", a.Operation, aerr)
		}
		return fmt.Errorf("%w (nor could this be recorded: %v)", err, aerr) //nolint:errorlint // the first error counts
	}
	return err
}
