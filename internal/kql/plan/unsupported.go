package plan

// Unsupported stands for a construct that has a meaning, and so columns, but that nothing runs yet. Start and End are
// its place in the query text. A plan with one must not be run.
type Unsupported struct {
	Name       string
	Start, End int
	In         []Node
	Out        []Col
}

// Cols returns the output columns.
func (n *Unsupported) Cols() []Col { return n.Out }

// Inputs returns the inputs.
func (n *Unsupported) Inputs() []Node { return n.In }
