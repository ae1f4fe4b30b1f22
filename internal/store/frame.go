package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Frame is what one Append stores: all of it, or nothing.
type Frame struct {
	Workspace string
	Tables    []Rows
	Covers    []Range // what of which sources the rows are; empty means that nothing guards against storing them twice
	Gaps      []Gap   // what of the sources is known to be lost; each becomes a row of GapTable
	// Own marks rows that the product writes of itself, such as audit: they are stored while a nearly full disk holds intake up.
	Own bool
}

// Rows are rows of one table. Cols[i] describes Batch.Cols[i] and has its type. A string column SrcColumn must be there.
// Unknown tables and columns are made. Rows without TimeGenerated get the time of the Append. A column whose name is
// known with another type is stored as <name>_<type>.
type Rows struct {
	Table string
	Cols  []schema.Column
	Batch *column.Batch
}

// Range says that a frame holds the positions First up to but without Next of a source's partition.
type Range struct {
	Source      string
	Partition   int32
	First, Next int64
}

// Gap says that the positions From up to but without To will never come. It lets a Range begin at To.
type Gap struct {
	Source    string
	Partition int32
	From, To  int64
	Reason    string
}

// GapTable is the table that gaps are recorded in.
const GapTable = "GapRecord_CL"

// Errors of Append, to be found with errors.Is.
var (
	// ErrDuplicate means that the frame is stored already; nothing was done.
	ErrDuplicate = errors.New("the range is stored already")
	// ErrGap means that positions before the range are missing. Deliver them, or add a Gap.
	ErrGap = errors.New("positions before the range are missing")
	// ErrOverlap means that a part of the frame is stored and a part is not. Cut it at Next and try again.
	ErrOverlap = errors.New("the range is stored in part")
	// ErrClosed means that the store has been closed.
	ErrClosed = errors.New("the store is closed")
	// ErrFailed means that a write's outcome is unknown; the process must end and start again.
	ErrFailed = errors.New("storage failed")
)

// The names of the store's own columns.
const (
	SrcColumn        = "_src"
	IngestedAtColumn = "_IngestedAt"
	ItemIDColumn     = "_ItemId" // derived from SrcColumn
	TimeColumn       = "TimeGenerated"
)

// The field ids of the store's own columns. FieldRowGroup and FieldTimestamp are in parts only.
const (
	FieldSrc        int32 = 1
	FieldRowGroup   int32 = 2
	FieldTimestamp  int32 = 3
	FieldIngestedAt int32 = 4
)

var (
	tableName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	workspaceName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
)

// validate checks what does not depend on stored state.
func (f *Frame) validate() error {
	if !workspaceName.MatchString(f.Workspace) {
		return fault.New(fault.Invalid, "workspace_name", "Rows cannot be stored for workspace %q: a name has letters, digits, dots, dashes and underscores.", f.Workspace)
	}
	for _, r := range f.Tables {
		if !tableName.MatchString(r.Table) {
			return fault.New(fault.Invalid, "table_name", "Rows cannot be stored in table %q: a name starts with a letter or underscore and has up to 63 letters, digits and underscores.", r.Table)
		}
		if len(r.Cols) != len(r.Batch.Cols) {
			return fault.New(fault.Invalid, "batch_shape", "The batch for table %s has %d columns, but %d are described.", r.Table, len(r.Batch.Cols), len(r.Cols))
		}
		for i, c := range r.Cols {
			v := r.Batch.Cols[i]
			if v.Type != c.Type || v.Len() != r.Batch.N || v.Nulls != nil && len(v.Nulls) != r.Batch.N || c.Name == "" || c.Type == schema.Unknown {
				return fault.New(fault.Invalid, "batch_shape", "Column %q of the batch for table %s is malformed: %d values of type %s, but %d of type %s are described.", c.Name, r.Table, v.Len(), v.Type, r.Batch.N, c.Type)
			}
		}
	}
	for _, c := range f.Covers {
		if c.Source == "" || c.First >= c.Next {
			return fault.New(fault.Invalid, "range", "The range %d to %d of source %q, partition %d, is empty.", c.First, c.Next, c.Source, c.Partition)
		}
	}
	for _, g := range f.Gaps {
		if g.Source == "" || g.From >= g.To {
			return fault.New(fault.Invalid, "gap", "The gap %d to %d of source %q, partition %d, is empty.", g.From, g.To, g.Source, g.Partition)
		}
	}
	return nil
}

// entry is an Append as the journal holds it: a head, then the blocks' memory.
type entry struct {
	workspace string
	covers    []Range
	gaps      []Gap
	tables    []entryTable
}

type entryTable struct {
	name  string
	size  int
	block *Block
	time  int32 // field id of TimeGenerated
}

// A journal payload is: version u8 | count uvarint | entries; an entry: head length uvarint | head | blocks.
const payloadVersion = 1

func (e *entry) encodeHead() []byte {
	h := appendString(nil, e.workspace)
	h = binary.AppendUvarint(h, uint64(len(e.covers)))
	for _, c := range e.covers {
		h = binary.AppendVarint(appendString(h, c.Source), int64(c.Partition))
		h = binary.AppendVarint(binary.AppendVarint(h, c.First), c.Next)
	}
	h = binary.AppendUvarint(h, uint64(len(e.gaps)))
	for _, g := range e.gaps {
		h = binary.AppendVarint(appendString(h, g.Source), int64(g.Partition))
		h = appendString(binary.AppendVarint(binary.AppendVarint(h, g.From), g.To), g.Reason)
	}
	h = binary.AppendUvarint(h, uint64(len(e.tables)))
	for _, t := range e.tables {
		h = binary.AppendUvarint(appendString(h, t.name), uint64(t.size))
	}
	return h
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodePayload calls yield for every entry with the raw bytes of its blocks, in order.
func decodePayload(p []byte, yield func(e *entry, blocks [][]byte) error) error {
	d := decoder{rest: p}
	if v := d.bytes(1); d.bad || v[0] != payloadVersion {
		return fmt.Errorf("%w: unknown version", errPayload)
	}
	n := d.count()
	for range n {
		var e entry
		h := decoder{rest: d.bytes(d.count())}
		e.workspace = h.string()
		for range h.count() {
			e.covers = append(e.covers, Range{Source: h.string(), Partition: int32(h.varint()), First: h.varint(), Next: h.varint()})
		}
		for range h.count() {
			e.gaps = append(e.gaps, Gap{Source: h.string(), Partition: int32(h.varint()), From: h.varint(), To: h.varint(), Reason: h.string()})
		}
		var blocks [][]byte
		for range h.count() {
			t := entryTable{name: h.string(), size: int(h.uvarint())}
			e.tables, blocks = append(e.tables, t), append(blocks, d.bytes(t.size))
		}
		if d.bad || h.bad || len(h.rest) > 0 {
			return errPayload
		}
		if err := yield(&e, blocks); err != nil {
			return err
		}
	}
	if d.bad || len(d.rest) > 0 {
		return errPayload
	}
	return nil
}

var errPayload = errors.New("the frame's content is damaged")

// decoder reads a payload; after the first mistake everything it returns is zero and bad is set.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) bytes(n int) []byte {
	if d.bad || n < 0 || n > len(d.rest) {
		d.bad = true
		return nil
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// count reads the number of things or bytes that follow: never more than there are bytes left.
func (d *decoder) count() int {
	v := d.uvarint()
	if d.bad || v > uint64(len(d.rest)) {
		d.bad = true
		return 0
	}
	return int(v)
}

func (d *decoder) string() string { return string(d.bytes(d.count())) }
