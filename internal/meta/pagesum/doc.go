// Package pagesum gives every page of a SQLite file a checksum: SQLite itself does not notice a bit that a disk flips. The last eight bytes
// of a page hold it, in the form of SQLite's own extension cksumvfs. A page in the write-ahead log has the log's own checksum, which SQLite looks at only when
// it recovers; here every read does.
//
// Files are opened under the file system named VFS. A page that does not hold what was written fails the read with Damaged. Check looks at a
// whole file and its log while no one has them open.
package pagesum

import "encoding/binary"

const (
	// VFS is the name to open a database under.
	VFS = "pagesum"
	// Pragma makes a database that is not there yet, and the copies that VACUUM INTO makes, keep checksums. It must run before journal_mode; the driver runs
	// the pragmas of an address in the order of the alphabet.
	Pragma = "checksum_pages"
	// Damaged is the extended result code of a read that finds a wrong checksum.
	Damaged = 8202

	reserve = 8
	magic   = "SQLite format 3\x00"
)

// sum adds words into two running sums that depend on their order: any flipped bit changes them. It is the checksum of SQLite's own log.
func sum(s0, s1 uint32, order binary.ByteOrder, data []byte) (uint32, uint32) {
	if order == binary.LittleEndian {
		for len(data) >= 8 {
			w := binary.LittleEndian.Uint64(data)
			s0 += uint32(w) + s1
			s1 += uint32(w>>32) + s0
			data = data[8:]
		}
		return s0, s1
	}
	for len(data) >= 8 {
		s0 += order.Uint32(data) + s1
		s1 += order.Uint32(data[4:]) + s0
		data = data[8:]
	}
	return s0, s1
}

// ofPage returns what the last eight bytes of a page must be.
func ofPage(page []byte) (out [reserve]byte) {
	s0, s1 := sum(0, 0, binary.LittleEndian, page[:len(page)-reserve])
	binary.LittleEndian.PutUint32(out[:], s0)
	binary.LittleEndian.PutUint32(out[4:], s1)
	return out
}

// whole reports whether a page holds what was written.
func whole(page []byte) bool { return [reserve]byte(page[len(page)-reserve:]) == ofPage(page) }

// kept reports whether the first bytes of a database say that its pages have checksums.
func kept(header []byte) bool { return string(header[:len(magic)]) == magic && header[20] == reserve }
