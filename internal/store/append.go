package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/schema"
	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

// groupBytes ends the gathering of a group commit; one Append may be larger, up to appendBytes.
const (
	groupBytes  = 8 << 20
	appendBytes = 128 << 20
)

// request is an Append on its way through the committer, which owns its blocks from the send on.
type request struct {
	entry entry
	head  []byte
	bytes int
	rows  int
	own   bool        // see Frame.Own
	reply chan result // one buffered answer
}

type result struct {
	seq uint64
	err error
}

// Append stores a frame. When it returns nil the rows and the positions are on disk, and visible to every snapshot taken
// from then on; seq is the journal sequence of both. Appends that arrive while another is being written share one fsync.
//
// It waits while too much is unsealed. When ctx ends first the outcome is unknown: the same frame again tells, by ErrDuplicate.
func (s *Store) Append(ctx context.Context, f Frame) (seq uint64, err error) {
	if err := f.validate(); err != nil {
		return 0, err
	}
	if err := s.failure(); err != nil {
		return 0, err
	}
	if !f.Own {
		if err := s.waitForRoom(ctx); err != nil {
			return 0, err
		}
	}
	r, err := s.encode(ctx, f)
	if err != nil {
		return 0, err
	}
	select {
	case s.queue <- r:
	case <-s.done:
		r.release()
		return 0, ErrClosed
	case <-ctx.Done():
		r.release()
		return 0, fmt.Errorf("waiting to store rows: %w", ctx.Err())
	}
	select {
	case res := <-r.reply:
		return res.seq, res.err
	case <-s.stopped:
		select {
		case res := <-r.reply:
			return res.seq, res.err
		default:
			return 0, ErrClosed
		}
	case <-ctx.Done():
		return 0, fmt.Errorf("waiting for rows to be stored: %w", ctx.Err())
	}
}

// waitForRoom holds an Append back while the tail is full or the disk nearly so.
func (s *Store) waitForRoom(ctx context.Context) error {
	if s.opts.MinFree > 0 {
		if free, err := freeBytes(s.opts.Dir); err == nil && free < s.opts.MinFree {
			return diskFull(s.opts.Dir, nil)
		}
	}
	for s.tail.Load() >= s.opts.MaxTailBytes {
		s.mu.RLock()
		room := s.room
		s.mu.RUnlock()
		if s.tail.Load() < s.opts.MaxTailBytes {
			return nil
		}
		s.counters.waits.Add(1)
		s.nudge()
		select {
		case <-room:
		case <-s.done:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("waiting for unsealed rows to be sealed: %w", ctx.Err())
		}
	}
	return nil
}

func diskFull(dir string, err error) error {
	if err == nil {
		err = syscall.ENOSPC
	}
	return fault.New(fault.Unavailable, "disk_full", "The disk that holds %s is full; rows are taken again once there is room: %w.", dir, err)
}

// encode builds the blocks of a frame and makes its columns durable.
func (s *Store) encode(ctx context.Context, f Frame) (_ *request, err error) {
	now := column.FromTime(s.opts.Now())
	r := &request{entry: entry{workspace: f.Workspace, covers: f.Covers, gaps: f.Gaps}, own: f.Own, reply: make(chan result, 1)}
	defer func() {
		if err != nil {
			r.release()
		}
	}()
	tables := f.Tables
	if len(f.Gaps) > 0 {
		tables = append(append([]Rows{}, tables...), gapRows(f.Gaps, now))
	}
	for _, t := range tables {
		if t.Batch.N == 0 {
			continue
		}
		cols, fs, err := s.cat.prepare(ctx, manifest.TableID{Workspace: f.Workspace, Table: t.Table}, t, now)
		if err != nil {
			return nil, err
		}
		b, err := encodeBlock(s.opts.Alloc, t.Batch.N, cols)
		if errors.Is(err, errBlockSize) {
			return nil, fault.New(fault.TooLarge, "frame_size", "The rows for table %s cannot be stored at once: %w. Store fewer at a time.", t.Table, err)
		}
		if err != nil {
			return nil, err
		}
		r.entry.tables = append(r.entry.tables, entryTable{name: t.Table, size: len(b.mem), block: b, time: fs.time})
		if err := b.bound(fs.time); err != nil {
			return nil, fmt.Errorf("storing rows of table %s: %w", t.Table, err)
		}
		r.rows += t.Batch.N
		r.bytes += len(b.mem)
	}
	if r.bytes > appendBytes {
		return nil, fault.New(fault.TooLarge, "frame_size", "%d MB of rows cannot be stored at once; the limit is %d MB. Store fewer at a time.", r.bytes>>20, appendBytes>>20)
	}
	head := r.entry.encodeHead()
	r.head = append(binary.AppendUvarint(nil, uint64(len(head))), head...)
	return r, nil
}

func (r *request) release() {
	for _, t := range r.entry.tables {
		t.block.Release()
	}
	r.entry.tables = nil
}

// gapRows are the rows of GapTable that record gaps.
func gapRows(gaps []Gap, now int64) Rows {
	cols := []schema.Column{
		{Name: TimeColumn, Type: schema.Datetime}, {Name: "Source", Type: schema.String}, {Name: "Partition", Type: schema.Int},
		{Name: "From", Type: schema.Long}, {Name: "To", Type: schema.Long}, {Name: "Reason", Type: schema.String},
		{Name: "Type", Type: schema.String}, {Name: SrcColumn, Type: schema.String},
	}
	b := &column.Batch{N: len(gaps)}
	for _, c := range cols {
		b.Cols = append(b.Cols, column.New(c.Type, len(gaps)))
	}
	for _, g := range gaps {
		p, from := strconv.Itoa(int(g.Partition)), strconv.FormatInt(g.From, 10)
		for i, v := range []any{now, g.Source, int64(g.Partition), g.From, g.To, g.Reason, GapTable, "gap/" + g.Source + "/" + p + "/" + from + "/0"} {
			b.Cols[i].Append(v)
		}
	}
	return Rows{Table: GapTable, Cols: cols, Batch: b}
}

// commitLoop writes what is queued, group by group, until Close.
func (s *Store) commitLoop() {
	defer s.wg.Done()
	defer close(s.stopped)
	for {
		select {
		case r := <-s.queue:
			group := s.gather(r)
			s.committing.Lock()
			s.commit(group)
			s.committing.Unlock()
		case <-s.done:
			return
		}
	}
}

// gather adds what is waiting already; it never waits for more.
func (s *Store) gather(r *request) []*request {
	group, bytes := []*request{r}, r.bytes
	for bytes < groupBytes {
		select {
		case r := <-s.queue:
			group, bytes = append(group, r), bytes+r.bytes
		default:
			return group
		}
	}
	return group
}

// commit writes a group as one frame and answers its requests.
func (s *Store) commit(group []*request) {
	results := make([]result, len(group))
	pending := map[posKey]int64{}
	var good []*request
	for i, r := range group {
		if results[i].err = s.guard(&r.entry, pending); results[i].err == nil {
			good = append(good, r)
		}
	}
	var seq uint64
	err := s.failure()
	if err == nil && len(good) > 0 {
		seq, err = s.write(good)
	}
	if err == nil && len(good) > 0 {
		s.apply(seq, good, pending)
	}
	for i, r := range group {
		switch {
		case err != nil:
			// A duplicate may be one only of what has just failed.
			results[i] = result{err: err}
			r.release()
		case results[i].err != nil:
			r.release()
		default:
			results[i].seq = seq
			r.entry.tables = nil // the tail owns the blocks
		}
		r.reply <- results[i]
	}
}

// guard checks the ranges of an entry against the positions, with those of the group before it, and moves them on.
func (s *Store) guard(e *entry, pending map[posKey]int64) error {
	moved := map[posKey]int64{}
	at := func(k posKey) (int64, bool) {
		if n, ok := moved[k]; ok {
			return n, true
		}
		if n, ok := pending[k]; ok {
			return n, true
		}
		return s.pos.at(k) // only this goroutine writes it
	}
	duplicates := 0
	for _, c := range e.covers {
		k := posKey{e.workspace, c.Source, c.Partition}
		next, known := at(k)
		for _, g := range e.gaps {
			if known && g.Source == c.Source && g.Partition == c.Partition && g.From <= next && next < g.To {
				next = g.To
			}
		}
		switch {
		case known && c.Next <= next:
			duplicates++
		case known && c.First > next:
			return fault.New(fault.Conflict, "range_gap", "Positions %d to %d of %s cannot be stored: %d is next: %w.", c.First, c.Next-1, k, next, ErrGap)
		case known && c.First < next:
			return fault.New(fault.Conflict, "range_overlap", "Positions %d to %d of %s cannot be stored: those before %d are: %w.", c.First, c.Next-1, k, next, ErrOverlap)
		default:
			moved[k] = c.Next
		}
	}
	switch {
	case duplicates == 0:
	case duplicates == len(e.covers):
		return fault.New(fault.Conflict, "range_duplicate", "Nothing was done for %d ranges of workspace %s: %w.", duplicates, e.workspace, ErrDuplicate)
	default:
		return fault.New(fault.Conflict, "range_overlap", "%d of %d ranges of one frame are stored already: %w.", duplicates, len(e.covers), ErrOverlap)
	}
	for k, n := range moved {
		pending[k] = n
	}
	return nil
}

// write puts the group into the journal.
func (s *Store) write(group []*request) (uint64, error) {
	pieces := [][]byte{binary.AppendUvarint([]byte{payloadVersion}, uint64(len(group)))}
	for _, r := range group {
		pieces = append(pieces, r.head)
		for _, t := range r.entry.tables {
			pieces = append(pieces, t.block.mem)
		}
	}
	seq, took, err := s.j.Append(pieces...)
	if errors.Is(err, syscall.ENOSPC) && !errors.Is(err, journal.ErrFailed) && s.spendReserve() && !slices.ContainsFunc(group, func(r *request) bool { return !r.own }) {
		seq, took, err = s.j.Append(pieces...)
	}
	if errors.Is(err, journal.ErrFailed) {
		s.fail(err)
		return 0, s.failure()
	}
	if errors.Is(err, syscall.ENOSPC) {
		return 0, diskFull(s.opts.Dir, err)
	}
	if err != nil {
		return 0, fault.New(fault.Unavailable, "journal_write", "The rows could not be stored: %w.", err)
	}
	s.counters.synced(took)
	// Who takes the folder over makes the lock's file first and reads the journal then. While the file is still ours, the frame is in what
	// they will read; else they may have read before it, and it does not count.
	if err := s.owned(); err != nil {
		s.fail(err)
		return 0, s.failure()
	}
	return seq, nil
}

// apply makes a written group visible.
func (s *Store) apply(seq uint64, group []*request, moved map[posKey]int64) {
	now := s.opts.Now()
	s.change.Lock()
	defer s.change.Unlock()
	touched := map[*table]bool{}
	s.mu.Lock()
	s.seq = seq
	for k, n := range moved {
		s.pos.set(k, n)
	}
	for _, r := range group {
		for _, e := range r.entry.tables {
			t := s.table(manifest.TableID{Workspace: r.entry.workspace, Table: e.name})
			e.block.firstSeq, e.block.lastSeq = seq, seq
			s.push(t, e.block, e.time, now)
			touched[t] = true
		}
		s.counters.rows.Add(int64(r.rows))
		s.counters.bytes.Add(int64(r.bytes))
	}
	s.mu.Unlock()
	for t := range touched {
		s.compactTail(t)
		if rows, bytes := t.unsealed(); rows >= s.opts.SealRows || bytes >= s.opts.SealBytes {
			s.nudge()
		}
	}
	if s.tail.Load() > s.opts.TailBytes {
		s.nudge()
	}
}

// nudge asks the sealer to look at the tables now.
func (s *Store) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tick is how often the sealer looks by itself.
const tick = time.Second
