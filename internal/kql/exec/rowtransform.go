package exec

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// RowTransform changes and drops rows of one table, each by itself, compiled once. Safe for concurrent use.
type RowTransform struct {
	Table string
	// Columns are what Apply reads: names as stored, with the types that it takes.
	Columns []schema.Column
	// Out are the columns that it gives; Passes[i] is the stored column that Out[i] is unchanged, "" for one that is computed.
	Out    []schema.Column
	Passes []string
	Drops  bool // it may drop rows

	root  plan.Node
	env   Env
	chain sync.Pool // of *chain
}

// chain is one set of operators over a feed. It belongs to one goroutine at a time.
type chain struct {
	feed *feed
	r    Reader
}

// feed is a source that gives the batch it is set to, once.
type feed struct{ b *column.Batch }

// Next implements Reader.
func (f *feed) Next(context.Context) (*column.Batch, error) {
	if f.b == nil {
		return nil, io.EOF
	}
	b := f.b
	f.b = nil
	return b, nil
}

// Close implements Reader.
func (f *feed) Close() error { return nil }

// Open implements Source.
func (f *feed) Open(_ context.Context, n plan.Node) (Reader, bool, error) {
	_, ok := n.(*plan.Scan)
	return f, ok, nil
}

// NewRowTransform compiles a plan of filters, computed columns and parse over one scan. What is not decided by the row alone is
// refused: other tables, other rows, the time of the run, and functions that give another value every time. Of env only the names
// and Geo are used.
func NewRowTransform(ctx context.Context, root plan.Node, env Env) (t *RowTransform, err error) {
	defer rescue(&err)
	env.Source, env.Fetch, env.Profile = nil, nil, nil
	t = &RowTransform{env: env}
	row := plan.Col{Name: "$row", Type: schema.Long}
	var scan *plan.Scan
	plan.Walk(root, func(n plan.Node) {
		for _, c := range n.Cols() {
			row.ID = max(row.ID, c.ID+1)
		}
	})
	if t.root, scan, err = t.numbered(root, row); err != nil {
		return nil, err
	}
	t.Table = scan.Table
	stored := map[int]string{}
	for i, c := range scan.Out {
		t.Columns = append(t.Columns, schema.Column{Name: scan.Sources[i], Type: c.Type})
		stored[c.ID] = scan.Sources[i]
	}
	for _, c := range root.Cols() {
		t.Out = append(t.Out, schema.Column{Name: c.Name, Type: c.Type})
		t.Passes = append(t.Passes, stored[c.ID])
	}
	c, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	t.chain.Put(c)
	return t, nil
}

// numbered returns the plan with the number of the row as a last column all the way, and its scan.
func (t *RowTransform) numbered(n plan.Node, row plan.Col) (plan.Node, *plan.Scan, error) {
	refuse := func(what string) error {
		return fault.New(fault.Invalid, "transform_not_by_row", "The transformation %s. It is applied to each row by itself as it comes in: use where, extend, project, project-away, project-rename, parse.", what)
	}
	for _, e := range plan.Exprs(n) {
		if why := impure(e); why != "" {
			return nil, nil, refuse(why)
		}
		if f := timely(e); f != "" {
			return nil, nil, refuse("calls " + f + "(), which is not a matter of the row")
		}
	}
	number := func(cols []plan.Col) []plan.Col { return append(cols[:len(cols):len(cols)], row) }
	switch n := n.(type) {
	case *plan.Scan:
		return &plan.Scan{Table: n.Table, Out: number(n.Out), Sources: append(n.Sources[:len(n.Sources):len(n.Sources)], row.Name)}, n, nil
	case *plan.Filter:
		t.Drops = true
		in, scan, err := t.numbered(n.Input, row)
		return &plan.Filter{Input: in, Pred: n.Pred}, scan, err
	case *plan.Project:
		in, scan, err := t.numbered(n.Input, row)
		items := append(n.Items[:len(n.Items):len(n.Items)], plan.Item{Out: row, Expr: &plan.Ref{ID: row.ID, T: row.Type}})
		return &plan.Project{Input: in, Items: items}, scan, err
	case *plan.Parse:
		t.Drops = t.Drops || n.Where
		in, scan, err := t.numbered(n.Input, row)
		return &plan.Parse{Input: in, X: n.X, Kind: n.Kind, Flags: n.Flags, Steps: n.Steps, Where: n.Where, Out: number(n.Out)}, scan, err
	}
	return nil, nil, refuse("does more than test and change single rows")
}

// timely names the function in an expression whose value depends on when it runs, or "".
func timely(e plan.Expr) (name string) {
	plan.WalkExpr(e, func(e plan.Expr) {
		if c, ok := e.(*plan.Call); ok {
			switch c.Func {
			case "now", "ago", "ingestion_time", "rand", "new_guid", "current_principal", "current_database":
				name = c.Func
			}
		}
	})
	return name
}

func (t *RowTransform) open(ctx context.Context) (*chain, error) {
	f := &feed{}
	env := t.env
	env.Source = f
	r, err := newRunner(env).open(ctx, t.root)
	if err != nil {
		return nil, err
	}
	return &chain{f, r}, nil
}

// Apply returns what a batch of Columns becomes, and which of its rows the result's rows come from, in their order. The result
// shares vectors with the batch.
func (t *RowTransform) Apply(ctx context.Context, b *column.Batch) (out *column.Batch, rows []int64, err error) {
	defer rescue(&err)
	c, _ := t.chain.Get().(*chain)
	if c == nil {
		if c, err = t.open(ctx); err != nil {
			return nil, nil, err
		}
	}
	numbers := column.Make(schema.Long, b.N)
	for i := range numbers.Ints {
		numbers.Ints[i] = int64(i)
	}
	c.feed.b = &column.Batch{N: b.N, Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], numbers)}
	var res *column.Batch
	for { // an operator may hand on a batch in pieces
		b, err := c.r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err // the operators may hold rows still: they are not used again
		}
		switch {
		case b.N == 0:
		case res == nil:
			res = &column.Batch{N: b.N, Cols: make([]*column.Vector, len(b.Cols))}
			for i, v := range b.Cols {
				res.Cols[i] = kernel.Spread(v, b.N)
			}
		default:
			res = joined(res, b)
		}
	}
	t.chain.Put(c)
	if res == nil {
		out = &column.Batch{}
		for _, col := range t.Out {
			out.Cols = append(out.Cols, column.New(col.Type, 0))
		}
		return out, nil, nil
	}
	last := len(res.Cols) - 1
	return &column.Batch{N: res.N, Cols: res.Cols[:last]}, res.Cols[last].Ints, nil
}

// joined is a batch of the rows of both; neither is changed.
func joined(a, b *column.Batch) *column.Batch {
	out := &column.Batch{N: a.N + b.N, Cols: make([]*column.Vector, len(a.Cols))}
	for i := range a.Cols {
		v := column.New(a.Cols[i].Type, out.N)
		appendVector(v, a.Cols[i])
		appendVector(v, kernel.Spread(b.Cols[i], b.N))
		out.Cols[i] = v
	}
	return out
}
