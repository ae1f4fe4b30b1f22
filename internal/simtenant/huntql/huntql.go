// Package huntql runs the hunting queries the simulated tenant understands: one table, conditions, and a few operators in a row.
//
// It is no KQL engine. What is not on its list is refused with a message, never answered wrongly:
//
//	where (filter), take (limit), top N by, order by (sort by), project, project-away, extend, distinct, count,
//	summarize count() countif() dcount() sum() avg() min() max() arg_max(x, *) arg_min(x, *) take_any() any() make_set() by keys and bin()
//	and, besides a table, print.
package huntql

import (
	"context"
	"fmt"
	"time"
)

// Column is a column with its KQL type: string, datetime, timespan, int, long, real, bool or dynamic.
type Column struct{ Name, Type string }

// Table is what a query may start from.
type Table struct {
	Name    string
	Columns []Column
}

// Row gives the value of a column by its position: nil, string, int64, float64, bool, time.Time, or decoded JSON for dynamic.
type Row func(col int) any

// Source has the tables.
type Source interface {
	// Table returns the named table.
	Table(name string) (*Table, bool)
	// Rows calls f for every row of the table; the Row is valid during the call only. An error of f ends it and is returned.
	Rows(ctx context.Context, table string, f func(Row) error) error
}

// Result is a table of values; rows have a value per column.
type Result struct {
	Columns []Column
	Rows    [][]any
}

// Error is a query that cannot be run; its text is for the person who wrote it.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// MaxRows is the most rows a query returns; more are cut off, as the service cuts them.
const MaxRows = 100_000

// Run runs the query over the source. Events before from are out of sight, as the service only looks back so far; a zero time shows all.
func Run(ctx context.Context, src Source, text string, now, from time.Time) (*Result, error) {
	q, err := parse(text, now)
	if err != nil {
		return nil, err
	}
	if q.table == "" {
		return q.print()
	}
	return q.run(ctx, src, from)
}
