package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Predicate is a test of the rows of one stored table, each by itself. It is the meaning that a filter of a query has. Safe for
// concurrent use.
type Predicate struct {
	Table string
	// Columns are what Match reads: names as stored, with the types that it takes.
	Columns []schema.Column

	tests []*scalar
}

// NewPredicate makes the test of a plan that is nothing but filters over a scan, and leaves out columns at most. What is not decided by the row alone is refused:
// other tables, other rows, and functions that give another value every time. Of env only the instant, the names and Geo are used.
func NewPredicate(ctx context.Context, root plan.Node, env Env) (p *Predicate, err error) {
	defer rescue(&err)
	refuse := func(what string) error {
		return fault.New(fault.Invalid, "predicate_not_pure", "The predicate cannot be used here: it %s. Write a condition over the columns of one row, as after where.", what)
	}
	p = &Predicate{}
	var preds []plan.Expr
	for p.Table == "" {
		switch n := root.(type) {
		case *plan.Filter:
			preds = append(preds, n.Pred)
			root = n.Input
		case *plan.Project:
			for _, it := range n.Items {
				if ref, ok := it.Expr.(*plan.Ref); !ok || ref.ID != it.Out.ID {
					return nil, refuse("does more than test rows of the table")
				}
			}
			root = n.Input
		case *plan.Scan:
			p.Table = n.Table
			for i, c := range n.Out {
				p.Columns = append(p.Columns, schema.Column{Name: n.Sources[i], Type: c.Type})
			}
		default:
			return nil, refuse("does more than test rows of the table")
		}
	}
	env.Source, env.Fetch, env.Profile = nil, nil, nil
	x, at := newRunner(env), places(root.Cols())
	for _, e := range preds {
		if why := impure(e); why != "" {
			return nil, refuse(why)
		}
		s, err := x.compile(ctx, e, at)
		if err != nil {
			return nil, err
		}
		if s.volatile {
			return nil, refuse("has a function that gives another value every time")
		}
		p.tests = append(p.tests, s)
	}
	return p, nil
}

// impure says in which way an expression is not decided by a row, "" when it is.
func impure(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.Scalar, *plan.InTable:
		return "reads a table"
	case *plan.Call:
		if kernel.Window(e.Func) {
			return "looks at other rows"
		}
		for _, a := range e.Args {
			if why := impure(a); why != "" {
				return why
			}
		}
	}
	return ""
}

// Match tells which rows of a batch of Columns the predicate is true for. A null is not true.
func (p *Predicate) Match(b *column.Batch) (hits []bool, err error) {
	defer rescue(&err)
	hits = make([]bool, b.N)
	for i := range hits {
		hits[i] = true
	}
	for _, s := range p.tests {
		v := kernel.Convert(s.column(b), schema.Bool)
		for i := range hits {
			hits[i] = hits[i] && v.Bools[i] && !v.Null(i)
		}
	}
	return hits, nil
}
