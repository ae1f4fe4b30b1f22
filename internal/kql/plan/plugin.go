package plan

import "github.com/vedette-siem/vedette/internal/column"

// Plugin is an evaluate. Args are computed from rows of the input, Consts once; the order of both is the plugin's own.
// Tables are further inputs. Dims says how many of the last Args are dimensions.
type Plugin struct {
	Name   string
	Input  Node
	Tables []Node
	Args   []Expr
	Consts []Expr
	Dims   int
	Flags  map[string]bool
	Out    []Col
	// Open says that the columns depend on the rows, so that Out is not all of them: such a plan cannot be run, but
	// exec.Discover makes a Held of it.
	Open bool
}

// Cols returns the output columns.
func (n *Plugin) Cols() []Col { return n.Out }

// Inputs returns the input and the further tables.
func (n *Plugin) Inputs() []Node { return append([]Node{n.Input}, n.Tables...) }

// Parts returns the arguments, then the constants.
func (n *Plugin) Parts() []Expr { return append(append([]Expr(nil), n.Args...), n.Consts...) }

// With returns the node over other inputs and expressions.
func (n *Plugin) With(inputs []Node, parts []Expr) Node {
	out := *n
	out.Input, out.Tables = inputs[0], inputs[1:]
	out.Args, out.Consts = parts[:len(n.Args):len(n.Args)], parts[len(n.Args):]
	return &out
}

// Held is rows that were computed while the query was bound, because its columns depend on them.
type Held struct {
	Out     []Col
	Batches []*column.Batch
}

// Cols returns the columns of the rows.
func (n *Held) Cols() []Col { return n.Out }

// Inputs returns nothing: the rows are here.
func (*Held) Inputs() []Node { return nil }
