package ingest

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/vedette-siem/vedette/internal/store"
)

// Missing returns the rows whose provenance no stored row of their table has, within the times of the rows, and how many are left out.
func Missing(ctx context.Context, st *store.Store, workspace string, rows store.Rows) (out store.Rows, known int64, err error) {
	src, at := -1, -1
	for i, c := range rows.Cols {
		switch c.Name {
		case store.SrcColumn:
			src = i
		case store.TimeColumn:
			at = i
		}
	}
	if src < 0 || at < 0 || rows.Batch.N == 0 {
		return rows, 0, nil
	}
	index := map[uint64][]int{}
	for i, s := range rows.Batch.Cols[src].Strings {
		h := xxhash.Sum64String(s)
		index[h] = append(index[h], i)
	}
	have := make([]bool, rows.Batch.N)
	for i, s := range rows.Batch.Cols[src].Strings { // a message that was kept twice is one
		for _, k := range index[xxhash.Sum64String(s)] {
			have[i] = have[i] || k < i && rows.Batch.Cols[src].Strings[k] == s
		}
	}
	snap := st.Snapshot(workspace)
	defer snap.Close()
	if _, ok := snap.Catalog().Table(rows.Table); ok {
		lo, hi := slices.Min(rows.Batch.Cols[at].Ints), slices.Max(rows.Batch.Cols[at].Ints)
		r, err := snap.Scan(ctx, store.ScanSpec{Table: rows.Table, Columns: []string{store.SrcColumn}, MinTime: lo, MaxTime: hi + 1})
		if err != nil {
			return rows, 0, err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		for {
			b, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return rows, 0, err
			}
			for _, s := range b.Cols[0].Strings {
				for _, i := range index[xxhash.Sum64String(s)] {
					have[i] = have[i] || rows.Batch.Cols[src].Strings[i] == s
				}
			}
		}
	}
	var keep []int
	for i, h := range have {
		if h {
			known++
		} else {
			keep = append(keep, i)
		}
	}
	if known > 0 {
		rows.Batch = rows.Batch.Gather(keep)
	}
	return rows, known, nil
}
