package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/store/manifest"
)

const (
	// scrubPass is how long it takes to read all parts once in the background.
	scrubPass = 7 * 24 * time.Hour
	// scrubFastest and scrubSlowest bound the time between two parts.
	scrubFastest, scrubSlowest = 10 * time.Second, time.Hour
	// badSuffix is put on a file that was set aside.
	badSuffix = ".bad"
)

// suspect is a part that somebody could not read.
type suspect struct {
	id manifest.TableID
	p  *part
}

// doubt asks the inspector to look at a part soon.
func (s *Store) doubt(id manifest.TableID, p *part) {
	select {
	case s.suspects <- suspect{id, p}:
	default: // it is busy with others; the next reader asks again
	}
}

// inspectLoop looks at the parts: at the ends of all of them at first, then at the whole of one after the other, and at once at
// those that could not be read. What is damaged is set aside.
func (s *Store) inspectLoop() {
	defer s.wg.Done()
	for _, x := range s.allParts() {
		if s.ctx.Err() != nil {
			return
		}
		if err := s.sound(x.p); err != nil {
			s.judge(x, err)
		}
	}
	t := time.NewTimer(scrubFastest)
	defer t.Stop()
	var last int64
	for {
		select {
		case <-s.done:
			return
		case x := <-s.suspects:
			s.Inspect(s.ctx, x.id, x.p.ID)
		case <-t.C:
			all := s.allParts()
			if i := slices.IndexFunc(all, func(x suspect) bool { return x.p.ID > last }); i >= 0 {
				last = all[i].p.ID
				s.Inspect(s.ctx, all[i].id, last)
			} else {
				last = 0
			}
			t.Reset(min(max(scrubPass/time.Duration(len(all)+1), scrubFastest), scrubSlowest))
		}
	}
}

// allParts returns all parts of both tiers, by id.
func (s *Store) allParts() []suspect {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []suspect
	for id, t := range s.tables {
		for _, p := range slices.Concat(t.parts, t.cold) {
			out = append(out, suspect{id, p})
		}
	}
	slices.SortFunc(out, func(a, b suspect) int { return int(min(max(a.p.ID-b.p.ID, -1), 1)) })
	return out
}

// Inspect reads a part and sets it aside when it does not hold what was written. It reports whether the part is sound.
func (s *Store) Inspect(ctx context.Context, id manifest.TableID, part int64) bool {
	for _, x := range s.allParts() {
		if x.id == id && x.p.ID == part {
			err := verifyPart(ctx, s.path(x.p.Part), x.p.Part)
			if err != nil && ctx.Err() == nil {
				s.judge(x, err)
			}
			return err == nil
		}
	}
	return true // it has gone meanwhile
}

// judge sets a part aside that is damaged. One that is missing or that the disk does not give may come back: it is only told of.
func (s *Store) judge(x suspect, err error) {
	if !errors.Is(err, errDamagedPart) {
		s.log.Error("A file of a table cannot be read. Queries over its time fail until it can.", "path", x.p.Path, "err", err)
		s.opts.Damaged(Problem{Path: x.p.Path, Reason: err.Error()})
		return
	}
	if qerr := s.quarantine(s.ctx, x, err); qerr != nil {
		s.log.Error("A damaged file could not be set aside; it is tried again.", "path", x.p.Path, "damage", err, "err", qerr)
	}
}

// quarantine records what a damaged part loses, takes it out of the part list and sets its file aside. A kill in between leaves a
// part that the next start finds damaged again; the record is made once.
func (s *Store) quarantine(ctx context.Context, x suspect, why error) error {
	s.merging.Lock()
	defer s.merging.Unlock()
	s.mu.RLock()
	t := s.tables[x.id]
	listed := slices.Contains(t.parts, x.p) || slices.Contains(t.cold, x.p)
	s.mu.RUnlock()
	if !listed {
		return nil
	}
	source := "part/" + x.p.Path
	_, err := s.Append(ctx, Frame{
		Workspace: x.id.Workspace, Covers: []Range{{Source: "gap/" + source, First: 0, Next: 1}},
		Gaps: []Gap{{Source: source, From: 0, To: x.p.Rows, Reason: fmt.Sprintf("A file of table %s was damaged (%s): its %d rows, with TimeGenerated from %s to %s, are lost. The file is kept as %s.",
			x.id.Table, why, x.p.Rows, column.FormatDatetime(x.p.MinTime), column.FormatDatetime(x.p.MaxTime), x.p.Path+badSuffix)}},
	})
	if err != nil && !errors.Is(err, ErrDuplicate) {
		return fmt.Errorf("recording what is lost: %w", err)
	}
	if _, err := s.commitChange(ctx, manifest.Change{Epoch: s.epoch, Remove: []int64{x.p.ID}}); err != nil {
		return err
	}
	s.change.Lock()
	s.mu.Lock()
	t.replace([]*part{x.p}, nil)
	s.mu.Unlock()
	s.change.Unlock()
	x.p.gone.Store(true) // set aside, not removed
	s.counters.quarantined.Add(1)
	file := s.path(x.p.Part)
	if err := os.Rename(file, file+badSuffix); err != nil {
		return err
	}
	s.log.Error("A damaged file of a table was set aside; what it lost is recorded.", "path", x.p.Path, "rows", x.p.Rows, "damage", why, "record", GapTable)
	s.opts.Damaged(Problem{Path: x.p.Path, Reason: why.Error()})
	return s.writeError(syncDir(filepath.Dir(file)))
}

// sound checks the size and the end of a part's file, once. Its pages carry checksums of their own; its end does not, and a
// reader that trusts a wrong one may leave rows out.
func (s *Store) sound(p *part) error {
	if p.sound.Load() {
		return nil
	}
	if err := checkEnd(s.path(p.Part), p.Part); err != nil {
		return err
	}
	p.sound.Store(true)
	return nil
}

func checkEnd(path string, p manifest.Part) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.Size() != p.Bytes {
		return fmt.Errorf("%w: it has %d bytes, not %d", errDamagedPart, st.Size(), p.Bytes)
	}
	if p.Footer == 0 {
		return nil // of a version that did not keep it
	}
	sum, err := footerSum(f, st.Size())
	if err == nil && sum != p.Footer {
		err = fmt.Errorf("%w: the checksum of its end is wrong", errDamagedPart)
	}
	return err
}

// footerSum returns the checksum of a Parquet file's metadata and what follows it.
func footerSum(f io.ReaderAt, size int64) (uint32, error) {
	const trailer = 8 // length, magic
	var end [trailer]byte
	if size < trailer {
		return 0, fmt.Errorf("%w: it has %d bytes", errDamagedPart, size)
	}
	if _, err := f.ReadAt(end[:], size-trailer); err != nil {
		return 0, err
	}
	n := int64(binary.LittleEndian.Uint32(end[:])) + trailer
	if n > size {
		return 0, fmt.Errorf("%w: its metadata does not fit into it", errDamagedPart)
	}
	h := crc32.New(castagnoli)
	if _, err := io.Copy(h, io.NewSectionReader(f, size-n, n)); err != nil {
		return 0, err
	}
	return max(h.Sum32(), 1), nil // zero means unknown
}

// rescued calls f and turns a panic into an error: a library that reads a damaged file may panic.
func rescued(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamagedPart, p)
		}
	}()
	return f()
}
