package sqlgen

import (
	"fmt"
	"slices"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// grouped joins those conditions that read the same columns, so that each group is one call of the interpreter. Conditions on
// one column stay by themselves: the engine tests them while it reads that column, once for each different value.
func grouped(list []plan.Expr) []plan.Expr {
	var keys []string
	by := map[string]plan.Expr{}
	for _, c := range list {
		var ids []int
		for _, r := range refs(c) {
			ids = append(ids, r.ID)
		}
		slices.Sort(ids)
		k := fmt.Sprint(slices.Compact(ids))
		if have, ok := by[k]; ok {
			by[k] = &plan.Call{Func: "and", Args: []plan.Expr{have, c}, T: schema.Bool}
			continue
		}
		by[k] = c
		keys = append(keys, k)
	}
	out := make([]plan.Expr, len(keys))
	for i, k := range keys {
		out[i] = by[k]
	}
	return out
}
