package plan

import "github.com/vedette-siem/vedette/internal/schema"

// PushFilter moves each part of a condition as near to the tables as it can go: below projections (rewritten to their
// input), sorts, other filters, unions, the keys of an aggregate, and into the sides of a join that keep their rows. It
// stays above whatever its rows' number or order would change: limits, window functions, random values, materialized
// tables.
func PushFilter(root Node) Node {
	moved := false
	result := Transform(root, func(n Node) Node {
		f, ok := n.(*Filter)
		if !ok {
			return n
		}
		out := f.Input
		var rest []Expr
		for _, part := range Conjuncts(f.Pred) {
			if in, ok := push(out, part); ok {
				out, moved = in, true
			} else {
				rest = append(rest, part)
			}
		}
		switch {
		case len(rest) == 0:
			return out
		case out == f.Input:
			return n
		}
		return &Filter{Input: out, Pred: And(rest)}
	})
	if !moved {
		return root
	}
	return result
}

// Conjuncts splits a condition at its ands.
func Conjuncts(e Expr) []Expr {
	if c, ok := e.(*Call); ok && c.Func == "and" {
		var out []Expr
		for _, a := range c.Args {
			out = append(out, Conjuncts(a)...)
		}
		return out
	}
	return []Expr{e}
}

// And joins conditions, one at least.
func And(parts []Expr) Expr {
	out := parts[0]
	for _, p := range parts[1:] {
		out = &Call{Func: "and", Args: []Expr{out, p}, T: schema.Bool}
	}
	return out
}

// unmovable are the functions whose value depends on which rows there are, or on nothing.
var unmovable = map[string]bool{
	"rand": true, "new_guid": true, "row_number": true, "row_cumsum": true, "row_rank": true, "row_rank_dense": true, "row_rank_min": true,
	"row_window_session": true, "prev": true, "next": true, "assert": true,
}

// Movable reports whether an expression may be computed elsewhere: it looks at no other rows and gives the same value again.
func Movable(e Expr) bool {
	ok := true
	WalkExpr(e, func(e Expr) {
		if c, is := e.(*Call); is && unmovable[c.Func] {
			ok = false
		}
	})
	return ok
}

// push puts a condition below n, or above it if it is a leaf that can take it; ok is false if it must stay where it is.
func push(n Node, cond Expr) (out Node, ok bool) {
	if !Movable(cond) {
		return n, false
	}
	switch n := n.(type) {
	case *Filter:
		if in, ok := push(n.Input, cond); ok && Movable(n.Pred) { // else the order in which they were written stays
			return &Filter{Input: in, Pred: n.Pred}, true
		}
	case *Project:
		return pushProject(n, cond)
	case *Sort:
		return &Sort{Input: sink(n.Input, cond), Keys: n.Keys}, true
	case *Aggregate:
		return pushAggregate(n, cond)
	case *Union:
		return pushUnion(n, cond)
	case *Join:
		return pushJoin(n, cond)
	case *MvExpand:
		if Within(cond, n.Input.Cols()) {
			m := *n
			m.Input = sink(n.Input, cond)
			return &m, true
		}
	case *Parse:
		if Within(cond, n.Input.Cols()) {
			p := *n
			p.Input = sink(n.Input, cond)
			return &p, true
		}
	}
	return n, false
}

// sink pushes a condition into n or filters n by it.
func sink(n Node, cond Expr) Node {
	if out, ok := push(n, cond); ok {
		return out
	}
	return &Filter{Input: n, Pred: cond}
}

// Within reports whether a condition reads only the columns.
func Within(cond Expr, cols []Col) bool {
	have := make(map[int]bool, len(cols))
	for _, c := range cols {
		have[c.ID] = true
	}
	ok := true
	WalkExpr(cond, func(e Expr) {
		if r, is := e.(*Ref); is && !have[r.ID] {
			ok = false
		}
	})
	return ok
}

// replaced returns a condition with references replaced by what they stand for.
func replaced(cond Expr, by map[int]Expr) Expr {
	m := &mapper{f: func(e Expr) Expr {
		if r, ok := e.(*Ref); ok {
			if x, ok := by[r.ID]; ok {
				return x
			}
		}
		return e
	}}
	return m.expr(cond)
}

// pushProject rewrites the condition to the projection's input, as long as it reads columns that are passed through or
// renamed: a computed column would be computed twice.
func pushProject(n *Project, cond Expr) (Node, bool) {
	by := map[int]Expr{}
	computed := map[int]bool{}
	for _, it := range n.Items {
		if !Movable(it.Expr) {
			return n, false
		}
		switch it.Expr.(type) {
		case *Ref, *Lit:
			by[it.Out.ID] = it.Expr
		default:
			computed[it.Out.ID] = true
		}
	}
	ok := true
	WalkExpr(cond, func(e Expr) {
		if r, is := e.(*Ref); is && computed[r.ID] {
			ok = false
		}
	})
	if !ok {
		return n, false
	}
	return &Project{Input: sink(n.Input, replaced(cond, by)), Items: n.Items}, true
}

// pushAggregate: a condition on the keys alone drops whole groups. Without keys there is one row, come what may.
func pushAggregate(n *Aggregate, cond Expr) (Node, bool) {
	by := map[int]Expr{}
	for _, k := range n.Keys {
		if _, ok := k.Expr.(*Ref); ok {
			by[k.Out.ID] = k.Expr
		}
	}
	reads, ok := 0, true
	WalkExpr(cond, func(e Expr) {
		if r, is := e.(*Ref); is {
			reads++
			if by[r.ID] == nil {
				ok = false
			}
		}
	})
	if !ok || reads == 0 {
		return n, false
	}
	return &Aggregate{Input: sink(n.Input, replaced(cond, by)), Keys: n.Keys, Aggs: n.Aggs}, true
}

func pushUnion(n *Union, cond Expr) (Node, bool) {
	legs := make([]Node, len(n.Legs))
	for i, leg := range n.Legs {
		by := map[int]Expr{}
		for k, c := range leg.Cols() {
			by[n.Out[k].ID] = &Ref{ID: c.ID, T: c.Type}
		}
		legs[i] = sink(leg, replaced(cond, by))
	}
	return &Union{Legs: legs, Out: n.Out}, true
}

// pushJoin: rows of a side that the join keeps only if they are there may be dropped before it. Innerunique picks one
// row of each key of its left side, so a condition on the left side would change the pick.
func pushJoin(n *Join, cond Expr) (Node, bool) {
	j := *n
	switch n.Kind {
	case Inner, LeftOuter, LeftSemi, LeftAnti:
		if Within(cond, n.Left.Cols()) {
			j.Left = sink(n.Left, cond)
			return &j, true
		}
	}
	switch n.Kind {
	case Inner, InnerUnique, RightOuter, RightSemi, RightAnti:
		if Within(cond, n.Right.Cols()) {
			j.Right = sink(n.Right, cond)
			return &j, true
		}
	}
	return n, false
}
