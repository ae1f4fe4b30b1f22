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
		return b.partitionQuery(c, r, op, by)
	default:
		got = b.nothing()
	}
	return b.unsupported(op, op.Word, got.cols, got.open, r)
}

func (b *binder) reduce(c ctx, r *rel, op *syntax.ReduceOp) *rel {
	e := b.scalar(c.withRow(r), op.By)
	if t := e.Type(); t != schema.String && t != schema.Unknown {
		b.errorf(op.By, "KS141", "The expression must have the type string, not %s.", t)
	}
	cols := []bound{b.fresh("Pattern", schema.String), b.fresh("Count", schema.Long), b.fresh("Representative", schema.String)}
	return b.unsupported(op, "reduce", cols, false, r)
}

// partitionQuery runs a whole query for each value of a column, which goes by the column's name in it.
func (b *binder) partitionQuery(c ctx, r *rel, op *syntax.PartitionOp, by plan.Expr) *rel {
	key := plan.Col{ID: b.newID(), Name: "", Type: by.Type()}
	values := b.node(&plan.Aggregate{Input: r.node, Keys: []plan.Item{{Out: key, Expr: by}}})
	leaf := &plan.GroupRows{Out: []plan.Col{key}}
	sc := c.sc.child()
	if n, ok := op.By.(*syntax.Name); ok {
		sc.vars[n.Text] = &variable{name: n.Text, value: &plan.Scalar{Input: leaf, T: key.Type}}
	}
	got := b.table(ctx{sc: sc}, op.Query)
	if got.open {
		return b.unsupported(op, op.Word+" over columns that are not known before the query runs", got.cols, true, r)
	}
	out := &plan.Apply{Input: values, By: []plan.Expr{&plan.Ref{ID: key.ID, T: key.Type}}, Rows: leaf, Sub: got.node}
	for _, col := range got.cols {
		out.Out = append(out.Out, col.Col)
	}
	return &rel{node: b.node(out), cols: got.cols}
}
