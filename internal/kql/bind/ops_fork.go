package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// named is a further result of a statement.
type named struct {
	name string
	r    *rel
}

// share makes a table readable several times while it is computed once.
func (b *binder) share(r *rel) func() *rel {
	b.shared++
	m := &plan.Materialize{ID: b.shared, Input: r.node}
	first := &rel{open: r.open}
	if !same(r) {
		p := &plan.Project{Input: r.node}
		for _, col := range r.cols {
			p.Items = append(p.Items, pass(col))
		}
		m.Input = p
	}
	for _, col := range r.cols {
		nc := plan.Col{ID: b.newID(), Name: col.Name, Type: col.Type}
		m.Out = append(m.Out, nc)
		first.cols = append(first.cols, bound{Col: nc, hidden: col.hidden})
	}
	first.node = b.node(m)
	return func() *rel { return b.again(first, m) }
}

// fork runs several sub-queries over one table; facet counts the values of columns. Each gives a result of its own.
func (b *binder) fork(c ctx, r *rel, op *syntax.ForkOp) *rel {
	input := b.share(r)
	var all []named
	for i, s := range op.Subs {
		n := named{r: b.sub(c, s, input())}
		if i < len(op.Names) && op.Names[i] != nil {
			n.name = op.Names[i].Text
		}
		all = append(all, n)
	}
	for _, x := range op.By {
		in := input()
		o := b.outputs()
		o.addNew(b.itemsOf(c.withRow(in), x)[:1])
		count := plan.Col{ID: b.newID(), Name: o.unique("count_" + o.cols[0].Name), Type: schema.Long}
		sum := &plan.Aggregate{Input: in.node, Keys: o.items, Aggs: []plan.Agg{{Func: "count", Out: []plan.Col{count}}}}
		all = append(all, named{r: &rel{node: b.node(sum), cols: append(o.cols, bound{Col: count})}})
	}
	if len(all) == 0 {
		return b.nothing()
	}
	out := *all[0].r
	out.name, out.more = all[0].name, all[1:]
	return &out
}
