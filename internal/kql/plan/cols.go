package plan

// Cols returns the output columns.
func (n *Scan) Cols() []Col { return n.Out }

// Cols returns the output columns.
func (n *Values) Cols() []Col { return n.Out }

// Cols returns the single output column.
func (n *Range) Cols() []Col { return []Col{n.Out} }

// Cols returns the input's columns.
func (n *Filter) Cols() []Col { return n.Input.Cols() }

// Cols returns the columns of the items.
func (n *Project) Cols() []Col { return itemCols(n.Items) }

// Cols returns the keys, then the outputs of the aggregates.
func (n *Aggregate) Cols() []Col {
	out := itemCols(n.Keys)
	for _, a := range n.Aggs {
		out = append(out, a.Out...)
	}
	return out
}

// Cols returns the input's columns.
func (n *Sort) Cols() []Col { return n.Input.Cols() }

// Cols returns the input's columns.
func (n *Limit) Cols() []Col { return n.Input.Cols() }

// Cols returns the output columns.
func (n *Join) Cols() []Col { return n.Out }

// Cols returns the output columns.
func (n *Union) Cols() []Col { return n.Out }

// Cols returns the output columns.
func (n *MvExpand) Cols() []Col { return n.Out }

// Cols returns the output columns.
func (n *Parse) Cols() []Col { return n.Out }

// Cols returns the output columns.
func (n *Materialize) Cols() []Col { return n.Out }

// Cols returns the input's columns.
func (n *Serialize) Cols() []Col { return n.Input.Cols() }

// Inputs returns nothing: a scan is a leaf.
func (*Scan) Inputs() []Node { return nil }

// Inputs returns nothing: values are a leaf.
func (*Values) Inputs() []Node { return nil }

// Inputs returns nothing: a range is a leaf.
func (*Range) Inputs() []Node { return nil }

// Inputs returns the input.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// Inputs returns left and right.
func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs returns the legs.
func (n *Union) Inputs() []Node { return n.Legs }

// Inputs returns the input.
func (n *MvExpand) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Parse) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Materialize) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Serialize) Inputs() []Node { return []Node{n.Input} }

func itemCols(items []Item) []Col {
	out := make([]Col, len(items))
	for i, it := range items {
		out[i] = it.Out
	}
	return out
}
