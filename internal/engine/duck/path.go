package duck

/*
#include "path.h"
*/
import "C"

import (
	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// PathName is the SQL function that gives what a path leads to inside JSON, as tostring shows it: name(keys, json). The keys
// have a line end between them, and none holds a quote, a backslash or a control character. It gives NULL for what it
// does not read: other than a bag, blanks between values, escapes in keys, characters by number in the value, composites, reals,
// long numbers.
//
// Like the engine's own functions it looks at every byte once; unlike those it means what the interpreter means.
const PathName = "k_path"

func (in *instance) registerPath() error {
	f := mapping.CreateScalarFunction()
	defer mapping.DestroyScalarFunction(&f)
	text := mapping.CreateLogicalType(mapping.TypeVarchar)
	defer mapping.DestroyLogicalType(&text)
	mapping.ScalarFunctionSetName(f, PathName)
	mapping.ScalarFunctionAddParameter(f, text)
	mapping.ScalarFunctionAddParameter(f, text)
	mapping.ScalarFunctionSetReturnType(f, text)
	mapping.ScalarFunctionSetSpecialHandling(f) // of null, a value is ""
	mapping.ScalarFunctionSetFunction(f, C.vedette_duck_path)
	if mapping.RegisterScalarFunction(in.conn, f) == mapping.StateError {
		return fault.New(fault.Internal, "duck_open", "registering the function %s", PathName)
	}
	return nil
}
