package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// Reindex makes the index of parts that have none: of an older version, from a backup, back from the cold tier, or damaged.
// Readers are not disturbed.
func (s *Store) Reindex(ctx context.Context) error {
	s.merging.Lock()
	defer s.merging.Unlock()
	var failed error
	for _, p := range s.withoutIndex() {
		if err := errors.Join(s.failure(), ctx.Err()); err != nil {
			return err
		}
		if err := s.reindex(ctx, p); err != nil {
			failed = errors.Join(failed, fmt.Errorf("indexing file %s: %w", p.Path, err))
			continue
		}
		p.index.Store(nil)
		p.noIndex.Store(false)
	}
	return failed
}

// withoutIndex returns the parts to index. One that was returned is not returned again unless its index was found damaged.
func (s *Store) withoutIndex() []*part {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*part
	for _, t := range s.tables {
		for _, p := range t.parts {
			if p.looked.Swap(true) && !p.noIndex.Swap(false) {
				continue
			}
			if _, err := os.Stat(indexPath(s.path(p.Part))); errors.Is(err, os.ErrNotExist) {
				p.noIndex.Store(true)
				out = append(out, p)
			}
		}
	}
	return out
}

// reindex reads a part and writes its index.
func (s *Store) reindex(ctx context.Context, p *part) error {
	path := s.path(p.Part)
	r, err := openBlocks(ctx, path)
	if err != nil {
		return err
	}
	err = s.indexRows(p, path, r)
	return errors.Join(err, r.close())
}

func (s *Store) indexRows(p *part, path string, r *partReader) error {
	base, ok := firstGroup(r)
	if !ok {
		return errors.New("its row groups have no numbers")
	}
	var w *indexWriter
	group, left := 0, int64(0)
	for {
		b, err := r.nextBlock()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if w != nil {
				w.abort()
			}
			return err
		}
		if w == nil {
			w = newIndexWriter(path, base, columnsOfBlock(b), s.log)
			left = r.pq.MetaData().RowGroup(0).NumRows()
		}
		for from := 0; from < b.rows; {
			if left == 0 {
				w.endGroup()
				group++
				left = r.pq.MetaData().RowGroup(group).NumRows()
			}
			n := int(min(left, int64(b.rows-from)))
			w.add(b, from, from+n)
			from, left = from+n, left-int64(n)
		}
		b.Release()
	}
	if w == nil {
		return nil
	}
	w.endGroup()
	if w.file == nil || w.head.rows != p.Rows {
		w.abort()
		return fmt.Errorf("%d of %d rows were indexed", w.head.rows, p.Rows)
	}
	return s.writeError(w.finish())
}

// columnsOfBlock describes the columns of a block read from a part.
func columnsOfBlock(b *Block) []partColumn {
	out := make([]partColumn, len(b.cols))
	for i, c := range b.cols {
		out[i] = partColumn{id: c.ID, phys: c.Physical}
	}
	return out
}

// firstGroup returns the FieldRowGroup of a part's first row group.
func firstGroup(r *partReader) (int64, bool) {
	k := slices.Index(fieldIDs(r.pq), FieldRowGroup)
	if k < 0 || r.pq.NumRowGroups() == 0 {
		return 0, false
	}
	chunk, err := r.pq.MetaData().RowGroup(0).ColumnChunk(k)
	if err != nil {
		return 0, false
	}
	st, err := chunk.Statistics()
	if err != nil {
		return 0, false
	}
	if s, ok := st.(*metadata.Int64Statistics); ok && s.HasMinMax() && s.Min() == s.Max() && s.Min() > math.MinInt64 {
		return s.Min(), true
	}
	return 0, false
}
