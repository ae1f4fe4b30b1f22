package bind

import (
	"slices"
	"sort"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

var joinKinds = map[string]plan.JoinKind{
	"innerunique": plan.InnerUnique, "inner": plan.Inner, "leftouter": plan.LeftOuter, "rightouter": plan.RightOuter,
	"fullouter": plan.FullOuter, "leftsemi": plan.LeftSemi, "rightsemi": plan.RightSemi, "leftanti": plan.LeftAnti, "rightanti": plan.RightAnti,
	"anti": plan.LeftAnti, "leftantisemi": plan.LeftAnti, "rightantisemi": plan.RightAnti,
}

func optionText(x syntax.Expr) string {
	switch x := x.(type) {
	case *syntax.Name:
		return x.Text
	case *syntax.String:
		return x.Value
	case *syntax.Literal:
		return x.Text
	case *syntax.Paren:
		return optionText(x.X)
	}
	return ""
}

func (b *binder) join(c ctx, r *rel, op *syntax.JoinOp) *rel {
	right := b.table(ctx{sc: c.sc}, op.Right)
	kind := plan.InnerUnique
	if op.Word == "lookup" {
		kind = plan.LeftOuter
	}
	if x := op.Option("kind"); x != nil {
		k, ok := joinKinds[optionText(x)]
		if !ok || op.Word == "lookup" && k != plan.Inner && k != plan.LeftOuter {
			names := make([]string, 0, len(joinKinds))
			for n := range joinKinds {
				names = append(names, n)
			}
			if op.Word == "lookup" {
				names = []string{"inner", "leftouter"}
			}
			sort.Strings(names)
			set := map[string]bool{}
			for _, n := range names {
				set[n] = true
			}
			hint, fix := suggest(optionText(x), set)
			b.report(syntax.Diagnostic{Code: "KS_kind", Kind: syntax.Semantic, Fix: fix, Message: "'" + optionText(x) + "' is not a kind of " + op.Word + "." + hint}, x)
		} else {
			kind = k
		}
	}
	n := &plan.Join{Kind: kind, Left: r.node, Right: right.node}
	common := b.joinKeys(c, r, right, op, n)
	if len(op.On) == 0 && op.Where == nil && op.Word == "join" {
		b.notRunnable(keyword(op), "join without a condition")
	}
	return b.joinColumns(r, right, op, n, common)
}

// joinKeys binds the conditions and returns the ids of the right side's key columns.
func (b *binder) joinKeys(c ctx, l, r *rel, op *syntax.JoinOp, n *plan.Join) map[int]bool {
	rightKeys := map[int]bool{}
	jc := ctx{sc: c.sc, row: &rel{}, left: l, right: r}
	conds := slices.Clone(op.On)
	if op.Where != nil {
		conds = append(conds, op.Where)
	}
	for len(conds) > 0 {
		x := unparen(conds[0])
		conds = conds[1:]
		switch x := x.(type) {
		case *syntax.Name:
			lc, lok := l.find(x.Text)
			rc, rok := r.find(x.Text)
			if !lok && !l.open || !rok && !r.open {
				side, names := "left", l.names()
				if lok {
					side, names = "right", r.names()
				}
				hint, fix := suggest(x.Text, names)
				b.report(syntax.Diagnostic{Code: "KS142", Kind: syntax.Semantic, Fix: fix,
					Message: "The name '" + x.Text + "' does not refer to a column of the " + side + " side of the " + op.Word + "." + hint}, x)
				continue
			}
			if !lok || !rok {
				continue
			}
			b.sameType(x, lc.Type, rc.Type)
			rightKeys[rc.ID] = true
			n.On = append(n.On, plan.JoinKey{Left: &plan.Ref{ID: lc.ID, T: lc.Type}, Right: &plan.Ref{ID: rc.ID, T: rc.Type}})
		case *syntax.Binary:
			if x.Op == "and" {
				conds = append([]syntax.Expr{x.L, x.R}, conds...)
				continue
			}
			if x.Op != "==" {
				b.errorf(x, "KS_join", "A join condition compares with '==' only; filter the rest with where after the join.")
				continue
			}
			b.joinPair(jc, l, r, x, n, rightKeys)
		case *syntax.Missing:
		default:
			b.errorf(x, "KS_join", "A join condition is a column both sides have, or $left.a == $right.b.")
		}
	}
	return rightKeys
}

func (b *binder) sameType(at syntax.Node, l, r schema.Type) {
	if l != r && l != schema.Unknown && r != schema.Unknown {
		b.errorf(at, "KS227", "The columns that the tables are joined on must have the same type; here they are %s and %s.", l, r)
	}
}

// joinPair is "$left.a == $right.b", in either order, or two names of which one belongs to each side.
func (b *binder) joinPair(c ctx, l, r *rel, x *syntax.Binary, n *plan.Join, rightKeys map[int]bool) {
	side := func(e syntax.Expr) (which string) {
		if m, ok := unparen(e).(*syntax.Member); ok {
			if s, ok := m.X.(*syntax.Name); ok {
				return s.Text
			}
		}
		if nm, ok := unparen(e).(*syntax.Name); ok {
			_, inLeft := l.find(nm.Text)
			_, inRight := r.find(nm.Text)
			switch {
			case inLeft && !inRight:
				return "$left"
			case inRight && !inLeft:
				return "$right"
			}
		}
		return ""
	}
	a, z := x.L, x.R
	if side(a) == "$right" || side(z) == "$left" {
		a, z = z, a
	}
	bindSide := func(e syntax.Expr, from *rel) plan.Expr {
		e = unparen(e)
		if nm, ok := e.(*syntax.Name); ok {
			return b.scalar(ctx{sc: c.sc, row: from}, nm)
		}
		return b.scalar(c, e)
	}
	le, re := bindSide(a, l), bindSide(z, r)
	lr, lok := le.(*plan.Ref)
	rr, rok := re.(*plan.Ref)
	if !lok || !rok {
		if le.Type() != schema.Unknown && re.Type() != schema.Unknown {
			b.errorf(x, "KS_join", "A join condition compares a column of $left with a column of $right.")
		}
		return
	}
	b.sameType(x, lr.T, rr.T)
	rightKeys[rr.ID] = true
	n.On = append(n.On, plan.JoinKey{Left: lr, Right: rr})
}

// joinColumns lists what comes out: left then right, a repeated name with a number behind it.
func (b *binder) joinColumns(l, r *rel, op *syntax.JoinOp, n *plan.Join, rightKeys map[int]bool) *rel {
	out := &rel{open: l.open || r.open}
	taken := map[string]bool{}
	sides := []*rel{l, r}
	switch n.Kind {
	case plan.LeftSemi, plan.LeftAnti:
		sides, out.open = []*rel{l}, l.open
	case plan.RightSemi, plan.RightAnti:
		sides, out.open = []*rel{r}, r.open
	}
	o := &outputs{b: b, taken: taken}
	var hidden []bound
	left := map[string]bool{}
	for _, s := range sides { // a new name is none that either side has
		for _, c := range s.visible() {
			taken[c.Name] = true
		}
	}
	for i, s := range sides {
		for _, c := range s.cols {
			if i == 1 && op.Word == "lookup" && rightKeys[c.ID] {
				continue
			}
			if c.hidden {
				hidden = append(hidden, c)
				continue
			}
			if i == 0 {
				left[c.Name] = true
			} else if left[c.Name] {
				c.Name = o.unique(c.Name)
			}
			out.cols = append(out.cols, c)
		}
	}
	for _, c := range hidden {
		c.Name = o.unique(c.Name)
		out.cols = append(out.cols, c)
	}
	for _, c := range out.cols {
		n.Out = append(n.Out, c.Col)
	}
	out.node = b.node(n)
	return out
}
