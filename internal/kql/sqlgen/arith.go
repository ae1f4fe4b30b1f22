package sqlgen

import (
	"fmt"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// shifted writes a datetime plus or minus a constant timespan. What leaves the calendar is null.
func shifted(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 2 || c.T != schema.Datetime {
		return "", false
	}
	at, by := c.Args[0], c.Args[1]
	if c.Func == "+" && at.Type() == schema.Timespan {
		at, by = by, at
	}
	if at.Type() != schema.Datetime || by.Type() != schema.Timespan {
		return "", false
	}
	v, ok := g.constant(by)
	d, isInt := v.(int64)
	if !ok || !isInt || d < -column.MaxDatetime || d > column.MaxDatetime {
		return "", false
	}
	if c.Func == "-" {
		d = -d
	}
	x, ok := g.native(r, at)
	if !ok {
		return "", false
	}
	return fmt.Sprintf("CASE WHEN %s BETWEEN CAST(%d AS BIGINT) AND CAST(%d AS BIGINT) THEN %s + CAST(%d AS BIGINT) END", x, -d, column.MaxDatetime-d, x, d), true
}

// minus also takes the time between two datetimes; those outside the calendar, which no row should have, are left to
// the interpreter.
func minus(g *gen, r *rel, c *plan.Call) (string, bool) {
	if len(c.Args) != 2 || c.T != schema.Timespan || c.Args[0].Type() != schema.Datetime || c.Args[1].Type() != schema.Datetime {
		return shifted(g, r, c)
	}
	a, ok := g.native(r, c.Args[0])
	if !ok {
		return "", false
	}
	b, ok := g.native(r, c.Args[1])
	if !ok {
		return "", false
	}
	rest, ok := g.eval(r, c)
	in := fmt.Sprintf(" BETWEEN 0 AND CAST(%d AS BIGINT)", int64(column.MaxDatetime))
	return "CASE WHEN " + a + in + " AND " + b + in + " THEN " + a + " - " + b + " WHEN " + a + " IS NULL OR " + b + " IS NULL THEN NULL ELSE " + rest + " END", ok
}
