package normalize

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// arena gives out strings that share large buffers, so that a row costs few allocations.
type arena struct{ b strings.Builder }

func (a *arena) string(p []byte) string {
	if len(p) == 0 {
		return ""
	}
	if a.b.Cap()-a.b.Len() < len(p) {
		a.b = strings.Builder{}
		a.b.Grow(max(64<<10, len(p)))
	}
	n := a.b.Len()
	a.b.Write(p)
	return a.b.String()[n:]
}

// fit says how a value went into its column.
type fit uint8

const (
	fits   fit = iota
	misfit     // the value is fine but not of the column's type; nothing was appended
	broken     // the value is not JSON; nothing was appended
)

// text returns the text of a JSON string, quotes included in val.
func (w *Writer) text(val string) string {
	val = val[1 : len(val)-1]
	if strings.IndexByte(val, '\\') < 0 {
		return val
	}
	w.buf = unescape(w.buf[:0], val)
	return w.mem.string(w.buf)
}

// minified returns the minified text of an object or array: order of keys and text of numbers kept, the last of duplicate
// keys wins. False means that it is not JSON.
func (w *Writer) minified(val string) (string, bool) {
	w.buf = column.AppendJSON(w.buf[:0], column.Raw(val))
	if len(w.buf) == 0 || w.buf[0] != val[0] {
		return "", false // AppendJSON quotes what it cannot read
	}
	return w.mem.string(w.buf), true
}

// put appends a value other than null, in its JSON text, to a column.
func (w *Writer) put(v *column.Vector, val string) fit {
	switch v.Type {
	case schema.String:
		return w.putString(v, val)
	case schema.Dynamic:
		return w.putDynamic(v, val)
	}
	switch val[0] {
	case '{', '[':
		if _, ok := w.minified(val); !ok {
			return broken
		}
		return misfit
	case '"':
		s := w.text(val)
		if s == "" {
			v.AppendNull()
			return fits
		}
		return w.putScalar(v, s, true)
	}
	if !scalar(val) {
		return broken
	}
	return w.putScalar(v, val, false)
}

func (w *Writer) putString(v *column.Vector, val string) fit {
	switch val[0] {
	case '"':
		v.AppendString(w.text(val))
	case '{', '[':
		s, ok := w.minified(val)
		if !ok {
			return broken
		}
		v.AppendString(s)
	default:
		if !scalar(val) {
			return broken
		}
		v.AppendString(val)
	}
	return fits
}

// putDynamic appends JSON text. A string that holds an object or array stands for it; an empty string is null.
func (w *Writer) putDynamic(v *column.Vector, val string) fit {
	switch val[0] {
	case '{', '[':
		s, ok := w.minified(val)
		if !ok {
			return broken
		}
		v.AppendAny(column.Raw(s))
	case '"':
		s := w.text(val)
		if s == "" {
			v.AppendNull()
			return fits
		}
		if i := space(s, 0); i < len(s) && (s[i] == '{' || s[i] == '[') {
			if m, ok := w.minified(s[i:]); ok {
				v.AppendAny(column.Raw(m))
				return fits
			}
		}
		w.buf = column.AppendJSON(w.buf[:0], s)
		v.AppendAny(column.Raw(w.mem.string(w.buf)))
	default:
		if !scalar(val) {
			return broken
		}
		v.AppendAny(column.Raw(val))
	}
	return fits
}

// putScalar appends the text of a string (quoted) or of a number, true or false to a column that is neither string nor
// dynamic.
func (w *Writer) putScalar(v *column.Vector, s string, quoted bool) fit {
	switch v.Type {
	case schema.Bool:
		switch s {
		case "true", "True", "TRUE", "1":
			v.AppendBool(true)
		case "false", "False", "FALSE", "0":
			v.AppendBool(false)
		default:
			return misfit
		}
	case schema.Int, schema.Long:
		n, ok := wholeNumber(s)
		if !ok || v.Type == schema.Int && n != int64(int32(n)) {
			return misfit
		}
		v.AppendInt(n)
	case schema.Real:
		if w.row && quoted && (s == "NaN" || s == "Infinity" || s == "-Infinity") {
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return misfit
			}
			v.AppendFloat(f) // as exported rows have it
			return fits
		}
		if !number(s) {
			return misfit
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return misfit
		}
		v.AppendFloat(f)
	case schema.Datetime:
		t, ok := parseTime(s)
		if !ok || !quoted {
			return misfit
		}
		v.AppendInt(t)
	case schema.Timespan:
		t, ok := column.ParseTimespan(s)
		if !ok || !quoted {
			return misfit
		}
		v.AppendInt(t)
	case schema.Guid:
		u, err := uuid.Parse(s)
		if err != nil || len(s) != 36 {
			return misfit
		}
		v.AppendAny(u)
	case schema.Decimal:
		if !number(s) {
			return misfit
		}
		d, _, err := apd.NewFromString(s)
		if err != nil {
			return misfit
		}
		v.AppendAny(d)
	default:
		return misfit
	}
	return fits
}

// wholeNumber reads an integer of 64 bits exactly. A fraction of zeros does no harm.
func wholeNumber(s string) (int64, bool) {
	if dot := strings.IndexByte(s, '.'); dot > 0 {
		if strings.Trim(s[dot+1:], "0") != "" || !number(s) {
			return 0, false
		}
		s = s[:dot]
	}
	if len(s) > 1 && (s[0] == '+' || s[0] == '0' || s[0] == '-' && s[1] == '0' && len(s) > 2) {
		return 0, false // an identifier with leading zeros is not that number
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// infer returns the type of a new column for a value other than null, and false if the value is not JSON.
func (w *Writer) infer(val string) (schema.Type, bool) {
	switch val[0] {
	case '"':
		if len(val) == 30 && val[20] == '.' && val[28] == 'Z' {
			if _, ok := parseTime(val[1 : len(val)-1]); ok {
				return schema.Datetime, true
			}
		}
		return schema.String, true
	case '{', '[':
		_, ok := w.minified(val)
		return schema.Dynamic, ok
	case 't', 'f':
		return schema.Bool, scalar(val)
	}
	if !number(val) {
		return schema.Unknown, false
	}
	if _, err := strconv.ParseInt(val, 10, 64); err == nil {
		return schema.Long, true
	}
	// A number that a real cannot hold to its last digit stays text.
	if f, err := strconv.ParseFloat(val, 64); err == nil && !math.IsInf(f, 0) && significant(val) <= 17 {
		return schema.Real, true
	}
	return schema.String, true
}

// significant counts the digits of a number's mantissa.
func significant(s string) int {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == 'e' || c == 'E':
			return n
		case c >= '1' && c <= '9' || c == '0' && n > 0:
			n++
		}
	}
	return n
}
