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
	switch {
	case r != nil:
		all = b.unite([]leg{{r, "search_arg0"}}, "$table", false, false)
	default:
		var legs []leg
		for _, x := range op.In {
			legs = append(legs, b.legs(c, x, false, "search_arg"+itoa(len(legs)))...)
		}
		if op.In == nil {
			for _, t := range b.env.Catalog.Tables() {
				legs = append(legs, leg{b.scan(t), t.Name})
			}
		}
		all = b.unite(legs, "$table", false, op.In == nil || slices.ContainsFunc(op.In, everything))
	}
	cased := optionText(op.Option("kind")) == "case_sensitive"
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
