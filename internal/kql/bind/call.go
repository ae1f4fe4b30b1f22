package bind

import (
	"maps"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// call binds a function call: a user's function, an aggregate where one is allowed, a special form, or a built-in.
func (b *binder) call(c ctx, x *syntax.Call) value {
	name := x.Fn.Text
	if v, ok := c.sc.find(name); ok && v.value == nil {
		switch {
		case v.fn != nil:
			return b.invoke(c, x, v.fn, x.Args)
		case v.table != nil && len(x.Args) == 0:
			return b.use(c, x.Fn, v)
		case v.pattern != nil:
			return b.usePattern(c, x, v.pattern, nil)
		case v.bad:
			return bad()
		}
	}
	if agg, ok := builtins().aggregates[name]; ok && !(c.aggs == nil && builtins().functions[name] != nil) {
		if c.aggs == nil {
			b.errorf(x, "KS144", "The aggregate function '%s' is not allowed in this context.", name)
			return bad()
		}
		return b.aggregate(c, x, agg)
	}
	if r, ok := b.tableFunction(c, x); ok {
		return value{rel: r}
	}
	if v, ok := b.libraryCall(c, x); ok {
		return v
	}
	f, ok := builtins().functions[name]
	if !ok {
		b.unknownFunction(x.Fn)
		for _, a := range x.Args {
			if _, star := a.(*syntax.Star); !star {
				b.value(c, a)
			}
		}
		return bad()
	}
	return b.builtin(c, x, f)
}

func (b *binder) unknownFunction(n *syntax.Name) {
	var hint, fix string
	if l := strings.ToLower(n.Text); l != n.Text && (builtins().functions[l] != nil || builtins().aggregates[l] != nil) {
		hint, fix = " Names of functions are written in lower case: '"+l+"'.", l
	} else {
		names := map[string]bool{}
		for k := range maps.Keys(builtins().functions) {
			if !strings.HasPrefix(k, "_") {
				names[k] = true
			}
		}
		for k := range maps.Keys(builtins().aggregates) {
			names[k] = true
		}
		hint, fix = suggest(n.Text, names)
	}
	b.report(syntax.Diagnostic{Code: "KS211", Kind: syntax.Semantic, Fix: fix,
		Message: "The name '" + n.Text + "' does not refer to any known function." + hint}, n)
}

// argument is a bound argument.
type argument struct {
	x    syntax.Expr
	e    plan.Expr
	name string
	star bool
	typ  schema.Type // of typeof(...)
	lit  bool        // is typeof(...)
	rel  *rel
}

func (b *binder) arguments(c ctx, args []syntax.Expr) []argument {
	out := make([]argument, len(args))
	for i, x := range args {
		out[i].x = x
		switch y := x.(type) {
		case *syntax.Star:
			out[i].star = true
			out[i].e = &plan.Lit{}
			continue
		case *syntax.Typeof:
			out[i].lit = true
			out[i].typ, _ = schema.ParseType(y.Type)
			out[i].e = &plan.Lit{T: schema.String, Value: out[i].typ.String()}
			continue
		}
		v := b.value(c, x)
		out[i].rel, out[i].e, out[i].name = v.rel, v.expr, v.name
		if n, ok := x.(*syntax.Named); ok && len(n.Names) == 1 {
			out[i].name = n.Names[0].Text
		}
		if out[i].e == nil {
			out[i].e = &plan.Lit{}
		}
	}
	return out
}

// builtin binds a call of a built-in scalar function.
func (b *binder) builtin(c ctx, x *syntax.Call, f *function) value {
	if v, ok := b.special(c, x, f); ok {
		return v
	}
	args := b.arguments(c, x.Args)
	s := b.match(x, f, args)
	if s == nil {
		return value{expr: &plan.Lit{T: onlyType(f)}, name: callName(f, args)}
	}
	t := b.functionType(x, f, s, args)
	if b.env.Runnable != nil {
		t = engineType(f, args, t)
	}
	call := &plan.Call{Func: f.canonical(), T: t}
	for i := range args {
		if args[i].rel != nil {
			b.errorf(args[i].x, "KS110", "A scalar value is expected here, not a table. Use toscalar() to take its first value.")
		}
		e := b.fit(s, i, len(args), args[i], t)
		if call.Func == "parse_json" {
			e = args[i].e // of a dynamic value it is the value
		}
		call.Args = append(call.Args, e)
	}
	if b.env.Runnable != nil && (!b.env.Runnable(call.Func) || Refusals()["function"][f.Name] != "") {
		b.notRunnable(x.Fn, f.Name+"()")
	}
	v := value{expr: call, name: callName(f, args)}
	if outs := multiple(f.canonical(), args); outs != nil {
		v = severalOf(call, outs)
	}
	return v
}

// onlyType is the result type when all overloads agree on it.
func onlyType(f *function) schema.Type {
	t := f.sigs[0].typ
	for i := range f.sigs {
		if f.sigs[i].rule != "" || f.sigs[i].typ != t {
			return schema.Unknown
		}
	}
	return t
}

// match picks the overload for the arguments and reports why none fits.
func (b *binder) match(x *syntax.Call, f *function, args []argument) *signature {
	var best, counted *signature
	score := -1
	for i := range f.sigs {
		s := &f.sigs[i]
		least, most := s.arity()
		if len(args) < least || len(args) > most || !grouped(s, len(args)) {
			continue
		}
		counted = s
		sum := 0
		for k := range args {
			fit := s.paramAt(k, len(args)).takes(args[k])
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
	switch {
	case best != nil:
		return best
	case counted == nil:
		b.errorf(x, "KS119", "The function '%s' expects %s, not %d.", f.Name, arityText(f), len(args))
	case len(f.sigs) > 1:
		types := make([]string, len(args))
		for k := range args {
			types[k] = args[k].e.Type().String()
		}
		b.errorf(x, "KS127", "The function '%s' is not compatible with arguments (%s)", f.Name, strings.Join(types, ", "))
	default:
		for k := range args {
			p := counted.paramAt(k, len(args))
			if p.takes(args[k]) == 0 {
				b.errorf(args[k].x, "KS107", "The argument '%s' of '%s' must be %s, not %s.", p.name, f.Name, p.wants(), args[k].e.Type())
			}
		}
	}
	return nil
}

// grouped reports whether the arguments of repeated parameters come in whole groups.
func grouped(s *signature, n int) bool {
	count, others := 0, 0
	for _, p := range s.params {
		if p.max > 1 {
			count++
		} else if p.min > 0 {
			others++
		}
	}
	return count < 2 || (n-others)%count == 0
}

func (p *param) takes(a argument) int {
	switch {
	case a.star:
		if strings.HasPrefix(p.arg, "star") {
			return 4
		}
		return 0
	case p.arg == "staronly":
		return 0
	case p.typeLit:
		if a.lit {
			return 4
		}
		return 0
	case a.lit:
		return 0
	}
	return p.fits(a.e.Type())
}

func arityText(f *function) string {
	least, most := 1<<30, 0
	for i := range f.sigs {
		l, m := f.sigs[i].arity()
		least, most = min(least, l), max(most, m)
	}
	switch {
	case least == most && least == 1:
		return "1 argument"
	case least == most:
		return itoa(least) + " arguments"
	case most >= 1<<15:
		return "at least " + itoa(least) + " arguments"
	}
	return "between " + itoa(least) + " and " + itoa(most) + " arguments"
}

// fit converts an argument to what the overload takes.
func (b *binder) fit(s *signature, i, n int, a argument, result schema.Type) plan.Expr {
	if a.star || a.lit {
		return a.e
	}
	p := s.paramAt(i, n)
	switch p.class {
	case "CommonScalarOrDynamic", "CommonScalar", "CommonOrderable":
		if result != schema.Dynamic {
			return convert(a.e, result)
		}
		return a.e
	case "Number":
		if s.rule == "Widest" {
			return convert(a.e, result)
		}
		return a.e
	case "":
		t := a.e.Type()
		for _, want := range p.types {
			if want == t {
				return a.e
			}
		}
		for _, want := range p.types {
			if widens(t, want) || want == schema.String && t == schema.Dynamic {
				return convert(a.e, want)
			}
		}
	}
	return a.e
}

// functionType applies the return rule of an overload.
func (b *binder) functionType(x *syntax.Call, f *function, s *signature, args []argument) schema.Type {
	first := func(i int) schema.Type {
		if i < len(args) {
			return args[i].e.Type()
		}
		return schema.Unknown
	}
	switch s.rule {
	case "":
		return s.typ
	case "Parameter0":
		t := first(0)
		return t
	case "Parameter1":
		return first(1)
	case "Parameter0Promoted":
		if t := first(0); t != schema.Int {
			return t
		}
		return schema.Long
	case "Parameter0Array":
		return schema.Dynamic
	case "ParameterNLiteral":
		return args[len(args)-1].typ
	case "Widest":
		t := schema.Unknown
		for _, a := range args {
			if u := a.e.Type(); u.Numeric() {
				if t == schema.Unknown {
					t = u
				}
				t = widest(t, u)
			}
		}
		if t == schema.Int {
			t = schema.Long
		}
		return t
	case "Common", "CommonNonDynamic":
		return b.commonType(x, s, args)
	}
	return customType(f, args)
}

func (b *binder) commonType(x *syntax.Call, s *signature, args []argument) schema.Type {
	var types []schema.Type
	unknown, seen := false, map[schema.Type]bool{}
	for i, a := range args {
		if strings.HasPrefix(s.paramAt(i, len(args)).class, "Common") {
			types = append(types, a.e.Type())
			unknown = unknown || a.e.Type() == schema.Unknown
			seen[a.e.Type()] = true
		}
	}
	t := common(types)
	if t != schema.Unknown || unknown && len(seen) == 1 {
		return t
	}
	if s.rule == "CommonNonDynamic" {
		return schema.Dynamic // branches of several types
	}
	if unknown {
		return schema.Unknown
	}
	b.errorf(x, "KS232", "No common type can be determined from the arguments of '%s'.", x.Fn.Text)
	return schema.Unknown
}

// customType is the result of functions whose rule is their own.
func customType(f *function, args []argument) schema.Type {
	switch f.Name {
	case "bin_auto", "prev", "next", "row_cumsum":
		if len(args) > 0 {
			return args[0].e.Type()
		}
	}
	return schema.Dynamic
}

// engineType is the type that the service gives when it runs a function, where that is not what its symbol table says.
func engineType(f *function, args []argument, t schema.Type) schema.Type {
	switch f.Name {
	case "getyear", "getmonth", "monthofyear", "hourofday", "dayofmonth", "dayofyear", "week_of_year", "weekofyear", "datetime_part", "datepart":
		return schema.Long
	case "jaccard_index":
		return schema.Real
	case "ceiling":
		if t == schema.Int || t == schema.Long {
			return schema.Real
		}
	case "datetime_diff":
		if l, ok := args[0].e.(*plan.Lit); ok && l.Value == "week" {
			return schema.Real
		}
	}
	return t
}

// callName is the name that a column computed by the call gets, "" for none.
func callName(f *function, args []argument) string {
	first := ""
	if len(args) > 0 {
		first = args[0].name
	}
	switch f.Naming {
	case "arg":
		return first
	case "only":
		if len(args) == 1 {
			return first
		}
	case "f_arg":
		return f.Name + "_" + first
	case "prefix_arg":
		return f.Prefix + "_" + first
	case "prefix":
		return f.Prefix
	}
	return ""
}
