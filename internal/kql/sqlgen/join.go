package sqlgen

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// joinSQL is the engine's join for a kind. A null key equals nothing in both languages.
func joinSQL(k plan.JoinKind) string {
	switch k {
	case plan.Inner, plan.InnerUnique:
		return "JOIN"
	case plan.LeftOuter:
		return "LEFT JOIN"
	case plan.RightOuter:
		return "RIGHT JOIN"
	case plan.FullOuter:
		return "FULL JOIN"
	case plan.LeftSemi, plan.RightSemi:
		return "SEMI JOIN"
	case plan.LeftAnti, plan.RightAnti:
		return "ANTI JOIN"
	}
	return ""
}

// join computes the keys of both sides as extra columns and joins on them.
func (g *gen) join(n *plan.Join) (*rel, bool) {
	how := joinSQL(n.Kind)
	left, ok := g.node(n.Left, nil)
	if !ok || how == "" {
		return nil, false
	}
	right, ok := g.node(n.Right, nil)
	if !ok {
		return nil, false
	}
	// What is not computed before the join would be computed over the padding of the unmatched.
	padLeft, padRight := padded(n.Kind)
	if padLeft && !g.force(left, n.Out) || padRight && !g.force(right, n.Out) {
		return nil, false
	}
	var lkeys, rkeys, on []string
	for i, k := range n.On {
		l, r := left.inline(k.Left), right.inline(k.Right)
		if !simple(l.Type()) || sqlType(l.Type()) != sqlType(r.Type()) {
			return nil, false
		}
		ls, ok := g.value(left, l)
		if !ok {
			return nil, false
		}
		rs, ok := g.value(right, r)
		if !ok {
			return nil, false
		}
		lkeys, rkeys = append(lkeys, fmt.Sprintf("%s AS l%d", ls, i)), append(rkeys, fmt.Sprintf("%s AS r%d", rs, i))
		on = append(on, fmt.Sprintf("l%d = r%d", i, i))
	}
	if len(on) == 0 {
		return nil, false
	}
	distinct := ""
	if n.Kind == plan.InnerUnique {
		var names []string
		for i := range n.On {
			names = append(names, fmt.Sprintf("l%d", i))
		}
		distinct = "DISTINCT ON (" + strings.Join(names, ", ") + ") " // which row is left of each key is free
	}
	ls := "SELECT " + distinct + strings.Join(append((&rel{cols: left.cols}).pass(), lkeys...), ", ") + " FROM (" + left.sql + ") AS t"
	rs := "SELECT " + strings.Join(append((&rel{cols: right.cols}).pass(), rkeys...), ", ") + " FROM (" + right.sql + ") AS t"
	if n.Kind == plan.RightSemi || n.Kind == plan.RightAnti {
		ls, rs = rs, ls
	}
	from := "(" + ls + ") AS l " + how + " (" + rs + ") AS r ON " + strings.Join(on, " AND ")
	return joined(n, left, right, from)
}

// padded says which sides of a join have rows made up for unmatched ones.
func padded(k plan.JoinKind) (left, right bool) {
	return k == plan.RightOuter || k == plan.FullOuter, k == plan.LeftOuter || k == plan.FullOuter
}

// joined lists the output of a join. Unmatched strings are "", other unmatched values null.
func joined(n *plan.Join, left, right *rel, from string) (*rel, bool) {
	out := newRel()
	out.free = left.free || right.free || n.Kind == plan.InnerUnique
	padLeft, padRight := padded(n.Kind)
	var list []string
	for _, c := range n.Out {
		side, pad := left, padLeft
		if right.has(c.ID) || right.virtual[c.ID] != nil {
			side, pad = right, padRight
		}
		if v, ok := side.virtual[c.ID]; ok {
			out.virtual[c.ID] = v
			continue
		}
		if !side.has(c.ID) {
			return nil, false
		}
		col := name(c.ID)
		if pad && c.Type == schema.String {
			col = "coalesce(" + col + ", '') AS " + col
		}
		list = append(list, col)
		out.cols = append(out.cols, c.ID)
		out.notNull[c.ID] = side.notNull[c.ID] && (!pad || c.Type == schema.String)
		out.time[c.ID] = side.time[c.ID] && !pad
	}
	for _, c := range n.Out {
		v, ok := out.virtual[c.ID]
		if !ok {
			continue
		}
		for _, ref := range refs(v) {
			if out.has(ref.ID) {
				continue
			}
			side := left
			if right.has(ref.ID) {
				side = right
			}
			list = append(list, name(ref.ID))
			out.cols = append(out.cols, ref.ID)
			out.notNull[ref.ID], out.time[ref.ID] = side.notNull[ref.ID], side.time[ref.ID]
		}
	}
	out.sql = "SELECT " + selectList(list) + " FROM " + from
	return out, true
}
