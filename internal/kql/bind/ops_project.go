package bind

import (
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

func (b *binder) projectFamily(c ctx, r *rel, op *syntax.ProjectOp) *rel {
	switch op.Word {
	case "print":
		return b.print(c, op)
	case "extend":
		return b.extend(c, r, op)
	case "serialize":
		out := r.with(b.node(&plan.Serialize{Input: r.node}))
		if len(op.Items) > 0 {
			out = b.extend(c, out, op)
		}
		return out
	case "project":
		return b.project(c, r, op)
	case "project-away", "project-keep":
		return b.keep(r, op)
	case "project-rename":
		return b.rename(r, op)
	case "project-reorder":
		return b.reorder(r, op)
	}
	return b.unsupported(op, op.Word, r.cols, true, r)
}

func (b *binder) print(c ctx, op *syntax.ProjectOp) *rel {
	o := b.outputs()
	for i, x := range op.Items {
		items := b.itemsOf(c.constant(), x)
		for k := range items {
			if _, named := x.(*syntax.Named); named && k == 0 {
				continue
			}
			if k == 0 {
				items[k].name, items[k].fixed = "print_"+itoa(i), false
			}
		}
		if _, named := x.(*syntax.Named); !named && len(items) > 1 {
			items = items[:1]
		}
		o.addNew(items)
	}
	row := &plan.Values{Rows: [][]plan.Expr{{}}}
	return o.project(&rel{node: b.node(row)})
}

func (b *binder) project(c ctx, r *rel, op *syntax.ProjectOp) *rel {
	o := b.outputs()
	for _, x := range op.Items {
		o.addNew(b.itemsOf(c.withRow(r), x))
	}
	out := o.project(r)
	out.open = false
	return out
}

// extend adds columns, or replaces those whose name is there, in their place.
func (b *binder) extend(c ctx, r *rel, op *syntax.ProjectOp) *rel {
	o := b.outputs()
	for _, col := range r.cols {
		o.taken[col.Name] = true
		o.cols = append(o.cols, col)
		o.items = append(o.items, pass(col))
	}
	for _, x := range op.Items {
		for _, it := range b.itemsOf(c.withRow(r), x) {
			name := it.name
			if name == "" {
				name = o.columnN()
			}
			if it.fixed && !o.fix(it.at, name) {
				continue
			}
			at := slices.IndexFunc(o.cols, func(k bound) bool { return k.Name == name && !k.hidden })
			if at < 0 {
				at = slices.IndexFunc(o.cols, func(k bound) bool { return k.Name == name })
			}
			if at < 0 {
				o.taken[name] = true
				o.add(name, it.expr, b.newID())
				continue
			}
			if ref, ok := it.expr.(*plan.Ref); ok && ref.ID == o.cols[at].ID {
				continue
			}
			hidden := o.cols[at].hidden
			o.cols[at] = bound{Col: plan.Col{ID: b.newID(), Name: name, Type: it.expr.Type()}}
			o.items[at] = plan.Item{Out: o.cols[at].Col, Expr: it.expr}
			if hidden { // naming it makes it a column of its own, behind the others
				o.cols = append(slices.Delete(o.cols, at, at+1), o.cols[at])
				o.items = append(slices.Delete(o.items, at, at+1), o.items[at])
			}
		}
	}
	return o.project(r)
}

// matching lists the columns that a name or pattern means: hidden ones only when named exactly.
func (r *rel) matching(n *syntax.Name) []bound {
	if !n.Wild {
		if c, ok := r.find(n.Text); ok {
			return []bound{c}
		}
		return nil
	}
	var out []bound
	for _, c := range r.cols {
		if !c.hidden && wildMatch(n.Text, c.Name) {
			out = append(out, c)
		}
	}
	return out
}

// wildMatch matches a pattern in which "*" stands for any text.
func wildMatch(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	for {
		part, more, wild := strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], more
	}
}

func (b *binder) noColumn(r *rel, n *syntax.Name) {
	if r.open || n.Text == "" {
		return
	}
	hint, fix := suggest(n.Text, r.names())
	b.report(syntax.Diagnostic{Code: "KS109", Kind: syntax.Semantic, Fix: fix,
		Message: "'" + n.Text + "' is not the name of a column here." + hint}, n)
}

// keep is project-keep and project-away; the order of the columns stays.
func (b *binder) keep(r *rel, op *syntax.ProjectOp) *rel {
	chosen := map[int]bool{}
	for _, x := range op.Items {
		n := x.(*syntax.Name)
		cols := r.matching(n)
		if len(cols) == 0 {
			b.noColumn(r, n)
		}
		for _, c := range cols {
			chosen[c.ID] = true
		}
	}
	o := b.outputs()
	for _, c := range r.cols {
		if chosen[c.ID] == (op.Word == "project-keep") || c.hidden && op.Word == "project-keep" {
			o.cols = append(o.cols, c)
			o.items = append(o.items, pass(c))
		}
	}
	return o.project(r)
}

func (b *binder) rename(r *rel, op *syntax.ProjectOp) *rel {
	to := map[int]string{}
	for _, x := range op.Items {
		n, ok := x.(*syntax.Named)
		if !ok || len(n.Names) != 1 {
			continue
		}
		from, ok := n.X.(*syntax.Name)
		if !ok {
			b.errorf(n.X, "KS109", "Column name expected.")
			continue
		}
		c, ok := r.find(from.Text)
		if !ok {
			b.noColumn(r, from)
			continue
		}
		for _, other := range r.cols {
			if other.Name == n.Names[0].Text && !other.hidden && other.ID != c.ID {
				b.errorf(n.Names[0], "KS171", "A column with the name '%s' is already declared.", other.Name)
			}
		}
		for id, name := range to {
			if name == n.Names[0].Text && id != c.ID {
				b.errorf(n.Names[0], "KS171", "A column with the name '%s' is already declared.", name)
			}
		}
		to[c.ID] = n.Names[0].Text
	}
	o := b.outputs()
	for _, c := range r.cols {
		name, ok := to[c.ID]
		if !ok {
			o.cols = append(o.cols, c)
			o.items = append(o.items, pass(c))
			continue
		}
		o.add(name, &plan.Ref{ID: c.ID, T: c.Type}, b.newID())
	}
	return o.project(r)
}

// reorder moves the named columns to the front; "*" stands for all that are not yet placed.
func (b *binder) reorder(r *rel, op *syntax.ProjectOp) *rel {
	var order []bound
	done, named := map[int]bool{}, map[int]bool{}
	for _, x := range op.Items {
		ox := x.(*syntax.Ordered)
		n, ok := ox.X.(*syntax.Name)
		if !ok {
			continue
		}
		cols := r.matching(n)
		if len(cols) == 0 && !n.Wild && !r.open {
			b.unknownName(ctx{row: r}, n)
		}
		if ox.Dir != "" {
			slices.SortStableFunc(cols, func(a, b bound) int {
				k := strings.Compare(a.Name, b.Name)
				if strings.HasSuffix(ox.Dir, "desc") {
					return -k
				}
				return k
			})
		}
		if len(cols) == 1 && !n.Wild && named[cols[0].ID] {
			b.errorf(n, "KS171", "A column with the name '%s' is already declared.", n.Text)
		}
		for _, c := range cols {
			named[c.ID] = named[c.ID] || !n.Wild
			if !done[c.ID] {
				done[c.ID] = true
				c.hidden = false
				order = append(order, c)
			}
		}
	}
	for _, c := range r.cols {
		if !done[c.ID] {
			order = append(order, c)
		}
	}
	o := b.outputs()
	for _, c := range order {
		o.cols = append(o.cols, c)
		o.items = append(o.items, pass(c))
	}
	return o.project(r)
}
