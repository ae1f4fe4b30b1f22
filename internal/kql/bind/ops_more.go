package bind

import (
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// groupRows is the input of a sub-query that runs for every group of rows.
func (b *binder) groupRows(cols []bound, open bool) (*rel, *plan.GroupRows) {
	g := &plan.GroupRows{}
	for _, c := range cols {
		g.Out = append(g.Out, c.Col)
	}
	return &rel{node: b.node(g), cols: cols, open: open}, g
}

// placeholder is the input of a sub-query that an operator feeds itself.
func (b *binder) placeholder(cols []bound, open bool) *rel {
	v := &plan.Values{}
	for _, c := range cols {
		v.Out = append(v.Out, c.Col)
	}
	return &rel{node: v, cols: cols, open: open}
}

// sub binds a sub-query over a table.
func (b *binder) sub(c ctx, x syntax.Expr, input *rel) *rel {
	v := b.value(ctx{sc: c.sc, sub: input}, x)
	if v.rel == nil {
		return b.nothing()
	}
	return v.rel
}

// mvApply: the outer columns that are not expanded, then what the sub-query gives. Inside it, the expanded columns are
// the table, and the outer ones can be named.
func (b *binder) mvApply(c ctx, r *rel, op *syntax.MvOp) *rel {
	n, _ := b.expand(c, r, op)
	expanded := map[string]bool{}
	in := &rel{open: r.open}
	for _, it := range n.Items {
		expanded[it.Out.Name] = true
		in.cols = append(in.cols, bound{Col: it.Out})
	}
	if n.Index != nil {
		in.cols = append(in.cols, bound{Col: *n.Index})
	}
	var outer []bound
	for _, col := range r.cols {
		if expanded[col.Name] {
			continue
		}
		outer = append(outer, col)
		in.cols = append(in.cols, bound{Col: col.Col, hidden: true})
	}
	rows, leaf := b.groupRows(in.cols, r.open)
	got := b.sub(c, op.Body, rows)
	o := b.outputs()
	var cols []bound
	for _, col := range outer {
		if !col.hidden {
			o.taken[col.Name] = true
		}
		cols = append(cols, col)
	}
	for _, col := range got.visible() {
		if isOuter(outer, col) {
			continue
		}
		col.Name = o.unique(col.Name)
		cols = append(cols, col)
	}
	if r.open || got.open {
		return b.unsupported(op, "mv-apply", cols, true, r)
	}
	n.Limit = 1<<31 - 1
	if op.Limit != nil {
		if l, ok := b.count(c.constant(), op.Limit).(*plan.Lit); ok && l.Value != nil {
			n.Limit, _ = l.Value.(int64)
		} else {
			b.notRunnable(op.Limit, "mv-apply with a computed limit")
		}
	}
	return &rel{node: b.applyRows(n, leaf, got.node, cols), cols: cols}
}

// applyRows numbers the rows, expands them, and runs the sub-plan once for every number.
func (b *binder) applyRows(n *plan.MvExpand, leaf *plan.GroupRows, sub plan.Node, cols []bound) plan.Node {
	number := plan.Col{ID: b.newID(), Name: "", Type: schema.Long}
	numbered := &plan.Project{Input: &plan.Serialize{Input: n.Input}}
	for _, col := range n.Input.Cols() {
		numbered.Items = append(numbered.Items, plan.Item{Out: col, Expr: &plan.Ref{ID: col.ID, T: col.Type}})
	}
	numbered.Items = append(numbered.Items, plan.Item{Out: number, Expr: &plan.Call{Func: "row_number", T: schema.Long}})
	n.Out = append([]plan.Col(nil), n.Input.Cols()...)
	for _, it := range n.Items {
		n.Out = append(n.Out, it.Out)
	}
	if n.Index != nil {
		n.Out = append(n.Out, *n.Index)
	}
	n.Out = append(n.Out, number)
	n.Input = b.node(numbered)
	leaf.Out = n.Out
	out := &plan.Apply{Input: b.node(n), By: []plan.Expr{&plan.Ref{ID: number.ID, T: schema.Long}}, Rows: leaf, Sub: sub}
	for _, col := range cols {
		out.Out = append(out.Out, col.Col)
	}
	return b.node(out)
}

func isOuter(outer []bound, c bound) bool {
	for _, o := range outer {
		if o.ID == c.ID && o.Name == c.Name {
			return true
		}
	}
	return false
}

func (b *binder) parseKv(c ctx, r *rel, op *syntax.ParseKvOp) *rel {
	b.typed(c.withRow(r), op.X, schema.String)
	out := &rel{cols: append([]bound(nil), r.cols...)}
	for _, col := range b.columnsOf(op.Columns) {
		replace(out, col.Col)
	}
	return b.unsupported(op, "parse-kv", out.cols, r.open, r)
}

// makeSeries: the keys, then the aggregates as arrays, then the axis as an array.
func (b *binder) makeSeries(c ctx, r *rel, op *syntax.MakeSeriesOp) *rel {
	o := b.outputs()
	agg := &aggregation{input: r, keys: map[int]bool{}}
	rc := c.withRow(r)
	for _, x := range op.By {
		o.addNew(b.itemsOf(rc, x))
	}
	nkeys := len(o.cols)
	for _, a := range op.Aggs {
		o.addNew(b.itemsOf(ctx{sc: c.sc, aggs: agg, sub: c.sub}, a.X))
		if a.Default != nil {
			b.scalar(rc, a.Default)
		}
	}
	axis := b.itemsOf(rc, op.On)
	if t := axis[0].expr.Type(); t != schema.Unknown && !t.Numeric() && t != schema.Datetime && t != schema.Timespan {
		b.errorf(op.On, "KS138", "The axis of make-series must be a number, timespan or datetime, not %s.", t)
	}
	for _, x := range []syntax.Expr{op.From, op.To, op.Step} {
		if x != nil {
			b.scalar(rc, x)
		}
	}
	o.addNew(axis)
	cols := o.cols
	for i := nkeys; i < len(cols); i++ {
		cols[i].Type = schema.Dynamic
		cols[i].ID = b.newID()
	}
	return b.unsupported(op, "make-series", cols, false, r)
}

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
	var any plan.Expr
	for i, col := range c.row.visible() {
		if i == 0 && col.Name == "$table" || col.Type != schema.String && col.Type != schema.Dynamic {
			continue
		}
		any = either(any, &plan.Call{Func: op, T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: col.ID, T: col.Type}, &plan.Lit{T: schema.String, Value: text}}})
	}
	if any == nil {
		return &plan.Lit{T: schema.Bool, Value: false}
	}
	return any
}

// find: source_, then the columns the condition names or the project clause lists, then the rest as a bag.
func (b *binder) find(c ctx, op *syntax.FindOp) *rel {
	var legs []leg
	for _, x := range op.In {
		legs = append(legs, b.legs(c, x, false, "find_arg"+itoa(len(legs)))...)
	}
	if op.In == nil {
		for _, t := range b.env.Catalog.Tables() {
			legs = append(legs, leg{b.scan(t), t.Name})
		}
	}
	source := "source_"
	for _, k := range []string{"withsource", "with_source"} {
		if x := op.Option(k); x != nil {
			source = optionText(x)
		}
	}
	all := b.unite(legs, "", false, true)
	b.searchPred(c.withRow(all), op.Pred, false)
	cols := []bound{b.fresh(source, schema.String)}
	if op.HasProject {
		for _, x := range op.Project {
			switch x := x.(type) {
			case *syntax.Name:
				if col, ok := all.find(x.Text); ok {
					cols = append(cols, col)
				} else {
					b.unknownName(ctx{row: all}, x)
				}
			case *syntax.Typed:
				t, _ := schema.ParseType(x.Type)
				cols = append(cols, b.fresh(x.Name.Text, t))
			case *syntax.Call:
				cols = append(cols, b.fresh("pack_", schema.Dynamic))
			}
		}
		return b.unsupported(op, "find", cols, false, all)
	}
	return b.unsupported(op, "find", append(cols, b.findColumns(legs, op)...), false, all)
}

// findColumns are the columns that all tables have or that the condition names, and a bag for the rest.
func (b *binder) findColumns(legs []leg, op *syntax.FindOp) []bound {
	if len(legs) == 1 {
		return legs[0].r.visible()
	}
	count := map[string]int{}
	for _, lg := range legs {
		for _, col := range lg.r.visible() {
			count[col.Name]++
		}
	}
	named := map[string]bool{}
	namesIn(op.Pred, named)
	var shared, others []bound
	rest := false
	done := map[string]bool{}
	for _, lg := range legs {
		for _, col := range lg.r.visible() {
			common := count[col.Name] == len(legs)
			switch {
			case done[col.Name]:
				continue
			case common:
				shared = append(shared, b.findColumn(legs, col.Name))
			case named[col.Name]:
				others = append(others, b.findColumn(legs, col.Name))
			default:
				rest = true
			}
			done[col.Name] = true
		}
	}
	cols := append(shared, others...)
	if rest {
		cols = append(cols, b.fresh("pack_", schema.Dynamic))
	}
	return cols
}

// findColumn gives a column that tables have with several types the type dynamic.
func (b *binder) findColumn(legs []leg, name string) bound {
	t := schema.Unknown
	for _, lg := range legs {
		if col, ok := lg.r.find(name); ok {
			if t != schema.Unknown && t != col.Type {
				return b.fresh(name, schema.Dynamic)
			}
			t = col.Type
		}
	}
	return b.fresh(name, t)
}

// namesIn collects the names in a condition.
func namesIn(x syntax.Expr, names map[string]bool) {
	switch x := x.(type) {
	case *syntax.Name:
		names[x.Text] = true
	case *syntax.Paren:
		namesIn(x.X, names)
	case *syntax.Unary:
		namesIn(x.X, names)
	case *syntax.Binary:
		namesIn(x.L, names)
		namesIn(x.R, names)
	case *syntax.In:
		namesIn(x.X, names)
	case *syntax.Between:
		namesIn(x.X, names)
	case *syntax.Member:
		namesIn(x.X, names)
	case *syntax.Index:
		namesIn(x.X, names)
	case *syntax.Call:
		for _, a := range x.Args {
			namesIn(a, names)
		}
	}
}

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

// partition runs a sub-query for each value of a column.
func (b *binder) partition(c ctx, r *rel, op *syntax.PartitionOp) *rel {
	by := b.scalar(c.withRow(r), op.By)
	var got *rel
	switch {
	case op.Sub != nil:
		rows, leaf := b.groupRows(r.cols, r.open)
		got = b.sub(c, op.Sub, rows)
		if !r.open && !got.open {
			leaf.Out = r.node.Cols()
			out := &plan.Apply{Input: r.node, By: []plan.Expr{by}, Rows: leaf, Sub: got.node}
			for _, col := range got.cols {
				out.Out = append(out.Out, col.Col)
			}
			return &rel{node: b.node(out), cols: got.cols}
		}
	case op.Query != nil:
		sc := c.sc.child() // the value of the partition goes by the column's name
		if n, ok := op.By.(*syntax.Name); ok {
			sc.vars[n.Text] = &variable{name: n.Text, value: by}
		}
		got = b.table(ctx{sc: sc, sub: r}, op.Query)
	default:
		got = b.nothing()
	}
	return b.unsupported(op, op.Word, got.cols, got.open, r)
}

func (b *binder) fork(c ctx, r *rel, op *syntax.ForkOp) *rel {
	for _, x := range op.By {
		b.scalar(c.withRow(r), x)
	}
	var first *rel
	for _, s := range op.Subs {
		got := b.sub(c, s, b.placeholder(r.cols, r.open))
		if first == nil {
			first = got
		}
	}
	if first == nil {
		first = b.nothing()
	}
	return b.unsupported(op, op.Word, first.cols, first.open, r)
}

// scanOp: the input's columns, the declared ones, and the match id where one is asked for.
func (b *binder) scanOp(c ctx, r *rel, op *syntax.ScanOp) *rel {
	out := &rel{cols: append([]bound(nil), r.cols...), open: r.open}
	for _, k := range op.Order {
		b.sortKeys(c, r, []syntax.Expr{k}, false)
	}
	for _, k := range op.Partition {
		b.scalar(c.withRow(r), k)
	}
	for _, col := range b.columnsOf(op.Declare) {
		replace(out, col.Col)
	}
	if x := op.Option("with_match_id"); x != nil {
		out.cols = append(out.cols, b.fresh(optionText(x), schema.Long))
	}
	sc := c.sc.child()
	for _, s := range op.Steps {
		bag := &plan.Lit{}
		sc.vars[s.Name.Text] = &variable{name: s.Name.Text, value: bag}
	}
	for _, s := range op.Steps {
		b.predicate(ctx{sc: sc, row: out}, s.Pred)
		for _, a := range s.Assign {
			b.itemsOf(ctx{sc: sc, row: out}, a)
		}
	}
	return b.unsupported(op, "scan", out.cols, r.open, r)
}

// topNested: two columns a level.
func (b *binder) topNested(c ctx, r *rel, op *syntax.TopNestedOp) *rel {
	o := b.outputs()
	for _, l := range op.Levels {
		if l.N != nil {
			b.count(c.constant(), l.N)
		}
		of := b.itemsOf(c.withRow(r), l.Of)[:1]
		if of[0].expr.Type() == schema.Dynamic {
			b.errorf(l.Of, "KS116", "The value of type 'dynamic' is not allowed in this context. Convert it with tostring() first.")
		}
		name := of[0].name
		o.addNew(of)
		by := l.By
		if ord, ok := by.(*syntax.Ordered); ok {
			by = ord.X
		}
		agg := &aggregation{input: r, keys: map[int]bool{}}
		items := b.itemsOf(ctx{sc: c.sc, aggs: agg}, by)[:1]
		if _, named := by.(*syntax.Named); !named {
			items[0].name, items[0].fixed = "aggregated_"+name, false
		}
		o.addNew(items)
	}
	return b.unsupported(op, "top-nested", o.cols, false, r)
}

// ofOp is sample-distinct and top-hitters.
func (b *binder) ofOp(c ctx, r *rel, op *syntax.OfOp) *rel {
	b.count(c.constant(), op.N)
	o := b.outputs()
	of := b.itemsOf(c.withRow(r), op.Of)[:1]
	o.addNew(of)
	if op.Word == "top-hitters" {
		name, t := "approximate_count_", schema.Long
		if op.By != nil {
			name, t = "approximate_sum_", b.scalar(c.withRow(r), op.By).Type()
		}
		o.add(o.unique(name+of[0].name), &plan.Lit{T: t}, b.newID())
	}
	return b.unsupported(op, op.Word, o.cols, false, r)
}

func (b *binder) reduce(c ctx, r *rel, op *syntax.ReduceOp) *rel {
	e := b.scalar(c.withRow(r), op.By)
	if t := e.Type(); t != schema.String && t != schema.Unknown {
		b.errorf(op.By, "KS141", "The expression must have the type string, not %s.", t)
	}
	cols := []bound{b.fresh("Pattern", schema.String), b.fresh("Count", schema.Long), b.fresh("Representative", schema.String)}
	return b.unsupported(op, "reduce", cols, false, r)
}
