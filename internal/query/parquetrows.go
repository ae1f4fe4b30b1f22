package query

import (
	"bufio"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// A row group ends at so many rows, or when its rows have so many bytes: the writer holds one.
const (
	parquetGroupRows  = 122_880
	parquetGroupBytes = 64 << 20
)

// kqlTypeKey is the metadata of a field that names its KQL type.
const kqlTypeKey = "kql_type"

// parquetRows writes Parquet that other programs read: bool, int32, int64 and double as such, datetime as a UTC timestamp of
// microseconds (a seventh digit is cut), timespan as int64 ticks of 100 ns, everything else as text. Each field names its KQL type
// in its metadata.
type parquetRows struct {
	buf    *bufio.Writer
	schema *arrow.Schema
	w      *pqarrow.FileWriter
	rows   int64
	bytes  int64
}

func newParquetRows(w *bufio.Writer, cols []plan.Col) (*parquetRows, error) {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: c.Type != schema.String, Metadata: arrow.NewMetadata([]string{kqlTypeKey}, []string{c.Type.String()})}
	}
	r := &parquetRows{buf: w, schema: arrow.NewSchema(fields, nil)}
	var err error
	r.w, err = pqarrow.NewFileWriter(r.schema, unclosed{w}, parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(parquetGroupRows), parquet.WithVersion(parquet.V2_LATEST), parquet.WithCreatedBy("vedette"),
	), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	return r, err
}

// unclosed hides Close from the Parquet writer, which would call it.
type unclosed struct{ *bufio.Writer }

// Write implements RowWriter.
func (r *parquetRows) Write(b *column.Batch) error {
	rb := array.NewRecordBuilder(memory.DefaultAllocator, r.schema)
	defer rb.Release()
	for k, v := range b.Cols {
		appendArrow(rb.Field(k), v, b.N)
	}
	rec := rb.NewRecordBatch()
	defer rec.Release()
	if r.bytes > parquetGroupBytes || r.rows+int64(b.N) > parquetGroupRows {
		if err := r.w.NewBufferedRowGroupChecked(); err != nil {
			return err
		}
		r.rows, r.bytes = 0, 0
	}
	r.rows, r.bytes = r.rows+int64(b.N), r.bytes+b.Size()
	return r.w.WriteBuffered(rec)
}

// Close implements RowWriter.
func (r *parquetRows) Close() error { return errors.Join(r.w.Close(), r.buf.Flush()) }

func arrowType(t schema.Type) arrow.DataType {
	switch t {
	case schema.Bool:
		return arrow.FixedWidthTypes.Boolean
	case schema.Int:
		return arrow.PrimitiveTypes.Int32
	case schema.Long, schema.Timespan:
		return arrow.PrimitiveTypes.Int64
	case schema.Real:
		return arrow.PrimitiveTypes.Float64
	case schema.Datetime:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
	return arrow.BinaryTypes.String
}

func appendArrow(b array.Builder, v *column.Vector, n int) {
	b.Reserve(n)
	for i := range n {
		if v.Null(i) {
			b.AppendNull()
			continue
		}
		switch b := b.(type) {
		case *array.BooleanBuilder:
			b.Append(v.Bools[i])
		case *array.Int32Builder:
			b.Append(int32(v.Ints[i]))
		case *array.Int64Builder:
			b.Append(v.Ints[i])
		case *array.Float64Builder:
			b.Append(v.Floats[i])
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(column.ToTime(v.Ints[i]).UnixMicro()))
		case *array.StringBuilder:
			b.Append(Text(v, i))
		}
	}
}
