// Package bind gives a parsed query its meaning: it resolves names, checks and infers types, expands let statements and
// functions, and builds the plan.
//
// Names, types and orders of the columns follow the language's own rules exactly, since they are what users see. What has
// a meaning but cannot be run yet is still bound, to its columns, with a finding of kind NotRunnable.
package bind

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Env is what a query's names refer to besides its own definitions.
type Env struct {
	// Catalog has the tables; nil has none.
	Catalog schema.Catalog
	// Workspace and Database are the names under which workspace("...") and database("...") mean these tables; the
	// workspace's name and id, say. Empty accepts no name.
	Workspace, Database string
	// Cluster is the address of this server, as cluster("...") may name it: a URL or a host.
	Cluster string
	// Parameters are values of declared query parameters, by name, as KQL literals.
	Parameters map[string]string
	// Functions are the functions that the workspace keeps, by name: their parameters and body as text, "(n:long=1) { T | take n }".
	Functions map[string]string
	// Watchlists are the lists that _GetWatchlist answers from; nil has none.
	Watchlists *Watchlists
	// Runnable reports whether the executor knows a scalar function, aggregate or operator of a plan; nil knows all. With
	// it the columns have the types that the service gives when it runs a query; without, those its symbol tables say. They
	// differ in few: see engineType.
	Runnable func(name string) bool
	// Discover runs a plugin whose columns depend on its rows, with all that is below it, and returns columns (without
	// ids) and rows. Without it such a plugin is refused, unless Runnable is nil too: then its columns stay open.
	Discover func(n *plan.Plugin) (*plan.Held, error)
}

// maxNodes bounds the plan: let-bound tables are expanded at each use, which can grow without measure.
const maxNodes = 20_000

// maxExpr bounds an expression once its let statements are written out, for the same reason.
const maxExpr = 20_000

// exprSize counts the parts of an expression, up to a limit: let-bound values share their parts, so that a short text
// can stand for an expression without measure.
func exprSize(e plan.Expr, limit int) int {
	n := 1
	switch e := e.(type) {
	case *plan.Call:
		for _, a := range e.Args {
			if n >= limit {
				return n
			}
			n += exprSize(a, limit-n)
		}
	case *plan.InTable:
		n += exprSize(e.X, limit-n)
	}
	return n
}

// Bind binds a query. The plan is nil if the text does not parse or does not mean anything; findings of kind NotRunnable
// come with a plan, whose columns are right but which must not be run.
func Bind(q *syntax.Query, env Env) (*plan.Query, syntax.Diagnostics) {
	if env.Catalog == nil {
		env.Catalog = schema.NewStatic()
	}
	b := &binder{env: env, text: q.Text, seen: map[finding]bool{}}
	b.notes, b.options = map[string]bool{}, map[string]syntax.Expr{}
	out := b.query(q)
	b.diags.Locate(q.Text)
	if b.diags.Has(syntax.Semantic) {
		return nil, b.diags
	}
	return out, b.diags
}

type finding struct {
	code  string
	start int
}

type binder struct {
	env      Env
	text     string
	diags    syntax.Diagnostics
	seen     map[finding]bool // a let-bound text is bound at each use; its findings count once
	ids      int
	shared   int // materialize ids
	nodes    int
	exprs    int // parts of let-bound values that were put in place of their names
	depth    int
	notes    map[string]bool
	options  map[string]syntax.Expr // set statements that bind, by name
	request  plan.Options
	aliases  map[string]bool // other names of this database
	noteList []string
	useAt    syntax.Node // where the saved function is used that is being bound
	render   *plan.Render
	terms    map[*syntax.String]string // of search and find: the columns that say whether a text occurs
}

func (b *binder) newID() int { b.ids++; return b.ids }

func (b *binder) note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if !b.notes[s] {
		b.notes[s] = true
		b.noteList = append(b.noteList, s)
	}
}

func (b *binder) report(d syntax.Diagnostic, at syntax.Node) {
	if b.useAt != nil {
		at = b.useAt
	}
	s := at.Pos()
	d.Start, d.Length = s.Start, max(0, s.End-s.Start)
	f := finding{d.Code + d.Construct, d.Start}
	if b.seen[f] {
		return
	}
	b.seen[f] = true
	b.diags = append(b.diags, d)
}

// errorf notes that the text has no meaning.
func (b *binder) errorf(at syntax.Node, code, format string, args ...any) {
	b.report(syntax.Diagnostic{Code: code, Kind: syntax.Semantic, Message: fmt.Sprintf(format, args...)}, at)
}

func (b *binder) warnf(at syntax.Node, code, format string, args ...any) {
	b.report(syntax.Diagnostic{Code: code, Severity: syntax.Warning, Kind: syntax.Semantic, Message: fmt.Sprintf(format, args...)}, at)
}

// notRunnable notes that the construct has a meaning but is not run here.
func (b *binder) notRunnable(at syntax.Node, construct string) {
	message := "This cannot be run here: " + construct + "."
	if why := Refusal(construct); why != "" {
		message = "'" + construct + "' is refused: " + why + "."
	}
	b.report(syntax.Diagnostic{Code: "not_runnable", Kind: syntax.NotRunnable, Construct: construct, Message: message}, at)
}

// fail notes that something which had to be done now could not be.
func (b *binder) fail(at syntax.Node, err error) {
	d := syntax.Diagnostic{Code: "query_failed", Kind: syntax.Semantic, Message: err.Error()}
	var f *fault.Error
	if errors.As(err, &f) {
		d.Code, d.Message = f.Code, f.Msg
	}
	b.report(d, at)
}

// lambda is a user's function with the scope it was written in.
type lambda struct {
	name string
	def  *syntax.Lambda
	sc   *scope
	// saved: the workspace keeps it, so that its text is not part of the query's. A saved one may have no def.
	saved bool
}

// ctx is where an expression stands: the names it sees.
type ctx struct {
	sc          *scope
	row         *rel // the columns in scope
	left, right *rel // $left and $right of a join
	aggs        *aggregation
	steps       map[string]*rel // the steps of a scan: the last row of each
	sub         *rel            // the input of a pipe that has none of its own
	as          string          // the name that the operator before gave the table
}

func (c ctx) withRow(r *rel) ctx {
	return ctx{sc: c.sc, row: r, sub: c.sub}
}

// constant drops the columns: the place wants a value that is the same for the whole query.
func (c ctx) constant() ctx { return ctx{sc: c.sc, sub: c.sub} }

func (b *binder) query(q *syntax.Query) *plan.Query {
	out := &plan.Query{}
	c := ctx{sc: b.savedScope().child()}
	_, results := b.statements(c, q.Stmts)
	b.undeclared(q)
	for _, x := range results {
		b.render = nil
		r := b.result(x.c, x.x)
		if r == nil {
			continue
		}
		out.Results = append(out.Results, plan.Result{Name: r.name, Root: b.visible(r), Render: b.render})
		for _, m := range r.more {
			out.Results = append(out.Results, plan.Result{Name: m.name, Root: b.visible(m.r), Render: b.render})
		}
	}
	out.Notes, out.Options = b.noteList, b.request
	return out
}

// placed is an expression that stands as a statement, and what it sees there.
type placed struct {
	c ctx
	x syntax.Expr
}

// statements defines what the statements define. It returns what stands after them sees, and the expressions among them.
func (b *binder) statements(c ctx, stmts []syntax.Stmt) (ctx, []placed) {
	var out []placed
	for _, s := range stmts {
		switch s := s.(type) {
		case *syntax.LetStmt:
			b.let(c, s)
		case *syntax.ExprStmt:
			out = append(out, placed{c, s.X})
		case *syntax.DeclareStmt:
			b.declare(c, s)
		case *syntax.SetStmt:
			b.setOption(c, s)
		case *syntax.Directive:
			b.errorf(s, "KS250", "Unknown directive %s.", strings.Fields(s.Text + " #")[0])
		case *syntax.AliasStmt:
			b.alias(c, s)
		case *syntax.RestrictStmt:
			c = b.restrict(c, s)
		case *syntax.PatternStmt:
			b.define(c, s.Name, s.Name.Text, &variable{pattern: &pattern{s, c.sc}})
		}
	}
	return c, out
}

func (b *binder) define(c ctx, at syntax.Node, name string, v *variable) {
	v.name = name
	if _, ok := c.sc.vars[name]; ok {
		b.errorf(at, "KS201", "A variable with the name '%s' has already been declared.", name)
		return
	}
	c.sc.vars[name] = v
}

func (b *binder) let(c ctx, s *syntax.LetStmt) {
	if g, ok := s.Value.(*syntax.EntityGroup); ok {
		b.define(c, s.Name, s.Name.Text, &variable{group: g.Items})
		return
	}
	if l, ok := s.Value.(*syntax.Lambda); ok {
		if b.parameters(c, l) {
			b.define(c, s.Name, s.Name.Text, &variable{fn: &lambda{name: s.Name.Text, def: l, sc: c.sc}, view: l.View})
		} else {
			b.define(c, s.Name, s.Name.Text, &variable{bad: true})
		}
		return
	}
	b.define(c, s.Name, s.Name.Text, b.variableOf(c.constant(), s.Value))
}

// variableOf binds a value that gets a name. A table is bound afresh at each use, in the scope of its definition.
func (b *binder) variableOf(c ctx, x syntax.Expr) *variable {
	v := b.value(c, x)
	switch {
	case v.rel != nil:
		first := v.rel
		if m, ok := first.node.(*plan.Materialize); ok {
			return &variable{table: func() *rel { return b.again(first, m) }}
		}
		captured := ctx{sc: &scope{parent: c.sc.parent, vars: copied(c.sc.vars), only: c.sc.only}, sub: c.sub}
		return &variable{table: func() *rel {
			if r := first; r != nil {
				first = nil
				return r
			}
			return b.value(captured, x).rel
		}}
	case v.expr != nil:
		return &variable{value: v.expr, size: exprSize(v.expr, maxExpr+1)}
	}
	return &variable{bad: true}
}

// copied keeps what a scope held when a table was defined: later names are not seen by it.
func copied(vars map[string]*variable) map[string]*variable {
	out := make(map[string]*variable, len(vars))
	for k, v := range vars {
		out[k] = v
	}
	return out
}

// again is another use of a materialized table: the same evaluation under fresh column ids.
func (b *binder) again(first *rel, m *plan.Materialize) *rel {
	out := make([]plan.Col, len(m.Out))
	r := &rel{open: first.open}
	for i, c := range m.Out {
		out[i] = plan.Col{ID: b.newID(), Name: c.Name, Type: c.Type}
		r.cols = append(r.cols, bound{Col: out[i], hidden: first.cols[i].hidden})
	}
	r.node = &plan.Materialize{ID: m.ID, Input: m.Input, Out: out}
	return r
}

// result binds a statement's expression: a table, or a value as a table of one row.
func (b *binder) result(c ctx, x syntax.Expr) *rel {
	v := b.value(c, x)
	switch {
	case v.rel != nil:
		return v.rel
	case v.expr != nil:
		col := plan.Col{ID: b.newID(), Name: "print_0", Type: v.expr.Type()}
		row := &plan.Values{Rows: [][]plan.Expr{{}}}
		return &rel{node: &plan.Project{Input: row, Items: []plan.Item{{Out: col, Expr: v.expr}}}, cols: []bound{{Col: col}}}
	}
	return nil
}

// visible adds a last projection where the node has more columns than the user is to see.
func (b *binder) visible(r *rel) plan.Node {
	var want []plan.Col
	for _, c := range r.cols {
		if !c.hidden {
			want = append(want, c.Col)
		}
	}
	have := r.node.Cols()
	same := len(have) == len(want)
	for i := 0; same && i < len(have); i++ {
		same = have[i] == want[i]
	}
	if same {
		return r.node
	}
	p := &plan.Project{Input: r.node}
	for _, c := range want {
		p.Items = append(p.Items, plan.Item{Out: c, Expr: &plan.Ref{ID: c.ID, T: c.Type}})
	}
	return p
}
