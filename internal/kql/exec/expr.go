package exec

import (
	"context"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// scalar is a compiled expression: a constant, or a computation over a batch.
type scalar struct {
	typ   schema.Type
	value *column.Vector // one value, when constant
	eval  func(b *column.Batch) *column.Vector

	volatile bool // it gives another value every time
}

// over evaluates the expression; the vector has b.N values, or one that stands for all.
func (s *scalar) over(b *column.Batch) *column.Vector {
	if s.value != nil {
		return s.value
	}
	return s.eval(b)
}

// column evaluates the expression to exactly b.N values.
func (s *scalar) column(b *column.Batch) *column.Vector { return kernel.Spread(s.over(b), b.N) }

func constant(t schema.Type, v any) *scalar {
	vec := column.New(t, 1)
	vec.Append(v)
	return &scalar{typ: t, value: vec}
}

// compile prepares an expression over batches whose columns stand at the given places.
func (x *runner) compile(ctx context.Context, e plan.Expr, at map[int]int) (*scalar, error) {
	switch e := e.(type) {
	case *plan.Lit:
		return constant(e.T, e.Value), nil
	case *plan.Ref:
		i, ok := at[e.ID]
		if !ok {
			return nil, fault.New(fault.Internal, "plan_column_missing", "The plan refers to column %d, which its input does not have.", e.ID)
		}
		return &scalar{typ: e.T, eval: func(b *column.Batch) *column.Vector { return b.Cols[i] }}, nil
	case *plan.Call:
		return x.compileCall(ctx, e, at)
	case *plan.Scalar:
		v, err := x.scalarOf(ctx, e)
		if err != nil {
			return nil, err
		}
		return constant(e.T, v), nil
	case *plan.InTable:
		return x.compileInTable(ctx, e, at)
	}
	return nil, fault.New(fault.Internal, "plan_expression", "The plan holds an expression of the unknown form %T.", e)
}

func (x *runner) compileAll(ctx context.Context, list []plan.Expr, at map[int]int) ([]*scalar, error) {
	out := make([]*scalar, len(list))
	for i, e := range list {
		s, err := x.compile(ctx, e, at)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

func (x *runner) compileCall(ctx context.Context, e *plan.Call, at map[int]int) (*scalar, error) {
	args, err := x.compileAll(ctx, e.Args, at)
	if err != nil {
		return nil, err
	}
	sig := make([]kernel.Arg, len(args))
	folds := true
	for i, a := range args {
		sig[i] = kernel.Arg{Type: a.typ}
		if a.value != nil {
			sig[i].Const, sig[i].Value = true, a.value.Value(0)
		}
		folds = folds && a.value != nil
	}
	f, err := kernel.Bind(e.Func, sig, e.T, x.kenv)
	if err != nil {
		return nil, err
	}
	out := &scalar{typ: f.Type, volatile: f.Volatile}
	for _, a := range args {
		out.volatile = out.volatile || a.volatile
	}
	if folds && !f.Volatile && !kernel.Window(e.Func) {
		vecs := make([]*column.Vector, len(args))
		for i, a := range args {
			vecs[i] = a.value
		}
		out.value = f.Eval(vecs, 1)
		return out, nil
	}
	out.eval = func(b *column.Batch) *column.Vector {
		vecs := make([]*column.Vector, len(args))
		for i, a := range args {
			vecs[i] = a.over(b)
		}
		return f.Eval(vecs, b.N)
	}
	return out, nil
}

// constantOf evaluates an expression that no row is needed for, boxed.
func (x *runner) constantOf(ctx context.Context, e plan.Expr) (any, error) {
	s, err := x.compile(ctx, e, nil)
	if err != nil {
		return nil, err
	}
	return s.column(&column.Batch{N: 1}).Value(0), nil
}

// scalarOf runs toscalar's table once a query.
func (x *runner) scalarOf(ctx context.Context, e *plan.Scalar) (any, error) {
	if v, ok := x.scalars[e]; ok {
		return v, nil
	}
	r, err := x.open(ctx, e.Input)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // one value is all there is to get
	var out any
	for {
		b, err := next(ctx, r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if b.N > 0 && len(b.Cols) > 0 {
			out = kernel.Convert(b.Cols[0].Slice(0, 1), e.T).Value(0)
			break
		}
	}
	if len(x.group) == 0 || !dependsOnGroup(e.Input) {
		x.scalars[e] = out
	}
	return out, nil
}

// compileInTable reads the table's first column into a set, or into a list of terms, and tests against it.
func (x *runner) compileInTable(ctx context.Context, e *plan.InTable, at map[int]int) (*scalar, error) {
	left, err := x.compile(ctx, e.X, at)
	if err != nil {
		return nil, err
	}
	r, err := x.open(ctx, e.Input)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // the set is complete by then
	fold := e.Func == "in~" || e.Func == "!in~"
	t := left.typ
	if cols := e.Input.Cols(); fold || t == schema.Dynamic && len(cols) > 0 && cols[0].Type == schema.String {
		t = schema.String
	}
	byTerm := e.Func == "has_any" || e.Func == "has_all"
	set, terms := kernel.NewValueSet(t, fold), kernel.NewTerms(e.Func == "has_all")
	for {
		b, err := next(ctx, r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(b.Cols) == 0 {
			continue
		}
		if err := x.mem.grow(e.Func, vectorBytes(b.Cols[0])); err != nil {
			return nil, err
		}
		if byTerm {
			terms.Add(b.Cols[0])
		} else {
			set.Add(b.Cols[0])
		}
	}
	negated := e.Func[0] == '!'
	return &scalar{typ: schema.Bool, eval: func(b *column.Batch) *column.Vector {
		out := column.Make(schema.Bool, b.N)
		if byTerm {
			v := kernel.Convert(left.column(b), schema.String)
			for i := range out.Bools {
				out.Bools[i] = terms.Match(v.Strings[i])
			}
			return out
		}
		v := kernel.Convert(left.column(b), t)
		for i := range out.Bools {
			out.Bools[i] = set.Has(v, i) != negated
		}
		return out
	}}, nil
}

// refs adds the ids of the columns that an expression reads.
func refs(e plan.Expr, into map[int]bool) {
	switch e := e.(type) {
	case *plan.Ref:
		into[e.ID] = true
	case *plan.Call:
		for _, a := range e.Args {
			refs(a, into)
		}
	case *plan.InTable:
		refs(e.X, into)
	}
}

// converted wraps an expression so that it gives another type.
func converted(s *scalar, t schema.Type) *scalar {
	if s.value != nil {
		return &scalar{typ: t, value: kernel.Convert(s.value, t)}
	}
	return &scalar{typ: t, eval: func(b *column.Batch) *column.Vector { return kernel.Convert(s.eval(b), t) }}
}
