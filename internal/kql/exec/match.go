package exec

import (
	"context"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// matcher is a scan at work: the compiled steps and the row being tried.
type matcher struct {
	n       *plan.Match
	steps   []matchStep
	empty   []*column.Vector // the state of a step that has not matched: null, and the declared defaults
	matches int64            // match ids given out
	out     *column.Batch
	types   []schema.Type
	err     error
	mem     *memory
	held    int64
}

type matchStep struct {
	name   string
	output string
	pred   *scalar
	assign []*scalar
	to     []int
}

// sequence is the state of one step: the last row of every step up to it, as columns of one value.
type sequence struct {
	id   int64
	rows [][]*column.Vector
	// pending is a row of an output=last step that comes out once another takes its place.
	pending []*column.Vector
}

// match reads the rows in order; each goes to the steps from the last to the first.
func (x *runner) match(ctx context.Context, n *plan.Match) (Reader, error) {
	cols := n.Input.Cols()
	m := &matcher{n: n, types: typesOf(n.Cols()), mem: x.mem}
	m.out = column.NewBatch(0, m.types...)
	keys, err := x.compileAll(ctx, n.By, places(cols))
	if err != nil {
		return nil, err
	}
	if err := m.compile(ctx, x, cols); err != nil {
		return nil, err
	}
	in, err := x.open(ctx, n.Input)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read to its end
	all, held, err := x.gather(ctx, "scan", in, typesOf(cols))
	if err != nil {
		return nil, err
	}
	m.held = held
	kb := &column.Batch{N: all.N}
	g := newGroups(nil)
	for _, k := range keys {
		v := k.column(all)
		kb.Cols = append(kb.Cols, v)
		g.keys.Cols = append(g.keys.Cols, column.New(v.Type, 0))
	}
	states := map[int][]*sequence{}
	for row, group := range g.assign(kb) {
		if row%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if states[group] == nil {
			states[group] = make([]*sequence, len(m.steps))
		}
		m.row(all, row, states[group])
		if m.err != nil {
			return nil, m.err
		}
	}
	for group := range g.keys.N {
		for k, s := range states[group] {
			m.flush(k, s)
		}
	}
	return &sliceReader{b: m.out, release: func() { x.mem.release(m.held) }}, m.err
}

// compile prepares the expressions over a row: the input's columns, the declared ones as they begin, then the states of
// all steps.
func (m *matcher) compile(ctx context.Context, x *runner, cols []plan.Col) error {
	var state []plan.Col
	for _, c := range cols {
		v := column.New(c.Type, 1)
		v.AppendNull()
		m.empty = append(m.empty, v)
	}
	for i, e := range m.n.Defaults {
		s, err := x.compile(ctx, e, nil)
		if err != nil {
			return err
		}
		m.empty = append(m.empty, kernel.Convert(s.column(&column.Batch{N: 1}), m.n.Declared[i].Type))
	}
	all := append(append([]plan.Col(nil), cols...), m.n.Declared...)
	for _, s := range m.n.Steps {
		state = append(state, s.State...)
	}
	at := places(append(all, state...))
	for _, s := range m.n.Steps {
		pred, err := x.compile(ctx, s.Pred, at)
		if err != nil {
			return err
		}
		step := matchStep{name: s.Name, output: s.Output, pred: pred}
		for _, a := range s.Assign {
			e, err := x.compile(ctx, a.Expr, at)
			if err != nil {
				return err
			}
			step.assign, step.to = append(step.assign, e), append(step.to, a.Column)
		}
		m.steps = append(m.steps, step)
	}
	return nil
}

// row tries one row on every step.
func (m *matcher) row(all *column.Batch, r int, states []*sequence) {
	base := make([]*column.Vector, 0, len(m.empty)*(len(m.steps)+1))
	for _, v := range all.Cols {
		base = append(base, v.Slice(r, r+1))
	}
	base = append(base, m.empty[len(all.Cols):]...)
	for k := len(m.steps) - 1; k >= 0; k-- {
		if k > 0 && states[k-1] != nil && m.holds(k, base, states[k-1]) {
			m.flush(k, states[k])
			m.flush(k-1, states[k-1])
			s := states[k-1]
			states[k-1], states[k] = nil, s
			m.take(k, base, s)
			continue
		}
		if s := states[k]; (s != nil || k == 0) && m.holds(k, base, s) {
			if s == nil {
				s = &sequence{id: m.matches}
				m.matches++
				states[k] = s
			}
			m.take(k, base, s)
		}
	}
}

// view puts the state of a sequence behind the row.
func (m *matcher) view(base []*column.Vector, s *sequence) *column.Batch {
	cols := append([]*column.Vector(nil), base...)
	for k := range m.steps {
		if s != nil && k < len(s.rows) {
			cols = append(cols, s.rows[k]...)
		} else {
			cols = append(cols, m.empty...)
		}
	}
	return &column.Batch{N: 1, Cols: cols}
}

func (m *matcher) holds(k int, base []*column.Vector, s *sequence) bool {
	v := kernel.Convert(m.steps[k].pred.column(m.view(base, s)), schema.Bool)
	return !v.Null(0) && v.Bools[0]
}

// take makes the row the last one of step k, and lets it out as the step says.
func (m *matcher) take(k int, base []*column.Vector, s *sequence) {
	step := m.steps[k]
	b := m.view(base, s)
	row := append([]*column.Vector(nil), base...)
	inputs := len(base) - len(m.n.Declared)
	for i, e := range step.assign {
		c := step.to[i]
		row[inputs+c] = kernel.Convert(e.column(b), m.n.Declared[c].Type)
	}
	s.rows = append(s.rows[:min(k, len(s.rows)):min(k, len(s.rows))], row)
	switch step.output {
	case "none":
	case "last":
		s.pending = row
	default:
		m.emit(k, s.id, row)
	}
}

// flush lets out the row that an output=last step holds back.
func (m *matcher) flush(k int, s *sequence) {
	if s != nil && s.pending != nil {
		m.emit(k, s.id, s.pending)
		s.pending = nil
	}
}

func (m *matcher) emit(k int, id int64, row []*column.Vector) {
	for i, v := range row {
		m.out.Cols[i].Append(v.Value(0))
	}
	at := len(row)
	if m.n.ID != nil {
		m.out.Cols[at].AppendInt(id)
		at++
	}
	if m.n.Step != nil {
		m.out.Cols[at].AppendString(m.steps[k].name)
	}
	m.out.N++
	size := int64(32 * len(row))
	m.held += size
	if err := m.mem.grow("scan", size); err != nil {
		m.err = err
	}
}
