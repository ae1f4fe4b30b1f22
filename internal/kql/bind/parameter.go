package bind

import (
	"maps"
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// declare defines the parameters of the query by the values given from outside, or by their defaults.
func (b *binder) declare(c ctx, s *syntax.DeclareStmt) {
	for _, p := range s.Params {
		t, err := schema.ParseType(p.Type)
		if err != nil {
			continue
		}
		v := &variable{value: nullOf(t)}
		switch text, given := b.env.Parameters[p.Name.Text]; {
		case given:
			e := b.given(text, t)
			if e == nil {
				b.errorf(p.Name, "KS_parameter", "The value of parameter '%s' is not a literal of type %s.", p.Name.Text, t)
				break
			}
			v.value = e
		case p.Default != nil:
			v.value = b.typed(c.constant(), p.Default, t)
		default:
			b.errorf(p.Name, "KS_parameter", "The query parameter '%s' has no value.", p.Name.Text)
		}
		v.size = exprSize(v.value, maxExpr+1)
		b.define(c, p.Name, p.Name.Text, v)
	}
}

// given reads a value from outside: one literal, or, for a text, whatever is not a string literal as it stands. It never
// means anything but a value. Nil when it is no value of the type.
func (b *binder) given(text string, t schema.Type) plan.Expr {
	var lit *plan.Lit
	if q, ds := syntax.Parse("print " + text); !ds.HasErrors() && len(q.Stmts) == 1 {
		if x, ok := q.Stmts[0].(*syntax.ExprStmt).X.(*syntax.Pipe); ok && x.Input == nil {
			if op, ok := x.Op.(*syntax.ProjectOp); ok && len(op.Items) == 1 {
				lit = literalOf(b, op.Items[0])
			}
		}
	}
	if t == schema.String {
		if lit == nil || lit.T != schema.String {
			return &plan.Lit{T: t, Value: text}
		}
		return lit
	}
	if lit == nil {
		return nil
	}
	if from := lit.T; from != t && !widens(from, t) && t != schema.Dynamic && !(t == schema.Int && from == schema.Long) && lit.Value != nil {
		return nil
	}
	return convert(lit, t)
}

// literalOf is the value of an expression that is a literal, signed perhaps.
func literalOf(b *binder, x syntax.Expr) *plan.Lit {
	switch y := x.(type) {
	case *syntax.Literal, *syntax.String, *syntax.Dynamic:
	case *syntax.Unary:
		if _, ok := y.X.(*syntax.Literal); !ok {
			return nil
		}
	default:
		return nil
	}
	l, _ := b.value(ctx{}, x).expr.(*plan.Lit)
	return l
}

// undeclared tells of values that no statement asks for: a name written wrong would else go unseen.
func (b *binder) undeclared(q *syntax.Query) {
	declared := map[string]bool{}
	for _, s := range q.Stmts {
		if d, ok := s.(*syntax.DeclareStmt); ok {
			for _, p := range d.Params {
				declared[p.Name.Text] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.env.Parameters)) {
		if !declared[name] {
			hint, _ := suggest(name, declared)
			b.errorf(syntax.Span{}, "KS_parameter", "A value is given for '%s', but the query declares no parameter '%s'.%s", name, name, hint)
		}
	}
}
