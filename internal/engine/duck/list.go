package duck

/*
#include "list.h"
*/
import "C"

import (
	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// ListName is the SQL function that gives the elements of JSON arrays as a list of JSON texts: name(limit, json), at most limit
// of each unless that is 0. A null element is null, and of null the list is one null. It gives NULL for what it does not
// read: other than an array, blanks between values, and arrays with reals, long numbers or strings with escapes among their
// elements, which the interpreter writes in another way than it reads them.
const ListName = "k_list"

func (in *instance) registerList(long mapping.LogicalType) error {
	f := mapping.CreateScalarFunction()
	defer mapping.DestroyScalarFunction(&f)
	text := mapping.CreateLogicalType(mapping.TypeVarchar)
	defer mapping.DestroyLogicalType(&text)
	list := mapping.CreateListType(text)
	defer mapping.DestroyLogicalType(&list)
	mapping.ScalarFunctionSetName(f, ListName)
	mapping.ScalarFunctionAddParameter(f, long)
	mapping.ScalarFunctionAddParameter(f, text)
	mapping.ScalarFunctionSetReturnType(f, list)
	mapping.ScalarFunctionSetSpecialHandling(f) // of null, the list is one null
	mapping.ScalarFunctionSetFunction(f, C.vedette_duck_list)
	if mapping.RegisterScalarFunction(in.conn, f) == mapping.StateError {
		return fault.New(fault.Internal, "duck_open", "registering the function %s", ListName)
	}
	return nil
}
