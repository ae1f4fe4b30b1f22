package store

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// A filter says of a hash that it is surely not in a set, or may be. It is a split-block Bloom filter: a hash sets eight bits
// of one 32-byte block. Its blocks lie in pages that carry their own checksum, because a flipped bit would hide rows.
const (
	blockBytes = 32
	pageSize   = 4096
	pageBlocks = (pageSize - 4) / blockBytes
	// blockHashes is how many hashes a block is made for, about 10.7 bits each: one in a hundred answers is wrong.
	blockHashes = 24
)

// salts spread a hash over the eight words of its block; the numbers are those of the Parquet format's filters.
var salts = [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}

// filterPages returns how many pages the filter of n hashes takes.
func filterPages(n int) int { return max(1, (n+blockHashes*pageBlocks-1)/(blockHashes*pageBlocks)) }

// blockOf returns the block of a hash in a filter of so many pages.
func blockOf(h uint64, pages int) int {
	hi, _ := bits.Mul64(h, uint64(pages*pageBlocks))
	return int(hi)
}

// makeFilter returns the pages of a filter.
func makeFilter(hashes []uint64) []byte {
	pages := filterPages(len(hashes))
	out := make([]byte, pages*pageSize)
	for _, h := range hashes {
		k := blockOf(h, pages)
		block := out[k/pageBlocks*pageSize+k%pageBlocks*blockBytes:][:blockBytes]
		for i, salt := range salts {
			word := block[4*i:]
			binary.LittleEndian.PutUint32(word, binary.LittleEndian.Uint32(word)|1<<(uint32(h)*salt>>27))
		}
	}
	for p := range pages {
		page := out[p*pageSize:][:pageSize]
		binary.LittleEndian.PutUint32(page[pageSize-4:], crc32.Checksum(page[:pageSize-4], castagnoli))
	}
	return out
}

// pageWhole reports whether a page is what was written.
func pageWhole(page []byte) bool {
	return binary.LittleEndian.Uint32(page[pageSize-4:]) == crc32.Checksum(page[:pageSize-4], castagnoli)
}

// mayHold looks a hash up in its page.
func mayHold(page []byte, h uint64, pages int) bool {
	block := page[blockOf(h, pages)%pageBlocks*blockBytes:][:blockBytes]
	for i, salt := range salts {
		if binary.LittleEndian.Uint32(block[4*i:])>>(uint32(h)*salt>>27)&1 == 0 {
			return false
		}
	}
	return true
}
