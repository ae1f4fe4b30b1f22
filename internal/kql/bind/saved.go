package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/syntax"
)

// savedScope is the outermost scope of a query: the functions that its workspace keeps. A query's own names hide them. A
// function whose text does not parse is known and of no use, which its uses are told.
func (b *binder) savedScope() *scope {
	sc := (*scope)(nil).child()
	for name, source := range b.env.Functions {
		sc.vars[name] = savedFunction(name, source, sc)
	}
	return sc
}

func savedFunction(name, source string, sc *scope) *variable {
	q, ds := syntax.Parse("let saved = " + source + "; print 0")
	if !ds.HasErrors() && len(q.Stmts) == 2 {
		if let, ok := q.Stmts[0].(*syntax.LetStmt); ok {
			if l, ok := let.Value.(*syntax.Lambda); ok && l.Body != nil && l.Body.X != nil {
				return &variable{name: name, fn: &lambda{name: name, def: l, sc: sc, saved: true}}
			}
		}
	}
	return &variable{name: name, fn: &lambda{name: name, sc: sc, saved: true}}
}

// outside makes findings inside a saved function count at its use: its text is not the query's.
func (b *binder) outside(at syntax.Node, fn *lambda) (back func()) {
	if !fn.saved || b.useAt != nil {
		return func() {}
	}
	b.useAt = at
	return func() { b.useAt = nil }
}
