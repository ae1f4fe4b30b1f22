package engine

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// expression is a compiled scalar expression: a constant, or a computation over a batch. Safe for concurrent use.
type expression struct {
	typ   schema.Type
	value *column.Vector // one value, when constant
	eval  func(b *column.Batch) *column.Vector
}

// over computes b.N values, or returns the one that stands for all.
func (x *expression) over(b *column.Batch) *column.Vector {
	if x.value != nil {
		return x.value
	}
	return x.eval(b)
}

// exactly computes n values of a type.
func (x *expression) exactly(b *column.Batch, t schema.Type) *column.Vector {
	return kernel.Spread(kernel.Convert(x.over(b), t), b.N)
}

// compile binds the kernels of an expression over the columns of a batch: column id to position. These are the kernels
// that exec runs, bound to the same types and constants. An expression that reads tables, looks at other rows or gives
// another value every time is an error.
func compile(e plan.Expr, at map[int]int, env kernel.Env) (*expression, error) {
	switch e := e.(type) {
	case *plan.Lit:
		v := column.New(e.T, 1)
		v.Append(e.Value)
		return &expression{typ: e.T, value: v}, nil
	case *plan.Ref:
		i, ok := at[e.ID]
		if !ok {
			return nil, fault.New(fault.Internal, "column_unknown", "column %d is not an argument", e.ID)
		}
		return &expression{typ: e.T, eval: func(b *column.Batch) *column.Vector { return b.Cols[i] }}, nil
	case *plan.Call:
		return compileCall(e, at, env)
	}
	return nil, fault.New(fault.Invalid, "expression_not_pure", "an expression that reads a table cannot be computed row by row")
}

func compileCall(c *plan.Call, at map[int]int, env kernel.Env) (*expression, error) {
	if kernel.Window(c.Func) {
		return nil, fault.New(fault.Invalid, "expression_not_pure", "the function %s looks at other rows", c.Func)
	}
	args := make([]*expression, len(c.Args))
	sig := make([]kernel.Arg, len(c.Args))
	constant := true
	for i, a := range c.Args {
		x, err := compile(a, at, env)
		if err != nil {
			return nil, err
		}
		args[i] = x
		sig[i] = kernel.Arg{Type: x.typ}
		if x.value != nil {
			sig[i].Const, sig[i].Value = true, x.value.Value(0)
		} else {
			constant = false
		}
	}
	f, err := kernel.Bind(c.Func, sig, c.T, env)
	if err != nil {
		return nil, err
	}
	if f.Volatile {
		return nil, fault.New(fault.Invalid, "expression_not_pure", "the function %s gives another value every time", c.Func)
	}
	run := func(b *column.Batch, n int) *column.Vector {
		vecs := make([]*column.Vector, len(args))
		for i, a := range args {
			vecs[i] = a.over(b)
		}
		return f.Eval(vecs, n)
	}
	if constant {
		return &expression{typ: f.Type, value: run(nil, 1)}, nil
	}
	return &expression{typ: f.Type, eval: func(b *column.Batch) *column.Vector { return run(b, b.N) }}, nil
}

// constantValue computes an expression without columns.
func constantValue(e plan.Expr, env kernel.Env) (any, bool) {
	x, err := compile(e, nil, env)
	if err != nil || x.value == nil {
		return nil, false
	}
	return x.exactly(&column.Batch{N: 1}, e.Type()).Value(0), true
}
