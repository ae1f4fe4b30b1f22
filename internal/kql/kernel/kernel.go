// Package kernel holds the scalar functions, operators and aggregates of KQL: one kernel each, over vectors, without rows.
//
// A kernel is bound once per call site: Bind looks at argument types and constants (patterns, term lists) and returns a
// Func that may be evaluated over any number of batches. exec evaluates Funcs; an engine may register the same Funcs as its
// own functions, so that both give the same answers.
//
// Arguments of one evaluation are vectors of n values, or of exactly one value that stands for all rows. No kernel fails or
// panics on any value: what cannot be computed is null (or "" for a string).
package kernel

import (
	"net/netip"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Arg describes an argument of a call site. Value counts when Const is set; it is boxed as column.Vector.Value boxes it.
type Arg struct {
	Type  schema.Type
	Const bool
	Value any
}

// Env is what time-dependent and context-dependent functions read. It is the same for the whole query.
type Env struct {
	Now       int64  // ticks
	Database  string // current_database()
	Principal string // current_principal()
	// Geo describes where an address is, as geo_info_from_ip_address gives it; nil, or a nil answer, is unknown.
	Geo func(netip.Addr) *column.Object
}

// Func is a function bound to one call site. It is safe for concurrent use.
type Func struct {
	// Type is the type of the result.
	Type schema.Type
	// Volatile functions (rand, new_guid) give another value for every row and must not be folded or shared.
	Volatile bool
	eval     eval
}

type eval func(args []*column.Vector, n int) *column.Vector

// Eval computes n values. Each argument holds n values, or one that stands for all n.
func (f *Func) Eval(args []*column.Vector, n int) *column.Vector {
	if n == 0 {
		return column.New(f.Type, 0) // a constant argument would count as a row
	}
	return f.eval(args, n)
}

// site is a call site being bound.
type site struct {
	name string
	args []Arg
	ret  schema.Type
	env  Env
}

// typ returns the type of argument i, Unknown when there is none.
func (s *site) typ(i int) schema.Type {
	if i >= len(s.args) {
		return schema.Unknown
	}
	return s.args[i].Type
}

// text returns argument i when it is a constant string.
func (s *site) text(i int) (string, bool) {
	if i >= len(s.args) || !s.args[i].Const {
		return "", false
	}
	v, ok := s.args[i].Value.(string)
	return v, ok
}

type binder func(s *site) (eval, schema.Type, error)

// def is one entry of the registry.
type def struct {
	bind     binder
	min, max int // arguments; max < 0 is any number
	volatile bool
	window   bool
}

// Bind prepares a function for a call site. ret is the type the caller expects: a result of another type is converted to
// it, unless ret is Unknown. A name, an argument count or a type that no kernel takes is a fault of kind Invalid.
func Bind(name string, args []Arg, ret schema.Type, env Env) (*Func, error) {
	d, ok := lookup(name)
	if !ok {
		return nil, fault.New(fault.Invalid, "function_not_supported", "The function or operator %q cannot be run yet.", name)
	}
	if len(args) < d.min || d.max >= 0 && len(args) > d.max {
		return nil, fault.New(fault.Invalid, "function_arguments", "The function %q cannot be run with %d arguments.", name, len(args))
	}
	s := &site{name: name, args: args, ret: ret, env: env}
	e, t, err := d.bind(s)
	if err != nil {
		return nil, err
	}
	if ret != schema.Unknown && t != ret {
		inner := e
		e = func(args []*column.Vector, n int) *column.Vector { return Convert(inner(args, n), ret) }
		t = ret
	}
	return &Func{Type: t, Volatile: d.volatile, eval: e}, nil
}

// badType is the error for an argument type that the kernel does not take.
func (s *site) badType(i int) error {
	return fault.New(fault.Invalid, "function_argument_type", "Argument %d of %q cannot be of type %s.", i+1, s.name, s.typ(i))
}

// Known reports whether a scalar function or operator can be run.
func Known(name string) bool { _, ok := lookup(name); return ok }

// Window reports whether the function looks at other rows: it needs the whole serialized input as one batch.
func Window(name string) bool { d, ok := lookup(name); return ok && d.window }

// Names lists the scalar functions and operators that can be run, sorted.
func Names() []string {
	var out []string
	for _, family := range families() {
		for name := range family {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
