package bind

import (
	"reflect"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// pattern is a declared pattern with the scope it was declared in.
type pattern struct {
	def *syntax.PatternStmt
	sc  *scope
}

// usePattern binds name(values) or name(values).path: the body of the case that has these values.
func (b *binder) usePattern(c ctx, call *syntax.Call, p *pattern, path syntax.Expr) value {
	if p.def.Cases == nil {
		b.notRunnable(call, "declare pattern without cases")
		return value{rel: b.nothing()}
	}
	if len(call.Args) != len(p.def.Params) {
		b.errorf(call, "KS119", "The pattern '%s' expects %d values, not %d.", p.def.Name.Text, len(p.def.Params), len(call.Args))
		return value{rel: b.nothing()}
	}
	var given []any
	for _, a := range call.Args {
		v, ok := b.constantValue(c, a)
		if !ok {
			b.errorf(a, "KS105", "A value of a pattern must be a constant.")
			return value{rel: b.nothing()}
		}
		given = append(given, v)
	}
	at := ""
	switch n := path.(type) {
	case *syntax.Name:
		at = n.Text
	case *syntax.String:
		at = n.Value
	}
	for i := range p.def.Cases {
		k := &p.def.Cases[i]
		if k.Body != nil && b.caseHolds(p, k, given, path != nil, at) {
			if b.tooLarge(call) {
				return bad()
			}
			b.nodes++
			b.depth += 4
			defer func() { b.depth -= 4 }()
			return b.body(ctx{sc: p.sc.child()}, k.Body)
		}
	}
	b.errorf(call, "KS_pattern", "The pattern '%s' has no case for these values.", p.def.Name.Text)
	return value{rel: b.nothing()}
}

func (b *binder) caseHolds(p *pattern, k *syntax.PatternCase, given []any, hasPath bool, path string) bool {
	if len(k.Args) != len(given) || (k.Path != nil) != hasPath {
		return false
	}
	for i, x := range k.Args {
		if v, ok := b.constantValue(ctx{sc: p.sc}, x); !ok || !reflect.DeepEqual(v, given[i]) {
			return false
		}
	}
	if k.Path == nil {
		return true
	}
	v, ok := b.constantValue(ctx{sc: p.sc}, k.Path)
	return ok && v == path
}

// constantValue is the value of an expression that is a literal once its names are resolved.
func (b *binder) constantValue(c ctx, x syntax.Expr) (any, bool) {
	l, ok := b.scalar(c.constant(), x).(*plan.Lit)
	if !ok || l.Value == nil {
		return nil, false
	}
	return l.Value, true
}
