package unit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
)

// compare holds a result against what was expected.
func (e *Expect) compare(res *exec.Result) error {
	names, at := make([]string, len(res.Cols)), map[string]int{}
	for i, c := range res.Cols {
		names[i], at[c.Name] = c.Name, i
	}
	if e.Columns != nil && !slices.Equal(e.Columns, names) {
		return failed("the columns are %s; expected %s", strings.Join(names, ", "), strings.Join(e.Columns, ", "))
	}
	if e.Count != nil && int64(*e.Count) != res.Rows {
		return failed("there are %d rows; expected %d%s", res.Rows, *e.Count, show(res, allRows(res)))
	}
	if e.Count != nil && e.Rows == nil {
		return nil
	}
	for i, row := range e.Rows {
		for name := range row {
			if _, ok := at[name]; !ok {
				return failed("expected row %d names the column %s; the result has %s", i+1, name, strings.Join(names, ", "))
			}
		}
	}
	left := allRows(res)
	var missing []string
	for i, row := range e.Rows {
		k := -1
		if e.Ordered {
			if int64(i) < res.Rows && matches(res, cellAt(i), row, at) {
				k = slices.Index(left, i)
			}
		} else {
			k = slices.IndexFunc(left, func(r int) bool { return matches(res, cellAt(r), row, at) })
		}
		if k < 0 {
			missing = append(missing, fmt.Sprintf("\n  missing: %s", text(row)))
			continue
		}
		left = slices.Delete(left, k, k+1)
	}
	if len(missing)+len(left) > 0 {
		return failed("%d of %d expected rows are missing, %d were not expected%s%s", len(missing), len(e.Rows), len(left), strings.Join(missing, ""), show(res, left))
	}
	return nil
}

func failed(format string, args ...any) error {
	return fault.New(fault.Invalid, "test_failed", format, args...)
}

func allRows(res *exec.Result) []int {
	out := make([]int, res.Rows)
	for i := range out {
		out[i] = i
	}
	return out
}

// cellAt finds the batch of a row.
func cellAt(r int) func(res *exec.Result, col int) (*column.Vector, int) {
	return func(res *exec.Result, col int) (*column.Vector, int) {
		for _, b := range res.Batches {
			if r < b.N {
				return b.Cols[col], r
			}
			r -= b.N
		}
		return nil, 0
	}
}

func matches(res *exec.Result, cell func(*exec.Result, int) (*column.Vector, int), want map[string]any, at map[string]int) bool {
	for name, x := range want {
		v, r := cell(res, at[name])
		w, ok := value(x, v.Type)
		if !ok {
			return false
		}
		one := column.New(v.Type, 1)
		one.Append(w)
		if string(kernel.AppendCell(nil, one, 0)) != string(kernel.AppendCell(nil, v, r)) {
			return false
		}
	}
	return true
}

// show writes rows of a result, ten at most.
func show(res *exec.Result, rows []int) string {
	var sb strings.Builder
	for i, r := range rows {
		if i == 10 {
			fmt.Fprintf(&sb, "\n  ... and %d more", len(rows)-i)
			break
		}
		sb.WriteString("\n  got: ")
		for k, c := range res.Cols {
			v, j := cellAt(r)(res, k)
			cell := "null"
			if !v.Null(j) {
				cell = kernel.Text(kernel.Box(v, j))
			}
			if k > 0 {
				sb.WriteString(", ")
			}
			sb.WriteString(c.Name + ": " + cell)
		}
	}
	return sb.String()
}

func text(row map[string]any) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(row)) {
		parts = append(parts, fmt.Sprintf("%s: %v", k, row[k]))
	}
	return strings.Join(parts, ", ")
}
