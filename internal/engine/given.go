package engine

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/engine/duck"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/sqlgen"
	"github.com/vedette-siem/vedette/internal/schema"
)

// given is a relation whose rows exec computes before the statement runs.
type given struct {
	node plan.Node
	rel  *duck.Relation
}

// rows numbers a relation of what exec computes for a node.
func (t *tables) rows(n plan.Node) (int, bool) {
	rel := &duck.Relation{}
	for i, c := range n.Cols() {
		rel.Names = append(rel.Names, "v"+strconv.Itoa(i))
		rel.Types = append(rel.Types, c.Type)
	}
	if len(rel.Names) == 0 {
		return 0, false
	}
	t.relations = append(t.relations, rel)
	t.given = append(t.given, given{n, rel})
	return len(t.relations) - 1, true
}

// compute fills a relation. It runs before the statement has an instance of DuckDB: what it runs may need one itself.
func (s *Source) compute(ctx context.Context, g given) error {
	r, err := exec.Run(ctx, g.node, s.inside())
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // the rows are here already
	var held int64
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if held += exec.BatchBytes(b); held > exec.DefaultMemory {
			return fault.New(fault.TooLarge, "query_memory", "The query needs more than %d MB of memory for a table that it reads at once. Filter it earlier, or keep fewer columns of it.", int64(exec.DefaultMemory)>>20)
		}
		if b.N > 0 {
			g.rel.Blocks = append(g.rel.Blocks, duck.BatchBlock{Batch: b})
		}
	}
}

// inside is what a table inside a query runs in.
func (s *Source) inside() exec.Env {
	return exec.Env{Source: s, Now: s.env.Now, Database: s.env.Database, Principal: s.env.Principal, Geo: s.env.Geo, Fetch: s.fetch}
}

// texts binds the lists that an operator makes of an expression's values, written as texts that the statement turns into
// values again.
func (s *Source) texts(e sqlgen.Eval, cols map[int]int) (func(*column.Batch) (*duck.Texts, error), error) {
	lists, err := exec.NewLists(e.Lists, e.Item)
	if err != nil {
		return nil, err
	}
	x, err := compile(e.Expr, cols, s.env)
	if err != nil {
		return nil, err
	}
	_, expands := e.Lists.(*plan.MvExpand)
	typ := func(i int) schema.Type {
		if expands {
			return lists.Types[0]
		}
		return lists.Types[i]
	}
	return func(args *column.Batch) (*duck.Texts, error) {
		v := x.exactly(args, e.Expr.Type())
		out := &duck.Texts{}
		for row := range args.N {
			list, ok := lists.Of(v, row)
			switch {
			case expands:
			case ok:
				out.Add("1")
			default:
				out.EndRow() // of an empty list every element is null
				continue
			}
			for i, value := range list {
				out.AddValue(typ(i), value)
			}
			out.EndRow()
		}
		return out, nil
	}, nil
}
