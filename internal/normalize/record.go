package normalize

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Reason says why something could not become a row. The words are stable: they stand in DeadLetter_CL.
type Reason string

// The reasons.
const (
	NotJSON        Reason = "notJSON"        // the text is not JSON
	Truncated      Reason = "truncated"      // the text ends in the middle
	Empty          Reason = "empty"          // a message without content
	Encoding       Reason = "encoding"       // not UTF-8
	NoRecords      Reason = "noRecords"      // JSON, but neither a record nor a list of records
	NotARecord     Reason = "notARecord"     // an element of records that is no object, or lacks category or properties
	UnknownKind    Reason = "unknownKind"    // a category that is no hunting table
	BadTableName   Reason = "badTableName"   // the table name is not allowed
	ReservedTable  Reason = "reservedTable"  // the table is written by Vedette itself
	TooManyTables  Reason = "tooManyTables"  // the workspace has no room for another table
	TooManyColumns Reason = "tooManyColumns" // a record with more properties than any table has
	NoTime         Reason = "noTime"         // neither Timestamp nor time is a usable time
	TooLarge       Reason = "tooLarge"       // the message is larger than the limit
	Panicked       Reason = "panicked"       // the decoder failed; a defect in Vedette
)

// Record is one record of a message. Strings are JSON text and share memory with the message. With a Reason set the record
// is bad, and Raw is what there is of it.
type Record struct {
	Ordinal    int // place in the message, from 0
	Raw        string
	Table      string // from the category
	Time       string // the envelope's time, JSON text, or ""
	Properties string
	Row        bool // the record is a row as tables are exported: Properties is all of it, with TimeGenerated and Type
	Reason     Reason
	Detail     string
}

// categoryPrefix stands before the table name in the category of a record.
const categoryPrefix = "AdvancedHunting-"

// Decode calls each for every record of a message, in order. A message is {"records":[...]}, one record, a list of
// records, or several of these after one another; what is broken is handed on as a bad record, once, and the rest goes on
// behind it if its start can be found.
func Decode(msg []byte, each func(Record)) {
	d := decoder{each: each}
	switch {
	case len(msg) == 0:
		d.bad("", Empty, "the message has no content")
		return
	case len(msg) >= 2 && (msg[0] == 0xFF && msg[1] == 0xFE || msg[0] == 0xFE && msg[1] == 0xFF):
		d.bad(string(msg), Encoding, "the message is UTF-16, not UTF-8")
		return
	}
	s := strings.TrimPrefix(string(msg), "\uFEFF")
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	i := space(s, 0)
	if i == len(s) {
		d.bad(s, Empty, "the message is white space")
	}
	for i < len(s) {
		end, ok := d.top(s, i)
		if !ok {
			return
		}
		i = space(s, end)
		// A comma or a record separator between concatenated documents does no harm.
		for i < len(s) && (s[i] == ',' || s[i] == 0x1E) {
			i = space(s, i+1)
		}
	}
}

type decoder struct {
	each    func(Record)
	ordinal int
	pairs   []pair
}

func (d *decoder) bad(raw string, r Reason, format string, args ...any) {
	d.emit(Record{Raw: raw, Reason: r, Detail: fmt.Sprintf(format, args...)})
}

func (d *decoder) emit(r Record) {
	r.Ordinal = d.ordinal
	d.ordinal++
	d.each(r)
}

// top decodes the document that starts at i and returns the index after it, or false when nothing behind it can be read.
func (d *decoder) top(s string, i int) (int, bool) {
	switch s[i] {
	case '[':
		return d.list(s, i)
	case '{':
	default:
		end, ok := skip(s, i)
		if ok && (s[i] == '"' || scalar(s[i:end])) {
			d.bad(s[i:end], NoRecords, "the message is a single value, not records")
			return end, true
		}
		d.bad(s[i:], NotJSON, "the message is not JSON")
		return 0, false
	}
	if at, ok := recordsAt(s, i); ok {
		end, ok := d.list(s, at)
		if !ok {
			return 0, false
		}
		// Whatever else the wrapper holds is of no interest, but it must end.
		for end < len(s) && s[end] != '}' {
			next, ok := skip(s, end)
			if !ok {
				next = end + 1
			}
			end = next
		}
		if end >= len(s) {
			return end, true // all records were whole; only the wrapper's end is missing
		}
		return end + 1, true
	}
	end, ok := skip(s, i)
	if !ok {
		d.bad(s[i:], Truncated, "the message ends in the middle of a value")
		return 0, false
	}
	r := d.record(s[i:end])
	if r.Reason == NotARecord {
		r.Reason = NoRecords
	}
	d.emit(r)
	return end, true
}

// recordsAt returns where the list under the key "records" starts in the object at i.
func recordsAt(s string, i int) (int, bool) {
	i = space(s, i+1)
	for i < len(s) && s[i] == '"' {
		end, ok := skipString(s, i)
		if !ok {
			return 0, false
		}
		key := s[i+1 : end-1]
		i = space(s, end)
		if i >= len(s) || s[i] != ':' {
			return 0, false
		}
		i = space(s, i+1)
		if key == "records" {
			return i, i < len(s) && s[i] == '['
		}
		// A record of its own: do not read all of it twice.
		if key == "category" || key == "properties" {
			return 0, false
		}
		end, ok = skip(s, i)
		if !ok {
			return 0, false
		}
		i = space(s, end)
		if i < len(s) && s[i] == ',' {
			i = space(s, i+1)
		}
	}
	return 0, false
}

// list decodes the list that starts at i and returns the index after it.
func (d *decoder) list(s string, i int) (int, bool) {
	i = space(s, i+1)
	for {
		if i >= len(s) {
			d.bad("", Truncated, "the list of records does not end")
			return 0, false
		}
		if s[i] == ']' {
			return i + 1, true
		}
		end, ok := skip(s, i)
		if !ok {
			reason := Truncated
			if end < len(s) {
				reason = NotJSON
			}
			d.bad(s[i:], reason, "the rest of the message, from its byte %d, cannot be read", i)
			return 0, false
		}
		d.emit(d.record(s[i:end]))
		i = space(s, end)
		if i < len(s) && s[i] == ',' {
			i = space(s, i+1)
		}
	}
}

// record reads the envelope of one record.
func (d *decoder) record(raw string) Record {
	r := Record{Raw: raw}
	fail := func(reason Reason, format string, args ...any) Record {
		r.Reason, r.Detail = reason, fmt.Sprintf(format, args...)
		return r
	}
	if raw[0] != '{' {
		return fail(NotARecord, "the record is not an object")
	}
	var end int
	var ok bool
	d.pairs, end, ok = members(raw, 0, d.pairs[:0])
	if !ok || end != len(raw) {
		return fail(NotJSON, "the record is not JSON at its byte %d", end)
	}
	category := ""
	for _, p := range d.pairs {
		switch p.key {
		case "category":
			category = p.val
		case "time":
			r.Time = p.val
		case "properties":
			r.Properties = p.val
		}
	}
	if len(category) < 2 || category[0] != '"' {
		if table, at, ok := asRow(d.pairs); ok {
			r.Table, r.Time, r.Properties, r.Row = table, at, raw, true
			return r
		}
		return fail(NotARecord, "the record has no category")
	}
	category = category[1 : len(category)-1]
	if strings.IndexByte(category, '\\') >= 0 {
		category = string(unescape(nil, category))
	}
	if r.Properties == "" || r.Properties[0] != '{' {
		return fail(NotARecord, "the record of category %.200q has no properties", category)
	}
	r.Table, ok = strings.CutPrefix(category, categoryPrefix)
	if !ok {
		return fail(UnknownKind, "the category %.200q does not name a hunting table", category)
	}
	return r
}

// asRow reports whether the members are those of an exported row, and returns its table and the JSON text of its time.
func asRow(pairs []pair) (table, at string, ok bool) {
	for _, p := range pairs {
		switch {
		case len(p.val) < 3 || p.val[0] != '"':
		case p.key == "Type" && strings.IndexByte(p.val, '\\') < 0:
			table = p.val[1 : len(p.val)-1]
		case p.key == "TimeGenerated":
			at = p.val
		}
	}
	return table, at, table != "" && at != ""
}
