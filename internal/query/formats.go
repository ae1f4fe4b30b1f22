package query

import (
	"io"
	"slices"
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

// Write writes the first table of a result; see NewRowWriter for the formats, and WriteAPI for "api".
func Write(w io.Writer, r *Result, format string) error {
	if format == "api" {
		return WriteAPI(w, r)
	}
	t := &Table{}
	if len(r.Tables) > 0 {
		t = &r.Tables[0]
	}
	rows, err := NewRowWriter(w, format, t.Cols)
	if err != nil {
		return err
	}
	for _, b := range t.Batches {
		if err := rows.Write(b); err != nil {
			return err
		}
	}
	return rows.Close()
}
