package plan

import "github.com/vedette-siem/vedette/internal/schema"

// Col is one column of a node's output. IDs are unique in a query: a let-bound table used twice is bound twice, with
// fresh ids, so a column reference is never ambiguous and names matter only at the top.
type Col struct {
	ID   int
	Name string
	Type schema.Type
}

// Expr is a typed scalar expression over the columns of one input row.
type Expr interface {
	// Type is the KQL type of the value.
	Type() schema.Type
	expr()
}

// Lit is a constant. Value is boxed as column.Vector.Value boxes it: nil is the null of the type.
type Lit struct {
	T     schema.Type
	Value any
}

// Ref is the value of an input column.
type Ref struct {
	ID int
	T  schema.Type
}

// Call applies a scalar function or operator to arguments.
//
// Func is the KQL name in lower case, aliases resolved ("tostring", "strcat", "ago"). Operators go by their text:
// "==" "!=" "=~" "!~" "<" "<=" ">" ">=" "+" "-" "*" "/" "%" "and" "or" "not" "neg"
// "has" "!has" "has_cs" ... "contains" "startswith" "endswith" "hasprefix" "hassuffix" with "!" and "_cs" forms,
// "matches regex", "in" "!in" "in~" "!in~" "has_any" "has_all" (list as further arguments, or one dynamic),
// "between" "!between" (value, from, to), "member" (dynamic, string Lit), "index" (dynamic, int or string).
// "iff", "case", "coalesce", "and", "or" evaluate only what they need; no argument may fail anyway.
// Types of arguments are the overload's: the binder has inserted conversions ("tolong", "todouble", ...) where KQL widens.
type Call struct {
	Func string
	Args []Expr
	T    schema.Type
}

// Scalar is toscalar(...): the first column of the first row of a table, evaluated once a query; null (or "") when empty.
type Scalar struct {
	Input Node
	T     schema.Type
}

// InTable is `x in (table)`: whether x equals a value of the table's first column, evaluated once a query.
// Func is the operator: "in", "!in", "in~", "!in~", "has_any", "has_all".
type InTable struct {
	Func  string
	X     Expr
	Input Node
}

// Type returns the type of the constant.
func (e *Lit) Type() schema.Type { return e.T }

// Type returns the type of the column.
func (e *Ref) Type() schema.Type { return e.T }

// Type returns the type of the result.
func (e *Call) Type() schema.Type { return e.T }

// Type returns the type of the first column.
func (e *Scalar) Type() schema.Type { return e.T }

// Type is bool.
func (e *InTable) Type() schema.Type { return schema.Bool }

func (*Lit) expr()     {}
func (*Ref) expr()     {}
func (*Call) expr()    {}
func (*Scalar) expr()  {}
func (*InTable) expr() {}
