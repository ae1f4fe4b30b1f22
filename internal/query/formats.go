package query

import (
	"bufio"
	"encoding/csv"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// KnownFormat reports whether Write knows the format.
func KnownFormat(name string) bool {
	return slices.Contains([]string{"api", "json", "ndjson", "csv", "parquet"}, name)
}

// ContentType is the media type of a format.
func ContentType(name string) string {
	switch name {
	case "ndjson":
		return "application/x-ndjson"
	case "csv":
		return "text/csv; charset=utf-8"
	case "parquet":
		return "application/vnd.apache.parquet"
	}
	return "application/json; charset=utf-8"
}

// Write writes the first table of a result: json is one array of objects, ndjson an object a line, csv with a header,
// parquet with KQL names (datetime as timestamp in microseconds, timespan as ticks, the rest as text).
func Write(w io.Writer, r *Result, format string) error {
	if format == "api" {
		return WriteAPI(w, r)
	}
	t := &Table{}
	if len(r.Tables) > 0 {
		t = &r.Tables[0]
	}
	bw := bufio.NewWriterSize(w, 64<<10)
	var err error
	switch format {
	case "csv":
		err = writeCSV(bw, t)
	case "parquet":
		err = writeParquet(bw, t)
	default:
		err = writeObjects(bw, t, format == "json")
	}
	if err != nil {
		return err
	}
	return bw.Flush()
}

func writeObjects(w *bufio.Writer, t *Table, asArray bool) error {
	var buf []byte
	first := true
	if asArray {
		buf = append(buf, '[')
	}
	for _, b := range t.Batches {
		for i := range b.N {
			if asArray && !first {
				buf = append(buf, ',')
			}
			if asArray {
				buf = append(buf, '\n')
			}
			first = false
			buf = AppendObject(buf, t, b, i)
			if !asArray {
				buf = append(buf, '\n')
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	if asArray {
		buf = append(buf, "\n]\n"...)
	}
	_, err := w.Write(buf)
	return err
}

func writeCSV(w io.Writer, t *Table) error {
	c := csv.NewWriter(w)
	rec := make([]string, len(t.Cols))
	for i, col := range t.Cols {
		rec[i] = col.Name
	}
	if err := c.Write(rec); err != nil {
		return err
	}
	for _, b := range t.Batches {
		for i := range b.N {
			for k, v := range b.Cols {
				rec[k] = Text(v, i)
			}
			if err := c.Write(rec); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

func writeParquet(w io.Writer, t *Table) error {
	fields := make([]arrow.Field, len(t.Cols))
	for i, c := range t.Cols {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: c.Type != schema.String}
	}
	sch := arrow.NewSchema(fields, nil)
	pw, err := pqarrow.NewFileWriter(sch, w, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	for _, b := range t.Batches {
		rb := array.NewRecordBuilder(memory.DefaultAllocator, sch)
		for k, v := range b.Cols {
			appendArrow(rb.Field(k), v, b.N)
		}
		rec := rb.NewRecordBatch()
		err := pw.WriteBuffered(rec)
		rec.Release()
		rb.Release()
		if err != nil {
			return err
		}
	}
	return pw.Close()
}

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
