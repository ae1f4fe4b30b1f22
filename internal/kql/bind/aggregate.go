package bind

import (
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// aggregation collects the aggregate calls of one summarize.
type aggregation struct {
	input *rel
	keys  map[int]bool // ids of the input columns that are keys as they are
	aggs  []plan.Agg
}

// emit adds an aggregate and returns references to its outputs, under the names they have by themselves.
func (b *binder) emit(c ctx, at syntax.Node, fn string, args []plan.Expr, outs ...output) value {
	if b.env.Runnable != nil && !b.env.Runnable(fn) {
		b.notRunnable(at, fn+"()")
	}
	a := plan.Agg{Func: fn, Args: args}
	v := value{}
	for _, o := range outs {
		col := plan.Col{ID: b.newID(), Name: o.name, Type: o.typ}
		a.Out = append(a.Out, col)
		v.outs = append(v.outs, out{o.name, &plan.Ref{ID: col.ID, T: o.typ}})
	}
	c.aggs.aggs = append(c.aggs.aggs, a)
	if len(v.outs) > 0 {
		v.expr, v.name = v.outs[0].expr, v.outs[0].name
	}
	if len(v.outs) == 1 {
		v.outs = nil
	}
	return v
}

// aggregate binds a call of an aggregate.
func (b *binder) aggregate(c ctx, x *syntax.Call, f *function) value {
	inner := ctx{sc: c.sc, row: c.aggs.input, sub: c.sub}
	args := b.arguments(inner, x.Args)
	for _, a := range args {
		if a.rel != nil {
			b.errorf(a.x, "KS110", "A scalar value is expected here, not a table.")
		}
	}
	fn := f.canonical()
	switch fn {
	case "arg_max", "arg_min":
		return b.argMax(c, x, f, args)
	case "take_any":
		return b.takeAny(c, x, f, args)
	case "count":
		// The service counts rows for count(value), which its symbol tables do not know.
		if len(args) == 1 && !args[0].star && args[0].e.Type() != schema.Bool && b.env.Runnable != nil {
			return b.emit(c, x.Fn, fn, nil, output{callName(f, args), schema.Long})
		}
	}
	s := b.match(x, f, args)
	if s == nil {
		return value{expr: &plan.Lit{}, name: callName(f, args)}
	}
	t := b.functionType(x, f, s, args)
	exprs := make([]plan.Expr, len(args))
	for i := range args {
		exprs[i] = b.fit(s, i, len(args), args[i], t)
	}
	switch fn {
	case "percentile", "percentiles", "percentilew", "percentilesw":
		return b.percentiles(c, x, fn, args, exprs)
	case "percentiles_array", "percentilesw_array":
		return b.emit(c, x.Fn, fn, exprs, output{"percentiles_" + args[0].name, schema.Dynamic})
	case "makelist", "make_list", "makeset", "make_set":
		if (f.Name == "makelist" || f.Name == "makeset") && len(exprs) == 1 { // the old names stop at 128
			exprs = append(exprs, &plan.Lit{T: schema.Long, Value: int64(128)})
		}
	case "count":
		if len(exprs) == 1 {
			fn = "countif"
		}
	}
	return b.emit(c, x.Fn, fn, exprs, output{callName(f, args), t})
}

// star lists the columns that "*" adds to an aggregate: those that are no keys. Hidden ones come last, hidden.
func (a *aggregation) star(except int) []bound {
	var out, hidden []bound
	for _, c := range a.input.cols {
		switch {
		case a.keys[c.ID] || c.ID == except:
		case c.hidden:
			hidden = append(hidden, c)
		default:
			out = append(out, c)
		}
	}
	return append(out, hidden...)
}

func (b *binder) argMax(c ctx, x *syntax.Call, f *function, args []argument) value {
	if len(args) == 0 {
		b.errorf(x, "KS119", "The function '%s' expects at least 1 argument, not 0.", f.Name)
		return bad()
	}
	word := strings.TrimPrefix(f.canonical(), "arg_")
	old := f.Name == "argmax" || f.Name == "argmin"
	key := args[0]
	name := key.name
	if name == "" || old {
		name = word + "_" + key.name
	}
	exprs := []plan.Expr{key.e}
	outs := []output{{name, key.e.Type()}}
	id := 0
	if r, ok := key.e.(*plan.Ref); ok {
		id = r.ID
	}
	listed := map[int]bool{}
	for i, a := range args[1:] {
		if a.star {
			for _, col := range c.aggs.star(id) {
				if listed[col.ID] {
					continue
				}
				exprs = append(exprs, &plan.Ref{ID: col.ID, T: col.Type})
				n := col.Name
				if old {
					n = word + "_" + key.name + "_" + n
				}
				if col.hidden {
					n = hiddenMark + n
				}
				outs = append(outs, output{n, col.Type})
			}
			continue
		}
		if r, ok := a.e.(*plan.Ref); ok {
			listed[r.ID] = true
		}
		n := a.name
		if n == "" {
			n = word + "_" + key.name + "_arg" + strconv.Itoa(i+1)
		} else if old {
			n = word + "_" + key.name + "_" + n
		}
		exprs = append(exprs, a.e)
		outs = append(outs, output{n, a.e.Type()})
	}
	if t := key.e.Type(); t != schema.Unknown && !classHolds("Orderable", t) {
		b.errorf(key.x, "KS206", "The argument value must be orderable: a number, timespan, datetime, string or boolean.")
	}
	return b.emit(c, x.Fn, f.canonical(), exprs, outs...)
}

// hiddenMark begins the name of an output that carries a hidden column along.
const hiddenMark = "\x00"

func (b *binder) takeAny(c ctx, x *syntax.Call, f *function, args []argument) value {
	var exprs []plan.Expr
	var outs []output
	prefix := ""
	if f.Name == "any" {
		prefix = "any_"
	}
	for i, a := range args {
		if a.star {
			for _, col := range c.aggs.star(0) {
				exprs = append(exprs, &plan.Ref{ID: col.ID, T: col.Type})
				n := prefix + col.Name
				if col.hidden {
					n = hiddenMark + col.Name
				}
				outs = append(outs, output{n, col.Type})
			}
			continue
		}
		n := prefix + a.name
		if n == "" {
			n = "any_"
			if i > 0 {
				n += "arg" + strconv.Itoa(i)
			}
		}
		exprs = append(exprs, a.e)
		outs = append(outs, output{n, a.e.Type()})
	}
	if len(exprs) == 0 {
		b.errorf(x, "KS119", "The function '%s' expects at least 1 argument, not 0.", f.Name)
		return bad()
	}
	return b.emit(c, x.Fn, "take_any", exprs, outs...)
}

// percentiles names an output after each percentile asked for.
func (b *binder) percentiles(c ctx, x *syntax.Call, fn string, args []argument, exprs []plan.Expr) value {
	first := 1
	if fn == "percentilew" || fn == "percentilesw" {
		first = 2
	}
	t := exprs[0].Type()
	if t == schema.Int {
		t = schema.Long
	}
	var outs []output
	for _, a := range args[first:] {
		n := ""
		if l, ok := a.e.(*plan.Lit); ok {
			switch v := l.Value.(type) {
			case int64:
				n = strconv.FormatInt(v, 10)
			case float64:
				n = strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), ".", "_")
			}
		}
		outs = append(outs, output{"percentile_" + args[0].name + "_" + n, t})
	}
	if fn == "percentile" {
		fn = "percentiles"
	}
	if fn == "percentilew" {
		fn = "percentilesw"
	}
	return b.emit(c, x.Fn, fn, exprs, outs...)
}

// item is one column an operator makes: its name, how firm the name is, and its value.
type item struct {
	name  string
	fixed bool // written out, or the name of a column as it stands
	expr  plan.Expr
	at    syntax.Node
}

// itemsOf binds "expr", "name = expr" and "(a, b) = expr" to the columns they make.
func (b *binder) itemsOf(c ctx, x syntax.Expr) []item {
	n, named := x.(*syntax.Named)
	inner := x
	if named {
		inner = n.X
	}
	v := b.value(c, inner)
	if v.expr == nil {
		b.errorf(inner, "KS110", "A scalar value is expected here, not a table. Use toscalar() to take its first value.")
		v = bad()
	}
	items := []item{{name: v.name, fixed: v.direct, expr: v.expr, at: x}}
	if v.outs != nil {
		items = nil
		for _, o := range v.outs {
			items = append(items, item{name: o.name, expr: o.expr, at: x})
		}
	}
	if !named {
		return items
	}
	if n.Parens && len(n.Names) > len(items) {
		b.errorf(n.Names[len(items)], "KS150", "The name '%s' does not have a corresponding expression.", n.Names[len(items)].Text)
	}
	for i, name := range n.Names {
		if i < len(items) {
			items[i].name, items[i].fixed, items[i].at = name.Text, true, name
		}
	}
	return items
}

// addNew adds items as new columns, as project and summarize do.
func (o *outputs) addNew(items []item) {
	for _, it := range items {
		name, hidden := strings.CutPrefix(it.name, hiddenMark)
		if hidden {
			if o.taken[name] {
				continue
			}
			o.taken[name] = true
			o.add(name, it.expr, o.b.newID())
			o.cols[len(o.cols)-1].hidden = true
			continue
		}
		if it.fixed && name != "" {
			if !o.fix(it.at, name) {
				continue
			}
		}
		if name == "" {
			name = o.columnN()
		} else {
			name = o.unique(name)
		}
		id := o.b.newID()
		if r, ok := it.expr.(*plan.Ref); ok && name == it.name && !o.used(r.ID) {
			id = r.ID
		}
		o.add(name, it.expr, id)
	}
}

// used reports whether a column of that id is among the outputs.
func (o *outputs) used(id int) bool {
	for _, c := range o.cols {
		if c.ID == id {
			return true
		}
	}
	return false
}

func (b *binder) summarize(c ctx, r *rel, op *syntax.SummarizeOp) *rel {
	o := b.outputs()
	agg := &aggregation{input: r, keys: map[int]bool{}}
	kc := c.withRow(r)
	for _, x := range op.By {
		items := b.itemsOf(kc, x)
		for _, it := range items {
			if it.expr.Type() == schema.Dynamic {
				b.errorf(x, "KS116", "The value of type 'dynamic' is not allowed in this context. Convert it with tostring() or another conversion first.")
			}
			if ref, ok := it.expr.(*plan.Ref); ok {
				agg.keys[ref.ID] = true
			}
		}
		o.addNew(items)
	}
	if op.Option("bin") != nil {
		b.notRunnable(op, "summarize ... bin=")
	}
	keys := o.items
	nkeys := len(keys)
	ac := ctx{sc: c.sc, aggs: agg, sub: c.sub}
	for _, x := range op.Aggs {
		inner := x
		if n, ok := x.(*syntax.Named); ok {
			inner = n.X
		}
		if n, ok := unparen(inner).(*syntax.Name); ok {
			b.errorf(inner, "KS236", "The name '%s' is not an aggregate or scalar function.", n.Text)
			continue
		}
		o.addNew(b.itemsOf(ac, x))
	}
	return b.aggregateNode(r, agg, o, nkeys)
}

func unparen(x syntax.Expr) syntax.Expr {
	for {
		p, ok := x.(*syntax.Paren)
		if !ok {
			return x
		}
		x = p.X
	}
}

// aggregateNode builds the Aggregate, with a Project on top where the outputs are more than the aggregates as they are.
func (b *binder) aggregateNode(r *rel, agg *aggregation, o *outputs, nkeys int) *rel {
	node := &plan.Aggregate{Input: r.node, Keys: o.items[:nkeys:nkeys], Aggs: agg.aggs}
	rest := o.items[nkeys:]
	plain := true
	i := 0
	for a := range agg.aggs {
		for k := range agg.aggs[a].Out {
			out := &agg.aggs[a].Out[k]
			if i < len(rest) {
				if ref, ok := rest[i].Expr.(*plan.Ref); ok && ref.ID == out.ID {
					i++
					continue
				}
			}
			plain = false
		}
	}
	plain = plain && i == len(rest)
	if plain {
		i = 0
		for a := range agg.aggs {
			for k := range agg.aggs[a].Out {
				agg.aggs[a].Out[k].Name = rest[i].Out.Name
				o.cols[nkeys+i].ID = agg.aggs[a].Out[k].ID
				i++
			}
		}
		return &rel{node: b.node(node), cols: o.cols}
	}
	p := &plan.Project{Input: b.node(node)}
	for k, it := range o.items {
		if k < nkeys {
			p.Items = append(p.Items, pass(o.cols[k]))
			continue
		}
		p.Items = append(p.Items, it)
	}
	return &rel{node: b.node(p), cols: o.cols}
}
