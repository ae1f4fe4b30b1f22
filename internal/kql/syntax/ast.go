// Package syntax reads KQL text: lexer, parser, tree, printer and diagnostics.
//
// Every node carries the span of its text. The parser always returns a tree: where the text is broken it notes a
// diagnostic, leaves a Missing node and goes on behind the break.
package syntax

// Node is a piece of the tree.
type Node interface {
	// Pos is where the node stands in the text.
	Pos() Span
}

// Query is a whole text: statements in order.
type Query struct {
	Span
	Text  string
	Stmts []Stmt
}

// Stmt is a statement.
type Stmt interface {
	Node
	stmt()
}

// Statements.
type (
	// LetStmt binds a name to a value, a table or a function (Value is then a *Lambda).
	LetStmt struct {
		Span
		Name  *Name
		Value Expr
	}
	// SetStmt sets a request option.
	SetStmt struct {
		Span
		Name  *Name
		Value Expr // nil without "="
	}
	// DeclareStmt declares query parameters.
	DeclareStmt struct {
		Span
		Params []Param
	}
	// PatternStmt declares a pattern. Cases is nil for a bare declaration.
	PatternStmt struct {
		Span
		Name   *Name
		Params []Param
		Path   *Param
		Cases  []PatternCase
	}
	// AliasStmt gives a database another name.
	AliasStmt struct {
		Span
		Name  *Name
		Value Expr
	}
	// RestrictStmt narrows what the query may read.
	RestrictStmt struct {
		Span
		Items []Expr
	}
	// ExprStmt is an expression whose value is a result of the query.
	ExprStmt struct {
		Span
		X Expr
	}
	// Directive is a line that begins with "#".
	Directive struct {
		Span
		Text string
	}
)

// PatternCase is one case of a pattern.
type PatternCase struct {
	Span
	Args []Expr
	Path Expr // nil without one
	Body *Body
}

// Body is the inside of a function: statements, then an expression (nil if there is none).
type Body struct {
	Span
	Stmts []Stmt
	X     Expr
}

// Param is a parameter of a function or query, or a column of a schema: a name with a type.
type Param struct {
	Span
	Name    *Name
	Type    string  // scalar type; "" for a table
	Table   []Param // columns of a tabular parameter
	Any     bool    // "(*)": any table
	Default Expr    // nil without one
}

// Option is a "name=value" that steers an operator.
type Option struct {
	Span
	Name  *Name
	Value Expr
}

func (*LetStmt) stmt()      {}
func (*SetStmt) stmt()      {}
func (*DeclareStmt) stmt()  {}
func (*PatternStmt) stmt()  {}
func (*AliasStmt) stmt()    {}
func (*RestrictStmt) stmt() {}
func (*ExprStmt) stmt()     {}
func (*Directive) stmt()    {}

// Expr is an expression, scalar or tabular: which one is known only by its names.
type Expr interface {
	Node
	expr()
}

// Expressions.
type (
	// Missing stands where an expression should be.
	Missing struct{ Span }
	// Name refers to a column, table, variable or function. Text is without brackets and quotes.
	Name struct {
		Span
		Text      string
		Bracketed bool
		Wild      bool // contains "*"
	}
	// Star is "*" as an argument or operand.
	Star struct{ Span }
	// Literal is a constant other than a string: Kind is its type's name, Text what stands in the query.
	Literal struct {
		Span
		Kind string
		Text string
	}
	// String is a string: adjacent literals run together. Raw is how they are written.
	String struct {
		Span
		Value string
		Raw   string
	}
	// Dynamic is dynamic(...).
	Dynamic struct {
		Span
		Value Expr // Literal, String, *JSONArray, *JSONObject or *Dynamic
	}
	// JSONArray is an array inside dynamic(...).
	JSONArray struct {
		Span
		Items []Expr
	}
	// JSONObject is a property bag inside dynamic(...).
	JSONObject struct {
		Span
		Keys   []*String
		Values []Expr
	}
	// Unary is a sign before an expression.
	Unary struct {
		Span
		Op string
		X  Expr
	}
	// Binary applies an operator that stands between two operands.
	Binary struct {
		Span
		Op   string
		L, R Expr
	}
	// In is x in (...), has_any (...) and the like. The list may be a single table.
	In struct {
		Span
		Op   string
		X    Expr
		List []Expr
	}
	// Between is x between (a .. b), or its negation.
	Between struct {
		Span
		Not         bool
		X, From, To Expr
	}
	// Call calls a function.
	Call struct {
		Span
		Fn   *Name
		Args []Expr
	}
	// Member is x.name, x.["name"] or x.f(...).
	Member struct {
		Span
		X    Expr
		Name Expr // *Name or *Call
	}
	// Index is x[i].
	Index struct {
		Span
		X, I Expr
	}
	// Paren is an expression in parentheses.
	Paren struct {
		Span
		X Expr
	}
	// Typeof is typeof(type), typeof((schema)), or, for plugins, the Bare typeof(*, schema): Star says that the
	// input's columns are meant too.
	Typeof struct {
		Span
		Type       string
		Schema     []Param
		Bare, Star bool
	}
	// Named is name = expr or (a, b) = expr.
	Named struct {
		Span
		Names  []*Name
		Parens bool
		X      Expr
	}
	// Typed is name : type, in find's project and in parse patterns.
	Typed struct {
		Span
		Name *Name
		Type string
	}
	// Ordered is a sort key. Dir is "", "asc" or "desc" (or granny-asc, granny-desc), Nulls "", "first" or "last".
	Ordered struct {
		Span
		X          Expr
		Dir, Nulls string
	}
	// Lambda is a function: (params) { body }.
	Lambda struct {
		Span
		View   bool
		Params []Param
		Body   *Body
	}
	// Subquery is toscalar(...), totable(...) or materialize(...).
	Subquery struct {
		Span
		Word    string
		Options []Option
		X       Expr
	}
	// Datatable is a table written in the query.
	Datatable struct {
		Span
		Columns []Param
		Values  []Expr
		Options []Option
	}
	// Externaldata is a table read from addresses.
	Externaldata struct {
		Span
		Columns []Param
		URIs    []Expr
		Options []Option
	}
	// Pipe feeds a table through an operator. Input is nil for an operator that begins a query.
	Pipe struct {
		Span
		Input Expr
		Op    Operator
	}
	// EntityGroup is entity_group [ ... ].
	EntityGroup struct {
		Span
		Items []Expr
	}
)

func (*Missing) expr()      {}
func (*Name) expr()         {}
func (*Star) expr()         {}
func (*Literal) expr()      {}
func (*String) expr()       {}
func (*Dynamic) expr()      {}
func (*JSONArray) expr()    {}
func (*JSONObject) expr()   {}
func (*Unary) expr()        {}
func (*Binary) expr()       {}
func (*In) expr()           {}
func (*Between) expr()      {}
func (*Call) expr()         {}
func (*Member) expr()       {}
func (*Index) expr()        {}
func (*Paren) expr()        {}
func (*Typeof) expr()       {}
func (*Named) expr()        {}
func (*Typed) expr()        {}
func (*Ordered) expr()      {}
func (*Lambda) expr()       {}
func (*Subquery) expr()     {}
func (*Datatable) expr()    {}
func (*Externaldata) expr() {}
func (*Pipe) expr()         {}
func (*EntityGroup) expr()  {}
