package ordinal

import "math/rand/v2"

// Ints numbers whole numbers. The zero value is empty and ready.
type Ints struct {
	salt  uint64
	slots []intSlot // a power of two, at most half full
	n     int
}

// intSlot holds a key and its number plus one.
type intSlot struct {
	key int64
	n   uint32
}

// Len returns how many different keys there are.
func (t *Ints) Len() int { return t.n }

// Size returns the bytes held.
func (t *Ints) Size() int64 { return int64(16 * len(t.slots)) }

// Find returns the number of a key, -1 when it never came.
func (t *Ints) Find(key int64) int {
	if len(t.slots) == 0 {
		return -1
	}
	return int(t.slots[t.look(key)].n) - 1
}

// Add returns the number of a key, and whether it came for the first time.
func (t *Ints) Add(key int64) (n int, fresh bool) {
	if 2*t.n >= len(t.slots) {
		t.grow()
	}
	s := &t.slots[t.look(key)]
	if s.n != 0 {
		return int(s.n - 1), false
	}
	t.n++
	*s = intSlot{key, uint32(t.n)}
	return t.n - 1, true
}

// look returns the slot of a key, or the free one where it would be.
func (t *Ints) look(key int64) uint64 {
	mask := uint64(len(t.slots) - 1)
	for at := t.hash(key) & mask; ; at = (at + 1) & mask {
		if s := &t.slots[at]; s.n == 0 || s.key == key {
			return at
		}
	}
}

func (t *Ints) hash(key int64) uint64 {
	h := (uint64(key) ^ t.salt) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

func (t *Ints) grow() {
	old := t.slots
	if len(old) == 0 {
		t.salt = rand.Uint64() //nolint:gosec // spreads keys, keeps no secret
	}
	t.slots = make([]intSlot, max(firstSlots, 2*len(old)))
	for _, s := range old {
		if s.n != 0 {
			t.slots[t.look(s.key)] = s
		}
	}
}
