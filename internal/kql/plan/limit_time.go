package plan

import "github.com/vedette-siem/vedette/internal/schema"

// LimitTime keeps, of every stored table that has TimeGenerated, the rows with from <= TimeGenerated < to (ticks): the
// time range that comes beside a query. What the query itself says about time stays.
func LimitTime(root Node, from, to int64) Node {
	next := 0
	Transform(root, func(n Node) Node {
		for _, c := range n.Cols() {
			next = max(next, c.ID)
		}
		return n
	})
	return Transform(root, func(n Node) Node {
		if s, ok := n.(*Scan); ok {
			return limitScan(s, from, to, &next)
		}
		return n
	})
}

func limitScan(s *Scan, from, to int64, next *int) Node {
	const column = "TimeGenerated"
	scan, key := s, Col{}
	for i, src := range s.Sources {
		if src == column && s.Out[i].Type == schema.Datetime {
			key = s.Out[i]
		}
	}
	if key.ID == 0 {
		*next++
		key = Col{ID: *next, Name: column, Type: schema.Datetime}
		scan = &Scan{Table: s.Table, Out: append(s.Out[:len(s.Out):len(s.Out)], key), Sources: append(s.Sources[:len(s.Sources):len(s.Sources)], column)}
	}
	ref := &Ref{ID: key.ID, T: schema.Datetime}
	bound := func(op string, ticks int64) Expr {
		return &Call{Func: op, Args: []Expr{ref, &Lit{T: schema.Datetime, Value: ticks}}, T: schema.Bool}
	}
	var out Node = &Filter{Input: scan, Pred: &Call{Func: "and", Args: []Expr{bound(">=", from), bound("<", to)}, T: schema.Bool}}
	if scan != s {
		items := make([]Item, len(s.Out))
		for i, c := range s.Out {
			items[i] = Item{Out: c, Expr: &Ref{ID: c.ID, T: c.Type}}
		}
		out = &Project{Input: out, Items: items}
	}
	return out
}
