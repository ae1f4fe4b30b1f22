package rules

import (
	col "github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

var foldConstants = Rule{Name: "fold-constants", Description: "what constants alone decide is computed once, and filters that keep all or nothing go", Apply: func(root plan.Node) plan.Node {
	return rewrite(root, func(n plan.Node) plan.Node {
		n = plan.MapExprs(n, fold)
		f, ok := n.(*plan.Filter)
		if !ok {
			return n
		}
		switch v, known := truth(f.Pred); {
		case known && v:
			return f.Input
		case known:
			return &plan.Values{Out: f.Input.Cols()}
		}
		return n
	})
}}

// foldable are functions that depend on their arguments alone, whatever the query's instant, names and files are.
var foldable = map[string]bool{
	"==": true, "!=": true, "=~": true, "!~": true, "<": true, "<=": true, ">": true, ">=": true, "+": true, "-": true, "*": true, "/": true, "%": true, "neg": true, "not": true,
	"has": true, "contains": true, "startswith": true, "endswith": true, "in": true, "!in": true, "between": true, "strcat": true, "tolower": true, "toupper": true, "strlen": true, "substring": true,
	"tostring": true, "tolong": true, "toint": true, "toreal": true, "todouble": true, "tobool": true, "bin": true, "isempty": true, "isnotempty": true, "isnull": true, "isnotnull": true,
	"base64_decode_tostring": true, "replace_string": true, "trim": true, "reverse": true, "abs": true, "coalesce": true,
}

// fold computes a call of constants, or drops what a constant decides.
func fold(e plan.Expr) plan.Expr {
	c, ok := e.(*plan.Call)
	if !ok {
		return e
	}
	switch c.Func {
	case "and", "or":
		return foldLogic(c)
	case "iff", "iif":
		if v, known := truth(c.Args[0]); known && len(c.Args) == 3 {
			arm := c.Args[2]
			if v {
				arm = c.Args[1]
			}
			if arm.Type() == c.T {
				return arm
			}
		}
		return e
	}
	if !foldable[c.Func] || !simple(c.T) {
		return e
	}
	sig, args := make([]kernel.Arg, len(c.Args)), make([]*col.Vector, len(c.Args))
	for i, a := range c.Args {
		l, ok := a.(*plan.Lit)
		if !ok || !simple(l.T) {
			return e
		}
		args[i] = col.New(l.T, 1)
		args[i].Append(l.Value)
		sig[i] = kernel.Arg{Type: l.T, Const: true, Value: args[i].Value(0)}
	}
	f, err := kernel.Bind(c.Func, sig, c.T, kernel.Env{})
	if err != nil || f.Volatile || f.Type != c.T {
		return e
	}
	return &plan.Lit{T: c.T, Value: kernel.Spread(f.Eval(args, 1), 1).Value(0)}
}

// simple types have constants that every part of the house writes alike.
func simple(t schema.Type) bool {
	switch t {
	case schema.Bool, schema.Int, schema.Long, schema.Real, schema.String, schema.Datetime, schema.Timespan:
		return true
	}
	return false
}

// foldLogic drops what does not matter of an and or an or. A null stays: it is neither.
func foldLogic(c *plan.Call) plan.Expr {
	decides := c.Func == "or"
	var rest []plan.Expr
	for _, a := range c.Args {
		l, ok := a.(*plan.Lit)
		if v, isBool := litBool(l, ok); isBool {
			if v == decides {
				return &plan.Lit{T: schema.Bool, Value: decides}
			}
			continue
		}
		rest = append(rest, a)
	}
	switch {
	case len(rest) == len(c.Args):
		return c
	case len(rest) == 0:
		return &plan.Lit{T: schema.Bool, Value: !decides}
	case len(rest) == 1 && rest[0].Type() == schema.Bool:
		return rest[0]
	case len(rest) == 1:
		return c
	}
	return &plan.Call{Func: c.Func, Args: rest, T: c.T}
}

func litBool(l *plan.Lit, ok bool) (v, isBool bool) {
	if !ok {
		return false, false
	}
	v, isBool = l.Value.(bool)
	return v, isBool
}

// truth tells whether a constant condition holds; a null does not.
func truth(e plan.Expr) (v, known bool) {
	l, ok := e.(*plan.Lit)
	if !ok || l.T != schema.Bool {
		return false, false
	}
	v, _ = l.Value.(bool)
	return v, true
}
