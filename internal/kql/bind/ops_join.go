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
	for i, s := range sides {
		for _, c := range s.cols {
			if i == 1 && op.Word == "lookup" && rightKeys[c.ID] {
				continue
			}
			if c.hidden {
				hidden = append(hidden, c)
				continue
			}
			c.Name = o.unique(c.Name)
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

// leg is a table of a union with the name that withsource gives it.
type leg struct {
	r    *rel
	name string
}

func (b *binder) union(c ctx, r *rel, op *syntax.UnionOp) *rel {
	var legs []leg
	if r != nil {
		legs = append(legs, leg{r, "union_arg0"})
	}
	fuzzy := optionText(op.Option("isfuzzy")) == "true"
	for i, x := range op.Tables {
		legs = append(legs, b.legs(c, x, fuzzy, "union_arg"+itoa(i+len(legs)))...)
	}
	source := op.Option("withsource")
	if source == nil {
		source = op.Option("with_source")
	}
	inner := optionText(op.Option("kind")) == "inner"
	if k := optionText(op.Option("kind")); k != "" && k != "inner" && k != "outer" {
		b.errorf(op.Option("kind"), "KS_kind", "'%s' is not a kind of union: inner or outer.", k)
	}
	return b.unite(legs, optionText(source), inner)
}

// legs binds one operand of union, search or find: a pattern means several tables.
func (b *binder) legs(c ctx, x syntax.Expr, fuzzy bool, name string) []leg {
	if n, ok := x.(*syntax.Name); ok {
		if n.Wild {
			return b.wildLegs(c, n)
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
				if _, ok := b.env.Catalog.Table(n.Text); !ok {
					b.warnf(n, "KS205", "The fuzzy name '%s' does not refer to any known table; it is left out.", n.Text)
					b.note("union leaves out '%s': there is no such table", n.Text)
					return nil
				}
			}
		}
	}
	if n := sourceName(x); n != nil {
		name = n.Text
	}
	return []leg{{b.table(ctx{sc: c.sc}, x), name}}
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
func (b *binder) wildLegs(c ctx, n *syntax.Name) []leg {
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
	for _, t := range b.env.Catalog.Tables() {
		if wildMatch(n.Text, t.Name) {
			out = append(out, leg{b.scan(t), t.Name})
		}
	}
	if len(out) == 0 {
		b.errorf(n, "KS142", "The name '%s' does not refer to any known table.", n.Text)
	}
	return out
}

// unite lines the legs up under one list of columns: by name and type, a name with several types under several names.
func (b *binder) unite(legs []leg, source string, inner bool) *rel {
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
			} else {
				hidden[k] = h && c.hidden
			}
		}
		for name := range lg.r.names() {
			count[name]++
		}
	}
	slices.SortStableFunc(order, func(a, z key) int {
		return firstOf(order, a.name, func(k key) string { return k.name }) - firstOf(order, z.name, func(k key) string { return k.name })
	})
	o := b.outputs()
	if source != "" {
		col := plan.Col{ID: b.newID(), Name: o.unique(source), Type: schema.String}
		out.cols = append(out.cols, bound{Col: col})
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
		if source == "" || name != source {
			name = o.unique(name)
		}
		slot[k] = len(out.cols)
		out.cols = append(out.cols, bound{Col: plan.Col{ID: b.newID(), Name: name, Type: k.typ}, hidden: hidden[k]})
	}
	for _, c := range out.cols {
		u.Out = append(u.Out, c.Col)
	}
	for _, lg := range legs {
		p := &plan.Project{Input: lg.r.node, Items: make([]plan.Item, len(u.Out))}
		for i, c := range u.Out {
			p.Items[i] = plan.Item{Out: plan.Col{ID: b.newID(), Name: c.Name, Type: c.Type}, Expr: nullOf(c.Type)}
		}
		if source != "" {
			p.Items[0].Expr = &plan.Lit{T: schema.String, Value: lg.name}
		}
		for _, c := range lg.r.cols {
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

func firstOf[T any](list []T, name string, of func(T) string) int {
	return slices.IndexFunc(list, func(t T) bool { return of(t) == name })
}
