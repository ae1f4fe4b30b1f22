package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// notFolded are aggregates that pick rows, and those whose result depends on how rows come together.
var notFolded = map[string]bool{
	"arg_max": true, "arg_min": true, "argmax": true, "argmin": true, "any": true, "take_any": true, "anyif": true, "take_anyif": true,
	"tdigest": true, "tdigest_merge": true, "merge_tdigest": true,
}

// unordered aggregates give the same whatever the order of the rows, but for the order of a set's elements and of additions.
var unordered = map[string]bool{
	"count": true, "countif": true, "sum": true, "sumif": true, "avg": true, "avgif": true, "min": true, "minif": true, "max": true, "maxif": true,
	"dcount": true, "dcountif": true, "count_distinct": true, "count_distinctif": true, "hll": true, "hll_if": true, "hll_merge": true,
	"stdev": true, "stdevif": true, "stdevp": true, "stdevpif": true, "variance": true, "varianceif": true, "variancep": true, "variancepif": true,
	"percentile": true, "percentiles": true, "percentiles_array": true, "binary_all_and": true, "binary_all_or": true, "binary_all_xor": true, "buildschema": true,
}

// folded leaves an aggregate to the interpreter, which gets the rows of each group as lists.
func (g *gen) folded(gr *grouping, in *rel, a plan.Agg, args []string) bool {
	if g.env.TextsName == "" || notFolded[a.Func] || !kernel.KnownAggregate(a.Func) {
		return false
	}
	var lists []string
	ev := Eval{Agg: &a}
	order := ""
	if !unordered[a.Func] && len(in.order) > 0 {
		order = orderBy(in.order)
	}
	for i, x := range a.Args {
		if _, ok := g.constant(x); ok && i > 0 {
			continue
		}
		lists = append(lists, "list("+args[i]+order+")")
		ev.Args = append(ev.Args, &plan.Ref{T: x.Type()})
	}
	if len(lists) == 0 || order != "" && len(lists) > 1 {
		return false // lists that are sorted each by itself may not fit together where keys are equal
	}
	g.collects = true
	for j, c := range a.Out {
		ev.Item = j
		ev.Expr = &plan.Lit{T: c.Type}
		gr.aggs = append(gr.aggs, fmt.Sprintf("%s(%d, %s) AS %s", g.env.EvalName(c.Type), len(g.evals), strings.Join(lists, ", "), name(c.ID)))
		g.evals = append(g.evals, ev)
	}
	return true
}
