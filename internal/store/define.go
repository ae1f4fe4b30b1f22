package store

import (
	"context"
	"slices"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// Define makes a table, if it is not there, and adds the columns that it lacks. A column that is there with another type is an
// error, and then nothing changes.
func (s *Store) Define(ctx context.Context, workspace, name string, cols []schema.Column) error {
	if !tableName.MatchString(name) {
		return fault.New(fault.Invalid, "table_name", "%q is no name of a table: it does not begin with a digit and has at most 63 letters, digits and underscores.", name)
	}
	if err := s.failure(); err != nil {
		return err
	}
	id := manifest.TableID{Workspace: workspace, Table: name}
	add := shippedFields(name)
	for _, c := range cols {
		if c.Name == TimeColumn && c.Type == schema.Datetime || shippedSource(name, c.Name) != "" || c.Name == ItemIDColumn {
			continue
		}
		if !tableName.MatchString(c.Name) {
			return fault.New(fault.Invalid, "column_name", "%q is no name of a column of table %s: use at most 63 letters, digits and underscores.", c.Name, name)
		}
		have, known := s.columnType(id, add, c.Name)
		if known && have != c.Type {
			return fault.New(fault.Conflict, "column_type", "Column %s of table %s is of type %s and cannot become %s. Add a column of another name.", c.Name, name, have, c.Type)
		}
		if !known {
			add = append(add, manifest.Field{Name: c.Name, KQLType: c.Type.String(), Hidden: c.Hidden})
		}
	}
	if f, ok := s.cat.fields(id); ok && len(f.list)+len(add) > maxColumns {
		return fault.New(fault.TooLarge, "too_many_columns", "Table %s cannot have more than %d columns.", name, maxColumns)
	}
	_, err := s.cat.add(ctx, id, add)
	return err
}

// columnType returns the type of a column that a table has, or that add gives it.
func (s *Store) columnType(id manifest.TableID, add []manifest.Field, name string) (schema.Type, bool) {
	if f, ok := s.cat.fields(id); ok {
		if c, ok := f.byName[name]; ok {
			return c.typ, true
		}
	}
	i := slices.IndexFunc(add, func(f manifest.Field) bool { return f.Name == name })
	if i < 0 {
		return schema.Unknown, false
	}
	t, err := schema.ParseType(add[i].KQLType)
	return t, err == nil
}
