package bind

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// evaluate binds a plugin: its columns are known only where the plugin or the query says them, or where the rows can be
// looked at now.
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
	var declared []bound
	if op.HasSchema {
		if op.Star && r != nil {
			declared = append(declared, r.cols...)
		}
		declared = append(declared, b.columnsOf(op.Schema)...)
	}
	refuse := func(why string) *rel {
		return b.unsupported(op, "evaluate "+name+why, declared, !op.HasSchema, r)
	}
	if Refusals()["plugin"][name] != "" {
		return refuse("")
	}
	if r == nil {
		return refuse(" without a table before it")
	}
	p := &pluginBinder{b: b, c: c, r: r, call: call, op: op, name: name, declared: declared}
	got := p.bind()
	if got == nil {
		return refuse("")
	}
	return got
}

// pluginBinder binds one evaluate.
type pluginBinder struct {
	b        *binder
	c        ctx
	r        *rel
	call     *syntax.Call
	op       *syntax.EvaluateOp
	name     string
	declared []bound // of an output schema, "*" written out
	n        *plan.Plugin
}

func (p *pluginBinder) bind() *rel {
	p.n = &plan.Plugin{Name: p.name, Input: p.r.node, Flags: map[string]bool{}}
	switch p.name {
	case "identity":
		return p.r
	case "preview":
		return p.preview()
	case "bag_unpack":
		return p.bagUnpack()
	case "pivot":
		return p.pivot()
	case "narrow":
		p.n.Input = p.b.visible(p.r)
		return p.done([]bound{p.b.fresh("Row", schema.Long), p.b.fresh("Column", schema.String), p.b.fresh("Value", schema.String)})
	case "schema_merge":
		return p.schemaMerge()
	case "ipv4_lookup", "ipv6_lookup", "geo_polygon_lookup", "geo_line_lookup":
		return p.lookup()
	case "rows_near":
		if !p.atLeast(2) {
			return p.r
		}
		p.n.Args = []plan.Expr{p.b.predicate(p.c.withRow(p.r), p.call.Args[0])}
		for _, x := range p.call.Args[1:] {
			p.n.Consts = append(p.n.Consts, p.b.count(p.c.constant(), x))
		}
		p.n.Out = append(p.n.Out, p.r.node.Cols()...)
		return p.r.with(p.finish())
	case "dcount_intersect":
		return p.dcountIntersect()
	case "sequence_detect":
		return p.sequenceDetect()
	}
	return p.timeline()
}

// atLeast reports an argument list that is too short.
func (p *pluginBinder) atLeast(n int) bool {
	if len(p.call.Args) >= n {
		return true
	}
	p.b.errorf(p.call, "KS119", "The plugin '%s' expects at least %d arguments, not %d.", p.name, n, len(p.call.Args))
	return false
}

// finish puts the node into the plan, unless its input has columns that nobody knows.
func (p *pluginBinder) finish() plan.Node {
	if p.r.open {
		p.b.notRunnable(keyword(p.op), "evaluate "+p.name+" over columns that are not known before the query runs")
	}
	return p.b.node(p.n)
}

// done sets the output. A declared schema renames nothing: its columns must be the plugin's, by name.
func (p *pluginBinder) done(cols []bound) *rel {
	for _, col := range cols {
		p.n.Out = append(p.n.Out, col.Col)
	}
	out := &rel{node: p.finish(), cols: cols}
	if !p.op.HasSchema {
		return out
	}
	o := p.b.outputs()
	for _, want := range p.declared {
		var e plan.Expr = nullOf(want.Type)
		if col, ok := out.find(want.Name); ok {
			e = convert(&plan.Ref{ID: col.ID, T: col.Type}, want.Type)
		}
		o.add(want.Name, e, want.ID)
	}
	return o.project(out)
}

// discover looks at the rows to learn the columns. Without the means to do so the columns stay open.
func (p *pluginBinder) discover(known []bound) *rel {
	p.n.Open = true
	for _, col := range known {
		p.n.Out = append(p.n.Out, col.Col)
	}
	open := &rel{node: p.finish(), cols: known, open: true}
	ofGroup := false
	plan.Walk(p.n.Input, func(n plan.Node) {
		if _, ok := n.(*plan.GroupRows); ok {
			ofGroup = true
		}
	})
	switch {
	case p.r.open:
		return open
	case ofGroup:
		p.b.notRunnable(keyword(p.op), "evaluate "+p.name+" in a sub-query without a schema: write evaluate "+p.name+"(...) : (Name: type, ...)")
		return open
	case p.b.env.Discover == nil:
		if p.b.env.Runnable != nil {
			p.b.notRunnable(keyword(p.op), "evaluate "+p.name+" where rows cannot be looked at")
		}
		return open
	case p.b.diags.HasErrors():
		return open
	}
	held, err := p.b.env.Discover(p.n)
	if err != nil {
		p.b.fail(keyword(p.op), err)
		return open
	}
	out := &rel{node: held}
	for i := range held.Out {
		held.Out[i].ID = p.b.newID()
		col := bound{Col: held.Out[i]}
		for _, k := range known { // a hidden column stays hidden
			if k.Name == col.Name {
				col.hidden = k.hidden
			}
		}
		out.cols = append(out.cols, col)
	}
	p.b.node(held)
	return out
}

// named finds the column that an argument names as it stands.
func (p *pluginBinder) named(x syntax.Expr) (bound, bool) {
	n, ok := x.(*syntax.Name)
	if !ok {
		return bound{}, false
	}
	return p.r.find(n.Text)
}

// bagUnpack: the table without the bag, then a column for each key.
func (p *pluginBinder) bagUnpack() *rel {
	if !p.atLeast(1) {
		return &rel{node: p.r.node, cols: p.r.cols, open: true}
	}
	bag := p.b.scalar(p.c.withRow(p.r), p.call.Args[0])
	if t := bag.Type(); t != schema.Dynamic && t != schema.Unknown {
		p.b.errorf(p.call.Args[0], "KS235", "The expression must be a dynamic property bag, not %s.", t)
	}
	p.n.Consts = []plan.Expr{nullOf(schema.String), nullOf(schema.String), &plan.Lit{T: schema.Dynamic}}
	for i, x := range p.call.Args[1:] {
		at := i
		if n, ok := x.(*syntax.Named); ok && len(n.Names) == 1 {
			x = n.X
			switch n.Names[0].Text {
			case "columnsConflict":
				at = 1
			case "ignoredProperties":
				at = 2
			default:
				at = 0
			}
		}
		if at < 3 {
			p.n.Consts[at] = p.b.scalar(p.c.constant(), x)
		}
	}
	drop, _ := p.named(p.call.Args[0])
	in := &plan.Project{Input: p.r.node}
	var kept []bound
	for _, col := range p.r.cols {
		if col.ID != drop.ID {
			kept = append(kept, col)
			in.Items = append(in.Items, pass(col))
		}
	}
	last := p.b.fresh("", schema.Dynamic)
	in.Items = append(in.Items, plan.Item{Out: last.Col, Expr: bag})
	p.n.Input = p.b.node(in)
	p.n.Args = []plan.Expr{&plan.Ref{ID: last.ID, T: schema.Dynamic}}
	if !p.op.HasSchema {
		return p.discover(kept)
	}
	var cols []bound
	for _, col := range p.declared {
		if col.ID == drop.ID {
			continue
		}
		cols = append(cols, col)
		p.n.Out = append(p.n.Out, col.Col)
	}
	return &rel{node: p.finish(), cols: cols}
}

// pivot: the keys, then a column for each value of the pivoted one. It is a summarize by all of them, spread out.
func (p *pluginBinder) pivot() *rel {
	if !p.atLeast(1) {
		return p.b.nothing()
	}
	over := p.b.scalar(p.c.withRow(p.r), p.call.Args[0])
	drop := map[int]bool{}
	if col, ok := p.named(p.call.Args[0]); ok {
		drop[col.ID] = true
	}
	agg := &aggregation{input: p.r, keys: map[int]bool{}}
	var cell plan.Expr
	var keys []bound
	for i, x := range p.call.Args[1:] {
		if i == 0 {
			cell = p.b.scalar(ctx{sc: p.c.sc, aggs: agg}, x)
			continue
		}
		if col, ok := p.named(x); ok {
			keys = append(keys, col)
		} else {
			p.b.errorf(x, "KS_pivot", "pivot expects the name of a column here.")
		}
	}
	if cell == nil {
		v := p.b.emit(ctx{aggs: agg}, p.call, "count", nil, output{"count_", schema.Long})
		cell = v.expr
	}
	if keys == nil {
		if len(p.call.Args) > 1 {
			if a, ok := p.call.Args[1].(*syntax.Call); ok {
				for _, x := range a.Args {
					if col, ok := p.named(x); ok {
						drop[col.ID] = true
					}
				}
			}
		}
		for _, col := range p.r.visible() {
			if !drop[col.ID] && col.Type != schema.Dynamic {
				keys = append(keys, col)
			}
		}
	}
	p.pivotInput(over, cell, agg, keys)
	if !p.op.HasSchema {
		return p.discover(keys)
	}
	for _, col := range p.declared {
		p.n.Out = append(p.n.Out, col.Col)
	}
	return &rel{node: p.finish(), cols: p.declared}
}

func (p *pluginBinder) pivotInput(over, cell plan.Expr, agg *aggregation, keys []bound) {
	sum := &plan.Aggregate{Input: p.r.node, Aggs: agg.aggs}
	top := &plan.Project{}
	for _, col := range keys {
		sum.Keys = append(sum.Keys, pass(col))
		top.Items = append(top.Items, pass(col))
	}
	name := p.b.fresh("", over.Type())
	sum.Keys = append(sum.Keys, plan.Item{Out: name.Col, Expr: over})
	value := p.b.fresh("", cell.Type())
	top.Items = append(top.Items, pass(name), plan.Item{Out: value.Col, Expr: cell})
	top.Input = p.b.node(sum)
	p.n.Input = p.b.node(top)
	// What a cell without rows holds: the aggregates over nothing.
	none := &plan.Project{Input: p.b.node(&plan.Aggregate{Input: &plan.Values{Out: p.r.node.Cols()}, Aggs: agg.aggs})}
	empty := p.b.fresh("", cell.Type())
	none.Items = []plan.Item{{Out: empty.Col, Expr: cell}}
	p.n.Consts = []plan.Expr{&plan.Scalar{Input: p.b.node(none), T: cell.Type()}}
}

// preview gives the first rows, and how many there are.
func (p *pluginBinder) preview() *rel {
	if !p.atLeast(1) {
		return p.r
	}
	input := p.b.share(p.r)
	first, second := input(), input()
	out := *first.with(p.b.node(&plan.Limit{Input: first.node, N: p.b.count(p.c.constant(), p.call.Args[0])}))
	count := p.b.fresh("Count", schema.Long)
	sum := p.b.node(&plan.Aggregate{Input: second.node, Aggs: []plan.Agg{{Func: "count", Out: []plan.Col{count.Col}}}})
	out.more = []named{{r: &rel{node: sum, cols: []bound{count}}}}
	return &out
}

// schemaMerge works on the columns that getschema gives.
func (p *pluginBinder) schemaMerge() *rel {
	for _, name := range []string{"ColumnName", "ColumnOrdinal", "DataType", "ColumnType"} {
		col, ok := p.r.find(name)
		if !ok {
			p.b.errorf(p.call, "KS_schema_merge", "schema_merge needs the column '%s', as getschema gives it.", name)
			return p.r
		}
		p.n.Args = append(p.n.Args, &plan.Ref{ID: col.ID, T: col.Type})
	}
	p.n.Flags["ordered"] = true
	for _, x := range p.call.Args {
		if n, ok := x.(*syntax.Named); ok {
			x = n.X
		}
		if l, ok := p.b.scalar(p.c.constant(), x).(*plan.Lit); ok && l.Value == false {
			p.n.Flags["ordered"] = false
		}
	}
	return p.done([]bound{p.b.fresh("ColumnName", schema.String), p.b.fresh("ColumnOrdinal", schema.Long), p.b.fresh("DataType", schema.String), p.b.fresh("ColumnType", schema.String)})
}

// dcountIntersect: the table, then s0, s1, ... for the sets.
func (p *pluginBinder) dcountIntersect() *rel {
	if !p.atLeast(1) {
		return p.r
	}
	cols := append([]bound(nil), p.r.cols...)
	p.n.Out = append(p.n.Out, p.r.node.Cols()...)
	for i, x := range p.call.Args {
		p.n.Args = append(p.n.Args, p.b.typed(p.c.withRow(p.r), x, schema.Dynamic))
		col := p.b.fresh("s"+itoa(i), schema.Long)
		p.n.Out = append(p.n.Out, col.Col)
		cols = append(cols, col)
	}
	return &rel{node: p.finish(), cols: cols}
}

// sequenceDetect: the dimensions, the time of each step, and the duration.
func (p *pluginBinder) sequenceDetect() *rel {
	if !p.atLeast(4) {
		return p.b.nothing()
	}
	time := p.b.value(p.c.withRow(p.r), p.call.Args[0])
	span := stepOf(exprOf(time).Type())
	p.n.Args = []plan.Expr{exprOf(time)}
	for _, x := range p.call.Args[1:3] {
		p.n.Consts = append(p.n.Consts, p.b.typed(p.c.constant(), x, span))
	}
	var steps, dims []bound
	var dimArgs []plan.Expr
	for _, x := range p.call.Args[3:] {
		it := p.b.itemsOf(p.c.withRow(p.r), x)[0]
		if it.expr.Type() != schema.Bool {
			dims = append(dims, p.b.fresh(it.name, it.expr.Type()))
			dimArgs = append(dimArgs, it.expr)
			continue
		}
		name := it.name
		if name == "" {
			name = "Expr" + itoa(len(steps)+1)
		}
		steps = append(steps, p.b.fresh(name+"_"+time.name, exprOf(time).Type()))
		p.n.Args = append(p.n.Args, it.expr)
	}
	p.n.Args, p.n.Dims = append(p.n.Args, dimArgs...), len(dimArgs)
	return p.done(append(append(dims, steps...), p.b.fresh("Duration", span)))
}

func exprOf(v value) plan.Expr {
	if v.expr == nil {
		return &plan.Lit{}
	}
	return v.expr
}

// stepOf is the type of a distance on an axis.
func stepOf(t schema.Type) schema.Type {
	if t == schema.Datetime {
		return schema.Timespan
	}
	return t
}

// lookup: the table's columns, then those of the looked-up table.
func (p *pluginBinder) lookup() *rel {
	isGeo := strings.HasPrefix(p.name, "geo_")
	least := 3
	if isGeo {
		least = 4
	}
	if !p.atLeast(least) {
		return &rel{node: p.r.node, cols: p.r.cols, open: true}
	}
	other := p.b.table(ctx{sc: p.c.sc}, p.call.Args[0])
	p.n.Tables = []plan.Node{p.b.visible(other)}
	p.n.Flags["key"] = !isGeo
	p.n.Flags["first"] = p.name == "ipv6_lookup"
	keyAt := 2
	if isGeo {
		keyAt = 1
	}
	key, keyOK := p.lookupColumn(other, p.call.Args[keyAt])
	p.n.Consts = []plan.Expr{&plan.Lit{T: schema.Long, Value: int64(key)}}
	rest := p.call.Args[3:]
	if isGeo {
		p.n.Args = []plan.Expr{p.b.typed(p.c.withRow(p.r), p.call.Args[2], schema.Real), p.b.typed(p.c.withRow(p.r), p.call.Args[3], schema.Real)}
		p.n.Consts = append(p.n.Consts, &plan.Lit{T: schema.Real})
		rest = p.call.Args[4:]
	} else {
		p.n.Args = []plan.Expr{p.b.scalar(p.c.withRow(p.r), p.call.Args[1])}
	}
	p.lookupOptions(other, rest, isGeo)
	if p.r.open || other.open || !keyOK {
		cols := append(append([]bound(nil), p.r.cols...), other.visible()...)
		return p.b.unsupported(p.op, "evaluate "+p.name+" over columns that are not known before the query runs", cols, true, p.r)
	}
	return p.lookupOut(other, key)
}

// lookupColumn is the place of a column of the looked-up table.
func (p *pluginBinder) lookupColumn(other *rel, x syntax.Expr) (int, bool) {
	n, ok := x.(*syntax.Name)
	if ok {
		for i, col := range other.visible() {
			if col.Name == n.Text {
				return i, true
			}
		}
	}
	if !other.open {
		if ok {
			p.b.unknownName(ctx{row: other}, n)
		} else {
			p.b.errorf(x, "KS_lookup", "%s expects the name of a column of the lookup table here.", p.name)
		}
	}
	return 0, false
}

// lookupOptions reads further keys and options, which may be named.
func (p *pluginBinder) lookupOptions(other *rel, rest []syntax.Expr, isGeo bool) {
	order := []string{"return_unmatched"}
	if isGeo {
		order = []string{"radius", "return_unmatched", "lookup_area_radius", "return_lookup_key"}
	}
	for _, x := range rest {
		name := ""
		if n, ok := x.(*syntax.Named); ok && len(n.Names) == 1 {
			name, x = n.Names[0].Text, n.X
		} else if n, ok := x.(*syntax.Name); ok && !isGeo {
			if col, ok := p.r.find(n.Text); ok { // a further key, under one name in both tables
				at, _ := p.lookupColumn(other, x)
				p.n.Args = append(p.n.Args, &plan.Ref{ID: col.ID, T: col.Type})
				p.n.Consts = append(p.n.Consts, &plan.Lit{T: schema.Long, Value: int64(at)})
				continue
			}
		}
		if name == "" && len(order) > 0 {
			name, order = order[0], order[1:]
		}
		e := p.b.scalar(p.c.constant(), x)
		l, _ := e.(*plan.Lit)
		switch name {
		case "return_unmatched":
			p.n.Flags["unmatched"] = l != nil && l.Value == true
		case "return_lookup_key":
			p.n.Flags["key"] = l != nil && l.Value == true
		case "radius":
			p.n.Consts[1] = convert(e, schema.Real)
		}
	}
}

func (p *pluginBinder) lookupOut(other *rel, key int) *rel {
	var right []bound
	for i, col := range other.visible() {
		if i != key || p.n.Flags["key"] {
			right = append(right, p.b.fresh(col.Name, col.Type))
		}
	}
	left := make([]bound, 0, len(p.r.cols))
	hidden := map[int]bound{}
	for _, col := range p.r.cols {
		hidden[col.ID] = col
	}
	for _, col := range p.r.node.Cols() {
		k, ok := hidden[col.ID]
		if !ok {
			k = bound{Col: col, hidden: true}
		}
		left = append(left, k)
	}
	sides := [2][]bound{left, right}
	if p.n.Flags["first"] {
		sides = [2][]bound{right, left}
	}
	o := p.b.outputs()
	var cols []bound
	for _, side := range sides {
		for _, col := range side {
			p.n.Out = append(p.n.Out, col.Col)
			if !col.hidden {
				col.Name = o.unique(col.Name)
			}
			cols = append(cols, col)
		}
	}
	return &rel{node: p.finish(), cols: cols}
}
