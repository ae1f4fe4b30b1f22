package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// aggregate computes keys and arguments in an inner SELECT and groups in an outer one.
func (g *gen) aggregate(n *plan.Aggregate) (*rel, bool) {
	if len(n.Keys)+len(n.Aggs) == 0 {
		return nil, false // one row, which SQL would not group
	}
	in, ok := g.node(n.Input, nil)
	if !ok {
		return nil, false
	}
	out := &rel{notNull: map[int]bool{}, virtual: map[int]plan.Expr{}, time: map[int]bool{}}
	var inner, keys, list []string
	for _, k := range n.Keys {
		e := in.inline(k.Expr)
		if !simple(e.Type()) {
			return nil, false
		}
		s, ok := g.value(in, e)
		if !ok {
			return nil, false
		}
		id := k.Out.ID
		inner = append(inner, s+" AS "+name(id))
		keys, list = append(keys, name(id)), append(list, name(id))
		out.cols = append(out.cols, id)
		out.notNull[id] = in.never(e)
		if ref, ok := e.(*plan.Ref); ok {
			out.time[id] = in.time[ref.ID]
		}
	}
	for i, a := range n.Aggs {
		if len(a.Out) != 1 {
			return nil, false
		}
		var args []string
		for j, x := range a.Args {
			x = in.inline(x)
			s, ok := g.value(in, x)
			if !ok {
				return nil, false
			}
			col := fmt.Sprintf("a%d_%d", i, j)
			inner, args = append(inner, s+" AS "+col), append(args, col)
		}
		s, ok := aggregateSQL(a, args)
		if !ok {
			return nil, false
		}
		id := a.Out[0].ID
		list = append(list, s+" AS "+name(id))
		out.cols = append(out.cols, id)
		out.notNull[id] = a.Out[0].Type == schema.String
	}
	out.sql = "SELECT " + selectList(list) + " FROM (SELECT " + selectList(inner) + " FROM (" + in.sql + ") AS t) AS t"
	if len(keys) > 0 {
		out.sql += " GROUP BY " + strings.Join(keys, ", ")
	}
	return out, true
}

// wrap reduces a sum, which the engine computes in 128 bits, to 64 bits as the interpreter's additions wrap.
const wrap = "CAST(CASE WHEN %[1]s BETWEEN -9223372036854775808 AND 9223372036854775807 THEN %[1]s " +
	"ELSE ((%[1]s + 9223372036854775808) %% 18446744073709551616 + 18446744073709551616) %% 18446744073709551616 - 9223372036854775808 END AS BIGINT)"

// aggregateSQL writes one aggregate over argument columns, for the functions and types where SQL is exact.
func aggregateSQL(a plan.Agg, args []string) (string, bool) {
	var t schema.Type
	if len(a.Args) > 0 {
		t = a.Args[0].Type()
	}
	whole := t == schema.Long || t == schema.Int || t == schema.Timespan
	switch {
	case a.Func == "count" && len(args) == 0:
		return "count(*)", true
	case a.Func == "countif" && len(args) == 1 && t == schema.Bool:
		return "count(*) FILTER (WHERE " + args[0] + ")", true
	case a.Func == "sum" && len(args) == 1 && whole:
		return fmt.Sprintf(wrap, "coalesce(sum("+args[0]+"), 0)"), true
	case (a.Func == "min" || a.Func == "max") && len(args) == 1 && (whole || t == schema.Datetime):
		return a.Func + "(" + args[0] + ")", true
	case a.Func == "dcount" && len(args) >= 1 && simple(t) && t != schema.String:
		return "count(DISTINCT " + args[0] + ")", true
	}
	return "", false
}
