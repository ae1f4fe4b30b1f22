package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A segment is a header followed by frames. All integers are little-endian, all checksums CRC32C.
//
//	segment header: "VDTJRNL1" | crc u32 of the rest | length u32 of the rest | salt [8] | epoch u64 | first u64 | count u32 | {len u16, name, size u64}...
//	frame:          salt [8] | length u32 | payload crc u32 | seq u64 | crc u32 of the 24 bytes before | 4 zero bytes | payload
//
// The salt is drawn per segment: bytes inside a payload, which strangers choose, can not pass for a frame.
const (
	segmentMagic = "VDTJRNL1"
	frameBytes   = 32
	// maxHeader bounds the list of accepted segments that a header may hold.
	maxHeader = 16 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type accepted struct {
	name string
	size int64
}

type segmentHeader struct {
	salt     [8]byte
	epoch    uint64
	first    uint64
	accepted []accepted
}

func (h segmentHeader) encode() []byte {
	body := append([]byte{}, h.salt[:]...)
	body = binary.LittleEndian.AppendUint64(body, h.epoch)
	body = binary.LittleEndian.AppendUint64(body, h.first)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(h.accepted)))
	for _, a := range h.accepted {
		body = binary.LittleEndian.AppendUint16(body, uint16(len(a.name)))
		body = append(body, a.name...)
		body = binary.LittleEndian.AppendUint64(body, uint64(a.size))
	}
	out := []byte(segmentMagic)
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(body, castagnoli))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(body)))
	return append(out, body...)
}

var errHeader = errors.New("the segment header is damaged")

// decodeHeader reads a header from the start of raw, which holds at least the header, and returns its length.
func decodeHeader(raw []byte) (h segmentHeader, n int, err error) {
	if len(raw) < 16 || !bytes.HasPrefix(raw, []byte(segmentMagic)) {
		return h, 0, errHeader
	}
	sum, size := binary.LittleEndian.Uint32(raw[8:]), int(binary.LittleEndian.Uint32(raw[12:]))
	if size < 28 || size > maxHeader || len(raw) < 16+size {
		return h, 0, errHeader
	}
	body := raw[16 : 16+size]
	if crc32.Checksum(body, castagnoli) != sum {
		return h, 0, errHeader
	}
	copy(h.salt[:], body)
	h.epoch, h.first = binary.LittleEndian.Uint64(body[8:]), binary.LittleEndian.Uint64(body[16:])
	count := binary.LittleEndian.Uint32(body[24:])
	rest := body[28:]
	for range count {
		if len(rest) < 2 {
			return h, 0, errHeader
		}
		l := int(binary.LittleEndian.Uint16(rest))
		if len(rest) < 2+l+8 {
			return h, 0, errHeader
		}
		h.accepted = append(h.accepted, accepted{name: string(rest[2 : 2+l]), size: int64(binary.LittleEndian.Uint64(rest[2+l:]))})
		rest = rest[2+l+8:]
	}
	return h, 16 + size, nil
}

func frameHeader(salt [8]byte, seq uint64, pieces [][]byte) []byte {
	var sum uint32
	n := 0
	for _, p := range pieces {
		sum = crc32.Update(sum, castagnoli, p)
		n += len(p)
	}
	h := make([]byte, 0, frameBytes)
	h = append(h, salt[:]...)
	h = binary.LittleEndian.AppendUint32(h, uint32(n))
	h = binary.LittleEndian.AppendUint32(h, sum)
	h = binary.LittleEndian.AppendUint64(h, seq)
	h = binary.LittleEndian.AppendUint32(h, crc32.Checksum(h, castagnoli))
	return binary.LittleEndian.AppendUint32(h, 0)
}

type frameHead struct {
	size int
	sum  uint32
	seq  uint64
}

func decodeFrameHeader(salt [8]byte, raw []byte) (frameHead, error) {
	if len(raw) < frameBytes || !bytes.Equal(raw[:8], salt[:]) || crc32.Checksum(raw[:24], castagnoli) != binary.LittleEndian.Uint32(raw[24:]) {
		return frameHead{}, ErrDamaged
	}
	h := frameHead{size: int(binary.LittleEndian.Uint32(raw[8:])), sum: binary.LittleEndian.Uint32(raw[12:]), seq: binary.LittleEndian.Uint64(raw[16:])}
	if h.size > MaxFrame {
		return frameHead{}, fmt.Errorf("%w: it claims %d bytes", ErrDamaged, h.size)
	}
	return h, nil
}
