package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// finder is a find at work: its tables, and the columns that come out of it.
type finder struct {
	legs   []leg
	source string
	cols   []findColumn
	pack   string // name of the bag of the other columns; "" for none
}

// findColumn is a column of the result, of the type that the user or the tables give it.
type findColumn struct {
	name string
	typ  schema.Type
}

// Hidden columns that carry a leg's name and the bag of its other columns through the union.
const (
	findSource = "$source"
	findPack   = "$pack"
)

// find: source_, then the columns the condition names or the project clause lists, then the rest as a bag. It is a union of
// the tables, filtered and projected.
func (b *binder) find(c ctx, op *syntax.FindOp) *rel {
	f := &finder{source: "source_"}
	for _, x := range op.In {
		f.legs = append(f.legs, b.legs(c, x, false, "find_arg"+itoa(len(f.legs)))...)
	}
	if op.In == nil {
		for _, t := range b.storedTables(c.sc) {
			f.legs = append(f.legs, leg{b.scan(t), t.Name})
		}
	}
	for _, k := range []string{"withsource", "with_source"} {
		if x := op.Option(k); x != nil {
			f.source = optionText(x)
		}
	}
	if op.HasProject {
		b.findProject(f, op)
	} else {
		f.smart(op)
	}
	for i := range f.legs {
		f.legs[i].r = b.findLeg(f, f.legs[i])
	}
	f.legs = b.termLegs(f.legs, op.Pred, false)
	all := b.unite(f.legs, "", false, true)
	pred := b.searchPred(c.withRow(all), op.Pred, false)
	node := b.node(&plan.Filter{Input: all.node, Pred: pred})
	o := b.outputs()
	add := func(name string, e plan.Expr) { o.add(name, e, b.newID()) }
	carried := func(name string) plan.Expr {
		col, ok := all.find(name)
		if !ok {
			return &plan.Lit{T: schema.Dynamic}
		}
		return &plan.Ref{ID: col.ID, T: col.Type}
	}
	add(f.source, convert(carried(findSource), schema.String))
	for _, col := range f.cols {
		add(col.name, f.value(all, col))
		o.cols[len(o.cols)-1].Type, o.items[len(o.items)-1].Out.Type = col.typ, col.typ
	}
	if f.pack != "" {
		add(f.pack, carried(findPack))
	}
	return o.project(all.with(node))
}

// findLeg adds the table's name and the bag of what is not a column of the result.
func (b *binder) findLeg(f *finder, lg leg) *rel {
	out := &plan.Project{Input: lg.r.node}
	r := &rel{open: lg.r.open}
	add := func(col bound, e plan.Expr) {
		out.Items = append(out.Items, plan.Item{Out: col.Col, Expr: e})
		r.cols = append(r.cols, col)
	}
	for _, col := range lg.r.cols {
		add(col, &plan.Ref{ID: col.ID, T: col.Type})
	}
	source := b.fresh(findSource, schema.String)
	source.hidden = true
	add(source, &plan.Lit{T: schema.String, Value: lg.name})
	if f.pack != "" {
		bag := &plan.Call{Func: "bag_pack_nonempty", T: schema.Dynamic}
		for _, col := range lg.r.visible() {
			if !f.has(col.Name) {
				bag.Args = append(bag.Args, &plan.Lit{T: schema.String, Value: col.Name}, &plan.Ref{ID: col.ID, T: col.Type})
			}
		}
		pack := b.fresh(findPack, schema.Dynamic)
		pack.hidden = true
		add(pack, bag)
	}
	r.node = b.node(out)
	return r
}

func (f *finder) has(name string) bool {
	for _, c := range f.cols {
		if c.name == name {
			return true
		}
	}
	return false
}

// value reads a column of the result from the union, where a name with several types stands under several names.
func (f *finder) value(all *rel, want findColumn) plan.Expr {
	var variants []plan.Expr
	seen := map[schema.Type]bool{}
	for _, lg := range f.legs {
		col, ok := lg.r.find(want.name)
		if !ok || seen[col.Type] {
			continue
		}
		seen[col.Type] = true
		name := want.name
		if u, ok := all.find(name); !ok || u.Type != col.Type || u.hidden && !col.hidden {
			name += "_" + col.Type.String()
		}
		if u, ok := all.find(name); ok {
			variants = append(variants, &plan.Ref{ID: u.ID, T: u.Type})
		}
	}
	var out plan.Expr = nullOf(want.typ)
	for i := len(variants) - 1; i >= 0; i-- {
		v := convert(variants[i], want.typ)
		if i == len(variants)-1 {
			out = v
			continue
		}
		some := &plan.Call{Func: "isnotempty", Args: []plan.Expr{variants[i]}, T: schema.Bool}
		out = &plan.Call{Func: "iff", Args: []plan.Expr{some, v, out}, T: want.typ}
	}
	return out
}

// findProject takes the columns of the project clause.
func (b *binder) findProject(f *finder, op *syntax.FindOp) {
	for _, x := range op.Project {
		switch x := x.(type) {
		case *syntax.Name:
			if t, ok := f.typeOf(x.Text); ok {
				f.cols = append(f.cols, findColumn{x.Text, t})
				continue
			}
			known := &rel{}
			for _, lg := range f.legs {
				known.cols = append(known.cols, lg.r.cols...)
				known.open = known.open || lg.r.open
			}
			if !known.open {
				b.unknownName(ctx{row: known}, x)
			}
		case *syntax.Typed:
			t, _ := schema.ParseType(x.Type)
			f.cols = append(f.cols, findColumn{x.Name.Text, t})
		case *syntax.Call:
			f.pack = "pack_"
		}
	}
}

// smart takes the columns that all tables have, then those the condition names, and packs the rest.
func (f *finder) smart(op *syntax.FindOp) {
	if len(f.legs) == 1 {
		for _, col := range f.legs[0].r.visible() {
			f.cols = append(f.cols, findColumn{col.Name, col.Type})
		}
		return
	}
	count, named, done := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, lg := range f.legs {
		for _, col := range lg.r.visible() {
			count[col.Name]++
		}
	}
	namesIn(op.Pred, named)
	var others []findColumn
	for _, lg := range f.legs {
		for _, col := range lg.r.visible() {
			if done[col.Name] {
				continue
			}
			done[col.Name] = true
			t, _ := f.typeOf(col.Name)
			switch {
			case count[col.Name] == len(f.legs):
				f.cols = append(f.cols, findColumn{col.Name, t})
			case named[col.Name]:
				others = append(others, findColumn{col.Name, t})
			default:
				f.pack = "pack_"
			}
		}
	}
	f.cols = append(f.cols, others...)
}

// typeOf is the type of a column of the tables: dynamic where they give it several.
func (f *finder) typeOf(name string) (schema.Type, bool) {
	t, found := schema.Unknown, false
	for _, lg := range f.legs {
		if col, ok := lg.r.find(name); ok {
			if found && t != col.Type {
				return schema.Dynamic, true
			}
			t, found = col.Type, true
		}
	}
	return t, found
}

// namesIn collects the names in a condition.
func namesIn(x syntax.Expr, names map[string]bool) {
	switch x := x.(type) {
	case *syntax.Name:
		names[x.Text] = true
	case *syntax.Paren:
		namesIn(x.X, names)
	case *syntax.Unary:
		namesIn(x.X, names)
	case *syntax.Binary:
		namesIn(x.L, names)
		namesIn(x.R, names)
	case *syntax.In:
		namesIn(x.X, names)
	case *syntax.Between:
		namesIn(x.X, names)
	case *syntax.Member:
		namesIn(x.X, names)
	case *syntax.Index:
		namesIn(x.X, names)
	case *syntax.Call:
		for _, a := range x.Args {
			namesIn(a, names)
		}
	}
}
