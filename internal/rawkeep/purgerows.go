package rawkeep

import (
	"context"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// Purge removes the originals of which a row of the table meets the filter. An unknown workspace keeps nothing.
func (s *Service) Purge(ctx context.Context, workspace, table string, f store.RowFilter) error {
	w := s.all[workspace]
	if w == nil {
		return nil
	}
	_, err := w.Keeper.Purge(ctx, func(e Entry) (bool, error) {
		frame, _ := w.Intake.Again(e.Source, e.Partition).Decode(e.Offset, []ingest.Message{{Offset: e.Offset, Time: e.Time, Value: e.Value}}, ingest.Only(table))
		for _, rows := range frame.Tables {
			if rows.Table != table {
				continue
			}
			hits, err := matches(rows, f)
			if err != nil || hits {
				return hits, err
			}
		}
		return false, nil
	})
	return err
}

// matches reports whether one of the rows meets the filter.
func matches(rows store.Rows, f store.RowFilter) (bool, error) {
	b := &column.Batch{N: rows.Batch.N, Cols: make([]*column.Vector, len(f.Columns))}
	for i, c := range f.Columns {
		for k, have := range rows.Cols {
			if have.Name == c.Name && have.Type == c.Type {
				b.Cols[i] = rows.Batch.Cols[k]
			}
		}
		if b.Cols[i] == nil {
			b.Cols[i] = column.New(c.Type, b.N)
			for range b.N {
				b.Cols[i].AppendNull()
			}
		}
	}
	hits, err := f.Match(b)
	return slices.Contains(hits, true), err
}
