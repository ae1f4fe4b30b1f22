package kqlbench

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// rows collects a batch of one table. Every row sets the same columns in the same order.
type rows struct {
	cols []schema.Column
	vecs []*column.Vector
	at   int
	n    int
}

func (r *rows) next(name string, t schema.Type) *column.Vector {
	if r.n == 0 {
		r.cols, r.vecs = append(r.cols, schema.Column{Name: name, Type: t}), append(r.vecs, column.New(t, batchRows))
	}
	r.at++
	return r.vecs[r.at-1]
}

func (r *rows) text(name, v string)       { r.next(name, schema.String).AppendString(v) }
func (r *rows) long(name string, v int64) { r.next(name, schema.Long).AppendInt(v) }
func (r *rows) int(name string, v int64)  { r.next(name, schema.Int).AppendInt(v) }
func (r *rows) time(name string, v int64) { r.next(name, schema.Datetime).AppendInt(v) }
func (r *rows) bool(name string, v bool)  { r.next(name, schema.Bool).AppendBool(v) }
func (r *rows) json(name, v string)       { r.next(name, schema.Dynamic).AppendAny(column.Raw(v)) }
func (r *rows) end()                      { r.at, r.n = 0, r.n+1 }

// dice draws what an event is made of.
type dice struct{ *rand.Rand }

func newDice(seeds ...uint64) dice {
	h := uint64(0x9e3779b97f4a7c15)
	for _, s := range seeds {
		h = (h ^ s) * 0xbf58476d1ce4e5b9
		h ^= h >> 29
	}
	return dice{rand.New(rand.NewPCG(h, 7))}
}

// few draws below n, small numbers far more often.
func (d dice) few(n int) int {
	return int(math.Pow(float64(n), d.Float64())) - 1
}

func (d dice) chance(p float64) bool { return d.Float64() < p }

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

func often[T any](d dice, list []T) T { return list[d.few(len(list))] }

// hash is a digest of so many bytes, the same for the same number.
func hash(bytes int, n uint64) string {
	d := newDice(n, uint64(bytes))
	b := make([]byte, bytes)
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	return hex.EncodeToString(b)
}

func sid(n int) string { return fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 1100+n) }

func guid(n uint64) string {
	h := hash(16, n)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (d dice) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[d.IntN(16)]
	}
	return string(b)
}

func (d dice) publicIP() string {
	return fmt.Sprintf("%d.%d.%d.%d", 20+d.few(180), d.IntN(256), d.IntN(256), 1+d.IntN(254))
}
