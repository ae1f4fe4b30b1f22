package bind

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// columnsOf turns a written schema into columns.
func (b *binder) columnsOf(params []syntax.Param) []bound {
	var out []bound
	taken := map[string]bool{}
	for _, p := range params {
		t, err := schema.ParseType(p.Type)
		if err != nil || p.Name.Text == "" {
			continue
		}
		if taken[p.Name.Text] {
			b.errorf(p.Name, "KS171", "A column with the name '%s' is already declared.", p.Name.Text)
		}
		taken[p.Name.Text] = true
		out = append(out, bound{Col: plan.Col{ID: b.newID(), Name: p.Name.Text, Type: t}})
	}
	return out
}

func (b *binder) datatable(c ctx, x *syntax.Datatable) *rel {
	out := &rel{cols: b.columnsOf(x.Columns)}
	n := &plan.Values{}
	for _, col := range out.cols {
		n.Out = append(n.Out, col.Col)
	}
	width := len(out.cols)
	if width > 0 && len(x.Values)%width != 0 {
		b.errorf(x, "KS_values", "The datatable has %d values, which is not a whole number of rows of %d columns.", len(x.Values), width)
	}
	if width == 0 {
		out.node = b.node(n)
		return out
	}
	for i := 0; i+width <= len(x.Values); i += width {
		row := make([]plan.Expr, width)
		for k := range row {
			row[k] = b.cell(c, x.Values[i+k], n.Out[k].Type)
		}
		n.Rows = append(n.Rows, row)
	}
	out.node = b.node(n)
	return out
}

// cell gives a literal of a datatable the type of its column.
func (b *binder) cell(c ctx, x syntax.Expr, t schema.Type) plan.Expr {
	e := b.scalar(c.constant(), x)
	l, ok := e.(*plan.Lit)
	if !ok || l.T == t || l.Value == nil {
		if ok && l.Value == nil {
			return nullOf(t)
		}
		return e
	}
	if s, ok := l.Value.(string); ok && t != schema.Dynamic {
		if v, ok := literalValue(t, strings.TrimSpace(s)); ok {
			return &plan.Lit{T: t, Value: v}
		}
		return nullOf(t)
	}
	if got, ok := convert(l, t).(*plan.Lit); ok {
		return got
	}
	if lit, ok := unparen(x).(*syntax.Literal); ok {
		text := lit.Text
		if i := strings.IndexByte(text, '('); i >= 0 {
			text = strings.TrimSuffix(text[i+1:], ")")
		}
		if t == schema.String {
			return &plan.Lit{T: t, Value: text}
		}
		if v, ok := literalValue(t, text); ok {
			return &plan.Lit{T: t, Value: v}
		}
	}
	return convert(l, t)
}

// externaldata binds a table of files. Option names may be written in any case.
func (b *binder) externaldata(c ctx, x *syntax.Externaldata) *rel {
	out := &rel{cols: b.columnsOf(x.Columns)}
	n := &plan.External{}
	for _, col := range out.cols {
		n.Out = append(n.Out, col.Col)
	}
	for _, u := range x.URIs {
		n.URIs = append(n.URIs, b.typed(c.constant(), u, schema.String))
	}
	for _, o := range x.Options {
		v := optionText(o.Value)
		switch strings.ToLower(o.Name.Text) {
		case "format":
			n.Format = strings.ToLower(v)
		case "ignorefirstrecord":
			n.SkipFirst = strings.EqualFold(v, "true")
		case "ignorelastrecord":
			n.SkipLast = strings.EqualFold(v, "true")
		}
	}
	if b.request.NoExternal {
		b.errorf(x, "external_disabled", "The query's option request_external_data_disabled forbids externaldata.")
	}
	out.node = b.node(n)
	return out
}

func (b *binder) mvExpand(c ctx, r *rel, op *syntax.MvOp) *rel {
	n, out := b.expand(c, r, op)
	n.Limit = 1<<31 - 1
	if op.Word == "mvexpand" {
		n.Limit = 128
	}
	if op.Limit != nil {
		if l, ok := b.count(c.constant(), op.Limit).(*plan.Lit); ok && l.Value != nil {
			n.Limit, _ = l.Value.(int64)
		} else {
			b.notRunnable(op.Limit, "mv-expand with a computed limit")
		}
	}
	for _, col := range out.cols {
		n.Out = append(n.Out, col.Col)
	}
	out.node = b.node(n)
	return out
}

// expand binds the columns of mv-expand and mv-apply.
func (b *binder) expand(c ctx, r *rel, op *syntax.MvOp) (*plan.MvExpand, *rel) {
	n := &plan.MvExpand{Input: r.node}
	out := &rel{open: r.open, cols: append([]bound(nil), r.cols...)}
	for _, k := range []string{"bagexpansion", "kind"} {
		switch v := optionText(op.Option(k)); v {
		case "", "bag":
		case "array":
			n.ArrayPairs = true
		default:
			b.errorf(op.Option(k), "KS_kind", "'%s' is not a way to expand a bag: bag or array.", v)
		}
	}
	o := b.outputs()
	for _, col := range r.cols {
		o.taken[col.Name] = true
	}
	for _, it := range op.Items {
		items := b.itemsOf(c.withRow(r), it.X)
		e, name := items[0].expr, items[0].name
		if t := e.Type(); t != schema.Dynamic && t != schema.Unknown {
			b.errorf(it.X, "KS141", "The expression must have the type dynamic; this one is %s.", t)
		}
		t := schema.Unknown
		if it.Type != "" {
			t, _ = schema.ParseType(it.Type)
		}
		typ := t
		if typ == schema.Unknown && e.Type() != schema.Unknown {
			typ = schema.Dynamic
		}
		if name == "" {
			name = o.columnN()
		}
		if items[0].fixed && !o.fix(items[0].at, name) {
			continue
		}
		col := plan.Col{ID: b.newID(), Name: name, Type: typ}
		n.Items = append(n.Items, plan.ExpandItem{Expr: e, Out: col, T: t})
		replace(out, col)
	}
	if x := op.Option("with_itemindex"); x != nil {
		n.Index = &plan.Col{ID: b.newID(), Name: optionText(x), Type: schema.Long}
		replace(out, *n.Index)
	}
	return n, out
}

// replace puts a column in place of the one of its name, or at the end.
func replace(r *rel, col plan.Col) {
	for i := range r.cols {
		if r.cols[i].Name == col.Name {
			r.cols[i].Col = col
			return
		}
	}
	at := len(r.cols)
	for at > 0 && r.cols[at-1].hidden {
		at--
	}
	r.cols = append(r.cols[:at:at], append([]bound{{Col: col}}, r.cols[at:]...)...)
}

func (b *binder) parse(c ctx, r *rel, op *syntax.ParseOp) *rel {
	n := &plan.Parse{Input: r.node, Kind: "simple", Where: op.Word == "parse-where"}
	n.X = b.scalar(c.withRow(r), op.X)
	if t := n.X.Type(); t != schema.String && t != schema.Unknown {
		if t == schema.Dynamic {
			n.X = convert(n.X, schema.String)
		} else {
			b.errorf(op.X, "KS107", "A value of type string expected, not %s.", t)
		}
	}
	if x := op.Option("kind"); x != nil {
		n.Kind = optionText(x)
		if n.Kind != "simple" && n.Kind != "regex" && n.Kind != "relaxed" {
			b.errorf(x, "KS_kind", "'%s' is not a kind of parse: simple, regex or relaxed.", n.Kind)
		}
	}
	n.Flags = optionText(op.Option("flags"))
	out := &rel{open: r.open, cols: append([]bound(nil), r.cols...)}
	b.checkPattern(op.Pattern)
	for _, p := range op.Pattern {
		switch p := p.(type) {
		case *syntax.String:
			n.Steps = append(n.Steps, plan.ParseStep{Literal: p.Value})
		case *syntax.Star:
			n.Steps = append(n.Steps, plan.ParseStep{Star: true})
		case *syntax.Name:
			b.capture(n, out, p, schema.String)
		case *syntax.Typed:
			t, _ := schema.ParseType(p.Type)
			b.capture(n, out, p.Name, t)
		}
	}
	for _, col := range out.cols {
		n.Out = append(n.Out, col.Col)
	}
	out.node = b.node(n)
	return out
}

func (b *binder) capture(n *plan.Parse, out *rel, name *syntax.Name, t schema.Type) {
	col := plan.Col{ID: b.newID(), Name: name.Text, Type: t}
	n.Steps = append(n.Steps, plan.ParseStep{Out: &col})
	replace(out, col)
}

// checkPattern applies the rules of patterns: text between two columns, and after a star; a column once.
func (b *binder) checkPattern(pattern []syntax.Expr) {
	seen := map[string]bool{}
	column := func(i int, n *syntax.Name) {
		if seen[n.Text] {
			b.errorf(n, "KS171", "A column with the name '%s' is already declared.", n.Text)
		}
		seen[n.Text] = true
		if i > 0 {
			if _, text := pattern[i-1].(*syntax.String); !text {
				if _, star := pattern[i-1].(*syntax.Star); !star {
					b.errorf(n, "KS101", "The column name must follow a string literal")
				}
			}
		}
	}
	for i, p := range pattern {
		switch p := p.(type) {
		case *syntax.Name:
			column(i, p)
		case *syntax.Typed:
			column(i, p.Name)
		case *syntax.Star:
			if i+1 < len(pattern) {
				if _, text := pattern[i+1].(*syntax.String); !text {
					b.errorf(p, "KS102", "A string literal must follow a *")
				}
			}
			if i > 0 {
				_, name := pattern[i-1].(*syntax.Name)
				typed, ok := pattern[i-1].(*syntax.Typed)
				if name || ok && typed.Type == "string" {
					b.errorf(p, "KS103", "Using * after parsing a string column is ambiguous.")
				}
			}
		}
	}
}

// parseKv adds a column for each key that is asked for.
func (b *binder) parseKv(c ctx, r *rel, op *syntax.ParseKvOp) *rel {
	n := &plan.ParseKV{Input: r.node, X: b.typed(c.withRow(r), op.X, schema.String)}
	out := &rel{cols: append([]bound(nil), r.cols...), open: r.open}
	for _, col := range b.columnsOf(op.Columns) {
		n.Keys = append(n.Keys, col.Col)
		replace(out, col.Col)
	}
	for _, o := range op.With {
		text := optionText(o.Value)
		switch o.Name.Text {
		case "pair_delimiter":
			n.Pair = text
		case "kv_delimiter":
			n.KV = text
		case "quote":
			n.Quotes = append(n.Quotes, text)
		case "escape":
			n.Escapes = append(n.Escapes, text)
		case "regex":
			n.Regex = text
		case "greedy":
			n.Greedy = text == "true"
		default:
			b.errorf(o.Name, "KS_option", "parse-kv has no option '%s'; it knows pair_delimiter, kv_delimiter, quote, escape, greedy and regex.", o.Name.Text)
		}
	}
	if n.KV == "" && (n.Pair != "" || n.Greedy) {
		b.errorf(op, "KS_option", "parse-kv needs kv_delimiter where pair_delimiter or greedy is given.")
	}
	for _, col := range out.cols {
		n.Out = append(n.Out, col.Col)
	}
	out.node = b.node(n)
	return out
}
