package store

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

const (
	// rowGroupRows is the size of a row group: the unit of pruning, and of work in DuckDB.
	rowGroupRows = 122_880
	// pageBytes is the size of a page: a merge holds one page per column and file in memory.
	pageBytes = 256 << 10
	// writeRows is how many rows are put together at a time.
	writeRows = 8192
	// formatVersion of the part files written now.
	formatVersion = 1
	// fieldIDKey is how Arrow names a Parquet field id.
	fieldIDKey = "PARQUET:field_id"
)

// partWriter writes one part file. Rows must come sorted by time.
type partWriter struct {
	part   manifest.Part
	path   string
	file   *os.File
	sum    *summed
	w      *pqarrow.FileWriter
	schema *arrow.Schema
	cols   []partColumn
	time   int32
	rows   int // in the row group
	group  int64
	opened bool
	index  *indexWriter
}

// partColumn is one user or own column of a part; FieldRowGroup and FieldTimestamp are made while writing.
type partColumn struct {
	id   int32
	phys Physical
	name string
}

// summed passes writes on and keeps their checksum. It hides the file's Close from the Parquet writer: the file is synced
// first.
type summed struct {
	w   io.Writer
	sum uint32
}

func (s *summed) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum = crc32.Update(s.sum, castagnoli, p[:n])
	return n, err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newPart begins a part in a tier; day, the first one of its rows, is for its name. cols are sorted by id and hold the time column.
func (s *Store) newPart(root string, id manifest.TableID, day string, timeField int32, cols []partColumn) (*partWriter, error) {
	n := s.nextPart.Add(1)
	rel := path.Join(root, id.Workspace, id.Table, fmt.Sprintf("%s-%016x.parquet", day, n))
	w := &partWriter{
		part: manifest.Part{ID: n, Workspace: id.Workspace, Table: id.Table, Path: rel, FormatVersion: formatVersion,
			MinTime: math.MaxInt64, MaxTime: math.MinInt64, FirstSeq: math.MaxUint64},
		path: locate(s.opts.Dir, s.opts.ColdDir, rel), cols: cols, time: timeField,
	}
	if err := s.makeDir(s.base(w.part), filepath.Dir(w.path)); err != nil {
		return nil, err
	}
	var err error
	if w.file, err = os.OpenFile(w.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	var stamp string
	w.schema, stamp = partSchema(cols)
	props := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(rowGroupRows), parquet.WithStats(true),
		parquet.WithVersion(parquet.V2_LATEST), parquet.WithCreatedBy("vedette"), parquet.WithDataPageSize(pageBytes),
		// Values that hardly repeat gain nothing from a dictionary.
		parquet.WithDictionaryFor(TimeColumn, false), parquet.WithEncodingFor(TimeColumn, parquet.Encodings.DeltaBinaryPacked),
		parquet.WithDictionaryFor(stamp, false), parquet.WithEncodingFor(stamp, parquet.Encodings.DeltaBinaryPacked),
		parquet.WithDictionaryFor(SrcColumn, false),
	}
	w.sum = &summed{w: w.file}
	if w.w, err = pqarrow.NewFileWriter(w.schema, w.sum, parquet.NewWriterProperties(props...), pqarrow.DefaultWriterProps()); err != nil {
		return nil, errors.Join(err, w.abort())
	}
	w.index = newIndexWriter(w.path, n<<12, cols, s.log)
	return w, nil
}

// partSchema describes a part: the own columns in the order of their ids, then the others. It returns the name of the
// FieldTimestamp column too.
func partSchema(cols []partColumn) (*arrow.Schema, string) {
	taken := map[string]bool{}
	unique := func(name string, id int32) string {
		if taken[name] {
			name += "_" + strconv.Itoa(int(id))
		}
		taken[name] = true
		return name
	}
	field := func(name string, id int32, t arrow.DataType, nullable bool) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: nullable, Metadata: arrow.NewMetadata([]string{fieldIDKey}, []string{strconv.Itoa(int(id))})}
	}
	for _, c := range cols {
		taken[c.name] = true // the own names give way
	}
	own := []arrow.Field{
		field(unique("_rg", FieldRowGroup), FieldRowGroup, arrow.PrimitiveTypes.Int64, false),
		field(unique("timestamp", FieldTimestamp), FieldTimestamp, &arrow.TimestampType{Unit: arrow.Microsecond}, false),
	}
	stamp := own[1].Name
	clear(taken)
	var fields []arrow.Field
	for _, c := range cols {
		if c.id > FieldSrc && len(own) > 0 {
			fields, own = append(fields, own...), nil
		}
		fields = append(fields, field(unique(c.name, c.id), c.id, arrowType(c.phys), c.phys != PhysText && c.name != TimeColumn))
	}
	return arrow.NewSchema(fields, nil), stamp
}

func arrowType(p Physical) arrow.DataType {
	switch p {
	case PhysBool:
		return arrow.FixedWidthTypes.Boolean
	case PhysInt:
		return arrow.PrimitiveTypes.Int64
	case PhysFloat:
		return arrow.PrimitiveTypes.Float64
	}
	return arrow.BinaryTypes.String
}

// write adds the rows of a block, at most writeRows, whose columns are exactly those of the part.
func (w *partWriter) write(b *Block) error {
	for from := 0; from < b.rows; {
		n := min(b.rows-from, rowGroupRows-w.rows)
		if !w.opened || w.rows == rowGroupRows {
			if w.opened {
				w.group++
				w.index.endGroup()
			}
			w.opened, w.rows, n = true, 0, min(b.rows-from, rowGroupRows)
			if err := w.w.NewBufferedRowGroupChecked(); err != nil {
				return err
			}
		}
		rec := w.record(b)
		part := rec
		if n < b.rows {
			part = rec.NewSlice(int64(from), int64(from+n))
		}
		err := w.w.WriteBuffered(part)
		if part != rec {
			part.Release()
		}
		rec.Release()
		if err != nil {
			return err
		}
		w.index.add(b, from, from+n)
		from, w.rows = from+n, w.rows+n
	}
	w.count(b)
	return nil
}

// record puts the part's columns together over a block's memory.
func (w *partWriter) record(b *Block) arrow.RecordBatch {
	arrays := make([]arrow.Array, 0, len(w.cols)+2)
	times, _ := b.Column(w.time)
	k := 0
	for _, f := range w.schema.Fields() {
		id, _ := f.Metadata.GetValue(fieldIDKey)
		switch id {
		case strconv.Itoa(int(FieldRowGroup)):
			arrays = append(arrays, intArray(f.Type, slices.Repeat([]int64{w.part.ID<<12 | w.group}, b.rows)))
		case strconv.Itoa(int(FieldTimestamp)):
			us := make([]int64, b.rows)
			for i, t := range times.Ints {
				us[i] = (t - unixTicks) / 10
			}
			arrays = append(arrays, intArray(f.Type, us))
		default:
			arrays = append(arrays, b.cols[k].Array(b.rows))
			k++
		}
	}
	rec := array.NewRecordBatch(w.schema, arrays, int64(b.rows))
	for _, a := range arrays {
		a.Release()
	}
	return rec
}

var unixTicks = column.FromTime(time.Unix(0, 0))

func intArray(t arrow.DataType, v []int64) arrow.Array {
	d := array.NewData(t, len(v), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(v))}, nil, 0, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

// count keeps the part's list entry in step.
func (w *partWriter) count(b *Block) {
	p := &w.part
	times, _ := b.Column(w.time)
	for _, t := range times.Ints {
		p.MinTime, p.MaxTime = min(p.MinTime, t), max(p.MaxTime, t)
		h := t / column.Hour
		if n := len(p.Hours); n == 0 || p.Hours[n-1].Hour != h {
			p.Hours = append(p.Hours, manifest.HourRows{Hour: h})
		}
		p.Hours[len(p.Hours)-1].Rows++
	}
	p.Rows += int64(b.rows)
	if c, ok := b.Column(FieldIngestedAt); ok {
		for _, t := range c.Ints {
			p.MaxIngested = max(p.MaxIngested, t)
		}
	}
}

// finish makes the file and its directory entry durable.
func (w *partWriter) finish() (manifest.Part, error) {
	if err := w.w.Close(); err != nil {
		return w.part, errors.Join(err, w.abort())
	}
	if err := w.file.Sync(); err != nil {
		return w.part, errors.Join(fmt.Errorf("%w: syncing %s: %w", errSync, w.part.Path, err), w.abort())
	}
	st, err := w.file.Stat()
	if err != nil {
		return w.part, errors.Join(err, w.abort())
	}
	w.part.Bytes, w.part.Checksum = st.Size(), w.sum.sum
	if w.part.Footer, err = footerSum(w.file, st.Size()); err != nil {
		return w.part, errors.Join(err, w.abort())
	}
	if day := w.part.MinTime / column.Day; w.part.MaxTime/column.Day == day {
		w.part.Day = dayName(day)
	}
	if err := w.file.Close(); err != nil {
		w.index.abort()
		return w.part, errors.Join(err, os.Remove(w.path))
	}
	if err := syncDir(filepath.Dir(w.path)); err != nil {
		w.index.abort()
		return w.part, errors.Join(err, os.Remove(w.path))
	}
	if w.opened {
		w.index.endGroup()
	}
	if err := w.index.finish(); err != nil {
		return w.part, errors.Join(err, os.Remove(w.path))
	}
	return w.part, nil
}

// abort removes the unfinished file.
func (w *partWriter) abort() error {
	if w.index != nil {
		w.index.abort()
	}
	return errors.Join(w.file.Close(), os.Remove(w.path))
}

var errSync = errors.New("a file could not be made durable")

// makeDir makes dir and its parents below base, durably. A folder that is there already may have been made by a process that
// ended before it was durable, so the first use by this one syncs it too.
func (s *Store) makeDir(base, dir string) error {
	if _, ok := s.dirs.Load(dir); ok {
		return nil
	}
	if dir != base {
		if err := s.makeDir(base, filepath.Dir(dir)); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	s.dirs.Store(dir, true)
	return nil
}

// syncDir makes the names in a folder durable. An error that wraps errSync is final.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		return errors.Join(fmt.Errorf("%w: syncing %s: %w", errSync, dir, err), d.Close())
	}
	return d.Close()
}

// rowRef is a row on its way into a part.
type rowRef struct {
	time  int64
	block int32
	row   int32
}

// sortRows returns all rows of the blocks by time; rows of one time stay in the order they came.
func sortRows(blocks []*Block, timeField int32) []rowRef {
	n := 0
	for _, b := range blocks {
		n += b.rows
	}
	refs := make([]rowRef, 0, n)
	for i, b := range blocks {
		c, _ := b.Column(timeField)
		for row, t := range c.Ints {
			refs = append(refs, rowRef{time: t, block: int32(i), row: int32(row)})
		}
	}
	slices.SortFunc(refs, func(a, b rowRef) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.block, b.block), cmp.Compare(a.row, b.row))
	})
	return refs
}

// gatherBlock makes a block of the referenced rows with exactly the columns given.
func gatherBlock(alloc memory.Allocator, blocks []*Block, refs []rowRef, cols []partColumn) (*Block, error) {
	used := make([]bool, len(blocks))
	for _, r := range refs {
		used[r.block] = true
	}
	shapes := make([]shape, len(cols))
	for i, c := range cols {
		src := columnsOf(blocks, c.id)
		s := shape{id: c.id, phys: c.phys}
		for k, b := range src {
			s.nulls = s.nulls || c.phys != PhysText && (b == nil || b.Validity != nil) && used[k]
		}
		if c.phys == PhysText || c.phys == PhysNullText {
			for _, r := range refs {
				if b := src[r.block]; b != nil {
					s.text += int(b.Offsets[r.row+1] - b.Offsets[r.row])
				}
			}
		}
		shapes[i] = s
	}
	out, err := newBlock(alloc, len(refs), shapes)
	if err != nil {
		return nil, err
	}
	for i := range out.cols {
		out.cols[i].gather(columnsOf(blocks, out.cols[i].ID), refs)
	}
	return out, nil
}

func columnsOf(blocks []*Block, id int32) []*BlockColumn {
	out := make([]*BlockColumn, len(blocks))
	for i, b := range blocks {
		out[i], _ = b.Column(id)
	}
	return out
}

// gather fills the laid out column with the referenced values.
func (c *BlockColumn) gather(src []*BlockColumn, refs []rowRef) {
	at := 0
	for i, r := range refs {
		s, row := src[r.block], int(r.row)
		if s != nil && c.Validity != nil && !s.Null(row) {
			bitutil.SetBit(c.Validity, i)
		}
		switch {
		case c.Offsets != nil:
			if s != nil {
				at += copy(c.Text[at:], s.Value(row))
			}
			c.Offsets[i+1] = int32(at)
		case s == nil:
		case c.Physical == PhysBool:
			if bitutil.BitIsSet(s.Bits, row) {
				bitutil.SetBit(c.Bits, i)
			}
		case c.Physical == PhysInt:
			c.Ints[i] = s.Ints[row]
		case c.Physical == PhysFloat:
			c.Floats[i] = s.Floats[row]
		}
	}
}
