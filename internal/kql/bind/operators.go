package bind

import (
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// overload picks the signature of an operator for the operand types; nil if there is none. Types not known fit anything.
func overload(op string, types ...schema.Type) *signature {
	f := builtins().operators[op]
	if f == nil {
		return nil
	}
	var best *signature
	score := 0
	for i := range f.sigs {
		s := &f.sigs[i]
		if len(s.params) != len(types) {
			continue
		}
		sum := 0
		for k, t := range types {
			fit := s.params[k].fits(t)
			if (s.params[k].class == "Parameter0" || s.params[k].class == "Parameter1") && t != schema.Unknown {
				if ref := types[s.params[k].class[len("Parameter")]-'0']; ref != t && ref != schema.Unknown {
					fit = 0
				}
			}
			if fit == 0 {
				sum = -1
				break
			}
			sum += fit
		}
		if sum > score {
			best, score = s, sum
		}
	}
	return best
}

// resultType applies the rule of an operator's signature.
func resultType(s *signature, types ...schema.Type) schema.Type {
	for _, t := range types {
		if t == schema.Unknown && s.rule != "" {
			return schema.Unknown
		}
	}
	switch s.rule {
	case "Widest":
		t := widest(types[0], types[1])
		if t == schema.Int {
			t = schema.Long
		}
		return t
	case "Parameter0", "Custom":
		return types[0]
	case "Parameter1":
		return types[1]
	}
	return s.typ
}

func (b *binder) binary(c ctx, x *syntax.Binary) value {
	if _, star := x.L.(*syntax.Star); star {
		return b.anyColumn(c, x)
	}
	l := b.scalar(c, x.L)
	r := b.scalar(c, x.R)
	op := x.Op
	if op == ":" {
		op = "has"
	}
	if (op == "and" || op == "or") && l.Type() == schema.Bool && r.Type() == schema.Bool { // the common case
		return scalarOf(&plan.Call{Func: op, Args: []plan.Expr{l, r}, T: schema.Bool})
	}
	s := overload(x.Op, l.Type(), r.Type())
	if s == nil {
		b.errorf(x, "KS106", "The operator '%s' is not defined for the operand types %s and %s.%s", x.Op, l.Type(), r.Type(), operandHint(x.Op, l.Type(), r.Type()))
		switch op {
		case "+", "-", "*", "/", "%":
			return bad()
		}
		return scalarOf(&plan.Lit{T: schema.Bool})
	}
	t := resultType(s, l.Type(), r.Type())
	switch op {
	case "+", "-", "*", "/", "%":
		if s.rule == "Widest" {
			l, r = convert(l, t), convert(r, t)
		}
	}
	if op == "like" || op == "notlike" || op == "likecs" || op == "notlikecs" {
		b.notRunnable(x, x.Op)
	}
	return scalarOf(&plan.Call{Func: op, Args: []plan.Expr{l, r}, T: t})
}

// operandHint says what to write instead.
func operandHint(op string, l, r schema.Type) string {
	switch {
	case (op == "+") && (l == schema.String || r == schema.String):
		return " Use strcat() to join strings."
	case l == schema.Datetime && r == schema.String:
		return " Use datetime(...) or todatetime()."
	case l != schema.String && l != schema.Dynamic && r == schema.String:
		return " Use tostring() to compare as text."
	}
	return ""
}

// anyColumn is "* op x": whether it holds for any column it can hold for.
func (b *binder) anyColumn(c ctx, x *syntax.Binary) value {
	r := b.scalar(c, x.R)
	op := x.Op
	if op == ":" {
		op = "has"
	}
	return b.eachColumn(c, func(col plan.Expr) plan.Expr {
		if overload(op, col.Type(), r.Type()) == nil || (op == "==" || op == "!=") && col.Type() != r.Type() && col.Type() != schema.Dynamic {
			return nil
		}
		return &plan.Call{Func: op, Args: []plan.Expr{col, r}, T: schema.Bool}
	})
}

// eachColumn is whether a condition, nil where it cannot be asked, holds for any column.
func (b *binder) eachColumn(c ctx, condition func(col plan.Expr) plan.Expr) value {
	var found plan.Expr
	for _, col := range c.row.visible() {
		if e := condition(&plan.Ref{ID: col.ID, T: col.Type}); e != nil {
			found = either(found, e)
		}
	}
	if found == nil {
		return scalarOf(&plan.Lit{T: schema.Bool, Value: false})
	}
	return scalarOf(found)
}

func either(a, b plan.Expr) plan.Expr {
	if a == nil {
		return b
	}
	return &plan.Call{Func: "or", Args: []plan.Expr{a, b}, T: schema.Bool}
}

func (b *binder) between(c ctx, x *syntax.Between) value {
	op := "between"
	if x.Not {
		op = "!between"
	}
	if _, star := x.X.(*syntax.Star); star {
		from, to := b.scalar(c, x.From), b.scalar(c, x.To)
		return b.eachColumn(c, func(col plan.Expr) plan.Expr {
			if col.Type() == schema.Dynamic || !betweenFits(col.Type(), from.Type(), to.Type()) {
				return nil
			}
			end := to
			if col.Type() == schema.Datetime && to.Type() == schema.Timespan {
				end = &plan.Call{Func: "+", Args: []plan.Expr{from, to}, T: schema.Datetime}
			}
			return &plan.Call{Func: op, Args: []plan.Expr{col, from, end}, T: schema.Bool}
		})
	}
	v, from, to := b.scalar(c, x.X), b.scalar(c, x.From), b.scalar(c, x.To)
	if !betweenFits(v.Type(), from.Type(), to.Type()) {
		b.errorf(x, "KS106", "The operator '%s' is not defined for the operand types %s, %s and %s.", op, v.Type(), from.Type(), to.Type())
	}
	if v.Type() == schema.Datetime && to.Type() == schema.Timespan {
		to = &plan.Call{Func: "+", Args: []plan.Expr{from, to}, T: schema.Datetime}
	}
	return scalarOf(&plan.Call{Func: op, Args: []plan.Expr{v, from, to}, T: schema.Bool})
}

func betweenFits(v, from, to schema.Type) bool {
	known := func(t schema.Type) bool { return t != schema.Unknown }
	switch {
	case !known(v) || !known(from) || !known(to):
		return true
	case v.Numeric():
		return (from.Numeric() || from == schema.Dynamic) && (to.Numeric() || to == schema.Dynamic)
	case v == schema.Datetime:
		return (from == v || from == schema.Dynamic) && (to == v || to == schema.Timespan || to == schema.Dynamic)
	case v == schema.Timespan:
		return from == v && to == v
	case v == schema.Dynamic:
		return from == to && (from.Numeric() || from == schema.Dynamic || from == schema.Datetime || from == schema.Timespan) || from.Numeric() && to.Numeric()
	}
	return false
}

// in binds in, has_any and has_all, over values or over a table's first column.
func (b *binder) in(c ctx, x *syntax.In) value {
	if _, star := x.X.(*syntax.Star); star {
		return b.inAnyColumn(c, x)
	}
	e := b.scalar(c, x.X)
	switch t := e.Type(); x.Op {
	case "in~", "!in~", "has_any", "has_all":
		if t != schema.String && t != schema.Dynamic && t != schema.Unknown {
			b.errorf(x.X, "KS107", "A value of type string or dynamic expected, not %s.", t)
		}
	}
	call := &plan.Call{Func: x.Op, Args: []plan.Expr{e}, T: schema.Bool}
	for i, item := range x.List {
		v := b.value(c, item)
		if v.rel != nil {
			if i > 0 || len(x.List) > 1 {
				b.errorf(item, "KS110", "A table can stand in %s (...) only alone.", x.Op)
				continue
			}
			return b.inTable(c, x, e, v.rel)
		}
		if v.expr == nil {
			continue
		}
		call.Args = append(call.Args, v.expr)
	}
	return scalarOf(call)
}

// inAnyColumn is "* in (...)": whether any column whose type is that of a value has one of the values.
func (b *binder) inAnyColumn(c ctx, x *syntax.In) value {
	var list []plan.Expr
	for _, item := range x.List {
		v := b.value(c, item)
		if v.rel != nil {
			b.errorf(item, "KS110", "Behind '*' %s takes values, not a table.", x.Op)
			continue
		}
		if v.expr != nil {
			list = append(list, v.expr)
		}
	}
	return b.eachColumn(c, func(col plan.Expr) plan.Expr {
		call := &plan.Call{Func: x.Op, Args: []plan.Expr{col}, T: schema.Bool}
		for _, e := range list {
			if overload("==", col.Type(), e.Type()) == nil || e.Type() != col.Type() && e.Type() != schema.Dynamic {
				return nil
			}
			call.Args = append(call.Args, e)
		}
		return call
	})
}

func (b *binder) inTable(c ctx, x *syntax.In, e plan.Expr, r *rel) value {
	cols := r.visible()
	if len(cols) == 0 {
		if !r.open {
			b.errorf(x, "KS_columns", "The table has no columns.")
		}
		return scalarOf(&plan.Lit{T: schema.Bool})
	}
	return scalarOf(&plan.InTable{Func: x.Op, X: e, Input: b.only(r, cols[0])})
}
