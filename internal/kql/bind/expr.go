package bind

import (
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// value is what an expression means: a scalar, a table, or several scalars at once.
type value struct {
	expr plan.Expr
	rel  *rel
	// name is the column name the expression gives by itself; direct says it is a name as it stands in the query, which
	// must not repeat, rather than one derived from it.
	name   string
	direct bool
	outs   []out // further outputs of a function with several
}

// out is one output of a function or aggregate with several.
type out struct {
	name string
	expr plan.Expr
}

func bad() value { return value{expr: &plan.Lit{}} }

func scalarOf(e plan.Expr) value { return value{expr: e} }

// value binds an expression, whatever it is.
func (b *binder) value(c ctx, x syntax.Expr) value {
	b.depth++
	defer func() { b.depth-- }()
	if b.depth > 4*syntax.MaxNesting {
		b.errorf(x, "query_too_deep", "The query nests too deep once its functions are expanded.")
		return bad()
	}
	switch x := x.(type) {
	case *syntax.Name:
		return b.name(c, x)
	case *syntax.Literal:
		return scalarOf(b.literal(x))
	case *syntax.String:
		return scalarOf(&plan.Lit{T: schema.String, Value: x.Value})
	case *syntax.Dynamic:
		return scalarOf(&plan.Lit{T: schema.Dynamic, Value: b.dynamicValue(x.Value)})
	case *syntax.Paren:
		return b.value(c, x.X)
	case *syntax.Unary:
		return b.unary(c, x)
	case *syntax.Binary:
		return b.binary(c, x)
	case *syntax.In:
		return b.in(c, x)
	case *syntax.Between:
		return b.between(c, x)
	case *syntax.Call:
		return b.call(c, x)
	case *syntax.Member:
		return b.member(c, x)
	case *syntax.Index:
		return b.index(c, x)
	case *syntax.Named:
		return b.value(c, x.X)
	case *syntax.Subquery:
		return b.subquery(c, x)
	case *syntax.Pipe, *syntax.Datatable, *syntax.Externaldata:
		return value{rel: b.table(c, x)}
	case *syntax.Typeof:
		b.errorf(x, "KS_typeof", "typeof() can only stand where a function or operator asks for a type.")
	case *syntax.Star:
		b.errorf(x, "KS_star", "'*' can only stand where all columns are meant.")
	case *syntax.EntityGroup:
		b.errorf(x, "KS_group", "A group of entities can only stand in a let statement or in macro-expand.")
	case *syntax.Missing:
	}
	return bad()
}

// scalar binds an expression that must be a scalar.
func (b *binder) scalar(c ctx, x syntax.Expr) plan.Expr {
	v := b.value(c, x)
	if v.expr == nil {
		b.errorf(x, "KS110", "A scalar value is expected here, not a table. Use toscalar() to take its first value.")
		return &plan.Lit{}
	}
	return v.expr
}

// typed binds a scalar that must have, or widen to, the type.
func (b *binder) typed(c ctx, x syntax.Expr, t schema.Type) plan.Expr {
	e := b.scalar(c, x)
	switch from := e.Type(); {
	case from == t || from == schema.Unknown || t == schema.Unknown:
		return e
	case widens(from, t) || t == schema.Dynamic || t == schema.Int && from == schema.Long:
		return convert(e, t)
	}
	b.errorf(x, "KS107", "A value of type %s expected, not %s.", t, e.Type())
	return &plan.Lit{T: t}
}

// predicate binds a condition.
func (b *binder) predicate(c ctx, x syntax.Expr) plan.Expr {
	e := b.scalar(c, x)
	n, named := x.(*syntax.Named)
	switch {
	case e.Type() != schema.Bool && e.Type() != schema.Unknown:
		hint := ""
		if named {
			hint = " To compare, write '=='."
		}
		b.errorf(x, "KS141", "The expression must have the type bool.%s", hint)
	case named && len(n.Names) > 0:
		b.warnf(n.Names[0], "named_condition", "'%s = ' only names the condition; to compare, write '=='.", n.Names[0].Text)
	}
	return e
}

// count binds the number of rows of take, top and the like.
func (b *binder) count(c ctx, x syntax.Expr) plan.Expr {
	e := b.scalar(c, x)
	if t := e.Type(); t != schema.Int && t != schema.Long && t != schema.Unknown {
		b.errorf(x, "KS134", "The expression value must be an integer.")
	}
	return convert(e, schema.Long)
}

// name resolves a name: column, then variable, then stored table or function.
func (b *binder) name(c ctx, n *syntax.Name) value {
	if n.Text == "" {
		return bad()
	}
	if col, ok := c.row.find(n.Text); ok {
		return value{expr: &plan.Ref{ID: col.ID, T: col.Type}, name: col.Name, direct: true}
	}
	if c.left != nil {
		switch n.Text {
		case "$left", "$right":
			b.errorf(n, "KS_side", "'%s' must be followed by a column: %s.Name", n.Text, n.Text)
			return bad()
		}
	}
	if v, ok := c.sc.find(n.Text); ok {
		return b.use(c, n, v)
	}
	if c.row != nil && c.row.open {
		return value{expr: &plan.Lit{}, name: n.Text, direct: true}
	}
	if c.row == nil {
		if t, ok := b.storedTable(c.sc, n.Text); ok {
			return value{rel: b.scan(t)}
		}
	}
	b.unknownName(c, n)
	return value{expr: &plan.Lit{}, name: n.Text, direct: true}
}

func (b *binder) unknownName(c ctx, n *syntax.Name) {
	vars := map[string]bool{}
	for s := c.sc; s != nil; s = s.parent {
		for k := range s.vars {
			vars[k] = true
		}
	}
	if c.row == nil {
		for _, t := range b.storedTables(c.sc) {
			vars[t.Name] = true
		}
	}
	hint, fix := suggest(n.Text, c.row.names(), vars)
	b.report(syntax.Diagnostic{Code: "KS142", Kind: syntax.Semantic, Fix: fix,
		Message: "The name '" + n.Text + "' does not refer to any known column, table, variable or function." + hint}, n)
}

// use is a reference to a variable.
func (b *binder) use(c ctx, n *syntax.Name, v *variable) value {
	switch {
	case v.value != nil:
		if b.exprs += v.size; v.size > maxExpr || b.exprs > 10*maxExpr {
			b.errorf(n, "query_too_large", "The value of '%s' has more than %d parts once its let statements are expanded.", n.Text, maxExpr)
			return bad()
		}
		return value{expr: v.value, name: n.Text, direct: true}
	case v.table != nil:
		if r := v.table(); r != nil && !b.tooLarge(n) {
			return value{rel: r}
		}
		return value{rel: b.nothing()}
	case v.fn != nil:
		if v.fn.def != nil && len(v.fn.def.Params) > 0 && v.fn.def.Params[0].Default == nil {
			b.errorf(n, "KS_call", "The function '%s' must be called with arguments: %s(...)", n.Text, n.Text)
			return bad()
		}
		return b.invoke(c, n, v.fn, nil)
	}
	return bad()
}

// nothing is the table left where a table could not be bound.
func (b *binder) nothing() *rel {
	return &rel{node: &plan.Values{}, open: true}
}

func (b *binder) unary(c ctx, x *syntax.Unary) value {
	e := b.scalar(c, x.X)
	if l, ok := e.(*plan.Lit); ok && x.Op == "-" && l.Value != nil {
		switch v := l.Value.(type) {
		case int64:
			if l.T != schema.Datetime {
				return scalarOf(&plan.Lit{T: l.T, Value: -v})
			}
		case float64:
			return scalarOf(&plan.Lit{T: l.T, Value: -v})
		}
	}
	t := e.Type()
	if t != schema.Unknown && t != schema.Dynamic && !classHolds("Summable", t) {
		b.errorf(x, "KS106", "The operator '%s' is not defined for the operand type %s.", x.Op, t)
		return bad()
	}
	if x.Op == "+" {
		return scalarOf(e)
	}
	return scalarOf(&plan.Call{Func: "neg", Args: []plan.Expr{e}, T: t})
}

func (b *binder) member(c ctx, x *syntax.Member) value {
	if n, ok := x.X.(*syntax.Name); ok && c.left != nil && (n.Text == "$left" || n.Text == "$right") {
		side := c.left
		if n.Text == "$right" {
			side = c.right
		}
		if m, ok := x.Name.(*syntax.Name); ok {
			return b.name(ctx{row: side}, m)
		}
	}
	if n, ok := x.X.(*syntax.Name); ok && c.steps[n.Text] != nil {
		if m, ok := x.Name.(*syntax.Name); ok {
			v := b.name(ctx{row: c.steps[n.Text]}, m)
			v.name, v.direct = path(n.Text, m.Text), false
			return v
		}
	}
	if b.isTablePath(c, x) {
		return b.tablePath(c, x)
	}
	if call, ok := x.X.(*syntax.Call); ok {
		if v, ok := c.sc.find(call.Fn.Text); ok && v.pattern != nil {
			return b.usePattern(c, call, v.pattern, x.Name)
		}
	}
	v := b.value(c, x.X)
	m, ok := x.Name.(*syntax.Name)
	if !ok {
		b.errorf(x.Name, "KS_member", "A function cannot be called on a value like this; write f(x) for x.f().")
		return bad()
	}
	if v.expr == nil {
		b.errorf(x, "KS110", "A table has no properties; a scalar value is expected here.")
		return bad()
	}
	switch v.expr.Type() {
	case schema.Dynamic, schema.Unknown:
	default:
		hint := ""
		if v.expr.Type() == schema.String {
			hint = " A string has no properties; use parse_json() first."
		}
		b.errorf(m, "KS142", "The name '%s' does not refer to any known column, table, variable or function.%s", m.Text, hint)
		return value{expr: &plan.Lit{}, name: m.Text}
	}
	t := schema.Dynamic
	if v.expr.Type() == schema.Unknown {
		t = schema.Unknown
	}
	e := &plan.Call{Func: "member", Args: []plan.Expr{v.expr, &plan.Lit{T: schema.String, Value: m.Text}}, T: t}
	return value{expr: e, name: path(v.name, m.Text)}
}

// path joins the name of a value and of its property.
func path(base, name string) string {
	if base == "" {
		return name
	}
	return base + "_" + name
}

func (b *binder) index(c ctx, x *syntax.Index) value {
	v := b.value(c, x.X)
	i := b.scalar(c, x.I)
	if v.expr == nil {
		b.errorf(x, "KS110", "A table cannot be indexed; a scalar value is expected here.")
		return bad()
	}
	if t := v.expr.Type(); t != schema.Dynamic && t != schema.Unknown {
		b.errorf(x, "KS147", "The element access operator [] is not allowed in this context: the value is of type %s, not dynamic.", t)
		return bad()
	}
	if t := i.Type(); t != schema.String && t != schema.Int && t != schema.Long && t != schema.Dynamic && t != schema.Unknown {
		b.errorf(x.I, "KS147", "An element is named by a string or an integer, not by a value of type %s.", t)
	}
	name := v.name + "_"
	t := schema.Dynamic
	if v.expr.Type() == schema.Unknown {
		t = schema.Unknown
	}
	fn := "index"
	switch lit := x.I.(type) {
	case *syntax.String:
		fn = "member"
		name = path(v.name, lit.Value)
	case *syntax.Literal:
		if n, err := strconv.ParseInt(lit.Text, 0, 64); err == nil {
			name = path(v.name, strconv.FormatInt(n, 10))
		}
	}
	return value{expr: &plan.Call{Func: fn, Args: []plan.Expr{v.expr, i}, T: t}, name: name}
}

func (b *binder) subquery(c ctx, x *syntax.Subquery) value {
	if x.Word == "toscalar" {
		v := b.value(c.constant(), x.X)
		if v.rel == nil {
			return scalarOf(v.expr)
		}
		cols := v.rel.visible()
		if len(cols) == 0 {
			if v.rel.open {
				b.notRunnable(x, "toscalar of a table whose columns are not known")
			}
			return bad()
		}
		return scalarOf(&plan.Scalar{Input: b.only(v.rel, cols[0]), T: cols[0].Type})
	}
	r := b.table(c.constant(), x.X)
	if x.Word == "totable" {
		return value{rel: r}
	}
	b.shared++
	m := &plan.Materialize{ID: b.shared, Input: r.node}
	have := map[int]bool{}
	out := &rel{open: r.open}
	if same(r) {
		for _, col := range r.cols {
			nc := plan.Col{ID: b.newID(), Name: col.Name, Type: col.Type}
			m.Out = append(m.Out, nc)
			out.cols = append(out.cols, bound{Col: nc, hidden: col.hidden})
		}
	} else {
		p := &plan.Project{Input: r.node}
		for _, col := range r.cols {
			if have[col.ID] {
				continue
			}
			have[col.ID] = true
			p.Items = append(p.Items, pass(col))
			nc := plan.Col{ID: b.newID(), Name: col.Name, Type: col.Type}
			m.Out = append(m.Out, nc)
			out.cols = append(out.cols, bound{Col: nc, hidden: col.hidden})
		}
		m.Input = p
	}
	out.node = b.node(m)
	return value{rel: out}
}

// same reports whether the node's columns are those in scope, one for one.
func same(r *rel) bool {
	have := r.node.Cols()
	if len(have) != len(r.cols) {
		return false
	}
	for i := range have {
		if have[i].ID != r.cols[i].ID {
			return false
		}
	}
	return true
}

// only is a projection to one column.
func (b *binder) only(r *rel, c bound) plan.Node {
	if cols := r.node.Cols(); len(cols) == 1 && cols[0].ID == c.ID {
		return r.node
	}
	return b.node(&plan.Project{Input: r.node, Items: []plan.Item{pass(c)}})
}

// constantString returns the value of an expression that is a constant string.
func (b *binder) constantString(c ctx, x syntax.Expr) (string, bool) {
	l, ok := b.scalar(c, x).(*plan.Lit)
	if !ok {
		return "", false
	}
	s, ok := l.Value.(string)
	return s, ok && l.T == schema.String
}

func equalNames(name string, list ...string) bool {
	for _, l := range list {
		if l != "" && strings.EqualFold(name, l) {
			return true
		}
	}
	return false
}
