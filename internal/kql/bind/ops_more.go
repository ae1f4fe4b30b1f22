package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// groupRows is the input of a sub-query that runs for every group of rows.
func (b *binder) groupRows(cols []bound, open bool) (*rel, *plan.GroupRows) {
	g := &plan.GroupRows{}
	for _, c := range cols {
		g.Out = append(g.Out, c.Col)
	}
	return &rel{node: b.node(g), cols: cols, open: open}, g
}

// placeholder is the input of a sub-query that an operator feeds itself.
func (b *binder) placeholder(cols []bound, open bool) *rel {
	v := &plan.Values{}
	for _, c := range cols {
		v.Out = append(v.Out, c.Col)
	}
	return &rel{node: v, cols: cols, open: open}
}

// sub binds a sub-query over a table.
func (b *binder) sub(c ctx, x syntax.Expr, input *rel) *rel {
	v := b.value(ctx{sc: c.sc, sub: input}, x)
	if v.rel == nil {
		return b.nothing()
	}
	return v.rel
}

// mvApply: the outer columns that are not expanded, then what the sub-query gives. Inside it, the expanded columns are
// the table, and the outer ones can be named.
func (b *binder) mvApply(c ctx, r *rel, op *syntax.MvOp) *rel {
	n, _ := b.expand(c, r, op)
	expanded := map[string]bool{}
	in := &rel{open: r.open}
	for _, it := range n.Items {
		expanded[it.Out.Name] = true
		in.cols = append(in.cols, bound{Col: it.Out})
	}
	if n.Index != nil {
		in.cols = append(in.cols, bound{Col: *n.Index})
	}
	var outer []bound
	for _, col := range r.cols {
		if expanded[col.Name] {
			continue
		}
		outer = append(outer, col)
		in.cols = append(in.cols, bound{Col: col.Col, hidden: true})
	}
	rows, leaf := b.groupRows(in.cols, r.open)
	got := b.sub(c, op.Body, rows)
	o := b.outputs()
	var cols []bound
	for _, col := range outer {
		if !col.hidden {
			o.taken[col.Name] = true
		}
		cols = append(cols, col)
	}
	for _, col := range got.visible() {
		if isOuter(outer, col) {
			continue
		}
		col.Name = o.unique(col.Name)
		cols = append(cols, col)
	}
	if r.open || got.open {
		return b.unsupported(op, "mv-apply", cols, true, r)
	}
	n.Limit = 1<<31 - 1
	if op.Limit != nil {
		if l, ok := b.count(c.constant(), op.Limit).(*plan.Lit); ok && l.Value != nil {
			n.Limit, _ = l.Value.(int64)
		} else {
			b.notRunnable(op.Limit, "mv-apply with a computed limit")
		}
	}
	return &rel{node: b.applyRows(n, leaf, got.node, cols), cols: cols}
}

// applyRows numbers the rows, expands them, and runs the sub-plan once for every number.
func (b *binder) applyRows(n *plan.MvExpand, leaf *plan.GroupRows, sub plan.Node, cols []bound) plan.Node {
	number := plan.Col{ID: b.newID(), Name: "", Type: schema.Long}
	numbered := &plan.Project{Input: &plan.Serialize{Input: n.Input}}
	for _, col := range n.Input.Cols() {
		numbered.Items = append(numbered.Items, plan.Item{Out: col, Expr: &plan.Ref{ID: col.ID, T: col.Type}})
	}
	numbered.Items = append(numbered.Items, plan.Item{Out: number, Expr: &plan.Call{Func: "row_number", T: schema.Long}})
	n.Out = append([]plan.Col(nil), n.Input.Cols()...)
	for _, it := range n.Items {
		n.Out = append(n.Out, it.Out)
	}
	if n.Index != nil {
		n.Out = append(n.Out, *n.Index)
	}
	n.Out = append(n.Out, number)
	n.Input = b.node(numbered)
	leaf.Out = n.Out
	out := &plan.Apply{Input: b.node(n), By: []plan.Expr{&plan.Ref{ID: number.ID, T: schema.Long}}, Rows: leaf, Sub: sub}
	for _, col := range cols {
		out.Out = append(out.Out, col.Col)
	}
	return b.node(out)
}

func isOuter(outer []bound, c bound) bool {
	for _, o := range outer {
		if o.ID == c.ID && o.Name == c.Name {
			return true
		}
	}
	return false
}

func (b *binder) parseKv(c ctx, r *rel, op *syntax.ParseKvOp) *rel {
	b.typed(c.withRow(r), op.X, schema.String)
	out := &rel{cols: append([]bound(nil), r.cols...)}
	for _, col := range b.columnsOf(op.Columns) {
		replace(out, col.Col)
	}
	return b.unsupported(op, "parse-kv", out.cols, r.open, r)
}

// makeSeries: the keys, then the aggregates as arrays, then the axis as an array.
func (b *binder) makeSeries(c ctx, r *rel, op *syntax.MakeSeriesOp) *rel {
	o := b.outputs()
	agg := &aggregation{input: r, keys: map[int]bool{}}
	rc := c.withRow(r)
	for _, x := range op.By {
		o.addNew(b.itemsOf(rc, x))
	}
	nkeys := len(o.cols)
	for _, a := range op.Aggs {
		o.addNew(b.itemsOf(ctx{sc: c.sc, aggs: agg, sub: c.sub}, a.X))
		if a.Default != nil {
			b.scalar(rc, a.Default)
		}
	}
	axis := b.itemsOf(rc, op.On)
	if t := axis[0].expr.Type(); t != schema.Unknown && !t.Numeric() && t != schema.Datetime && t != schema.Timespan {
		b.errorf(op.On, "KS138", "The axis of make-series must be a number, timespan or datetime, not %s.", t)
	}
	for _, x := range []syntax.Expr{op.From, op.To, op.Step} {
		if x != nil {
			b.scalar(rc, x)
		}
	}
	o.addNew(axis)
	cols := o.cols
	for i := nkeys; i < len(cols); i++ {
		cols[i].Type = schema.Dynamic
		cols[i].ID = b.newID()
	}
	return b.unsupported(op, "make-series", cols, false, r)
}

// partition runs a sub-query for each value of a column.
func (b *binder) partition(c ctx, r *rel, op *syntax.PartitionOp) *rel {
	by := b.scalar(c.withRow(r), op.By)
	var got *rel
	switch {
	case op.Sub != nil:
		rows, leaf := b.groupRows(r.cols, r.open)
		got = b.sub(c, op.Sub, rows)
		if !r.open && !got.open {
			leaf.Out = r.node.Cols()
			out := &plan.Apply{Input: r.node, By: []plan.Expr{by}, Rows: leaf, Sub: got.node}
			for _, col := range got.cols {
				out.Out = append(out.Out, col.Col)
			}
			return &rel{node: b.node(out), cols: got.cols}
		}
	case op.Query != nil:
		sc := c.sc.child() // the value of the partition goes by the column's name
		if n, ok := op.By.(*syntax.Name); ok {
			sc.vars[n.Text] = &variable{name: n.Text, value: by}
		}
		got = b.table(ctx{sc: sc, sub: r}, op.Query)
	default:
		got = b.nothing()
	}
	return b.unsupported(op, op.Word, got.cols, got.open, r)
}

func (b *binder) fork(c ctx, r *rel, op *syntax.ForkOp) *rel {
	for _, x := range op.By {
		b.scalar(c.withRow(r), x)
	}
	var first *rel
	for _, s := range op.Subs {
		got := b.sub(c, s, b.placeholder(r.cols, r.open))
		if first == nil {
			first = got
		}
	}
	if first == nil {
		first = b.nothing()
	}
	return b.unsupported(op, op.Word, first.cols, first.open, r)
}

// scanOp: the input's columns, the declared ones, and the match id where one is asked for.
func (b *binder) scanOp(c ctx, r *rel, op *syntax.ScanOp) *rel {
	out := &rel{cols: append([]bound(nil), r.cols...), open: r.open}
	for _, k := range op.Order {
		b.sortKeys(c, r, []syntax.Expr{k}, false)
	}
	for _, k := range op.Partition {
		b.scalar(c.withRow(r), k)
	}
	for _, col := range b.columnsOf(op.Declare) {
		replace(out, col.Col)
	}
	if x := op.Option("with_match_id"); x != nil {
		out.cols = append(out.cols, b.fresh(optionText(x), schema.Long))
	}
	sc := c.sc.child()
	for _, s := range op.Steps {
		bag := &plan.Lit{}
		sc.vars[s.Name.Text] = &variable{name: s.Name.Text, value: bag}
	}
	for _, s := range op.Steps {
		b.predicate(ctx{sc: sc, row: out}, s.Pred)
		for _, a := range s.Assign {
			b.itemsOf(ctx{sc: sc, row: out}, a)
		}
	}
	return b.unsupported(op, "scan", out.cols, r.open, r)
}

// topNested: two columns a level.
func (b *binder) topNested(c ctx, r *rel, op *syntax.TopNestedOp) *rel {
	o := b.outputs()
	for _, l := range op.Levels {
		if l.N != nil {
			b.count(c.constant(), l.N)
		}
		of := b.itemsOf(c.withRow(r), l.Of)[:1]
		if of[0].expr.Type() == schema.Dynamic {
			b.errorf(l.Of, "KS116", "The value of type 'dynamic' is not allowed in this context. Convert it with tostring() first.")
		}
		name := of[0].name
		o.addNew(of)
		by := l.By
		if ord, ok := by.(*syntax.Ordered); ok {
			by = ord.X
		}
		agg := &aggregation{input: r, keys: map[int]bool{}}
		items := b.itemsOf(ctx{sc: c.sc, aggs: agg}, by)[:1]
		if _, named := by.(*syntax.Named); !named {
			items[0].name, items[0].fixed = "aggregated_"+name, false
		}
		o.addNew(items)
	}
	return b.unsupported(op, "top-nested", o.cols, false, r)
}

// ofOp is sample-distinct and top-hitters.
func (b *binder) ofOp(c ctx, r *rel, op *syntax.OfOp) *rel {
	b.count(c.constant(), op.N)
	o := b.outputs()
	of := b.itemsOf(c.withRow(r), op.Of)[:1]
	o.addNew(of)
	if op.Word == "top-hitters" {
		name, t := "approximate_count_", schema.Long
		if op.By != nil {
			name, t = "approximate_sum_", b.scalar(c.withRow(r), op.By).Type()
		}
		o.add(o.unique(name+of[0].name), &plan.Lit{T: t}, b.newID())
	}
	return b.unsupported(op, op.Word, o.cols, false, r)
}

func (b *binder) reduce(c ctx, r *rel, op *syntax.ReduceOp) *rel {
	e := b.scalar(c.withRow(r), op.By)
	if t := e.Type(); t != schema.String && t != schema.Unknown {
		b.errorf(op.By, "KS141", "The expression must have the type string, not %s.", t)
	}
	cols := []bound{b.fresh("Pattern", schema.String), b.fresh("Count", schema.Long), b.fresh("Representative", schema.String)}
	return b.unsupported(op, "reduce", cols, false, r)
}
