package bind

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// fits says how well a type fits a parameter: 0 not at all, then better with every step.
func (p *param) fits(t schema.Type) int {
	if t == schema.Unknown {
		return 1
	}
	if p.class == "" && len(p.types) == 0 {
		return 1
	}
	best := 0
	for _, want := range p.types {
		switch {
		case want == t:
			return 4
		case widens(t, want):
			best = 2
		case want == schema.String && t == schema.Dynamic: // its text
			best = 1
		}
	}
	if p.class != "" && classHolds(p.class, t) {
		return 3
	}
	return best
}

// widens reports whether a value of type from stands for one of type to without loss of meaning.
func widens(from, to schema.Type) bool {
	switch from {
	case schema.Int:
		return to == schema.Long || to == schema.Real || to == schema.Decimal
	case schema.Long:
		return to == schema.Real || to == schema.Decimal
	case schema.Real:
		return to == schema.Decimal
	}
	return false
}

// classHolds reports whether a class of types holds t.
func classHolds(class string, t schema.Type) bool {
	switch class {
	case "Scalar", "Any", "CommonScalar", "CommonScalarOrDynamic", "Parameter0", "Parameter1":
		return true
	case "Number":
		return t.Numeric()
	case "Integer":
		return t == schema.Int || t == schema.Long
	case "StringOrDynamic":
		return t == schema.String || t == schema.Dynamic
	case "StringOrArray":
		return t == schema.String || t == schema.Dynamic
	case "IntegerOrArray":
		return t == schema.Int || t == schema.Long || t == schema.Dynamic
	case "DynamicArray", "DynamicBag":
		return t == schema.Dynamic
	case "Summable":
		return t.Numeric() || t == schema.Timespan || t == schema.Datetime
	case "NotDynamic":
		return t != schema.Dynamic
	case "NotBool":
		return t != schema.Bool
	case "NumberOrBool":
		return t.Numeric() || t == schema.Bool
	case "NotRealOrBool":
		return t != schema.Real && t != schema.Bool
	case "Orderable", "CommonOrderable":
		return t.Numeric() || t == schema.Timespan || t == schema.Datetime || t == schema.String || t == schema.Bool
	}
	return false
}

// wants says in a message what a parameter takes.
func (p *param) wants() string {
	switch p.class {
	case "Number":
		return "a number"
	case "Integer":
		return "an integer"
	case "StringOrDynamic", "StringOrArray":
		return "a string or dynamic value"
	case "IntegerOrArray":
		return "an integer or an array"
	case "DynamicArray":
		return "a dynamic array"
	case "DynamicBag":
		return "a dynamic property bag"
	case "Summable":
		return "a number, timespan or datetime"
	case "NotDynamic":
		return "a value that is not dynamic"
	case "Orderable", "CommonOrderable":
		return "a value that can be ordered"
	case "NotBool":
		return "a value that is not bool"
	case "":
		out := ""
		for i, t := range p.types {
			if i > 0 {
				out += " or "
			}
			out += t.String()
		}
		return "a value of type " + out
	}
	return "another type"
}

// widest is the numeric type both widen to.
func widest(a, b schema.Type) schema.Type {
	if a == b || widens(b, a) {
		return a
	}
	return b
}

// common is the type that all values can be given as, or Unknown: equal types, numbers widened, and dynamic giving way.
func common(types []schema.Type) schema.Type {
	out := schema.Unknown
	for _, t := range types {
		switch {
		case t == schema.Unknown || t == out:
		case out == schema.Unknown || out == schema.Dynamic:
			out = t
		case t == schema.Dynamic:
		case out.Numeric() && t.Numeric():
			out = widest(out, t)
		default:
			return schema.Unknown
		}
	}
	return out
}

var converters = map[schema.Type]string{
	schema.Bool: "tobool", schema.Int: "toint", schema.Long: "tolong", schema.Real: "todouble", schema.Decimal: "todecimal",
	schema.String: "tostring", schema.Datetime: "todatetime", schema.Timespan: "totimespan", schema.Guid: "toguid",
}

// convert gives an expression the type t: at once for a number that widens, else by the toX function.
func convert(e plan.Expr, t schema.Type) plan.Expr {
	if e.Type() == t || t == schema.Unknown || e.Type() == schema.Unknown {
		return e
	}
	if l, ok := e.(*plan.Lit); ok {
		if l.Value == nil {
			return nullOf(t)
		}
		if n, ok := l.Value.(int64); ok && (l.T == schema.Int || l.T == schema.Long) {
			switch t {
			case schema.Long:
				return &plan.Lit{T: t, Value: n}
			case schema.Int:
				if n == int64(int32(n)) {
					return &plan.Lit{T: t, Value: n}
				}
			case schema.Real:
				return &plan.Lit{T: t, Value: float64(n)}
			}
		}
	}
	if t == schema.Dynamic {
		if l, ok := e.(*plan.Lit); ok {
			return &plan.Lit{T: t, Value: boxed(l)}
		}
		return e // whoever takes a dynamic takes any type: todynamic would parse a string
	}
	f, ok := converters[t]
	if !ok {
		return e
	}
	return &plan.Call{Func: f, Args: []plan.Expr{e}, T: t}
}

func nullOf(t schema.Type) *plan.Lit {
	if t == schema.String {
		return &plan.Lit{T: t, Value: ""}
	}
	return &plan.Lit{T: t}
}

// boxed is a constant as an element of a dynamic value.
func boxed(l *plan.Lit) any {
	switch v := l.Value.(type) {
	case int64:
		switch l.T {
		case schema.Datetime:
			return column.Datetime(v)
		case schema.Timespan:
			return column.Timespan(v)
		}
	}
	return l.Value
}
