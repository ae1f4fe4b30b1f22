package plan

// GroupRows is the leaf of a sub-plan that stands for the rows of one group of an Apply.
type GroupRows struct{ Out []Col }

// Apply runs a sub-plan once for every group of the input: mv-apply over the rows of one expanded record, partition over
// those of one value. Rows with the same keys are a group; groups follow each other in the order of their first rows, and
// rows keep theirs. Rows has the input's columns and is the leaf by which Sub reads the group.
type Apply struct {
	Input Node
	By    []Expr
	Rows  *GroupRows
	Sub   Node
	// Out is the output: columns of Sub, or else columns of the input, which are taken from the group's first row.
	Out []Col
}

// Cols returns the input's columns.
func (n *GroupRows) Cols() []Col { return n.Out }

// Inputs returns nothing: the rows come from the Apply around it.
func (*GroupRows) Inputs() []Node { return nil }

// Cols returns the output columns.
func (n *Apply) Cols() []Col { return n.Out }

// Inputs returns the input and the sub-plan.
func (n *Apply) Inputs() []Node { return []Node{n.Input, n.Sub} }
