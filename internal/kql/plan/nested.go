package plan

// NestedLevel is one level of a TopNested. Top and Others are sub-plans over Rows, the rows of the group above: Top gives
// the best values, best first, with their aggregate; Others the one row of the aggregate over Rows. Key computes the
// value from a row of the input, of the type of Value.
type NestedLevel struct {
	Rows  *GroupRows
	Key   Expr
	Top   Node // columns: value, aggregate
	Other Expr // constant that stands for all other values; nil without `with others`
	// Rest gives the aggregate of the rows left over; nil without `with others`.
	Rest       Node
	Value, Agg Col
}

// TopNested keeps, for each value kept on a level, the best values of the next one. A row that stands for all others of its
// level has nothing on the levels below.
type TopNested struct {
	Input  Node
	Levels []NestedLevel
}

// Cols returns value and aggregate of each level.
func (n *TopNested) Cols() []Col {
	var out []Col
	for _, l := range n.Levels {
		out = append(out, l.Value, l.Agg)
	}
	return out
}

// Inputs returns the input, then the sub-plans of the levels.
func (n *TopNested) Inputs() []Node {
	out := []Node{n.Input}
	for _, l := range n.Levels {
		out = append(out, l.Top)
		if l.Rest != nil {
			out = append(out, l.Rest)
		}
	}
	return out
}

// Parts returns the keys and the constants for the others.
func (n *TopNested) Parts() []Expr {
	var out []Expr
	for _, l := range n.Levels {
		out = append(out, parts(l.Key, l.Other)...)
	}
	return out
}

// With returns the node over other inputs and expressions.
func (n *TopNested) With(inputs []Node, parts []Expr) Node {
	out, d := &TopNested{Input: inputs[0], Levels: make([]NestedLevel, len(n.Levels))}, dealer(parts)
	inputs = inputs[1:]
	for i, l := range n.Levels {
		l.Key, l.Other = d.next(l.Key), d.next(l.Other)
		l.Top, inputs = inputs[0], inputs[1:]
		if l.Rest != nil {
			l.Rest, inputs = inputs[0], inputs[1:]
		}
		out.Levels[i] = l
	}
	return out
}
