// Package sqlgen writes subtrees of a plan as one DuckDB SELECT statement.
//
// A statement is exact: it returns what exec would, or it is not written. Scalar expressions become SQL where SQL is
// proven to mean the same; every other pure expression is left to the interpreter, which the statement calls per chunk
// (see Eval). Every name in a statement is made here: column id 7 is c7, stored field 3 is f3, sort key 0 is s0. User
// text occurs only inside string constants.
//
// Columns have one physical type per KQL type: bool BOOLEAN; int, long, datetime and timespan BIGINT (ticks); real
// DOUBLE; string VARCHAR that is never NULL; dynamic, decimal and guid VARCHAR. A stored dynamic is JSON; a computed one
// may be carried text (see column.AppendCarried), which SQL only hands on.
package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// TimeColumn is the stored column that parts are ordered and pruned by. It is never null in storage.
const TimeColumn = "TimeGenerated"

// Field is a stored column, found in Parquet files by its id.
type Field struct {
	ID   int32
	Name string
	Type schema.Type
}

// Part is a Parquet file; the times are the least and greatest TimeGenerated in it.
type Part struct {
	ID               int64
	Path             string
	Rows, Bytes      int64
	MinTime, MaxTime int64
}

// Table is where the rows of a stored table are.
type Table struct {
	Fields []Field
	Parts  []Part
	Tail   int   // number k of the relation tail(k) with columns f<ID>; -1 when there is none
	Rows   int64 // rows in the tail
	Bytes  int64 // size of the tail
}

// Env is what the generator must know. All functions but Hint are required.
type Env struct {
	// Table describes a stored table; false when it cannot be read by SQL.
	Table func(name string) (Table, bool)
	// Constant computes an expression without columns: a boxed value as plan.Lit holds it, or false.
	Constant func(plan.Expr) (any, bool)
	// Computable reports whether the interpreter can compute the expression row by row: it is pure, and depends on
	// nothing but the row and the query's instant.
	Computable func(plan.Expr) bool
	// Hint says which rows of a scan matter, as Hints finds it for the whole plan. May be nil.
	Hint func(*plan.Scan) (Hint, bool)
	// Groups says, by part id, for parts of the scan that need not be read whole, which values of the hidden row group
	// column to read. May be nil.
	Groups func(*plan.Scan) map[int64][]int64
	// EvalName is the SQL function that calls the interpreter for a result of the type: name(number, arguments...).
	EvalName func(schema.Type) string
	// FindName is the SQL function that looks for constants in texts, for the operators that find writes. May be empty.
	FindName string
	// PathName is the SQL function that reads a path inside JSON as text, or gives NULL where it cannot. May be empty.
	PathName string
	// ListName is the SQL function that gives the elements of a JSON array as texts, at most as many as its first argument
	// says, or NULL where it cannot. May be empty.
	ListName string
	// TextsName is the one for a list of texts. Empty when there is none.
	TextsName string
	// Rows makes a relation tail(k) of what exec computes for a node, with columns v0, v1, ... in the node's order; false
	// when it cannot. May be nil.
	Rows func(plan.Node) (k int, ok bool)
}

// Eval is an expression the statement leaves to the interpreter. Args are the columns passed, by plan id.
type Eval struct {
	Expr plan.Expr
	Args []*plan.Ref
	// Lists, when not nil, is the operator whose list of Expr's value is meant, as texts, and Item the item of it. A list
	// of new columns begins with '1' when the text matched.
	Lists plan.Node
	Item  int
	// Agg, when not nil, is an aggregate over lists: the rows of each group are the elements of the arguments, which stand
	// for the first of Agg's and those that are no constants, and Item is the output that is meant.
	Agg *plan.Agg
}

// Statement is a SELECT. Its result columns are the node's, in order; an ordered node's rows come in its order.
type Statement struct {
	SQL    string
	Params []any // values of $1, $2, ...
	Evals  []Eval
	// Cols are the columns of the result: the node's, unless Finish makes those of other ones.
	Cols []plan.Col
	// Finish, when not nil, computes the node's columns, one each, from the result's: SQL cannot hold all of their values.
	Finish []plan.Expr
	// Collects says that groups are collected in memory before the interpreter folds them, which exec can do row by row.
	Collects bool
	Rows     int64 // rows in the parts and tails that are left after pruning
	Bytes    int64 // their size
}

// Generate writes the node as a statement, or returns false when some part of it can only be run by exec.
func Generate(n plan.Node, env Env) (*Statement, bool) {
	g := &gen{env: env, root: n}
	r, ok := g.node(n, nil)
	if !ok {
		return nil, false
	}
	st := &Statement{Evals: g.evals, Rows: g.rows, Bytes: g.bytes, Collects: g.collects}
	var list []string
	have := map[int]bool{}
	add := func(c plan.Col) {
		if have[c.ID] {
			return
		}
		have[c.ID] = true
		list = append(list, name(c.ID))
		st.Cols = append(st.Cols, c)
	}
	for _, c := range n.Cols() {
		e, virtual := r.virtual[c.ID]
		if !virtual {
			add(c)
			continue
		}
		for _, ref := range refs(e) {
			if !r.has(ref.ID) {
				return nil, false
			}
			add(plan.Col{ID: ref.ID, Type: ref.T})
		}
	}
	if len(r.virtual) > 0 {
		for _, c := range n.Cols() {
			if e, virtual := r.virtual[c.ID]; virtual {
				st.Finish = append(st.Finish, e)
			} else {
				st.Finish = append(st.Finish, &plan.Ref{ID: c.ID, T: c.Type})
			}
		}
	}
	st.SQL, st.Params = g.with()+"SELECT "+selectList(list)+" FROM ("+r.sql+") AS t"+orderBy(r.order), g.params
	return st, true
}

type gen struct {
	env      Env
	root     plan.Node
	params   []any
	evals    []Eval
	rows     int64
	bytes    int64
	keys     int // sort key columns made so far
	made     int // other columns and tables named here so far
	shared   map[int]sharedTable
	collects bool
	tables   []string // named tables, each computed once, in the order in which they need each other
}

// with writes the named tables.
func (g *gen) with() string {
	if len(g.tables) == 0 {
		return ""
	}
	return "WITH " + strings.Join(g.tables, ", ") + " "
}

// once makes a named table of a relation, which is computed once however often it is read, and returns its name.
func (g *gen) once(sql string) string {
	name := g.fresh("m")
	g.tables = append(g.tables, name+" AS MATERIALIZED ("+sql+")")
	return name
}

// fresh makes a name.
func (g *gen) fresh(prefix string) string {
	g.made++
	return fmt.Sprintf("%s%d", prefix, g.made)
}

// rel is a SELECT under construction.
type rel struct {
	sql     string
	cols    []int             // ids of the columns c<id>
	notNull map[int]bool      // columns that hold no NULL
	virtual map[int]plan.Expr // columns that exist only as expressions over cols, computed when they are needed
	order   []sortKey         // order of the rows, by extra columns s<n>
	time    map[int]bool      // columns that are the stored TimeGenerated, unchanged
	free    bool              // the rows are a choice: written twice, they may be others
}

func newRel() *rel {
	return &rel{notNull: map[int]bool{}, virtual: map[int]plan.Expr{}, time: map[int]bool{}}
}

type sortKey struct {
	col  string
	rest string // direction and place of nulls
}

func (r *rel) has(id int) bool {
	for _, c := range r.cols {
		if c == id {
			return true
		}
	}
	return false
}

// pass is the select list of all columns, sort keys included.
func (r *rel) pass() []string {
	var list []string
	for _, c := range r.cols {
		list = append(list, name(c))
	}
	for _, k := range r.order {
		list = append(list, k.col)
	}
	return list
}

func name(id int) string { return fmt.Sprintf("c%d", id) }

// selectList joins the list; SQL has no empty one.
func selectList(list []string) string {
	if len(list) == 0 {
		return "0 AS z"
	}
	return strings.Join(list, ", ")
}

func orderBy(keys []sortKey) string {
	if len(keys) == 0 {
		return ""
	}
	var list []string
	for _, k := range keys {
		list = append(list, k.col+" "+k.rest)
	}
	return " ORDER BY " + strings.Join(list, ", ")
}

// sqlType is the physical type of a KQL type.
func sqlType(t schema.Type) string {
	switch t {
	case schema.Bool:
		return "BOOLEAN"
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		return "BIGINT"
	case schema.Real:
		return "DOUBLE"
	}
	return "VARCHAR"
}
