package external

import (
	"bytes"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
)

// parquet reads the columns that the query names, by their names; one that the file lacks is null.
func (t *table) parquet(address string, body []byte) error {
	pq, err := file.NewParquetReader(bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.Invalid, "external_record", "%s is not a Parquet file: %w", address, err)
	}
	defer pq.Close() //nolint:errcheck // in memory
	var size int64
	for g := range pq.NumRowGroups() {
		size += pq.MetaData().RowGroup(g).TotalByteSize()
	}
	if size > t.spec.MaxBytes {
		return fault.New(fault.TooLarge, "external_size", "%s unpacks to more than %d MB.", address, t.spec.MaxBytes>>20)
	}
	fr, err := pqarrow.NewFileReader(pq, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return fault.New(fault.Invalid, "external_record", "%s cannot be read as Parquet: %w", address, err)
	}
	data, err := fr.ReadTable(context.Background())
	if err != nil {
		return fault.New(fault.Invalid, "external_record", "%s cannot be read as Parquet: %w", address, err)
	}
	defer data.Release()
	rows := int(data.NumRows())
	for k, name := range t.spec.Names {
		v := column.New(t.spec.Types[k], rows)
		if at := slices.IndexFunc(data.Schema().Fields(), func(f arrow.Field) bool { return f.Name == name }); at >= 0 {
			for _, chunk := range data.Column(at).Data().Chunks() {
				for i := range chunk.Len() {
					v.Append(kernel.Unbox(cell(chunk, i), t.spec.Types[k]))
				}
			}
		} else {
			for range rows {
				v.AppendNull()
			}
		}
		t.out.Cols[k] = v
	}
	t.out.N = rows
	return nil
}

// cell is a value of an Arrow array as a dynamic value.
func cell(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return int64(a.Value(i))
	case *array.Int16:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Uint8:
		return int64(a.Value(i))
	case *array.Uint16:
		return int64(a.Value(i))
	case *array.Uint32:
		return int64(a.Value(i))
	case *array.Float32:
		return float64(a.Value(i))
	case *array.Float64:
		return a.Value(i)
	case *array.String:
		return a.Value(i)
	case *array.LargeString:
		return a.Value(i)
	case *array.Binary:
		return string(a.Value(i))
	case *array.Timestamp:
		if u, ok := a.DataType().(*arrow.TimestampType); ok {
			return column.Datetime(column.FromTime(a.Value(i).ToTime(u.Unit)))
		}
	case *array.Date32:
		return column.Datetime(column.FromTime(a.Value(i).ToTime()))
	case *array.Date64:
		return column.Datetime(column.FromTime(a.Value(i).ToTime()))
	}
	return column.Resolve(kernel.ParseDynamic(a.ValueStr(i)))
}
