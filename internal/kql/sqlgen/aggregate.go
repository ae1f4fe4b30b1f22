package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// grouping is an aggregate under construction: an inner SELECT computes keys and arguments, an outer one groups.
type grouping struct {
	out   *rel
	inner []string // select list of keys and arguments
	keys  []string
	aggs  []string // select list of the aggregates
	arg   int      // index of the arg_max or arg_min among the aggregates, -1 when there is none
}

// aggregate writes summarize and distinct.
func (g *gen) aggregate(n *plan.Aggregate) (*rel, bool) {
	if len(n.Keys)+len(n.Aggs) == 0 {
		return nil, false // one row, which SQL would not group
	}
	in, ok := g.node(n.Input, nil)
	if !ok {
		return nil, false
	}
	gr := &grouping{arg: -1, out: newRel()}
	gr.out.free = in.free
	for _, k := range n.Keys {
		if !g.groupKey(gr, in, k) {
			return nil, false
		}
	}
	for i, a := range n.Aggs {
		if !g.groupAgg(gr, in, i, a) {
			return nil, false
		}
	}
	for _, k := range in.order {
		gr.inner = append(gr.inner, k.col)
	}
	rows := "SELECT " + selectList(gr.inner) + " FROM (" + in.sql + ") AS t"
	base := "(" + rows + ") AS t"
	if gr.arg >= 0 {
		if in.free {
			base = g.once(rows) + " AS t" // it is read twice
		}
		gr.out.free = true
		gr.out.sql = gr.extremeRow(n, base)
		return gr.out, true
	}
	gr.out.sql = "SELECT " + selectList(append(gr.keys[:len(gr.keys):len(gr.keys)], gr.aggs...)) + " FROM " + base + gr.by()
	return gr.out, true
}

func (gr *grouping) by() string {
	if len(gr.keys) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(gr.keys, ", ")
}

func (g *gen) groupKey(gr *grouping, in *rel, k plan.Item) bool {
	e := in.inline(k.Expr)
	if !simple(e.Type()) || sqlType(e.Type()) != sqlType(k.Out.Type) {
		return false
	}
	s, ok := g.value(in, e)
	if !ok {
		return false
	}
	id := k.Out.ID
	gr.inner = append(gr.inner, s+" AS "+name(id))
	gr.keys = append(gr.keys, name(id))
	gr.out.cols = append(gr.out.cols, id)
	gr.out.notNull[id] = in.never(e)
	if ref, ok := e.(*plan.Ref); ok {
		gr.out.time[id] = in.time[ref.ID]
	}
	return true
}

func (g *gen) groupAgg(gr *grouping, in *rel, i int, a plan.Agg) bool {
	var args []string
	for j, x := range a.Args {
		x = in.inline(x)
		s, ok := g.value(in, x)
		if !ok {
			return false
		}
		col := argument(i, j)
		gr.inner, args = append(gr.inner, s+" AS "+col), append(args, col)
	}
	if most, ok := g.setOf(a); ok {
		pred := args[0] + " IS NOT NULL"
		if strings.HasSuffix(a.Func, "_if") {
			pred += " AND " + args[1]
		}
		id := a.Out[0].ID
		gr.aggs = append(gr.aggs, fmt.Sprintf("coalesce(CAST(to_json(list_slice(list(DISTINCT %s)%s, 1, %d)) AS VARCHAR), '[]') AS %s", args[0], filter(pred), most, name(id)))
		gr.out.cols = append(gr.out.cols, id)
		return true
	}
	for _, c := range a.Out {
		gr.out.cols = append(gr.out.cols, c.ID)
		gr.out.notNull[c.ID] = c.Type == schema.String
	}
	switch a.Func {
	case "arg_max", "arg_min":
		if gr.arg >= 0 || len(a.Out) != len(a.Args) || !simple(a.Args[0].Type()) {
			return false
		}
		gr.arg = i
		return true
	case "take_any", "any":
		if len(a.Out) != len(a.Args) {
			return false
		}
		gr.out.free = true
		for j, c := range a.Out {
			s := "any_value(" + args[j] + ")"
			if a.Args[j].Type() == schema.String {
				s = "coalesce(any_value(nullif(" + args[j] + ", '')), '')"
			}
			gr.aggs = append(gr.aggs, s+" AS "+name(c.ID))
		}
		return true
	}
	if s, ok := aggregateSQL(a, args); ok && len(a.Out) == 1 {
		gr.aggs = append(gr.aggs, s+" AS "+name(a.Out[0].ID))
		return true
	}
	return g.folded(gr, in, a, args)
}

// setOf recognises make_set over values that JSON holds exactly, and its limit.
func (g *gen) setOf(a plan.Agg) (most int64, ok bool) {
	values := map[string]int{"make_set": 1, "makeset": 1, "make_set_if": 2}[a.Func]
	if values == 0 || len(a.Args) < values || len(a.Args) > values+1 || len(a.Out) != 1 {
		return 0, false
	}
	switch a.Args[0].Type() {
	case schema.String, schema.Long, schema.Int, schema.Bool:
	default:
		return 0, false
	}
	if values == 2 && a.Args[1].Type() != schema.Bool {
		return 0, false
	}
	most = setElements
	if a.Func == "makeset" {
		most = oldSetElements
	}
	if len(a.Args) > values {
		v, isConst := g.constant(a.Args[values])
		n, isInt := v.(int64)
		if !isConst || !isInt || n <= 0 {
			return 0, false
		}
		most = min(n, setElements)
	}
	return most, true
}

// How many elements make_set and makeset keep unless told.
const (
	setElements    = 1_048_576
	oldSetElements = 128
)

func argument(agg, n int) string { return fmt.Sprintf("a%d_%d", agg, n) }

// extremeRow writes arg_max and arg_min: the groups with their extreme value first, then one row of each that has it.
// The engine's own arg_max would carry whole rows through the grouping. A group whose values are all null keeps any row.
func (gr *grouping) extremeRow(n *plan.Aggregate, base string) string {
	a := n.Aggs[gr.arg]
	if len(gr.keys) == 0 {
		return gr.extremeOfAll(n, base)
	}
	best := argument(gr.arg, 0)
	f := "max"
	if a.Func == "arg_min" {
		f = "min"
	}
	groups := append(gr.keys[:len(gr.keys):len(gr.keys)], f+"("+best+") AS best")
	groups = append(groups, gr.aggs...)
	var on, list, per []string
	for i, k := range gr.keys {
		eq := " IS NOT DISTINCT FROM "
		if gr.out.notNull[n.Keys[i].Out.ID] {
			eq = " = "
		}
		on = append(on, "l."+k+eq+"r."+k)
		per = append(per, "l."+k)
		list = append(list, "l."+k+" AS "+k)
	}
	on = append(on, "l."+best+" IS NOT DISTINCT FROM r.best")
	for i, x := range n.Aggs {
		for j, c := range x.Out {
			from := "r." + name(c.ID)
			if i == gr.arg {
				from = "l." + argument(i, j)
			}
			list = append(list, from+" AS "+name(c.ID))
		}
	}
	return "SELECT DISTINCT ON (" + strings.Join(per, ", ") + ") " + strings.Join(list, ", ") +
		" FROM (SELECT * FROM " + base + ") AS l JOIN (SELECT " + strings.Join(groups, ", ") + " FROM " + base + gr.by() + ") AS r ON " + strings.Join(on, " AND ")
}

// extremeOfAll writes arg_max and arg_min without keys: one row, also of nothing.
func (gr *grouping) extremeOfAll(n *plan.Aggregate, base string) string {
	best, f := argument(gr.arg, 0), "max"
	if n.Aggs[gr.arg].Func == "arg_min" {
		f = "min"
	}
	var list []string
	for i, x := range n.Aggs {
		for j, c := range x.Out {
			from := "r." + name(c.ID)
			if i == gr.arg {
				from = "l." + argument(i, j)
				if c.Type == schema.String {
					from = "coalesce(" + from + ", '')"
				}
			}
			list = append(list, from+" AS "+name(c.ID))
		}
	}
	all := append([]string{f + "(" + best + ") AS best"}, gr.aggs...)
	return "SELECT " + selectList(list) + " FROM (SELECT " + selectList(all) + " FROM " + base + ") AS r LEFT JOIN (SELECT * FROM " + base +
		") AS l ON l." + best + " IS NOT DISTINCT FROM r.best LIMIT 1"
}

// wrap reduces a sum, which the engine computes in 128 bits, to 64 bits as the interpreter's additions wrap.
const wrap = "CAST(CASE WHEN %[1]s BETWEEN -9223372036854775808 AND 9223372036854775807 THEN %[1]s " +
	"ELSE ((%[1]s + 9223372036854775808) %% 18446744073709551616 + 18446744073709551616) %% 18446744073709551616 - 9223372036854775808 END AS BIGINT)"

// aggregateSQL writes one aggregate over argument columns, for the functions and types where SQL is exact. Sums and
// means of reals are exact but for the order of the additions, which is free.
func aggregateSQL(a plan.Agg, args []string) (string, bool) {
	f, pred := a.Func, ""
	types := make([]schema.Type, len(a.Args))
	for i, x := range a.Args {
		types[i] = x.Type()
	}
	if base, ok := conditional[f]; ok {
		at := 1
		if f == "countif" {
			at = 0
		}
		if len(args) != at+1 || types[at] != schema.Bool {
			return "", false
		}
		f, pred, args, types = base, args[at], args[:at], types[:at]
	}
	if f == "count" {
		return "count(*)" + filter(pred), len(args) == 0
	}
	if len(args) == 0 || len(args) > 1 && f != "dcount" || len(a.Out) != 1 {
		return "", false
	}
	x, t, out := args[0], types[0], a.Out[0].Type
	whole := t == schema.Long || t == schema.Int || t == schema.Timespan
	double := "CAST(" + x + " AS DOUBLE)"
	switch {
	case f == "sum" && whole && sqlType(out) == "BIGINT":
		return fmt.Sprintf(wrap, "coalesce(sum("+x+")"+filter(pred)+", 0)"), true
	case f == "sum" && t == schema.Real && out == schema.Real:
		return "coalesce(sum(" + x + ")" + filter(pred) + ", 0)", true
	case f == "avg" && (t == schema.Long || t == schema.Int || t == schema.Real) && out == schema.Real:
		n := "count(" + x + ")" + filter(pred)
		return "CASE WHEN " + n + " = 0 THEN CAST('nan' AS DOUBLE) ELSE sum(" + double + ")" + filter(pred) + " / " + n + " END", true
	case (f == "min" || f == "max") && out == t:
		return extreme(f, x, t, pred)
	case (f == "dcount" || f == "count_distinct") && simple(t):
		return "count(DISTINCT " + x + ")" + filter(pred), true
	}
	return "", false
}

// extreme passes over nulls and NaN. Of no strings it is "".
func extreme(f, x string, t schema.Type, pred string) (string, bool) {
	switch t {
	case schema.String:
		return "coalesce(" + f + "(" + x + ")" + filter(pred) + ", '')", true
	case schema.Real:
		return f + "(" + x + ")" + filter(pred, "NOT isnan("+x+")"), true
	}
	return f + "(" + x + ")" + filter(pred), simple(t)
}

// conditional names the aggregate behind each form with a predicate.
var conditional = map[string]string{
	"countif": "count", "sumif": "sum", "avgif": "avg", "minif": "min", "maxif": "max", "dcountif": "dcount", "count_distinctif": "count_distinct",
}

func filter(preds ...string) string {
	var list []string
	for _, p := range preds {
		if p != "" {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " FILTER (WHERE " + strings.Join(list, " AND ") + ")"
}
