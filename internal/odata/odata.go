// Package odata reads the $filter and $orderby options that programs send with lists of resources. It knows the syntax
// alone: which properties there are is for its callers to say.
package odata

import (
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
)

// Op is what an expression does.
type Op string

// The operators. In, Contains, StartsWith, EndsWith and the comparisons look at Path; Any looks at the members of a list.
const (
	And        Op = "and"
	Or         Op = "or"
	Not        Op = "not"
	Eq         Op = "eq"
	Ne         Op = "ne"
	Gt         Op = "gt"
	Ge         Op = "ge"
	Lt         Op = "lt"
	Le         Op = "le"
	In         Op = "in"
	Contains   Op = "contains"
	StartsWith Op = "startswith"
	EndsWith   Op = "endswith"
	Any        Op = "any"
)

// Expr is a condition.
type Expr struct {
	Op     Op
	Path   string // as it is written, such as properties/status; below Any with the path of the list in place of the variable
	Fold   bool   // the property stands in tolower() or toupper()
	Values []Value
	Args   []*Expr // of And, Or, Not and Any
	At     int     // where it begins, in bytes
}

// Value is a literal: string, int64, float64, bool, time.Time, or nil for null.
type Value any

// Order is one key of an order.
type Order struct {
	Path string
	Desc bool
}

// The limits of what is read.
const (
	maxLength = 8 << 10
	maxDepth  = 32
	maxNodes  = 500
)

func invalid(at int, format string, args ...any) error {
	args = append(args, at+1)
	return fault.New(fault.Invalid, "filter_invalid", format+" (character %d of $filter)", args...)
}

// parseTime reads a time with an offset or Z; the second result tells whether it is one.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Time reads a literal as a time; programs write times with and without quotes.
func Time(v Value) (time.Time, bool) {
	switch x := v.(type) {
	case time.Time:
		return x, true
	case string:
		return parseTime(x)
	}
	return time.Time{}, false
}
