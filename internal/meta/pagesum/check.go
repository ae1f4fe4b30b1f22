package pagesum

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrDamaged is what the error of a file that does not hold what was written is.
var ErrDamaged = errors.New("the file is damaged")

// damageError says what is wrong with a file.
type damageError string

func (e damageError) Error() string { return string(e) }

// Is implements errors.Is.
func (damageError) Is(target error) bool { return target == ErrDamaged }

func damage(format string, args ...any) error { return damageError(fmt.Sprintf(format, args...)) }

// Check reads a database and its log, which no one may have open, and compares every page with its checksum. It returns false for a database whose
// pages have none, which an earlier version wrote. A file that is not there or empty is well.
//
// Not noticed is damage to the last transaction in the log of a process that was killed, and to the last page of the one before: both look like one that was not
// completed.
func Check(path string) (kept bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Size() == 0 {
		return true, err
	}
	log, err := checkLog(path + "-wal")
	if err != nil {
		return true, err
	}
	return checkPages(f, st.Size(), log)
}

func checkLog(path string) (logState, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return logState{}, nil
	}
	if err != nil {
		return logState{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return logState{}, err
	}
	return readLog(f, st.Size())
}

const usual = 4096 // bytes of a page, of every database that was made here

func checkPages(f io.ReaderAt, length int64, log logState) (bool, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, length), 1<<20)
	first, err := in.Peek(int(min(usual, length)))
	if err != nil {
		return true, err
	}
	switch {
	case log.first != nil && !kept(log.first):
		return false, nil
	case log.first != nil:
	case len(first) < 512:
		return true, damage("it has %d bytes only", length)
	case !kept(first):
		return noSums(first)
	}
	pages := log.size
	if pages == 0 {
		pages = binary.BigEndian.Uint32(first[28:])
	}
	page := make([]byte, usual)
	for n := uint32(1); n <= pages; n++ {
		_, err := io.ReadFull(in, page)
		short := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case err != nil && !short:
			return true, err
		case log.pages[n]:
		case short:
			return true, damage("it ends within page %d of %d", n, pages)
		case !whole(page):
			return true, damage("page %d of %d does not hold what was written", n, pages)
		}
	}
	return true, nil
}

// noSums decides about a first page that does not say that there are checksums: an earlier version wrote it, or it is damaged.
func noSums(first []byte) (bool, error) {
	if string(first[:len(magic)]) != magic || first[20] != 0 {
		return true, damage("it does not begin as a database does")
	}
	mended := append([]byte(nil), first...)
	mended[20] = reserve
	if whole(mended) {
		return true, damage("page 1 does not hold what was written")
	}
	return false, nil
}
