package store

import (
	"context"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// maxColumns is the number of stored columns a table widens to; what comes after goes into its AdditionalFields.
const maxColumns = 500

const overflowColumn = "AdditionalFields"

// prepare turns rows into block columns, and makes the table and columns that are missing. now stamps rows without a time.
func (c *catalogue) prepare(ctx context.Context, t manifest.TableID, r Rows, now int64) ([]stored, *fields, error) {
	in, err := incoming(t.Table, r, now)
	if err != nil {
		return nil, nil, err
	}
	f, ok := c.fields(t)
	if !ok {
		if f, err = c.add(ctx, t, shippedFields(t.Table)); err != nil {
			return nil, nil, err
		}
	}
	var missing []manifest.Field
	for i := range in {
		if in[i].id == 0 && !f.place(&in[i]) {
			missing = append(missing, manifest.Field{Name: in[i].name, KQLType: in[i].vec.Type.String(), Hidden: in[i].hidden})
		}
	}
	if len(missing) > 0 {
		if room := maxColumns - len(f.list); len(missing) > room {
			if in, err = f.overflow(in, missing[max(room, 0):], r.Batch.N); err != nil {
				return nil, nil, err
			}
			missing = missing[:max(room, 0)]
			if _, ok := f.byName[overflowColumn]; !ok {
				missing = append(missing, manifest.Field{Name: overflowColumn, KQLType: schema.Dynamic.String()})
			}
		}
		if f, err = c.add(ctx, t, missing); err != nil {
			return nil, nil, err
		}
	}
	out := make([]stored, 0, len(in)+1)
	for i := range in {
		if in[i].id == 0 && !f.place(&in[i]) {
			return nil, nil, fault.New(fault.Conflict, "column_race", "Column %s of table %s was added with another type at the same moment. Try again.", in[i].name, t.Table)
		}
		if slices.ContainsFunc(out, func(s stored) bool { return s.id == in[i].id }) {
			return nil, nil, fault.New(fault.Invalid, "column_twice", "Column %s of table %s is given twice.", in[i].name, t.Table)
		}
		out = append(out, stored{id: in[i].id, vec: in[i].vec})
	}
	ingested := column.Make(schema.Datetime, r.Batch.N)
	for i := range ingested.Ints {
		ingested.Ints[i] = now
	}
	return append(out, stored{id: FieldIngestedAt, vec: ingested}), f, nil
}

// arriving is a column of an Append on its way to a field.
type arriving struct {
	name   string
	vec    *column.Vector
	hidden bool
	id     int32
}

// incoming sorts out which columns are stored at all, and completes the time.
func incoming(table string, r Rows, now int64) ([]arriving, error) {
	var in []arriving
	var when *column.Vector
	src := false
	for i, c := range r.Cols {
		v := r.Batch.Cols[i]
		switch {
		case c.Name == SrcColumn:
			if c.Type != schema.String {
				return nil, fault.New(fault.Invalid, "rows_without_source", "Column %s of the batch for table %s is of type %s, not string.", SrcColumn, table, c.Type)
			}
			src = true
			in = append(in, arriving{name: c.Name, vec: v, id: FieldSrc})
		case c.Name == ItemIDColumn || c.Name == IngestedAtColumn:
			// Derived and stamped here; what a sender claims is not kept.
		case c.Name == TimeColumn && c.Type == schema.Datetime:
			when = v
		case shippedSource(table, c.Name) == TimeColumn && c.Type == schema.Datetime:
			if when == nil {
				when = v
			}
		default:
			name := c.Name
			if s := shippedSource(table, name); s != "" {
				if slices.ContainsFunc(r.Cols, func(o schema.Column) bool { return o.Name == s }) {
					continue // both were sent; they are one value
				}
				name = s
			}
			in = append(in, arriving{name: name, vec: v, hidden: c.Hidden})
		}
	}
	if !src {
		return nil, fault.New(fault.Invalid, "rows_without_source", "The rows for table %s have no column %s that says where they come from.", table, SrcColumn)
	}
	return append(in, arriving{name: TimeColumn, vec: stampMissing(when, r.Batch.N, now)}), nil
}

// stampMissing returns a time for every row: now where there is none.
func stampMissing(v *column.Vector, n int, now int64) *column.Vector {
	if v != nil && !slices.Contains(v.Nulls, true) {
		return &column.Vector{Type: schema.Datetime, Ints: v.Ints}
	}
	out := column.Make(schema.Datetime, n)
	for i := range out.Ints {
		if v != nil && !v.Nulls[i] {
			out.Ints[i] = v.Ints[i]
		} else {
			out.Ints[i] = now
		}
	}
	return out
}

// place finds the field of a column. When the name is taken by another type the column is renamed <name>_<type>; false
// means that there is no such field yet.
func (f *fields) place(a *arriving) bool {
	for {
		known, ok := f.byName[a.name]
		if !ok {
			return false
		}
		if known.typ == a.vec.Type || known.typ == schema.Long && a.vec.Type == schema.Int {
			a.id = known.id
			return true
		}
		a.name += "_" + a.vec.Type.String()
	}
}

// overflow moves the columns that no longer fit into AdditionalFields, next to what a row has there.
func (f *fields) overflow(in []arriving, extra []manifest.Field, n int) ([]arriving, error) {
	isExtra := func(a arriving) bool {
		return a.id == 0 && slices.ContainsFunc(extra, func(e manifest.Field) bool { return e.Name == a.name })
	}
	var moved, kept []arriving
	target := -1
	for _, a := range in {
		switch {
		case a.name == overflowColumn && a.vec.Type == schema.Dynamic:
			target = len(kept)
			kept = append(kept, a)
		case isExtra(a):
			moved = append(moved, a)
		default:
			kept = append(kept, a)
		}
	}
	if known, ok := f.byName[overflowColumn]; ok && known.typ != schema.Dynamic {
		return nil, fault.New(fault.TooLarge, "too_many_columns", "The table has %d columns, and its column %s is of type %s, so that further columns cannot be kept there.", len(f.list), overflowColumn, known.typ)
	}
	bags := column.New(schema.Dynamic, n)
	for i := range n {
		var have any
		if target >= 0 {
			have = kept[target].vec.Value(i)
		}
		bags.AppendAny(bagOf(have, moved, i))
	}
	if target >= 0 {
		kept[target].vec = bags
		return kept, nil
	}
	return append(kept, arriving{name: overflowColumn, vec: bags}), nil
}

// bagOf returns the property bag of row i: what was there, then the moved values that are not null or "".
func bagOf(have any, moved []arriving, i int) any {
	bag := &column.Object{}
	if old, ok := column.Resolve(have).(*column.Object); ok {
		bag.Keys, bag.Values = slices.Clone(old.Keys), slices.Clone(old.Values)
	} else if have != nil {
		bag.Set(overflowColumn, have)
	}
	n := len(bag.Keys)
	for _, m := range moved {
		v := m.vec.Value(i)
		if v == nil || v == "" {
			continue
		}
		switch m.vec.Type {
		case schema.Datetime:
			v = column.Datetime(v.(int64))
		case schema.Timespan:
			v = column.Timespan(v.(int64))
		}
		bag.Set(m.name, v)
	}
	if len(bag.Keys) == n {
		return have
	}
	return bag
}
