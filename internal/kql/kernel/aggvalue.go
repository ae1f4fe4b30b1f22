package kernel

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// extreme keeps the least or greatest value of each group; nulls and NaN are passed over.
type extreme struct {
	size int64 // of texts and dynamics
	sign int
	has  []bool
	best *column.Vector
}

func newExtreme(sign int) func(*aggSite) (Aggregator, error) {
	return func(s *aggSite) (Aggregator, error) {
		return &extreme{sign: sign, best: column.New(s.args[0].Type, 0)}, nil
	}
}

func (a *extreme) grow(total int) {
	a.has = grown(a.has, total)
	for a.best.Len() < total {
		a.best.AppendNull()
	}
}

func (a *extreme) Add(groups []int, total int, args []*column.Vector, n int) {
	a.grow(total)
	v := args[0]
	for r, g := range groups[:n] {
		if v.Null(r) {
			continue
		}
		if a.has[g] && CompareCells(v, r, a.best, g) != a.sign {
			continue
		}
		if v.Type == schema.Real && v.Floats[r] != v.Floats[r] {
			continue
		}
		a.has[g] = true
		a.size += assign(a.best, g, v, r)
	}
}

// assign sets value g of dst to value r of src, a vector of the same type, and returns by how many bytes more that keeps
// alive.
func assign(dst *column.Vector, g int, src *column.Vector, r int) (grown int64) {
	null := src.Null(r)
	if null && dst.Nulls == nil && dst.Type != schema.String {
		dst.Nulls = make([]bool, dst.Len())
	}
	if dst.Nulls != nil {
		dst.Nulls[g] = null
	}
	switch dst.Type {
	case schema.String:
		grown = int64(len(src.Strings[r]) - len(dst.Strings[g]))
		dst.Strings[g] = src.Strings[r]
	case schema.Int, schema.Long, schema.Datetime, schema.Timespan:
		dst.Ints[g] = src.Ints[r]
	case schema.Real:
		dst.Floats[g] = src.Floats[r]
	case schema.Bool:
		dst.Bools[g] = src.Bools[r]
	default:
		grown = sizeOf(src.Any[r]) - sizeOf(dst.Any[g])
		dst.Any[g] = src.Any[r]
	}
	return grown
}

func (a *extreme) Result(total int) []*column.Vector {
	a.grow(total)
	return []*column.Vector{a.best}
}

func (a *extreme) Size() int64 { return a.size + int64(40*cap(a.has)) }

// argExtreme keeps, for each group, the row with the least or greatest first argument. A group whose first arguments are
// all null keeps its first row.
type argExtreme struct {
	size int64 // of texts and dynamics
	sign int
	has  []uint8 // 1: a row with null, 2: a row with a value
	rows []*column.Vector
}

func newArg(sign int) func(*aggSite) (Aggregator, error) {
	return func(s *aggSite) (Aggregator, error) {
		a := &argExtreme{sign: sign}
		for _, arg := range s.args {
			a.rows = append(a.rows, column.New(arg.Type, 0))
		}
		return a, nil
	}
}

func (a *argExtreme) grow(total int) {
	a.has = grown(a.has, total)
	for _, v := range a.rows {
		for v.Len() < total {
			v.AppendNull()
		}
	}
}

func (a *argExtreme) Add(groups []int, total int, args []*column.Vector, n int) {
	a.grow(total)
	key := args[0]
	for r, g := range groups[:n] {
		switch {
		case key.Null(r):
			if a.has[g] != 0 {
				continue
			}
			a.has[g] = 1
		case a.has[g] == 2 && CompareCells(key, r, a.rows[0], g) != a.sign:
			continue
		default:
			a.has[g] = 2
		}
		for i, v := range args {
			a.size += assign(a.rows[i], g, v, r)
		}
	}
}

func (a *argExtreme) Result(total int) []*column.Vector {
	a.grow(total)
	return a.rows
}

func (a *argExtreme) Size() int64 { return a.size + int64(cap(a.has)*(1+40*len(a.rows))) }

// anyRowOf keeps one value per argument and group, one that is neither null nor empty if there is any.
type anyRowOf struct {
	size int64     // of texts and dynamics
	has  [][]uint8 // per argument; 1: an empty value, 2: a real one
	rows []*column.Vector
}

func newAny(s *aggSite) (Aggregator, error) {
	a := &anyRowOf{has: make([][]uint8, len(s.args))}
	for _, arg := range s.args {
		a.rows = append(a.rows, column.New(arg.Type, 0))
	}
	return a, nil
}

func (a *anyRowOf) grow(total int) {
	for i, v := range a.rows {
		a.has[i] = grown(a.has[i], total)
		for v.Len() < total {
			v.AppendNull()
		}
	}
}

func (a *anyRowOf) Add(groups []int, total int, args []*column.Vector, n int) {
	a.grow(total)
	for i, v := range args {
		has := a.has[i]
		for r, g := range groups[:n] {
			if has[g] == 2 {
				continue
			}
			level := uint8(2)
			if v.Null(r) || v.Type == schema.String && v.Strings[r] == "" {
				level = 1
			}
			if level > has[g] {
				has[g] = level
				a.size += assign(a.rows[i], g, v, r)
			}
		}
	}
}

func (a *anyRowOf) Result(total int) []*column.Vector {
	a.grow(total)
	return a.rows
}

func (a *anyRowOf) Size() int64 {
	sum := a.size
	for _, h := range a.has {
		sum += int64(41 * cap(h))
	}
	return sum
}
