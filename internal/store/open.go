package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/vedette-siem/vedette/internal/store/journal"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

const (
	journalDir = "journal"
	tablesDir  = "tables"
	lockFile   = "LOCK"
)

// recovered is what replay found and repair must act on.
type recovered struct {
	journal.Recovery
	gaps map[string][]Gap // per workspace: positions that the journal jumps over
	// The files tell of a later time than the state, which must be an older copy: what it does not list may hold rows that are nowhere else.
	behind bool
}

// replay reads the journal into the tail and the positions.
func (s *Store) replay(state manifest.State) (recovered, error) {
	rec := recovered{gaps: map[string][]Gap{}}
	floor := state.Trim
	for _, seq := range state.Sealed {
		floor = max(floor, seq)
	}
	now := s.opts.Now()
	var err error
	s.j, rec.Recovery, err = journal.Open(journal.Options{
		Dir: filepath.Join(s.opts.Dir, journalDir), Epoch: s.epoch, After: state.Trim, Floor: floor, SegmentBytes: s.opts.SegmentBytes, Logger: s.log,
	}, func(seq uint64, payload []byte) error {
		// The frame is taken whole or not at all, so its blocks are made before anything changes.
		var entries []*entry
		err := decodePayload(payload, func(e *entry, blocks [][]byte) error {
			entries = append(entries, e)
			return s.decodeBlocks(e, blocks, seq)
		})
		if err != nil {
			for _, e := range entries {
				(&request{entry: *e}).release()
			}
			return fmt.Errorf("%w: %w", journal.ErrDamaged, err)
		}
		for _, e := range entries {
			s.replayPositions(e, &rec)
			for _, et := range e.tables {
				t := s.table(manifest.TableID{Workspace: e.workspace, Table: et.name})
				s.push(t, et.block, et.time, now)
				s.compactTail(t)
			}
		}
		return nil
	})
	if err != nil {
		return rec, fmt.Errorf("reading the journal: %w", err)
	}
	s.seq = s.j.Seq()
	rec.behind = slices.ContainsFunc(rec.Damaged, func(d journal.Damage) bool { return d.Segment == "" })
	if rec.Torn > 0 {
		s.log.Info("The journal ended in the middle of a write that nobody was told of; it was cut off.", "bytes", rec.Torn)
	}
	for _, name := range rec.Fenced {
		s.log.Warn("A process that had been replaced wrote to the journal; what it wrote does not count.", "segment", name)
	}
	return rec, nil
}

// decodeBlocks makes the blocks of a replayed entry, without those that parts hold already.
func (s *Store) decodeBlocks(e *entry, raw [][]byte, seq uint64) error {
	tables := e.tables
	e.tables = nil
	for i, et := range tables {
		id := manifest.TableID{Workspace: e.workspace, Table: et.name}
		if t := s.tables[id]; t != nil && seq <= t.sealed {
			continue
		}
		fs, ok := s.cat.fields(id)
		if !ok {
			return fmt.Errorf("%w: table %s is not known", errPayload, et.name)
		}
		b, err := copyBlock(s.opts.Alloc, raw[i])
		if err != nil {
			return err
		}
		et.block, et.time = b, fs.time
		e.tables = append(e.tables, et)
		if err := b.bound(fs.time); err != nil {
			return err
		}
		b.firstSeq, b.lastSeq = seq, seq
	}
	return nil
}

func (s *Store) replayPositions(e *entry, rec *recovered) {
	for _, c := range e.covers {
		k := posKey{e.workspace, c.Source, c.Partition}
		next, known := s.pos.at(k)
		for _, g := range e.gaps {
			if g.Source == c.Source && g.Partition == c.Partition && g.From <= next {
				next = max(next, g.To)
			}
		}
		if known && c.First > next {
			rec.gaps[e.workspace] = append(rec.gaps[e.workspace], Gap{Source: c.Source, Partition: c.Partition, From: next, To: c.First, Reason: "The journal is damaged; these positions were stored and are lost."})
		}
		if !known || c.Next > next {
			s.pos.set(k, c.Next)
		}
	}
}

// errReplaced says that another process took the folder over while this one was paused.
var errReplaced = errors.New("another process took the data directory over")

// owned tells whether the lock in the folder is still the one that this process holds.
func (s *Store) owned() error {
	mine, err := s.lock.Stat()
	if err != nil {
		return fmt.Errorf("looking at the lock of %s: %w", s.opts.Dir, err)
	}
	there, err := os.Stat(filepath.Join(s.opts.Dir, lockFile))
	if errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(mine, there) {
		return fmt.Errorf("%w: the file %s is not the one that was locked", errReplaced, lockFile)
	}
	if err != nil {
		return fmt.Errorf("looking at the lock of %s: %w", s.opts.Dir, err)
	}
	return nil
}

// repair records what the journal lost, seals what it still holds and sets the damaged files aside. It may be cut short
// by a crash anywhere: the next start finds the same damage, and records it once.
func (s *Store) repair(ctx context.Context, rec recovered) error {
	if len(rec.Damaged) == 0 {
		return nil
	}
	workspaces := map[string]bool{}
	for id := range s.tables {
		workspaces[id.Workspace] = true
	}
	lost := map[string][]Gap{} // by workspace
	var segments []string
	for _, d := range rec.Damaged {
		s.log.Error("The journal is damaged. What can be read is kept; the rest is recorded as a gap.", "segment", d.Segment, "from", d.From, "to", d.To)
		if d.Segment != "" && !slices.Contains(segments, d.Segment) {
			segments = append(segments, d.Segment)
		}
		for ws := range workspaces {
			lost[ws] = append(lost[ws], Gap{Source: "journal/" + d.Segment, From: int64(d.From), To: int64(d.To) + 1, Reason: "These frames of the journal cannot be read."})
		}
	}
	for ws := range rec.gaps {
		lost[ws] = append(lost[ws], rec.gaps[ws]...)
	}
	for ws, gaps := range lost {
		for _, g := range gaps {
			// The range makes sure that a second try records nothing twice.
			once := Range{Source: fmt.Sprintf("gap/%s/%d/%d", g.Source, g.Partition, g.From), First: 0, Next: 1}
			if _, err := s.Append(ctx, Frame{Workspace: ws, Covers: []Range{once}, Gaps: []Gap{g}}); err != nil && !errors.Is(err, ErrDuplicate) {
				return fmt.Errorf("recording damage of the journal: %w", err)
			}
		}
	}
	if err := s.SealAll(ctx); err != nil {
		return fmt.Errorf("sealing the rows of a damaged journal: %w", err)
	}
	for _, name := range segments {
		if err := s.j.Quarantine(name); err != nil {
			return err
		}
	}
	return nil
}
