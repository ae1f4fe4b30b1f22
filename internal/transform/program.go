package transform

import (
	"context"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/normalize"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

// sourceName is the table that a transformation reads: the rows as they come in.
const sourceName = "source"

// maxText bounds a transformation.
const maxText = 16 << 10

// kept are the columns that every row keeps as they came, whatever a transformation says of them.
func kept(name string) bool {
	switch name {
	case "TenantId", "SourceSystem", "Type", "_IsBillable", "_BilledSize", "_ItemId", "_ResourceId", "_SubscriptionId", store.SrcColumn:
		return true
	}
	return strings.HasPrefix(name, "_")
}

// Program is a compiled transformation of one table. Safe for concurrent use.
type Program struct {
	table string
	text  string
	known map[string]bool // stored columns that source has
	// passed are columns that the text does not fit and that pass unchanged.
	passed map[string]bool
	run    *exec.RowTransform
	give   []schema.Column // what it stores, by place in run.Out; no name for what is left alone
}

// Compile checks and compiles a transformation of the table as it is now.
func Compile(ctx context.Context, t *schema.Table, text string) (*Program, error) {
	if len(text) > maxText {
		return nil, fault.New(fault.Invalid, "transform_too_long", "The transformation has %d bytes; at most %d are allowed.", len(text), maxText)
	}
	src := &schema.Table{Name: sourceName}
	p := &Program{table: t.Name, text: text, known: map[string]bool{}}
	types := map[string]schema.Type{}
	for _, c := range t.Columns {
		if c.Source == "" {
			p.known[c.Name], types[c.Name] = true, c.Type
		}
		if !strings.HasPrefix(c.Name, "_") || c.Name == "_BilledSize" || c.Name == "_IsBillable" {
			src.Columns = append(src.Columns, c)
		}
	}
	q, ds := kql.Compile(text, bind.Env{Catalog: schema.NewStatic(src), Runnable: exec.Runnable})
	if ds.HasErrors() {
		return nil, fault.New(fault.Invalid, "transform_invalid", "The transformation is not valid: %s", ds.Error())
	}
	if len(q.Results) != 1 {
		return nil, fault.New(fault.Invalid, "transform_not_by_row", "The transformation holds several statements. Write one that begins with: source |")
	}
	var err error
	if p.run, err = exec.NewRowTransform(ctx, q.Results[0].Root, exec.Env{}); err != nil {
		return nil, err
	}
	return p, p.fit(types)
}

// fit holds what comes out against the table.
func (p *Program) fit(types map[string]schema.Type) error {
	timed := false
	for i, c := range p.run.Out {
		through := p.run.Passes[i]
		switch {
		case c.Name == "Timestamp" && (through == store.TimeColumn || through == "Timestamp"):
			c.Name = "" // the same as TimeGenerated
		case c.Name == "Timestamp":
			return fault.New(fault.Invalid, "transform_column", "Timestamp is another name of TimeGenerated. Set TimeGenerated instead.")
		case kept(c.Name) && through == c.Name:
			c.Name = ""
		case kept(c.Name):
			return fault.New(fault.Invalid, "transform_column", "The column %s is kept by Vedette and cannot be set. Choose another name.", c.Name)
		case c.Name != store.TimeColumn && !normalize.ValidColumn(c.Name):
			return fault.New(fault.Invalid, "transform_column", "%q cannot be the name of a column: letters, digits and underscores, at most 100, not beginning with a digit.", c.Name)
		case types[c.Name] != schema.Unknown && types[c.Name] != c.Type:
			return fault.New(fault.Invalid, "transform_type", "The column %s of %s is %s, but the transformation gives %s. Convert it, such as with to%s(), or choose another name.", c.Name, p.table, types[c.Name], c.Type, types[c.Name])
		case c.Type == schema.Unknown:
			return fault.New(fault.Invalid, "transform_type", "The type of the column %s cannot be told. Convert it, such as with tostring().", c.Name)
		}
		timed = timed || c.Name == store.TimeColumn
		p.give = append(p.give, c)
	}
	if !timed {
		return fault.New(fault.Invalid, "transform_time", "The transformation drops TimeGenerated, which every row needs. Keep it, such as with: project TimeGenerated, ...")
	}
	return nil
}

// Drops reports whether rows may be left out.
func (p *Program) Drops() bool { return p.run.Drops }

// Covers reports whether the program was compiled for all these columns.
func (p *Program) Covers(cols []schema.Column) bool {
	return !slices.ContainsFunc(cols, func(c schema.Column) bool { return !kept(c.Name) && !p.known[c.Name] && !p.passed[c.Name] })
}

// Apply returns what is to be stored of the rows, and how many of them are dropped. Columns that the table did not have when the
// program was compiled pass unchanged.
func (p *Program) Apply(rows store.Rows) (store.Rows, int64, error) {
	n := rows.Batch.N
	place := make(map[string]int, len(rows.Cols))
	for i, c := range rows.Cols {
		place[c.Name] = i
	}
	in := &column.Batch{N: n, Cols: make([]*column.Vector, len(p.run.Columns))}
	for i, c := range p.run.Columns {
		if at, ok := place[c.Name]; ok && rows.Batch.Cols[at].Type == c.Type {
			in.Cols[i] = rows.Batch.Cols[at]
		} else {
			in.Cols[i] = nulls(c.Type, n)
		}
	}
	res, from, err := p.run.Apply(context.Background(), in)
	if err != nil {
		return rows, 0, err
	}
	out := store.Rows{Table: rows.Table, Batch: &column.Batch{N: res.N}}
	all := res.N == n
	index := make([]int, len(from))
	for i, k := range from {
		index[i] = int(k)
	}
	add := func(c schema.Column, v *column.Vector) {
		out.Cols = append(out.Cols, c)
		out.Batch.Cols = append(out.Batch.Cols, v)
	}
	for i, c := range rows.Cols {
		if kept(c.Name) || !p.known[c.Name] {
			v := rows.Batch.Cols[i]
			if !all {
				v = v.Gather(index)
			}
			add(c, v)
		}
	}
	for i, c := range p.give {
		switch {
		case c.Name == "" || p.run.Passes[i] == c.Name && missing(place, c.Name):
		case c.Name == store.TimeColumn:
			add(c, timed(res.Cols[i], rows.Batch.Cols[place[store.TimeColumn]], index))
		default:
			add(c, res.Cols[i])
		}
	}
	return out, int64(n - res.N), nil
}

func missing(place map[string]int, name string) bool {
	_, ok := place[name]
	return !ok
}

// timed returns the times, and the row's own where there is none.
func timed(now, before *column.Vector, from []int) *column.Vector {
	for i := range from {
		if now.Null(i) {
			v := column.New(schema.Datetime, len(from))
			for k, at := range from {
				if now.Null(k) {
					v.AppendInt(before.Ints[at])
				} else {
					v.AppendInt(now.Ints[k])
				}
			}
			return v
		}
	}
	return now
}

func nulls(t schema.Type, n int) *column.Vector {
	v := column.New(t, n)
	for range n {
		v.AppendNull()
	}
	return v
}
