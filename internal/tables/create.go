package tables

import (
	"context"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Create makes a custom table with the columns, or adds them to one that is there; TimeGenerated is always there. It tells
// whether the table is new.
func (s *Service) Create(ctx context.Context, workspace, name string, cols []schema.Column, actor string) (created bool, err error) {
	_, known := s.store.Catalog(workspace).Table(name)
	switch {
	case !known && !strings.HasSuffix(name, "_CL"):
		return false, fault.New(fault.Invalid, "table_name", "Table %q cannot be made: the name of a custom table ends in _CL.", name)
	case known && len(cols) == 0:
		return false, nil
	case !known && len(cols) == 0:
		return false, fault.New(fault.Invalid, "table_columns", "Table %s cannot be made without columns.", name)
	}
	told := make([]string, len(cols))
	for i, c := range cols {
		told[i] = c.Name + ":" + c.Type.String()
	}
	a := Audit{Actor: actor, Operation: "Create table", Kind: "Table", Name: name, Properties: map[string]any{"Columns": told}}
	if known {
		a.Operation = "Add columns"
	}
	err = s.Audited(ctx, workspace, a, func(ctx context.Context) (map[string]any, error) {
		return nil, s.store.Define(ctx, workspace, name, cols)
	})
	return !known, err
}
