package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/vedette-siem/vedette/internal/terms"
)

// The index of a part lies beside it: per row group a filter of the terms and whole values of its text columns. It is made
// from the part alone and can be made again: it is not synced, a damaged one is removed, and a part without one is read
// whole.
//
//	pages of the first row group's filter | pages of the second's | ... | head | head's length u32 | CRC32C of the head u32 | magic
//	head: rows u64 | base u64 | row groups u32 | fields u32 | per row group: pages u32 | per field: id u32
//
// base is FieldRowGroup of the first row group; the fields are the columns of the part that are not in the filters.
const (
	indexExt   = ".terms"
	indexMagic = "VDTERMS1"
	indexTail  = 8 + len(indexMagic)
	// maxIndexHead bounds what a damaged file can make a reader allocate.
	maxIndexHead = 1 << 20
)

func indexPath(part string) string { return strings.TrimSuffix(part, ".parquet") + indexExt }

// indexWriter gathers the hashes of a part's row groups. Its errors end the index, not the part.
type indexWriter struct {
	path   string
	file   *os.File
	log    *slog.Logger
	head   indexHead
	set    hashSet
	seen   []uint64 // values of this row group that came lately
	hasher terms.Hasher
	hashes []terms.Hash
}

// seenValues is a power of two.
const seenValues = 1 << 14

func newIndexWriter(part string, base int64, cols []partColumn, log *slog.Logger) *indexWriter {
	w := &indexWriter{path: indexPath(part), log: log, seen: make([]uint64, seenValues)}
	w.head.base = base
	for _, c := range cols {
		if !indexed(c) {
			w.head.without = append(w.head.without, c.id)
		}
	}
	var err error
	if w.file, err = os.OpenFile(w.path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		w.fail(err)
	}
	return w
}

// indexed reports whether a column's terms are in the index. Provenance differs in every row and is never searched.
func indexed(c partColumn) bool {
	return c.id != FieldSrc && (c.phys == PhysText || c.phys == PhysNullText)
}

func (w *indexWriter) fail(err error) {
	w.log.Warn("The index of a file could not be written; queries read the whole file.", "path", w.path, "err", err)
	w.abort()
}

// abort gives the index up. It may be called twice.
func (w *indexWriter) abort() {
	if w.file == nil {
		return
	}
	if err := errors.Join(w.file.Close(), os.Remove(w.path+".tmp")); err != nil {
		w.log.Debug("index left behind", "path", w.path, "err", err)
	}
	w.file = nil
}

// add takes rows from to to of a block into the current row group. Columns that the part does not have must not be in it.
func (w *indexWriter) add(b *Block, from, to int) {
	if w.file == nil {
		return
	}
	w.head.rows += int64(to - from)
	for i := range b.cols {
		c := &b.cols[i]
		if c.Offsets == nil || slices.Contains(w.head.without, c.ID) {
			continue
		}
		for row := from; row < to; row++ {
			if v := c.Value(row); len(v) > 0 && !c.Null(row) {
				w.value(c.ID, v)
			}
		}
	}
}

// value takes a value in, unless it was there just now.
func (w *indexWriter) value(field int32, v []byte) {
	h := xxh3.HashSeed(v, uint64(field))
	if at := &w.seen[h&(seenValues-1)]; *at != h {
		*at = h
		w.hashes = w.hasher.Append(w.hashes[:0], field, v)
		if bytes.IndexByte(v, '\\') >= 0 && (v[0] == '{' || v[0] == '[' || v[0] == '"') {
			// JSON: what its strings say may be asked for, beside how they are written.
			w.hashes = w.hasher.Append(w.hashes, field, unescape(v))
		}
		for _, x := range w.hashes {
			w.set.add(uint64(x))
		}
	}
}

// endGroup ends the current row group.
func (w *indexWriter) endGroup() {
	if w.file == nil {
		return
	}
	pages := makeFilter(w.set.take())
	clear(w.seen)
	w.head.pages = append(w.head.pages, len(pages)/pageSize)
	if _, err := w.file.Write(pages); err != nil {
		w.fail(err)
	}
}

// finish puts the index in its place. It fails only when the disk refused to make it durable, with errSync: then nothing that is
// written now can be trusted. Without an index for another reason queries read the whole file.
func (w *indexWriter) finish() error {
	if w.file == nil {
		return nil
	}
	_, err := w.file.Write(w.head.encode())
	if err == nil {
		// A torn one would be found, but verify would tell of damage that is none.
		if err = w.file.Sync(); err != nil {
			err = fmt.Errorf("%w: syncing %s.tmp: %w", errSync, w.path, err)
		}
	}
	if err = errors.Join(err, w.file.Close()); err == nil {
		err = os.Rename(w.path+".tmp", w.path)
	}
	w.file = nil
	if err != nil {
		w.log.Warn("The index of a file could not be written; queries read the whole file.", "path", w.path, "err", err)
		if err := os.Remove(w.path + ".tmp"); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.log.Debug("index left behind", "path", w.path, "err", err)
		}
	}
	if errors.Is(err, errSync) {
		return err
	}
	return nil
}

// indexHead is what an index says of itself.
type indexHead struct {
	rows, base int64
	pages      []int   // per row group
	without    []int32 // fields that are not in the filters
}

func (h *indexHead) encode() []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(h.rows))
	out = binary.LittleEndian.AppendUint64(out, uint64(h.base))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(h.pages)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(h.without)))
	for _, n := range h.pages {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	for _, id := range h.without {
		out = binary.LittleEndian.AppendUint32(out, uint32(id))
	}
	n, sum := len(out), crc32.Checksum(out, castagnoli)
	out = binary.LittleEndian.AppendUint32(out, uint32(n))
	out = binary.LittleEndian.AppendUint32(out, sum)
	return append(out, indexMagic...)
}

var errDamagedIndex = errors.New("the index is damaged")

// readHead reads the head of an index file for a part with so many rows.
func readHead(f *os.File, rows int64) (*indexHead, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tail := make([]byte, indexTail)
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamagedIndex, err)
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[8:]) != indexMagic || n > maxIndexHead || n < 24 || n > st.Size()-int64(indexTail) {
		return nil, errDamagedIndex
	}
	raw := make([]byte, n)
	if _, err := f.ReadAt(raw, st.Size()-int64(indexTail)-n); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamagedIndex, err)
	}
	if crc32.Checksum(raw, castagnoli) != binary.LittleEndian.Uint32(tail[4:]) {
		return nil, errDamagedIndex
	}
	h := &indexHead{rows: int64(binary.LittleEndian.Uint64(raw)), base: int64(binary.LittleEndian.Uint64(raw[8:]))}
	groups, fields := int(binary.LittleEndian.Uint32(raw[16:])), int(binary.LittleEndian.Uint32(raw[20:]))
	if len(raw) != 24+4*(groups+fields) || h.rows != rows {
		return nil, errDamagedIndex
	}
	total := 0
	for k := range groups {
		h.pages = append(h.pages, int(binary.LittleEndian.Uint32(raw[24+4*k:])))
		total += h.pages[k]
	}
	for k := range fields {
		h.without = append(h.without, int32(binary.LittleEndian.Uint32(raw[24+4*(groups+k):])))
	}
	if int64(total)*pageSize != st.Size()-int64(indexTail)-n {
		return nil, errDamagedIndex
	}
	return h, nil
}

// verifyIndex reads an index whole. A part without one is well.
func verifyIndex(part string, rows int64) error {
	f, err := os.Open(indexPath(part))
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	h, err := readHead(f, rows)
	if err == nil {
		page, total := make([]byte, pageSize), 0
		for _, n := range h.pages {
			total += n
		}
		for k := 0; k < total && err == nil; k++ {
			if _, err = f.ReadAt(page, int64(k)*pageSize); err == nil && !pageWhole(page) {
				err = errDamagedIndex
			}
		}
	}
	return errors.Join(err, f.Close())
}

// sweepIndexes removes index files without a part, and unfinished ones.
func (s *Store) sweepIndexes(dir string) error {
	for _, pattern := range []string{"*/*/*" + indexExt, "*/*/*" + indexExt + ".tmp"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, f := range files {
			part, whole := strings.CutSuffix(f, indexExt)
			if whole {
				if _, err := os.Stat(part + ".parquet"); err == nil {
					continue
				}
			}
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}
