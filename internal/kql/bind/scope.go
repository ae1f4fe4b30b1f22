package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// scope holds the names that statements define. A name is defined once in a scope and may hide one of an outer scope.
type scope struct {
	parent *scope
	vars   map[string]*variable
	// only is what a restrict statement lets this scope see of tables: those of outer scopes and the stored ones. Nil
	// restricts nothing.
	only *permitted
}

func (s *scope) child() *scope { return &scope{parent: s, vars: map[string]*variable{}} }

// stored is a scope that sees stored tables only, as far as this one may.
func (s *scope) stored() *scope {
	out := (*scope)(nil).child()
	for ; s != nil; s = s.parent {
		if s.only != nil {
			out = &scope{parent: out, vars: map[string]*variable{}, only: s.only}
		}
	}
	return out
}

func (s *scope) find(name string) (*variable, bool) {
	closed := false
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v, !closed || v.value != nil
		}
		closed = closed || s.only != nil && !s.only.has(name)
	}
	return nil, false
}

// sees reports whether a stored table of the name may be read.
func (s *scope) sees(name string) bool {
	for ; s != nil; s = s.parent {
		if s.only != nil && !s.only.has(name) {
			return false
		}
	}
	return true
}

// restricted reports whether a restrict statement stands over the scope.
func (s *scope) restricted() bool {
	for ; s != nil; s = s.parent {
		if s.only != nil {
			return true
		}
	}
	return false
}

// variable is a let-bound name or a parameter: a value, a table, a function, or one of the rarer things.
type variable struct {
	name    string
	value   plan.Expr
	size    int         // of the value, written out
	table   func() *rel // a fresh instance at each call
	fn      *lambda
	pattern *pattern
	group   []syntax.Expr // of an entity group; not nil then
	entity  bool          // stands for this workspace in macro-expand
	view    bool
	bad     bool // already reported
}

// storedTable looks a table of the workspace up, unless the query keeps itself from it.
func (b *binder) storedTable(s *scope, name string) (*schema.Table, bool) {
	if !s.sees(name) {
		return nil, false
	}
	return b.env.Catalog.Table(name)
}

// storedTables lists those that the scope sees.
func (b *binder) storedTables(s *scope) []*schema.Table {
	all := b.env.Catalog.Tables()
	if !s.restricted() {
		return all
	}
	var out []*schema.Table
	for _, t := range all {
		if s.sees(t.Name) {
			out = append(out, t)
		}
	}
	return out
}
