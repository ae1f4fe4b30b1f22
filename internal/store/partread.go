package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// partReader reads some columns of a part's row groups.
type partReader struct {
	f    *os.File
	pq   *file.Reader
	cols []scanColumn
	// leaves are the file's columns to read, ascending; cols[i] is number at[i] of them, -1 when the part has no such field.
	leaves []int
	at     []int
	rec    pqarrow.RecordReader
	ids    []int32 // of the record's columns, for nextBlock
	rest   int64   // rows still to return when no column is read
}

// openPart opens a part for reading the columns in the row groups that have rows within the times and pass the test, if any.
func openPart(ctx context.Context, path string, cols []scanColumn, minTime, maxTime int64, only func(int) bool) (r *partReader, err error) {
	err = rescued(func() (err error) {
		r, err = tryOpenPart(ctx, path, cols, minTime, maxTime, only)
		return err
	})
	return r, err
}

// openFile opens a part and finds the columns in it. So many bytes of a column are read at a time; zero is the library's default.
func openFile(path string, cols []scanColumn, buffer int64) (_ *partReader, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &partReader{f: f, cols: cols, at: make([]int, len(cols))}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled = true // page by page: a row group may be large
	if buffer > 0 {
		props.BufferSize = buffer
	}
	if r.pq, err = file.NewParquetReader(f, file.WithReadProps(props)); err != nil {
		return nil, err
	}
	ids := fieldIDs(r.pq)
	for i, c := range cols {
		r.at[i] = -1
		if c.id != 0 {
			r.at[i] = slices.Index(ids, c.id)
		}
		if r.at[i] >= 0 {
			r.leaves = append(r.leaves, r.at[i])
		}
	}
	slices.Sort(r.leaves)
	r.leaves = slices.Compact(r.leaves)
	for i, leaf := range r.at {
		if leaf >= 0 {
			r.at[i] = slices.Index(r.leaves, leaf)
		}
	}
	return r, nil
}

func tryOpenPart(ctx context.Context, path string, cols []scanColumn, minTime, maxTime int64, only func(int) bool) (_ *partReader, err error) {
	r, err := openFile(path, cols, 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	groups := rowGroups(r.pq, minTime, maxTime)
	if only != nil {
		groups = slices.DeleteFunc(groups, func(k int) bool { return !only(k) })
	}
	if len(r.leaves) == 0 {
		for _, g := range groups {
			r.rest += r.pq.MetaData().RowGroup(g).NumRows()
		}
		return r, nil
	}
	if len(groups) == 0 {
		return r, nil
	}
	fr, err := pqarrow.NewFileReader(r.pq, pqarrow.ArrowReadProperties{BatchSize: scanRows}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	r.rec, err = fr.GetRecordReader(ctx, r.leaves, groups)
	return r, err
}

// fieldIDs returns the field id of every column of a file.
func fieldIDs(pq *file.Reader) []int32 {
	sc := pq.MetaData().Schema
	ids := make([]int32, sc.NumColumns())
	for i := range ids {
		ids[i] = sc.Column(i).SchemaNode().FieldID()
	}
	return ids
}

// rowGroups returns the row groups that may have rows within the times.
func rowGroups(pq *file.Reader, minTime, maxTime int64) []int {
	var out []int
	when := timeColumn(pq)
	for g := range pq.NumRowGroups() {
		if when >= 0 {
			if lo, hi, ok := timeRange(pq.MetaData().RowGroup(g), when); ok && (hi < minTime || lo > maxTime) {
				continue
			}
		}
		out = append(out, g)
	}
	return out
}

// timeColumn returns the index of TimeGenerated, or -1.
func timeColumn(pq *file.Reader) int {
	return pq.MetaData().Schema.ColumnIndexByName(TimeColumn)
}

func timeRange(g *metadata.RowGroupMetaData, col int) (lo, hi int64, ok bool) {
	chunk, err := g.ColumnChunk(col)
	if err != nil {
		return 0, 0, false
	}
	st, err := chunk.Statistics()
	if err != nil {
		return 0, 0, false
	}
	s, ok := st.(*metadata.Int64Statistics)
	if !ok || !s.HasMinMax() {
		return 0, 0, false
	}
	return s.Min(), s.Max(), true
}

// next returns the next rows, or io.EOF.
func (r *partReader) next() (*column.Batch, error) {
	if r.rec == nil {
		n := min(r.rest, scanRows)
		if n == 0 {
			return nil, io.EOF
		}
		r.rest -= n
		return r.batch(int(n), nil)
	}
	var b *column.Batch
	err := rescued(func() error {
		rec, err := r.rec.Read()
		if err == nil {
			b, err = r.batch(int(rec.NumRows()), rec.Columns())
		}
		return err
	})
	return b, err
}

// batch makes a batch of n rows of the file's columns, which are in the order of leaves.
func (r *partReader) batch(n int, columns []arrow.Array) (*column.Batch, error) {
	b := &column.Batch{N: n, Cols: make([]*column.Vector, len(r.cols))}
	for i, c := range r.cols {
		if r.at[i] < 0 {
			b.Cols[i] = emptyVector(c.typ, n)
			continue
		}
		v, err := vectorOf(columns[r.at[i]], c.typ)
		if err != nil {
			return nil, err
		}
		if c.item {
			itemIDs(v)
		}
		b.Cols[i] = v
	}
	return b, nil
}

func (r *partReader) close() error {
	if r.rec != nil {
		r.rec.Release()
		r.rec = nil
	}
	if r.f == nil {
		return nil
	}
	err := r.f.Close()
	r.f = nil
	return err
}

// vectorOf copies an Arrow array of a part into a vector.
func vectorOf(a arrow.Array, t schema.Type) (*column.Vector, error) {
	n := a.Len()
	v := &column.Vector{Type: t}
	if a.NullN() > 0 && t != schema.String {
		v.Nulls = make([]bool, n)
		for i := range n {
			v.Nulls[i] = a.IsNull(i)
		}
	}
	switch a := a.(type) {
	case *array.Boolean:
		v.Bools = make([]bool, n)
		for i := range n {
			v.Bools[i] = a.Value(i) && a.IsValid(i)
		}
	case *array.Int64:
		v.Ints = slices.Clone(a.Int64Values())
	case *array.Float64:
		v.Floats = slices.Clone(a.Float64Values())
	case *array.String:
		if n == 0 {
			return emptyVector(t, 0), nil
		}
		base := a.ValueOffset(0)
		text := string(a.ValueBytes())
		strs := make([]string, n)
		for i := range n {
			strs[i] = text[a.ValueOffset(i)-base : a.ValueOffset(i)-base+a.ValueLen(i)]
		}
		if t == schema.String {
			v.Strings = strs
			return v, nil
		}
		v.Any = make([]any, n)
		for i, s := range strs {
			if v.Nulls == nil || !v.Nulls[i] {
				v.Any[i] = valueOf(t, s)
			}
		}
		nullMissing(v)
	default:
		return nil, fmt.Errorf("a column has the unexpected Arrow type %s", a.DataType())
	}
	if v.Len() != n || PhysicalOf(t) == PhysText {
		return nil, fmt.Errorf("a column of type %s is stored as %s", t, a.DataType())
	}
	// The value under a null is zero.
	for i, null := range v.Nulls {
		switch {
		case !null:
		case v.Ints != nil:
			v.Ints[i] = 0
		case v.Floats != nil:
			v.Floats[i] = 0
		}
	}
	return v, nil
}

// openBlocks opens a part for reading all that is stored in it.
func openBlocks(ctx context.Context, path string) (_ *partReader, err error) {
	r, err := openPart(ctx, path, nil, math.MinInt64, math.MaxInt64, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	var leaves []int
	for i, id := range fieldIDs(r.pq) {
		if id != FieldRowGroup && id != FieldTimestamp {
			leaves = append(leaves, i)
			r.ids = append(r.ids, id)
		}
	}
	fr, err := pqarrow.NewFileReader(r.pq, pqarrow.ArrowReadProperties{BatchSize: mergeReadRows}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	r.rec, err = fr.GetRecordReader(ctx, leaves, rowGroups(r.pq, math.MinInt64, math.MaxInt64))
	return r, err
}

// mergeReadRows is the size of the chunks that a merge reads.
const mergeReadRows = 512

// nextBlock returns the next rows as a block in Go memory, or io.EOF. Readers of openBlocks only.
func (r *partReader) nextBlock() (b *Block, err error) {
	err = rescued(func() (err error) {
		b, err = r.readBlock()
		return err
	})
	return b, err
}

func (r *partReader) readBlock() (*Block, error) {
	rec, err := r.rec.Read()
	if err != nil {
		return nil, err
	}
	rec.Retain()
	b := &Block{rows: int(rec.NumRows()), alloc: recordMemory{rec}}
	b.refs.Store(1)
	for i, id := range r.ids {
		c, err := viewArray(rec.Column(i))
		if err != nil {
			rec.Release()
			return nil, err
		}
		c.ID = id
		b.cols = append(b.cols, c)
	}
	slices.SortFunc(b.cols, func(a, b BlockColumn) int { return int(a.ID) - int(b.ID) })
	return b, nil
}

// recordMemory is the allocator of a block that lies over an Arrow record: freeing it lets the record go.
type recordMemory struct{ rec arrow.RecordBatch }

func (recordMemory) Allocate(int) []byte           { panic("store: a record's memory is fixed") }
func (recordMemory) Reallocate(int, []byte) []byte { panic("store: a record's memory is fixed") }
func (m recordMemory) Free([]byte)                 { m.rec.Release() }

// viewArray gives an Arrow array as a block column, without copying the values.
func viewArray(a arrow.Array) (BlockColumn, error) {
	var c BlockColumn
	if a.NullN() > 0 {
		c.Validity = bitsFrom(a.NullBitmapBytes(), a.Data().Offset(), a.Len())
	}
	switch a := a.(type) {
	case *array.Boolean:
		c.Physical = PhysBool
		c.Bits = bitsFrom(a.Data().Buffers()[1].Bytes(), a.Data().Offset(), a.Len())
	case *array.Int64:
		c.Physical, c.Ints = PhysInt, a.Int64Values()
	case *array.Float64:
		c.Physical, c.Floats = PhysFloat, a.Float64Values()
	case *array.String:
		c.Physical = PhysNullText
		c.Offsets = a.ValueOffsets()
		if b := a.Data().Buffers()[2]; b != nil {
			c.Text = b.Bytes()
		}
	default:
		return c, fmt.Errorf("a column has the unexpected Arrow type %s", a.DataType())
	}
	return c, nil
}

// bitsFrom returns a bitmap that starts at bit off of b.
func bitsFrom(b []byte, off, n int) []byte {
	if off == 0 {
		return b
	}
	out := make([]byte, (n+7)/8)
	for i := range n {
		if bitutil.BitIsSet(b, off+i) {
			bitutil.SetBit(out, i)
		}
	}
	return out
}
