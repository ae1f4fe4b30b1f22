package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// axis is what make-series counts along: its value in a row, its bounds and its step, all of one kind.
type axis struct {
	value, from, to, step plan.Expr
	t, stepType           schema.Type
}

// makeSeries: the keys, then the aggregates as arrays, then the axis as an array. It is a summarize by the keys and the
// step of the axis, whose rows are then laid out.
func (b *binder) makeSeries(c ctx, r *rel, op *syntax.MakeSeriesOp) *rel {
	o := b.outputs()
	agg := &aggregation{input: r, keys: map[int]bool{}}
	for _, x := range op.By {
		o.addNew(b.itemsOf(c.withRow(r), x))
	}
	nkeys := len(o.cols)
	var defaults []plan.Expr
	for _, a := range op.Aggs {
		o.addNew(b.itemsOf(ctx{sc: c.sc, aggs: agg, sub: c.sub}, a.X))
		var d plan.Expr
		if a.Default != nil {
			d = b.scalar(c.constant(), a.Default)
		}
		for len(defaults) < len(o.cols)-nkeys {
			defaults = append(defaults, d)
		}
	}
	along := b.itemsOf(c.withRow(r), op.On)[:1]
	ax := b.axis(c, op, along[0].expr)
	o.addNew(along)
	n := &plan.MakeSeries{From: ax.from, To: ax.to, Step: ax.step, Inclusive: op.InRange}
	if k := op.Option("kind"); k != nil {
		if n.NonEmpty = optionText(k) == "nonempty"; !n.NonEmpty {
			b.errorf(k, "KS_kind", "'%s' is not a kind of make-series: nonempty.", optionText(k))
		}
	}
	last := len(o.cols) - 1
	b.seriesInput(n, r, agg, o.items[:last], nkeys, defaults, ax)
	cols := o.cols[:nkeys:nkeys]
	for i, v := range n.Values {
		n.Values[i].Out = plan.Col{ID: b.newID(), Name: v.Col.Name, Type: schema.Dynamic}
		cols = append(cols, bound{Col: n.Values[i].Out})
	}
	n.Axis = plan.Col{ID: b.newID(), Name: o.cols[last].Name, Type: schema.Dynamic}
	return &rel{node: b.node(n), cols: append(cols, bound{Col: n.Axis})}
}

// axis binds the bounds and gives them the type of the axis; a real among whole numbers makes all real.
func (b *binder) axis(c ctx, op *syntax.MakeSeriesOp, value plan.Expr) axis {
	ax := axis{value: value, t: value.Type()}
	if t := ax.t; t != schema.Unknown && !t.Numeric() && t != schema.Datetime && t != schema.Timespan {
		b.errorf(op.On, "KS138", "The axis of make-series must be a number, timespan or datetime, not %s.", t)
	}
	for _, p := range []struct {
		x   syntax.Expr
		out *plan.Expr
	}{{op.From, &ax.from}, {op.To, &ax.to}, {op.Step, &ax.step}} {
		if p.x != nil {
			*p.out = b.scalar(c.constant(), p.x)
			if u := (*p.out).Type(); u.Numeric() && ax.t.Numeric() {
				ax.t = widest(ax.t, u)
			}
		}
	}
	switch ax.stepType = ax.t; ax.t {
	case schema.Datetime:
		ax.stepType = schema.Timespan
	case schema.Int:
		ax.t, ax.stepType = schema.Long, schema.Long
	case schema.Decimal:
		ax.t, ax.stepType = schema.Real, schema.Real
	}
	ax.value = convert(ax.value, ax.t)
	if ax.from != nil {
		ax.from = convert(ax.from, ax.t)
	}
	if ax.to != nil {
		ax.to = convert(ax.to, ax.t)
	}
	if ax.step == nil {
		ax.step = &plan.Lit{T: ax.stepType}
	}
	ax.step = convert(ax.step, ax.stepType)
	return ax
}

// seriesInput writes the summarize below n: only rows between the bounds, by the keys and the step they fall into.
func (b *binder) seriesInput(n *plan.MakeSeries, r *rel, agg *aggregation, items []plan.Item, nkeys int, defaults []plan.Expr, ax axis) {
	call := func(fn string, t schema.Type, args ...plan.Expr) plan.Expr {
		return &plan.Call{Func: fn, Args: args, T: t}
	}
	pred := call("isnotnull", schema.Bool, ax.value)
	bin := call("bin", ax.t, ax.value, ax.step)
	if n.Inclusive {
		n.From = call("bin", ax.t, ax.from, ax.step)
		pred = call("and", schema.Bool, pred, call(">=", schema.Bool, bin, n.From))
		pred = call("and", schema.Bool, pred, call("<=", schema.Bool, bin, ax.to))
	} else {
		if ax.from != nil {
			bin = call("bin_at", ax.t, ax.value, ax.step, ax.from)
			pred = call("and", schema.Bool, pred, call(">=", schema.Bool, ax.value, ax.from))
		}
		if ax.to != nil {
			pred = call("and", schema.Bool, pred, call("<", schema.Bool, ax.value, ax.to))
		}
	}
	n.Bin = plan.Col{ID: b.newID(), Name: "", Type: ax.t}
	keys := append(append([]plan.Item(nil), items[:nkeys]...), plan.Item{Out: n.Bin, Expr: bin})
	sum := b.node(&plan.Aggregate{Input: b.node(&plan.Filter{Input: r.node, Pred: pred}), Keys: keys, Aggs: agg.aggs})
	p := &plan.Project{Input: sum}
	for _, k := range keys {
		p.Items = append(p.Items, plan.Item{Out: k.Out, Expr: &plan.Ref{ID: k.Out.ID, T: k.Out.Type}})
	}
	for _, k := range items[:nkeys] {
		n.Keys = append(n.Keys, k.Out)
	}
	for i, it := range items[nkeys:] {
		t, d := it.Out.Type, defaults[i]
		switch {
		case d == nil && t.Numeric():
			d = convert(&plan.Lit{T: schema.Long, Value: int64(0)}, t)
		case d == nil:
		case t.Numeric() && d.Type().Numeric():
			t = widest(t, d.Type())
			d = convert(d, t)
		default:
			d = convert(d, t)
		}
		col := plan.Col{ID: b.newID(), Name: it.Out.Name, Type: t}
		p.Items = append(p.Items, plan.Item{Out: col, Expr: convert(it.Expr, t)})
		n.Values = append(n.Values, plan.SeriesValue{Col: col, Default: d})
	}
	n.Input = b.node(p)
}
