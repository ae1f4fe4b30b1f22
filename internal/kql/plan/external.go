package plan

// External is externaldata: tables read from addresses, which are constant strings, one after the other. Format is
// lower case, "" to go by the ending of each address.
type External struct {
	URIs      []Expr
	Format    string
	SkipFirst bool // the first record of each file is a heading
	SkipLast  bool
	Out       []Col
}

// Cols returns the declared columns.
func (n *External) Cols() []Col { return n.Out }

// Inputs returns nothing: the rows come from outside.
func (*External) Inputs() []Node { return nil }

// Parts returns the addresses.
func (n *External) Parts() []Expr { return append([]Expr(nil), n.URIs...) }

// With returns the node over other addresses.
func (n *External) With(_ []Node, parts []Expr) Node {
	out := *n
	out.URIs = parts
	return &out
}
