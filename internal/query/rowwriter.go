package query

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// RowWriter writes rows batch by batch; what it holds does not grow with their number. It is for one goroutine.
type RowWriter interface {
	// Write writes the rows of a batch, whose columns are those that the writer was made for.
	Write(b *column.Batch) error
	// Close writes what is left. It does not close what is written to.
	Close() error
}

// NewRowWriter returns a writer of a format: json is one array of objects, ndjson an object a line, csv has a header, parquet has
// KQL names (see parquetRows for the types).
func NewRowWriter(w io.Writer, format string, cols []plan.Col) (RowWriter, error) {
	bw := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case "csv":
		return newCSVRows(bw, cols)
	case "parquet":
		return newParquetRows(bw, cols)
	case "json", "ndjson":
		return &objectRows{w: bw, cols: cols, array: format == "json"}, nil
	}
	return nil, fault.New(fault.Invalid, "format_unknown", "format %q is not one of json, ndjson, csv, parquet", format)
}

// objectRows writes an object for each row: one a line, or all in an array.
type objectRows struct {
	w       *bufio.Writer
	cols    []plan.Col
	array   bool
	started bool
	buf     []byte
}

// Write implements RowWriter.
func (r *objectRows) Write(b *column.Batch) error {
	for i := range b.N {
		buf := r.buf[:0]
		if r.array {
			buf = append(buf, "[,"[flag(r.started)], '\n')
		}
		r.started = true
		buf = AppendObject(buf, r.cols, b, i)
		if !r.array {
			buf = append(buf, '\n')
		}
		if r.buf = buf; len(buf) == 0 {
			continue
		}
		if _, err := r.w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Close implements RowWriter.
func (r *objectRows) Close() error {
	var err error
	switch {
	case r.array && r.started:
		_, err = r.w.WriteString("\n]\n")
	case r.array:
		_, err = r.w.WriteString("[\n]\n")
	}
	return errors.Join(err, r.w.Flush())
}

// csvRows writes a header and a record for each row.
type csvRows struct {
	w   *bufio.Writer
	c   *csv.Writer
	rec []string
}

func newCSVRows(w *bufio.Writer, cols []plan.Col) (*csvRows, error) {
	r := &csvRows{w: w, c: csv.NewWriter(w), rec: make([]string, len(cols))}
	for i, c := range cols {
		r.rec[i] = c.Name
	}
	return r, r.c.Write(r.rec)
}

// Write implements RowWriter.
func (r *csvRows) Write(b *column.Batch) error {
	for i := range b.N {
		for k, v := range b.Cols {
			r.rec[k] = Text(v, i)
		}
		if err := r.c.Write(r.rec); err != nil {
			return err
		}
	}
	return nil
}

// Close implements RowWriter.
func (r *csvRows) Close() error {
	r.c.Flush()
	return errors.Join(r.c.Error(), r.w.Flush())
}
