package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// evaluate binds a plugin: its columns are known only where the plugin or the query says them.
func (b *binder) evaluate(c ctx, r *rel, op *syntax.EvaluateOp) *rel {
	call, ok := op.Call.(*syntax.Call)
	if !ok {
		return b.nothing()
	}
	name := call.Fn.Text
	if builtins().plugins[name] == nil {
		names := map[string]bool{}
		for k := range builtins().plugins {
			names[k] = true
		}
		hint, fix := suggest(name, names)
		b.report(syntax.Diagnostic{Code: "KS211", Kind: syntax.Semantic, Fix: fix, Message: "The name '" + name + "' does not refer to any known plugin." + hint}, call.Fn)
		return b.nothing()
	}
	cols, open := b.pluginColumns(c, r, call)
	if op.HasSchema {
		cols, open = nil, false
		if op.Star && r != nil {
			cols = append(cols, r.cols...)
		}
		cols = append(cols, b.columnsOf(op.Schema)...)
	}
	return b.unsupported(op, "evaluate "+name, cols, open, r)
}

func (b *binder) pluginColumns(c ctx, r *rel, call *syntax.Call) ([]bound, bool) {
	if r == nil {
		return nil, true
	}
	named := func(x syntax.Expr) (bound, bool) {
		n, ok := x.(*syntax.Name)
		if !ok {
			return bound{}, false
		}
		return r.find(n.Text)
	}
	switch call.Fn.Text {
	case "bag_unpack":
		if len(call.Args) == 0 {
			b.errorf(call, "KS119", "The plugin 'bag_unpack' expects at least 1 argument.")
			return r.cols, true
		}
		e := b.scalar(c.withRow(r), call.Args[0])
		if t := e.Type(); t != schema.Dynamic && t != schema.Unknown {
			b.errorf(call.Args[0], "KS235", "The expression must be a dynamic property bag, not %s.", t)
		}
		drop, _ := named(call.Args[0])
		var cols []bound
		for _, col := range r.cols {
			if col.ID != drop.ID {
				cols = append(cols, col)
			}
		}
		return cols, true
	case "pivot":
		return b.pivotColumns(c, r, call, named), true
	case "narrow":
		return []bound{b.fresh("Row", schema.Long), b.fresh("Column", schema.String), b.fresh("Value", schema.String)}, false
	case "ipv4_lookup", "ipv6_lookup", "geo_polygon_lookup", "geo_line_lookup":
		return b.lookupColumns(c, r, call)
	case "identity", "preview":
		return r.cols, false
	}
	return nil, true
}

func (b *binder) fresh(name string, t schema.Type) bound {
	return bound{Col: plan.Col{ID: b.newID(), Name: name, Type: t}}
}

func (b *binder) pivotColumns(c ctx, r *rel, call *syntax.Call, named func(syntax.Expr) (bound, bool)) []bound {
	var keys []bound
	drop := map[int]bool{}
	for i, x := range call.Args {
		if i == 1 {
			agg := &aggregation{input: r, keys: map[int]bool{}}
			b.value(ctx{sc: c.sc, aggs: agg}, x)
			continue
		}
		col, ok := named(x)
		if !ok {
			b.scalar(c.withRow(r), x)
			continue
		}
		if i == 0 {
			drop[col.ID] = true
		} else {
			keys = append(keys, col)
		}
	}
	if keys != nil {
		return keys
	}
	if len(call.Args) > 1 {
		if a, ok := call.Args[1].(*syntax.Call); ok {
			for _, x := range a.Args {
				if col, ok := named(x); ok {
					drop[col.ID] = true
				}
			}
		}
	}
	for _, col := range r.visible() {
		if !drop[col.ID] {
			keys = append(keys, col)
		}
	}
	return keys
}

// lookupColumns: the table's columns, then those of the looked-up table but its network.
func (b *binder) lookupColumns(c ctx, r *rel, call *syntax.Call) ([]bound, bool) {
	if len(call.Args) < 3 {
		b.errorf(call, "KS119", "The plugin '%s' expects at least 3 arguments: table, address column, network column.", call.Fn.Text)
		return r.cols, true
	}
	other := b.table(ctx{sc: c.sc}, call.Args[0])
	b.scalar(c.withRow(r), call.Args[1])
	o := b.outputs()
	var cols []bound
	for _, col := range append(append([]bound(nil), r.cols...), other.visible()...) {
		col.Name = o.unique(col.Name)
		cols = append(cols, col)
	}
	return cols, r.open || other.open
}
