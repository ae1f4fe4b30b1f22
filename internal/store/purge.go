package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// RowFilter chooses rows of one table, each by itself. Columns, by their stored names, are what Match is given; it returns one
// answer per row.
type RowFilter struct {
	Columns []schema.Column
	Match   func(*column.Batch) ([]bool, error)
}

// Matched sums up the rows that a filter chose. From and To are the TimeGenerated of the first and last of them, in ticks; both 0
// when there is none. Parts and Bytes are those of the files that hold them, with all their rows. Sum tells one set of rows from
// another, in whatever files and order they are.
type Matched struct {
	Rows, From, To int64
	Parts          int
	Bytes          int64
	Sum            uint64
}

// Mark writes a table's unsealed rows into files, and returns a time in ticks: what has come until the call has an arrival of at
// most that.
func (s *Store) Mark(ctx context.Context, workspace, name string) (int64, error) {
	mark := column.FromTime(s.opts.Now())
	s.mu.RLock()
	t := s.tables[manifest.TableID{Workspace: workspace, Table: name}]
	s.mu.RUnlock()
	if t == nil {
		return mark, nil
	}
	if err := s.sealTable(ctx, t); err != nil {
		return 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range slices.Concat(t.parts, t.cold) {
		mark = max(mark, p.MaxIngested) // the clock may have gone back
	}
	return mark, nil
}

// Match looks for the rows of both tiers that arrived until mark and that the filter chooses. Unsealed rows are not looked at: Mark
// seals them.
func (s *Store) Match(ctx context.Context, workspace, name string, f RowFilter, mark int64) (Matched, error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	g, err := s.purging(workspace, name, f, mark)
	if g == nil || err != nil {
		return Matched{}, err
	}
	return g.look(ctx)
}

// Purge removes the rows that Match would find, and tells what they were. confirm sees them first; its error ends the purge with
// nothing changed. All rows go at once: after a kill either all are there or none. Files that a reader holds go when it closes.
func (s *Store) Purge(ctx context.Context, workspace, name string, f RowFilter, mark int64, confirm func(Matched) error) (Matched, error) {
	if _, err := s.Mark(ctx, workspace, name); err != nil {
		return Matched{}, err
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	if err := s.failure(); err != nil {
		return Matched{}, err
	}
	g, err := s.purging(workspace, name, f, mark)
	if err != nil {
		return Matched{}, err
	}
	var m Matched
	if g != nil {
		if m, err = g.look(ctx); err != nil {
			return Matched{}, err
		}
	}
	if err := confirm(m); err != nil {
		return Matched{}, err
	}
	if m.Rows == 0 {
		return m, nil
	}
	if err := g.remove(ctx, m); err != nil {
		return Matched{}, fault.New(fault.Unavailable, "purge", "Rows of table %s could not be removed: %w. All of them are still there.", name, err)
	}
	if err := s.Drain(context.WithoutCancel(ctx)); err != nil {
		s.log.Warn("The journal still holds rows that were purged. They are in no table, and go from the journal when its segments are full and sealed.", "table", name, "err", err)
	}
	return m, nil
}

// Drain seals all tables and removes the journal segments of until now, with all bytes that their frames hold.
func (s *Store) Drain(ctx context.Context) error {
	s.committing.Lock()
	err := s.j.Rotate()
	s.committing.Unlock()
	if errors.Is(err, journal.ErrFailed) {
		s.fail(err)
	}
	if err != nil {
		return err
	}
	if err := s.SealAll(ctx); err != nil {
		return err
	}
	s.sealing.Lock()
	defer s.sealing.Unlock()
	c := manifest.Change{Epoch: s.epoch}
	if c.Trim, c.Positions = s.trim(nil); c.Trim == 0 {
		return nil // the seals cut it
	}
	if _, err := s.commitChange(ctx, c); err != nil {
		return err
	}
	s.cut(c)
	return nil
}

// purge is a filter bound to the fields and files of a table. The one who has it holds merging.
type purge struct {
	s      *Store
	t      *table
	fs     *fields
	cols   []scanColumn
	filter RowFilter
	mark   int64
	parts  []*part
	found  []*part // those of parts with rows that match
}

// purging returns nil when the table has no rows.
func (s *Store) purging(workspace, name string, f RowFilter, mark int64) (*purge, error) {
	id := manifest.TableID{Workspace: workspace, Table: name}
	fs, ok := s.cat.fields(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tables[id]
	if t == nil || !ok {
		return nil, nil
	}
	g := &purge{s: s, t: t, fs: fs, filter: f, mark: mark, parts: slices.Concat(t.parts, t.cold)}
	for _, c := range f.Columns {
		col := scanColumn{typ: c.Type}
		switch field, known := fs.byName[c.Name]; {
		case c.Name == SrcColumn:
			col.id = FieldSrc
		case c.Name == IngestedAtColumn:
			col.id = FieldIngestedAt
		case c.Name == ItemIDColumn:
			col.id, col.item = FieldSrc, true
		case known && PhysicalOf(field.typ) == PhysicalOf(c.Type):
			col.id = field.id
		}
		g.cols = append(g.cols, col)
	}
	return g, nil
}

// hits tells which rows of a chunk match.
func (g *purge) hits(b *Block) ([]bool, error) {
	in := &column.Batch{N: b.rows}
	for _, c := range g.cols {
		src, ok := b.Column(c.id)
		if ok && src.Physical == PhysNullText && PhysicalOf(c.typ) == PhysText {
			text := *src // a file does not tell the two apart
			text.Physical = PhysText
			src = &text
		}
		v := decodeColumn(src, c.typ, 0, b.rows)
		if c.item {
			itemIDs(v)
		}
		in.Cols = append(in.Cols, v)
	}
	hits, err := g.filter.Match(in)
	if err != nil {
		return nil, err
	}
	if len(hits) != b.rows {
		return nil, fmt.Errorf("the filter gave %d answers for %d rows", len(hits), b.rows)
	}
	if came, ok := b.Column(FieldIngestedAt); ok {
		for i := range hits {
			hits[i] = hits[i] && came.Ints[i] <= g.mark
		}
	}
	return hits, nil
}

// look reads all parts for the rows that match.
func (g *purge) look(ctx context.Context) (Matched, error) {
	m := Matched{From: math.MaxInt64, To: math.MinInt64}
	for _, p := range g.parts {
		before := m.Rows
		err := g.s.sound(p)
		if err == nil {
			err = g.s.eachBlock(ctx, p.Part, func(b *Block) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return g.add(&m, b)
			})
		}
		if err != nil {
			return Matched{}, g.unreadable(ctx, p, err)
		}
		if m.Rows > before {
			g.found = append(g.found, p)
			m.Parts++
			m.Bytes += p.Bytes
		}
	}
	if m.Rows == 0 {
		m.From, m.To = 0, 0
	}
	return m, nil
}

// add adds the rows of a chunk that match.
func (g *purge) add(m *Matched, b *Block) error {
	hits, err := g.hits(b)
	if err != nil {
		return err
	}
	when, ok := b.Column(g.fs.time)
	if !ok {
		return fmt.Errorf("%w: it has no %s", errDamagedPart, TimeColumn)
	}
	src, hasSrc := b.Column(FieldSrc)
	for i, hit := range hits {
		if !hit {
			continue
		}
		h := fnv.New64a()
		var at [8]byte
		binary.LittleEndian.PutUint64(at[:], uint64(when.Ints[i]))
		_, _ = h.Write(at[:]) // never fails
		if hasSrc {
			_, _ = h.Write(src.Text[src.Offsets[i]:src.Offsets[i+1]])
		}
		m.Rows++
		m.Sum += h.Sum64()
		m.From, m.To = min(m.From, when.Ints[i]), max(m.To, when.Ints[i])
	}
	return nil
}

func (g *purge) unreadable(ctx context.Context, p *part, err error) error {
	var known *fault.Error
	if ctx.Err() != nil || errors.As(err, &known) {
		return err
	}
	g.s.doubt(g.t.id, p)
	return fault.New(fault.Unavailable, "part_read", "File %s of table %s cannot be read: %w. Nothing was removed. Bring the file back, or wait until it is set aside, and ask again.", p.Path, p.Table, err)
}

// remove replaces the parts found by ones without the rows that match, in one change of the part list.
func (g *purge) remove(ctx context.Context, want Matched) (err error) {
	var out []manifest.Part
	listed := false // or not known
	defer func() {
		if err != nil && !listed {
			g.s.discard(out)
		}
	}()
	var dropped int64
	c := manifest.Change{Epoch: g.s.epoch}
	for _, p := range g.found {
		m := merger{s: g.s, id: g.t.id, root: tablesDir, writers: map[int64]*partWriter{}, key: func(*Block, rowRef) int64 { return 0 }, keep: func(b *Block, keep []bool) error {
			hits, err := g.hits(b)
			for i, hit := range hits {
				keep[i] = !hit
			}
			return err
		}}
		if isCold(p.Part) {
			m.root = coldDir
		}
		parts, err := m.run(ctx, []*part{p})
		if err != nil {
			return g.s.writeError(err)
		}
		rows := m.dropped
		for i := range parts {
			rows += parts[i].Rows
			parts[i].FirstSeq, parts[i].LastSeq = p.FirstSeq, p.LastSeq
			if p.LastSeq == 0 { // restored rows: their age counts from the restore
				parts[i].MaxIngested = max(parts[i].MaxIngested, p.MaxIngested)
			}
		}
		out = append(out, parts...)
		dropped += m.dropped
		if rows != p.Rows {
			return fmt.Errorf("file %s holds %d rows, the list says %d", p.Path, rows, p.Rows)
		}
		c.Remove = append(c.Remove, p.ID)
	}
	if dropped != want.Rows {
		return fmt.Errorf("%d rows match now, %d did before", dropped, want.Rows)
	}
	c.Add = out
	undo, err := g.s.commitChange(ctx, c)
	if err != nil {
		listed = !undo
		return err
	}
	g.s.change.Lock()
	g.s.mu.Lock()
	g.t.replace(g.found, out)
	g.s.mu.Unlock()
	g.s.change.Unlock()
	for _, p := range g.found {
		g.s.retire(p)
	}
	return nil
}
