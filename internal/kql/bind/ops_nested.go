package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// topNested: two columns a level. Each level is a summarize over the rows of a group, of which the best values stay.
func (b *binder) topNested(c ctx, r *rel, op *syntax.TopNestedOp) *rel {
	o := b.outputs()
	n := &plan.TopNested{Input: r.node}
	for _, l := range op.Levels {
		n.Levels = append(n.Levels, b.nestedLevel(c, r, l, o))
	}
	if r.open {
		return b.unsupported(op, "top-nested over columns that are not known before the query runs", o.cols, false, r)
	}
	return &rel{node: b.node(n), cols: o.cols}
}

func (b *binder) nestedLevel(c ctx, r *rel, l syntax.TopLevel, o *outputs) plan.NestedLevel {
	of := b.itemsOf(c.withRow(r), l.Of)[:1]
	if of[0].expr.Type() == schema.Dynamic {
		b.errorf(l.Of, "KS116", "The value of type 'dynamic' is not allowed in this context. Convert it with tostring() first.")
	}
	name := of[0].name
	first := len(o.cols)
	o.addNew(of)
	by, asc := l.By, false
	if ord, ok := by.(*syntax.Ordered); ok {
		by, asc = ord.X, ord.Dir == "asc"
	}
	agg := &aggregation{input: r, keys: map[int]bool{}}
	items := b.itemsOf(ctx{sc: c.sc, aggs: agg}, by)[:1]
	if _, named := by.(*syntax.Named); !named {
		items[0].name, items[0].fixed = "aggregated_"+name, false
	}
	o.addNew(items)
	if len(o.cols) < first+2 { // a name twice: reported
		return plan.NestedLevel{Rows: &plan.GroupRows{}, Key: of[0].expr, Top: &plan.Values{}}
	}
	value, sum := o.items[first], o.items[first+1]
	// The key gets an id of its own: it may be an input column as it stands, which sub-plans of other levels read too.
	value.Out.ID, sum.Out.ID = b.newID(), b.newID()
	o.cols[first].ID, o.cols[first+1].ID = value.Out.ID, sum.Out.ID
	out := plan.NestedLevel{Rows: &plan.GroupRows{Out: r.node.Cols()}, Key: value.Expr, Value: value.Out, Agg: sum.Out}
	pass := func(col plan.Col) plan.Item { return plan.Item{Out: col, Expr: &plan.Ref{ID: col.ID, T: col.Type}} }
	top := b.node(&plan.Aggregate{Input: out.Rows, Keys: []plan.Item{value}, Aggs: agg.aggs})
	top = b.node(&plan.Project{Input: top, Items: []plan.Item{pass(value.Out), sum}})
	top = b.node(&plan.Sort{Input: top, Keys: []plan.SortKey{{Expr: &plan.Ref{ID: sum.Out.ID, T: sum.Out.Type}, Desc: !asc, NullsFirst: asc}}})
	if l.N != nil {
		top = b.node(&plan.Limit{Input: top, N: b.count(c.constant(), l.N)})
	}
	out.Top = top
	if l.Others != nil {
		out.Other = convert(b.scalar(c.constant(), l.Others), value.Out.Type)
		out.Rest = b.node(&plan.Project{Input: b.node(&plan.Aggregate{Input: out.Rows, Aggs: agg.aggs}), Items: []plan.Item{sum}})
	}
	return out
}

// ofOp is sample-distinct, which takes some distinct values, and top-hitters, which takes the most frequent.
func (b *binder) ofOp(c ctx, r *rel, op *syntax.OfOp) *rel {
	n := b.count(c.constant(), op.N)
	o := b.outputs()
	of := b.itemsOf(c.withRow(r), op.Of)[:1]
	o.addNew(of)
	sum := &plan.Aggregate{Input: r.node, Keys: o.items[:1:1]}
	if op.Word != "top-hitters" {
		return &rel{node: b.node(&plan.Limit{Input: b.node(sum), N: n}), cols: o.cols}
	}
	name, t := "approximate_count_", schema.Long
	a := plan.Agg{Func: "count"}
	if op.By != nil {
		by := b.scalar(c.withRow(r), op.By)
		name, t = "approximate_sum_", by.Type()
		a = plan.Agg{Func: "sum", Args: []plan.Expr{by}}
	}
	weight := o.add(o.unique(name+of[0].name), &plan.Lit{T: t}, b.newID())
	a.Out = []plan.Col{weight.Col}
	sum.Aggs = []plan.Agg{a}
	best := b.node(&plan.Sort{Input: b.node(sum), Keys: []plan.SortKey{{Expr: &plan.Ref{ID: weight.ID, T: t}, Desc: true}}})
	return &rel{node: b.node(&plan.Limit{Input: best, N: n}), cols: o.cols}
}

// sample takes rows at random: each gets a random number, and the largest win.
func (b *binder) sample(r *rel, n plan.Expr) *rel {
	dice := plan.Col{ID: b.newID(), Name: "", Type: schema.Real}
	throw := &plan.Project{Input: r.node}
	back := &plan.Project{}
	for _, col := range r.node.Cols() {
		it := plan.Item{Out: col, Expr: &plan.Ref{ID: col.ID, T: col.Type}}
		throw.Items = append(throw.Items, it)
		back.Items = append(back.Items, it)
	}
	throw.Items = append(throw.Items, plan.Item{Out: dice, Expr: &plan.Call{Func: "rand", T: schema.Real}})
	sorted := b.node(&plan.Sort{Input: b.node(throw), Keys: []plan.SortKey{{Expr: &plan.Ref{ID: dice.ID, T: dice.Type}, Desc: true}}})
	back.Input = b.node(&plan.Limit{Input: sorted, N: n})
	return r.with(b.node(back))
}

// consume reads its input to the end and gives nothing.
func (b *binder) consume(r *rel) *rel {
	none := b.node(&plan.Filter{Input: r.node, Pred: &plan.Call{Func: "<", T: schema.Bool,
		Args: []plan.Expr{&plan.Call{Func: "rand", T: schema.Real}, &plan.Lit{T: schema.Real, Value: 0.0}}}})
	return &rel{node: b.node(&plan.Project{Input: none})}
}

// assertSchema lets the table through if it has exactly these columns.
func (b *binder) assertSchema(r *rel, op *syntax.SchemaOp) *rel {
	want, have := b.columnsOf(op.Columns), r.visible()
	same := len(want) == len(have)
	for i := 0; same && i < len(want); i++ {
		same = want[i].Name == have[i].Name && want[i].Type == have[i].Type
	}
	if !same && !r.open {
		text := ""
		for i, col := range have {
			if i > 0 {
				text += ", "
			}
			text += col.Name + ":" + col.Type.String()
		}
		b.errorf(op, "KS_assert_schema", "The table does not have the asserted columns; it has (%s).", text)
	}
	return r
}
