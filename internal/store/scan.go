package store

import (
	"context"
	"crypto/md5" //nolint:gosec // an identifier, not a secret
	"encoding/hex"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// scanRows is the largest batch a scan returns.
const scanRows = 8192

// ScanSpec says what to read. Columns are names of the table's catalogue entry, or of the store's own columns, and
// may be none when only the number of rows matters. MinTime and MaxTime, in ticks and both inclusive, allow a scan to leave out
// what lies outside: it returns all rows within and may return others. A MaxTime of zero is no bound. Groups, as Narrow
// returns them, leave out row groups too.
type ScanSpec struct {
	Table            string
	Columns          []string
	MinTime, MaxTime int64
	// MinIngested, in ticks, allows a scan to leave out what came before it.
	MinIngested int64
	Groups      map[int64]Groups
	// Tests allow a scan to leave out rows of parts that fail one of them.
	Tests []Test
}

// only returns the test for the row groups of a part that are to be read; nil for all.
func (s *ScanSpec) only(part int64) func(int) bool {
	g, ok := s.Groups[part]
	if !ok {
		return nil
	}
	return func(k int) bool { return slices.Contains(g.RG, g.base+int64(k)) }
}

// Reader yields the rows of a scan in batches whose columns are as asked for. Not safe for concurrent use.
type Reader interface {
	// Next returns the next batch, which the caller owns, or io.EOF.
	Next(ctx context.Context) (*column.Batch, error)
	// Close releases what the reader holds; it may be called early and twice.
	Close() error
}

// scanColumn is one column of a scan's result.
type scanColumn struct {
	id   int32 // field read; 0 for one that is stored nowhere
	typ  schema.Type
	item bool // made from SrcColumn
}

// columnTest is a Test of a field.
type columnTest struct {
	id   int32
	keep func([]string) []bool
}

// partRows reads the rows of a part.
type partRows interface {
	next() (*column.Batch, error)
	close() error
}

// scanner reads parts, then the tail.
type scanner struct {
	snap   *Snapshot
	cols   []scanColumn
	spec   ScanSpec
	tests  []columnTest
	parts  []*part
	open   partRows
	opened *part
	blocks []*Block
	row    int // in blocks[0]
}

// Scan returns a reader over a table of the snapshot, which must stay open as long: it holds the files. The order of rows is
// not defined.
func (n *Snapshot) Scan(_ context.Context, spec ScanSpec) (Reader, error) {
	t, ok := n.catalog.Table(spec.Table)
	if !ok {
		return nil, fault.New(fault.NotFound, "table_not_found", "There is no table %s in workspace %s.", spec.Table, n.workspace)
	}
	if spec.MaxTime == 0 {
		spec.MaxTime = math.MaxInt64
	}
	r := &scanner{snap: n, spec: spec}
	st := n.tables[spec.Table]
	for _, name := range spec.Columns {
		c, err := n.scanColumn(t, st, name)
		if err != nil {
			return nil, err
		}
		r.cols = append(r.cols, c)
		for _, t := range spec.Tests {
			if t.Column == name && c.typ == schema.String && !c.item && c.id != 0 {
				r.tests = append(r.tests, columnTest{c.id, t.Keep})
			}
		}
	}
	if st == nil {
		return r, nil
	}
	for _, p := range byTime(st.parts) {
		if g, ok := spec.Groups[p.ID]; ok && len(g.RG) == 0 {
			continue
		}
		if p.MaxTime >= spec.MinTime && p.MinTime <= spec.MaxTime && p.MaxIngested >= spec.MinIngested {
			r.parts = append(r.parts, p)
		}
	}
	for _, b := range st.blocks {
		if b.max >= spec.MinTime && b.min <= spec.MaxTime {
			b.Retain()
			r.blocks = append(r.blocks, b)
		}
	}
	return r, nil
}

// scanColumn resolves a column name to the field that holds it.
func (n *Snapshot) scanColumn(t *schema.Table, st *snapTable, name string) (scanColumn, error) {
	switch name {
	case SrcColumn:
		return scanColumn{id: FieldSrc, typ: schema.String}, nil
	case IngestedAtColumn:
		return scanColumn{id: FieldIngestedAt, typ: schema.Datetime}, nil
	case ItemIDColumn:
		return scanColumn{id: FieldSrc, typ: schema.String, item: true}, nil
	}
	c, ok := t.Column(name)
	if !ok {
		return scanColumn{}, fault.New(fault.NotFound, "column_not_found", "Table %s has no column %s.", t.Name, name)
	}
	if c.Source != "" {
		name = c.Source
	}
	out := scanColumn{typ: c.Type}
	if st != nil {
		if f, ok := st.fields.byName[name]; ok && PhysicalOf(f.typ) == PhysicalOf(c.Type) {
			out.id = f.id
		}
	}
	return out, nil
}

// Next implements Reader.
func (r *scanner) Next(ctx context.Context) (*column.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.open != nil {
			b, err := r.open.next()
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, r.unreadable(ctx, err)
			}
			if err == nil {
				return b, nil
			}
			err = r.open.close()
			r.open = nil
			if err != nil {
				return nil, err
			}
		}
		if len(r.parts) > 0 {
			r.opened, r.parts = r.parts[0], r.parts[1:]
			err := r.snap.store.sound(r.opened)
			if err == nil {
				r.open, err = r.openRows(ctx, r.opened)
			}
			if err != nil {
				return nil, r.unreadable(ctx, err)
			}
			continue
		}
		if len(r.blocks) == 0 {
			return nil, io.EOF
		}
		b := r.blocks[0]
		to := min(r.row+scanRows, b.rows)
		out := &column.Batch{N: to - r.row}
		for _, c := range r.cols {
			src, _ := b.Column(c.id)
			v := decodeColumn(src, c.typ, r.row, to)
			if c.item {
				itemIDs(v)
			}
			out.Cols = append(out.Cols, v)
		}
		if r.row = to; to == b.rows {
			b.Release()
			r.blocks, r.row = r.blocks[1:], 0
		}
		return out, nil
	}
}

func (r *scanner) openRows(ctx context.Context, p *part) (partRows, error) {
	path, only := r.snap.Path(p.Part), r.spec.only(p.ID)
	if len(r.tests) > 0 {
		n, err := openNeedles(ctx, path, r.cols, r.tests, r.spec.MinTime, r.spec.MaxTime, only)
		if err != nil {
			return nil, err
		}
		return n, nil
	}
	n, err := openPart(ctx, path, r.cols, r.spec.MinTime, r.spec.MaxTime, only)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// unreadable tells of a part that could not be read, and has it inspected.
func (r *scanner) unreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p := r.opened
	r.snap.store.doubt(manifest.TableID{Workspace: p.Workspace, Table: p.Table}, p)
	if errors.Is(err, errDamagedPart) {
		return fault.New(fault.Unavailable, "part_damaged", "A file of table %s is damaged: %s: %w. It is being set aside; ask again in a moment, and see table %s for what is lost.", p.Table, p.Path, err, GapTable)
	}
	return fault.New(fault.Unavailable, "part_read", "A file of table %s cannot be read: %w. If it stays so, restore it from a backup.", p.Table, err)
}

// Close implements Reader.
func (r *scanner) Close() error {
	for _, b := range r.blocks {
		b.Release()
	}
	r.parts, r.blocks = nil, nil
	if r.open == nil {
		return nil
	}
	err := r.open.close()
	r.open = nil
	return err
}

// itemIDs turns provenance into item ids, in place.
func itemIDs(v *column.Vector) {
	for i, s := range v.Strings {
		v.Strings[i] = ItemID(s)
	}
}

// ItemID returns the _ItemId of a row: the MD5 of its provenance in the form of a GUID.
func ItemID(src string) string {
	sum := md5.Sum([]byte(src)) //nolint:gosec // an identifier, not a secret
	var b [36]byte
	hex.Encode(b[0:8], sum[0:4])
	hex.Encode(b[9:13], sum[4:6])
	hex.Encode(b[14:18], sum[6:8])
	hex.Encode(b[19:23], sum[8:10])
	hex.Encode(b[24:36], sum[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}
