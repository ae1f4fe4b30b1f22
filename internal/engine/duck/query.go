package duck

import (
	"context"
	"strings"
	"sync"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Codes of the errors that are about a statement and not about the data or the caller.
const (
	CodeRefused = "duck_statement" // it is not one that may run
	CodeFailed  = "duck_failed"    // DuckDB did not run it
)

// Query is a SELECT statement with everything it refers to.
type Query struct {
	SQL       string
	Params    []any         // values of $1, $2, ...: nil, bool, int64, float64 or string
	Types     []schema.Type // KQL types of the result columns, in order
	Relations []*Relation   // tail(0), tail(1), ...
	Evals     []*Eval       // the evaluators that k_bool(i, ...) and its siblings call

	mu  sync.Mutex
	err error // the first error a callback met, with its Go type
}

func (q *Query) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
}

func (q *Query) failure() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// Query starts a query; rows are computed as they are read. The caller closes the rows. When ctx ends, a running
// statement is interrupted and Next returns an error of kind Unavailable.
func (p *Pool) Query(ctx context.Context, q *Query) (*Rows, error) {
	in, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	r := &Rows{pool: p, in: in, query: q, healthy: true}
	r.ctx, r.cancel = context.WithCancel(ctx)
	in.query.Store(q)
	r.watch()
	if err := r.start(); err != nil {
		r.healthy = false
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// start prepares and executes the statement up to its first rows.
func (r *Rows) start() error {
	conn := r.in.conn
	if strings.ContainsRune(r.query.SQL, 0) {
		return fault.New(fault.Internal, CodeRefused, "the statement contains a NUL") // C would read half of it
	}
	// Some PRAGMAs turn into SELECTs, and EXPORT makes its folder while it is prepared: neither may get that far.
	if !strings.HasPrefix(r.query.SQL, "SELECT ") && !strings.HasPrefix(r.query.SQL, "WITH ") {
		return fault.New(fault.Internal, CodeRefused, "the statement is not a SELECT")
	}
	var all mapping.ExtractedStatements
	n := mapping.ExtractStatements(conn, r.query.SQL, &all)
	defer mapping.DestroyExtracted(&all)
	if n != 1 {
		if msg := mapping.ExtractStatementsError(all); msg != "" {
			return r.wrap("reading the statement", msg)
		}
		return fault.New(fault.Internal, CodeRefused, "%d statements where one may run", int(n))
	}
	if mapping.PrepareExtractedStatement(conn, all, 0, &r.stmt) == mapping.StateError {
		return r.wrap("preparing the statement", mapping.PrepareError(r.stmt))
	}
	if mapping.PreparedStatementType(r.stmt) != mapping.StatementTypeSelect {
		return fault.New(fault.Internal, CodeRefused, "the statement is not a SELECT")
	}
	for i, v := range r.query.Params {
		if bind(r.stmt, mapping.IdxT(i+1), v) == mapping.StateError {
			return fault.New(fault.Internal, CodeRefused, "binding parameter %d", i+1)
		}
	}
	var pending mapping.PendingResult
	defer mapping.DestroyPending(&pending)
	if mapping.PendingPreparedStreaming(r.stmt, &pending) == mapping.StateError {
		return r.wrap("planning the statement", mapping.PendingError(pending))
	}
	if mapping.ExecutePending(pending, &r.res) == mapping.StateError {
		return r.wrap("running the statement", mapping.ResultError(&r.res))
	}
	if n := int(mapping.ColumnCount(&r.res)); n < len(r.query.Types) {
		return fault.New(fault.Internal, CodeRefused, "the statement has %d columns, not %d", n, len(r.query.Types))
	}
	for i, t := range r.query.Types {
		if got, want := mapping.ColumnType(&r.res, mapping.IdxT(i)), physical(t); got != want {
			return fault.New(fault.Internal, CodeRefused, "result column %d of type %s has the engine's type %d, not %d", i, t, int(got), int(want))
		}
	}
	return nil
}

func bind(s mapping.PreparedStatement, i mapping.IdxT, v any) mapping.State {
	switch v := v.(type) {
	case nil:
		return mapping.BindNull(s, i)
	case bool:
		return mapping.BindBoolean(s, i, v)
	case int64:
		return mapping.BindInt64(s, i, v)
	case float64:
		return mapping.BindDouble(s, i, v)
	case string:
		return mapping.BindVarcharLength(s, i, v, mapping.IdxT(len(v)))
	}
	return mapping.StateError
}

// Rows is the result of a query. Not safe for concurrent use.
type Rows struct {
	pool    *Pool
	in      *instance
	query   *Query
	ctx     context.Context
	cancel  context.CancelFunc
	stop    chan struct{}
	watcher sync.WaitGroup
	stmt    mapping.PreparedStatement
	res     mapping.Result
	healthy bool
	closed  bool
}

// Close ends the query, gives its instance back and lets go of the relations and evaluators.
func (r *Rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	close(r.stop)
	r.cancel()
	r.watcher.Wait()
	mapping.DestroyResult(&r.res)
	mapping.DestroyPrepare(&r.stmt)
	r.pool.release(r.in, r.healthy)
	r.in = nil
	return nil
}

// wrap turns an engine message into an error, preferring the reason known on this side.
func (r *Rows) wrap(doing, msg string) error {
	r.healthy = false
	if err := cancelled(r.ctx); err != nil {
		return err
	}
	if err := r.query.failure(); err != nil {
		return err
	}
	if strings.Contains(msg, "Out of Memory") {
		return fault.New(fault.TooLarge, "query_memory", "the query needs more memory than one query may use; narrow its time range or summarize earlier (%s)", firstLine(msg))
	}
	r.pool.opts.Logger.Error("query engine failed", "err", msg)
	return fault.New(fault.Internal, CodeFailed, "%s: %s", doing, firstLine(msg))
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

var _ interface {
	Next(context.Context) (*column.Batch, error)
	Close() error
} = (*Rows)(nil)
