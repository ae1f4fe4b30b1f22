package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// simple types compare, sort and group in SQL as in KQL. Reals do not (NaN), nor do decimals and dynamics, whose equal
// values can have different texts. The text of a guid is always the same and sorts like its bytes.
func simple(t schema.Type) bool {
	switch t {
	case schema.Bool, schema.Int, schema.Long, schema.Datetime, schema.Timespan, schema.String, schema.Guid:
		return true
	}
	return false
}

// value writes an expression with exactly its KQL value. A null is NULL.
func (g *gen) value(r *rel, e plan.Expr) (string, bool) {
	e = r.inline(e)
	if s, ok := g.try(r, e, g.native); ok {
		return s, true
	}
	if s, ok := g.try(r, e, g.bin); ok {
		return s, true
	}
	return g.eval(r, e)
}

// try writes an expression in one way and forgets what was bound for it when that does not go.
func (g *gen) try(r *rel, e plan.Expr, how func(*rel, plan.Expr) (string, bool)) (string, bool) {
	bound := len(g.params)
	s, ok := how(r, e)
	if !ok {
		g.params = g.params[:bound]
	}
	return s, ok
}

// cond writes a predicate that is true exactly when e is. Where e is false or null, it is false or NULL.
func (g *gen) cond(r *rel, e plan.Expr) (string, bool) {
	e = r.inline(e)
	var parts []string
	var rest []plan.Expr
	for _, c := range conjuncts(e, nil) {
		if in, ok := c.(*plan.InTable); ok {
			s, ok := g.inTable(r, in)
			if !ok {
				return "", false
			}
			parts = append(parts, s)
			continue
		}
		if s, ok := g.try(r, c, g.nativeCond); ok {
			parts = append(parts, s)
		} else {
			rest = append(rest, c)
		}
	}
	for _, c := range grouped(rest) {
		s, ok := g.eval(r, c)
		if !ok {
			return "", false
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " AND "), true
}

// inTable writes a test against the first column of a table. Null is in no table.
func (g *gen) inTable(r *rel, e *plan.InTable) (string, bool) {
	x, cols := r.inline(e.X), e.Input.Cols()
	if len(cols) == 0 || x.Type() != cols[0].Type || !simple(x.Type()) || e.Func != "in" && e.Func != "!in" {
		return "", false
	}
	s, ok := g.value(r, x)
	if !ok {
		return "", false
	}
	sub, ok := g.node(e.Input, nil)
	if !ok || !sub.has(cols[0].ID) {
		return "", false
	}
	r.free = r.free || sub.free
	col := name(cols[0].ID)
	table := "(SELECT " + col + " FROM (" + sub.sql + ") AS t WHERE " + col + " IS NOT NULL)"
	if e.Func == "in" {
		return "(" + s + " IN " + table + ")", true
	}
	return "coalesce(" + s + " NOT IN " + table + ", true)", true
}

func conjuncts(e plan.Expr, out []plan.Expr) []plan.Expr {
	if c, ok := e.(*plan.Call); ok && c.Func == "and" {
		for _, a := range c.Args {
			out = conjuncts(a, out)
		}
		return out
	}
	return append(out, e)
}

// nativeCond is cond without calls of the interpreter. It uses the short forms that statistics can prune by: they
// differ from the value only in giving NULL for false.
func (g *gen) nativeCond(r *rel, e plan.Expr) (string, bool) {
	c, ok := e.(*plan.Call)
	if !ok {
		return g.native(r, e)
	}
	bound := len(g.params)
	switch c.Func {
	case "or":
		var parts []string
		for _, a := range c.Args {
			var all []string
			for _, x := range conjuncts(a, nil) {
				s, ok := g.nativeCond(r, x)
				if !ok {
					return "", false
				}
				all = append(all, s)
			}
			parts = append(parts, strings.Join(all, " AND "))
		}
		return "(" + strings.Join(parts, " OR ") + ")", true
	case "==":
		if a, b, ok := g.pair(r, c); ok && simple(c.Args[0].Type()) {
			return "(" + a + " = " + b + ")", true
		}
	case "in":
		if x, list, ok := g.list(r, c); ok {
			return "(" + x + " IN (" + list + "))", true
		}
	case "between":
		if s, ok := g.between(r, c); ok {
			return s, true
		}
	}
	g.params = g.params[:bound] // of a short form that did not fit
	return g.native(r, e)
}

// native writes the value of an expression in SQL; the interpreter is called at most for single rows.
func (g *gen) native(r *rel, e plan.Expr) (string, bool) {
	if v, ok := g.constant(e); ok {
		return g.literal(v, e.Type())
	}
	switch e := e.(type) {
	case *plan.Ref:
		if !r.has(e.ID) {
			return "", false
		}
		return name(e.ID), true
	case *plan.Call:
		if f := nativeFor(e.Func); f != nil {
			return f(g, r, e)
		}
	}
	return "", false
}

// never reports that the expression is never null.
func (r *rel) never(e plan.Expr) bool {
	if e.Type() == schema.String {
		return true
	}
	switch e := e.(type) {
	case *plan.Lit:
		return e.Value != nil
	case *plan.Ref:
		return r.notNull[e.ID]
	}
	return false
}

// eval leaves an expression to the interpreter.
func (g *gen) eval(r *rel, e plan.Expr) (string, bool) {
	if e.Type() == schema.Unknown || !pure(e) || !g.env.Computable(e) {
		return "", false
	}
	var args []*plan.Ref
	for _, ref := range refs(e) {
		if !r.has(ref.ID) {
			return "", false
		}
		if !slices.ContainsFunc(args, func(a *plan.Ref) bool { return a.ID == ref.ID }) {
			args = append(args, ref)
		}
	}
	call := fmt.Sprintf("%s(%d", g.env.EvalName(e.Type()), len(g.evals))
	for _, a := range args {
		call += ", " + name(a.ID)
	}
	g.evals = append(g.evals, Eval{Expr: e, Args: args})
	return call + ")", true
}

// refs lists the columns an expression reads, in order of occurrence, with repeats.
func refs(e plan.Expr) []*plan.Ref {
	switch e := e.(type) {
	case *plan.Ref:
		return []*plan.Ref{e}
	case *plan.Call:
		var out []*plan.Ref
		for _, a := range e.Args {
			out = append(out, refs(a)...)
		}
		return out
	}
	return nil
}

// pure reports whether the expression consists of constants, columns and calls, none of which is known to give another
// value every time or to look at other rows.
func pure(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Lit, *plan.Ref:
		return true
	case *plan.Call:
		if impure(e.Func) {
			return false
		}
		for _, a := range e.Args {
			if !pure(a) {
				return false
			}
		}
		return true
	}
	return false
}

// impure functions look at other rows or give another value every time.
func impure(f string) bool { return kernel.Window(f) || f == "rand" || f == "new_guid" }
