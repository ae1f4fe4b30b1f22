package kernel

import (
	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

// windows holds the functions over a serialized input: one evaluation sees all rows, in order.
func windows() family {
	w := func(bind binder, least, most int) def { return def{bind: bind, min: least, max: most, window: true} }
	return family{
		"prev": w(bindNeighbour(-1), 1, 3), "next": w(bindNeighbour(1), 1, 3),
		"row_number": w(bindRowNumber, 0, 2), "row_cumsum": w(bindRowCumsum, 1, 2),
		"row_rank_dense": w(bindRowRank(true), 1, 2), "row_rank_min": w(bindRowRank(false), 1, 2), "row_rank": w(bindRowRank(true), 1, 2),
		"row_window_session": w(bindRowSession, 3, 4),
	}
}

// bindNeighbour binds prev and next(column [, offset [, default]]).
func bindNeighbour(sign int64) binder {
	return func(s *site) (eval, schema.Type, error) {
		t := s.typ(0)
		return func(args []*column.Vector, n int) *column.Vector {
			v := spread(args[0], n)
			offset := int64(1)
			if len(args) > 1 {
				if k, ok := toLong(Box(args[1], 0)); ok {
					offset = k
				}
			}
			var fill *column.Vector
			if len(args) > 2 {
				fill = Convert(args[2], t)
			}
			out := column.New(t, n)
			for r := range n {
				j := int64(r) + sign*offset
				switch {
				case j >= 0 && j < int64(n):
					appendFrom(out, v, int(j))
				case fill != nil:
					appendFrom(out, fill, rowOf(fill, r, n))
				default:
					out.AppendNull()
				}
			}
			return out
		}, t, nil
	}
}

// restarts reads an optional predicate argument; without it nothing restarts.
func restarts(args []*column.Vector, i, n int) func(r int) bool {
	if i >= len(args) {
		return func(int) bool { return false }
	}
	b := asBools(args[i], n)
	return func(r int) bool { return !b.null(r) && b.at(r) }
}

func bindRowNumber(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		start := int64(1)
		if len(args) > 0 {
			if k, ok := toLong(Box(args[0], 0)); ok {
				start = k
			}
		}
		restart := restarts(args, 1, n)
		out := column.Make(schema.Long, n)
		k := start
		for r := range n {
			if restart(r) {
				k = start
			}
			out.Ints[r] = k
			k++
		}
		return out
	}, schema.Long, nil
}

// bindRowCumsum adds up; a null adds nothing.
func bindRowCumsum(s *site) (eval, schema.Type, error) {
	t := s.typ(0)
	switch t {
	case schema.Int, schema.Long, schema.Timespan:
	case schema.Real, schema.Dynamic, schema.Decimal:
		return func(args []*column.Vector, n int) *column.Vector {
			v, restart := asReals(args[0], n), restarts(args, 1, n)
			out := column.Make(schema.Real, n)
			sum := 0.0
			for r := range n {
				if restart(r) {
					sum = 0
				}
				if !v.null(r) {
					sum += v.at(r)
				}
				out.Floats[r] = sum
			}
			return out
		}, schema.Real, nil
	default:
		return nil, 0, s.badType(0)
	}
	return func(args []*column.Vector, n int) *column.Vector {
		v, restart := asInts(args[0], n), restarts(args, 1, n)
		out := column.Make(t, n)
		var sum int64
		for r := range n {
			if restart(r) {
				sum = 0
			}
			if !v.null(r) {
				sum += v.at(r)
			}
			out.Ints[r] = sum
		}
		return out
	}, t, nil
}

// bindRowRank ranks by changes of the value: dense counts changes, min the rows before.
func bindRowRank(dense bool) binder {
	return func(*site) (eval, schema.Type, error) {
		return func(args []*column.Vector, n int) *column.Vector {
			v, restart := spread(args[0], n), restarts(args, 1, n)
			out := column.Make(schema.Long, n)
			rank, since := int64(0), int64(0)
			for r := range n {
				changed := r == 0 || v.Null(r) != v.Null(r-1) || !v.Null(r) && CompareCells(v, r, v, r-1) != 0
				switch {
				case r == 0 || restart(r):
					rank, since = 1, 0
				case changed && dense:
					rank++
				case changed:
					rank = since + 1
				}
				since++
				out.Ints[r] = rank
			}
			return out
		}, schema.Long, nil
	}
}

// bindRowSession gives the start of the session of each row: a session ends when it lasts too long, when two rows lie too far
// apart, or when told to restart.
func bindRowSession(*site) (eval, schema.Type, error) {
	return func(args []*column.Vector, n int) *column.Vector {
		d, far, between, restart := asDatetimes(args[0], n), asTimespans(args[1], n), asTimespans(args[2], n), restarts(args, 3, n)
		out := newOutput[int64](schema.Datetime, n)
		var start, last int64
		open := false
		for r := range n {
			if d.null(r) {
				out.setNull(r)
				continue
			}
			t := d.at(r)
			if !open || restart(r) || t-start > far.at(r) || t-last > between.at(r) {
				start = t
			}
			last, open = t, true
			out.v[r] = start
		}
		return out.vec
	}, schema.Datetime, nil
}
