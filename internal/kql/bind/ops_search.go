package bind

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// search unites the tables, with the table's name in front, and keeps the rows in which the text occurs.
func (b *binder) search(c ctx, r *rel, op *syntax.SearchOp) *rel {
	var all *rel
	cased := optionText(op.Option("kind")) == "case_sensitive"
	switch {
	case r != nil:
		all = b.unite(b.termLegs([]leg{{r, "search_arg0"}}, op.Pred, cased), "$table", false, false)
	default:
		var legs []leg
		for _, x := range op.In {
			legs = append(legs, b.legs(c, x, false, "search_arg"+itoa(len(legs)))...)
		}
		if op.In == nil {
			for _, t := range b.storedTables(c.sc) {
				legs = append(legs, leg{b.scan(t), t.Name})
			}
		}
		legs = b.termLegs(legs, op.Pred, cased)
		all = b.unite(legs, "$table", false, op.In == nil || slices.ContainsFunc(op.In, everything))
	}
	pred := b.searchPred(c.withRow(all), op.Pred, cased)
	return all.with(b.node(&plan.Filter{Input: all.node, Pred: pred}))
}

// searchPred binds a predicate of search or find, in which a bare string is looked for in every column.
func (b *binder) searchPred(c ctx, x syntax.Expr, cased bool) plan.Expr {
	op := "has"
	if cased {
		op = "has_cs"
	}
	switch x := x.(type) {
	case *syntax.Paren:
		return b.searchPred(c, x.X, cased)
	case *syntax.String:
		if col, ok := c.row.find(b.terms[x]); ok {
			return &plan.Ref{ID: col.ID, T: schema.Bool}
		}
		return b.searchText(c, x.Value, op)
	case *syntax.Star:
		return &plan.Lit{T: schema.Bool, Value: true}
	case *syntax.Binary:
		if x.Op == "and" || x.Op == "or" {
			return &plan.Call{Func: x.Op, T: schema.Bool, Args: []plan.Expr{b.searchPred(c, x.L, cased), b.searchPred(c, x.R, cased)}}
		}
		if x.Op == ":" && cased {
			e := *x
			e.Op = "has_cs"
			return b.predicate(c, &e)
		}
	case *syntax.Call:
		if x.Fn.Text == "not" && len(x.Args) == 1 {
			return &plan.Call{Func: "not", T: schema.Bool, Args: []plan.Expr{b.searchPred(c, x.Args[0], cased)}}
		}
	}
	return b.predicate(c, x)
}

// termLegs adds a hidden column to each table for each bare text of a condition: whether it occurs in the row. So every
// table is searched in its own columns only, however many there are in all.
func (b *binder) termLegs(legs []leg, pred syntax.Expr, cased bool) []leg {
	var texts []*syntax.String
	bareTexts(pred, &texts)
	if len(texts) == 0 {
		return legs
	}
	if b.terms == nil {
		b.terms = map[*syntax.String]string{}
	}
	op := "has"
	if cased {
		op = "has_cs"
	}
	out := make([]leg, len(legs))
	for i, lg := range legs {
		p := &plan.Project{Input: lg.r.node}
		r := &rel{open: lg.r.open, cols: append([]bound(nil), lg.r.cols...)}
		for _, col := range lg.r.node.Cols() {
			p.Items = append(p.Items, plan.Item{Out: col, Expr: &plan.Ref{ID: col.ID, T: col.Type}})
		}
		for k, text := range texts {
			b.terms[text] = "$term" + itoa(k)
			col := b.fresh(b.terms[text], schema.Bool)
			col.hidden = true
			p.Items = append(p.Items, plan.Item{Out: col.Col, Expr: b.searchText(ctx{row: lg.r}, text.Value, op)})
			r.cols = append(r.cols, col)
		}
		r.node = b.node(p)
		out[i] = leg{r, lg.name}
	}
	return out
}

// bareTexts collects the texts of a condition that stand for themselves.
func bareTexts(x syntax.Expr, into *[]*syntax.String) {
	switch x := x.(type) {
	case *syntax.String:
		*into = append(*into, x)
	case *syntax.Paren:
		bareTexts(x.X, into)
	case *syntax.Binary:
		if x.Op == "and" || x.Op == "or" {
			bareTexts(x.L, into)
			bareTexts(x.R, into)
		}
	case *syntax.Call:
		if x.Fn.Text == "not" && len(x.Args) == 1 {
			bareTexts(x.Args[0], into)
		}
	}
}

// searchText is a term, with "*" at an end for "begins with" and "ends with", in any string or dynamic column.
func (b *binder) searchText(c ctx, text, op string) plan.Expr {
	first, last := len(text) > 1 && text[0] == '*', len(text) > 1 && text[len(text)-1] == '*'
	suffix := op[len("has"):]
	switch {
	case first && last && len(text) > 2:
		op, text = "contains"+suffix, text[1:len(text)-1]
	case last:
		op, text = "hasprefix"+suffix, text[:len(text)-1]
	case first:
		op, text = "hassuffix"+suffix, text[1:]
	}
	var found plan.Expr
	for i, col := range c.row.visible() {
		if i == 0 && col.Name == "$table" || col.Type != schema.String && col.Type != schema.Dynamic {
			continue
		}
		found = either(found, &plan.Call{Func: op, T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: col.ID, T: col.Type}, &plan.Lit{T: schema.String, Value: text}}})
	}
	if found == nil {
		return &plan.Lit{T: schema.Bool, Value: false}
	}
	return found
}
