package exec

import (
	"slices"
	"strconv"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// shapePlugins turn rows into columns and back.
func shapePlugins() map[string]plugin {
	return map[string]plugin{
		"bag_unpack": {run: bagUnpack}, "pivot": {run: pivot}, "narrow": {run: narrow}, "schema_merge": {run: schemaMerge},
	}
}

// unpacked is a column that comes out of bags.
type unpacked struct {
	typ   schema.Type // Unknown before a value was seen, Dynamic where values differ
	cells []any
}

// bagUnpack makes a column of each key. The bag is argument 0; the input's last column is it, or is dropped with it.
// Constants: the prefix of the names, what to do with a name that is taken, and the keys to leave out.
func bagUnpack(c *pluginCall) (*column.Batch, error) {
	prefix, _ := c.consts[0].(string)
	conflict, _ := c.consts[1].(string)
	ignored := map[string]bool{}
	if list, ok := c.consts[2].([]any); ok {
		for _, k := range list {
			ignored[kernel.Text(k)] = true
		}
	}
	kept := c.n.Input.Cols()
	kept = kept[:len(kept)-1]
	taken := map[string]int{}
	for i, col := range kept {
		taken[col.Name] = i
	}
	bags, cols := c.arg(0), map[string]*unpacked{}
	for r := range c.in.N {
		if r%1024 == 0 && c.ctx.Err() != nil {
			return nil, c.ctx.Err()
		}
		bag, ok := kernel.Box(bags, r).(*column.Object)
		if !ok {
			continue
		}
		for i, k := range bag.Keys {
			if ignored[k] {
				continue
			}
			u := cols[prefix+k]
			if u == nil {
				u = &unpacked{cells: make([]any, c.in.N)}
				if err := c.x.mem.grow("bag_unpack", int64(16*c.in.N)); err != nil {
					return nil, err
				}
				cols[prefix+k] = u
			}
			u.see(r, column.Resolve(bag.Values[i]))
		}
	}
	names := make([]string, 0, len(cols))
	for name := range cols {
		if _, clash := taken[name]; clash {
			switch conflict {
			case "keep_source":
				continue
			case "replace_source":
				delete(taken, name)
			default:
				if c.n.Open {
					return nil, c.bad("bag_unpack makes a column '%s', which the table has already. Name a prefix, or say columnsConflict='replace_source' or 'keep_source'.", name)
				}
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if !c.n.Open {
		return c.declared(kept, cols), nil
	}
	out := &column.Batch{N: c.in.N}
	for i, col := range kept {
		if _, still := taken[col.Name]; still {
			out.Cols = append(out.Cols, c.in.Cols[i])
			c.names = append(c.names, col.Name)
		}
	}
	for _, name := range names {
		out.Cols = append(out.Cols, cols[name].vector(schema.Unknown))
		c.names = append(c.names, name)
	}
	return out, nil
}

// see takes the value of a row.
func (u *unpacked) see(r int, v any) {
	u.cells[r] = v
	if v == nil {
		return
	}
	t := schema.Dynamic
	switch v.(type) {
	case bool:
		t = schema.Bool
	case int64:
		t = schema.Long
	case float64:
		t = schema.Real
	case string:
		t = schema.String
	case column.Datetime:
		t = schema.Datetime
	case column.Timespan:
		t = schema.Timespan
	case uuid.UUID:
		t = schema.Guid
	case *apd.Decimal:
		t = schema.Decimal
	}
	if u.typ != schema.Unknown && u.typ != t {
		t = schema.Dynamic
	}
	u.typ = t
}

// vector is the column, of the type or of the one its values have.
func (u *unpacked) vector(t schema.Type) *column.Vector {
	if t == schema.Unknown {
		t = u.typ
	}
	if t == schema.Unknown {
		t = schema.Dynamic
	}
	v := column.New(t, len(u.cells))
	for _, x := range u.cells {
		v.Append(kernel.Unbox(x, t))
	}
	return v
}

// declared picks the columns that the query names, from the bags first, then from the table.
func (c *pluginCall) declared(kept []plan.Col, cols map[string]*unpacked) *column.Batch {
	out := &column.Batch{N: c.in.N}
	at := places(kept)
	byName := map[string]int{}
	for i, col := range kept {
		byName[col.Name] = i
	}
	for _, col := range c.n.Out {
		i, same := at[col.ID]
		u, inBag := cols[col.Name]
		j, inTable := byName[col.Name]
		switch {
		case same:
			out.Cols = append(out.Cols, c.in.Cols[i])
		case inBag:
			out.Cols = append(out.Cols, u.vector(col.Type))
		case inTable:
			out.Cols = append(out.Cols, kernel.Convert(c.in.Cols[j], col.Type))
		default:
			v := column.New(col.Type, c.in.N)
			for range c.in.N {
				v.AppendNull()
			}
			out.Cols = append(out.Cols, v)
		}
	}
	return out
}

// pivot spreads the values of one column over columns. The input has the keys, the value that names the column, and the
// cell. Constant 0 is the cell of a key that lacks the value.
func pivot(c *pluginCall) (*column.Batch, error) {
	cols := c.n.Input.Cols()
	nkeys := len(cols) - 2
	g := newGroups(typesOf(cols[:nkeys]))
	rows := g.assign(&column.Batch{N: c.in.N, Cols: c.in.Cols[:nkeys]})
	if nkeys == 0 && c.in.N > 0 {
		g.keys.N = 1
	}
	names := kernel.Convert(c.in.Cols[nkeys], schema.String)
	cell := c.in.Cols[nkeys+1]
	wide := map[string][]int{} // row of the input + 1 for each key
	for r, k := range rows {
		name := names.Strings[r]
		if wide[name] == nil {
			if err := c.x.mem.grow("pivot", int64(24*g.keys.N)); err != nil {
				return nil, err
			}
			wide[name] = make([]int, g.keys.N)
		}
		wide[name][k] = r + 1
	}
	out := &column.Batch{N: g.keys.N, Cols: g.keys.Cols}
	spread := func(at []int) *column.Vector {
		v := column.New(cell.Type, g.keys.N)
		for k := range g.keys.N {
			if at == nil || at[k] == 0 {
				v.Append(kernel.Unbox(c.consts[0], cell.Type))
			} else {
				v.Append(cell.Value(at[k] - 1))
			}
		}
		return v
	}
	if !c.n.Open {
		byName := map[string]int{}
		for i, col := range cols[:nkeys] {
			byName[col.Name] = i
		}
		all := &column.Batch{N: g.keys.N}
		for _, col := range c.n.Out {
			v := spread(wide[col.Name])
			if i, ok := byName[col.Name]; ok {
				v = out.Cols[i]
			}
			all.Cols = append(all.Cols, kernel.Convert(v, col.Type))
		}
		return all, nil
	}
	for _, col := range cols[:nkeys] {
		c.names = append(c.names, col.Name)
	}
	list := make([]string, 0, len(wide))
	for name := range wide {
		list = append(list, name)
	}
	slices.Sort(list)
	for _, name := range list {
		out.Cols = append(out.Cols, spread(wide[name]))
		if name == "" {
			name = "Column" + strconv.Itoa(len(out.Cols))
		}
		for slices.Contains(c.names, name) {
			name += "1"
		}
		c.names = append(c.names, name)
	}
	return out, nil
}

// narrow writes every cell as a row of its own.
func narrow(c *pluginCall) (*column.Batch, error) {
	out := column.NewBatch(0, schema.Long, schema.String, schema.String)
	texts := make([]*column.Vector, len(c.in.Cols))
	for k, v := range c.in.Cols {
		texts[k] = kernel.Convert(v, schema.String)
	}
	for r := range c.in.N {
		if r%1024 == 0 && c.ctx.Err() != nil {
			return nil, c.ctx.Err()
		}
		for k, col := range c.n.Input.Cols() {
			out.Cols[0].AppendInt(int64(r))
			out.Cols[1].AppendString(col.Name)
			out.Cols[2].AppendString(texts[k].Strings[r])
			out.N++
		}
	}
	return out, nil
}

// schemaMerge unites the columns that getschema lists: name, place, .NET type, type.
func schemaMerge(c *pluginCall) (*column.Batch, error) {
	type entry struct {
		name, net, typ string
		first, last    int64
	}
	var list []*entry
	byName := map[string]*entry{}
	name, net, typ := kernel.Convert(c.arg(0), schema.String), kernel.Convert(c.arg(2), schema.String), kernel.Convert(c.arg(3), schema.String)
	place := kernel.Convert(c.arg(1), schema.Long)
	const mixed = "ERROR(columns are of several types)"
	for r := range c.in.N {
		e := byName[name.Strings[r]]
		if e == nil {
			e = &entry{name.Strings[r], net.Strings[r], typ.Strings[r], place.Ints[r], place.Ints[r]}
			byName[e.name] = e
			list = append(list, e)
		}
		if e.typ != typ.Strings[r] {
			e.typ, e.net = mixed, "ERROR(unknown CSL type:"+mixed+")"
		}
		e.first, e.last = min(e.first, place.Ints[r]), max(e.last, place.Ints[r])
	}
	slices.SortStableFunc(list, func(a, b *entry) int { return int(a.last - b.last) })
	t := c.table(&column.Batch{})
	for i, e := range list {
		at := int64(i)
		if c.n.Flags["ordered"] && e.first != e.last {
			const wrong = "ERROR(columns are out of order)"
			at, e.net, e.typ = -1, "ERROR(unknown CSL type:"+wrong+")", wrong
		}
		t.add(0, e.name, at, e.net, e.typ)
	}
	return t.out, nil
}
