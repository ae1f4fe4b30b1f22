package plan

// Prune returns the plan without columns that nothing reads: scans, projections, aggregates, joins and unions compute
// only what the root or something above needs. The root keeps its columns and their order. A materialized table keeps
// all of its columns, since every use shares them.
func Prune(root Node) Node {
	p := &pruner{scalars: map[*Scalar]*Scalar{}, tables: map[*InTable]*InTable{}}
	return p.whole(root)
}

// pruner keeps shared expressions shared.
type pruner struct {
	scalars map[*Scalar]*Scalar
	tables  map[*InTable]*InTable
}

type idSet map[int]bool

func (s idSet) with(more idSet) idSet {
	out := make(idSet, len(s)+len(more))
	for id := range s {
		out[id] = true
	}
	for id := range more {
		out[id] = true
	}
	return out
}

// whole prunes inside a node whose columns are all needed, in order.
func (p *pruner) whole(n Node) Node {
	need := idSet{}
	for _, c := range n.Cols() {
		need[c.ID] = true
	}
	return exactly(p.node(n, need), n.Cols())
}

// exactly makes the columns of n those, by projecting when they are not.
func exactly(n Node, cols []Col) Node {
	have := n.Cols()
	same := len(have) == len(cols)
	for i := 0; same && i < len(cols); i++ {
		same = have[i].ID == cols[i].ID
	}
	if same {
		return n
	}
	out := &Project{Input: n}
	for _, c := range cols {
		out.Items = append(out.Items, Item{Out: c, Expr: &Ref{ID: c.ID, T: c.Type}})
	}
	return out
}

// node returns n with at least the needed columns, in their old order.
func (p *pruner) node(n Node, need idSet) Node {
	switch n := n.(type) {
	case *Scan:
		out := &Scan{Table: n.Table}
		for i, c := range n.Out {
			if need[c.ID] {
				out.Out, out.Sources = append(out.Out, c), append(out.Sources, n.Sources[i])
			}
		}
		if len(out.Out) == len(n.Out) {
			return n
		}
		return out
	case *Filter:
		pred := p.expr(n.Pred)
		return &Filter{Input: p.node(n.Input, need.with(reads(pred))), Pred: pred}
	case *Project:
		return p.project(n, need)
	case *Aggregate:
		return p.aggregate(n, need)
	case *Sort:
		keys := make([]SortKey, len(n.Keys))
		for i, k := range n.Keys {
			keys[i] = SortKey{Expr: p.expr(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst}
			need = need.with(reads(keys[i].Expr))
		}
		return &Sort{Input: p.node(n.Input, need), Keys: keys}
	case *Limit:
		return &Limit{Input: p.node(n.Input, need), N: p.expr(n.N)}
	case *Serialize:
		return &Serialize{Input: p.node(n.Input, need)}
	case *Join:
		return p.join(n, need)
	case *Union:
		return p.union(n, need)
	case *WideUnion:
		return p.wideUnion(n, need)
	case *MvExpand:
		return p.mvExpand(n, need)
	case *Parse:
		return p.parse(n, need)
	case *Apply:
		return &Apply{Input: p.whole(n.Input), By: n.By, Rows: n.Rows, Sub: p.whole(n.Sub), Out: n.Out}
	case *Materialize:
		return &Materialize{ID: n.ID, Input: p.whole(n.Input), Out: n.Out}
	case Composite:
		inputs, parts := n.Inputs(), n.Parts()
		for i, in := range inputs {
			inputs[i] = p.whole(in)
		}
		for i, e := range parts {
			parts[i] = p.expr(e)
		}
		return n.With(inputs, parts)
	}
	return n
}

func (p *pruner) project(n *Project, need idSet) Node {
	out := &Project{}
	below := idSet{}
	for _, it := range n.Items {
		if !need[it.Out.ID] {
			continue
		}
		it.Expr = p.expr(it.Expr)
		below = below.with(reads(it.Expr))
		out.Items = append(out.Items, it)
	}
	out.Input = p.node(n.Input, below)
	return out
}

// aggregate keeps every key, for they make the groups, and something to count the one group of no keys by.
func (p *pruner) aggregate(n *Aggregate, need idSet) Node {
	out := &Aggregate{}
	below := idSet{}
	for _, k := range n.Keys {
		k.Expr = p.expr(k.Expr)
		below = below.with(reads(k.Expr))
		out.Keys = append(out.Keys, k)
	}
	for i, a := range n.Aggs {
		used := i == 0 && len(n.Keys) == 0
		for _, c := range a.Out {
			used = used || need[c.ID]
		}
		if !used {
			continue
		}
		args := make([]Expr, len(a.Args))
		for k, x := range a.Args {
			args[k] = p.expr(x)
			below = below.with(reads(args[k]))
		}
		out.Aggs = append(out.Aggs, Agg{Func: a.Func, Args: args, Out: a.Out})
	}
	out.Input = p.node(n.Input, below)
	return out
}

func (p *pruner) join(n *Join, need idSet) Node {
	out := &Join{Kind: n.Kind}
	below := idSet{}
	for _, c := range n.Out {
		if need[c.ID] {
			out.Out = append(out.Out, c)
			below[c.ID] = true
		}
	}
	for _, k := range n.On {
		k = JoinKey{Left: p.expr(k.Left), Right: p.expr(k.Right)}
		below = below.with(reads(k.Left)).with(reads(k.Right))
		out.On = append(out.On, k)
	}
	out.Left, out.Right = p.node(n.Left, below), p.node(n.Right, below)
	return out
}

func (p *pruner) union(n *Union, need idSet) Node {
	out := &Union{}
	var keep []int
	for i, c := range n.Out {
		if need[c.ID] {
			keep = append(keep, i)
			out.Out = append(out.Out, c)
		}
	}
	for _, leg := range n.Legs {
		var cols []Col
		below, have := idSet{}, leg.Cols()
		for _, i := range keep {
			cols = append(cols, have[i])
			below[have[i].ID] = true
		}
		out.Legs = append(out.Legs, exactly(p.node(leg, below), cols))
	}
	return out
}

func (p *pruner) mvExpand(n *MvExpand, need idSet) Node {
	out := *n
	out.Items, out.Out = nil, nil
	below, made := idSet{}, idSet{}
	for _, it := range n.Items {
		it.Expr = p.expr(it.Expr)
		below = below.with(reads(it.Expr))
		made[it.Out.ID] = true
		out.Items = append(out.Items, it)
	}
	if n.Index != nil {
		made[n.Index.ID] = true
	}
	for _, c := range n.Out {
		if need[c.ID] || made[c.ID] {
			out.Out = append(out.Out, c)
			below[c.ID] = true
		}
	}
	out.Input = p.node(n.Input, below)
	return &out
}

func (p *pruner) parse(n *Parse, need idSet) Node {
	out := *n
	out.X, out.Out = p.expr(n.X), nil
	below, made := reads(out.X), idSet{}
	for _, s := range n.Steps {
		if s.Out != nil {
			made[s.Out.ID] = true
		}
	}
	for _, c := range n.Out {
		if need[c.ID] || made[c.ID] {
			out.Out = append(out.Out, c)
			below[c.ID] = true
		}
	}
	out.Input = p.node(n.Input, below)
	return &out
}

// expr prunes the tables inside an expression.
func (p *pruner) expr(e Expr) Expr {
	switch e := e.(type) {
	case *Call:
		args, same := make([]Expr, len(e.Args)), true
		for i, a := range e.Args {
			args[i] = p.expr(a)
			same = same && args[i] == a
		}
		if same {
			return e
		}
		return &Call{Func: e.Func, Args: args, T: e.T}
	case *Scalar:
		if p.scalars[e] == nil {
			p.scalars[e] = &Scalar{Input: p.first(e.Input), T: e.T}
		}
		return p.scalars[e]
	case *InTable:
		if p.tables[e] == nil {
			p.tables[e] = &InTable{Func: e.Func, X: p.expr(e.X), Input: p.first(e.Input)}
		}
		return p.tables[e]
	}
	return e
}

// first prunes a table of which only the first column is read.
func (p *pruner) first(n Node) Node {
	cols := n.Cols()
	if len(cols) == 0 {
		return p.whole(n)
	}
	return exactly(p.node(n, idSet{cols[0].ID: true}), cols[:1])
}

// reads lists the columns an expression reads from its row.
func reads(e Expr) idSet {
	out := idSet{}
	var walk func(Expr)
	walk = func(e Expr) {
		switch e := e.(type) {
		case *Ref:
			out[e.ID] = true
		case *Call:
			for _, a := range e.Args {
				walk(a)
			}
		case *InTable:
			walk(e.X)
		}
	}
	walk(e)
	return out
}
