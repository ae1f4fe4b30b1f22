package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// parameters checks the declaration of a user's function.
func (b *binder) parameters(c ctx, l *syntax.Lambda) bool {
	seen := map[string]bool{}
	ok := true
	for _, p := range l.Params {
		if seen[p.Name.Text] {
			b.errorf(p.Name, "KS201", "A parameter with the name '%s' has already been declared.", p.Name.Text)
			ok = false
		}
		seen[p.Name.Text] = true
	}
	if l.Body == nil || l.Body.X == nil {
		b.errorf(l, "KS_body", "A function needs an expression at its end.")
		return false
	}
	return ok
}

// invoke expands a call of a user's function: its body is bound in the scope it was written in, with the parameters as
// names for the arguments.
func (b *binder) invoke(c ctx, at syntax.Node, fn *lambda, args []syntax.Expr) value {
	return b.invokeWith(c, at, fn, args, nil)
}

// invokeWith passes a table as the first argument, as the invoke operator does.
func (b *binder) invokeWith(c ctx, at syntax.Node, fn *lambda, args []syntax.Expr, first *rel) value {
	if b.tooLarge(at) {
		return bad()
	}
	if fn.def == nil {
		b.errorf(at, "KS_saved", "The text of the workspace's function '%s' is not a function; mend it first.", fn.name)
		return value{rel: b.nothing()}
	}
	b.nodes++
	b.depth += 4
	defer func() { b.depth -= 4 }()
	params := fn.def.Params
	given := make([]syntax.Expr, len(params))
	var firstVar *variable
	pos := 0
	if first != nil {
		if len(params) == 0 || params[0].Type != "" {
			b.errorf(at, "KS_invoke", "The function '%s' takes no table as its first parameter, so it cannot be invoked on one.", fn.name)
			return value{rel: b.nothing()}
		}
		firstVar = b.tableParam(at, params[0], first)
		pos = 1
	}
	for _, a := range args {
		if n, ok := a.(*syntax.Named); ok && len(n.Names) == 1 {
			found := false
			for i := range params {
				if params[i].Name.Text == n.Names[0].Text {
					given[i], found = n.X, true
				}
			}
			if !found {
				b.errorf(n, "KS_argument", "The function '%s' has no parameter '%s'.", fn.name, n.Names[0].Text)
			}
			continue
		}
		for pos < len(params) && given[pos] != nil {
			pos++
		}
		if pos >= len(params) {
			b.errorf(at, "KS119", "The function '%s' expects %d arguments.", fn.name, len(params))
			return bad()
		}
		given[pos] = a
		pos++
	}
	sc := fn.sc.child()
	for i, p := range params {
		if i == 0 && firstVar != nil {
			sc.vars[p.Name.Text] = firstVar
			continue
		}
		v := b.bindParam(c, at, fn, p, given[i])
		if v == nil {
			return bad()
		}
		v.name = p.Name.Text
		sc.vars[p.Name.Text] = v
	}
	defer b.outside(at, fn)()
	return b.body(ctx{sc: sc}, fn.def.Body)
}

func (b *binder) bindParam(c ctx, at syntax.Node, fn *lambda, p syntax.Param, arg syntax.Expr) *variable {
	if p.Type == "" {
		if arg == nil {
			b.errorf(at, "KS119", "The function '%s' needs a table for its parameter '%s'.", fn.name, p.Name.Text)
			return nil
		}
		r := b.table(c.constant(), arg)
		first := b.tableParam(arg, p, r)
		outer := c.constant()
		used := false
		return &variable{table: func() *rel {
			if !used {
				used = true
				return first.table()
			}
			return b.tableParam(arg, p, b.table(outer, arg)).table()
		}}
	}
	t, _ := schema.ParseType(p.Type)
	if arg == nil {
		if p.Default == nil {
			b.errorf(at, "KS119", "The function '%s' expects a value for its parameter '%s'.", fn.name, p.Name.Text)
			return nil
		}
		return &variable{value: b.typed(ctx{sc: fn.sc}, p.Default, t)}
	}
	v := b.value(c, arg)
	if v.rel != nil {
		b.errorf(arg, "KS110", "A scalar value is expected for the parameter '%s', not a table.", p.Name.Text)
		return &variable{value: nullOf(t)}
	}
	e := v.expr
	if from := e.Type(); from != t && from != schema.Unknown {
		switch {
		case widens(from, t), t == schema.Int && from == schema.Long, t == schema.Long && from == schema.Real:
			e = convert(e, t)
		case t == schema.Dynamic, from == schema.Dynamic:
			e = convert(e, t)
		default:
			b.errorf(arg, "KS107", "A value of type %s expected for the parameter '%s', not %s.", t, p.Name.Text, from)
		}
	}
	return &variable{value: e, size: exprSize(e, maxExpr+1)}
}

// tableParam gives a table to a parameter: with named columns, those must be there.
func (b *binder) tableParam(at syntax.Node, p syntax.Param, r *rel) *variable {
	for _, want := range p.Table {
		t, _ := schema.ParseType(want.Type)
		c, ok := r.find(want.Name.Text)
		switch {
		case !ok && !r.open:
			b.errorf(at, "KS_parameter", "The table has no column '%s' of type %s, which the parameter '%s' asks for.", want.Name.Text, t, p.Name.Text)
		case ok && c.Type != t && c.Type != schema.Unknown:
			b.errorf(at, "KS_parameter", "The column '%s' is of type %s; the parameter '%s' asks for %s.", want.Name.Text, c.Type, p.Name.Text, t)
		}
	}
	return &variable{table: func() *rel { return r }}
}

// body binds the inside of a function.
func (b *binder) body(c ctx, body *syntax.Body) value {
	c, extra := b.statements(c, body.Stmts)
	for _, x := range extra {
		b.errorf(x.x, "KS_body", "Only the last statement of a function is its value.")
	}
	if body.X == nil {
		return bad()
	}
	v := b.value(c, body.X)
	v.name, v.direct = "", false
	return v
}

// tableFunction binds the calls whose result is a table: table("..."), database("...") and the like.
func (b *binder) tableFunction(c ctx, x *syntax.Call) (*rel, bool) {
	switch x.Fn.Text {
	case "table":
		if len(x.Args) == 0 {
			return nil, false
		}
		name, ok := b.constantString(c.constant(), x.Args[0])
		if !ok {
			b.errorf(x.Args[0], "KS105", "The name of the table must be a constant string.")
			return b.nothing(), true
		}
		return b.tableName(c, &syntax.Name{Span: x.Args[0].Pos(), Text: name}, false), true
	case "materialized_view", "external_table", "stored_query_result", "graph", "entity_group":
		return b.unsupported(x, x.Fn.Text+"()", nil, true), true
	}
	return nil, false
}
