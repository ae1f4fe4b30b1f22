package duck

import (
	"sync"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Func computes a value per row of a batch. It is used by one thread at a time.
type Func func(args *column.Batch) (*column.Vector, error)

// Eval is an expression that Go computes inside a query. New makes the function; the engine's threads use one each.
type Eval struct {
	Args   []schema.Type
	Result schema.Type
	New    func() (Func, error)
	// Texts, when not nil, computes a list of texts per row instead, for TextsName. Threads call it at once.
	Texts func(args *column.Batch) (*Texts, error)
	// Groups, when not nil, takes lists for arguments: the elements of all rows one after the other, and of which row each
	// is. It computes a value for each of total rows. Threads call it at once.
	Groups func(elements []*column.Vector, rows []int, total int) (*column.Vector, error)

	mu   sync.Mutex
	free []Func
}

func (e *Eval) borrow() (Func, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.free); n > 0 {
		f := e.free[n-1]
		e.free = e.free[:n-1]
		return f, nil
	}
	return e.New()
}

func (e *Eval) giveBack(f Func) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.free = append(e.free, f)
}

// run computes one chunk. The first argument of the call is the evaluator's number, the same in every row.
func (e *Eval) run(in mapping.DataChunk, out mapping.Vector) error {
	n := int(mapping.DataChunkGetSize(in))
	if n == 0 {
		return nil
	}
	if got := int(mapping.DataChunkGetColumnCount(in)) - 1; got != len(e.Args) {
		return fault.New(fault.Internal, "eval_arguments", "%d arguments where %d are meant", got, len(e.Args))
	}
	if e.Groups != nil {
		return e.groups(in, n, out)
	}
	b := &column.Batch{N: n, Cols: make([]*column.Vector, len(e.Args))}
	for i, t := range e.Args {
		b.Cols[i] = decode(mapping.DataChunkGetVector(in, mapping.IdxT(i+1)), n, t)
	}
	if e.Texts != nil {
		return e.texts(b, out)
	}
	f, err := e.borrow()
	if err != nil {
		return err
	}
	v, err := f(b)
	if err != nil {
		return err
	}
	e.giveBack(f)
	if v.Type != e.Result || v.Len() != n {
		return fault.New(fault.Internal, "eval_result", "%d values of type %s where %d of type %s are meant", v.Len(), v.Type, n, e.Result)
	}
	encode(out, v)
	return nil
}
