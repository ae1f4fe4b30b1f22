package query

import (
	"math"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// within are the caps of a query that asks for others: lower ones count, and notruncation leaves the one on memory, which
// holds for a result too.
func (l Limits) within(asked plan.Options) (rows, bytes, memory int64) {
	rows, bytes, memory = l.Rows, l.Bytes, l.Memory
	if asked.Memory > 0 {
		memory = min(memory, asked.Memory)
	}
	if asked.NoTruncation {
		rows, bytes = math.MaxInt64/4, max(bytes, memory/2)
	}
	if asked.MaxRecords > 0 {
		rows = min(rows, asked.MaxRecords)
	}
	if asked.MaxBytes > 0 {
		bytes = min(bytes, asked.MaxBytes)
	}
	return rows, bytes, memory
}

// scoped narrows the time range of a query, from <= time < to in ticks, by the one that it sets itself.
func scoped(asked plan.Options, from, to int64, limited bool) (int64, int64, bool) {
	if asked.From == nil && asked.To == nil {
		return from, to, limited
	}
	if !limited {
		from, to = 0, column.MaxDatetime
	}
	if asked.From != nil {
		from = max(from, *asked.From)
	}
	if asked.To != nil {
		to = min(to, *asked.To)
	}
	return from, to, true
}
