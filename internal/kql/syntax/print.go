package syntax

import "strings"

// Print writes a tree as text: one operator a line, brackets only where the tree has them. Parsing the text again gives
// the same tree, spans aside, if the tree came from a text without findings. Comments are not part of the tree; Format
// keeps them.
func Print(q *Query) string {
	p := &printer{}
	for i, s := range q.Stmts {
		p.stmt(s)
		if _, ok := s.(*Directive); !ok && i < len(q.Stmts)-1 || isLet(s) {
			p.w(";")
		}
		p.w("\n")
	}
	return p.b.String()
}

func isLet(s Stmt) bool { _, ok := s.(*LetStmt); return ok }

type printer struct {
	b      strings.Builder
	indent int
}

func (p *printer) w(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) newline() { p.w("\n", strings.Repeat("    ", p.indent)) }

func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *LetStmt:
		p.w("let ", p.name(s.Name), " = ")
		p.expr(s.Value)
	case *SetStmt:
		p.w("set ", s.Name.Text)
		if s.Value != nil {
			p.w(" = ")
			p.expr(s.Value)
		}
	case *DeclareStmt:
		p.w("declare query_parameters")
		p.params(s.Params)
	case *PatternStmt:
		p.pattern(s)
	case *AliasStmt:
		p.w("alias database ", p.name(s.Name), " = ")
		p.expr(s.Value)
	case *RestrictStmt:
		p.w("restrict access to (")
		p.exprs(s.Items)
		p.w(")")
	case *ExprStmt:
		p.expr(s.X)
	case *Directive:
		p.w(s.Text)
	}
}

func (p *printer) pattern(s *PatternStmt) {
	p.w("declare pattern ", p.name(s.Name))
	if s.Cases == nil {
		return
	}
	p.w(" = ")
	p.params(s.Params)
	if s.Path != nil {
		p.w("[", p.name(s.Path.Name), ":", s.Path.Type, "]")
	}
	p.w(" {")
	for _, c := range s.Cases {
		p.w(" (")
		p.exprs(c.Args)
		p.w(")")
		if c.Path != nil {
			p.w(".[")
			p.expr(c.Path)
			p.w("]")
		}
		p.w(" = ")
		p.body(c.Body)
		p.w(";")
	}
	p.w(" }")
}

// name writes a name, in brackets where it must stand in them.
func (p *printer) name(n *Name) string {
	if n == nil {
		return ""
	}
	if n.Bracketed {
		return "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(n.Text) + "']"
	}
	return n.Text
}

func (p *printer) params(list []Param) {
	p.w("(")
	for i, c := range list {
		if i > 0 {
			p.w(", ")
		}
		p.w(p.name(c.Name), ":")
		switch {
		case c.Any:
			p.w("(*)")
		case c.Type == "":
			p.params(c.Table)
		default:
			p.w(c.Type)
		}
		if c.Default != nil {
			p.w(" = ")
			p.expr(c.Default)
		}
	}
	p.w(")")
}

func (p *printer) body(b *Body) {
	p.indent++
	p.w("{")
	for _, s := range b.Stmts {
		p.newline()
		p.stmt(s)
		p.w(";")
	}
	if b.X != nil {
		p.newline()
		p.expr(b.X)
	}
	p.indent--
	p.newline()
	p.w("}")
}

func (p *printer) exprs(list []Expr) {
	for i, x := range list {
		if i > 0 {
			p.w(", ")
		}
		p.expr(x)
	}
}

func (p *printer) options(list []Option) {
	for _, o := range list {
		p.w(" ", o.Name.Text, "=")
		p.expr(o.Value)
	}
}

func (p *printer) with(list []Option) {
	p.w(" with (")
	for i, o := range list {
		if i > 0 {
			p.w(", ")
		}
		p.w(o.Name.Text, "=")
		p.expr(o.Value)
	}
	p.w(")")
}

func (p *printer) expr(x Expr) {
	switch x := x.(type) {
	case *Name:
		p.w(p.name(x))
	case *Star:
		p.w("*")
	case *Literal:
		p.w(x.Text)
	case *String:
		p.w(x.Raw)
	case *Dynamic:
		p.w("dynamic(")
		p.expr(x.Value)
		p.w(")")
	case *JSONArray:
		p.w("[")
		p.exprs(x.Items)
		p.w("]")
	case *JSONObject:
		p.w("{")
		for i, k := range x.Keys {
			if i > 0 {
				p.w(", ")
			}
			p.w(k.Raw, ": ")
			if i < len(x.Values) {
				p.expr(x.Values[i])
			}
		}
		p.w("}")
	case *Unary:
		p.w(x.Op)
		p.expr(x.X)
	case *Binary:
		p.expr(x.L)
		p.w(" ", x.Op, " ")
		p.expr(x.R)
	case *In:
		p.expr(x.X)
		p.w(" ", x.Op, " (")
		p.exprs(x.List)
		p.w(")")
	case *Between:
		p.expr(x.X)
		if x.Not {
			p.w(" !between (")
		} else {
			p.w(" between (")
		}
		p.expr(x.From)
		p.w(" .. ")
		p.expr(x.To)
		p.w(")")
	default:
		p.exprMore(x)
	}
}

func (p *printer) exprMore(x Expr) {
	switch x := x.(type) {
	case *Call:
		p.w(p.name(x.Fn), "(")
		p.exprs(x.Args)
		p.w(")")
	case *Member:
		p.expr(x.X)
		p.w(".")
		p.expr(x.Name)
	case *Index:
		p.expr(x.X)
		p.w("[")
		p.expr(x.I)
		p.w("]")
	case *Paren:
		p.w("(")
		p.expr(x.X)
		p.w(")")
	case *Typeof:
		p.w("typeof(", x.Type)
		switch {
		case x.Bare:
			if x.Star {
				p.w("*")
			}
			for i, c := range x.Schema {
				if i > 0 || x.Star {
					p.w(", ")
				}
				p.w(p.name(c.Name), ":", c.Type)
			}
		case x.Type == "":
			p.params(x.Schema)
		}
		p.w(")")
	case *Named:
		p.named(x)
	case *Typed:
		p.w(p.name(x.Name), ":", x.Type)
	case *Ordered:
		p.expr(x.X)
		if x.Dir != "" {
			p.w(" ", x.Dir)
		}
		if x.Nulls != "" {
			p.w(" nulls ", x.Nulls)
		}
	case *Lambda:
		if x.View {
			p.w("view ")
		}
		p.params(x.Params)
		p.w(" ")
		p.body(x.Body)
	case *Subquery:
		p.w(x.Word, "(")
		for _, o := range x.Options {
			p.w(o.Name.Text, "=")
			p.expr(o.Value)
			p.w(" ")
		}
		p.expr(x.X)
		p.w(")")
	case *Datatable:
		p.w("datatable")
		p.options(x.Options)
		p.params(x.Columns)
		p.w(" [")
		p.exprs(x.Values)
		p.w("]")
	case *Externaldata:
		p.w("externaldata")
		p.params(x.Columns)
		p.w(" [")
		p.exprs(x.URIs)
		p.w("]")
		if len(x.Options) > 0 {
			p.with(x.Options)
		}
	case *Pipe:
		p.pipe(x)
	case *EntityGroup:
		p.w("entity_group [")
		p.exprs(x.Items)
		p.w("]")
	}
}

func (p *printer) named(x *Named) {
	if x.Parens {
		p.w("(")
	}
	for i, n := range x.Names {
		if i > 0 {
			p.w(", ")
		}
		p.w(p.name(n))
	}
	if x.Parens {
		p.w(")")
	}
	p.w(" = ")
	p.expr(x.X)
}

func (p *printer) pipe(x *Pipe) {
	var ops []Operator
	var source Expr = x
	for {
		in, ok := source.(*Pipe)
		if !ok {
			break
		}
		ops = append(ops, in.Op)
		source = in.Input
		if source == nil {
			break
		}
	}
	if source != nil {
		p.expr(source)
	}
	for i := len(ops) - 1; i >= 0; i-- {
		if source != nil || i < len(ops)-1 {
			p.newline()
			p.w("| ")
		}
		p.operator(ops[i])
	}
}
