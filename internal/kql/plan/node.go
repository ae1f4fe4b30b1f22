// Package plan is the relational form of a query: a tree of nodes, each with an ordered list of typed columns, and the
// named rewrite rules over it. The binder builds it; exec runs it; sqlgen writes subtrees of it as SQL.
//
// A node is immutable once built; rules return new nodes. Columns are referred to by id, never by position or name.
package plan

import "github.com/vedette-siem/vedette/internal/schema"

// Node is a tabular expression.
type Node interface {
	// Cols is the ordered output. The caller must not change it.
	Cols() []Col
	// Inputs lists the tabular inputs, not those inside expressions.
	Inputs() []Node
}

// Scan reads a stored table. Sources names the stored column behind each output column.
type Scan struct {
	Table   string
	Out     []Col
	Sources []string
}

// Values is a table written in the query: datatable, or the single empty row of print.
type Values struct {
	Out  []Col
	Rows [][]Expr // constants only
}

// Range is the range operator: From, To and Step are constant expressions of the column's type.
type Range struct {
	Out            Col
	From, To, Step Expr
}

// Filter keeps the rows whose predicate is true; false and null drop them.
type Filter struct {
	Input Node
	Pred  Expr
}

// Item computes one output column. A Ref with the same id as its Out passes a column through.
type Item struct {
	Out  Col
	Expr Expr
}

// Project computes the output columns, in order: where, extend, project-away and the like all end here.
// Items see only the input's columns, never each other.
type Project struct {
	Input Node
	Items []Item
}

// Agg is one aggregate call. Most have one output; arg_max, arg_min, take_any(*), percentiles have several.
// Func is the KQL name, aliases resolved. arg_max(x, a, b): Args x, a, b; Out x', a', b'.
type Agg struct {
	Func string
	Args []Expr
	Out  []Col
}

// Aggregate groups rows by the keys (null and "" are ordinary keys) and computes aggregates per group. Output: keys,
// then the aggregates' outputs. Without keys there is exactly one row, even for no input; with keys none.
// Distinct is an Aggregate without aggregates.
type Aggregate struct {
	Input Node
	Keys  []Item
	Aggs  []Agg
}

// SortKey orders by an expression. Strings compare by code point.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Sort orders the rows. The order holds until an operator that loses it.
type Sort struct {
	Input Node
	Keys  []SortKey
}

// Limit passes the first N rows: take, limit, and the end of top. N is a constant long expression.
type Limit struct {
	Input Node
	N     Expr
}

// JoinKind names the flavour of a join.
type JoinKind string

// The join kinds, by their KQL names.
const (
	InnerUnique JoinKind = "innerunique"
	Inner       JoinKind = "inner"
	LeftOuter   JoinKind = "leftouter"
	RightOuter  JoinKind = "rightouter"
	FullOuter   JoinKind = "fullouter"
	LeftSemi    JoinKind = "leftsemi"
	RightSemi   JoinKind = "rightsemi"
	LeftAnti    JoinKind = "leftanti"
	RightAnti   JoinKind = "rightanti"
)

// JoinKey equates an expression over the left row with one over the right row, of the same type. Null matches nothing.
type JoinKey struct{ Left, Right Expr }

// Join combines two tables. Out lists the output as columns of Left and Right, by their own ids, with the names users
// see (a repeated name carries its suffix); unmatched cells are null, or "" in a string column.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          []JoinKey
	Out         []Col
}

// Union concatenates its legs; each leg's columns line up with Out by position and type.
type Union struct {
	Legs []Node
	Out  []Col
}

// ExpandItem is one column of mv-expand. Out replaces or adds the column; T is `to typeof(T)`, Unknown without it.
type ExpandItem struct {
	Expr Expr
	Out  Col
	T    schema.Type
}

// MvExpand makes a row per element of the arrays or bags; several items zip to the longest.
type MvExpand struct {
	Input      Node
	Items      []ExpandItem
	Out        []Col // the full output, input columns by their ids
	Index      *Col  // with_itemindex
	ArrayPairs bool  // bagexpansion=array
	Limit      int64 // rows per input row
}

// ParseStep is one piece of a parse pattern.
type ParseStep struct {
	Literal string // text that must occur next
	Star    bool   // skip up to the next piece
	Out     *Col   // capture, converted to its type
}

// Parse extracts columns from a string. Kind is simple, regex or relaxed. Where drops the rows that do not match.
type Parse struct {
	Input Node
	X     Expr
	Kind  string
	Flags string
	Steps []ParseStep
	Where bool
	Out   []Col // the full output
}

// Materialize evaluates Input once a query, however often its ID occurs. Out maps position by position to Input's
// columns under fresh ids.
type Materialize struct {
	ID    int
	Input Node
	Out   []Col
}

// Serialize marks its input's order as meant: window functions may follow.
type Serialize struct{ Input Node }

// Render is how a result asks to be drawn: metadata only.
type Render struct {
	Kind  string            `json:"visualization"`
	Props map[string]string `json:"properties,omitempty"`
}

// Result is one tabular answer of a query. Name is empty unless the query gives it one.
type Result struct {
	Name   string
	Root   Node
	Render *Render
}

// Query is a bound query: one result per tabular statement.
type Query struct {
	Results []Result
	// Notes say which legs of a fuzzy union were left out and which named rewrites were applied.
	Notes []string
	// Options are what the query's set statements ask for.
	Options Options
}
