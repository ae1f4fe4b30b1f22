// Package schema holds the table catalogue: which tables exist, their columns in order, and their KQL types.
//
// It is pure data. The built-in tables come from data/tables; custom tables and widened columns are added at run time
// through Catalog implementations.
package schema

import "fmt"

// Type is a KQL scalar type.
type Type uint8

// The KQL scalar types. Unknown is the type of an expression whose type cannot be known before it runs.
const (
	Unknown Type = iota
	Bool
	Int
	Long
	Real
	Decimal
	String
	Datetime
	Timespan
	Guid
	Dynamic
)

var typeNames = [...]string{"unknown", "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}

// String returns the KQL name of the type.
func (t Type) String() string { return typeNames[t] }

// Numeric reports whether the type is int, long, real or decimal.
func (t Type) Numeric() bool { return t == Int || t == Long || t == Real || t == Decimal }

// ParseType returns the type that a KQL name or one of its aliases (boolean, date, double, time, uuid, uniqueid) names.
func ParseType(name string) (Type, error) {
	switch name {
	case "boolean":
		return Bool, nil
	case "date":
		return Datetime, nil
	case "double":
		return Real, nil
	case "time":
		return Timespan, nil
	case "uuid", "uniqueid":
		return Guid, nil
	case "object":
		return Dynamic, nil
	case "int32", "uint", "uint32", "int8", "uint8", "int16", "uint16":
		return Int, nil
	case "int64", "uint64", "ulong":
		return Long, nil
	case "float":
		return Real, nil
	}
	for i, n := range typeNames {
		if i > 0 && n == name {
			return Type(i), nil
		}
	}
	return Unknown, fmt.Errorf("%q is not a KQL type", name)
}
