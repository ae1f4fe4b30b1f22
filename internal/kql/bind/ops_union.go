package bind

import (
	"slices"
	"sort"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// leg is a table of a union with the name that withsource gives it.
type leg struct {
	r    *rel
	name string
}

func (b *binder) union(c ctx, r *rel, op *syntax.UnionOp) *rel {
	var legs []leg
	if r != nil {
		name := "union_arg0"
		if c.as != "" {
			name = c.as
		}
		legs = append(legs, leg{r, name})
	}
	fuzzy := optionText(op.Option("isfuzzy")) == "true"
	for _, x := range op.Tables {
		legs = append(legs, b.legs(c, x, fuzzy, "union_arg"+itoa(len(legs)))...)
	}
	source := op.Option("withsource")
	if source == nil {
		source = op.Option("with_source")
	}
	inner := optionText(op.Option("kind")) == "inner"
	if k := optionText(op.Option("kind")); k != "" && k != "inner" && k != "outer" {
		b.errorf(op.Option("kind"), "KS_kind", "'%s' is not a kind of union: inner or outer.", k)
	}
	out := b.unite(legs, optionText(source), inner, slices.ContainsFunc(op.Tables, everything))
	out.open = out.open || len(legs) == 0 // none of the tables is there: nobody can say which columns there are
	return out
}

// everything reports whether an operand is "*", all tables.
func everything(x syntax.Expr) bool {
	n, ok := x.(*syntax.Name)
	return ok && n.Wild && n.Text == "*"
}

// legs binds one operand of union, search or find: a pattern means several tables.
func (b *binder) legs(c ctx, x syntax.Expr, fuzzy bool, name string) []leg {
	if n, ok := x.(*syntax.Name); ok {
		if n.Wild {
			return b.wildLegs(c, n, fuzzy)
		}
		r := b.tableName(ctx{sc: c.sc}, n, fuzzy)
		if r == nil {
			b.warnf(n, "KS205", "The fuzzy name '%s' does not refer to any known table; it is left out.", n.Text)
			b.note("union leaves out '%s': there is no such table", n.Text)
			return nil
		}
		return []leg{{r, n.Text}}
	}
	if fuzzy {
		if n := sourceName(x); n != nil {
			if _, ok := c.sc.find(n.Text); !ok {
				if _, ok := b.storedTable(c.sc, n.Text); !ok {
					b.warnf(n, "KS205", "The fuzzy name '%s' does not refer to any known table; it is left out.", n.Text)
					b.note("union leaves out '%s': there is no such table", n.Text)
					return nil
				}
			}
		}
	}
	if as := lastAs(x); as != "" {
		name = as
	} else if n := sourceName(x); n != nil {
		name = n.Text
	}
	return []leg{{b.table(ctx{sc: c.sc}, x), name}}
}

// lastAs is the name that a query in parentheses gives its result at its end.
func lastAs(x syntax.Expr) string {
	if p, ok := unparen(x).(*syntax.Pipe); ok {
		if as, ok := p.Op.(*syntax.AsOp); ok {
			return as.Name.Text
		}
	}
	return ""
}

// sourceName is the table a query in parentheses begins with.
func sourceName(x syntax.Expr) *syntax.Name {
	for {
		switch y := x.(type) {
		case *syntax.Paren:
			x = y.X
		case *syntax.Pipe:
			if y.Input == nil {
				return nil
			}
			x = y.Input
		case *syntax.Name:
			return y
		default:
			return nil
		}
	}
}

// wildLegs are the stored tables and views whose name a pattern matches.
func (b *binder) wildLegs(c ctx, n *syntax.Name, fuzzy bool) []leg {
	var out []leg
	for s := c.sc; s != nil; s = s.parent {
		var names []string
		for k, v := range s.vars {
			if v.view && wildMatch(n.Text, k) {
				names = append(names, k)
			}
		}
		sort.Strings(names)
		for _, k := range names {
			if v := b.use(ctx{sc: c.sc}, n, s.vars[k]); v.rel != nil {
				out = append(out, leg{v.rel, k})
			}
		}
	}
	for _, t := range b.storedTables(c.sc) {
		if wildMatch(n.Text, t.Name) {
			out = append(out, leg{b.scan(t), t.Name})
		}
	}
	switch {
	case len(out) > 0:
	case fuzzy:
		b.warnf(n, "KS205", "The fuzzy name '%s' does not refer to any known table; it is left out.", n.Text)
		b.note("union leaves out '%s': there is no such table", n.Text)
	default:
		b.errorf(n, "KS142", "The name '%s' does not refer to any known table.", n.Text)
	}
	return out
}

// unite lines the legs up under one list of columns: by name and type, a name with several types under several names.
// Over all tables, where nobody can know such a conflict, the plain name still means something: see plainNames.
func (b *binder) unite(legs []leg, source string, inner, all bool) *rel {
	type key struct {
		name string
		typ  schema.Type
	}
	u := &plan.Union{}
	out := &rel{}
	var order []key
	hidden := map[key]bool{}
	types := map[string][]schema.Type{}
	count := map[string]int{}
	for _, lg := range legs {
		out.open = out.open || lg.r.open
		for _, c := range lg.r.cols {
			k := key{c.Name, c.Type}
			if h, seen := hidden[k]; !seen {
				hidden[k] = c.hidden
				order = append(order, k)
				types[c.Name] = append(types[c.Name], c.Type)
			} else if h && !c.hidden {
				hidden[k] = false
			}
		}
		if inner {
			for name := range lg.r.names() {
				count[name]++
			}
		}
	}
	first := map[string]int{}
	for i, k := range order {
		if _, ok := first[k.name]; !ok {
			first[k.name] = i
		}
	}
	slices.SortStableFunc(order, func(a, z key) int { return first[a.name] - first[z.name] })
	o := b.outputs()
	if source != "" {
		col := plan.Col{ID: b.newID(), Name: o.unique(source), Type: schema.String}
		out.cols = append(out.cols, bound{Col: col})
	}
	// A name that all tables give one type is a column's before a name made up for a conflict is.
	single := map[key]string{}
	for _, k := range order {
		if len(types[k.name]) == 1 && k.name != source && !(inner && count[k.name] < len(legs)) {
			single[k] = o.unique(k.name)
		}
	}
	slot := map[key]int{}
	for _, k := range order {
		if inner && count[k.name] < len(legs) {
			continue
		}
		name := k.name
		if len(types[k.name]) > 1 {
			name += "_" + k.typ.String()
		}
		if n, ok := single[k]; ok {
			name = n
		} else if source == "" || name != source {
			name = o.unique(name)
		}
		slot[k] = len(out.cols)
		out.cols = append(out.cols, bound{Col: plan.Col{ID: b.newID(), Name: name, Type: k.typ}, hidden: hidden[k]})
	}
	plain := map[string]int{}
	if all {
		out.cols = b.plainNames(out.cols, types, plain)
	}
	for _, c := range out.cols {
		u.Out = append(u.Out, c.Col)
	}
	place := func(c bound) (int, bool) { i, ok := slot[key{c.Name, c.Type}]; return i, ok }
	if len(legs)*len(out.cols) > maxDense {
		out.node = b.wide(legs, u.Out, source != "", place, plain)
		return out
	}
	var nulls [schema.Dynamic + 1]plan.Expr
	for _, c := range u.Out {
		if nulls[c.Type] == nil {
			nulls[c.Type] = nullOf(c.Type)
		}
	}
	for _, lg := range legs {
		p := &plan.Project{Input: lg.r.node, Items: make([]plan.Item, len(u.Out))}
		for i, c := range u.Out {
			p.Items[i] = plan.Item{Out: plan.Col{ID: b.newID(), Name: c.Name, Type: c.Type}, Expr: nulls[c.Type]}
		}
		if source != "" {
			p.Items[0].Expr = &plan.Lit{T: schema.String, Value: lg.name}
		}
		for _, c := range lg.r.cols {
			if i, ok := plain[c.Name]; ok {
				p.Items[i].Expr = convert(&plan.Ref{ID: c.ID, T: c.Type}, u.Out[i].Type)
			}
			if i, ok := slot[key{c.Name, c.Type}]; ok {
				p.Items[i].Expr = &plan.Ref{ID: c.ID, T: c.Type}
				if v, ok := lg.r.find(c.Name); ok && v.ID != c.ID && v.Type == c.Type {
					p.Items[i].Expr = &plan.Ref{ID: v.ID, T: v.Type}
				}
			}
		}
		u.Legs = append(u.Legs, b.node(p))
	}
	out.node = b.node(u)
	return out
}

// maxDense is the number of cells up to which a union is written out at once.
const maxDense = 20_000

// wide is the union of many tables: each leg lists what it has.
func (b *binder) wide(legs []leg, cols []plan.Col, sourced bool, place func(bound) (int, bool), plain map[string]int) plan.Node {
	w := &plan.WideUnion{Out: cols, Base: b.ids + 1}
	b.ids += len(legs) * len(cols)
	at := make([]int, len(cols)) // behind a place's item in the leg that had it last
	for _, lg := range legs {
		items, refs := make([]plan.WideItem, 0, len(lg.r.cols)+1), make([]plan.Ref, 0, len(lg.r.cols))
		set := func(i int, e plan.Expr) {
			if k := at[i] - 1; k >= 0 && k < len(items) && items[k].Place == i { // the last one for a place counts
				items[k].Expr = e
				return
			}
			items = append(items, plan.WideItem{Place: i, Expr: e})
			at[i] = len(items)
		}
		if sourced {
			set(0, &plan.Lit{T: schema.String, Value: lg.name})
		}
		for _, c := range lg.r.cols {
			if i, ok := plain[c.Name]; ok {
				set(i, convert(&plan.Ref{ID: c.ID, T: c.Type}, cols[i].Type))
			}
			if i, ok := place(c); ok {
				col := c.Col
				if v, ok := lg.r.find(c.Name); ok && v.Type == c.Type {
					col = v.Col
				}
				refs = append(refs, plan.Ref{ID: col.ID, T: col.Type})
				set(i, &refs[len(refs)-1])
			}
		}
		w.Legs, w.Items = append(w.Legs, lg.r.node), append(w.Items, items)
	}
	return b.node(w)
}

// plainNames adds a hidden column under the plain name of each column that the tables have with several types: of the
// type most tables give it, the others converted.
func (b *binder) plainNames(cols []bound, types map[string][]schema.Type, slot map[string]int) []bound {
	names := make([]string, 0, len(types))
	for name, ts := range types {
		if len(ts) > 1 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		t := types[name][0]
		for _, u := range types[name] {
			if t == schema.Dynamic {
				t = u
			}
		}
		slot[name] = len(cols)
		cols = append(cols, bound{Col: plan.Col{ID: b.newID(), Name: name, Type: t}, hidden: true})
	}
	return cols
}
