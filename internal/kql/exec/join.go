package exec

import (
	"context"
	"errors"
	"io"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// joinReader keeps the right side in a hash table and streams the left side past it.
type joinReader struct {
	kind       plan.JoinKind
	left       Reader
	leftKeys   []*scalar
	right      *column.Batch
	keys       joinKeys // of the right side
	head       []int    // number of a key -> first right row
	chain      []int    // right row -> next row of the same key, -1 at the end
	matched    []bool   // right rows that found a partner
	seen       joinKeys // of the left side, for innerunique
	from       []source // of each output column
	mem        *memory
	held       int64
	pendingB   *column.Batch // left batch being paired
	pendingL   int
	pendingR   int // next right row for pendingL, -2: look it up
	tailAt     int
	leftDone   bool
	keyVecs    []*column.Vector
	leftOuter  bool
	rightOuter bool
	leftEmpty  *column.Batch
}

// source says where an output column comes from.
type source struct {
	right bool
	col   int
}

func (x *runner) join(ctx context.Context, n *plan.Join) (Reader, error) {
	leftCols, rightCols := n.Left.Cols(), n.Right.Cols()
	leftAt, rightAt := places(leftCols), places(rightCols)
	r := &joinReader{
		kind: n.Kind, mem: x.mem, pendingR: -2,
		leftOuter:  n.Kind == plan.LeftOuter || n.Kind == plan.FullOuter,
		rightOuter: n.Kind == plan.RightOuter || n.Kind == plan.FullOuter,
		leftEmpty:  column.NewBatch(0, typesOf(leftCols)...),
	}
	for _, c := range n.Out {
		if i, ok := leftAt[c.ID]; ok {
			r.from = append(r.from, source{col: i})
		} else {
			r.from = append(r.from, source{right: true, col: rightAt[c.ID]})
		}
	}
	var rightKeys []*scalar
	for _, k := range n.On {
		l, err := x.compile(ctx, k.Left, leftAt)
		if err != nil {
			return nil, err
		}
		rk, err := x.compile(ctx, k.Right, rightAt)
		if err != nil {
			return nil, err
		}
		if t := kernel.Widen(l.typ, rk.typ); l.typ != rk.typ {
			l, rk = converted(l, t), converted(rk, t)
		}
		r.leftKeys = append(r.leftKeys, l)
		rightKeys = append(rightKeys, rk)
	}
	right, err := x.open(ctx, n.Right)
	if err != nil {
		return nil, err
	}
	defer right.Close() //nolint:errcheck // read to its end
	if r.right, r.held, err = x.gather(ctx, "join", right, typesOf(rightCols)); err != nil {
		return nil, err
	}
	if err := r.build(ctx, rightKeys); err != nil {
		return nil, err
	}
	if r.left, err = x.open(ctx, n.Left); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *joinReader) build(ctx context.Context, keys []*scalar) error {
	vecs := make([]*column.Vector, len(keys))
	for i, k := range keys {
		vecs[i] = k.column(r.right)
	}
	n := r.right.N
	r.chain, r.matched = make([]int, n), make([]bool, n)
	for i := n - 1; i >= 0; i-- { // backwards, so that chains run forwards
		if i&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.chain[i] = -1
		switch key, fresh := r.keys.add(vecs, i); {
		case key < 0:
		case fresh:
			r.head = append(r.head, i)
		default:
			r.chain[i], r.head[key] = r.head[key], i
		}
	}
	bytes := int64(n)*9 + int64(8*cap(r.head)) + r.keys.size()
	r.held += bytes
	return r.mem.grow("join", bytes)
}

func (r *joinReader) Next(ctx context.Context) (*column.Batch, error) {
	for !r.leftDone {
		if r.pendingB == nil {
			b, err := next(ctx, r.left)
			if errors.Is(err, io.EOF) {
				r.leftDone = true
				break
			}
			if err != nil {
				return nil, err
			}
			r.pendingB, r.pendingL, r.pendingR = b, 0, -2
			r.keyVecs = make([]*column.Vector, len(r.leftKeys))
			for i, k := range r.leftKeys {
				r.keyVecs[i] = k.column(b)
			}
		}
		lrows, rrows, err := r.pair()
		if err != nil {
			return nil, err
		}
		b := r.pendingB
		if r.pendingL >= b.N {
			r.pendingB = nil
		}
		if len(lrows) > 0 {
			return r.emit(b, lrows, rrows), nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return r.rest()
}

// pair walks the pending left batch until a batch of output rows is full.
func (r *joinReader) pair() (lrows, rrows []int, err error) {
	for r.pendingL < r.pendingB.N && len(lrows) < batchRows {
		if r.pendingR == -2 {
			first, use, err := r.lookup(r.pendingL)
			if err != nil {
				return nil, nil, err
			}
			if !use {
				r.pendingL++
				continue
			}
			switch {
			case r.kind == plan.LeftSemi || r.kind == plan.LeftAnti:
				if (first >= 0) == (r.kind == plan.LeftSemi) {
					lrows, rrows = append(lrows, r.pendingL), append(rrows, -1)
				}
				r.pendingL++
				continue
			case r.kind == plan.RightSemi || r.kind == plan.RightAnti:
				for ; first >= 0 && !r.matched[first]; first = r.chain[first] {
					r.matched[first] = true
				}
				r.pendingL++
				continue
			case first < 0:
				if r.leftOuter {
					lrows, rrows = append(lrows, r.pendingL), append(rrows, -1)
				}
				r.pendingL++
				continue
			}
			r.pendingR = first
		}
		lrows, rrows = append(lrows, r.pendingL), append(rrows, r.pendingR)
		r.matched[r.pendingR] = true
		if r.pendingR = r.chain[r.pendingR]; r.pendingR < 0 {
			r.pendingL++
			r.pendingR = -2
		}
	}
	return lrows, rrows, nil
}

// lookup finds the first right row for a left row; use is false for a left row that innerunique leaves out.
func (r *joinReader) lookup(l int) (first int, use bool, err error) {
	if r.kind == plan.InnerUnique {
		before := r.seen.size()
		key, fresh := r.seen.add(r.keyVecs, l)
		if key < 0 {
			return -1, true, nil
		}
		if !fresh {
			return -1, false, nil
		}
		bytes := r.seen.size() - before
		r.held += bytes
		if err := r.mem.grow("join", bytes); err != nil {
			return -1, false, err
		}
	}
	if key := r.keys.find(r.keyVecs, l); key >= 0 {
		return r.head[key], true, nil
	}
	return -1, true, nil
}

// emit builds output rows from rows of the left batch and of the right side.
func (r *joinReader) emit(left *column.Batch, lrows, rrows []int) *column.Batch {
	out := &column.Batch{N: len(lrows), Cols: make([]*column.Vector, len(r.from))}
	for k, s := range r.from {
		if s.right {
			out.Cols[k] = r.right.Cols[s.col].Gather(rrows)
		} else {
			out.Cols[k] = left.Cols[s.col].Gather(lrows)
		}
	}
	return out
}

// rest yields the right rows that the kind keeps after the left side has ended.
func (r *joinReader) rest() (*column.Batch, error) {
	want := r.kind == plan.RightSemi
	if !want && !r.rightOuter && r.kind != plan.RightAnti {
		return nil, io.EOF
	}
	var lrows, rrows []int
	for ; r.tailAt < r.right.N && len(rrows) < batchRows; r.tailAt++ {
		if r.matched[r.tailAt] == want {
			lrows, rrows = append(lrows, -1), append(rrows, r.tailAt)
		}
	}
	if len(rrows) == 0 {
		return nil, io.EOF
	}
	return r.emit(r.leftEmpty, lrows, rrows), nil
}

func (r *joinReader) Close() error {
	r.mem.release(r.held)
	r.held = 0
	if r.left == nil {
		return nil
	}
	return r.left.Close()
}
