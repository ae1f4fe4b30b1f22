package kernel

import (
	"math"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/ordinal"
	"github.com/vedette-siem/vedette/internal/schema"
)

// distinct counts different values, exactly; null is not one. A value is held once for all groups, which hold its number.
type distinct struct {
	texts ordinal.Texts
	ints  ordinal.Ints
	pairs ordinal.Ints // group and number of a value
	n     []int64
	buf   []byte
}

func newDistinct(*aggSite) (Aggregator, error) { return &distinct{}, nil }

func (a *distinct) Add(groups []int, total int, args []*column.Vector, n int) {
	a.n = grown(a.n, total)
	v := args[0]
	for r, g := range groups[:n] {
		if v.Null(r) {
			continue
		}
		if _, fresh := a.pairs.Add(int64(g)<<32 | int64(a.number(v, r))); fresh {
			a.n[g]++
		}
	}
	if max(a.texts.Len(), a.ints.Len(), total) > math.MaxUint32 {
		panic("kernel: more different values than have a number") // hundreds of gigabytes beyond any cap
	}
}

// number returns the number of value r.
func (a *distinct) number(v *column.Vector, r int) (n int) {
	switch v.Type {
	case schema.String:
		n, _ = a.texts.Add(v.Strings[r])
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		n, _ = a.ints.Add(v.Ints[r])
	default:
		a.buf = AppendCell(a.buf[:0], v, r)
		n, _ = a.texts.AddBytes(a.buf)
	}
	return n
}

func (a *distinct) Result(total int) []*column.Vector {
	a.n = grown(a.n, total)
	return []*column.Vector{{Type: schema.Long, Ints: a.n[:total]}}
}

func (a *distinct) Size() int64 {
	return a.texts.Size() + a.ints.Size() + a.pairs.Size() + int64(8*cap(a.n))
}
