package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"golang.org/x/sync/errgroup"

	"github.com/vedette-siem/vedette/internal/column"
)

// Test says of the texts of a column which rows matter.
type Test struct {
	Column string // one of ScanSpec.Columns, of type string
	// Keep returns, for each text, whether its row matters. It must not keep the texts, and answers equal texts equally.
	Keep func(texts []string) []bool
}

// fewRows is the share of a row group's rows up to which they are fetched one by one.
const fewRows = 64

// needleBuffer is how many bytes of a column are read at a time: most columns of a row group in one or two.
const needleBuffer = 128 << 10

// needles reads the rows of a part that pass tests on texts. Of a row group it reads the tested columns as they lie in the file, each
// text of a dictionary tested once, and of the others only what the rows hold that are left.
type needles struct {
	ctx    context.Context
	part   *partReader // without a record reader
	tests  []leafTest
	groups []int // still to read
	again  func(group int) (*partReader, error)
	whole  *partReader // a row group of which much is left, read as a whole
}

// leafTest is a test of the file's column.
type leafTest struct {
	leaf int
	keep func([]string) []bool
}

// openNeedles opens a part as openPart does. Rows that fail a test are left out; a test of a column that the part lacks says nothing.
func openNeedles(ctx context.Context, path string, cols []scanColumn, tests []columnTest, minTime, maxTime int64, only func(int) bool) (r *needles, err error) {
	err = rescued(func() error {
		p, err := openFile(path, cols, needleBuffer)
		if err != nil {
			return err
		}
		r = &needles{ctx: ctx, part: p, groups: rowGroups(p.pq, minTime, maxTime)}
		if only != nil {
			r.groups = slices.DeleteFunc(r.groups, func(k int) bool { return !only(k) })
		}
		ids := fieldIDs(p.pq)
		for _, t := range tests {
			leaf := slices.Index(ids, t.id)
			if leaf >= 0 && p.pq.MetaData().Schema.Column(leaf).MaxDefinitionLevel() == 0 {
				r.tests = append(r.tests, leafTest{leaf, t.keep})
			}
		}
		r.again = func(group int) (*partReader, error) {
			return openPart(ctx, path, cols, minTime, maxTime, func(k int) bool { return k == group })
		}
		return nil
	})
	return r, err
}

// next returns the next rows, or io.EOF.
func (r *needles) next() (*column.Batch, error) {
	for {
		if r.whole != nil {
			b, err := r.whole.next()
			if !errors.Is(err, io.EOF) {
				return b, err
			}
			err, r.whole = r.whole.close(), nil
			if err != nil {
				return nil, err
			}
		}
		if len(r.groups) == 0 {
			return nil, io.EOF
		}
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		group := r.groups[0]
		r.groups = r.groups[1:]
		var b *column.Batch
		err := rescued(func() error {
			g := r.part.pq.RowGroup(group)
			rows, all, err := r.rows(g)
			switch {
			case err != nil || !all && len(rows) == 0:
				return err
			case all || len(rows) > int(g.NumRows()/fewRows):
				r.whole, err = r.again(group)
				return err
			}
			b, err = r.fetch(g, rows)
			return err
		})
		if b != nil || err != nil {
			return b, err
		}
	}
}

// rows returns the rows of a row group that pass every test, or that all do.
func (r *needles) rows(g *file.RowGroupReader) (rows []int, all bool, err error) {
	all = true
	for _, t := range r.tests {
		chunk, err := g.MetaData().ColumnChunk(t.leaf)
		if err != nil {
			return nil, false, err
		}
		pages, err := g.GetColumnPageReader(t.leaf)
		if err != nil {
			return nil, false, err
		}
		passed, n, err := t.passed(&textPages{pages: pages}, onlyDictionary(chunk))
		if err = errors.Join(err, pages.Close()); err != nil {
			return nil, false, err
		}
		if n >= 0 && int64(n) != g.NumRows() {
			return nil, false, fmt.Errorf("%w: a column of %d values in a row group of %d rows", errDamagedPart, n, g.NumRows())
		}
		if all {
			rows, all = passed, false
		} else {
			rows = common(rows, passed)
		}
		if len(rows) == 0 {
			break
		}
	}
	return rows, all, nil
}

// passed returns the rows of a column that pass, and how many there are; -1 when no text of the dictionary passes and so no more
// than that was read.
func (t leafTest) passed(pages *textPages, onlyDict bool) (rows []int, n int, err error) {
	var keep []bool
	for {
		size, ids, texts, err := pages.next()
		if err != nil || size == 0 {
			return rows, n, err
		}
		if ids == nil {
			for i, ok := range t.keep(texts) {
				if ok {
					rows = append(rows, n+i)
				}
			}
			n += size
			continue
		}
		if keep == nil {
			if keep = t.keep(pages.dict); onlyDict && !slices.Contains(keep, true) {
				return nil, -1, nil
			}
		}
		for i, id := range ids {
			if keep[id] {
				rows = append(rows, n+i)
			}
		}
		n += size
	}
}

// common returns what is in both of two ascending lists.
func common(a, b []int) []int {
	var out []int
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); ok {
			out = append(out, x)
		}
	}
	return out
}

// fetch reads some rows of a row group.
func (r *needles) fetch(g *file.RowGroupReader, rows []int) (*column.Batch, error) {
	leaves := r.part.leaves
	arrays := make([]arrow.Array, len(leaves))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for k, leaf := range leaves {
		in, err := g.Column(leaf)
		if err != nil {
			return nil, err
		}
		all.Go(func() error {
			return rescued(func() (err error) {
				arrays[k], err = pick(in, rows)
				return errors.Join(err, in.Close())
			})
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return r.part.batch(len(rows), arrays)
}

// pick reads the values of some rows, which are ascending, of a column chunk.
func pick(in file.ColumnChunkReader, rows []int) (arrow.Array, error) {
	switch in := in.(type) {
	case *file.BooleanColumnChunkReader:
		return picked(in, in.ReadBatchInPage, array.NewBooleanBuilder(memory.DefaultAllocator), rows)
	case *file.Int64ColumnChunkReader:
		return picked(in, in.ReadBatchInPage, array.NewInt64Builder(memory.DefaultAllocator), rows)
	case *file.Float64ColumnChunkReader:
		return picked(in, in.ReadBatchInPage, array.NewFloat64Builder(memory.DefaultAllocator), rows)
	case *file.ByteArrayColumnChunkReader:
		b := array.NewStringBuilder(memory.DefaultAllocator)
		return picked(in, in.ReadBatchInPage, textBuilder{b}, rows)
	}
	return nil, fmt.Errorf("a column has the unexpected Parquet type %s", in.Type())
}

// textBuilder takes the bytes of texts.
type textBuilder struct{ *array.StringBuilder }

func (b textBuilder) Append(v parquet.ByteArray) { b.StringBuilder.Append(viewText(v)) }

func picked[T any, B interface {
	Append(T)
	AppendNull()
	NewArray() arrow.Array
}](in interface {
	Skip(int64) (int64, error)
	Descriptor() *schema.Column
}, read func(int64, []T, []int16, []int16) (int64, int, error), out B, rows []int) (arrow.Array, error) {
	at := 0
	var value [1]T
	var level [1]int16
	most := in.Descriptor().MaxDefinitionLevel()
	for _, row := range rows {
		if row > at {
			if _, err := in.Skip(int64(row - at)); err != nil {
				return nil, err
			}
		}
		n, values, err := read(1, value[:], level[:], nil)
		switch {
		case err != nil:
			return nil, err
		case n != 1:
			return nil, fmt.Errorf("%w: a column ends before row %d", errDamagedPart, row)
		case values == 0 || most > 0 && level[0] < most:
			out.AppendNull()
		default:
			out.Append(value[0])
		}
		at = row + 1
	}
	return out.NewArray(), nil
}

// close lets go of the file. It may be called twice.
func (r *needles) close() error {
	var err error
	if r.whole != nil {
		err, r.whole = r.whole.close(), nil
	}
	return errors.Join(err, r.part.close())
}
