package plan

// Composite is a node that names its parts, so that rules need not know it: they rewrite its inputs and expressions and
// ask for the same node over the new ones. Every column of every input is taken to be needed.
type Composite interface {
	Node
	// Parts lists the expressions, in an order of the node's own. None is nil.
	Parts() []Expr
	// With returns the node over other inputs and expressions, as many as Inputs and Parts list, in the same order.
	With(inputs []Node, parts []Expr) Node
}

// parts collects expressions, leaving out those that are absent.
func parts(list ...Expr) []Expr {
	out := make([]Expr, 0, len(list))
	for _, e := range list {
		if e != nil {
			out = append(out, e)
		}
	}
	return out
}

// dealer hands rewritten parts back, one after the other, where there was one before.
type dealer []Expr

func (d *dealer) next(old Expr) Expr {
	if old == nil {
		return nil
	}
	e := (*d)[0]
	*d = (*d)[1:]
	return e
}
