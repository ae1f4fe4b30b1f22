package query

import (
	"context"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/store"
)

// Predicate makes a filter of rows out of what can stand after `where` in a query over the table. at, in ticks, is what now() is. A
// text that does not compile is a *DiagnosticsError; one that does more than test the rows of the table is refused.
func (s *Service) Predicate(ctx context.Context, workspace, table, where string, at int64, actor string) (store.RowFilter, error) {
	snap := s.cfg.Store.Snapshot(workspace)
	defer snap.Close()
	if _, ok := snap.Catalog().Table(table); !ok { // also keeps other text out of the query
		return store.RowFilter{}, fault.New(fault.NotFound, "table_not_found", "There is no table %q; names are case-sensitive.", table)
	}
	text := table + " | where (" + where + "\n)" // a comment ends with its line
	q, ds := kql.Compile(text, s.env(ctx, workspace, snap))
	if ds.HasErrors() {
		return store.RowFilter{}, &DiagnosticsError{Text: text, Diagnostics: ds}
	}
	if len(q.Results) != 1 {
		return store.RowFilter{}, fault.New(fault.Invalid, "predicate_not_pure", "The predicate holds several statements. Write one condition, as after where.")
	}
	p, err := exec.NewPredicate(ctx, q.Results[0].Root, exec.Env{Now: at, Database: s.cfg.Names[workspace], Principal: actor, Geo: s.cfg.Geo})
	if err != nil {
		return store.RowFilter{}, err
	}
	if p.Table != table {
		return store.RowFilter{}, fault.New(fault.Invalid, "predicate_not_pure", "The predicate is about table %s, not %s.", p.Table, table)
	}
	return store.RowFilter{Columns: p.Columns, Match: p.Match}, nil
}
