package pagesum

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// The write-ahead log is a header and frames, each of a header and a page. A frame's checksum begins with that of the frame before, the first one's with
// the header's.
const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // its last bit is set when words are summed in big-endian order
)

// chained reports whether the checksum of a frame is right when it begins with eight bytes of the frame before.
func chained(order binary.ByteOrder, seed, head, page []byte) bool {
	s0, s1 := sum(binary.BigEndian.Uint32(seed), binary.BigEndian.Uint32(seed[4:]), order, head[:8])
	s0, s1 = sum(s0, s1, order, page)
	return s0 == binary.BigEndian.Uint32(head[16:]) && s1 == binary.BigEndian.Uint32(head[20:])
}

// logState is what a log adds to its database.
type logState struct {
	pages map[uint32]bool // pages whose newest form is in the log
	size  uint32          // pages of the database after the log's last commit; 0: the log has none
	first []byte          // the beginning of page 1, if that is in the log
}

// readLog reads a log as SQLite recovers it, up to the first frame that is not whole. Such a frame is the end that a crash left, unless a transaction ended after it and
// another one was begun: that happens only once the disk has confirmed the one before. Then it is damage.
func readLog(f io.ReaderAt, length int64) (logState, error) {
	s := logState{pages: map[uint32]bool{}}
	var head [logHeader]byte
	if length < logHeader {
		return s, nil
	}
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return s, err
	}
	l := &logReader{f: f, order: binary.LittleEndian, salts: [8]byte(head[16:24])}
	if head[3]&1 == 1 {
		l.order = binary.BigEndian
	}
	size := binary.BigEndian.Uint32(head[8:])
	good := headerWhole(l.order, head)
	if !good {
		size = 4096 // the only one that is used
	}
	if size < 512 || size > 65536 || size&(size-1) != 0 {
		return s, nil
	}
	l.page = make([]byte, size)
	l.frames = (length - logHeader) / int64(frameHeader+size)
	if !good {
		return s, l.orphans(head)
	}
	return l.recover(head)
}

type logReader struct {
	f      io.ReaderAt
	order  binary.ByteOrder
	salts  [8]byte
	frames int64
	head   [frameHeader]byte // of the frame read last
	page   []byte
}

func headerWhole(order binary.ByteOrder, head [logHeader]byte) bool {
	if binary.BigEndian.Uint32(head[:])&^1 != logMagic {
		return false
	}
	s0, s1 := sum(0, 0, order, head[:24])
	return s0 == binary.BigEndian.Uint32(head[24:]) && s1 == binary.BigEndian.Uint32(head[28:])
}

func (l *logReader) read(i int64) error {
	at := logHeader + i*int64(frameHeader+len(l.page))
	if _, err := l.f.ReadAt(l.head[:], at); err != nil {
		return err
	}
	_, err := l.f.ReadAt(l.page, at+frameHeader)
	return err
}

func (l *logReader) recover(head [logHeader]byte) (logState, error) {
	s := logState{pages: map[uint32]bool{}}
	seed := [8]byte(head[24:])
	bad, ended := int64(-1), false // the first frame that is not whole; whether the frame before, which is later than that, ends a transaction
	open := map[uint32]bool{}
	var first []byte
	for i := range l.frames {
		if err := l.read(i); err != nil {
			return s, err
		}
		page, commit := binary.BigEndian.Uint32(l.head[:]), binary.BigEndian.Uint32(l.head[4:])
		ok := [8]byte(l.head[8:16]) == l.salts && chained(l.order, seed[:], l.head[:], l.page)
		switch {
		case ok && ended:
			return s, damage("frame %d of its log does not hold what was written", bad+1)
		case ok && bad < 0:
			open[page] = true
			if page == 1 {
				first = append([]byte(nil), l.page[:100]...)
			}
			if commit != 0 {
				s.size, s.first = commit, first
				for p := range open {
					s.pages[p] = true
				}
				clear(open)
			}
		case !ok && bad < 0:
			bad = i
		}
		ended = ok && bad >= 0 && commit != 0
		seed = [8]byte(l.head[16:])
	}
	return s, nil
}

// orphans tells a header that was damaged, for the frames behind it are its own, from one that a crash cut short, behind which are the frames of an earlier log.
func (l *logReader) orphans(head [logHeader]byte) error {
	if l.frames < 2 || restarted(l.order, head) {
		return nil
	}
	if err := l.read(0); err != nil {
		return err
	}
	differ := bits.OnesCount64(binary.BigEndian.Uint64(l.head[8:]) ^ binary.BigEndian.Uint64(head[16:]))
	if differ > 1 {
		return nil
	}
	own := false
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		own = own || chained(order, head[24:], l.head[:], l.page)
	}
	if !own && differ == 0 {
		seed := [8]byte(l.head[16:])
		if err := l.read(1); err != nil {
			return err
		}
		own = chained(binary.LittleEndian, seed[:], l.head[:], l.page) || chained(binary.BigEndian, seed[:], l.head[:], l.page)
	}
	if own {
		return damage("the beginning of its log does not hold what was written")
	}
	return nil
}

// restarted reports whether a header is one that was being replaced by its successor, of which only the counters got through.
func restarted(order binary.ByteOrder, head [logHeader]byte) bool {
	binary.BigEndian.PutUint32(head[12:], binary.BigEndian.Uint32(head[12:])-1)
	if headerWhole(order, head) {
		return true
	}
	binary.BigEndian.PutUint32(head[16:], binary.BigEndian.Uint32(head[16:])-1)
	return headerWhole(order, head)
}
