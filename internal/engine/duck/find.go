package duck

/*
#include "find.h"
*/
import "C"

import (
	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// FindName is the SQL function that looks for texts in a column of text: name(flags, needles, text). The needles are of
// ASCII, none empty, at most 64, in lower case when case does not count, with a line end between them; flags are those of
// package sqlgen. It gives NULL where only a look beyond ASCII can tell whether a term ends beside a needle.
//
// It is C because its work is a few nanoseconds a row: the interpreter would first have to be given the texts.
const FindName = "k_find"

func (in *instance) registerFind(long mapping.LogicalType) error {
	f := mapping.CreateScalarFunction()
	defer mapping.DestroyScalarFunction(&f)
	text, ret := mapping.CreateLogicalType(mapping.TypeVarchar), mapping.CreateLogicalType(mapping.TypeBoolean)
	defer mapping.DestroyLogicalType(&text)
	defer mapping.DestroyLogicalType(&ret)
	mapping.ScalarFunctionSetName(f, FindName)
	mapping.ScalarFunctionAddParameter(f, long)
	mapping.ScalarFunctionAddParameter(f, text)
	mapping.ScalarFunctionAddParameter(f, text)
	mapping.ScalarFunctionSetReturnType(f, ret)
	mapping.ScalarFunctionSetFunction(f, C.vedette_duck_find)
	if mapping.RegisterScalarFunction(in.conn, f) == mapping.StateError {
		return fault.New(fault.Internal, "duck_open", "registering the function %s", FindName)
	}
	return nil
}
