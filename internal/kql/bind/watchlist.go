package bind

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Watchlists answers for the lists of a workspace.
type Watchlists struct {
	// Aliases lists them.
	Aliases func() ([]string, error)
	// Rows are the items of a list; ok is false when there is none of the alias, which may be written in any case. The
	// batch's vectors are of the columns' types, and nobody changes them.
	Rows func(alias string) (cols []schema.Column, b *column.Batch, ok bool, err error)
}

// watchlist binds _GetWatchlist(alias[, keys]): the items of a list as they are now, those of some search keys if asked.
func (b *binder) watchlist(c ctx, x *syntax.Call) *rel {
	if b.kept(c, x) {
		return b.nothing()
	}
	if len(x.Args) < 1 || len(x.Args) > 2 {
		b.errorf(x, "KS119", "The function '_GetWatchlist' expects the alias of a watchlist, and perhaps search keys: _GetWatchlist('alias', dynamic(['key'])).")
		return b.nothing()
	}
	alias, ok := b.constantString(c.constant(), x.Args[0])
	if !ok {
		b.errorf(x.Args[0], "KS105", "The alias of the watchlist must be a constant string.")
		return b.nothing()
	}
	if b.env.Watchlists == nil {
		b.unknownWatchlist(x.Args[0], alias)
		return b.nothing()
	}
	cols, batch, ok, err := b.env.Watchlists.Rows(alias)
	if err != nil {
		b.fail(x.Fn, err)
		return b.nothing()
	}
	if !ok {
		b.unknownWatchlist(x.Args[0], alias)
		return b.nothing()
	}
	r := b.heldRows(cols, batch)
	if len(x.Args) == 1 {
		return r
	}
	keys := b.typed(c.constant(), x.Args[1], schema.Dynamic)
	key, _ := r.find("SearchKey")
	in := &plan.Call{Func: "in", T: schema.Bool, Args: []plan.Expr{&plan.Ref{ID: key.ID, T: key.Type}, keys}}
	return r.with(b.node(&plan.Filter{Input: r.node, Pred: in}))
}

func (b *binder) unknownWatchlist(at syntax.Node, alias string) {
	known := map[string]bool{}
	if b.env.Watchlists != nil {
		list, err := b.env.Watchlists.Aliases()
		if err != nil {
			b.fail(at, err)
			return
		}
		for _, a := range list {
			known[a] = true
		}
	}
	hint, fix := suggest(alias, known)
	if fix != "" {
		fix = "'" + fix + "'"
	}
	b.report(syntax.Diagnostic{Code: "watchlist_unknown", Kind: syntax.Semantic, Fix: fix, Message: "There is no watchlist '" + alias + "' in this workspace." + hint}, at)
}

// watchlistAliases binds _GetWatchlistAlias(): the aliases there are.
func (b *binder) watchlistAliases(c ctx, x *syntax.Call) *rel {
	if b.kept(c, x) {
		return b.nothing()
	}
	if len(x.Args) > 0 {
		b.errorf(x, "KS119", "The function '_GetWatchlistAlias' expects no arguments.")
	}
	var list []string
	if b.env.Watchlists != nil {
		var err error
		if list, err = b.env.Watchlists.Aliases(); err != nil {
			b.fail(x.Fn, err)
			return b.nothing()
		}
	}
	batch := column.NewBatch(len(list), schema.String)
	for _, a := range list {
		batch.Cols[0].AppendString(a)
		batch.N++
	}
	return b.heldRows([]schema.Column{{Name: "WatchlistAlias", Type: schema.String}}, batch)
}

// heldRows is a table of rows that are here already.
func (b *binder) heldRows(cols []schema.Column, batch *column.Batch) *rel {
	n := &plan.Held{}
	if batch.N > 0 {
		n.Batches = []*column.Batch{batch}
	}
	r := &rel{}
	for _, c := range cols {
		col := b.fresh(c.Name, c.Type)
		n.Out = append(n.Out, col.Col)
		r.cols = append(r.cols, col)
	}
	r.node = b.node(n)
	return r
}
