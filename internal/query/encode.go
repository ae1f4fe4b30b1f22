package query

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// DynamicAs says how a dynamic cell is written: clients of Log Analytics want a string holding JSON, people want JSON.
type DynamicAs bool

// The two ways.
const (
	DynamicJSON   DynamicAs = false
	DynamicString DynamicAs = true
)

// AppendCell writes one cell as JSON: datetime as ISO with 7 digits and Z, timespan as d.hh:mm:ss.fffffff, decimal and
// guid as strings, long as an integer, NaN and infinities as the strings "NaN", "Infinity", "-Infinity".
func AppendCell(dst []byte, v *column.Vector, i int, dyn DynamicAs) []byte {
	if v.Null(i) {
		return append(dst, "null"...)
	}
	switch v.Type {
	case schema.Bool:
		return strconv.AppendBool(dst, v.Bools[i])
	case schema.Int, schema.Long:
		return strconv.AppendInt(dst, v.Ints[i], 10)
	case schema.Datetime:
		return appendQuoted(dst, column.FormatDatetime(v.Ints[i]))
	case schema.Timespan:
		return appendQuoted(dst, column.FormatTimespan(v.Ints[i]))
	case schema.Real:
		return appendReal(dst, v.Floats[i])
	case schema.String:
		return appendQuoted(dst, v.Strings[i])
	}
	switch x := v.Any[i].(type) {
	case *apd.Decimal:
		return appendQuoted(dst, x.Text('f'))
	case uuid.UUID:
		return appendQuoted(dst, x.String())
	default:
		if dyn == DynamicString {
			return appendQuoted(dst, string(column.AppendJSON(nil, x)))
		}
		return column.AppendJSON(dst, x)
	}
}

func appendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	// A real stays one when read back: 2 is written 2.0.
	n := len(dst)
	dst = strconv.AppendFloat(dst, f, 'g', -1, 64)
	for _, c := range dst[n:] {
		if c == '.' || c == 'e' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// appendQuoted writes a JSON string without escaping HTML.
func appendQuoted(dst []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	b, err := json.Marshal(s)
	if err != nil { // a string always encodes
		return append(dst, `""`...)
	}
	return append(dst, b...)
}

// AppendRow writes row i of a batch as a JSON array.
func AppendRow(dst []byte, b *column.Batch, i int, dyn DynamicAs) []byte {
	dst = append(dst, '[')
	for k, v := range b.Cols {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = AppendCell(dst, v, i, dyn)
	}
	return append(dst, ']')
}

// AppendObject writes row i as a JSON object with the columns' names.
func AppendObject(dst []byte, cols []plan.Col, b *column.Batch, i int) []byte {
	dst = append(dst, '{')
	for k, v := range b.Cols {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, cols[k].Name)
		dst = append(dst, ':')
		dst = AppendCell(dst, v, i, DynamicJSON)
	}
	return append(dst, '}')
}

// Text is a cell for terminals and CSV: strings as they are, null as "", everything else as in JSON.
func Text(v *column.Vector, i int) string {
	if v.Null(i) {
		return ""
	}
	if v.Type == schema.String {
		return v.Strings[i]
	}
	b := AppendCell(nil, v, i, DynamicJSON)
	if len(b) > 1 && b[0] == '"' && b[len(b)-1] == '"' && v.Type != schema.Dynamic {
		return string(b[1 : len(b)-1])
	}
	return string(b)
}
