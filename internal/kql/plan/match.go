package plan

// MatchStep is a step of a Match. Its condition and its assignments read the row and the state of the steps.
type MatchStep struct {
	Name   string
	Pred   Expr
	Assign []MatchAssign
	// Output is all, last or none.
	Output string
	// State are the columns by which expressions of any step read this step's last row: the input's columns, then the
	// declared ones.
	State []Col
}

// MatchAssign sets a declared column, by its place among them.
type MatchAssign struct {
	Column int
	Expr   Expr
}

// Match is the scan operator: it reads the rows in order and tries each on the steps, last step first. Declared are
// the columns it adds, with their defaults; ID numbers the matches from 0. Rows of a step come out as Input's columns,
// then Declared, then ID.
type Match struct {
	Input    Node
	By       []Expr // each group of rows has a state of its own
	Declared []Col
	Defaults []Expr // constants
	Steps    []MatchStep
	ID       *Col
	// Step names the column of the step's name; nil without one.
	Step *Col
}

// Cols returns the input's columns, the declared ones, the match id and the name of the step.
func (n *Match) Cols() []Col {
	out := append([]Col(nil), n.Input.Cols()...)
	out = append(out, n.Declared...)
	if n.ID != nil {
		out = append(out, *n.ID)
	}
	if n.Step != nil {
		out = append(out, *n.Step)
	}
	return out
}

// Inputs returns the input.
func (n *Match) Inputs() []Node { return []Node{n.Input} }

// Parts returns the groups, the defaults, and the expressions of the steps.
func (n *Match) Parts() []Expr {
	out := append([]Expr(nil), n.By...)
	out = append(out, n.Defaults...)
	for _, s := range n.Steps {
		out = append(out, s.Pred)
		for _, a := range s.Assign {
			out = append(out, a.Expr)
		}
	}
	return out
}

// With returns the node over other inputs and expressions.
func (n *Match) With(inputs []Node, parts []Expr) Node {
	out, d := *n, dealer(parts)
	out.Input = inputs[0]
	take := func(old []Expr) []Expr {
		list := make([]Expr, len(old))
		for i := range old {
			list[i] = d.next(old[i])
		}
		return list
	}
	out.By, out.Defaults = take(n.By), take(n.Defaults)
	out.Steps = make([]MatchStep, len(n.Steps))
	for i, s := range n.Steps {
		s.Pred = d.next(s.Pred)
		s.Assign = append([]MatchAssign(nil), s.Assign...)
		for k := range s.Assign {
			s.Assign[k].Expr = d.next(s.Assign[k].Expr)
		}
		out.Steps[i] = s
	}
	return &out
}
