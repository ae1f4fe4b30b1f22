package plan

// Walk calls f for every node of a plan, inputs first, those inside expressions included. A shared node is visited once.
func Walk(root Node, f func(Node)) {
	seen := map[Node]bool{}
	var visit func(Node)
	visit = func(n Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.Inputs() {
			visit(in)
		}
		for _, e := range Exprs(n) {
			WalkExpr(e, func(e Expr) {
				switch e := e.(type) {
				case *Scalar:
					visit(e.Input)
				case *InTable:
					visit(e.Input)
				}
			})
		}
		f(n)
	}
	visit(root)
}

// WalkExpr calls f for an expression and those inside it, but not for those inside its tables.
func WalkExpr(e Expr, f func(Expr)) {
	if e == nil {
		return
	}
	f(e)
	switch e := e.(type) {
	case *Call:
		for _, a := range e.Args {
			WalkExpr(a, f)
		}
	case *InTable:
		WalkExpr(e.X, f)
	}
}

// Exprs lists the expressions of a node.
func Exprs(n Node) []Expr {
	var out []Expr
	items := func(list []Item) {
		for _, it := range list {
			out = append(out, it.Expr)
		}
	}
	switch n := n.(type) {
	case *Values:
		for _, row := range n.Rows {
			out = append(out, row...)
		}
	case *Range:
		out = append(out, n.From, n.To, n.Step)
	case *Filter:
		out = append(out, n.Pred)
	case *Project:
		items(n.Items)
	case *Aggregate:
		items(n.Keys)
		for _, a := range n.Aggs {
			out = append(out, a.Args...)
		}
	case *Sort:
		for _, k := range n.Keys {
			out = append(out, k.Expr)
		}
	case *Limit:
		out = append(out, n.N)
	case *Join:
		for _, k := range n.On {
			out = append(out, k.Left, k.Right)
		}
	case *MvExpand:
		for _, it := range n.Items {
			out = append(out, it.Expr)
		}
	case *Parse:
		out = append(out, n.X)
	case *Apply:
		out = append(out, n.By...)
	case Composite:
		out = append(out, n.Parts()...)
	}
	return out
}

// MapExprs returns the node with f applied to every expression of it, innermost first; the node itself if nothing
// changes. Tables inside expressions are left alone.
func MapExprs(n Node, f func(Expr) Expr) Node {
	m := &mapper{f: f}
	switch n := n.(type) {
	case *Filter:
		if p := m.expr(n.Pred); m.changed {
			return &Filter{Input: n.Input, Pred: p}
		}
	case *Project:
		if items := m.items(n.Items); m.changed {
			return &Project{Input: n.Input, Items: items}
		}
	case *Aggregate:
		keys := m.items(n.Keys)
		aggs := make([]Agg, len(n.Aggs))
		for i, a := range n.Aggs {
			aggs[i] = Agg{Func: a.Func, Args: m.list(a.Args), Out: a.Out}
		}
		if m.changed {
			return &Aggregate{Input: n.Input, Keys: keys, Aggs: aggs}
		}
	case *Sort:
		keys := make([]SortKey, len(n.Keys))
		for i, k := range n.Keys {
			keys[i] = SortKey{Expr: m.expr(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst}
		}
		if m.changed {
			return &Sort{Input: n.Input, Keys: keys}
		}
	case *MvExpand:
		out := *n
		out.Items = make([]ExpandItem, len(n.Items))
		for i, it := range n.Items {
			it.Expr = m.expr(it.Expr)
			out.Items[i] = it
		}
		if m.changed {
			return &out
		}
	case *Parse:
		out := *n
		if out.X = m.expr(n.X); m.changed {
			return &out
		}
	case Composite:
		if parts := m.list(n.Parts()); m.changed {
			return n.With(n.Inputs(), parts)
		}
	}
	return n
}

type mapper struct {
	f       func(Expr) Expr
	changed bool
}

func (m *mapper) list(in []Expr) []Expr {
	out := make([]Expr, len(in))
	for i, e := range in {
		out[i] = m.expr(e)
	}
	return out
}

func (m *mapper) items(in []Item) []Item {
	out := make([]Item, len(in))
	for i, it := range in {
		out[i] = Item{Out: it.Out, Expr: m.expr(it.Expr)}
	}
	return out
}

func (m *mapper) expr(e Expr) Expr {
	out := e
	switch x := e.(type) {
	case *Call:
		args := m.list(x.Args)
		for i := range args {
			if args[i] != x.Args[i] {
				out = &Call{Func: x.Func, Args: args, T: x.T}
				break
			}
		}
	case *InTable:
		if y := m.expr(x.X); y != x.X {
			out = &InTable{Func: x.Func, X: y, Input: x.Input}
		}
	}
	out = m.f(out)
	if out != e {
		m.changed = true
	}
	return out
}

// MapExpr returns e with f applied to every expression in it, innermost first; e itself if nothing changes. Tables inside
// are left alone.
func MapExpr(e Expr, f func(Expr) Expr) Expr { return (&mapper{f: f}).expr(e) }

// Reads lists the columns that an expression reads from its row.
func Reads(e Expr) map[int]bool { return reads(e) }

// MaxID is the greatest column id of a plan, tables inside expressions included.
func MaxID(root Node) int {
	most := 0
	Walk(root, func(n Node) {
		if u, ok := n.(*WideUnion); ok {
			most = max(most, u.Base+len(u.Legs)*len(u.Out))
		}
		for _, c := range n.Cols() {
			most = max(most, c.ID)
		}
		for _, e := range Exprs(n) {
			WalkExpr(e, func(e Expr) {
				if r, ok := e.(*Ref); ok {
					most = max(most, r.ID)
				}
			})
		}
	})
	return most
}
