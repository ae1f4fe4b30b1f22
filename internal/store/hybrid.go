package store

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// hybrid decodes n numbers of so many bits in Parquet's mixture of runs and packed numbers, appending them to out. Each is
// below most.
func hybrid(out []uint32, data []byte, width, n, most int) ([]uint32, error) {
	if width < 0 || width > 32 {
		return nil, fmt.Errorf("%w: numbers of %d bits", errDamagedPart, width)
	}
	out = slices.Grow(out, min(n, rowGroupRows)) // no page of ours has more
	end := len(out) + n
	for len(out) < end {
		head, k := binary.Uvarint(data)
		if k <= 0 {
			return nil, fmt.Errorf("%w: a page ends early", errDamagedPart)
		}
		data = data[k:]
		if head&1 == 0 { // the same number so often
			size := (width + 7) / 8
			if len(data) < size || head>>1 == 0 {
				return nil, fmt.Errorf("%w: a page ends early", errDamagedPart)
			}
			var v uint32
			for i := range size {
				v |= uint32(data[i]) << (8 * i)
			}
			data = data[size:]
			if int(v) >= most {
				return nil, fmt.Errorf("%w: value %d of %d", errDamagedPart, v, most)
			}
			for range min(head>>1, uint64(end-len(out))) {
				out = append(out, v)
			}
			continue
		}
		count := int(min(head>>1, uint64(end-len(out)+7)/8)) * 8
		if count == 0 {
			return nil, fmt.Errorf("%w: an empty run", errDamagedPart)
		}
		size := min(count*width/8, len(data)) // the last run may leave out what nobody reads
		packed := data[:size]
		data = data[size:]
		count = min(count, end-len(out))
		if (count*width+7)/8 > len(packed) {
			return nil, fmt.Errorf("%w: a page ends early", errDamagedPart)
		}
		from := len(out)
		out = unpack(out, packed, width, count)
		if v := slices.Max(out[from:]); int(v) >= most {
			return nil, fmt.Errorf("%w: value %d of %d", errDamagedPart, v, most)
		}
	}
	return out, nil
}

// unpack appends numbers of width bits each, which must all be there.
func unpack(out []uint32, packed []byte, width, count int) []uint32 {
	mask, bit := uint64(1)<<width-1, 0
	for ; count > 0 && bit/8+8 <= len(packed); count-- {
		out = append(out, uint32(binary.LittleEndian.Uint64(packed[bit/8:])>>(bit%8)&mask))
		bit += width
	}
	var rest [16]byte
	if count > 0 {
		copy(rest[:], packed[bit/8:])
	}
	for bit %= 8; count > 0; count-- {
		out = append(out, uint32(binary.LittleEndian.Uint64(rest[bit/8:])>>(bit%8)&mask))
		bit += width
	}
	return out
}

// plainTexts takes n texts of Parquet's plain form apart. They are views of the data.
func plainTexts(out []string, data []byte, n int) ([]string, error) {
	out = slices.Grow(out, min(n, len(data)/4))
	for range n {
		if len(data) < 4 {
			return nil, fmt.Errorf("%w: a page ends early", errDamagedPart)
		}
		size := binary.LittleEndian.Uint32(data)
		if data = data[4:]; uint64(size) > uint64(len(data)) {
			return nil, fmt.Errorf("%w: a text of %d bytes in a page that has %d more", errDamagedPart, size, len(data))
		}
		out = append(out, viewText(data[:size]))
		data = data[size:]
	}
	return out, nil
}
