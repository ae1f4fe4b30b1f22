package unit

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// tables are the given rows, by table and stored column. It serves scans.
type tables map[string]*givenTable

type givenTable struct {
	rows int
	cols map[string]*column.Vector
}

// given builds the tables of a test and the catalogue it sees.
func (f *File) given(t Test) (tables, schema.Catalog, error) {
	all := maps.Clone(f.Tables)
	if all == nil {
		all = map[string]Table{}
	}
	maps.Copy(all, t.Tables)
	var declared []*schema.Table
	for _, name := range slices.Sorted(maps.Keys(all)) {
		g := all[name]
		if g.Columns.IsZero() {
			continue
		}
		def := &schema.Table{Name: name}
		for i := 0; i+1 < len(g.Columns.Content); i += 2 {
			typ, err := schema.ParseType(g.Columns.Content[i+1].Value)
			if err != nil {
				return nil, nil, fault.New(fault.Invalid, "tests_invalid", "table %s, column %s: %w", name, g.Columns.Content[i].Value, err)
			}
			def.Columns = append(def.Columns, schema.Column{Name: g.Columns.Content[i].Value, Type: typ})
		}
		declared = append(declared, def)
	}
	catalog := catalogue(declared)
	out := tables{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		def, ok := catalog.Table(name)
		if !ok {
			return nil, nil, fault.New(fault.Invalid, "tests_invalid", "there is no table %s; declare its columns: columns: {Name: type}", name)
		}
		rows, err := fill(def, all[name].Rows)
		if err != nil {
			return nil, nil, err
		}
		out[name] = rows
	}
	return out, catalog, nil
}

// fill turns rows into columns. A value goes to the stored column behind its name.
func fill(def *schema.Table, rows []map[string]any) (*givenTable, error) {
	stored := map[string]string{}
	types := map[string]schema.Type{}
	for _, c := range def.Columns {
		src := c.Source
		if src == "" {
			src = c.Name
		}
		stored[c.Name] = src
		if c.Source == "" {
			types[c.Name] = c.Type
		}
	}
	cells := map[string][]any{}
	for r, row := range rows {
		for name, x := range row {
			src, ok := stored[name]
			if !ok {
				return nil, fault.New(fault.Invalid, "tests_invalid", "table %s, row %d: there is no column %s", def.Name, r+1, name)
			}
			if cells[src] == nil {
				cells[src] = make([]any, len(rows))
			}
			cell, ok := value(x, types[src])
			if !ok {
				return nil, fault.New(fault.Invalid, "tests_invalid", "table %s, row %d, column %s: %v is not of type %s", def.Name, r+1, name, x, types[src])
			}
			cells[src][r] = cell
		}
	}
	out := &givenTable{rows: len(rows), cols: map[string]*column.Vector{}}
	for src, list := range cells {
		v := column.New(types[src], len(rows))
		for _, cell := range list {
			v.Append(cell)
		}
		out.cols[src] = v
	}
	return out, nil
}

// value gives what YAML read the type of a column; false when it cannot have it.
func value(x any, t schema.Type) (any, bool) {
	d := dynamic(x)
	if d == nil || t == schema.Dynamic {
		return d, true
	}
	out := kernel.Unbox(d, t)
	return out, out != nil
}

// dynamic turns what YAML read into a dynamic value.
func dynamic(x any) any {
	switch x := x.(type) {
	case int:
		return int64(x)
	case uint64:
		return float64(x)
	case time.Time:
		return column.Datetime(column.FromTime(x))
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = dynamic(e)
		}
		return out
	case map[string]any:
		out := &column.Object{}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			out.Set(k, dynamic(x[k]))
		}
		return out
	case map[any]any:
		m := map[string]any{}
		for k, v := range x {
			m[fmt.Sprint(k)] = v
		}
		return dynamic(m)
	}
	return x
}

// Open serves a scan; a table that was not given is empty.
func (t tables) Open(_ context.Context, n plan.Node) (exec.Reader, bool, error) {
	scan, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	g := t[scan.Table]
	if g == nil {
		g = &givenTable{}
	}
	b := &column.Batch{N: g.rows}
	for i, c := range scan.Out {
		v := g.cols[scan.Sources[i]]
		if v == nil {
			v = column.New(c.Type, g.rows)
			for range g.rows {
				v.AppendNull()
			}
		}
		b.Cols = append(b.Cols, kernel.Convert(v, c.Type))
	}
	return &reader{b: b}, true, nil
}

type reader struct{ b *column.Batch }

func (r *reader) Next(context.Context) (*column.Batch, error) {
	if r.b == nil {
		return nil, io.EOF
	}
	b := r.b
	r.b = nil
	return b, nil
}

func (r *reader) Close() error { return nil }
