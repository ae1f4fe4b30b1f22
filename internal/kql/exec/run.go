package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// batchRows is how many rows operators aim to hand on at a time.
const batchRows = 4096

// The limits of a query that sets none.
const (
	DefaultRows   = 500_000
	DefaultBytes  = 64 << 20
	DefaultMemory = 1 << 30
)

// Limits bounds one query. Zero means the default.
type Limits struct {
	Rows   int64 // rows of a result; beyond them the result is cut and flagged
	Bytes  int64 // bytes of a result, likewise
	Memory int64 // bytes that operators may hold at once; beyond them the query fails
	// Cover is asked before operators hold more than ever before, with how much that is in all; its error ends the query. nil grants all.
	Cover func(bytes int64) error
}

// Env is what a query runs in.
type Env struct {
	Source Source // nil when the plan reads no table
	Now    int64  // the query's one instant, in ticks
	Limits Limits
	// Database and Principal answer current_database() and current_principal().
	Database  string
	Principal string
	// Geo answers geo_info_from_ip_address; nil knows nothing.
	Geo func(netip.Addr) *column.Object
	// Profile notes what each node did; nil does without.
	Profile *Profile
	// Fetch reads a file of externaldata, within limits and rules of its own; nil reads nothing.
	Fetch func(ctx context.Context, address string) ([]byte, error)
}

// Run starts a plan. Rows are computed as the reader is read; the reader must be closed. A cancelled context ends it
// within a batch. Errors are faults; a defect in the interpreter is a fault of kind Internal, never a panic.
func Run(ctx context.Context, n plan.Node, env Env) (r Reader, err error) {
	defer rescue(&err)
	x := newRunner(env)
	in, err := x.open(ctx, n)
	if err != nil {
		return nil, err
	}
	return &safeReader{in: in}, nil
}

// rescue turns a panic into a fault. It is deferred where a query enters the interpreter.
func rescue(err *error) {
	if p := recover(); p != nil {
		if f, ok := p.(*fault.Error); ok { // of a kernel that must stop
			*err = f
			return
		}
		*err = &fault.Error{
			Kind: fault.Internal, Code: "query_defect",
			Msg: "The query could not be run because of a defect in the query engine. Please report it together with the query.",
			Err: &defect{text: fmt.Sprintf("%v\n%s", p, debug.Stack())},
		}
	}
}

// defect carries a panic's value and stack for the log; its text is short.
type defect struct{ text string }

func (d *defect) Error() string { return "panic: " + d.text }

type safeReader struct {
	in     Reader
	failed error
}

func (r *safeReader) Next(ctx context.Context) (b *column.Batch, err error) {
	if r.failed != nil {
		return nil, r.failed
	}
	defer func() {
		if err != nil && !errors.Is(err, io.EOF) {
			r.failed = err
		}
	}()
	defer rescue(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.in.Next(ctx)
}

func (r *safeReader) Close() (err error) {
	defer rescue(&err)
	return r.in.Close()
}

// runner is one running query: what its operators share.
type runner struct {
	env     Env
	mem     *memory
	kenv    kernel.Env
	shared  map[int]*shared
	scalars map[*plan.Scalar]any
	group   map[*plan.GroupRows]*column.Batch // the group each Apply is at
}

func newRunner(env Env) *runner {
	if env.Limits.Rows == 0 {
		env.Limits.Rows = DefaultRows
	}
	if env.Limits.Bytes == 0 {
		env.Limits.Bytes = DefaultBytes
	}
	if env.Limits.Memory == 0 {
		env.Limits.Memory = DefaultMemory
	}
	return &runner{
		env: env, mem: &memory{limit: env.Limits.Memory, cover: env.Limits.Cover}, shared: map[int]*shared{}, scalars: map[*plan.Scalar]any{}, group: map[*plan.GroupRows]*column.Batch{},
		kenv: kernel.Env{Now: env.Now, Database: env.Database, Principal: env.Principal, Geo: env.Geo},
	}
}

// openNode returns the reader of a node: the source's, if it takes the subtree, else an operator over the inputs' readers.
func (x *runner) openNode(ctx context.Context, n plan.Node) (r Reader, source bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	_, isGroup := n.(*plan.GroupRows)
	if x.env.Source != nil && !isGroup && (len(x.group) == 0 || !dependsOnGroup(n)) {
		r, ok, err := x.env.Source.Open(ctx, n)
		if ok || err != nil {
			return r, ok, err
		}
	}
	r, err = x.operator(ctx, n)
	return r, false, err
}

// operator runs a node here, over the readers of its inputs.
func (x *runner) operator(ctx context.Context, n plan.Node) (Reader, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return nil, fault.New(fault.Internal, "scan_not_taken", "The table %q cannot be read here: no storage is attached to this query.", n.Table)
	case *plan.Values:
		return x.values(ctx, n)
	case *plan.Range:
		return x.rangeOf(ctx, n)
	case *plan.Filter:
		return x.filter(ctx, n)
	case *plan.Project:
		return x.project(ctx, n)
	case *plan.Aggregate:
		return x.aggregate(ctx, n)
	case *plan.Sort:
		return x.sort(ctx, n, -1)
	case *plan.Limit:
		return x.limit(ctx, n)
	case *plan.Join:
		return x.join(ctx, n)
	case *plan.Union:
		return x.union(n)
	case *plan.WideUnion:
		return x.wideUnion(n)
	case *plan.MvExpand:
		return x.mvExpand(ctx, n)
	case *plan.Parse:
		return x.parse(ctx, n)
	case *plan.Materialize:
		return x.materialize(ctx, n)
	case *plan.Serialize:
		return x.open(ctx, n.Input)
	case *plan.Apply:
		return x.apply(ctx, n)
	case *plan.GroupRows:
		return x.groupRows(n)
	case *plan.MakeSeries:
		return x.makeSeries(ctx, n)
	case *plan.TopNested:
		return x.topNested(ctx, n)
	case *plan.Match:
		return x.match(ctx, n)
	case *plan.ParseKV:
		return x.parseKV(ctx, n)
	case *plan.Plugin:
		return x.plugin(ctx, n)
	case *plan.Held:
		return x.held(n)
	case *plan.External:
		return x.external(ctx, n)
	case *plan.Unsupported:
		return nil, fault.New(fault.Invalid, "operator_not_supported", "%s cannot be run yet.", n.Name)
	}
	return nil, fault.New(fault.Invalid, "operator_not_supported", "The operator %s cannot be run yet.", strings.TrimPrefix(fmt.Sprintf("%T", n), "*plan."))
}

// Runnable reports whether a scalar function, an operator or an aggregate of that name can be run.
func Runnable(name string) bool { return kernel.Known(name) || kernel.KnownAggregate(name) }

// Result is a whole answer. Truncated says why rows are missing, and is empty when none are.
type Result struct {
	Cols      []plan.Col
	Batches   []*column.Batch
	Rows      int64
	Truncated string
}

// Collect runs a plan and keeps the rows, up to the limits of a result.
func Collect(ctx context.Context, n plan.Node, env Env) (*Result, error) {
	r, err := Run(ctx, n, env)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // the rows are here already
	limits := newRunner(env).env.Limits
	out := &Result{Cols: n.Cols()}
	var bytes int64
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if b.N == 0 {
			continue
		}
		if out.Rows+int64(b.N) > limits.Rows {
			b = b.Slice(0, int(limits.Rows-out.Rows))
			out.Truncated = fmt.Sprintf("The result has more than %d rows; only these are returned. Narrow the query, or summarize.", limits.Rows)
		}
		if size := batchBytes(b); bytes+size > limits.Bytes {
			keep := int(int64(b.N) * (limits.Bytes - bytes) / max(size, 1))
			b = b.Slice(0, keep)
			out.Truncated = fmt.Sprintf("The result is larger than %d MB; only the first rows are returned. Project fewer columns, or summarize.", limits.Bytes>>20)
		}
		bytes += batchBytes(b)
		out.Batches = append(out.Batches, b)
		out.Rows += int64(b.N)
		if out.Truncated != "" {
			return out, nil
		}
	}
}

func typesOf(cols []plan.Col) []schema.Type {
	out := make([]schema.Type, len(cols))
	for i, c := range cols {
		out[i] = c.Type
	}
	return out
}

// places maps column ids to positions in a batch of these columns.
func places(cols []plan.Col) map[int]int {
	m := make(map[int]int, len(cols))
	for i, c := range cols {
		m[c.ID] = i
	}
	return m
}
