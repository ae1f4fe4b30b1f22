package tables

import (
	"context"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Create makes a custom table with the columns, or adds them to one that is there; TimeGenerated is always there. It tells
// whether the table is new.
func (s *Service) Create(ctx context.Context, workspace, name string, cols []schema.Column) (created bool, err error) {
	_, known := s.store.Catalog(workspace).Table(name)
	switch {
	case !known && !strings.HasSuffix(name, "_CL"):
		return false, fault.New(fault.Invalid, "table_name", "Table %q cannot be made: the name of a custom table ends in _CL.", name)
	case known && len(cols) == 0:
		return false, nil
	case !known && len(cols) == 0:
		return false, fault.New(fault.Invalid, "table_columns", "Table %s cannot be made without columns.", name)
	}
	return !known, s.store.Define(ctx, workspace, name, cols)
}
