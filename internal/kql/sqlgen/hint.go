package sqlgen

import (
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// Hint says which rows of a scan matter to the plan around it: those within Lo and Hi in TimeGenerated for which every
// one of Preds is true. A scan may return more rows; whatever the hint was read from stays in the plan.
type Hint struct {
	Lo, Hi int64
	Preds  []plan.Expr // over the scan's columns, pure
}

// Hints reads off a plan what its scans need not return. A scan that occurs twice has the hint of neither place.
func Hints(root plan.Node, constant func(plan.Expr) (any, bool)) map[*plan.Scan]Hint {
	w := &hinter{g: &gen{env: Env{Constant: constant}}, out: map[*plan.Scan]Hint{}, seen: map[*plan.Scan]int{}, tables: map[plan.Node]bool{}}
	w.node(root, nil)
	for s, n := range w.seen {
		if n > 1 {
			w.out[s] = Hint{Lo: all.lo, Hi: all.hi}
		}
	}
	return w.out
}

type hinter struct {
	g    *gen
	out  map[*plan.Scan]Hint
	seen map[*plan.Scan]int
	// tables are the materialized ones that were walked.
	tables map[plan.Node]bool
}

// node walks down with the conjuncts that hold for every row of n that matters.
func (w *hinter) node(n plan.Node, preds []plan.Expr) {
	switch n := n.(type) {
	case *plan.Scan:
		w.scan(n, preds)
		return
	case *plan.Filter:
		w.inside(n.Pred)
		if looks(n.Pred) {
			w.node(n.Input, nil)
			return
		}
		w.node(n.Input, conjuncts(n.Pred, preds))
		return
	case *plan.Sort:
		for _, k := range n.Keys {
			w.inside(k.Expr)
		}
		w.node(n.Input, preds)
		return
	case *plan.Project:
		w.node(n.Input, w.below(n, preds))
		return
	case *plan.Materialize:
		if w.tables[n.Input] {
			return // read once, however often it is used
		}
		w.tables[n.Input] = true
	case *plan.Union:
		for _, leg := range n.Legs {
			names := map[int]plan.Expr{}
			for i, c := range leg.Cols() {
				names[n.Out[i].ID] = &plan.Ref{ID: c.ID, T: c.Type}
			}
			w.node(leg, rename(preds, names))
		}
		return
	}
	for _, in := range n.Inputs() {
		w.node(in, nil)
	}
	for _, e := range expressions(n) {
		w.inside(e)
	}
}

// below translates predicates over a projection into predicates over its input. A function that looks at other rows
// must see them all.
func (w *hinter) below(n *plan.Project, preds []plan.Expr) []plan.Expr {
	names := map[int]plan.Expr{}
	for _, it := range n.Items {
		w.inside(it.Expr)
		if !pure(it.Expr) && looks(it.Expr) {
			preds = nil
		}
		if ref, ok := it.Expr.(*plan.Ref); ok {
			names[it.Out.ID] = ref
		}
	}
	return rename(preds, names)
}

func (w *hinter) scan(s *plan.Scan, preds []plan.Expr) {
	w.seen[s]++
	h := Hint{Lo: all.lo, Hi: all.hi}
	for _, p := range preds {
		if !pure(p) {
			continue
		}
		h.Preds = append(h.Preds, p)
		b := w.g.boundsOf(p)
		for i, c := range s.Out {
			if iv, ok := b[c.ID]; ok && s.Sources[i] == TimeColumn {
				h.Lo, h.Hi = max(h.Lo, iv.lo), min(h.Hi, iv.hi)
			}
		}
	}
	w.out[s] = h
}

// inside walks the tables inside an expression.
func (w *hinter) inside(e plan.Expr) {
	switch e := e.(type) {
	case *plan.Call:
		for _, a := range e.Args {
			w.inside(a)
		}
	case *plan.Scalar:
		w.node(e.Input, nil)
	case *plan.InTable:
		w.inside(e.X)
		w.node(e.Input, nil)
	}
}

// looks reports whether an expression contains a function of other rows.
func looks(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	if !ok {
		return false
	}
	if kernel.Window(c.Func) {
		return true
	}
	for _, a := range c.Args {
		if looks(a) {
			return true
		}
	}
	return false
}

// rename keeps the predicates whose columns all have a new name, under those.
func rename(preds []plan.Expr, names map[int]plan.Expr) []plan.Expr {
	var out []plan.Expr
	for _, p := range preds {
		if e, ok := renamed(p, names); ok {
			out = append(out, e)
		}
	}
	return out
}

func renamed(e plan.Expr, names map[int]plan.Expr) (plan.Expr, bool) {
	switch e := e.(type) {
	case *plan.Lit:
		return e, true
	case *plan.Ref:
		to, ok := names[e.ID]
		return to, ok
	case *plan.Call:
		args := make([]plan.Expr, len(e.Args))
		for i, a := range e.Args {
			var ok bool
			if args[i], ok = renamed(a, names); !ok {
				return nil, false
			}
		}
		return &plan.Call{Func: e.Func, Args: args, T: e.T}, true
	}
	return nil, false
}

// expressions lists those of a node that hinter.node does not visit itself.
func expressions(n plan.Node) []plan.Expr {
	var out []plan.Expr
	switch n := n.(type) {
	case *plan.Aggregate:
		for _, k := range n.Keys {
			out = append(out, k.Expr)
		}
		for _, a := range n.Aggs {
			out = append(out, a.Args...)
		}
	case *plan.Join:
		for _, k := range n.On {
			out = append(out, k.Left, k.Right)
		}
	case *plan.MvExpand:
		for _, it := range n.Items {
			out = append(out, it.Expr)
		}
	case *plan.Parse:
		out = append(out, n.X)
	case *plan.Limit:
		out = append(out, n.N)
	}
	return out
}
