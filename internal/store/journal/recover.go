package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// Recovery tells what Open found besides good frames.
type Recovery struct {
	Frames  int      // frames replayed
	Torn    int64    // bytes cut off as a torn tail
	Damaged []Damage // segments with frames that do not check
	Fenced  []string // files of older writers that were written after they had been replaced, now *.bad
}

// Damage names a segment that lost frames, and the sequences it lost: From to To, both inclusive. Its readable frames
// were replayed. Quarantine it once their rows are safe.
type Damage struct {
	Segment  string
	From, To uint64
}

// recover reads all segments in order, and leaves j with those to keep and the last sequence.
func (j *Journal) recover(replay func(uint64, []byte) error) (Recovery, error) {
	var rec Recovery
	segs, err := segmentNames(j.opts.Dir)
	if err != nil {
		return rec, err
	}
	limits, segs, begun, err := j.fence(segs, &rec)
	if err != nil {
		return rec, err
	}
	for i := range segs {
		s := &segs[i]
		r := &reader{segment: s, limit: limits[s.name], after: j.opts.After, last: i >= begun, check: j.check, replay: replay, rec: &rec}
		if from, to := j.seq+1, s.first-1; s.first > from {
			// The segment before this one ends too early, or its file is gone.
			d := Damage{From: from, To: to}
			if i > 0 {
				d.Segment = segs[i-1].name
				segs[i-1].damaged = true
			}
			rec.Damaged = append(rec.Damaged, d)
		}
		if err := r.run(filepath.Join(j.opts.Dir, s.name)); err != nil {
			return rec, fmt.Errorf("reading journal segment %s: %w", s.name, err)
		}
		j.seq = max(j.seq, s.last)
	}
	j.segments = segs
	return rec, nil
}

// fence finds how much of each segment counts. A segment of an older epoch that the first segment of a newer epoch does
// not list was begun by a writer that had already been replaced. It returns the limits, the segments that count, and which of them is the
// last with a header: what follows that are beginnings cut short by a crash.
func (j *Journal) fence(segs []segment, rec *Recovery) (limits map[string]int64, kept []segment, begun int, err error) {
	limits = map[string]int64{}
	heads := make([]*segmentHeader, len(segs))
	for i, s := range segs {
		st, err := os.Stat(filepath.Join(j.opts.Dir, s.name))
		if err != nil {
			return nil, nil, 0, fmt.Errorf("reading the journal: %w", err)
		}
		limits[s.name] = st.Size()
		if h, err := readHeader(filepath.Join(j.opts.Dir, s.name)); err == nil {
			heads[i] = &h
		}
	}
	for i, s := range segs {
		listed, newer := false, false
		for k := range segs {
			if heads[k] == nil || heads[k].epoch <= s.epoch {
				continue
			}
			newer = true
			for _, a := range heads[k].accepted {
				if a.name == s.name {
					listed = true
					limits[s.name] = min(limits[s.name], a.size)
				}
			}
		}
		if newer && !listed {
			rec.Fenced = append(rec.Fenced, s.name)
			if j.check {
				continue
			}
			old := filepath.Join(j.opts.Dir, segs[i].name)
			if err := os.Rename(old, old+badSuffix); err != nil {
				return nil, nil, 0, fmt.Errorf("setting aside a replaced writer's segment: %w", err)
			}
			continue
		}
		if heads[i] != nil {
			begun = len(kept)
		}
		kept = append(kept, s)
	}
	return limits, kept, begun, nil
}

func readHeader(path string) (segmentHeader, error) {
	f, err := os.Open(path)
	if err != nil {
		return segmentHeader{}, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	h, _, err := headerOf(f)
	return h, err
}

func headerOf(f io.ReaderAt) (segmentHeader, int, error) {
	raw := make([]byte, 4096)
	n, err := f.ReadAt(raw, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return segmentHeader{}, 0, err
	}
	raw = raw[:n]
	if n >= 16 {
		if size := int(uint32(raw[12]) | uint32(raw[13])<<8 | uint32(raw[14])<<16 | uint32(raw[15])<<24); size <= maxHeader && size+16 > n && n == 4096 {
			raw = make([]byte, 16+size)
			n, err = f.ReadAt(raw, 0)
			if err != nil && !errors.Is(err, io.EOF) {
				return segmentHeader{}, 0, err
			}
			raw = raw[:n]
		}
	}
	return decodeHeader(raw)
}

// reader replays one segment.
type reader struct {
	segment *segment
	limit   int64
	after   uint64
	last    bool // no later segment has a header: a torn tail is legitimate
	check   bool // change nothing on disk
	replay  func(uint64, []byte) error
	rec     *Recovery

	f    *os.File
	salt [8]byte
}

func (r *reader) run(path string) (err error) {
	s, flag := r.segment, os.O_RDWR
	if r.check {
		flag = os.O_RDONLY
	}
	if r.f, err = os.OpenFile(path, flag, 0); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.f.Close()) }()
	s.size = r.limit
	h, n, err := headerOf(r.f)
	if errors.Is(err, errHeader) {
		r.noHeader()
		return nil
	}
	if err != nil {
		return err
	}
	r.salt = h.salt
	for at := int64(n); at < r.limit; {
		head, payload, err := r.frame(at)
		if err == nil && head.seq != s.last+1 {
			err = ErrDamaged
		}
		if err == nil {
			err = r.deliver(head, payload)
		}
		if err == nil {
			s.last = head.seq
			at += frameBytes + int64(head.size)
			continue
		}
		if !errors.Is(err, ErrDamaged) {
			return err
		}
		next, seq, err := r.resync(at + 1)
		if err != nil {
			return err
		}
		if next < 0 {
			return r.cut(at)
		}
		r.damaged(s.last+1, seq-1)
		s.last, at = seq-1, next
	}
	return r.settle()
}

// settle makes what the last segment holds durable: a process that was killed may have written frames that it had not synced
// yet, and from now on they count.
func (r *reader) settle() error {
	if !r.last || r.check {
		return nil
	}
	if err := r.f.Sync(); err != nil {
		return fmt.Errorf("syncing what was read: %w: %w", err, ErrFailed)
	}
	return nil
}

// damaged notes lost frames, unless nobody needs them any more.
func (r *reader) damaged(from, to uint64) {
	from = max(from, r.after+1)
	if from > to {
		return
	}
	r.segment.damaged = true
	r.rec.Damaged = append(r.rec.Damaged, Damage{Segment: r.segment.name, From: from, To: to})
}

// maxBegun is the size below which a headerless last segment is one whose beginning was cut short by a crash.
const maxBegun = 64 << 10

// noHeader handles a segment whose header does not check. Without its salt no frame in it can be found.
func (r *reader) noHeader() {
	if r.last && r.limit < maxBegun {
		r.rec.Torn += r.limit
		r.segment.size = 0
		return
	}
	if r.limit == 0 {
		// Nothing of it counts: it was found like this before. Had it held frames, the first of the next segment tells.
		return
	}
	// How many frames it held is not known; a later segment tells by its first sequence.
	r.damaged(r.segment.first, r.segment.first)
	r.segment.last = r.segment.first
}

// cut ends a segment at a bad frame that nothing valid follows. In the last segment that is the torn tail of a crash. In
// an earlier one the frames had once been complete: the first sequence of the next segment tells which are lost.
func (r *reader) cut(at int64) error {
	r.segment.size = at
	if !r.last {
		return nil
	}
	r.rec.Torn += r.limit - at
	if r.check {
		return nil
	}
	if err := r.f.Truncate(at); err != nil {
		return fmt.Errorf("cutting off the torn tail: %w", err)
	}
	return r.settle()
}

func (r *reader) deliver(h frameHead, payload []byte) error {
	if h.seq <= r.after {
		return nil
	}
	if err := r.replay(h.seq, payload); err != nil {
		return err
	}
	r.rec.Frames++
	return nil
}

func (r *reader) frame(at int64) (frameHead, []byte, error) {
	raw := make([]byte, frameBytes)
	if at+frameBytes > r.limit {
		return frameHead{}, nil, ErrDamaged
	}
	if _, err := r.f.ReadAt(raw, at); err != nil {
		return frameHead{}, nil, err
	}
	h, err := decodeFrameHeader(r.salt, raw)
	if err != nil {
		return h, nil, err
	}
	if at+frameBytes+int64(h.size) > r.limit {
		return h, nil, ErrDamaged
	}
	payload := make([]byte, h.size)
	if _, err := r.f.ReadAt(payload, at+frameBytes); err != nil {
		return h, nil, err
	}
	if crc32.Checksum(payload, castagnoli) != h.sum {
		return h, nil, ErrDamaged
	}
	return h, payload, nil
}

// resync looks for the next valid frame with a later sequence at or after from; it returns -1 when there is none.
func (r *reader) resync(from int64) (at int64, seq uint64, err error) {
	const chunk = 1 << 20
	buf := make([]byte, chunk)
	for base := from; base < r.limit; base += chunk - int64(len(r.salt)) + 1 {
		n, err := r.f.ReadAt(buf[:min(chunk, r.limit-base)], base)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, 0, err
		}
		for i := 0; i < n; i++ {
			k := bytes.Index(buf[i:n], r.salt[:])
			if k < 0 {
				break
			}
			i += k
			h, _, err := r.frame(base + int64(i))
			if err == nil && h.seq > r.segment.last {
				return base + int64(i), h.seq, nil
			}
			if err != nil && !errors.Is(err, ErrDamaged) {
				return 0, 0, err
			}
		}
	}
	return -1, 0, nil
}

// Check reads the journal in a folder as Open would and tells what it would find, without changing anything. Frames up to after do not matter.
func Check(dir string, after uint64, replay func(seq uint64, payload []byte) error) (Recovery, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return Recovery{}, nil
	}
	j := &Journal{opts: Options{Dir: dir, After: after}, seq: after, check: true}
	return j.recover(replay)
}
