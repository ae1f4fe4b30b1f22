package plan

// SeriesValue is one array of a make-series: the values of an input column, and what stands where there is none.
type SeriesValue struct {
	Col     Col
	Default Expr // constant of the column's type; nil is null
	Out     Col
}

// MakeSeries lays the rows of each key out along an axis. The input has a row for every key and step of the axis that
// occurs: the keys, Bin (the lower end of the step), and the values. From and To bound the axis (To is exclusive, unless
// Inclusive); without them the smallest and the largest step that occur do. All arrays of the result have one length.
type MakeSeries struct {
	Input          Node
	Keys           []Col
	Bin            Col
	Values         []SeriesValue
	From, To, Step Expr // constants of Bin's type (Step: timespan for a datetime); From and To may be nil
	Inclusive      bool
	// NonEmpty asks for a row of defaults where there is no input and no key.
	NonEmpty bool
	Axis     Col
}

// Cols returns the keys, the arrays, and the axis.
func (n *MakeSeries) Cols() []Col {
	out := append([]Col(nil), n.Keys...)
	for _, v := range n.Values {
		out = append(out, v.Out)
	}
	return append(out, n.Axis)
}

// Inputs returns the input.
func (n *MakeSeries) Inputs() []Node { return []Node{n.Input} }

// Parts returns the bounds, the step and the defaults.
func (n *MakeSeries) Parts() []Expr {
	out := parts(n.From, n.To, n.Step)
	for _, v := range n.Values {
		out = append(out, parts(v.Default)...)
	}
	return out
}

// With returns the node over other inputs and expressions.
func (n *MakeSeries) With(inputs []Node, parts []Expr) Node {
	out, d := *n, dealer(parts)
	out.Input = inputs[0]
	out.From, out.To, out.Step = d.next(n.From), d.next(n.To), d.next(n.Step)
	out.Values = make([]SeriesValue, len(n.Values))
	for i, v := range n.Values {
		v.Default = d.next(v.Default)
		out.Values[i] = v
	}
	return &out
}
