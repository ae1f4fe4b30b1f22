package sqlgen

import (
	"maps"
	"math"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// interval is a range of ticks, both ends included.
type interval struct{ lo, hi int64 }

var all = interval{math.MinInt64, math.MaxInt64}

func (a interval) and(b interval) interval { return interval{max(a.lo, b.lo), min(a.hi, b.hi)} }
func (a interval) or(b interval) interval  { return interval{min(a.lo, b.lo), max(a.hi, b.hi)} }

// bounds says for some columns that rows outside the interval, or null there, do not matter.
type bounds map[int]interval

func (b bounds) and(c bounds) bounds {
	out := maps.Clone(b)
	if out == nil {
		out = bounds{}
	}
	for id, iv := range c {
		if have, ok := out[id]; ok {
			iv = iv.and(have)
		}
		out[id] = iv
	}
	return out
}

// or keeps the columns that both sides bound.
func (b bounds) or(c bounds) bounds {
	out := bounds{}
	for id, iv := range b {
		if other, ok := c[id]; ok {
			out[id] = iv.or(other)
		}
	}
	return out
}

// TimeBounds returns the least and greatest value that a datetime column of the input can have in a row for which the
// predicate is true. constant computes expressions without columns.
func TimeBounds(pred plan.Expr, column int, constant func(plan.Expr) (any, bool)) (lo, hi int64) {
	g := &gen{env: Env{Constant: constant}}
	iv, ok := g.boundsOf(pred)[column]
	if !ok {
		iv = all
	}
	return iv.lo, iv.hi
}

// boundsOf reads bounds on datetime columns off a predicate. What it does not understand bounds nothing.
func (g *gen) boundsOf(e plan.Expr) bounds {
	c, ok := e.(*plan.Call)
	if !ok {
		return nil
	}
	switch c.Func {
	case "and":
		var out bounds
		for _, a := range c.Args {
			out = out.and(g.boundsOf(a))
		}
		return out
	case "or":
		out := g.boundsOf(c.Args[0])
		for _, a := range c.Args[1:] {
			out = out.or(g.boundsOf(a))
		}
		return out
	case "==", "<", "<=", ">", ">=":
		return g.compared(c.Func, c.Args[0], c.Args[1])
	case "between":
		if len(c.Args) != 3 {
			return nil
		}
		return g.compared(">=", c.Args[0], c.Args[1]).and(g.compared("<=", c.Args[0], c.Args[2]))
	}
	return nil
}

var mirrored = map[string]string{"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (g *gen) compared(op string, a, b plan.Expr) bounds {
	ref, ok := a.(*plan.Ref)
	if !ok {
		if ref, ok = b.(*plan.Ref); !ok {
			return nil
		}
		op, b = mirrored[op], a
	}
	if ref.T != schema.Datetime || b.Type() != schema.Datetime {
		return nil
	}
	v, ok := g.constant(b)
	if !ok {
		return nil
	}
	t, ok := v.(int64)
	if !ok {
		return nil // a null: nothing is true, and nothing need be said
	}
	iv := all
	switch op {
	case "==":
		iv = interval{t, t}
	case "<":
		iv.hi = max(t, math.MinInt64+1) - 1
	case "<=":
		iv.hi = t
	case ">":
		iv.lo = min(t, math.MaxInt64-1) + 1
	case ">=":
		iv.lo = t
	}
	return bounds{ref.ID: iv}
}
