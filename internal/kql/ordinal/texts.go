package ordinal

import (
	"hash/maphash"
	"unsafe"
)

// Texts numbers texts. The zero value is empty and ready.
type Texts struct {
	seed  maphash.Seed
	slots []textSlot // a power of two, at most three quarters full
	keys  []string
	chunk []byte // room for the next keys; what was cut off it stays where it is
	bytes int64
}

// textSlot holds the number of a key plus one, and bits of its hash that spare most comparisons with other keys.
type textSlot struct{ tag, key uint32 }

const (
	firstSlots = 64
	chunkBytes = 1 << 16
)

// Len returns how many different keys there are.
func (t *Texts) Len() int { return len(t.keys) }

// Key returns key i. It stays valid for good.
func (t *Texts) Key(i int) string { return t.keys[i] }

// Size returns the bytes held.
func (t *Texts) Size() int64 { return t.bytes + int64(8*len(t.slots)+16*cap(t.keys)) }

// Find returns the number of a key, -1 when it never came.
func (t *Texts) Find(key string) int {
	if len(t.slots) == 0 {
		return -1
	}
	n, _ := t.look(key, maphash.String(t.seed, key))
	return n
}

// Add returns the number of a key, and whether it came for the first time.
func (t *Texts) Add(key string) (n int, fresh bool) {
	if 4*len(t.keys) >= 3*len(t.slots) {
		t.grow()
	}
	h := maphash.String(t.seed, key)
	n, at := t.look(key, h)
	if n >= 0 {
		return n, false
	}
	n = len(t.keys)
	t.keys = append(t.keys, t.keep(key))
	t.slots[at] = textSlot{tag: uint32(h >> 32), key: uint32(n + 1)}
	return n, true
}

// FindBytes is Find for a key that is bytes.
func (t *Texts) FindBytes(key []byte) int { return t.Find(textOf(key)) }

// AddBytes is Add for a key that is bytes, which the caller may change afterwards.
func (t *Texts) AddBytes(key []byte) (n int, fresh bool) { return t.Add(textOf(key)) }

// textOf views bytes as text for the length of a call that copies what it keeps.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// look returns the number of a key, or -1 and the free slot where it would be.
func (t *Texts) look(key string, h uint64) (n int, at uint64) {
	mask, tag := uint64(len(t.slots)-1), uint32(h>>32)
	for at = h & mask; ; at = (at + 1) & mask {
		switch s := t.slots[at]; {
		case s.key == 0:
			return -1, at
		case s.tag == tag && t.keys[s.key-1] == key:
			return int(s.key - 1), at
		}
	}
}

// keep copies a key into memory of the table.
func (t *Texts) keep(key string) string {
	if len(key) > chunkBytes/8 {
		t.bytes += int64(len(key))
		return string([]byte(key))
	}
	if len(key) > cap(t.chunk)-len(t.chunk) {
		// A table of few keys, of which there may be many, stays small.
		size := min(chunkBytes, max(256, len(key), 2*cap(t.chunk)))
		t.chunk = make([]byte, 0, size)
		t.bytes += int64(size)
	}
	from := len(t.chunk)
	t.chunk = append(t.chunk, key...)
	return textOf(t.chunk[from:])
}

func (t *Texts) grow() {
	if len(t.slots) == 0 {
		t.seed = maphash.MakeSeed()
	}
	t.slots = make([]textSlot, max(firstSlots, 2*len(t.slots)))
	mask := uint64(len(t.slots) - 1)
	for n, key := range t.keys {
		h := maphash.String(t.seed, key)
		at := h & mask
		for t.slots[at].key != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = textSlot{tag: uint32(h >> 32), key: uint32(n + 1)}
	}
}
