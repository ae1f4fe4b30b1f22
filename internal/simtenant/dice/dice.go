// Package dice makes the simulator's deterministic randomness: every stream of choices is named, so that adding one never shifts another.
package dice

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// Dice is one named stream of choices. It is not safe for concurrent use.
type Dice struct{ *rand.Rand }

// New returns the stream named by the parts under the seed.
func New(seed int64, parts ...any) *Dice {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = fmt.Fprint(h, p, "\x00")
	}
	return &Dice{rand.New(rand.NewPCG(uint64(seed), h.Sum64()))}
}

// Pick returns one of the choices.
func Pick[T any](d *Dice, choices []T) T { return choices[d.IntN(len(choices))] }

// Chance is true with probability p.
func (d *Dice) Chance(p float64) bool { return d.Float64() < p }

// Hex returns n bytes as lower-case hex.
func (d *Dice) Hex(n int) string { return hex.EncodeToString(d.bytes(n)) }

func (d *Dice) bytes(n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		v := d.Uint64()
		b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
	}
	return b[:n]
}

// GUID returns a version 4 identifier.
func (d *Dice) GUID() string {
	b := d.bytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// Between returns a duration in [lo, hi).
func (d *Dice) Between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(d.Float64()*float64(hi-lo))
}

// Lateness returns how long after its time an event reaches the hub: median 2.6 minutes, one in two hundred takes hours.
func (d *Dice) Lateness() time.Duration {
	if d.Chance(0.005) {
		return d.Between(time.Hour, 6*time.Hour)
	}
	return time.Duration(156 * math.Exp(d.NormFloat64()*0.8) * float64(time.Second))
}
