package plan

// ParseKV extracts the values of named keys from a text. With Regex set, its two groups are key and value; with Pair and KV
// set, those part pairs and keys from values; else everything that is no letter or digit does.
type ParseKV struct {
	Input    Node
	X        Expr
	Keys     []Col
	Pair, KV string
	Quotes   []string // one character, or an opening and a closing one
	Escapes  []string
	Regex    string
	Greedy   bool  // a value goes on to the next key that is asked for
	Out      []Col // the full output
}

// Cols returns the output columns.
func (n *ParseKV) Cols() []Col { return n.Out }

// Inputs returns the input.
func (n *ParseKV) Inputs() []Node { return []Node{n.Input} }

// Parts returns the text.
func (n *ParseKV) Parts() []Expr { return []Expr{n.X} }

// With returns the node over another input and text.
func (n *ParseKV) With(inputs []Node, parts []Expr) Node {
	out := *n
	out.Input, out.X = inputs[0], parts[0]
	return &out
}
