package duck

import (
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
)

// groups computes a chunk of an evaluator whose arguments are lists, all as long as each other in a row. A null list has
// no elements.
func (e *Eval) groups(in mapping.DataChunk, n int, out mapping.Vector) error {
	elements := make([]*column.Vector, len(e.Args))
	var rows []int
	for i, t := range e.Args {
		vec := mapping.DataChunkGetVector(in, mapping.IdxT(i+1))
		null := nulls(mapping.VectorGetValidity(vec), n)
		entries := unsafe.Slice((*listEntry)(mapping.VectorGetData(vec)), n)
		all := decode(mapping.ListVectorGetChild(vec), int(mapping.ListVectorGetSize(vec)), t)
		var at, of []int
		straight := true // the elements already stand in the order of the rows, as is usual
		for r, l := range entries {
			if null != nil && null[r] {
				continue
			}
			straight = straight && int(l.offset) == len(at)
			for k := range int(l.length) {
				at, of = append(at, int(l.offset)+k), append(of, r)
			}
		}
		if !straight || len(at) != all.Len() {
			all = all.Gather(at)
		}
		if i > 0 && len(of) != len(rows) {
			return fault.New(fault.Internal, "eval_arguments", "lists of %d and of %d elements are meant to belong together", len(rows), len(of))
		}
		elements[i], rows = all, of
	}
	v, err := e.Groups(elements, rows, n)
	if err != nil {
		return err
	}
	if v.Type != e.Result || v.Len() != n {
		return fault.New(fault.Internal, "eval_result", "%d values of type %s where %d of type %s are meant", v.Len(), v.Type, n, e.Result)
	}
	encode(out, v)
	return nil
}
