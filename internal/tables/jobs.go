package tables

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store"
)

const (
	searchSuffix, restoreSuffix = "_SRCH", "_RST"
	// jobDays is how long the rows of a search job or a restore stay.
	jobDays = 30
)

// temporary reports whether a table holds what a job made: its age counts from the job, and it has no cold tier.
func temporary(name string) bool {
	return strings.HasSuffix(name, searchSuffix) || strings.HasSuffix(name, restoreSuffix)
}

// jobCutoff is past for all rows of a job that is over for jobDays.
func jobCutoff(now time.Time) store.Cutoff {
	return store.Cutoff{Time: math.MaxInt64, Arrived: column.FromTime(now.AddDate(0, 0, -jobDays))}
}

// Restore copies the rows of a table between two times, also those past its interactive retention, into a table whose name ends in _RST
// and that has no rows. They answer ordinary queries there for 30 days. It returns the table's name.
func (s *Service) Restore(ctx context.Context, workspace, source, target string, from, to time.Time, actor string) (string, store.Amount, error) {
	t, err := s.find(workspace, source)
	if err != nil {
		return "", store.Amount{}, err
	}
	switch {
	case temporary(t.Name):
		return "", store.Amount{}, fault.New(fault.Invalid, "restore_source", "Table %s holds what a job made; restore the table that it was made from.", t.Name)
	case !from.Before(to):
		return "", store.Amount{}, fault.New(fault.Invalid, "restore_range", "The time to restore table %s to, %s, is not after %s.", t.Name, to.UTC().Format(time.RFC3339), from.UTC().Format(time.RFC3339))
	case target == "":
		target = t.Name + restoreSuffix
	case !strings.HasSuffix(target, restoreSuffix):
		return "", store.Amount{}, fault.New(fault.Invalid, "restore_name", "%q is no name for a restored table: it must end in %s.", target, restoreSuffix)
	}
	var a store.Amount
	err = s.Audited(ctx, workspace, Audit{
		Actor: actor, Operation: "Restore rows", Kind: "Table", Name: t.Name, Properties: map[string]any{"Target": target, "From": from.UTC(), "To": to.UTC()},
	}, func(ctx context.Context) (_ map[string]any, err error) {
		a, err = s.store.Restore(ctx, workspace, t.Name, target, column.FromTime(from), column.FromTime(to))
		return map[string]any{"Rows": a.Rows}, err
	})
	return target, a, err
}

// SearchTable checks the name of a search job's table, which must have no rows.
func (s *Service) SearchTable(workspace, name string) error {
	if !strings.HasSuffix(name, searchSuffix) {
		return fault.New(fault.Invalid, "search_name", "%q is no name for the result of a search job: it must end in %s.", name, searchSuffix)
	}
	for _, st := range s.store.TableStats(workspace) {
		if st.Table == name && st.Rows > 0 {
			return fault.New(fault.Conflict, "table_taken", "Table %s has rows already; search into another name, or drop it first: vedette table drop %s.", name, name)
		}
	}
	return nil
}

// Keep stores the result of a search job, whose query is text.
func (s *Service) Keep(ctx context.Context, workspace, name, text, actor string, cols []schema.Column, batches []*column.Batch) (rows int64, err error) {
	if err := s.SearchTable(workspace, name); err != nil {
		return 0, err
	}
	err = s.Audited(ctx, workspace, Audit{Actor: actor, Operation: "Search job", Kind: "Table", Name: name, Properties: map[string]any{"Query": text}}, func(ctx context.Context) (_ map[string]any, err error) {
		rows, err = s.keep(ctx, workspace, name, cols, batches)
		return map[string]any{"Rows": rows}, err
	})
	return rows, err
}

func (s *Service) keep(ctx context.Context, workspace, name string, cols []schema.Column, batches []*column.Batch) (rows int64, err error) {
	run := s.now().UnixNano()
	for k, b := range batches {
		src := column.New(schema.String, b.N)
		for i := range b.N {
			src.AppendString(fmt.Sprintf("search/%s/%d/%d/%d", name, run, k, i))
		}
		r := store.Rows{Table: name, Batch: &column.Batch{N: b.N}}
		for i, c := range cols {
			if c.Name == store.SrcColumn || c.Type == schema.Unknown {
				continue
			}
			r.Cols, r.Batch.Cols = append(r.Cols, c), append(r.Batch.Cols, b.Cols[i])
		}
		r.Cols, r.Batch.Cols = append(r.Cols, schema.Column{Name: store.SrcColumn, Type: schema.String, Hidden: true}), append(r.Batch.Cols, src)
		if _, err := s.store.Append(ctx, store.Frame{Workspace: workspace, Tables: []store.Rows{r}}); err != nil {
			return rows, err
		}
		rows += int64(b.N)
	}
	return rows, nil
}

// Drop removes the rows of a table that a job made, and returns what went.
func (s *Service) Drop(ctx context.Context, workspace, name, actor string) (a store.Amount, err error) {
	t, err := s.find(workspace, name)
	if err != nil {
		return store.Amount{}, err
	}
	if !temporary(t.Name) {
		return store.Amount{}, fault.New(fault.Invalid, "drop_refused", "Table %s cannot be dropped: only tables of search jobs (_SRCH) and restores (_RST) can. Shorten its retention instead.", t.Name)
	}
	err = s.Audited(ctx, workspace, Audit{Actor: actor, Operation: "Drop table", Kind: "Table", Name: t.Name}, func(ctx context.Context) (_ map[string]any, err error) {
		a, err = s.store.Drop(ctx, workspace, t.Name)
		return map[string]any{"Rows": a.Rows}, err
	})
	return a, err
}
