package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

const (
	// fanIn is how many parts are merged at once, at most.
	fanIn = 8
	// closedParts is the number of parts that a closed day may keep.
	closedParts = 4
	// dayGrace is how long after its end a day is taken for open: most late rows come within.
	dayGrace = 2 * time.Hour
	// mergeSplitRows is the number of rows of one day that leave a file of mixed days for one of their own.
	mergeSplitRows = 1024
	// compactEvery is how often the compactor looks.
	compactEvery = 15 * time.Second
)

// compactLoop merges parts until Close.
func (s *Store) compactLoop() {
	defer s.wg.Done()
	t := time.NewTicker(compactEvery)
	defer t.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-t.C:
		}
		if err := s.Compact(s.ctx); err != nil && s.ctx.Err() == nil {
			s.counters.compactErrors.Add(1)
			s.log.Error("Files could not be merged; queries read more of them until it works.", "err", err)
		}
		if err := s.Reindex(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("Some files have no index; queries read them whole.", "err", err)
		}
	}
}

// Compact merges parts until no table has more than it should. Readers are not disturbed.
func (s *Store) Compact(ctx context.Context) error {
	s.merging.Lock()
	defer s.merging.Unlock()
	for {
		if err := s.failure(); err != nil {
			return err
		}
		t, in := s.nextMerge()
		if t == nil {
			return nil
		}
		if err := s.mergeParts(ctx, t, in); err != nil {
			return fmt.Errorf("merging %d files of table %s of workspace %s: %w", len(in), t.id.Table, t.id.Workspace, err)
		}
	}
}

// nextMerge returns parts of one table that should be one.
func (s *Store) nextMerge() (*table, []*part) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	open := column.FromTime(s.opts.Now().Add(-dayGrace)) / column.Day
	for _, t := range s.tables {
		if len(t.parts) <= closedParts {
			continue
		}
		spans := map[span][]*part{}
		for _, p := range t.parts {
			k := spanOf(p.Part, open)
			spans[k] = append(spans[k], p)
		}
		for k, parts := range spans {
			if in := dueMerge(parts, k.closed(open)); in != nil {
				return t, in
			}
		}
	}
	return nil, nil
}

// span is what a part's rows are of: one day, one week, or, when zero, more. Parts are merged with those of their span.
type span struct{ first, days int64 }

// weekDays is the length of a span of days that have few rows each.
const weekDays = 7

// spanOf tells a part's span. A day with few rows counts to its week once that is closed.
func spanOf(p manifest.Part, open int64) span {
	first, last := p.MinTime/column.Day, p.MaxTime/column.Day
	if first/weekDays != last/weekDays {
		return span{}
	}
	week := span{first / weekDays * weekDays, weekDays}
	if first == last && (p.Rows >= mergeSplitRows || !week.closed(open)) {
		return span{first, 1}
	}
	return week
}

// closed reports whether most rows of the span have come, when open is the first day that still gets some.
func (k span) closed(open int64) bool { return k.days > 0 && k.first+k.days <= open }

// dueMerge chooses among the parts of one span. Those of a closed one become few, the smallest first. Otherwise parts of
// about one size are merged when there are many, so that a row is rewritten once per size class. A merge of parts that span
// more than a week leaves none that does, so merging comes to an end.
func dueMerge(parts []*part, closed bool) []*part {
	slices.SortFunc(parts, func(a, b *part) int { return cmp.Or(cmp.Compare(a.Rows, b.Rows), cmp.Compare(a.ID, b.ID)) })
	if closed && len(parts) > closedParts {
		// No more than must go: late rows would make the large ones be written again and again.
		return parts[:min(len(parts)-closedParts+1, fanIn)]
	}
	class := func(p *part) int { return bits.Len64(uint64(p.Rows)/1024) / 3 }
	for i := 0; i+fanIn <= len(parts); i++ {
		if class(parts[i]) == class(parts[i+fanIn-1]) {
			return parts[i : i+fanIn]
		}
	}
	return nil
}

// mergeParts replaces parts of a table by files that hold the same rows.
func (s *Store) mergeParts(ctx context.Context, t *table, in []*part) error {
	m := merger{s: s, id: t.id, root: tablesDir, writers: map[int64]*partWriter{}}
	m.key = byDay(in)
	return s.rewrite(ctx, t, in, &m)
}

// rewrite replaces parts of a table by what a merger makes of them. Rows that its keep refuses are left out. The caller holds
// merging.
func (s *Store) rewrite(ctx context.Context, t *table, in []*part, m *merger) error {
	out, err := m.run(ctx, in)
	if err != nil {
		return s.writeError(err)
	}
	var rowsIn, rowsOut, arrived int64
	var gone []int64
	first, last := uint64(math.MaxUint64), uint64(0)
	for _, p := range in {
		rowsIn += p.Rows
		gone = append(gone, p.ID)
		arrived = max(arrived, p.MaxIngested)
		first, last = min(first, p.FirstSeq), max(last, p.LastSeq)
	}
	for i := range out {
		rowsOut += out[i].Rows
		out[i].FirstSeq, out[i].LastSeq = first, last
		if last == 0 { // restored rows: their age counts from the restore
			out[i].MaxIngested = max(out[i].MaxIngested, arrived)
		}
	}
	if rowsIn != rowsOut+m.dropped {
		s.discard(out)
		return fmt.Errorf("the merged files hold %d rows, the list says %d", rowsOut+m.dropped, rowsIn)
	}
	if undo, err := s.commitChange(ctx, manifest.Change{Epoch: s.epoch, Add: out, Remove: gone}); err != nil {
		if undo {
			s.discard(out)
		}
		return err
	}
	s.change.Lock()
	s.mu.Lock()
	t.replace(in, out)
	s.mu.Unlock()
	s.change.Unlock()
	for _, p := range in {
		s.retire(p)
	}
	s.counters.merges.Add(1)
	for _, p := range out {
		s.counters.mergedBytes.Add(p.Bytes)
	}
	return nil
}

// replace changes the part list. The caller holds change and mu.
func (t *table) replace(gone []*part, add []manifest.Part) {
	keep := func(old []*part) []*part {
		list := make([]*part, 0, len(old)+len(add))
		for _, p := range old {
			if !slices.Contains(gone, p) {
				list = append(list, p)
			}
		}
		return list
	}
	hot, cold := keep(t.parts), keep(t.cold)
	for _, p := range add {
		if isCold(p) {
			cold = append(cold, &part{Part: p})
		} else {
			hot = append(hot, &part{Part: p})
		}
	}
	t.parts, t.cold = hot, cold
}

// merger merges sorted parts chunk by chunk; its memory does not grow with their size.
type merger struct {
	s       *Store
	id      manifest.TableID
	key     func(*Block, rowRef) int64 // rows of one key go into one file
	keep    func(*Block, []bool) error // if set, says which rows of a chunk stay
	root    string                     // tier of the files: tablesDir or coldDir
	dropped int64                      // rows left out
	time    int32
	cols    []partColumn
	writers map[int64]*partWriter
}

// mergeRun is one input: its current chunk and the next row of it.
type mergeRun struct {
	r     *partReader
	block *Block
	index int32  // of block among those of the output chunk
	keep  []bool // rows of block that stay; nil for all
	row   int
}

func (m *merger) run(ctx context.Context, in []*part) (out []manifest.Part, err error) {
	fs, ok := m.s.cat.fields(m.id)
	if !ok {
		return nil, fmt.Errorf("table %s has no columns", m.id.Table)
	}
	m.time = fs.time
	var runs []*mergeRun
	defer func() {
		for _, r := range runs {
			err = errors.Join(err, r.r.close())
		}
		if err != nil {
			for _, w := range m.writers {
				err = errors.Join(err, w.abort())
			}
			m.s.discard(out)
			out = nil
		}
	}()
	held := map[int32]bool{}
	for _, p := range in {
		r, err := openBlocks(ctx, m.s.path(p.Part))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", p.Path, err)
		}
		runs = append(runs, &mergeRun{r: r})
		for _, id := range fieldIDs(r.pq) {
			held[id] = true
		}
	}
	m.cols = fs.columnsWith(held)
	if err := m.merge(ctx, runs); err != nil {
		return nil, err
	}
	for key, w := range m.writers {
		delete(m.writers, key) // finish removes the file when it fails
		p, err := w.finish()
		if err != nil {
			return out, err
		}
		out = append(out, p)
	}
	return out, nil
}

// byDay gives days with many rows a file of their own, and the others one per week.
func byDay(in []*part) func(*Block, rowRef) int64 {
	rows := map[int64]int64{}
	for _, p := range in {
		for _, h := range p.Hours {
			rows[h.Hour/24] += h.Rows
		}
	}
	return func(_ *Block, r rowRef) int64 {
		day := r.time / column.Day
		if rows[day] >= mergeSplitRows || len(rows) == 1 {
			return day
		}
		return -1 - day/weekDays
	}
}

// merge writes the rows of all runs in the order of time.
func (m *merger) merge(ctx context.Context, runs []*mergeRun) error {
	defer func() {
		for _, r := range runs {
			r.drop()
		}
	}()
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var blocks, spent []*Block
		for _, r := range runs {
			if err := m.fill(r, &blocks); err != nil {
				return err
			}
		}
		var refs []rowRef
		for len(refs) < writeRows && len(spent) < maxSpent {
			r := earliest(runs, m.time)
			if r == nil {
				done = true
				break
			}
			if r.keep == nil || r.keep[r.row] {
				c, _ := r.block.Column(m.time)
				refs = append(refs, rowRef{time: c.Ints[r.row], block: r.index, row: int32(r.row)})
			} else {
				m.dropped++
			}
			if r.row++; r.row == r.block.rows {
				spent = append(spent, r.block)
				r.block = nil
				if err := m.fill(r, &blocks); err != nil {
					releaseAll(spent)
					return err
				}
			}
		}
		err := m.write(blocks, refs)
		releaseAll(spent)
		if err != nil {
			return err
		}
	}
	return nil
}

// maxSpent is how many chunks may be read for one write: more only when most rows are left out.
const maxSpent = 64

func releaseAll(blocks []*Block) {
	for _, b := range blocks {
		b.Release()
	}
}

// earliest returns the run whose next row is the oldest.
func earliest(runs []*mergeRun, timeField int32) *mergeRun {
	var best *mergeRun
	var when int64
	for _, r := range runs {
		if r.block == nil {
			continue
		}
		c, _ := r.block.Column(timeField)
		if t := c.Ints[r.row]; best == nil || t < when {
			best, when = r, t
		}
	}
	return best
}

// fill makes sure that the run has a chunk, unless it is at its end, and enters it among blocks.
func (m *merger) fill(r *mergeRun, blocks *[]*Block) error {
	for r.block == nil || r.row == r.block.rows {
		r.drop()
		b, err := r.r.nextBlock()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.block, r.row = b, 0
		if m.keep != nil {
			r.keep = make([]bool, b.rows)
			if err := m.keep(b, r.keep); err != nil {
				return err
			}
		}
	}
	r.index = int32(len(*blocks))
	*blocks = append(*blocks, r.block)
	return nil
}

func (r *mergeRun) drop() {
	if r.block != nil {
		r.block.Release()
		r.block = nil
	}
}

// write puts rows into their files.
func (m *merger) write(blocks []*Block, refs []rowRef) error {
	byFile := map[int64][]rowRef{}
	for _, r := range refs {
		key := m.key(blocks[r.block], r)
		byFile[key] = append(byFile[key], r)
	}
	for key, refs := range byFile {
		w := m.writers[key]
		if w == nil {
			var err error
			if w, err = m.s.newPart(m.root, m.id, dayName(refs[0].time/column.Day), m.time, m.cols); err != nil {
				return err
			}
			m.writers[key] = w
		}
		b, err := gatherBlock(m.s.opts.Alloc, blocks, refs, m.cols)
		if err != nil {
			return err
		}
		err = w.write(b)
		b.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
