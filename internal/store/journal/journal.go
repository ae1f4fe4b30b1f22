// Package journal is the store's write-ahead log: append-only segments of checksummed frames, one fsync per frame.
//
// A frame is all or nothing. Payloads are opaque here. Segments are named <epoch>-<first sequence>; the epoch is the
// writer's, greater at each start. The header of a writer's first segment lists the older segments with the length it accepted
// of each, so that a paused older process that wakes up can append nothing that counts.
//
// A frame that does not check is a torn tail when nothing valid follows it, and is cut off; otherwise it is damage: the
// frames that do check are still delivered, and the file is reported so that its owner can quarantine it.
//
// A failed fsync is final: the pages it covered are in an unknown state and a second fsync would claim success. The
// journal refuses everything after it.
package journal

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxFrame is the largest payload of a frame.
const MaxFrame = 256 << 20

// DefaultSegmentBytes is the size beyond which a new segment is begun.
const DefaultSegmentBytes = 64 << 20

// ErrFailed is returned after a write or fsync whose outcome is unknown.
var ErrFailed = errors.New("the journal has failed: what is on disk is unknown until the process starts again")

// Options configure a journal.
type Options struct {
	Dir          string
	Epoch        uint64
	After        uint64 // sequences up to here are not needed and not replayed
	Floor        uint64 // new sequences are greater than this, After and everything found
	SegmentBytes int64  // zero is DefaultSegmentBytes
	Logger       *slog.Logger
}

// Journal appends frames. Append is for one goroutine; the other methods are safe beside it.
type Journal struct {
	opts Options
	file *os.File
	salt [8]byte
	size int64
	seq  uint64
	held int // frames in the open segment
	bad  error

	check bool // for Check: read only

	mu       sync.Mutex
	segments []segment // ascending; the last one is open
}

// segment is one file. first and last are the sequences of its frames; last < first when it has none.
type segment struct {
	name        string
	epoch       uint64
	first, last uint64
	size        int64
	damaged     bool // lost frames: stays until it is quarantined
}

// ErrDamaged is what replay wraps for a payload that makes no sense: the frame counts as lost. Other errors of replay end Open.
var ErrDamaged = errors.New("the frame is damaged")

// Open replays the frames after o.After in order and begins a new segment.
func Open(o Options, replay func(seq uint64, payload []byte) error) (*Journal, Recovery, error) {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, Recovery{}, fmt.Errorf("making the journal folder: %w", err)
	}
	if err := syncDir(filepath.Dir(o.Dir)); err != nil {
		return nil, Recovery{}, err
	}
	j := &Journal{opts: o, seq: o.After}
	rec, err := j.recover(replay)
	if err != nil {
		return nil, rec, err
	}
	j.seq = max(j.seq, o.Floor)
	if err := j.begin(); err != nil {
		return nil, rec, err
	}
	j.dropEmpty()
	return j, rec, nil
}

// Seq returns the sequence of the last frame.
func (j *Journal) Seq() uint64 { return j.seq }

// Append writes the pieces as one frame and returns its sequence when it is on disk. An error that wraps ErrFailed is
// final; after any other (the disk is full) the journal is as before and may be tried again. synced is the time the fsync took.
func (j *Journal) Append(pieces ...[]byte) (seq uint64, synced time.Duration, err error) {
	if j.bad != nil {
		return 0, 0, j.bad
	}
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	if n > MaxFrame {
		return 0, 0, fmt.Errorf("appending a frame of %d bytes: more than %d", n, MaxFrame)
	}
	if j.size >= j.opts.SegmentBytes && j.held > 0 {
		if err := j.rotate(); err != nil {
			return 0, 0, err
		}
	}
	head := frameHeader(j.salt, j.seq+1, pieces)
	if err := j.write(append([][]byte{head}, pieces...)); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := j.file.Sync(); err != nil {
		return 0, 0, j.fail("syncing", err)
	}
	j.seq++
	j.held++
	j.size += int64(len(head) + n)
	j.mu.Lock()
	s := &j.segments[len(j.segments)-1]
	s.last, s.size = j.seq, j.size
	j.mu.Unlock()
	return j.seq, time.Since(start), nil
}

// write puts the pieces at the end of the file. When it cannot, it takes back what it wrote; nothing was synced, so that is safe.
func (j *Journal) write(pieces [][]byte) error {
	w := bufio.NewWriterSize(io.NewOffsetWriter(j.file, j.size), bufferBytes)
	err := writeAll(w, pieces)
	if err == nil {
		return nil
	}
	if terr := j.file.Truncate(j.size); terr != nil {
		return j.fail("taking back a partial frame of", errors.Join(err, terr))
	}
	return fmt.Errorf("writing journal segment %s: %w", j.file.Name(), err)
}

func writeAll(w *bufio.Writer, pieces [][]byte) error {
	for _, p := range pieces {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return w.Flush()
}

// bufferBytes gathers small pieces into one write; larger ones pass it by.
const bufferBytes = 32 << 10

func (j *Journal) fail(doing string, err error) error {
	j.bad = fmt.Errorf("%s journal segment %s: %w: %w", doing, j.file.Name(), err, ErrFailed)
	return j.bad
}

// Rotate begins a new segment, unless the open one has no frames. It is for the goroutine of Append, or while that cannot run. After an
// error that does not wrap ErrFailed the journal is as before.
func (j *Journal) Rotate() error {
	if j.bad != nil || j.held == 0 {
		return j.bad
	}
	return j.rotate()
}

// rotate begins a new segment; the old one stays as it is.
func (j *Journal) rotate() error {
	old := j.file
	if err := j.begin(); err != nil {
		return err
	}
	if err := old.Close(); err != nil {
		return j.fail("closing", err)
	}
	return nil
}

// begin makes the next segment and its directory entry durable.
func (j *Journal) begin() error {
	s := segment{name: segmentName(j.opts.Epoch, j.seq+1), epoch: j.opts.Epoch, first: j.seq + 1, last: j.seq}
	var salt [8]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return fmt.Errorf("drawing a salt: %w", err)
	}
	head := segmentHeader{salt: salt, epoch: s.epoch, first: s.first}
	j.mu.Lock()
	for _, o := range j.segments {
		if o.epoch < s.epoch {
			head.accepted = append(head.accepted, accepted{name: o.name, size: o.size})
		}
	}
	j.mu.Unlock()
	path := filepath.Join(j.opts.Dir, s.name)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("beginning a journal segment: %w", err)
	}
	raw := head.encode()
	if _, err := f.Write(raw); err != nil {
		return errors.Join(fmt.Errorf("beginning journal segment %s: %w", s.name, err), f.Close(), os.Remove(path))
	}
	j.file, j.salt, j.size, j.held = f, salt, int64(len(raw)), 0
	if err := f.Sync(); err != nil {
		return j.fail("syncing", err)
	}
	if err := syncDir(j.opts.Dir); err != nil {
		return j.fail("syncing the folder of", err)
	}
	s.size = j.size
	j.mu.Lock()
	j.segments = append(j.segments, s)
	j.mu.Unlock()
	return nil
}

// dropEmpty removes the frameless segments of older epochs: the new header says all that theirs said.
func (j *Journal) dropEmpty() {
	j.removeIf(func(s segment) bool { return s.last < s.first && s.epoch < j.opts.Epoch && !s.damaged })
}

// Cut removes the segments whose frames are all at or below seq. The open segment stays.
func (j *Journal) Cut(seq uint64) {
	j.removeIf(func(s segment) bool { return s.last <= seq && !s.damaged })
}

func (j *Journal) removeIf(drop func(segment) bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	open := len(j.segments) - 1
	kept := j.segments[:0:0]
	for i, s := range j.segments {
		if i == open || !drop(s) {
			kept = append(kept, s)
			continue
		}
		if err := os.Remove(filepath.Join(j.opts.Dir, s.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			j.opts.Logger.Warn("A journal segment could not be removed; the next start will try again.", "segment", s.name, "err", err)
			kept = append(kept, s)
		}
	}
	j.segments = kept
}

// Quarantine renames a damaged segment to <name>.bad once the rows it still held are elsewhere.
func (j *Journal) Quarantine(name string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	old := filepath.Join(j.opts.Dir, name)
	if err := os.Rename(old, old+badSuffix); err != nil {
		return fmt.Errorf("quarantining journal segment %s: %w", name, err)
	}
	j.segments = slices.DeleteFunc(j.segments, func(s segment) bool { return s.name == name })
	return syncDir(j.opts.Dir)
}

// Oldest returns the last sequence of the oldest segment that is no longer open, and how many segments there are.
func (j *Journal) Oldest() (last uint64, segments int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.segments[0].last, len(j.segments)
}

// Bytes returns the size of all segments.
func (j *Journal) Bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	var n int64
	for _, s := range j.segments {
		n += s.size
	}
	return n
}

// Close closes the open segment. Everything appended is already on disk.
func (j *Journal) Close() error { return j.file.Close() }

const (
	segmentSuffix = ".journal"
	badSuffix     = ".bad"
)

func segmentName(epoch, first uint64) string {
	return fmt.Sprintf("%010d-%016d%s", epoch, first, segmentSuffix)
}

// segmentNames lists the segments of a folder by epoch and first sequence.
func segmentNames(dir string) ([]segment, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing the journal: %w", err)
	}
	var out []segment
	for _, f := range files {
		var s segment
		base, ok := strings.CutSuffix(f.Name(), segmentSuffix)
		if !ok {
			continue
		}
		if _, err := fmt.Sscanf(base, "%d-%d", &s.epoch, &s.first); err != nil || segmentName(s.epoch, s.first) != f.Name() {
			continue
		}
		s.name, s.last = f.Name(), s.first-1
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b segment) int { return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.first, b.first)) })
	return out, nil
}

// LastEpoch returns the greatest epoch of a segment in the folder, or 0.
func LastEpoch(dir string) (uint64, error) {
	segs, err := segmentNames(dir)
	if err != nil || len(segs) == 0 {
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return 0, err
	}
	return segs[len(segs)-1].epoch, nil
}

// syncDir makes the entries of a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing folder %s: %w", dir, err)
	}
	if err := d.Sync(); err != nil {
		return errors.Join(fmt.Errorf("syncing folder %s: %w: %w", dir, err, ErrFailed), d.Close())
	}
	return d.Close()
}
