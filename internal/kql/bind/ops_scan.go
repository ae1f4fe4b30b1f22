package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// scanOp: the input's columns, the declared ones, and the match id where one is asked for. In its expressions a step's name
// stands for the last row that the step took.
func (b *binder) scanOp(c ctx, r *rel, op *syntax.ScanOp) *rel {
	out := &rel{cols: append([]bound(nil), r.cols...), open: r.open}
	if len(op.Order) > 0 {
		r = r.with(b.node(&plan.Sort{Input: r.node, Keys: b.sortKeys(c, r, op.Order, false)}))
	}
	n := &plan.Match{Input: r.node}
	for _, k := range op.Partition {
		n.By = append(n.By, b.scalar(c.withRow(r), k))
	}
	place := map[string]int{} // of the declared columns
	for i, col := range b.columnsOf(op.Declare) {
		place[col.Name] = i
		n.Declared = append(n.Declared, col.Col)
		var d plan.Expr = nullOf(col.Type)
		if x := op.Declare[i].Default; x != nil {
			d = convert(b.scalar(c.constant(), x), col.Type)
		}
		n.Defaults = append(n.Defaults, d)
		replace(out, col.Col)
	}
	if x := op.Option("with_match_id"); x != nil {
		id := b.fresh(optionText(x), schema.Long)
		n.ID = &id.Col
		out.cols = append(out.cols, id)
	}
	if x := op.Option("with_step_name"); x != nil {
		name := b.fresh(optionText(x), schema.String)
		n.Step = &name.Col
		out.cols = append(out.cols, name)
	}
	rc := ctx{sc: c.sc, row: out, steps: map[string]*rel{}}
	for _, s := range op.Steps {
		n.Steps = append(n.Steps, plan.MatchStep{Name: s.Name.Text, Output: "all"})
		b.stepState(&n.Steps[len(n.Steps)-1], rc, r, n.Declared)
	}
	for i, s := range op.Steps {
		b.scanStep(rc, &n.Steps[i], s, place)
	}
	if out.open {
		return b.unsupported(op, "scan over columns that are not known before the query runs", out.cols, true, r)
	}
	out.node = b.node(n)
	return out
}

// stepState gives the step columns of its own, by which its last row is read.
func (b *binder) stepState(s *plan.MatchStep, c ctx, r *rel, declared []plan.Col) {
	state := &rel{}
	hidden := map[int]bool{}
	for _, col := range r.cols {
		hidden[col.ID] = col.hidden
	}
	taken := map[string]bool{}
	for _, col := range declared {
		taken[col.Name] = true
	}
	for _, col := range r.node.Cols() {
		k := b.fresh(col.Name, col.Type)
		k.hidden = hidden[col.ID] || taken[col.Name]
		s.State = append(s.State, k.Col)
		state.cols = append(state.cols, k)
	}
	for _, col := range declared {
		k := b.fresh(col.Name, col.Type)
		s.State = append(s.State, k.Col)
		state.cols = append(state.cols, k)
	}
	c.steps[s.Name] = state
}

func (b *binder) scanStep(c ctx, s *plan.MatchStep, x syntax.ScanStep, place map[string]int) {
	for _, o := range x.Options {
		if o.Name.Text != "output" {
			continue
		}
		switch s.Output = optionText(o.Value); s.Output {
		case "all", "last", "none":
		default:
			b.errorf(o.Value, "KS_kind", "'%s' is not an output of a step: all, last or none.", s.Output)
		}
	}
	if x.Optional {
		b.notRunnable(x.Name, "scan with an optional step")
	}
	s.Pred = b.predicate(c, x.Pred)
	for _, a := range x.Assign {
		n, ok := a.(*syntax.Named)
		if !ok || len(n.Names) != 1 {
			b.errorf(a, "KS_assign", "An assignment of a step is Column = value.")
			continue
		}
		i, ok := place[n.Names[0].Text]
		e := b.scalar(c, n.X)
		if !ok {
			b.errorf(n.Names[0], "KS142", "The column '%s' is not declared: scan declare (%s: type) with (...)", n.Names[0].Text, n.Names[0].Text)
			continue
		}
		s.Assign = append(s.Assign, plan.MatchAssign{Column: i, Expr: e})
	}
}
