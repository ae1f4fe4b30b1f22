package plan

// Transform rebuilds a plan from the leaves up: f gets every node, with its inputs and the tables inside its expressions
// already rebuilt, and returns what stands in its place. Shared nodes and expressions stay shared.
func Transform(root Node, f func(Node) Node) Node {
	t := &transformer{f: f, nodes: map[Node]Node{}, exprs: map[Expr]Expr{}}
	return t.node(root)
}

// Replace rebuilds a plan with other expressions: f gets every expression, outer ones first, and returns what stands in its
// place, or nil to leave it and look inside. The tables inside what was replaced are not looked at.
func Replace(root Node, f func(Expr) Expr) Node {
	t := &transformer{f: func(n Node) Node { return n }, replace: f, nodes: map[Node]Node{}, exprs: map[Expr]Expr{}}
	return t.node(root)
}

// ReplaceNodes rebuilds a plan with other nodes: f gets every node, outer ones first, and returns what stands in its place,
// or nil to leave it and look inside. What is inside a replaced node is not looked at.
func ReplaceNodes(root Node, f func(Node) Node) Node {
	t := &transformer{f: func(n Node) Node { return n }, pick: f, nodes: map[Node]Node{}, exprs: map[Expr]Expr{}}
	return t.node(root)
}

type transformer struct {
	pick    func(Node) Node // may be nil
	f       func(Node) Node
	replace func(Expr) Expr // may be nil
	nodes   map[Node]Node
	exprs   map[Expr]Expr // those with a table inside
}

func (t *transformer) node(n Node) Node {
	if out, ok := t.nodes[n]; ok {
		return out
	}
	var out Node
	if t.pick != nil {
		out = t.pick(n)
	}
	if out == nil {
		out = t.f(t.rebuild(n))
	}
	t.nodes[n] = out
	return out
}

func (t *transformer) rebuild(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		return &Filter{Input: t.node(n.Input), Pred: t.expr(n.Pred)}
	case *Project:
		return &Project{Input: t.node(n.Input), Items: t.items(n.Items)}
	case *Aggregate:
		aggs := make([]Agg, len(n.Aggs))
		for i, a := range n.Aggs {
			aggs[i] = Agg{Func: a.Func, Args: t.list(a.Args), Out: a.Out}
		}
		return &Aggregate{Input: t.node(n.Input), Keys: t.items(n.Keys), Aggs: aggs}
	case *Sort:
		keys := make([]SortKey, len(n.Keys))
		for i, k := range n.Keys {
			keys[i] = SortKey{Expr: t.expr(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst}
		}
		return &Sort{Input: t.node(n.Input), Keys: keys}
	case *Limit:
		return &Limit{Input: t.node(n.Input), N: t.expr(n.N)}
	case *Join:
		on := make([]JoinKey, len(n.On))
		for i, k := range n.On {
			on[i] = JoinKey{Left: t.expr(k.Left), Right: t.expr(k.Right)}
		}
		return &Join{Kind: n.Kind, Left: t.node(n.Left), Right: t.node(n.Right), On: on, Out: n.Out}
	case *Union:
		return &Union{Legs: t.all(n.Legs), Out: n.Out}
	case *MvExpand:
		out := *n
		out.Input = t.node(n.Input)
		out.Items = make([]ExpandItem, len(n.Items))
		for i, it := range n.Items {
			it.Expr = t.expr(it.Expr)
			out.Items[i] = it
		}
		return &out
	case *Parse:
		out := *n
		out.Input, out.X = t.node(n.Input), t.expr(n.X)
		return &out
	case *Materialize:
		return &Materialize{ID: n.ID, Input: t.node(n.Input), Out: n.Out}
	case *Serialize:
		return &Serialize{Input: t.node(n.Input)}
	case *Apply:
		return &Apply{Input: t.node(n.Input), By: t.list(n.By), Rows: n.Rows, Sub: t.node(n.Sub), Out: n.Out}
	case *Unsupported:
		out := *n
		out.In = t.all(n.In)
		return &out
	case Composite:
		return n.With(t.all(n.Inputs()), t.list(n.Parts()))
	}
	return n
}

func (t *transformer) all(in []Node) []Node {
	out := make([]Node, len(in))
	for i, n := range in {
		out[i] = t.node(n)
	}
	return out
}

func (t *transformer) items(in []Item) []Item {
	out := make([]Item, len(in))
	for i, it := range in {
		out[i] = Item{Out: it.Out, Expr: t.expr(it.Expr)}
	}
	return out
}

func (t *transformer) list(in []Expr) []Expr {
	out := make([]Expr, len(in))
	for i, e := range in {
		out[i] = t.expr(e)
	}
	return out
}

func (t *transformer) expr(e Expr) Expr {
	if t.replace != nil {
		if out := t.replace(e); out != nil {
			return out
		}
	}
	switch e := e.(type) {
	case *Call:
		return &Call{Func: e.Func, Args: t.list(e.Args), T: e.T}
	case *Scalar:
		if out, ok := t.exprs[e]; ok {
			return out
		}
		out := &Scalar{Input: t.node(e.Input), T: e.T}
		t.exprs[e] = out
		return out
	case *InTable:
		if out, ok := t.exprs[e]; ok {
			return out
		}
		out := &InTable{Func: e.Func, X: t.expr(e.X), Input: t.node(e.Input)}
		t.exprs[e] = out
		return out
	}
	return e
}
