package duck

/*
void vedetteDuckBind(void *);
void vedetteDuckInit(void *);
void vedetteDuckScan(void *, void *);
void vedetteDuckEval(void *, void *, void *);
void vedetteDuckDrop(void *);
*/
import "C"

import (
	"fmt"
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// evalNames are the functions that call evaluators, by the engine's result type.
var evalNames = map[mapping.Type]string{
	mapping.TypeBoolean: "k_bool", mapping.TypeBigInt: "k_long", mapping.TypeDouble: "k_real", mapping.TypeVarchar: "k_text",
}

// EvalName is the SQL function that calls an evaluator with a result of the type.
func EvalName(t schema.Type) string { return evalNames[physical(t)] }

// register adds tail and the evaluator functions.
func (in *instance) register() error {
	in.self = hold(in.live, in)
	long := mapping.CreateLogicalType(mapping.TypeBigInt)
	defer mapping.DestroyLogicalType(&long)

	tf := mapping.CreateTableFunction()
	defer mapping.DestroyTableFunction(&tf)
	mapping.TableFunctionSetName(tf, "tail")
	mapping.TableFunctionAddParameter(tf, long)
	mapping.TableFunctionSetExtraInfo(tf, in.self, nil)
	mapping.TableFunctionSupportsProjectionPushdown(tf, true)
	mapping.TableFunctionSetBind(tf, C.vedetteDuckBind)
	mapping.TableFunctionSetInit(tf, C.vedetteDuckInit)
	mapping.TableFunctionSetFunction(tf, C.vedetteDuckScan)
	if mapping.RegisterTableFunction(in.conn, tf) == mapping.StateError {
		return fault.New(fault.Internal, "duck_open", "registering the table function")
	}
	if err := in.registerFind(long); err != nil {
		return err
	}
	if err := in.registerPath(); err != nil {
		return err
	}
	if err := in.registerList(long); err != nil {
		return err
	}
	for t, name := range evalNames {
		ret := mapping.CreateLogicalType(t)
		err := in.registerEval(name, ret, long)
		mapping.DestroyLogicalType(&ret)
		if err != nil {
			return err
		}
	}
	text := mapping.CreateLogicalType(mapping.TypeVarchar)
	defer mapping.DestroyLogicalType(&text)
	list := mapping.CreateListType(text)
	defer mapping.DestroyLogicalType(&list)
	return in.registerEval(TextsName, list, long)
}

func (in *instance) registerEval(name string, ret, long mapping.LogicalType) error {
	f := mapping.CreateScalarFunction()
	defer mapping.DestroyScalarFunction(&f)
	anyType := mapping.CreateLogicalType(mapping.TypeAny)
	defer mapping.DestroyLogicalType(&anyType)
	mapping.ScalarFunctionSetName(f, name)
	mapping.ScalarFunctionAddParameter(f, long)
	mapping.ScalarFunctionSetVarargs(f, anyType)
	mapping.ScalarFunctionSetReturnType(f, ret)
	mapping.ScalarFunctionSetSpecialHandling(f) // nulls are values like others
	mapping.ScalarFunctionSetExtraInfo(f, in.self, nil)
	mapping.ScalarFunctionSetFunction(f, C.vedetteDuckEval)
	if mapping.RegisterScalarFunction(in.conn, f) == mapping.StateError {
		return fault.New(fault.Internal, "duck_open", "registering the function %s", name)
	}
	return nil
}

// guard turns a panic into an error: none may cross into C.
func guard(report func(string), q **Query) {
	if p := recover(); p != nil {
		err := fault.New(fault.Internal, "duck_callback", "a query callback panicked: %v", p)
		if *q != nil {
			(*q).fail(err)
		}
		report(err.Error())
	}
}

//export vedetteDuckDrop
func vedetteDuckDrop(p unsafe.Pointer) { drop(p) }

//export vedetteDuckBind
func vedetteDuckBind(p unsafe.Pointer) {
	info := mapping.BindInfo{Ptr: p}
	var q *Query
	report := func(msg string) { mapping.BindSetError(info, msg) }
	defer guard(report, &q)
	in := take[*instance](mapping.BindGetExtraInfo(info))
	q = in.query.Load()
	arg := mapping.BindGetParameter(info, 0)
	k := mapping.GetInt64(arg)
	mapping.DestroyValue(&arg)
	if q == nil || k < 0 || k >= int64(len(q.Relations)) {
		report(fmt.Sprintf("there is no relation %d", k))
		return
	}
	rel := q.Relations[k]
	for i, name := range rel.Names {
		t := mapping.CreateLogicalType(physical(rel.Types[i]))
		mapping.BindAddResultColumn(info, name, t)
		mapping.DestroyLogicalType(&t)
	}
	mapping.BindSetCardinality(info, mapping.IdxT(rel.rows()), true)
	mapping.BindSetBindData(info, hold(in.live, rel), C.vedetteDuckDrop)
}

//export vedetteDuckInit
func vedetteDuckInit(p unsafe.Pointer) {
	info := mapping.InitInfo{Ptr: p}
	var q *Query
	defer guard(func(msg string) { mapping.InitSetError(info, msg) }, &q)
	in := take[*instance](mapping.InitGetExtraInfo(info))
	q = in.query.Load()
	rel := take[*Relation](mapping.InitGetBindData(info))
	cols := make([]int, int(mapping.InitGetColumnCount(info)))
	for i := range cols {
		cols[i] = -1
		if c := uint64(mapping.InitGetColumnIndex(info, mapping.IdxT(i))); c < uint64(len(rel.Names)) {
			cols[i] = int(c)
		}
	}
	s := newScan(q, rel, cols)
	mapping.InitSetInitData(info, hold(in.live, s), C.vedetteDuckDrop)
	mapping.InitSetMaxThreads(info, mapping.IdxT(max(1, min(len(s.spans)/4, 8))))
}

//export vedetteDuckScan
func vedetteDuckScan(p, out unsafe.Pointer) {
	info := mapping.FunctionInfo{Ptr: p}
	var q *Query
	report := func(msg string) { mapping.FunctionSetError(info, msg) }
	defer guard(report, &q)
	s := take[*scan](mapping.FunctionGetInitData(info))
	q = s.query
	if err := s.fill(mapping.DataChunk{Ptr: out}); err != nil {
		q.fail(err)
		report(err.Error())
	}
}

//export vedetteDuckEval
func vedetteDuckEval(p, in, out unsafe.Pointer) {
	info := mapping.FunctionInfo{Ptr: p}
	var q *Query
	report := func(msg string) { mapping.ScalarFunctionSetError(info, msg) }
	defer guard(report, &q)
	q = take[*instance](mapping.ScalarFunctionGetExtraInfo(info)).query.Load()
	chunk := mapping.DataChunk{Ptr: in}
	if mapping.DataChunkGetSize(chunk) == 0 {
		return
	}
	k := *(*int64)(mapping.VectorGetData(mapping.DataChunkGetVector(chunk, 0)))
	if q == nil || k < 0 || k >= int64(len(q.Evals)) {
		report(fmt.Sprintf("there is no evaluator %d", k))
		return
	}
	if err := q.Evals[k].run(chunk, mapping.Vector{Ptr: out}); err != nil {
		q.fail(err)
		report(err.Error())
	}
}
