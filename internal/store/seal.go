package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"syscall"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// splitRows is the number of rows of one day that deserve a file of their own when a seal spans days.
const splitRows = 16384

// sealLoop seals until Close.
func (s *Store) sealLoop() {
	defer s.wg.Done()
	ctx := s.ctx
	t := time.NewTicker(tick)
	defer t.Stop()
	var pause time.Duration
	var again time.Time
	for {
		select {
		case <-s.done:
			return
		case <-s.wake:
		case <-t.C:
		}
		if s.failure() != nil || s.opts.Now().Before(again) {
			continue
		}
		err := s.sealDue(ctx)
		if err == nil || ctx.Err() != nil {
			pause = 0
			continue
		}
		pause = min(max(2*pause, time.Second), time.Minute)
		again = s.opts.Now().Add(pause)
		s.counters.sealErrors.Add(1)
		s.log.Error("Rows could not be written to a file; they stay in the journal, and writing is tried again.", "err", err, "pause", pause)
	}
}

// sealDue seals the tables whose time has come.
func (s *Store) sealDue(ctx context.Context) error {
	for {
		t, why := s.nextDue()
		if t == nil {
			return nil
		}
		if err := s.sealTable(ctx, t); err != nil {
			return fmt.Errorf("sealing table %s of workspace %s (%s): %w", t.id.Table, t.id.Workspace, why, err)
		}
	}
}

// nextDue returns the table to seal now, and why.
func (s *Store) nextDue() (*table, string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	now := s.opts.Now()
	var largest *table
	var most int64
	oldest, segments := s.j.Oldest()
	long := segments > 1 && s.j.Bytes() > s.opts.JournalBytes
	for _, t := range s.tables {
		rows, bytes := t.unsealed()
		switch {
		case rows == 0:
		case rows >= s.opts.SealRows || bytes >= s.opts.SealBytes:
			return t, "size"
		case now.Sub(t.since) >= s.opts.SealAge:
			return t, "age"
		case long && t.firstSeq() <= oldest:
			return t, "journal"
		case bytes > most:
			largest, most = t, bytes
		}
	}
	if s.tail.Load() > s.opts.TailBytes {
		return largest, "memory"
	}
	return nil, ""
}

// firstSeq returns the oldest unsealed sequence.
func (t *table) firstSeq() uint64 {
	first := uint64(math.MaxUint64)
	for _, list := range [][]*Block{t.frozen, t.active} {
		for _, b := range list {
			first = min(first, b.firstSeq)
		}
	}
	return first
}

// SealAll writes everything that is unsealed at the time of the call into parts.
func (s *Store) SealAll(ctx context.Context) error {
	if err := s.failure(); err != nil {
		return err
	}
	s.mu.RLock()
	var due []*table
	for _, t := range s.tables {
		if rows, _ := t.unsealed(); rows > 0 {
			due = append(due, t)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(due, func(a, b *table) int { return compareTables(a.id, b.id) })
	for _, t := range due {
		if err := s.sealTable(ctx, t); err != nil {
			return fault.New(fault.Unavailable, "seal", "The rows of table %s could not be written to a file: %w. They stay in the journal.", t.id.Table, err)
		}
	}
	return nil
}

// sealTable writes the unsealed rows of a table into parts and takes them out of the tail.
func (s *Store) sealTable(ctx context.Context, t *table) error {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	if err := s.failure(); err != nil {
		return err
	}
	blocks, seq := s.freeze(t)
	if len(blocks) == 0 {
		return nil
	}
	start := time.Now()
	parts, err := s.writeParts(ctx, t.id, blocks)
	if err != nil {
		return s.writeError(err)
	}
	first, last := uint64(math.MaxUint64), uint64(0)
	for _, b := range blocks {
		first, last = min(first, b.firstSeq), max(last, b.lastSeq)
	}
	for i := range parts {
		parts[i].FirstSeq, parts[i].LastSeq = first, last
	}
	c := manifest.Change{Epoch: s.epoch, Add: parts, Sealed: map[manifest.TableID]uint64{t.id: seq}}
	c.Trim, c.Positions = s.trim(t)
	if undo, err := s.commitChange(ctx, c); err != nil {
		if undo {
			s.discard(parts)
		}
		return err
	}
	s.thaw(t, blocks, parts, seq)
	s.cut(c)
	s.counters.seals.Add(1)
	for _, p := range parts {
		s.counters.sealedBytes.Add(p.Bytes)
	}
	s.log.Debug("sealed", "table", t.id.Table, "workspace", t.id.Workspace, "parts", len(parts), "took", time.Since(start))
	return nil
}

// freeze takes the table's blocks out of merging and returns them with the sequence that they reach.
func (s *Store) freeze(t *table) ([]*Block, uint64) {
	s.change.Lock()
	defer s.change.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.frozen = slices.Concat(t.frozen, t.active)
	t.active = nil
	return t.frozen, s.seq
}

// thaw replaces the frozen blocks by parts, for everyone at once.
func (s *Store) thaw(t *table, blocks []*Block, parts []manifest.Part, seq uint64) {
	var bytes int64
	for _, b := range blocks {
		bytes += b.Bytes()
	}
	s.change.Lock()
	s.mu.Lock()
	t.frozen, t.sealed = nil, seq
	t.replace(nil, parts)
	if t.since = (time.Time{}); len(t.active) > 0 {
		t.since = s.opts.Now()
	}
	s.tail.Add(-bytes)
	close(s.room)
	s.room = make(chan struct{})
	s.mu.Unlock()
	s.change.Unlock()
	for _, b := range blocks {
		b.Release()
	}
}

// trim returns how far the journal can be cut once t's frozen rows are in parts, with the positions that the manifest must
// then hold; zero when no segment would go.
func (s *Store) trim(t *table) (uint64, []manifest.Position) {
	oldest, segments := s.j.Oldest()
	if segments < 2 {
		return 0, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	upTo := s.seq
	for _, o := range s.tables {
		lists := [][]*Block{o.frozen, o.active}
		if o == t {
			lists = lists[1:]
		}
		for _, list := range lists {
			for _, b := range list {
				upTo = min(upTo, b.firstSeq-1)
			}
		}
	}
	if upTo < oldest {
		return 0, nil
	}
	return upTo, s.pos.untold()
}

// cut lets the journal go as far as the manifest took it over.
func (s *Store) cut(c manifest.Change) {
	if c.Trim == 0 {
		return
	}
	s.mu.Lock()
	s.pos.told(c.Positions)
	s.mu.Unlock()
	s.j.Cut(c.Trim)
}

// commitChange changes the manifest. Where the outcome can be known after an error it looks; where it cannot, storage has
// failed and nothing may be undone: the next start finds the change, or removes the files that no list names.
func (s *Store) commitChange(ctx context.Context, c manifest.Change) (undo bool, err error) {
	// A change half-way must not be given up because the store closes.
	ctx = context.WithoutCancel(ctx)
	err = s.opts.Manifest.Commit(ctx, c)
	if err == nil {
		return false, nil
	}
	if errors.Is(err, manifest.ErrFenced) {
		s.fail(err)
		return true, err
	}
	if errors.Is(err, manifest.ErrUnknown) {
		s.fail(err)
		return false, err
	}
	state, lerr := s.opts.Manifest.Load(ctx)
	if lerr != nil {
		s.fail(errors.Join(err, lerr))
		return false, err
	}
	listed := map[int64]bool{}
	for _, p := range state.Parts {
		listed[p.ID] = true
	}
	applied := state.Trim >= c.Trim && !slices.ContainsFunc(c.Add, func(p manifest.Part) bool { return !listed[p.ID] }) && !slices.ContainsFunc(c.Remove, func(id int64) bool { return listed[id] })
	if !applied {
		return true, err
	}
	return false, nil
}

// writeError makes a failed fsync fatal.
func (s *Store) writeError(err error) error {
	if errors.Is(err, errSync) {
		s.fail(err)
		return err
	}
	if errors.Is(err, syscall.ENOSPC) {
		s.spendReserve()
		return diskFull(s.opts.Dir, err)
	}
	return err
}

// discard removes the files of parts that never got into the list.
func (s *Store) discard(parts []manifest.Part) {
	for _, p := range parts {
		s.unlink(&part{Part: p})
	}
}

// writeParts writes the rows of the blocks, sorted by time, into one file, or into one per day with many rows and one for the rest.
func (s *Store) writeParts(ctx context.Context, id manifest.TableID, blocks []*Block) (parts []manifest.Part, err error) {
	fs, ok := s.cat.fields(id)
	if !ok {
		return nil, fmt.Errorf("table %s has no columns", id.Table)
	}
	refs := sortRows(blocks, fs.time)
	cols := fs.partColumns(blocks)
	defer func() {
		if err != nil {
			s.discard(parts)
			parts = nil
		}
	}()
	for _, run := range splitDays(refs) {
		p, err := s.writeRun(ctx, id, fs.time, run, blocks, cols)
		if err != nil {
			return parts, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// splitDays cuts time-ordered rows into files.
func splitDays(refs []rowRef) [][]rowRef {
	var runs [][]rowRef
	var rest []rowRef
	for i := 0; i < len(refs); {
		day := refs[i].time / column.Day
		k := i
		for k < len(refs) && refs[k].time/column.Day == day {
			k++
		}
		if k-i >= splitRows {
			runs = append(runs, refs[i:k])
		} else {
			rest = append(rest, refs[i:k]...)
		}
		i = k
	}
	if len(rest) > 0 {
		runs = append(runs, rest)
	}
	return runs
}

func dayName(day int64) string { return column.ToTime(day * column.Day).Format(time.DateOnly) }

func (s *Store) writeRun(ctx context.Context, id manifest.TableID, timeField int32, refs []rowRef, blocks []*Block, cols []partColumn) (manifest.Part, error) {
	w, err := s.newPart(tablesDir, id, dayName(refs[0].time/column.Day), timeField, cols)
	if err != nil {
		return manifest.Part{}, err
	}
	for from := 0; from < len(refs); from += writeRows {
		err := ctx.Err()
		var b *Block
		if err == nil {
			b, err = gatherBlock(s.opts.Alloc, blocks, refs[from:min(from+writeRows, len(refs))], cols)
		}
		if err == nil {
			err = w.write(b)
			b.Release()
		}
		if err != nil {
			return manifest.Part{}, errors.Join(err, w.abort())
		}
	}
	return w.finish()
}

// partColumns returns the columns that blocks hold, as a part has them.
func (f *fields) partColumns(blocks []*Block) []partColumn {
	held := map[int32]bool{}
	for _, b := range blocks {
		for _, c := range b.cols {
			held[c.ID] = true
		}
	}
	return f.columnsWith(held)
}

// columnsWith returns the columns with the ids, as a part has them.
func (f *fields) columnsWith(ids map[int32]bool) []partColumn {
	var out []partColumn
	if ids[FieldSrc] {
		out = append(out, partColumn{id: FieldSrc, phys: PhysText, name: SrcColumn})
	}
	if ids[FieldIngestedAt] {
		out = append(out, partColumn{id: FieldIngestedAt, phys: PhysInt, name: IngestedAtColumn})
	}
	for _, m := range f.list {
		if ids[m.ID] {
			out = append(out, partColumn{id: m.ID, phys: PhysicalOf(f.byName[m.Name].typ), name: m.Name})
		}
	}
	return out
}
