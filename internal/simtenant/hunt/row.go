package hunt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// timeLayout is the wire form of every time: UTC, seven digits.
const timeLayout = "2006-01-02T15:04:05.0000000Z"

// Time formats t as records carry it.
func Time(t time.Time) string { return t.UTC().Format(timeLayout) }

// Row is one record of a table under construction. A new row has, for every column, the emptiest value the wire shows.
// It is not safe for concurrent use.
type Row struct {
	Table *Table
	At    time.Time // the event's own time, column Timestamp
	vals  []any
	spell map[string]string // columns written under another spelling
}

// New starts a row of the table at the time.
func New(table string, at time.Time) *Row {
	t := must(table)
	r := &Row{Table: t, At: at.Truncate(100), vals: make([]any, len(t.Columns))}
	return r.Set("Timestamp", r.At)
}

// Set gives a column its value: string, bool, int, int64, time.Time, nil, or anything that marshals to the column's JSON kind.
// For a column of kind j the value is marshalled into a string unless it is one. Set panics for a column the table lacks.
func (r *Row) Set(col string, v any) *Row {
	i := r.Table.Col(col)
	if i < 0 {
		panic(fmt.Sprintf("hunt: %s has no column %q", r.Table.Name, col))
	}
	switch x := v.(type) {
	case time.Time:
		if x.IsZero() {
			v = nil
		} else {
			v = Time(x)
		}
	case nil:
		v = null{}
	}
	r.vals[i] = v
	return r
}

// Has reports whether the row's table has the column.
func (r *Row) Has(col string) bool { return r.Table.Col(col) >= 0 }

// SetIf sets the column when the table has it.
func (r *Row) SetIf(col string, v any) *Row {
	if r.Has(col) {
		r.Set(col, v)
	}
	return r
}

// Spell writes the column under another spelling, as some records of the service do.
func (r *Row) Spell(col, as string) *Row {
	if r.spell == nil {
		r.spell = map[string]string{}
	}
	r.spell[col] = as
	return r
}

// Text returns a column's value as text, "" when it is unset or null.
func (r *Row) Text(col string) string {
	i := r.Table.Col(col)
	if i < 0 {
		return ""
	}
	switch v := r.vals[i].(type) {
	case nil, null:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(b)
	}
}

type null struct{}

// AppendProperties appends the row's properties object.
func (r *Row) AppendProperties(dst []byte) []byte {
	dst = append(dst, '{')
	for i := range r.Table.Columns {
		c := &r.Table.Columns[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		name := c.Name
		if s, ok := r.spell[name]; ok {
			name = s
		}
		dst = append(dst, '"')
		dst = append(dst, name...)
		dst = append(dst, '"', ':')
		dst = appendValue(dst, c, r.vals[i])
	}
	return append(dst, '}')
}

func appendValue(dst []byte, c *Column, v any) []byte {
	switch x := v.(type) {
	case null:
		return append(dst, "null"...)
	case nil:
		return append(dst, emptyOf(c)...)
	case string:
		return appendString(dst, x)
	case bool:
		return strconv.AppendBool(dst, x)
	case int:
		return strconv.AppendInt(dst, int64(x), 10)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("hunt: value of %s: %v", c.Name, err))
	}
	if c.Kind == 'j' || c.Kind == 's' {
		return appendString(dst, string(b))
	}
	return append(dst, b...)
}

func emptyOf(c *Column) string {
	if c.Null {
		return "null"
	}
	switch c.Kind {
	case 'i':
		return "0"
	case 'b':
		return "false"
	case 'o':
		return "{}"
	case 'a':
		return "[]"
	case 'j':
		return `"{}"`
	}
	return `""`
}

// appendString appends s as a JSON string; plain ASCII, by far the most common, takes no allocation.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			b, err := json.Marshal(s)
			if err != nil {
				panic(err)
			}
			return append(dst, b...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
