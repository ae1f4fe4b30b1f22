package plan

import "github.com/vedette-siem/vedette/internal/schema"

// WideItem is a column that a leg of a WideUnion has: its place in Out, and its value over the leg.
type WideItem struct {
	Place int
	Expr  Expr
}

// WideUnion is a Union of many tables that share few columns: a leg lists only what it has, the rest is null. Written out,
// a union of all tables would have millions of cells, nearly all of which pruning takes away: so Prune writes it out.
type WideUnion struct {
	Legs  []Node
	Items [][]WideItem // of each leg
	Out   []Col
	// Base is the first of len(Legs)*len(Out) ids for the columns of the legs.
	Base int
}

// Cols returns the output columns.
func (n *WideUnion) Cols() []Col { return n.Out }

// Inputs returns the legs.
func (n *WideUnion) Inputs() []Node { return append([]Node(nil), n.Legs...) }

// Parts returns the values of all legs.
func (n *WideUnion) Parts() []Expr {
	var out []Expr
	for _, items := range n.Items {
		for _, it := range items {
			out = append(out, it.Expr)
		}
	}
	return out
}

// With returns the node over other legs and values.
func (n *WideUnion) With(inputs []Node, parts []Expr) Node {
	out := &WideUnion{Legs: inputs, Out: n.Out, Base: n.Base}
	for _, items := range n.Items {
		list := make([]WideItem, len(items))
		for i, it := range items {
			list[i] = WideItem{Place: it.Place, Expr: parts[0]}
			parts = parts[1:]
		}
		out.Items = append(out.Items, list)
	}
	return out
}

// Dense writes the union out.
func (n *WideUnion) Dense() *Union {
	out := &Union{Out: n.Out}
	for l := range n.Legs {
		out.Legs = append(out.Legs, n.Leg(l))
	}
	return out
}

// Leg writes one leg out.
func (n *WideUnion) Leg(l int) *Project {
	has := make(map[int]Expr, len(n.Items[l]))
	for _, it := range n.Items[l] {
		has[it.Place] = it.Expr
	}
	p := &Project{Input: n.Legs[l], Items: make([]Item, len(n.Out))}
	for i, c := range n.Out {
		c.ID = n.Base + l*len(n.Out) + i
		e, ok := has[i]
		if !ok {
			e = &Lit{T: c.Type}
			if c.Type == schema.String {
				e = &Lit{T: c.Type, Value: ""}
			}
		}
		p.Items[i] = Item{Out: c, Expr: e}
	}
	return p
}

// maxDense is the number of cells up to which pruning writes a wide union out.
const maxDense = 100_000

// wideUnion drops the columns that nothing reads, and writes out what is small enough then.
func (p *pruner) wideUnion(n *WideUnion, need idSet) Node {
	out := &WideUnion{Base: n.Base}
	place := make([]int, len(n.Out))
	for i, c := range n.Out {
		if place[i] = -1; need[c.ID] {
			place[i] = len(out.Out)
			out.Out = append(out.Out, c)
		}
	}
	for l, leg := range n.Legs {
		below := idSet{}
		var items []WideItem
		for _, it := range n.Items[l] {
			if place[it.Place] < 0 {
				continue
			}
			e := p.expr(it.Expr)
			for id := range reads(e) {
				below[id] = true
			}
			items = append(items, WideItem{Place: place[it.Place], Expr: e})
		}
		out.Legs, out.Items = append(out.Legs, p.node(leg, below)), append(out.Items, items)
	}
	if len(out.Legs)*len(out.Out) > maxDense {
		return out
	}
	return out.Dense()
}
