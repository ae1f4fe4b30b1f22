package huntql

import (
	"context"
	"errors"
	"slices"
	"time"
)

// errEnough ends the reading early.
var errEnough = errors.New("enough rows")

func (q *query) print() (*Result, error) {
	out := &Result{Rows: [][]any{{}}}
	for _, n := range q.printed {
		t, err := n.expr.bind(nil)
		if err != nil {
			return nil, err
		}
		out.Columns = append(out.Columns, Column{n.name, t})
		out.Rows[0] = append(out.Rows[0], n.expr.eval(nil))
	}
	return out, nil
}

// run reads the table once, keeps what the first conditions leave, and does the rest in memory. An aggregation that comes
// first keeps its groups only.
func (q *query) run(ctx context.Context, src Source, from time.Time) (*Result, error) {
	t, ok := src.Table(q.table)
	if !ok {
		return nil, refuse("'where' operator: Failed to resolve table or column expression named '%s'. Fix semantic errors in your query.", q.table)
	}
	steps := q.steps
	var conds []expr
	for len(steps) > 0 && steps[0].op == "where" {
		if err := condition(steps[0], t.Columns); err != nil {
			return nil, err
		}
		conds = append(conds, steps[0].list[0].expr)
		steps = steps[1:]
	}
	if from, i := from, slices.Index(t.Columns, Column{"Timestamp", "datetime"}); i >= 0 && !from.IsZero() {
		conds = append([]expr{&infix{op: ">=", a: &column{name: "Timestamp", i: i}, b: &literal{from, "datetime"}}}, conds...)
	}
	in := &Result{Columns: t.Columns}
	limit := MaxRows
	var sink interface {
		add(Row)
		result() *Result
	}
	if len(steps) > 0 && (steps[0].op == "count" || steps[0].op == "summarize" || steps[0].op == "distinct") {
		g, err := newGroups(steps[0], t.Columns)
		if err != nil {
			return nil, err
		}
		sink, steps = g, steps[1:]
	} else {
		if len(steps) > 0 && steps[0].op == "take" {
			limit = min(limit, steps[0].n)
		}
		sink = &keeper{out: in}
	}
	if _, err := q.dry(sink.result().Columns, steps); err != nil {
		return nil, err
	}
	needed := columnsOf(steps, t.Columns)
	k, keeps := sink.(*keeper)
	if keeps {
		limit = limitOf(steps, limit)
		k.needed = needed
	}
	if !keeps || limit > 0 {
		err := src.Rows(ctx, t.Name, func(r Row) error {
			for _, c := range conds {
				if !truth(c.eval(r)) {
					return nil
				}
			}
			sink.add(r)
			if keeps && len(k.out.Rows) >= limit {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
	}
	out, err := apply(sink.result(), steps)
	if err == nil && len(out.Rows) > MaxRows {
		out.Rows = out.Rows[:MaxRows]
	}
	return out, err
}

// limitOf is how many rows have to be read: all, when their order or number decides later.
func limitOf(steps []step, limit int) int {
	for _, s := range steps {
		switch s.op {
		case "take":
			return min(limit, s.n)
		case "project", "project-away", "extend":
		default:
			return int(^uint(0) >> 1)
		}
	}
	return limit
}

// keeper keeps rows as they come.
type keeper struct {
	out    *Result
	needed []bool
}

func (k *keeper) add(r Row) {
	row := make([]any, len(k.out.Columns))
	for i := range row {
		if k.needed == nil || k.needed[i] {
			row[i] = r(i)
		}
	}
	k.out.Rows = append(k.out.Rows, row)
}

func (k *keeper) result() *Result { return k.out }

// columnsOf says which columns the steps look at; nil is all of them.
func columnsOf(steps []step, cols []Column) []bool {
	need := make([]bool, len(cols))
	mark := func(list []named) bool {
		for _, n := range list {
			if n.name == "*" && n.expr == nil {
				return false
			}
			used(n.expr, func(name string) {
				if i := slices.IndexFunc(cols, func(c Column) bool { return c.Name == name }); i >= 0 {
					need[i] = true
				}
			})
		}
		return true
	}
	for _, s := range steps {
		if !mark(s.list) || !mark(s.by) {
			return nil
		}
		switch s.op {
		case "project", "distinct", "count":
			return need
		case "summarize":
			for _, n := range s.list {
				if f, ok := n.expr.(*aggregate); ok && f.star {
					return nil
				}
			}
			return need
		}
	}
	return nil
}

// used calls f for every column in the expression.
func used(e expr, f func(string)) {
	switch x := e.(type) {
	case *column:
		f(x.name)
	case *infix:
		used(x.a, f)
		used(x.b, f)
		for _, y := range x.list {
			used(y, f)
		}
	case *invoke:
		for _, y := range x.args {
			used(y, f)
		}
	case *aggregate:
		for _, y := range x.args {
			used(y, f)
		}
	}
}

func condition(s step, cols []Column) error {
	t, err := s.list[0].expr.bind(cols)
	if err == nil && t != "bool" {
		return refuse("'where' operator: the condition is of type %s, not bool.", t)
	}
	return err
}

// dry binds every step without rows, so that a mistake is told before anything is read.
func (q *query) dry(cols []Column, steps []step) (*Result, error) {
	return apply(&Result{Columns: cols}, steps)
}

// apply runs the steps over rows in memory.
func apply(in *Result, steps []step) (*Result, error) {
	for _, s := range steps {
		var err error
		if in, err = one(in, s); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func rowOf(v []any) Row { return func(i int) any { return v[i] } }

func one(in *Result, s step) (*Result, error) {
	out := &Result{Columns: in.Columns}
	switch s.op {
	case "where":
		if err := condition(s, in.Columns); err != nil {
			return nil, err
		}
		for _, v := range in.Rows {
			if truth(s.list[0].expr.eval(rowOf(v))) {
				out.Rows = append(out.Rows, v)
			}
		}
		return out, nil
	case "take":
		out.Rows = in.Rows[:min(s.n, len(in.Rows))]
		return out, nil
	case "order", "top":
		return ordered(in, s)
	case "project", "extend":
		return projected(in, s)
	case "project-away":
		return without(in, s.column)
	}
	g, err := newGroups(s, in.Columns)
	if err != nil {
		return nil, err
	}
	for _, v := range in.Rows {
		g.add(rowOf(v))
	}
	return g.result(), nil
}

func ordered(in *Result, s step) (*Result, error) {
	for _, k := range s.list {
		if _, err := k.expr.bind(in.Columns); err != nil {
			return nil, err
		}
	}
	rows := slices.Clone(in.Rows)
	slices.SortStableFunc(rows, func(a, b []any) int {
		for _, k := range s.list {
			n := compare(k.expr.eval(rowOf(a)), k.expr.eval(rowOf(b)))
			if k.name == "desc" {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	if s.op == "top" {
		rows = rows[:min(s.n, len(rows))]
	}
	return &Result{in.Columns, rows}, nil
}

func projected(in *Result, s step) (*Result, error) {
	out := &Result{}
	if s.op == "extend" {
		out.Columns = slices.Clone(in.Columns)
	}
	place := make([]int, len(s.list))
	for i, n := range s.list {
		if n.expr == nil {
			return nil, refuse("'%s' operator: * is no expression.", s.op)
		}
		t, err := n.expr.bind(in.Columns)
		if err != nil {
			return nil, err
		}
		place[i] = slices.IndexFunc(out.Columns, func(c Column) bool { return c.Name == n.name })
		if place[i] < 0 {
			place[i] = len(out.Columns)
			out.Columns = append(out.Columns, Column{})
		}
		out.Columns[place[i]] = Column{n.name, t}
	}
	for _, v := range in.Rows {
		w := make([]any, len(out.Columns))
		if s.op == "extend" {
			copy(w, v)
		}
		for i, n := range s.list {
			w[place[i]] = n.expr.eval(rowOf(v))
		}
		out.Rows = append(out.Rows, w)
	}
	return out, nil
}

func without(in *Result, names []string) (*Result, error) {
	out := &Result{}
	var keep []int
	for i, c := range in.Columns {
		if !slices.Contains(names, c.Name) {
			keep, out.Columns = append(keep, i), append(out.Columns, c)
		}
	}
	if len(in.Columns)-len(keep) != len(names) {
		return nil, refuse("'project-away' operator: one of %q is no column. Fix semantic errors in your query.", names)
	}
	for _, v := range in.Rows {
		w := make([]any, len(keep))
		for i, k := range keep {
			w[i] = v[k]
		}
		out.Rows = append(out.Rows, w)
	}
	return out, nil
}
