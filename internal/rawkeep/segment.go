package rawkeep

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Entry is one message as it came. Value belongs to the callee until it returns.
type Entry struct {
	Source    string // as in provenance: "hub/insights-logs-advancedhunting"
	Partition int32
	Offset    int64
	Time      time.Time // when it was taken in here
	Value     []byte
}

const (
	suffix      = ".raw"
	headerBytes = 24
	maxBlock    = 64 << 20 // of a block, packed or not
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendEntry appends an entry to a block's content.
func appendEntry(b []byte, e Entry) []byte {
	b = binary.AppendUvarint(b, uint64(len(e.Source)))
	b = append(b, e.Source...)
	b = binary.AppendUvarint(b, uint64(uint32(e.Partition))) //nolint:gosec // read back the same way
	b = binary.AppendVarint(b, e.Offset)
	b = binary.AppendVarint(b, e.Time.UnixMicro())
	b = binary.AppendUvarint(b, uint64(len(e.Value)))
	return append(b, e.Value...)
}

var errBlock = errors.New("a block does not hold what it should")

// entries calls f with the entries of a block's content.
func entries(b []byte, f func(Entry) error) error {
	uvarint := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			b = nil
			return 0
		}
		b = b[n:]
		return v
	}
	varint := func() int64 {
		v, n := binary.Varint(b)
		if n <= 0 {
			b = nil
			return 0
		}
		b = b[n:]
		return v
	}
	text := func() ([]byte, bool) {
		n := uvarint()
		if n > uint64(len(b)) {
			return nil, false
		}
		out := b[:n]
		b = b[n:]
		return out, true
	}
	for len(b) > 0 {
		source, ok := text()
		if !ok {
			return errBlock
		}
		e := Entry{Source: string(source), Partition: int32(uint32(uvarint())), Offset: varint(), Time: time.UnixMicro(varint()).UTC()} //nolint:gosec // as it was written
		if e.Value, ok = text(); !ok {
			return errBlock
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

// block packs a block's content and puts the header before it.
func block(enc *zstd.Encoder, content []byte, first, last time.Time) []byte {
	out := enc.EncodeAll(content, make([]byte, headerBytes, headerBytes+len(content)/4))
	binary.LittleEndian.PutUint32(out[0:], uint32(len(out)-headerBytes)) //nolint:gosec // below maxBlock
	binary.LittleEndian.PutUint64(out[8:], uint64(first.UnixMicro()))    //nolint:gosec // times of our own clock
	binary.LittleEndian.PutUint64(out[16:], uint64(last.UnixMicro()))    //nolint:gosec // as above
	binary.LittleEndian.PutUint32(out[4:], crc32.Checksum(out[8:], castagnoli))
	return out
}

// segment is one file.
type segment struct {
	path  string
	first time.Time // of its first message
	size  int64
}

// segments lists the files of a folder, the oldest first.
func segments(dir string) ([]segment, error) {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var out []segment
	for _, e := range list {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok {
			continue
		}
		us, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			continue // not ours
		}
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, segment{filepath.Join(dir, e.Name()), time.UnixMicro(us).UTC(), info.Size()})
	}
	slices.SortFunc(out, func(a, b segment) int { return a.first.Compare(b.first) })
	return out, nil
}

// read calls f with the content of the blocks of a file that have messages from one time until another. A damaged or half-written
// block ends the file, with an error.
func (s segment) read(from, to time.Time, f func(content []byte) error) (err error) {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
	if err != nil {
		return err
	}
	defer dec.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	var head [headerBytes]byte
	for at := int64(0); ; {
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s ends in the middle of a block at byte %d", filepath.Base(s.path), at)
		}
		n := binary.LittleEndian.Uint32(head[0:])
		first, last := time.UnixMicro(int64(binary.LittleEndian.Uint64(head[8:]))), time.UnixMicro(int64(binary.LittleEndian.Uint64(head[16:]))) //nolint:gosec // times of our own clock
		if n > maxBlock {
			return fmt.Errorf("%s is damaged at byte %d", filepath.Base(s.path), at)
		}
		packed := make([]byte, n)
		if _, err := io.ReadFull(r, packed); err != nil {
			return fmt.Errorf("%s ends in the middle of a block at byte %d", filepath.Base(s.path), at)
		}
		if crc32.Update(crc32.Checksum(head[8:], castagnoli), castagnoli, packed) != binary.LittleEndian.Uint32(head[4:]) {
			return fmt.Errorf("%s is damaged at byte %d", filepath.Base(s.path), at)
		}
		at += headerBytes + int64(n)
		if last.Before(from) || !first.Before(to) {
			continue
		}
		content, err := dec.DecodeAll(packed, nil)
		if err != nil {
			return fmt.Errorf("%s is damaged before byte %d: %w", filepath.Base(s.path), at, err)
		}
		if err := f(content); err != nil {
			return err
		}
	}
}
