package bind

import (
	"maps"
	"strconv"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// bound is a column in scope. A hidden one can be named but is not among the default columns.
type bound struct {
	plan.Col
	hidden bool
}

// rel is a bound table: a plan node with the columns that names resolve to.
type rel struct {
	node plan.Node
	cols []bound
	// open says that there may be more columns than are known: the plugin decides when it runs.
	open bool
	// more are further results of a statement that ends in fork or facet; name is that of the first.
	name string
	more []named
}

// find returns the column of a name; a visible one before a hidden one.
func (r *rel) find(name string) (bound, bool) {
	if r == nil {
		return bound{}, false
	}
	var hidden *bound
	for i := range r.cols {
		if r.cols[i].Name != name {
			continue
		}
		if !r.cols[i].hidden {
			return r.cols[i], true
		}
		hidden = &r.cols[i]
	}
	if hidden != nil {
		return *hidden, true
	}
	return bound{}, false
}

// visible lists the columns that "*" means; where there is no row, none.
func (r *rel) visible() []bound {
	if r == nil {
		return nil
	}
	out := make([]bound, 0, len(r.cols))
	for _, c := range r.cols {
		if !c.hidden {
			out = append(out, c)
		}
	}
	return out
}

// with returns the same columns over another node.
func (r *rel) with(n plan.Node) *rel { return &rel{node: n, cols: r.cols, open: r.open} }

// names lists the names in scope, for suggestions.
func (r *rel) names() map[string]bool {
	m := map[string]bool{}
	if r != nil {
		for _, c := range r.cols {
			m[c.Name] = true
		}
	}
	return m
}

func pass(c bound) plan.Item {
	return plan.Item{Out: c.Col, Expr: &plan.Ref{ID: c.ID, T: c.Type}}
}

// scan is a fresh reading of a stored table with all its columns; a rule drops those that nothing reads.
func (b *binder) scan(t *schema.Table) *rel {
	s := &plan.Scan{Table: t.Name}
	r := &rel{node: s}
	for _, c := range t.Columns {
		col := plan.Col{ID: b.newID(), Name: c.Name, Type: c.Type}
		src := c.Source
		if src == "" {
			src = c.Name
		}
		s.Out = append(s.Out, col)
		s.Sources = append(s.Sources, src)
		r.cols = append(r.cols, bound{Col: col, hidden: c.Hidden})
	}
	return r
}

// outputs collects the columns an operator makes, under unique names.
type outputs struct {
	b     *binder
	cols  []bound
	items []plan.Item
	taken map[string]bool
	// fixed are the names written out or taken from a column as they are: those may not repeat.
	fixed   map[string]bool
	unnamed int
}

func (b *binder) outputs() *outputs {
	return &outputs{b: b, taken: map[string]bool{}, fixed: map[string]bool{}}
}

// unique returns the name, with a number behind it if it is taken.
func (o *outputs) unique(name string) string {
	out := name
	for n := 1; o.taken[out]; n++ {
		out = name + strconv.Itoa(n)
	}
	o.taken[out] = true
	return out
}

// columnN names a column that has no name of its own.
func (o *outputs) columnN() string {
	for {
		o.unnamed++
		if name := "Column" + strconv.Itoa(o.unnamed); !o.taken[name] {
			o.taken[name] = true
			return name
		}
	}
}

// fix claims a name that was written out; it may stand once.
func (o *outputs) fix(at syntax.Node, name string) bool {
	if o.fixed[name] {
		o.b.errorf(at, "KS171", "A column with the name '%s' is already declared.", name)
		return false
	}
	o.fixed[name] = true
	return true
}

// add appends a column.
func (o *outputs) add(name string, e plan.Expr, id int) bound {
	c := bound{Col: plan.Col{ID: id, Name: name, Type: e.Type()}}
	o.cols = append(o.cols, c)
	o.items = append(o.items, plan.Item{Out: c.Col, Expr: e})
	return c
}

// project is a Project of what was collected over r.
func (o *outputs) project(r *rel) *rel {
	return &rel{node: o.b.node(&plan.Project{Input: r.node, Items: o.items}), cols: o.cols, open: r.open}
}

// node counts a plan node and returns it.
func (b *binder) node(n plan.Node) plan.Node {
	b.nodes++
	return n
}

// tooLarge reports, once, that let statements have blown up the plan.
func (b *binder) tooLarge(at syntax.Node) bool {
	if b.nodes <= maxNodes {
		return false
	}
	b.errorf(at, "query_too_large", "The query has more than %d steps once its let statements are expanded. Use materialize() for tables that are used several times.", maxNodes)
	return true
}

// suggest returns " Did you mean 'x'?" with the nearest of the names, and the name.
func suggest(name string, names ...map[string]bool) (hint, fix string) {
	all := map[string]bool{}
	for _, m := range names {
		maps.Copy(all, m)
	}
	if fix = syntax.Nearest(name, maps.Keys(all)); fix != "" {
		hint = " Did you mean '" + fix + "'?"
	}
	return hint, fix
}

// fresh is a new column.
func (b *binder) fresh(name string, t schema.Type) bound {
	return bound{Col: plan.Col{ID: b.newID(), Name: name, Type: t}}
}
