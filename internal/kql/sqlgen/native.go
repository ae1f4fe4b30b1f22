package sqlgen

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

type nativeCall func(*gen, *rel, *plan.Call) (string, bool)

// nativeFor returns how SQL computes a function exactly, for the argument types it checks; nil when SQL cannot.
func nativeFor(name string) nativeCall {
	switch name {
	case "==":
		return equal
	case "!=":
		return unequal
	case "<", "<=", ">", ">=":
		return ordered(name)
	case "and":
		return logic(" AND ")
	case "or":
		return logic(" OR ")
	case "not":
		return not
	case "in":
		return in
	case "!in":
		return notIn
	case "isnull":
		return isNull(" IS NULL")
	case "isnotnull":
		return isNull(" IS NOT NULL")
	case "isempty":
		return isEmpty(" = ''")
	case "isnotempty":
		return isEmpty(" <> ''")
	case "contains_cs":
		return substring("contains")
	case "startswith_cs":
		return substring("starts_with")
	case "endswith_cs":
		return substring("ends_with")
	case "iff":
		return iff
	case "has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs", "contains", "startswith", "endswith", "=~", "has_any", "has_all",
		"!has", "!has_cs", "!hasprefix", "!hasprefix_cs", "!hassuffix", "!hassuffix_cs", "!contains", "notcontains", "!startswith", "!endswith", "!~":
		return find
	case "in~", "!in~":
		return inFold
	case "tostring":
		return textOf
	case "tolower":
		return changedCase("lower")
	case "toupper":
		return changedCase("upper")
	case "matches regex":
		return matchesRegex
	case "extract":
		return extract
	case "+":
		return shifted
	case "-":
		return minus
	}
	return nil
}

// pair writes two arguments of the same simple type.
func (g *gen) pair(r *rel, c *plan.Call) (a, b string, ok bool) {
	if len(c.Args) != 2 || !comparable(c.Args[0].Type(), c.Args[1].Type()) {
		return "", "", false
	}
	if !simple(c.Args[0].Type()) || !simple(c.Args[1].Type()) {
		return "", "", false
	}
	if a, ok = g.native(r, c.Args[0]); !ok {
		return "", "", false
	}
	b, ok = g.native(r, c.Args[1])
	return a, b, ok
}

// comparable reports that two types have one form in SQL and mean the same by it.
func comparable(a, b schema.Type) bool {
	return sqlType(a) == sqlType(b) && (a == schema.Guid) == (b == schema.Guid)
}

// equal: null == null is null, one null is false.
func equal(g *gen, r *rel, c *plan.Call) (string, bool) {
	a, b, ok := g.pair(r, c)
	if !ok {
		return "", false
	}
	switch na, nb := r.never(c.Args[0]), r.never(c.Args[1]); {
	case na && nb:
		return "(" + a + " = " + b + ")", true
	case na || nb:
		return "coalesce(" + a + " = " + b + ", false)", true
	}
	return "CASE WHEN " + a + " IS NULL AND " + b + " IS NULL THEN NULL ELSE " + a + " IS NOT DISTINCT FROM " + b + " END", true
}

// unequal: null != null is null, one null is true.
func unequal(g *gen, r *rel, c *plan.Call) (string, bool) {
	a, b, ok := g.pair(r, c)
	if !ok {
		return "", false
	}
	switch na, nb := r.never(c.Args[0]), r.never(c.Args[1]); {
	case na && nb:
		return "(" + a + " <> " + b + ")", true
	case na || nb:
		return "(" + a + " IS DISTINCT FROM " + b + ")", true
	}
	return "CASE WHEN " + a + " IS NULL AND " + b + " IS NULL THEN NULL ELSE " + a + " IS DISTINCT FROM " + b + " END", true
}

// ordered comparisons with a null are null in both languages; strings compare by bytes, which is by code point.
func ordered(op string) nativeCall {
	return func(g *gen, r *rel, c *plan.Call) (string, bool) {
		a, b, ok := g.pair(r, c)
		if !ok || c.Args[0].Type() == schema.Bool {
			return "", false
		}
		return "(" + a + " " + op + " " + b + ")", true
	}
}

// logic is three-valued in both languages.
func logic(op string) nativeCall {
	return func(g *gen, r *rel, c *plan.Call) (string, bool) {
		var parts []string
		for _, a := range c.Args {
			s, ok := g.native(r, a)
			if !ok || a.Type() != schema.Bool {
				return "", false
			}
			parts = append(parts, s)
		}
		return "(" + strings.Join(parts, op) + ")", true
	}
}

func not(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 1 || c.Args[0].Type() != schema.Bool {
		return "", false
	}
	s, ok := g.native(r, c.Args[0])
	return "(NOT " + s + ")", ok
}

// list writes a value and the constants it is looked up in; no null and nothing of another type is among them.
func (g *gen) list(r *rel, c *plan.Call) (x, list string, ok bool) {
	t := c.Args[0].Type()
	if len(c.Args) < 2 || !simple(t) || t == schema.Bool || t == schema.Guid {
		return "", "", false
	}
	if x, ok = g.native(r, c.Args[0]); !ok {
		return "", "", false
	}
	var all []string
	for _, a := range c.Args[1:] {
		v, ok := g.constant(a)
		if ok && a.Type() == schema.Dynamic && t == schema.String {
			list, isList := g.stringsOf(v)
			if !isList {
				return "", "", false
			}
			all = append(all, list...)
			continue
		}
		if !ok || v == nil || !comparable(a.Type(), t) || !simple(a.Type()) {
			return "", "", false
		}
		s, ok := g.literal(v, a.Type())
		if !ok {
			return "", "", false
		}
		all = append(all, s)
	}
	return x, strings.Join(all, ", "), true
}

// stringsOf writes the elements of an array that has nothing but strings.
func (g *gen) stringsOf(v any) ([]string, bool) {
	items, ok := column.Resolve(v).([]any)
	if !ok || len(items) == 0 {
		return nil, false
	}
	var out []string
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		s, ok := g.literal(text, schema.String)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func in(g *gen, r *rel, c *plan.Call) (string, bool) {
	x, list, ok := g.list(r, c)
	if !ok {
		return "", false
	}
	if r.never(c.Args[0]) {
		return "(" + x + " IN (" + list + "))", true
	}
	return "coalesce(" + x + " IN (" + list + "), false)", true
}

func notIn(g *gen, r *rel, c *plan.Call) (string, bool) {
	x, list, ok := g.list(r, c)
	if !ok {
		return "", false
	}
	if r.never(c.Args[0]) {
		return "(" + x + " NOT IN (" + list + "))", true
	}
	return "coalesce(" + x + " NOT IN (" + list + "), true)", true
}

// between is for predicates only: with a null it is not true, but whether false or null is left to the interpreter.
func (g *gen) between(r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 3 {
		return "", false
	}
	var s [3]string
	for i, a := range c.Args {
		if !simple(a.Type()) || a.Type() == schema.Bool || !comparable(a.Type(), c.Args[0].Type()) || (a.Type() == schema.Timespan) != (c.Args[0].Type() == schema.Timespan) {
			return "", false
		}
		var ok bool
		if s[i], ok = g.native(r, a); !ok {
			return "", false
		}
	}
	return "(" + s[0] + " BETWEEN " + s[1] + " AND " + s[2] + ")", true
}

func isNull(test string) nativeCall {
	return func(g *gen, r *rel, c *plan.Call) (string, bool) {
		if len(c.Args) != 1 || !simple(c.Args[0].Type()) || c.Args[0].Type() == schema.String {
			return "", false
		}
		s, ok := g.native(r, c.Args[0])
		return "(" + s + test + ")", ok
	}
}

func isEmpty(test string) nativeCall {
	return func(g *gen, r *rel, c *plan.Call) (string, bool) {
		if len(c.Args) != 1 || c.Args[0].Type() != schema.String {
			return "", false
		}
		s, ok := g.native(r, c.Args[0])
		return "(" + s + test + ")", ok
	}
}

// substring tests are by bytes for valid UTF-8, whatever the constant.
func substring(f string) nativeCall {
	return func(g *gen, r *rel, c *plan.Call) (string, bool) {
		if len(c.Args) != 2 || c.Args[0].Type() != schema.String || c.Args[1].Type() != schema.String {
			return "", false
		}
		if v, ok := g.constant(c.Args[1]); !ok || v == "" {
			return "", false
		}
		a, b, ok := g.pair(r, c)
		return f + "(" + a + ", " + b + ")", ok
	}
}

// iff takes the second value when the condition is false or null.
func iff(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 3 || !simple(c.T) || sqlType(c.Args[1].Type()) != sqlType(c.T) || sqlType(c.Args[2].Type()) != sqlType(c.T) {
		return "", false
	}
	var s [3]string
	for i, a := range c.Args {
		var ok bool
		if s[i], ok = g.native(r, a); !ok {
			return "", false
		}
	}
	return "CASE WHEN " + s[0] + " THEN " + s[1] + " ELSE " + s[2] + " END", true
}

// bin of whole numbers and times, by a constant size: the engine computes what is not negative, the interpreter the rest.
func (g *gen) bin(r *rel, e plan.Expr) (string, bool) {
	c, ok := e.(*plan.Call)
	if !ok || c.Func != "bin" || len(c.Args) != 2 || sqlType(c.T) != "BIGINT" || sqlType(c.Args[0].Type()) != "BIGINT" || sqlType(c.Args[1].Type()) != "BIGINT" {
		return "", false
	}
	size, ok := g.constant(c.Args[1])
	if n, isInt := size.(int64); !ok || !isInt || n <= 0 {
		return "", false
	}
	x, ok := g.native(r, c.Args[0])
	if !ok {
		return "", false
	}
	n, ok := g.literal(size, schema.Long)
	if !ok {
		return "", false
	}
	other, ok := g.eval(r, e)
	return "CASE WHEN " + x + " >= 0 THEN " + x + " - " + x + " % " + n + " WHEN " + x + " IS NULL THEN NULL ELSE " + other + " END", ok
}

// Native reports whether SQL has a proven form of a function or operator, for some types of its arguments at least.
func Native(name string) bool {
	return nativeFor(name) != nil || name == "bin" || name == "floor" || name == "between" || name == "iif"
}

// NativeAggregate reports whether SQL has an exact form of an aggregate, for some types of its arguments at least.
func NativeAggregate(name string) bool {
	if base, ok := conditional[name]; ok {
		name = base
	}
	switch name {
	case "count", "sum", "avg", "min", "max", "dcount", "count_distinct", "make_set", "make_set_if", "take_any", "any", "arg_max", "arg_min":
		return true
	}
	return false
}

// Folded reports whether the interpreter folds an aggregate over groups that a statement has collected.
func Folded(name string) bool { return !notFolded[name] && kernel.KnownAggregate(name) }
